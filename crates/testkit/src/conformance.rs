//! What every adapter must live up to, whatever its network. Each check is a whole story on a
//! folder of its own; a channel's tests call all of them with a [`Network`] that drives its vendor's
//! server, real or scripted.

#![expect(clippy::expect_used, reason = "a test ends here with the reason")]

use std::{path::Path, sync::Arc};

use ruma::OwnedEventId;
use unisono_domain::channel::{AccountState, Channel};

use crate::{
    bench::{Bench, eventually, life, real_life, until},
    fake_channel::{FakeNetwork, Trouble},
};

/// A network as a test sees it. Chats are named by the person in them.
pub trait Network {
    fn channel(&self) -> Arc<dyn Channel>;

    /// A real program, which no test can make wait: then the time is real, too.
    fn is_real(&self) -> bool {
        false
    }

    /// Whether the program is installed; else the stories are skipped.
    fn is_there(&self) -> bool {
        true
    }

    /// Logs in; gives the account's number.
    fn connect(&self, bench: &Bench) -> impl Future<Output = i64>;

    /// Whether it can be asked about a message whose answer was lost, or takes it again without harm.
    fn can_be_asked(&self) -> bool {
        true
    }

    /// A person writes. Texts are different each time.
    fn write(&self, bench: &Bench, person: &str, text: &str) -> impl Future<Output = ()>;

    /// The network gives everything once more, as after a lost answer or a rescan.
    fn repeat(&self, bench: &Bench) -> impl Future<Output = ()>;

    /// The texts that the network has taken for a person, in order.
    fn taken(&self, person: &str) -> impl Future<Output = Vec<String>>;

    /// The local part of the ghost of a person.
    fn ghost(&self, person: &str) -> String;

    /// Prepares trouble for the next message to a person; false where that cannot be staged.
    fn trouble(&self, person: &str, trouble: Trouble) -> bool;

    /// Whether all prepared trouble has been met with.
    fn is_met(&self, person: &str) -> bool;
}

impl Network for FakeNetwork {
    fn channel(&self) -> Arc<dyn Channel> {
        FakeNetwork::channel(self)
    }

    async fn connect(&self, bench: &Bench) -> i64 {
        bench.connect("one").await
    }

    async fn write(&self, _: &Bench, person: &str, text: &str) {
        FakeNetwork::write(self, "one", person, &format!("id of {text}"), text);
    }

    async fn repeat(&self, _: &Bench) {
        FakeNetwork::repeat(self);
    }

    async fn taken(&self, person: &str) -> Vec<String> {
        self.texts(person)
    }

    fn ghost(&self, person: &str) -> String {
        format!("fake_{person}")
    }

    fn trouble(&self, person: &str, trouble: Trouble) -> bool {
        FakeNetwork::trouble(self, person, trouble);
        true
    }

    fn is_met(&self, person: &str) -> bool {
        FakeNetwork::is_met(self, person)
    }
}

fn folder() -> tempfile::TempDir {
    tempfile::tempdir().expect("a folder")
}

fn begin<T, N: Network, F: Future<Output = T>>(network: &N, folder: &Path, story: impl FnOnce(Bench) -> F) -> T {
    let channels = vec![network.channel()];
    if network.is_real() { real_life(folder, channels, story) } else { life(folder, channels, story) }
}

async fn wait_for_texts(bench: &Bench, ghost: &str, expected: &[&str]) {
    let mut last = Vec::new();
    until(&format!("{ghost} said {expected:?}, not {last:?}"), async || {
        last = bench.texts_of(ghost).await;
        last.len() >= expected.len()
    })
    .await;
    assert_eq!(last, expected);
}

async fn failed_for_now(bench: &Bench, event: &OwnedEventId) -> bool {
    bench.fates(event).await.contains(&"FAIL_RETRIABLE".to_owned())
}

/// The same message again, however often, makes one event.
pub fn what_arrives_twice_is_there_once(network: &impl Network) {
    let home = folder();
    begin(network, home.path(), async |bench| {
        network.connect(&bench).await;
        for text in ["a1", "a2", "a3"] {
            network.write(&bench, "anna", text).await;
        }
        wait_for_texts(&bench, &network.ghost("anna"), &["a1", "a2", "a3"]).await;
        network.repeat(&bench).await;
        network.write(&bench, "anna", "a4").await;
        wait_for_texts(&bench, &network.ghost("anna"), &["a1", "a2", "a3", "a4"]).await;
        network.repeat(&bench).await;
        network.write(&bench, "anna", "a5").await;
        wait_for_texts(&bench, &network.ghost("anna"), &["a1", "a2", "a3", "a4", "a5"]).await;
    });
}

/// Both directions keep their order, conversation by conversation.
pub fn order_is_kept(network: &impl Network) {
    let home = folder();
    begin(network, home.path(), async |bench| {
        network.connect(&bench).await;
        let texts: Vec<String> = (0..40).map(|number| format!("in {number:02}")).collect();
        for text in &texts {
            network.write(&bench, "anna", text).await;
        }
        let expected: Vec<&str> = texts.iter().map(String::as_str).collect();
        wait_for_texts(&bench, &network.ghost("anna"), &expected).await;

        let room = bench.room_of("in 00").await;
        let texts: Vec<String> = (0..20).map(|number| format!("out {number:02}")).collect();
        for text in &texts {
            bench.say(&room, text).await;
        }
        until("all are taken", async || network.taken("anna").await.len() >= texts.len()).await;
        assert_eq!(network.taken("anna").await, texts);
    });
}

/// A server that ends in the middle of an import goes on where it was: nothing lost, nothing twice.
pub fn a_restart_in_the_middle_loses_and_repeats_nothing(network: &impl Network) {
    let home = folder();
    let texts: Vec<String> = (0..60).map(|number| format!("mail {number:02}")).collect();
    begin(network, home.path(), async |bench| {
        network.connect(&bench).await;
        for text in &texts {
            network.write(&bench, "anna", text).await;
        }
        until("some are here", async || !bench.said().await.is_empty()).await;
    });
    for round in 1..4 {
        begin(network, home.path(), async |bench| {
            let wanted = round * 10;
            until("some more are here", async || bench.said().await.len() >= wanted).await;
        });
    }
    begin(network, home.path(), async |bench| {
        let expected: Vec<&str> = texts.iter().map(String::as_str).collect();
        wait_for_texts(&bench, &network.ghost("anna"), &expected).await;
    });
}

/// A network that asks for patience gets it, and the message once.
pub fn a_message_waits_when_the_network_asks_for_it(network: &impl Network) {
    let home = folder();
    begin(network, home.path(), async |bench| {
        network.connect(&bench).await;
        network.write(&bench, "anna", "hello").await;
        let room = bench.room_of("hello").await;
        let pause = if network.is_real() { 2_000 } else { 30_000 };
        if !network.trouble("anna", Trouble::Later(pause)) {
            return;
        }
        let first = bench.say(&room, "first").await;
        bench.say(&room, "second").await;
        until("both are taken", async || network.taken("anna").await.len() >= 2).await;
        assert_eq!(network.taken("anna").await, ["first", "second"]);
        if network.is_real() {
            return;
        }
        // It took longer than ten seconds, so its sender hears of it.
        until("the sender is told", async || bench.fates(&first).await == ["PENDING", "SUCCESS"]).await;
    });
}

/// Taken, but the answer was lost: asked for, not sent again.
pub fn a_lost_answer_sends_nothing_twice(network: &impl Network) {
    let troubles: &[Trouble] =
        if network.is_real() { &[Trouble::TakenAndCut] } else { &[Trouble::TakenAndCut, Trouble::TakenAndSilent] };
    for trouble in troubles.iter().copied() {
        let home = folder();
        begin(network, home.path(), async |bench| {
            network.connect(&bench).await;
            let hello = format!("hello {trouble:?}");
            network.write(&bench, "anna", &hello).await;
            let room = bench.room_of(&hello).await;
            if !network.trouble("anna", trouble) {
                return;
            }
            let before = network.taken("anna").await.len();
            let event = bench.say(&room, "once").await;
            if network.can_be_asked() {
                eventually("it is known", async || bench.remote_id(&event).await).await;
            } else {
                until("its sender is told", async || failed_for_now(&bench, &event).await).await;
            }
            bench.say(&room, "next").await;
            until("the next is taken", async || network.taken("anna").await.len() >= before + 2).await;
            assert_eq!(network.taken("anna").await[before..], ["once", "next"]);
        });
    }
}

/// Not taken, and we cannot know: the user decides, nothing is sent blindly.
pub fn an_unknown_outcome_is_left_to_the_user(network: &impl Network) {
    let home = folder();
    begin(network, home.path(), async |bench| {
        network.connect(&bench).await;
        network.write(&bench, "anna", "hello").await;
        let room = bench.room_of("hello").await;
        if !network.trouble("anna", Trouble::LostAndCut) {
            return;
        }
        let event = bench.say(&room, "maybe").await;
        if network.can_be_asked() && network.is_real() {
            // Sent again without harm.
            until("it is taken", async || network.taken("anna").await == ["maybe"]).await;
            return;
        }
        until("it has failed", async || failed_for_now(&bench, &event).await).await;
        bench.say(&room, "after").await;
        until("the next goes on", async || !network.taken("anna").await.is_empty()).await;
        assert_eq!(network.taken("anna").await, ["after"]);

        bench.engine.retry_message(bench.owner.clone(), room, event.clone()).await.expect("again");
        until("it is sent", async || bench.fates(&event).await.last().is_some_and(|fate| fate == "SUCCESS")).await;
        assert_eq!(network.taken("anna").await, ["after", "maybe"]);
    });
}

/// A refusal ends the message, with the reason, and holds up nothing.
pub fn a_refusal_is_final_and_told(network: &impl Network) {
    let home = folder();
    begin(network, home.path(), async |bench| {
        network.connect(&bench).await;
        network.write(&bench, "anna", "hello").await;
        let room = bench.room_of("hello").await;
        if !network.trouble("anna", Trouble::Rejected) {
            return;
        }
        let event = bench.say(&room, "refused").await;
        bench.say(&room, "fine").await;
        until("the next is taken", async || network.taken("anna").await == ["fine"]).await;
        assert_eq!(bench.fates(&event).await.last().map(String::as_str), Some("FAIL_PERMANENT"));
    });
}

/// The server ends while it sends. At the next start the network is asked before anything is sent.
pub fn a_restart_while_sending_sends_nothing_twice(network: &impl Network) {
    for (trouble, lives) in [(Trouble::TakenAndSilent, "taken"), (Trouble::Silent, "lost")] {
        let home = folder();
        let hello = format!("hello {lives}");
        let staged = begin(network, home.path(), async |bench| {
            network.connect(&bench).await;
            network.write(&bench, "anna", &hello).await;
            let room = bench.room_of(&hello).await;
            if !network.trouble("anna", trouble) {
                return false;
            }
            bench.say(&room, &format!("{lives} 1")).await;
            bench.say(&room, &format!("{lives} 2")).await;
            until("it is being sent", async || network.is_met("anna")).await;
            true
        });
        if !staged {
            return;
        }
        if !network.can_be_asked() {
            begin(network, home.path(), async |bench| {
                until("the second is taken", async || network.taken("anna").await.contains(&format!("{lives} 2")))
                    .await;
                let doubtful = bench.said().await.into_iter().find(|said| said.body() == format!("{lives} 1"));
                let doubtful = doubtful.expect("the message").event_id;
                until("the sender is told", async || failed_for_now(&bench, &doubtful).await).await;
                let taken = network.taken("anna").await;
                let times = taken.iter().filter(|text| **text == format!("{lives} 1")).count();
                assert_eq!(times, usize::from(lives == "taken"), "nothing is sent blindly");
            });
            continue;
        }
        begin(network, home.path(), async |bench| {
            until("both are known", async || {
                let own = bench.said().await;
                let mut known = 0;
                for said in own.iter().filter(|said| said.sender == bench.owner && said.body().starts_with(lives)) {
                    known += usize::from(bench.remote_id(&said.event_id).await.is_some());
                }
                known == 2
            })
            .await;
            let taken: Vec<String> =
                network.taken("anna").await.into_iter().filter(|text| text.starts_with(lives)).collect();
            assert_eq!(taken, [format!("{lives} 1"), format!("{lives} 2")]);
        });
    }
}

/// One conversation's trouble holds up no other.
pub fn one_chats_trouble_is_its_own(network: &impl Network) {
    let home = folder();
    begin(network, home.path(), async |bench| {
        network.connect(&bench).await;
        network.write(&bench, "anna", "from anna").await;
        network.write(&bench, "bert", "from bert").await;
        let (anna, bert) = (bench.room_of("from anna").await, bench.room_of("from bert").await);
        let pause = if network.is_real() { 3_000 } else { 3_600_000 };
        if !network.trouble("anna", Trouble::Later(pause)) {
            return;
        }
        let stuck = bench.say(&anna, "stuck").await;
        bench.say(&bert, "through").await;
        until("the other is taken", async || network.taken("bert").await == ["through"]).await;
        network.write(&bench, "anna", "still hearing").await;
        bench.room_of("still hearing").await;
        until("the stuck one comes at last", async || network.taken("anna").await == ["stuck"]).await;
        if !network.is_real() {
            until("its sender is told", async || bench.fates(&stuck).await == ["PENDING", "SUCCESS"]).await;
        }
    });
}

/// A token that holds no longer is told to the user; what was to be sent goes out after a new login.
pub fn an_expired_credential_is_told(network: &impl Network) {
    let home = folder();
    begin(network, home.path(), async |bench| {
        let account = network.connect(&bench).await;
        network.write(&bench, "anna", "hello").await;
        let room = bench.room_of("hello").await;
        if !network.trouble("anna", Trouble::Expired) {
            return;
        }
        bench.say(&room, "kept").await;
        until("the user is told", async || {
            matches!(bench.account(account).await.state, AccountState::BadCredentials { .. })
        })
        .await;
        assert_eq!(network.connect(&bench).await, account, "the login renews the account");
        until("it is sent", async || network.taken("anna").await == ["kept"]).await;
    });
}

/// A fault of the network's own loses nothing and sends nothing twice.
pub fn a_fault_of_the_network_loses_nothing(network: &impl Network) {
    let home = folder();
    begin(network, home.path(), async |bench| {
        network.connect(&bench).await;
        network.write(&bench, "anna", "hello").await;
        let room = bench.room_of("hello").await;
        if !network.trouble("anna", Trouble::Broken) {
            return;
        }
        let event = bench.say(&room, "kept").await;
        until("it is sent, or its sender is told", async || {
            network.taken("anna").await == ["kept"] || failed_for_now(&bench, &event).await
        })
        .await;
        bench.say(&room, "after").await;
        until("the next is taken", async || network.taken("anna").await.contains(&"after".to_owned())).await;
        assert!(network.taken("anna").await.iter().filter(|text| *text == "kept").count() <= 1);
    });
}
