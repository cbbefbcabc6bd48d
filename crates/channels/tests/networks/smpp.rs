//! SMS by SMPP, against the server of the npm package `smpp` (`tests/contracts/smsc.mjs`).

use std::{
    io::{BufRead as _, BufReader, Write as _},
    path::Path,
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
    sync::{Arc, Mutex},
};

use serde_json::{Value, json};
use unisono_channels::smpp::Smpp;
use unisono_domain::channel::{Channel, InboundBody, PartKind, SendOutcome, Session, SessionError, login::NewAccount};
use unisono_testkit::{
    bench::Bench,
    conformance::{self, Network},
    fake_channel::Trouble,
    test_host::{TestHost, account},
};

use crate::sms::{number_of, outbound};

/// The running server; ends with the value.
struct Smsc {
    child: Child,
    port: u64,
    talk: Mutex<(ChildStdin, BufReader<ChildStdout>)>,
}

impl Drop for Smsc {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Smsc {
    /// `None`, and said so, where the package is missing. `links`: `deaf` for a server that does not
    /// answer whether it lives, and so never settles what it was acknowledged.
    fn start(links: &str) -> Option<Self> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/contracts");
        if !folder.join("node_modules/smpp").exists() {
            eprintln!("skipped: the package smpp is not installed (cargo xtask test installs it into tests/contracts)");
            return None;
        }
        let mut child = Command::new("node")
            .arg(folder.join("smsc.mjs"))
            .arg(links)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut talk = (child.stdin.take().unwrap(), BufReader::new(child.stdout.take().unwrap()));
        let mut line = String::new();
        talk.1.read_line(&mut line).unwrap();
        let port = serde_json::from_str::<Value>(&line).unwrap()["port"].as_u64().unwrap();
        Some(Self { child, port, talk: Mutex::new(talk) })
    }

    fn ask(&self, command: &Value) -> Value {
        let mut talk = self.talk.lock().unwrap();
        writeln!(talk.0, "{command}").unwrap();
        let mut line = String::new();
        talk.1.read_line(&mut line).unwrap();
        serde_json::from_str(&line).unwrap_or_else(|_| panic!("{command}: {line}"))
    }

    fn write(&self, pdu: &Value) {
        self.ask(&json!({ "do": "write", "pdu": pdu }));
    }

    fn taken(&self, number: &str) -> Vec<Value> {
        self.ask(&json!({ "do": "taken", "to": number })).as_array().unwrap().clone()
    }

    fn credentials(&self) -> Value {
        json!({ "host": "127.0.0.1", "port": self.port, "tls": false, "system_id": "unisono", "password": "secret",
            "from": "+4930123456" })
    }

    fn connect(&self, host: &Arc<TestHost>) -> Arc<dyn Session> {
        Smpp.connect(account(self.credentials()), host.clone()).unwrap()
    }
}

fn from(number: &str, text: &str) -> Value {
    json!({ "source_addr": number.trim_start_matches('+'), "source_addr_ton": 1, "destination_addr": "4930123456",
        "short_message": text })
}

struct Company(Option<Smsc>);

impl Company {
    fn new() -> Self {
        Self(Smsc::start("deaf"))
    }

    fn smsc(&self) -> &Smsc {
        self.0.as_ref().unwrap()
    }
}

impl Network for Company {
    fn channel(&self) -> Arc<dyn Channel> {
        Arc::new(Smpp)
    }

    fn is_real(&self) -> bool {
        true
    }

    fn can_be_asked(&self) -> bool {
        false
    }

    async fn connect(&self, bench: &Bench) -> i64 {
        self.smsc().ask(&json!({ "do": "accept" }));
        let account = NewAccount {
            remote_id: "unisono".to_owned(),
            display_name: "unisono".to_owned(),
            credentials: self.smsc().credentials(),
            settings: json!({}),
        };
        bench.engine.store_account(bench.owner.clone(), "smpp".to_owned(), account).await.unwrap()
    }

    async fn write(&self, _: &Bench, person: &str, text: &str) {
        self.smsc().write(&from(&number_of(person), text));
    }

    async fn repeat(&self, _: &Bench) {
        self.smsc().ask(&json!({ "do": "repeat" }));
    }

    async fn taken(&self, person: &str) -> Vec<String> {
        let taken = self.smsc().taken(&number_of(person));
        taken.iter().map(|message| message["text"].as_str().unwrap().to_owned()).collect()
    }

    fn ghost(&self, person: &str) -> String {
        format!("smpp_{}", number_of(person))
    }

    fn trouble(&self, person: &str, trouble: Trouble) -> bool {
        let kind = match trouble {
            Trouble::Later(_) => "Later".to_owned(),
            other => format!("{other:?}"),
        };
        self.smsc().ask(&json!({ "do": "trouble", "to": number_of(person), "kind": kind }));
        true
    }

    fn is_met(&self, person: &str) -> bool {
        self.smsc().ask(&json!({ "do": "left", "to": number_of(person) })) == 0
    }
}

macro_rules! stories {
    ($($story:ident),*) => {
        $(
            #[test]
            fn $story() {
                let company = Company::new();
                if company.0.is_some() {
                    conformance::$story(&company);
                }
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
    an_expired_credential_is_told,
    a_fault_of_the_network_loses_nothing
);

/// Runs a session beside a story, again and again as the hub does.
async fn beside<T>(session: &dyn Session, story: impl Future<Output = T>) -> T {
    let run = async {
        loop {
            match session.run().await {
                Err(SessionError::Trouble { .. }) => tokio::task::yield_now().await,
                ended => panic!("the session ended: {ended:?}"),
            }
        }
    };
    tokio::select! {
        never = run => never,
        value = story => value,
    }
}

fn said(events: &[unisono_domain::channel::Inbound]) -> Vec<String> {
    let texts = events.iter().filter_map(|event| match &event.body {
        InboundBody::Message { parts, .. } => Some(parts[0].text.clone()),
        _ => None,
    });
    texts.collect()
}

#[tokio::test]
async fn long_and_foreign_texts_go_both_ways() {
    let Some(smsc) = Smsc::start("") else { return };
    let host = TestHost::start();
    let session = smsc.connect(&host);
    let long = "Zwölf Boxkämpfer {jagen} €£ [Viktor]: ".repeat(12);
    let foreign = "Съешь же ещё этих мягких булок 🙂 ".repeat(6);
    beside(&*session, async {
        host.wait_for_report().await;
        for text in ["short", "ж", &long, &foreign] {
            let sent = session.send(outbound("+491701234567", text)).await;
            assert!(matches!(sent, SendOutcome::Sent { .. }), "{sent:?}");
        }
        let taken = smsc.taken("491701234567");
        let texts: Vec<&str> = taken.iter().map(|message| message["text"].as_str().unwrap()).collect();
        assert_eq!(texts, ["short", "ж", &long, &foreign]);
        assert_eq!((&taken[0]["coding"], &taken[1]["coding"]), (&json!(0), &json!(8)));

        // 16-bit references, the last piece first, and a piece twice.
        let piece = |number: u8, text: &str| {
            let mut pdu = from("491701234567", "");
            let header = format!("060804a0b103{number:02x}");
            pdu["short_message"] = json!({ "udh": { "$hex": header }, "message": text });
            pdu["esm_class"] = json!(0x40);
            pdu
        };
        for (number, text) in [(3, "three"), (1, "one "), (1, "one "), (2, "two ")] {
            smsc.write(&piece(number, text));
        }
        let mut payload = from("491701234567", "");
        payload["message_payload"] = json!("in one piece");
        smsc.write(&payload);
        let mut binary = from("491701234567", "");
        binary["data_coding"] = json!(4);
        binary["short_message"] = json!({ "$hex": "00ff10" });
        smsc.write(&binary);
        let events = host.wait_for(3).await;
        assert_eq!(said(&events)[..2], ["one two three", "in one piece"]);
        let InboundBody::Message { parts, .. } = &events[2].body else { panic!("{:?}", events[2]) };
        assert_eq!(parts[0].kind, PartKind::Notice);
    })
    .await;
}

#[tokio::test]
async fn receipts_tell_what_became_of_a_message() {
    let Some(smsc) = Smsc::start("") else { return };
    let host = TestHost::start();
    let session = smsc.connect(&host);
    let receipt = |id: &str, state: &str| {
        let mut pdu = from(
            "491701234567",
            &format!(
                "id:{id} sub:001 dlvrd:001 submit date:2611231200 done \
            date:2611231201 stat:{state} err:000 text:hi"
            ),
        );
        pdu["esm_class"] = json!(4);
        smsc.write(&pdu);
    };
    beside(&*session, async {
        host.wait_for_report().await;
        let SendOutcome::Sent { id: short, .. } = session.send(outbound("+491701234567", "hi")).await else { panic!() };
        let long = session.send(outbound("+491701234567", &"x".repeat(400))).await;
        let SendOutcome::Sent { id: long, data, .. } = long else { panic!("{long:?}") };
        assert_eq!((short.as_str(), long.as_str(), &data["segments"]), ("id1", "id4", &json!(3)));
        receipt("id1", "ENROUTE");
        receipt("id1", "DELIVRD");
        // The pieces of the long one: the first arrives, the second does not.
        receipt("id2", "DELIVRD");
        receipt("id3", "UNDELIV");
        let mut named = from("491701234567", "");
        named["receipted_message_id"] = json!("id4");
        named["message_state"] = json!(3);
        smsc.write(&named);
        let told = host.wait_for(3).await;
        let told: Vec<String> = told.iter().map(|event| format!("{} {}", event.id, event.portal.chat)).collect();
        assert_eq!(told, ["id1.delivered +491701234567", "id4.failed +491701234567", "id4.failed +491701234567"]);
    })
    .await;
}

/// The same words twice are two messages, also across a connection that broke after all was settled.
#[tokio::test]
async fn the_same_words_twice_are_two() {
    let Some(smsc) = Smsc::start("") else { return };
    let host = TestHost::start();
    let session = smsc.connect(&host);
    beside(&*session, async {
        smsc.write(&from("491701234567", "ok"));
        smsc.write(&from("491701234567", "ok"));
        assert_eq!(said(&host.wait_for(2).await), ["ok", "ok"]);
        let unsettled = || async { unisono_domain::channel::Host::cursor(&*host).await.unwrap().unwrap() };
        while unsettled().await["unsettled"] != json!([]) {
            tokio::task::yield_now().await;
        }
        smsc.ask(&json!({ "do": "cut" }));
        smsc.write(&from("491701234567", "ok"));
        let events = host.wait_for(3).await;
        assert_eq!(events.iter().map(|event| &event.id).collect::<std::collections::BTreeSet<_>>().len(), 3);
    })
    .await;
}

#[tokio::test]
async fn a_wrong_password_is_told() {
    let Some(smsc) = Smsc::start("") else { return };
    let mut credentials = smsc.credentials();
    credentials["password"] = json!("wrong");
    let session = Smpp.connect(account(credentials.clone()), TestHost::start()).unwrap();
    assert!(matches!(session.run().await, Err(SessionError::BadCredentials(_))));
    credentials["password"] = json!("longer than eight");
    let session = Smpp.connect(account(credentials), TestHost::start()).unwrap();
    assert!(matches!(session.run().await, Err(SessionError::BadCredentials(_))));
    assert!(matches!(session.send(outbound("+491701234567", "hi")).await, SendOutcome::Retry { .. }));
}
