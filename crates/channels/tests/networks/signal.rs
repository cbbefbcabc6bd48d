//! Signal: against a scripted bridge and its published description.

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicUsize, Ordering},
};

use serde_json::{Value, json};
use unisono_channels::signal::Signal;
use unisono_domain::{
    channel::{
        AccountId, Channel, InboundBody, Media, MessageRef, Outbound, OutboundBody, Part, PartKind, PortalKey,
        RemoteId, SendOutcome,
        login::{Display, LoginContext, LoginInput, LoginStep, NewAccount},
    },
    net::OutboundGuard,
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

const NUMBER: &str = "+491700000000";

struct Rest {
    mode: &'static str,
    /// What is given to who asks, once.
    waiting: Mutex<Vec<Value>>,
    linked: Mutex<Vec<&'static str>>,
}

impl Rest {
    fn new(mode: &'static str) -> Arc<Self> {
        Arc::new(Self { mode, waiting: Mutex::default(), linked: Mutex::new(vec![NUMBER]) })
    }
}

impl Script for Rest {
    fn message(&self, asked: &Asked) -> Option<(String, String)> {
        (asked.path == "/v2/send").then_some(())?;
        let body = asked.json();
        let person = body["recipients"][0].as_str()?.trim_start_matches("u-").to_owned();
        Some((person, body["message"].as_str()?.to_owned()))
    }

    fn taken(&self, _: &Asked, number: usize) -> Told {
        Told::status(201, &json!({ "timestamp": (1_795_500_000_000_usize + number).to_string() }))
    }

    fn other(&self, asked: &Asked) -> Told {
        match asked.path.as_str() {
            "/v1/accounts" => Told::json(&json!(*self.linked.lock().unwrap())),
            "/v1/about" => Told::json(&json!({ "mode": self.mode, "version": "0.95", "build": 2 })),
            "/v1/qrcodelink/raw" => Told::json(&json!({ "device_link_uri": "sgnl://linkdevice?uuid=1&pub_key=2" })),
            path if path.starts_with("/v1/receive/") => {
                Told::json(&json!(std::mem::take(&mut *self.waiting.lock().unwrap())))
            }
            path if path.starts_with("/v1/groups/") || path.starts_with("/v1/contacts/") => Told::json(&json!([])),
            _ => Told::status(404, &json!({ "error": "not here" })),
        }
    }

    fn refused(&self) -> Told {
        Told::status(400, &json!({ "error": "Failed to send message: Unregistered user" }))
    }
}

/// The bridge's socket. It gives everything to everybody who connects; the real one only once.
#[derive(Default)]
struct Socket(Mutex<Vec<String>>);

impl Peer for Socket {
    fn opened(&self, path: &str) -> Vec<String> {
        assert_eq!(path, "/v1/receive/%2B491700000000");
        self.0.lock().unwrap().clone()
    }

    fn heard(&self, _: &str) -> Vec<String> {
        Vec::new()
    }
}

struct Bridge {
    vendor: Vendor,
    socket: Arc<Socket>,
    sockets: SocketServer,
    number: AtomicUsize,
}

impl Bridge {
    fn start() -> Self {
        let vendor = Vendor::start(Rest::new("json-rpc"));
        let socket = Arc::new(Socket::default());
        let sockets = SocketServer::start_before(Arc::clone(&socket), Some(vendor.address));
        Self { vendor, socket, sockets, number: AtomicUsize::new(1) }
    }

    fn credentials(&self) -> Value {
        json!({ "api": format!("http://{}", self.sockets.address), "number": NUMBER })
    }

    fn give(&self, message: &Value) {
        self.socket.0.lock().unwrap().push(message.to_string());
        self.sockets.say(&message.to_string());
    }
}

fn said(person: &str, text: &str, at: usize) -> Value {
    json!({ "account": NUMBER, "envelope": { "source": format!("u-{person}"), "sourceUuid": format!("u-{person}"),
        "sourceName": person, "timestamp": at, "dataMessage": { "timestamp": at, "message": text } } })
}

impl Network for Bridge {
    fn channel(&self) -> Arc<dyn Channel> {
        Arc::new(Signal)
    }

    fn is_real(&self) -> bool {
        true
    }

    fn can_be_asked(&self) -> bool {
        false
    }

    async fn connect(&self, bench: &Bench) -> i64 {
        let account = NewAccount {
            remote_id: NUMBER.to_owned(),
            display_name: NUMBER.to_owned(),
            credentials: self.credentials(),
            settings: json!({}),
        };
        bench.engine.store_account(bench.owner.clone(), "signal".to_owned(), account).await.unwrap()
    }

    async fn write(&self, _: &Bench, person: &str, text: &str) {
        let at = 1_795_400_000_000 + self.number.fetch_add(1, Ordering::Relaxed);
        self.give(&said(person, text, at));
    }

    async fn repeat(&self, _: &Bench) {
        let all = self.socket.0.lock().unwrap().clone();
        all.iter().for_each(|message| self.sockets.say(message));
    }

    async fn taken(&self, person: &str) -> Vec<String> {
        self.vendor.taken(person)
    }

    fn ghost(&self, person: &str) -> String {
        format!("signal_u-{person}")
    }

    fn trouble(&self, person: &str, trouble: Trouble) -> bool {
        self.vendor.trouble(person, trouble);
        true
    }

    fn is_met(&self, person: &str) -> bool {
        self.vendor.is_met(person)
    }
}

unisono_testkit::conformance_tests!(Bridge::start());

#[tokio::test]
async fn a_bridge_without_a_socket_is_asked() {
    let rest = Rest::new("native");
    rest.waiting.lock().unwrap().extend([said("anna", "one", 5), said("anna", "two", 6)]);
    let vendor = Vendor::start(Arc::clone(&rest));
    let host = TestHost::start();
    let session = Signal.connect(account(json!({ "api": vendor.base(), "number": NUMBER })), host.clone()).unwrap();
    let events = tokio::select! {
        ended = session.run() => panic!("{ended:?}"),
        events = host.wait_for(2) => events,
    };
    assert!(matches!(&events[1].body, InboundBody::Message { parts, .. } if parts[0].text == "two"));
}

#[tokio::test]
async fn a_phone_confirms_a_new_device_by_its_code() {
    let rest = Rest::new("json-rpc");
    let vendor = Vendor::start(Arc::clone(&rest));
    let guard = OutboundGuard::new(vec!["127.0.0.0/8".parse().unwrap()]);
    let context = LoginContext { guard, now: NOW, public_url: None };
    let begun = Signal.login(None, LoginInput::Start { flow: "link".to_owned() }, &context).await.unwrap();
    let given = [("api".to_owned(), vendor.base())].into();
    let shown = Signal.login(Some(begun.state), LoginInput::Submit(given), &context).await.unwrap();
    let LoginStep::Show { display: Display::Qr { data }, .. } = shown.step else { panic!("{:?}", shown.step) };
    assert_eq!(data, "sgnl://linkdevice?uuid=1&pub_key=2");
    rest.linked.lock().unwrap().push("+491709999999");
    let done = Signal.login(Some(shown.state), LoginInput::Wait, &context).await.unwrap();
    assert!(matches!(done.step, LoginStep::Done(account) if account.remote_id == "+491709999999"));
}

#[tokio::test]
async fn the_published_description_takes_what_we_send() {
    let Some(prism) = Prism::start("signal/swagger.json") else { return };
    let host = TestHost::start();
    let session = Signal.connect(account(json!({ "api": prism.base(), "number": NUMBER })), host.clone()).unwrap();
    let theirs = || MessageRef { id: RemoteId::new("u-anna:1795435200000"), data: json!({ "text": "hello" }) };
    let mine = || MessageRef { id: RemoteId::new("me:1795435200000"), data: json!({}) };
    let message = |part: Part| OutboundBody::Message { parts: vec![part], reply_to: None };
    let file = |kind, name: &str, mime: &str| Part::media("0", kind, Media::bytes(&b"bytes"[..], name, mime), "see");
    let bodies = [
        message(Part::text("0", "plain *text*")),
        message(Part { html: Some("<b>bold</b>".to_owned()), ..Part::text("0", "bold") }),
        message(file(PartKind::Image, "cat.png", "image/png")),
        message(file(PartKind::Voice, "voice.ogg", "audio/ogg")),
        message(file(PartKind::Video, "film.mp4", "video/mp4")),
        message(file(PartKind::File, "a;b,c.pdf", "application/pdf")),
        OutboundBody::Message { parts: vec![Part::text("0", "yes")], reply_to: Some(theirs()) },
        OutboundBody::Edit { target: mine(), parts: vec![Part::text("0", "new")] },
        OutboundBody::Delete { target: mine() },
        OutboundBody::Reaction { target: theirs(), key: "👍".to_owned() },
        OutboundBody::ReactionRemove { target: theirs(), key: "👍".to_owned() },
        OutboundBody::Read { up_to: theirs() },
        OutboundBody::Typing { typing: true },
        OutboundBody::Typing { typing: false },
    ];
    for body in bodies {
        let what = format!("{body:?}");
        let outbound = Outbound {
            portal: PortalKey::private(AccountId(1), "u-anna"),
            txn: "$event".to_owned(),
            sent_at: NOW,
            sender_name: None,
            subject: None,
            body,
            last: None,
            last_received: None,
        };
        let sent = session.send(outbound).await;
        // The description's own example of a timestamp is the word "string".
        let is_theirs = matches!(&sent, SendOutcome::Unknown { .. });
        assert!(matches!(sent, SendOutcome::Sent { .. }) || is_theirs, "{what}: {sent:?}");
    }
    session.contacts().await.unwrap();
    let found = session.resolve_identifier("+49 170 1234567").await;
    assert!(!matches!(found, Err(unisono_domain::channel::RequestError::Unavailable(_))), "{found:?}");
}
