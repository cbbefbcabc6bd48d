//! The hub's own rules, on the fake network.

#![expect(clippy::unwrap_used, reason = "a test ends here with the reason")]

use std::sync::Arc;

use serde_json::{Value, json};
use unisono_domain::{
    channel::{
        AccountState, ChatId, Inbound, InboundBody, Media, MediaSource, OutboundBody, Part, PartKind, RemoteId, Sender,
        Support,
    },
    text::Text,
};
use unisono_engine::{Error, hub::LoginFailure};
use unisono_store::rooms::{memberships, room, state};
use unisono_testkit::{
    bench::{Bench, eventually, life, until},
    fake_channel::{self, FakeNetwork, SessionTrouble, Trouble, event, lazy_file, message},
};

/// One life on a folder of its own with the account "one" connected.
fn story<F: Future<Output = ()>>(network: &FakeNetwork, tell: impl FnOnce(Bench, i64) -> F) {
    let home = tempfile::tempdir().unwrap();
    life(home.path(), vec![network.channel()], async |bench| {
        let account = bench.connect("one").await;
        tell(bench, account).await;
    });
}

async fn state(bench: &Bench, room_no: i64, kind: &str, key: &str) -> Value {
    let (kind, key) = (kind.to_owned(), key.to_owned());
    let found = bench
        .engine
        .db
        .read(move |tx| Ok::<_, Error>(state::find_pdu(tx, room_no, &kind, &key)?.map(|(_, pdu)| pdu)))
        .await
        .unwrap();
    found.map(|pdu| serde_json::from_str::<Value>(&pdu).unwrap()["content"].clone()).unwrap_or_default()
}

async fn data(bench: &Bench, kind: &str) -> Value {
    let (owner, kind) = (bench.owner.clone(), kind.to_owned());
    let found = bench
        .engine
        .db
        .read(move |tx| Ok::<_, Error>(unisono_store::hub::marks::find_data(tx, &owner, "", &kind)?))
        .await
        .unwrap();
    found.map(|content| serde_json::from_str(&content).unwrap()).unwrap_or_default()
}

#[test]
fn a_first_message_makes_a_portal_with_everything_that_clients_need() {
    let network = FakeNetwork::default();
    story(&network, async |bench, account| {
        network.write("one", "anna", "m1", "hello");
        let room_id = bench.room_of("hello").await;
        let said = bench.said().await.remove(0);
        assert_eq!(said.sender.as_str(), "@fake_anna:test.local");

        let bridge = state(&bench, said.room_no, "m.bridge", &format!("org.unisono/fake/{account}")).await;
        assert_eq!(bridge["bridgebot"], "@unisono:test.local");
        assert_eq!(bridge["org.unisono.account"], account);
        assert_eq!(bridge["channel"]["id"], "anna");
        assert_eq!(state(&bench, said.room_no, "com.beeper.room_features", "").await["reply"], "full");
        assert_eq!(state(&bench, said.room_no, "m.room.join_rules", "").await["join_rule"], "invite");
        assert_eq!(state(&bench, said.room_no, "m.room.encryption", "").await, Value::Null);
        let anna = state(&bench, said.room_no, "m.room.member", "@fake_anna:test.local").await;
        assert_eq!((anna["membership"].as_str(), anna["displayname"].as_str()), (Some("join"), Some("Anna")));
        assert_eq!(data(&bench, "m.direct").await["@fake_anna:test.local"], json!([room_id]));
        until("the owner sees the account connected", async || {
            let accounts = data(&bench, "org.unisono.accounts").await;
            accounts["accounts"][0]["state"]["state"] == "connected" && accounts["accounts"][0]["conversations"] == 1
        })
        .await;
    });
}

#[test]
fn what_is_about_a_message_may_come_before_it() {
    let network = FakeNetwork::default();
    story(&network, async |bench, _| {
        let target = || RemoteId::new("m1");
        network.happen("one", event("anna", "r1", InboundBody::Reaction { target: target(), key: "👍".to_owned() }));
        let parts = vec![Part::text("0", "changed")];
        network.happen("one", event("anna", "e1", InboundBody::Edit { target: target(), parts }));
        network.write("one", "anna", "m0", "before");
        network.write("one", "anna", "m1", "the target");
        until("the reaction is here", async || bench.list("m.reaction").await.len() == 1).await;
        until("the edit is here", async || bench.said().await.len() == 3).await;
        let said = bench.said().await;
        assert_eq!(said[2].content["m.new_content"]["body"], "changed");
        assert_eq!(said[2].content["m.relates_to"]["event_id"], said[1].event_id.as_str());
    });
}

#[test]
fn removed_messages_and_reactions_disappear() {
    let network = FakeNetwork::default();
    story(&network, async |bench, _| {
        let target = || RemoteId::new("m1");
        network.write("one", "anna", "m1", "hello");
        network.happen("one", event("anna", "r1", InboundBody::Reaction { target: target(), key: "👍".to_owned() }));
        until("the reaction is here", async || bench.list("m.reaction").await.len() == 1).await;
        let gone = InboundBody::ReactionRemove { target: target(), key: "👍".to_owned() };
        network.happen("one", event("anna", "r2", gone));
        until("it is redacted", async || bench.list("m.room.redaction").await.len() == 1).await;
        for (id, key) in [("r3", "🎉"), ("r4", "👍")] {
            network.happen("one", event("anna", id, InboundBody::Reaction { target: target(), key: key.to_owned() }));
        }
        // Where the network does not say which one is gone.
        let gone = InboundBody::ReactionRemove { target: target(), key: String::new() };
        network.happen("one", event("anna", "r5", gone));
        network.happen("one", event("anna", "d1", InboundBody::Delete { target: target() }));
        until("all are redacted", async || bench.list("m.room.redaction").await.len() == 4).await;
        assert_eq!(bench.said().await[0].content, json!({}));
    });
}

#[test]
fn edits_reactions_replies_and_deletions_go_out_with_their_targets() {
    let network = FakeNetwork::default();
    story(&network, async |bench, _| {
        network.write("one", "anna", "m1", "hello");
        let room = bench.room_of("hello").await;
        let hello = bench.said().await.remove(0).event_id;
        let reply = json!({ "msgtype": "m.text", "body": "> <@fake_anna:test.local> hello\n\nhi",
            "m.relates_to": { "m.in_reply_to": { "event_id": hello } } });
        let reply = bench.send(&room, "m.room.message", reply).await;
        let edit = json!({ "msgtype": "m.text", "body": "* hi there",
            "m.new_content": { "msgtype": "m.text", "body": "hi there" },
            "m.relates_to": { "rel_type": "m.replace", "event_id": reply } });
        bench.send(&room, "m.room.message", edit).await;
        let relation = json!({ "m.relates_to": { "rel_type": "m.annotation", "event_id": hello, "key": "👍" } });
        let reaction = bench.send(&room, "m.reaction", relation).await;
        until("the reaction is out", async || network.texts("anna").len() == 3).await;
        eventually("it is noted", async || bench.remote_id(&reaction).await).await;
        bench.redact(&room, &reaction).await;
        bench.redact(&room, &reply).await;
        until("all is out", async || network.texts("anna").len() == 5).await;
        assert_eq!(network.texts("anna"), ["hi", "hi there", "+👍", "-👍", "delete sent-1"]);
        let taken = network.taken();
        assert_eq!(taken[0].reply_to.as_deref(), Some("m1"));
        assert!(matches!(&taken[1].body, OutboundBody::Edit { target, .. } if target.id.as_str() == "sent-1"));
        assert!(matches!(&taken[2].body, OutboundBody::Reaction { target, .. } if target.id.as_str() == "m1"));
    });
}

#[test]
fn what_was_removed_before_it_went_out_never_goes_out() {
    let network = FakeNetwork::default();
    story(&network, async |bench, _| {
        network.write("one", "anna", "m1", "hello");
        let room = bench.room_of("hello").await;
        network.trouble("anna", Trouble::Later(20_000));
        let first = bench.say(&room, "first").await;
        let second = bench.say(&room, "second").await;
        bench.redact(&room, &second).await;
        until("the first is out", async || bench.remote_id(&first).await.is_some()).await;
        bench.say(&room, "third").await;
        until("the third is out", async || network.texts("anna").len() >= 2).await;
        assert_eq!(network.texts("anna"), ["first", "third"]);
    });
}

#[test]
fn what_the_network_cannot_carry_is_made_simpler_or_refused_with_the_reason() {
    let network = FakeNetwork::default();
    let mut able = fake_channel::capabilities();
    able.max_text = Some(10);
    able.reaction = Support::Rejected;
    able.edit = Support::Degraded;
    able.parts = vec![];
    network.set_capabilities(able);
    story(&network, async |bench, _| {
        network.write("one", "anna", "m1", "hello");
        let room = bench.room_of("hello").await;
        let hello = bench.said().await.remove(0).event_id;
        let long = bench.say(&room, "twenty characters...").await;
        eventually("the long one is out", async || bench.remote_id(&long).await).await;
        let relation = json!({ "m.relates_to": { "rel_type": "m.annotation", "event_id": hello, "key": "👍" } });
        let reaction = bench.send(&room, "m.reaction", relation).await;
        until("it is refused", async || bench.fates(&reaction).await.last().is_some_and(|f| f == "FAIL_PERMANENT"))
            .await;
        let edit = json!({ "msgtype": "m.text", "body": "* new", "m.new_content": { "body": "new" },
            "m.relates_to": { "rel_type": "m.replace", "event_id": long } });
        bench.send(&room, "m.room.message", edit).await;
        until("the edit came as a message", async || network.texts("anna").len() == 4).await;
        assert_eq!(network.texts("anna"), ["twenty", "characters", "...", "new"]);
        let secret = bench.send(&room, "m.room.encrypted", json!({ "algorithm": "m.megolm.v1.aes-sha2" })).await;
        until("it is refused, too", async || bench.fates(&secret).await.last().is_some_and(|f| f == "FAIL_PERMANENT"))
            .await;
        let told = bench.list("com.beeper.message_send_status").await;
        let message = &told.last().unwrap().content["org.unisono.message"];
        assert!(message["de"].is_string() && message["en"].is_string());
    });
}

#[test]
fn files_come_in_and_go_out_whole() {
    let network = FakeNetwork::default();
    network.put_file("f1", b"%PDF-1.7 lazy");
    story(&network, async |bench, _| {
        let mut now = Part::text("a", "");
        now.kind = PartKind::File;
        now.media = Some(Media {
            source: MediaSource::Bytes(bytes::Bytes::from_static(b"here already")),
            name: "a.txt".to_owned(),
            mime: "text/plain".to_owned(),
            size: None,
            content_id: None,
        });
        let parts = vec![Part::text("0", "see the files"), now, lazy_file("f1", "b.pdf")];
        network.happen("one", event("anna", "m1", InboundBody::Message { parts, reply_to: None }));
        let room = bench.room_of("see the files").await;
        let said = bench.said().await;
        assert_eq!(said.len(), 3);
        for (said, content) in said[1..].iter().zip([b"here already".as_slice(), b"%PDF-1.7 lazy"]) {
            assert_eq!(said.content["org.unisono.part_of"], said_id(&bench, "see the files").await);
            let uri = ruma::OwnedMxcUri::from(said.content["url"].as_str().unwrap());
            assert_eq!(&bench.engine.read_media(&uri).await.unwrap().1[..], content);
            assert_eq!(said.content["info"]["size"], content.len());
        }
        let file = json!({ "msgtype": "m.file", "body": "with a caption", "filename": "c.txt",
            "url": said[1].content["url"], "info": { "mimetype": "text/plain" } });
        bench.send(&room, "m.room.message", file).await;
        until("the file is out", async || network.taken().len() == 1).await;
        let OutboundBody::Message { parts, .. } = network.taken().remove(0).body else { panic!("no message") };
        let media = parts[0].media.clone().unwrap();
        assert_eq!((parts[0].text.as_str(), media.name.as_str()), ("with a caption", "c.txt"));
        assert_eq!(media.source, MediaSource::Bytes(bytes::Bytes::from_static(b"here already")));
    });
}

async fn said_id(bench: &Bench, text: &str) -> String {
    bench.said().await.iter().find(|said| said.body() == text).unwrap().event_id.to_string()
}

#[test]
fn a_file_that_cannot_be_fetched_yet_holds_its_place_and_nothing_else() {
    let network = FakeNetwork::default();
    network.put_file("f1", b"late");
    network.set_files_away(true);
    story(&network, async |bench, _| {
        let parts = vec![lazy_file("f1", "b.pdf")];
        network.happen("one", event("anna", "m1", InboundBody::Message { parts, reply_to: None }));
        network.write("one", "anna", "m2", "after the file");
        network.write("one", "bert", "m3", "elsewhere");
        bench.room_of("elsewhere").await;
        assert!(bench.texts_of("fake_anna").await.is_empty());
        network.set_files_away(false);
        bench.room_of("after the file").await;
        assert_eq!(bench.texts_of("fake_anna").await, ["b.pdf", "after the file"]);
    });
}

#[test]
fn earlier_messages_take_their_place_at_the_old_end() {
    let network = FakeNetwork::default();
    let old = (0..70).map(|number| message("anna", &format!("h{number}"), &format!("old {number:02}"))).collect();
    network.put_history("anna", old);
    story(&network, async |bench, _| {
        network.write("one", "anna", "m1", "hello");
        bench.room_of("hello").await;
        let room_no = bench.said().await[0].room_no;
        assert_eq!(bench.engine.fetch_older(room_no).await.unwrap(), 50);
        assert_eq!(bench.engine.fetch_older(room_no).await.unwrap(), 20);
        assert_eq!(bench.engine.fetch_older(room_no).await.unwrap(), 0);
        let texts = bench.texts_of("fake_anna").await;
        let mut expected: Vec<String> = (0..70).map(|number| format!("old {number:02}")).collect();
        expected.push("hello".to_owned());
        assert_eq!(texts, expected);
        network.write("one", "anna", "h69", "the same again");
        network.write("one", "anna", "m2", "new");
        bench.room_of("new").await;
        assert_eq!(bench.said().await.len(), 72);
    });
}

#[test]
fn what_i_write_elsewhere_appears_as_mine_and_is_not_sent() {
    let network = FakeNetwork::default();
    story(&network, async |bench, _| {
        let mut own = message("anna", "m1", "from my phone");
        own.sender = Sender::Me;
        network.happen("one", own);
        bench.room_of("from my phone").await;
        let said = bench.said().await.remove(0);
        assert_eq!(said.sender, bench.owner);
        let room = bench.room_of("from my phone").await;
        bench.say(&room, "from here").await;
        until("it is out", async || !network.taken().is_empty()).await;
        assert_eq!(network.texts("anna"), ["from here"]);
    });
}

#[test]
fn a_message_that_the_network_reports_back_later_is_one_message() {
    let network = FakeNetwork::default();
    story(&network, async |bench, _| {
        network.write("one", "anna", "m1", "hello");
        let room = bench.room_of("hello").await;
        network.trouble("anna", Trouble::EchoLater);
        let event = bench.say(&room, "echo").await;
        let id = eventually("it is known", async || bench.remote_id(&event).await).await;
        assert_eq!(id, "sent-1");
        network.write("one", "anna", "m2", "end");
        bench.room_of("end").await;
        assert_eq!(bench.said().await.len(), 3);
    });
}

#[test]
fn a_bounce_marks_the_message_failed_and_it_can_be_sent_again() {
    let network = FakeNetwork::default();
    story(&network, async |bench, _| {
        network.write("one", "anna", "m1", "hello");
        let room = bench.room_of("hello").await;
        let sent = bench.say(&room, "bounces").await;
        eventually("it is known", async || bench.remote_id(&sent).await).await;
        let reason = Text::new("no such mailbox", "kein solches Postfach");
        let mut bounce = event("anna", "b1", InboundBody::Failed { target: RemoteId::new("sent-1"), reason });
        bounce.sender = Sender::System;
        network.happen("one", bounce);
        until("it has failed", async || bench.fates(&sent).await == ["FAIL_PERMANENT"]).await;
        bench.engine.retry_message(bench.owner.clone(), room, sent.clone()).await.unwrap();
        until("it is out again", async || network.texts("anna") == ["bounces", "bounces"]).await;
        until("its sender hears it", async || bench.fates(&sent).await.last().is_some_and(|f| f == "SUCCESS")).await;
        let taken = network.taken();
        assert_ne!(taken[0].txn, taken[1].txn);
    });
}

#[test]
fn one_accounts_trouble_is_its_own_and_is_shown() {
    let network = FakeNetwork::default();
    story(&network, async |bench, one| {
        for (token, trouble) in
            [("away", SessionTrouble::Away), ("bad", SessionTrouble::BadToken), ("panic", SessionTrouble::Panics)]
        {
            network.break_account(token, Some(trouble));
            bench.connect(token).await;
        }
        network.write("one", "anna", "m1", "hello");
        bench.room_of("hello").await;
        until("each shows how it is", async || {
            let accounts = bench.engine.list_accounts(bench.owner.clone()).await.unwrap();
            let states: Vec<&AccountState> = accounts.iter().map(|account| &account.state).collect();
            matches!(
                states[..],
                [
                    AccountState::Connected,
                    AccountState::Trouble { .. } | AccountState::Connecting,
                    AccountState::BadCredentials { .. },
                    AccountState::Trouble { .. }
                ]
            )
        })
        .await;
        network.break_account("away", None);
        network.break_account("bad", None);
        until("what was away comes back by itself", async || {
            bench.account(one + 1).await.state == AccountState::Connected
        })
        .await;
        assert!(matches!(bench.account(one + 2).await.state, AccountState::BadCredentials { .. }));
        assert_eq!(bench.connect("bad").await, one + 2, "logging in again renews the account");
        until("it is connected", async || bench.account(one + 2).await.state == AccountState::Connected).await;
    });
}

#[test]
fn credentials_are_not_to_be_found_in_the_database() {
    let home = tempfile::tempdir().unwrap();
    let network = FakeNetwork::default();
    life(home.path(), vec![network.channel()], async |bench| {
        bench.connect("one").await;
        bench.hub.stop().await;
    });
    for file in ["unisono.db", "unisono.db-wal"] {
        let bytes = std::fs::read(home.path().join(file)).unwrap_or_default();
        assert!(!bytes.windows(7).any(|window| window == b"hunter2"), "{file}");
    }
}

#[test]
fn a_wrong_login_says_which_field_and_keeps_the_step() {
    let network = FakeNetwork::default();
    story(&network, async |bench, _| {
        let fields = |token: &str| [("token".to_owned(), token.to_owned())].into();
        let failure =
            bench.engine.login_with_fields(bench.owner.clone(), "fake", "token", fields("wrong")).await.unwrap_err();
        assert!(matches!(failure, LoginFailure::Input { field: Some(field), .. } if field == "token"));
        let stranger = ruma::owned_user_id!("@stranger:test.local");
        let login = bench.engine.start_login(bench.owner.clone(), "fake", "token").await.unwrap();
        let unisono_engine::hub::LoginProgress::Next { login_id, .. } = login else { panic!("done at once") };
        let refused = bench.engine.submit_login(stranger, login_id.clone(), fields("two")).await;
        assert!(matches!(refused, Err(LoginFailure::Engine(Error::NotFound(_)))));
        bench.engine.submit_login(bench.owner.clone(), login_id, fields("two")).await.unwrap();
    });
}

#[test]
fn a_removed_account_leaves_its_conversations_or_takes_them_along() {
    let network = FakeNetwork::default();
    story(&network, async |bench, account| {
        network.write("one", "anna", "m1", "hello");
        let room_id = bench.room_of("hello").await;
        bench.engine.remove_account(bench.owner.clone(), account, false).await.unwrap();
        assert!(bench.engine.list_accounts(bench.owner.clone()).await.unwrap().is_empty());
        network.write("one", "anna", "m2", "unheard");
        let unsent = bench.say(&room_id, "into the void").await;
        assert_eq!(bench.fates(&unsent).await, ["FAIL_PERMANENT"]);
        assert_eq!(bench.said().await.len(), 2, "still readable");

        assert_eq!(bench.connect("one").await, account);
        bench.room_of("unheard").await;
        bench.engine.remove_account(bench.owner.clone(), account, true).await.unwrap();
        assert_eq!(data(&bench, "org.unisono.accounts").await, json!({ "accounts": [] }));
        until("the owner is out", async || {
            let (owner, room_id) = (bench.owner.clone(), room_id.clone());
            let membership = bench.engine.db.read(move |tx| {
                let row = room::find(tx, &room_id)?.unwrap();
                Ok::<_, Error>(memberships::find(tx, row.room_no, &owner)?)
            });
            membership.await.unwrap().as_deref() == Some("leave")
        })
        .await;
        assert!(network.taken().is_empty());
        until("it can be added anew", async || {
            bench
                .engine
                .db
                .read(move |tx| Ok::<_, Error>(unisono_store::hub::accounts::find(tx, account)?.is_none()))
                .await
                .unwrap()
        })
        .await;
        assert_ne!(bench.connect("one").await, account);
    });
}

#[test]
fn a_chat_can_be_started_and_gets_its_subject() {
    let network = FakeNetwork::default();
    story(&network, async |bench, account| {
        until("it is connected", async || bench.account(account).await.state == AccountState::Connected).await;
        let start =
            |who: &'static str| bench.engine.start_chat(bench.owner.clone(), account, who, Some("Holidays".to_owned()));
        let room = start("carla").await.unwrap();
        assert_eq!(start("carla").await.unwrap(), room);
        assert!(matches!(start("nobody").await, Err(Error::NotFound(_))));
        bench.say(&room, "hi").await;
        until("it is out", async || network.texts("carla") == ["hi"]).await;
        assert_eq!(network.taken()[0].subject.as_deref(), Some("Holidays"));
    });
}

#[test]
fn read_marks_go_both_ways_and_do_not_echo() {
    use unisono_engine::receipts::{Mark, NewMark};
    let network = FakeNetwork::default();
    story(&network, async |bench, _| {
        network.write("one", "anna", "m1", "hello");
        let room = bench.room_of("hello").await;
        let hello = bench.said().await.remove(0);
        let mark = NewMark { mark: Mark::Read, event_id: hello.event_id.clone(), thread: None };
        bench.engine.set_marks(room.clone(), bench.owner.clone(), vec![mark]).await.unwrap();
        until("the network hears it", async || network.texts("anna") == ["read m1"]).await;

        network.write("one", "anna", "m2", "again");
        bench.room_of("again").await;
        let mut read = event("anna", "x1", InboundBody::Read { up_to: RemoteId::new("m2") });
        read.sender = Sender::Me;
        network.happen("one", read);
        let again = bench.said().await.remove(1);
        until("it is read here, too", async || {
            let owner = bench.owner.clone();
            let read = bench
                .engine
                .db
                .read(move |tx| Ok::<_, Error>(unisono_store::hub::marks::find_read(tx, hello.room_no, &owner)?));
            read.await.unwrap() == Some(again.position)
        })
        .await;
        bench.say(&room, "end").await;
        until("the end is out", async || network.texts("anna").contains(&"end".to_owned())).await;
        assert_eq!(network.texts("anna"), ["read m1", "end"]);
    });
}

#[test]
fn a_time_up_to_which_all_is_read_finds_its_message() {
    let network = FakeNetwork::default();
    story(&network, async |bench, _| {
        network.write("one", "anna", "m1", "hello");
        let room = bench.room_of("hello").await;
        let first = bench.say(&room, "first").await;
        eventually("it is noted", async || bench.remote_id(&first).await).await;
        let said = bench.said().await;
        let (room_no, position) = (said[1].room_no, said[1].position);
        let reader = said[0].sender.clone();
        let mark = async || {
            let reader = reader.clone();
            let read = bench
                .engine
                .db
                .read(move |tx| Ok::<_, Error>(unisono_store::hub::marks::find_read(tx, room_no, &reader)?));
            read.await.unwrap()
        };
        // From before anything was said: it says nothing.
        network.happen("one", event("anna", "u1", InboundBody::ReadUntil { at: 1 }));
        network.write("one", "anna", "m2", "again");
        bench.room_of("again").await;
        assert_ne!(mark().await, Some(position));
        let at = bench.engine.now() + 1_000;
        network.happen("one", event("anna", "u2", InboundBody::ReadUntil { at }));
        until("it is read", async || mark().await == Some(position)).await;
    });
}

#[test]
fn the_original_of_a_message_is_kept_and_shown_safely() {
    let network = FakeNetwork::default();
    story(&network, async |bench, _| {
        let mut mail = message("anna", "m1", "hello");
        mail.original = Some(Media {
            source: MediaSource::Bytes(bytes::Bytes::from_static(b"<p>hello</p>")),
            name: "mail.html".to_owned(),
            mime: "text/html".to_owned(),
            size: None,
            content_id: None,
        });
        network.happen("one", mail);
        let room = bench.room_of("hello").await;
        let event = bench.said().await.remove(0).event_id;
        let owner = bench.owner.clone();
        let shown = bench.engine.render_original(owner, room.clone(), event.clone(), true).await.unwrap();
        assert_eq!(shown, "<p>hello</p>|true");
        let stranger = ruma::owned_user_id!("@stranger:test.local");
        assert!(bench.engine.render_original(stranger, room, event, true).await.is_err());
    });
}

/// However events, restarts and repetitions fall, the result is the same: a cheap stand-in for all
/// interleavings.
#[test]
fn whatever_the_order_of_restarts_nothing_is_lost_or_twice() {
    for seed in 0..4_u64 {
        let home = tempfile::tempdir().unwrap();
        let network = Arc::new(FakeNetwork::default());
        let mut random = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) + 1;
        let mut next = |below: u64| {
            random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (random >> 33) % below
        };
        let mut expected: Vec<Vec<String>> = vec![Vec::new(); 3];
        for life_number in 0..6 {
            let wanted = life_number * 4;
            for _ in 0..8 {
                let who = usize::try_from(next(3)).unwrap();
                let text = format!("{who}-{}", expected[who].len());
                network.write("one", ["anna", "bert", "carla"][who], &text, &text);
                expected[who].push(text);
            }
            if next(2) == 0 {
                network.repeat();
            }
            life(home.path(), vec![network.channel()], async |bench| {
                bench.connect("one").await;
                until("some are here", async || bench.said().await.len() > wanted).await;
            });
        }
        life(home.path(), vec![network.channel()], async |bench| {
            for (who, name) in ["anna", "bert", "carla"].into_iter().enumerate() {
                let ghost = format!("fake_{name}");
                until("all are here", async || bench.texts_of(&ghost).await.len() >= expected[who].len()).await;
                assert_eq!(bench.texts_of(&ghost).await, expected[who], "seed {seed}");
            }
        });
    }
}

#[test]
fn a_person_gets_the_name_and_the_picture_that_they_have_on_the_network() {
    let network = FakeNetwork::default();
    network.put_face("anna", "Anna Schmidt", b"not really a picture");
    story(&network, async |bench, _| {
        network.write("one", "anna", "m1", "hello");
        bench.room_of("hello").await;
        let room_no = bench.said().await.remove(0).room_no;
        let member = eventually("the picture is shown", async || {
            let member = state(&bench, room_no, "m.room.member", "@fake_anna:test.local").await;
            member["avatar_url"].is_string().then_some(member)
        })
        .await;
        assert_eq!(member["displayname"], "Anna Schmidt");
    });
}

#[test]
fn a_chat_that_moves_goes_on_in_its_room() {
    let network = FakeNetwork::default();
    story(&network, async |bench, _| {
        network.write("one", "anna", "m1", "before");
        let room_id = bench.room_of("before").await;
        let there = |mut event: Inbound| {
            event.portal.chat = ChatId::new("anna, grown");
            event
        };
        // Told twice, as by both of the chats.
        for id in ["move", "again"] {
            let moved = InboundBody::Moved { from: ChatId::new("anna") };
            network.happen("one", there(event("anna", id, moved)));
        }
        network.happen("one", there(message("anna", "m2", "after")));
        assert_eq!(bench.room_of("after").await, room_id);
        bench.say(&room_id, "and back").await;
        until("it arrives where the chat is now", async || network.texts("anna, grown") == ["and back"]).await;
    });
}
