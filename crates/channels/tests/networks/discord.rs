//! Discord: against a scripted gateway and REST interface, and the published description.

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicBool, Ordering},
};

use serde_json::{Value, json};
use unisono_channels::discord::Discord;
use unisono_domain::channel::{
    AccountId, Channel, Host as _, InboundBody, Media, MessageRef, Outbound, OutboundBody, Part, PartKind, PortalKey,
    RemoteId, SendOutcome, Sender, SessionError, login::NewAccount,
};
use unisono_testkit::{
    bench::Bench,
    conformance::Network,
    fake_channel::Trouble,
    prism::Prism,
    test_host::{NOW, TestHost, account},
    vendor::{Asked, Script, Told, Vendor},
};

use crate::socket_server::{Peer, SocketServer};

const ME: &str = "1";

/// REST, as far as it is needed.
struct Rest {
    gateway: String,
}

impl Script for Rest {
    fn message(&self, asked: &Asked) -> Option<(String, String)> {
        let person = asked.path.strip_prefix("/channels/c-")?.strip_suffix("/messages")?;
        (asked.method == "POST").then_some(())?;
        Some((person.to_owned(), asked.json()["content"].as_str()?.to_owned()))
    }

    fn key(&self, asked: &Asked) -> Option<String> {
        let body = asked.json();
        (body["enforce_nonce"] == true).then(|| body["nonce"].as_str().map(ToOwned::to_owned))?
    }

    fn taken(&self, asked: &Asked, number: usize) -> Told {
        let message = json!({ "id": (1_600_000 + number).to_string(), "content": asked.json()["content"] });
        Told::json(&message).header("x-ratelimit-remaining", "4").header("x-ratelimit-reset-after", "1.0")
    }

    fn other(&self, asked: &Asked) -> Told {
        match asked.path.as_str() {
            "/gateway/bot" => Told::json(&json!({ "url": self.gateway, "shards": 1 })),
            path if path.starts_with("/users/") => {
                let id = path.trim_start_matches("/users/");
                Told::json(&json!({ "id": id, "username": id.trim_start_matches("u-"), "avatar": null }))
            }
            path if path.ends_with("/messages") => Told::json(&json!([])),
            path if path.ends_with("/callback") => Told::status(204, &Value::Null),
            _ => Told::status(404, &json!({ "code": 10_003, "message": "Unknown Channel" })),
        }
    }

    fn refused(&self) -> Told {
        Told::status(403, &json!({ "code": 50_013, "message": "Missing Permissions" }))
    }

    fn too_many(&self, seconds: u64) -> Told {
        let body = json!({ "message": "You are being rate limited.", "retry_after": seconds as f64, "global": false });
        Told::status(429, &body).header("retry-after", seconds.to_string())
    }

    fn expired(&self) -> Told {
        Told::status(401, &json!({ "code": 0, "message": "401: Unauthorized" }))
    }
}

/// The gateway: numbers events, and tells them again to who resumes.
#[derive(Default)]
struct Gateway {
    events: Mutex<Vec<Value>>,
    heard: Mutex<Vec<Value>>,
    /// The next session that somebody resumes is not known any more.
    forgets: AtomicBool,
    url: Mutex<String>,
}

impl Gateway {
    fn note(&self, kind: &str, data: &Value) -> String {
        let mut events = self.events.lock().unwrap();
        let event = json!({ "op": 0, "t": kind, "s": events.len() + 2, "d": data });
        events.push(event.clone());
        event.to_string()
    }

    fn after(&self, seq: u64) -> Vec<String> {
        let events = self.events.lock().unwrap();
        events.iter().filter(|event| event["s"].as_u64().unwrap() > seq).map(ToString::to_string).collect()
    }

    fn count(&self, op: u64) -> usize {
        self.heard.lock().unwrap().iter().filter(|heard| heard["op"] == op).count()
    }
}

impl Peer for Gateway {
    fn opened(&self, _: &str) -> Vec<String> {
        vec![json!({ "op": 10, "d": { "heartbeat_interval": 1_000 } }).to_string()]
    }

    fn heard(&self, text: &str) -> Vec<String> {
        let heard: Value = serde_json::from_str(text).unwrap();
        self.heard.lock().unwrap().push(heard.clone());
        match heard["op"].as_u64() {
            Some(1) => vec![json!({ "op": 11 }).to_string()],
            Some(2) => {
                let ready = json!({ "op": 0, "t": "READY", "s": 1, "d": { "v": 10, "user": { "id": ME }, "guilds": [],
                    "session_id": "s1", "resume_gateway_url": *self.url.lock().unwrap() } });
                [ready.to_string()].into_iter().chain(self.after(1)).collect()
            }
            Some(6) if self.forgets.swap(false, Ordering::Relaxed) => {
                vec![json!({ "op": 9, "d": false }).to_string()]
            }
            Some(6) => {
                let resumed = json!({ "op": 0, "t": "RESUMED", "s": null, "d": {} }).to_string();
                self.after(heard["d"]["seq"].as_u64().unwrap()).into_iter().chain([resumed]).collect()
            }
            _ => Vec::new(),
        }
    }
}

struct Service {
    vendor: Vendor,
    gateway: Arc<Gateway>,
    sockets: SocketServer,
}

impl Service {
    fn start() -> Self {
        let gateway = Arc::new(Gateway::default());
        let sockets = SocketServer::start(Arc::clone(&gateway));
        *gateway.url.lock().unwrap() = sockets.base();
        let vendor = Vendor::start(Arc::new(Rest { gateway: sockets.base() }));
        Self { vendor, gateway, sockets }
    }

    fn credentials(&self) -> Value {
        json!({ "token": "token", "user_id": ME, "api": self.vendor.base() })
    }

    fn tell(&self, kind: &str, data: &Value) {
        let event = self.gateway.note(kind, data);
        self.sockets.say(&event);
    }
}

fn said(person: &str, text: &str, id: &str) -> Value {
    json!({ "id": id, "channel_id": format!("c-{person}"), "type": 0, "content": text, "mentions": [],
        "attachments": [], "embeds": [], "author": { "id": format!("u-{person}"), "username": person } })
}

impl Network for Service {
    fn channel(&self) -> Arc<dyn Channel> {
        Arc::new(Discord)
    }

    fn is_real(&self) -> bool {
        true
    }

    async fn connect(&self, bench: &Bench) -> i64 {
        let account = NewAccount {
            remote_id: ME.to_owned(),
            display_name: "Unisono".to_owned(),
            credentials: self.credentials(),
            settings: json!({}),
        };
        bench.engine.store_account(bench.owner.clone(), "discord".to_owned(), account).await.unwrap()
    }

    async fn write(&self, _: &Bench, person: &str, text: &str) {
        let id = 1_500_000 + self.gateway.events.lock().unwrap().len();
        self.tell("MESSAGE_CREATE", &said(person, text, &id.to_string()));
    }

    async fn repeat(&self, _: &Bench) {
        self.gateway.after(0).iter().for_each(|event| self.sockets.say(event));
    }

    async fn taken(&self, person: &str) -> Vec<String> {
        self.vendor.taken(person)
    }

    fn ghost(&self, person: &str) -> String {
        format!("discord_u-{person}")
    }

    fn trouble(&self, person: &str, trouble: Trouble) -> bool {
        self.vendor.trouble(person, trouble);
        true
    }

    fn is_met(&self, person: &str) -> bool {
        self.vendor.is_met(person)
    }
}

unisono_testkit::conformance_tests!(Service::start());

#[tokio::test]
async fn a_cut_connection_is_resumed_and_a_forgotten_session_begun_anew() {
    let service = Service::start();
    let host = TestHost::start();
    let session = Discord.connect(account(service.credentials()), host.clone()).unwrap();
    let told = async {
        service.tell("MESSAGE_CREATE", &said("anna", "one", "101"));
        host.wait_for(1).await;
        service.sockets.say(&json!({ "op": 7, "d": null }).to_string());
        service.tell("MESSAGE_CREATE", &said("anna", "two", "102"));
        host.wait_for(2).await
    };
    tokio::select! {
        ended = session.run() => panic!("{ended:?}"),
        events = told => assert_eq!(events[1].id.as_str(), "102"),
    }
    assert_eq!((service.gateway.count(2), service.gateway.count(6)), (1, 1), "resumed, not begun anew");

    // After a restart of ours with what is stored, but Discord has forgotten.
    service.gateway.forgets.store(true, Ordering::Relaxed);
    let session = Discord.connect(account(service.credentials()), host.clone()).unwrap();
    let told = async {
        let before = host.events().len();
        while service.gateway.count(2) < 2 {
            tokio::task::yield_now().await;
        }
        host.wait_for(before + 1).await;
    };
    tokio::select! {
        ended = session.run() => panic!("{ended:?}"),
        () = told => {}
    }
    let path = "/channels/c-anna/messages";
    let asked = service.vendor.asked();
    let caught_up = asked.iter().any(|asked| asked.path == path && asked.query.contains("after=102"));
    assert!(caught_up, "the private chat is asked for what came meanwhile");
}

#[tokio::test]
async fn a_choice_is_told_and_acknowledged() {
    let service = Service::start();
    let host = TestHost::start();
    let session = Discord.connect(account(service.credentials()), host.clone()).unwrap();
    let components = json!([{ "type": 1, "components": [{ "type": 2, "custom_id": "0.y", "label": "Yes" }] }]);
    service.tell(
        "INTERACTION_CREATE",
        &json!({ "type": 3, "id": "77", "token": "tok", "channel_id": "c-anna",
        "user": { "id": "u-anna", "username": "anna" }, "data": { "custom_id": "0.y", "component_type": 2 },
        "message": { "id": "5", "components": components } }),
    );
    let story = async {
        let events = host.wait_for(1).await;
        while !service.vendor.asked().iter().any(|asked| asked.path == "/interactions/77/tok/callback") {
            tokio::task::yield_now().await;
        }
        events
    };
    let events = tokio::select! {
        ended = session.run() => panic!("{ended:?}"),
        events = story => events,
    };
    assert!(matches!(&events[0].sender, Sender::Remote(user) if user.name.as_deref() == Some("anna")));
    assert!(matches!(&events[0].body, InboundBody::Message { parts, .. } if parts[0].text == "Yes"));
}

#[tokio::test]
async fn a_bot_that_may_not_read_is_told_what_to_switch_on() {
    struct Refusing;
    impl Script for Refusing {
        fn message(&self, _: &Asked) -> Option<(String, String)> {
            None
        }
        fn taken(&self, _: &Asked, _: usize) -> Told {
            Told::json(&Value::Null)
        }
        fn other(&self, _: &Asked) -> Told {
            Told::status(401, &json!({ "message": "401: Unauthorized" }))
        }
    }
    let vendor = Vendor::start(Arc::new(Refusing));
    let credentials = json!({ "token": "t", "user_id": ME, "api": vendor.base() });
    let session = Discord.connect(account(credentials), TestHost::start()).unwrap();
    assert!(matches!(session.run().await, Err(SessionError::BadCredentials(_))));
}

/// Each kind of outbound as the published description has it.
#[tokio::test]
async fn the_published_description_takes_what_we_send() {
    let Some(prism) = Prism::start("discord/openapi.prism.json") else { return };
    let host = TestHost::start();
    host.set_now(NOW);
    let credentials = json!({ "token": "token", "user_id": ME, "api": prism.base() });
    let session = Discord.connect(account(credentials), host.clone()).unwrap();
    let target = || MessageRef { id: RemoteId::new("1440000000000000000"), data: Value::Null };
    let message = |part: Part| OutboundBody::Message { parts: vec![part], reply_to: None };
    let card = json!({ "text": "Lunch?", "buttons": [{ "id": "y", "label": "Yes" },
        { "id": "m", "label": "Menu", "url": "https://example.org" }],
        "list": { "title": "Pick", "sections": [{ "rows": [{ "id": "1", "label": "One", "description": "d" }] }] } });
    let picture = Media::bytes(&b"bytes"[..], "cat.png", "image/png");
    let bodies = [
        message(Part::text("0", "plain *text*")),
        message(Part { html: Some("<b>bold</b>".to_owned()), ..Part::text("0", "bold") }),
        message(Part { kind: PartKind::Card, ..Part::text("0", "Lunch?") }.with("org.unisono.card", card)),
        message(Part::media("0", PartKind::Image, picture, "a caption")),
        OutboundBody::Message { parts: vec![Part::text("0", "yes")], reply_to: Some(target()) },
        OutboundBody::Edit { target: target(), parts: vec![Part::text("0", "new")] },
        OutboundBody::Delete { target: target() },
        OutboundBody::Reaction { target: target(), key: "👍".to_owned() },
        OutboundBody::ReactionRemove { target: target(), key: "👍".to_owned() },
        OutboundBody::Typing { typing: true },
    ];
    for (number, body) in bodies.into_iter().enumerate() {
        let what = format!("{body:?}");
        let outbound = Outbound {
            portal: PortalKey::private(AccountId(1), "1430000000000000000"),
            txn: format!("$event{number}"),
            sent_at: NOW,
            sender_name: None,
            subject: None,
            body,
            last: None,
            last_received: None,
        };
        let sent = session.send(outbound).await;
        assert!(matches!(sent, SendOutcome::Sent { .. }), "{what}: {sent:?}");
    }
    let portal = PortalKey::private(AccountId(1), "1430000000000000000");
    session.chat_info(&portal).await.unwrap();
    session.fetch_history(&portal, 20).await.unwrap();
    assert!(host.now() == NOW);
}
