//! The suite that every adapter must pass. IRC keeps nothing for who is away, so what people write is
//! waited for; repeating is what no server does.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
};

use unisono_channels::irc::Irc;
use unisono_domain::channel::Channel;
use unisono_testkit::{
    bench::{Bench, eventually, until},
    conformance::Network,
    fake_channel::Trouble,
    ngircd::{Line, Ngircd, Person},
};

struct IrcNetwork {
    server: Ngircd,
    line: Line,
    people: Mutex<HashMap<String, Arc<Person>>>,
}

impl IrcNetwork {
    fn start() -> Option<Self> {
        let server = Ngircd::start(None)?;
        let line = Line::to(server.port);
        Some(Self { server, line, people: Mutex::default() })
    }

    fn person(&self, nick: &str) -> Arc<Person> {
        let mut people = self.people.lock().unwrap();
        let person = people.entry(nick.to_owned()).or_insert_with(|| Arc::new(Person::come(self.server.port, nick)));
        Arc::clone(person)
    }
}

impl Network for IrcNetwork {
    fn channel(&self) -> Arc<dyn Channel> {
        Arc::new(Irc)
    }

    fn is_real(&self) -> bool {
        true
    }

    fn can_be_asked(&self) -> bool {
        false
    }

    async fn connect(&self, bench: &Bench) -> i64 {
        let port = self.line.port.to_string();
        let fields = [("host", "127.0.0.1"), ("port", &port), ("security", "plain"), ("nick", "me")];
        let fields = fields.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
        bench.engine.login_with_fields(bench.owner.clone(), "irc", "server", fields).await.unwrap()
    }

    async fn write(&self, bench: &Bench, person: &str, text: &str) {
        let person = self.person(person);
        eventually("the server knows us", async || {
            let answer = person.ask(&format!("PRIVMSG me :{text}"));
            (!answer.iter().any(|line| line.contains(" 401 "))).then_some(())
        })
        .await;
        until(&format!("`{text}` is here"), async || bench.said().await.iter().any(|said| said.body() == text)).await;
    }

    async fn repeat(&self, _: &Bench) {}

    async fn taken(&self, person: &str) -> Vec<String> {
        self.person(person).texts_from("me")
    }

    fn ghost(&self, person: &str) -> String {
        format!("irc_{person}=40127.0.0.1")
    }

    fn trouble(&self, person: &str, trouble: Trouble) -> bool {
        if matches!(trouble, Trouble::Broken | Trouble::EchoLater) {
            return false;
        }
        self.line.prepare(person, trouble);
        true
    }

    fn is_met(&self, person: &str) -> bool {
        self.line.is_met(person)
    }
}

macro_rules! stories {
    ($($story:ident),*) => {
        $(
            #[test]
            fn $story() {
                let Some(network) = IrcNetwork::start() else { return };
                unisono_testkit::conformance::$story(&network);
            }
        )*
    };
}

stories!(
    what_arrives_twice_is_there_once,
    order_is_kept,
    a_restart_in_the_middle_loses_and_repeats_nothing,
    a_message_waits_when_the_network_asks_for_it,
    a_lost_answer_sends_nothing_twice,
    an_unknown_outcome_is_left_to_the_user,
    a_refusal_is_final_and_told,
    a_restart_while_sending_sends_nothing_twice,
    one_chats_trouble_is_its_own,
    an_expired_credential_is_told
);
