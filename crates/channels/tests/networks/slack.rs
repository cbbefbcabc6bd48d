//! Slack: both ways to hear from it, against a scripted server, the published description and the
//! published examples.

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
};

use bytes::Bytes;
use serde_json::{Value, json};
use unisono_channels::{slack::Slack, verify};
use unisono_domain::channel::{
    Channel, FindSent, Host as _, Inbound, InboundBody, Media, MessageRef, Outbound, OutboundBody, Part, PartKind,
    PortalKey, RemoteId, SendOutcome, ServedBody, Session, WebhookRequest, login::NewAccount,
};
use unisono_testkit::{
    bench::Bench,
    conformance::Network,
    fake_channel::Trouble,
    prism::{Prism, spec},
    test_host::{NOW, TestHost, account},
    vendor::{Asked, Script, Told, Vendor},
    webhook_conformance,
    webhook_network::{WebhookVendor, empty_call},
};

use crate::socket_server::{Peer, SocketServer};

const SECRET: &str = "8f742231b10e8888abcd99yyyzzz85a5";

/// The Web API, with what it was given.
#[derive(Default)]
struct WebApi {
    posted: Mutex<Vec<Value>>,
    /// Where the socket is.
    socket: Mutex<String>,
}

fn query(asked: &Asked, name: &str) -> Option<String> {
    url::form_urlencoded::parse(asked.query.as_bytes())
        .find(|(key, _)| key == name)
        .map(|(_, value)| value.into_owned())
}

impl Script for WebApi {
    fn message(&self, asked: &Asked) -> Option<(String, String)> {
        (asked.path == "/chat.postMessage").then_some(())?;
        let body = asked.json();
        Some((body["channel"].as_str()?.trim_start_matches("D-").to_owned(), body["text"].as_str()?.to_owned()))
    }

    fn taken(&self, asked: &Asked, number: usize) -> Told {
        let mut message = asked.json();
        message["ts"] = json!(format!("1795435999.{number:06}"));
        message["user"] = json!("UME");
        self.posted.lock().unwrap_or_else(PoisonError::into_inner).push(message.clone());
        Told::json(&json!({ "ok": true, "channel": message["channel"], "ts": message["ts"], "message": message }))
    }

    fn other(&self, asked: &Asked) -> Told {
        let me = json!({ "ok": true, "team": "Shop", "team_id": "T1", "user": "unisono", "user_id": "UME", "bot_id": "BME" });
        Told::json(&match asked.path.as_str() {
            "/auth.test" => me,
            "/apps.connections.open" => json!({ "ok": true, "url": *self.socket.lock().unwrap() }),
            "/users.conversations" => json!({ "ok": true, "channels": [] }),
            "/conversations.history" => {
                let channel = query(asked, "channel");
                let posted = self.posted.lock().unwrap_or_else(PoisonError::into_inner);
                let messages: Vec<&Value> =
                    posted.iter().rev().filter(|message| message["channel"].as_str() == channel.as_deref()).collect();
                json!({ "ok": true, "messages": messages, "has_more": false })
            }
            "/users.info" => {
                let id = query(asked, "user").unwrap_or_default();
                json!({ "ok": true, "user": { "id": id, "real_name": id.trim_start_matches("u-") } })
            }
            _ => json!({ "ok": false, "error": "unknown_method" }),
        })
    }

    /// Slack refuses with HTTP 200.
    fn refused(&self) -> Told {
        Told::json(&json!({ "ok": false, "error": "is_archived" }))
    }

    fn too_many(&self, seconds: u64) -> Told {
        Told::status(429, &json!({ "ok": false, "error": "ratelimited" })).header("retry-after", seconds.to_string())
    }

    fn expired(&self) -> Told {
        Told::json(&json!({ "ok": false, "error": "token_revoked" }))
    }
}

fn event(person: &str, text: &str, number: usize) -> Value {
    json!({ "type": "event_callback", "team_id": "T1", "event_id": format!("Ev{number}"), "event": {
        "type": "message", "channel": format!("D-{person}"), "channel_type": "im", "user": format!("u-{person}"),
        "text": text, "ts": format!("1795435200.{number:06}"), "event_ts": format!("1795435200.{number:06}") } })
}

mod events_api {
    use super::*;

    impl WebhookVendor for WebApi {
        fn channel(&self) -> Arc<dyn Channel> {
            Arc::new(Slack)
        }

        fn account(&self, base: &str) -> NewAccount {
            NewAccount {
                remote_id: "T1/UME".to_owned(),
                display_name: "Shop".to_owned(),
                credentials: json!({ "token": "xoxb-1", "signing_secret": SECRET, "user_id": "UME", "bot_id": "BME",
                    "api": base }),
                settings: json!({}),
            }
        }

        fn payload(&self, person: &str, text: &str, number: usize) -> Bytes {
            event(person, text, number).to_string().into()
        }

        fn sign(&self, url: &str, _: &str, payload: Bytes) -> WebhookRequest {
            signed(url, payload, jiff::Timestamp::now().as_second())
        }

        fn ghost(&self, person: &str) -> String {
            format!("slack_u-{person}")
        }

        fn can_be_asked(&self) -> bool {
            true
        }
    }

    webhook_conformance!(WebApi::default());
}

fn signed(url: &str, payload: Bytes, at: i64) -> WebhookRequest {
    let signature = verify::hmac_sha256(SECRET.as_bytes(), &[b"v0:", at.to_string().as_bytes(), b":", &payload]);
    let mut call = empty_call(url, payload);
    call.headers = vec![
        ("x-slack-request-timestamp".to_owned(), at.to_string()),
        ("x-slack-signature".to_owned(), format!("v0={}", verify::hex(&signature))),
    ];
    call
}

mod socket_mode {
    use super::*;

    /// Envelopes, by id; with whether they were acknowledged.
    #[derive(Default)]
    pub struct Envelopes(Mutex<BTreeMap<usize, (String, bool)>>);

    impl Peer for Envelopes {
        fn opened(&self, _: &str) -> Vec<String> {
            let hello = json!({ "type": "hello", "num_connections": 1 }).to_string();
            let envelopes = self.0.lock().unwrap();
            let open = envelopes.values().filter(|(_, taken)| !taken).map(|(envelope, _)| envelope.clone());
            [hello].into_iter().chain(open).collect()
        }

        fn heard(&self, text: &str) -> Vec<String> {
            let answer: Value = serde_json::from_str(text).unwrap();
            let number: usize = answer["envelope_id"].as_str().unwrap().parse().unwrap();
            self.0.lock().unwrap().get_mut(&number).unwrap().1 = true;
            Vec::new()
        }
    }

    pub struct Workspace {
        api: Arc<WebApi>,
        vendor: Vendor,
        envelopes: Arc<Envelopes>,
        pub sockets: SocketServer,
        number: AtomicUsize,
    }

    impl Workspace {
        pub fn start() -> Self {
            let api = Arc::new(WebApi::default());
            let envelopes = Arc::new(Envelopes::default());
            let sockets = SocketServer::start(Arc::clone(&envelopes));
            *api.socket.lock().unwrap() = format!("{}/link/?ticket=1", sockets.base());
            let vendor = Vendor::start(Arc::clone(&api));
            Self { api, vendor, envelopes, sockets, number: AtomicUsize::new(1) }
        }

        fn credentials(&self) -> Value {
            json!({ "token": "xoxb-1", "app_token": "xapp-1", "user_id": "UME", "bot_id": "BME", "api": self.vendor.base() })
        }

        fn give(&self, payload: &Value) {
            let number = self.number.fetch_add(1, Ordering::Relaxed);
            let kind = if payload["type"] == "block_actions" { "interactive" } else { "events_api" };
            let envelope = json!({ "type": kind, "envelope_id": number.to_string(), "accepts_response_payload": false,
                "payload": payload });
            self.envelopes.0.lock().unwrap().insert(number, (envelope.to_string(), false));
            self.sockets.say(&envelope.to_string());
        }
    }

    impl Network for Workspace {
        fn channel(&self) -> Arc<dyn Channel> {
            Arc::new(Slack)
        }

        fn is_real(&self) -> bool {
            true
        }

        async fn connect(&self, bench: &Bench) -> i64 {
            let account = NewAccount {
                remote_id: "T1/UME".to_owned(),
                display_name: "Shop".to_owned(),
                credentials: self.credentials(),
                settings: json!({}),
            };
            bench.engine.store_account(bench.owner.clone(), "slack".to_owned(), account).await.unwrap()
        }

        async fn write(&self, _: &Bench, person: &str, text: &str) {
            let number = self.number.load(Ordering::Relaxed);
            self.give(&event(person, text, number));
        }

        async fn repeat(&self, _: &Bench) {
            let envelopes: Vec<String> =
                self.envelopes.0.lock().unwrap().values().map(|(envelope, _)| envelope.clone()).collect();
            envelopes.iter().for_each(|envelope| self.sockets.say(envelope));
        }

        async fn taken(&self, person: &str) -> Vec<String> {
            self.vendor.taken(person)
        }

        fn ghost(&self, person: &str) -> String {
            format!("slack_u-{person}")
        }

        fn trouble(&self, person: &str, trouble: Trouble) -> bool {
            self.vendor.trouble(person, trouble);
            true
        }

        fn is_met(&self, person: &str) -> bool {
            self.vendor.is_met(person)
        }
    }

    unisono_testkit::conformance_tests!(Workspace::start());

    #[tokio::test]
    async fn a_choice_answers_the_message_it_was_made_in() {
        let workspace = Workspace::start();
        let host = TestHost::start();
        let session = Slack.connect(account(workspace.credentials()), host.clone()).unwrap();
        workspace.give(&json!({ "type": "block_actions", "user": { "id": "u-anna", "username": "anna" },
            "container": { "type": "message", "message_ts": "1.0", "channel_id": "D-anna" },
            "channel": { "id": "D-anna" }, "actions": [{ "action_id": "choice-0", "type": "button", "value": "y",
                "text": { "type": "plain_text", "text": "Yes" }, "action_ts": "1795435201.5" }] }));
        let events = tokio::select! {
            ended = session.run() => panic!("{ended:?}"),
            events = host.wait_for(1) => events,
        };
        let InboundBody::Message { parts, reply_to } = &events[0].body else { panic!("{events:?}") };
        assert_eq!((parts[0].text.as_str(), reply_to.as_ref().unwrap().as_str()), ("Yes", "D-anna:1.0"));
        assert_eq!(parts[0].extra["org.unisono.choice"], json!({ "id": "y", "label": "Yes" }));
    }

    #[tokio::test]
    async fn a_refresh_is_followed_without_a_gap() {
        let workspace = Workspace::start();
        let host = TestHost::start();
        let session = Slack.connect(account(workspace.credentials()), host.clone()).unwrap();
        let story = async {
            workspace.give(&event("anna", "one", 1));
            host.wait_for(1).await;
            workspace.sockets.say(&json!({ "type": "disconnect", "reason": "refresh_requested" }).to_string());
            workspace.give(&event("anna", "two", 2));
            host.wait_for(2).await
        };
        tokio::select! {
            ended = session.run() => panic!("{ended:?}"),
            events = story => assert!(events.len() >= 2),
        }
        let opened = workspace.vendor.asked().iter().filter(|asked| asked.path == "/apps.connections.open").count();
        assert!(opened >= 2);
        drop(workspace.api);
    }
}

async fn serve(session: &dyn Session, call: &WebhookRequest) -> Option<(u16, Bytes)> {
    let served = session.serve(call).await?;
    match served.body {
        ServedBody::Bytes(bytes) => Some((served.status, bytes)),
        ServedBody::Stream(_) => None,
    }
}

#[tokio::test]
async fn an_old_call_is_refused_and_a_new_address_confirmed() {
    let vendor = Vendor::start(Arc::new(WebApi::default()));
    let host = TestHost::start();
    let session = Slack.connect(account(WebApi::default().account(&vendor.base()).credentials), host.clone()).unwrap();
    let payload = Bytes::from(json!({ "type": "url_verification", "challenge": "3eZbrw1aB" }).to_string());
    let fresh = signed("https://u.example", payload.clone(), NOW / 1_000);
    assert_eq!(serve(&*session, &fresh).await, Some((200, Bytes::from("3eZbrw1aB"))));
    let old = signed("https://u.example", payload.clone(), NOW / 1_000 - 301);
    assert_eq!(serve(&*session, &old).await.map(|(status, _)| status), Some(403));
    let mut forged = signed("https://u.example", payload, NOW / 1_000);
    forged.headers[1].1 = "v0=00".to_owned();
    assert!(serve(&*session, &forged).await.is_none(), "left to the channel, which refuses it");
}

fn outbound(body: OutboundBody) -> Outbound {
    Outbound {
        portal: PortalKey::private(unisono_domain::channel::AccountId(1), "C1"),
        txn: "$event".to_owned(),
        sent_at: NOW,
        sender_name: None,
        subject: None,
        body,
        last: None,
        last_received: None,
    }
}

fn message(part: Part) -> OutboundBody {
    OutboundBody::Message { parts: vec![part], reply_to: None }
}

fn target() -> MessageRef {
    MessageRef { id: RemoteId::new("C1:1795435200.000100"), data: json!({}) }
}

/// Each kind of outbound as the published description has it. It lacks the newer upload of files.
#[tokio::test]
async fn the_published_description_takes_what_we_send() {
    let Some(prism) = Prism::start("slack/slack_web_openapi_v2.trimmed.json") else { return };
    let http = unisono_channels::net::Http::new(TestHost::start().guard().clone(), std::time::Duration::from_secs(30));
    let http = http.unwrap();
    let recorder = Vendor::start(Arc::new(Recorder));
    let host = TestHost::start();
    let credentials = json!({ "token": "xoxb-1", "user_id": "UME", "bot_id": "BME", "api": recorder.base() });
    let session = Slack.connect(account(credentials), host.clone()).unwrap();
    let formatted = Part { html: Some("<b>bold</b>".to_owned()), ..Part::text("0", "bold") };
    let card = Part { kind: PartKind::Card, ..Part::text("0", "Lunch?") }
        .with("org.unisono.card", json!({ "text": "Lunch?", "buttons": [{ "id": "y", "label": "Yes" }] }));
    let reply = OutboundBody::Message { parts: vec![Part::text("0", "yes")], reply_to: Some(target()) };
    let bodies = [
        message(Part::text("0", "plain")),
        message(formatted),
        message(card),
        reply,
        OutboundBody::Edit { target: target(), parts: vec![Part::text("0", "new")] },
        OutboundBody::Delete { target: target() },
        OutboundBody::Reaction { target: target(), key: "👍".to_owned() },
        OutboundBody::ReactionRemove { target: target(), key: "👍".to_owned() },
    ];
    for body in bodies {
        let what = format!("{body:?}");
        let sent = session.send(outbound(body)).await;
        assert!(matches!(sent, SendOutcome::Sent { .. }), "{what}: {sent:?}");
    }
    let found = session.find_sent(&outbound(message(Part::text("0", "plain")))).await.unwrap();
    assert!(matches!(found, FindSent::NotSent));
    let portal = PortalKey::private(unisono_domain::channel::AccountId(1), "C1");
    session.chat_info(&portal).await.unwrap();
    session.fetch_history(&portal, 20).await.unwrap();
    session.resolve_identifier("anna@example.org").await.unwrap();
    // The description wants the token as a header or in the query of its own, which Slack does not.
    for asked in recorder.asked() {
        let url = format!("{}{}?{}", prism.base(), asked.path, asked.query);
        let method = asked.method.parse().unwrap();
        let mut url: url::Url = url.parse().unwrap();
        if asked.method == "GET" {
            url.query_pairs_mut().append_pair("token", "xoxb-1");
        }
        let mut request = http.request(method, &url).header("token", "xoxb-1");
        request = request.header("authorization", asked.headers.get("authorization").unwrap());
        // It was written before Slack took JSON, whose fields are those of the form.
        if let Value::Object(fields) = asked.json() {
            let fields = fields.into_iter().map(|(key, value)| {
                let value = value.as_str().map_or_else(|| value.to_string(), ToOwned::to_owned);
                (key, value)
            });
            request = request.form(&fields.collect::<Vec<_>>());
        }
        let (status, _, body) = http.exchange(request, 10_000_000).await.unwrap();
        // Some of the vendor's own examples of answers break the description; only our side is judged.
        let judged: Value = serde_json::from_slice(&body).unwrap_or_default();
        let theirs = |fault: &Value| fault["location"][0] == "response";
        let is_theirs = judged["validation"].as_array().is_some_and(|faults| faults.iter().all(theirs));
        let words = String::from_utf8_lossy(&body);
        assert!(status.is_success() || is_theirs, "{} {}: {status} {words}", asked.path, asked.query);
    }
}

/// Says yes to everything.
struct Recorder;

impl Script for Recorder {
    fn message(&self, _: &Asked) -> Option<(String, String)> {
        None
    }

    fn taken(&self, _: &Asked, _: usize) -> Told {
        Told::json(&Value::Null)
    }

    fn other(&self, asked: &Asked) -> Told {
        let base = asked.headers["host"].to_str().unwrap();
        let url = format!("http://{base}/upload");
        let file = json!({ "id": "F1", "shares": { "private": { "C1": [{ "ts": "1795435300.0001" }] } } });
        Told::json(&json!({ "ok": true, "ts": "1795435200.000100", "channel": if asked.path.contains("conversations") {
            json!({ "id": "D1", "name": "general" }) } else { json!("C1") }, "messages": [],
            "user": { "id": "U1", "real_name": "Anna" }, "upload_url": url, "file_id": "F1", "files": [file] }))
    }
}

#[tokio::test]
async fn a_file_goes_out_in_three_steps() {
    let vendor = Vendor::start(Arc::new(Recorder));
    let host = TestHost::start();
    let credentials = json!({ "token": "xoxb-1", "user_id": "UME", "api": vendor.base() });
    let session = Slack.connect(account(credentials), host.clone()).unwrap();
    let media = Media::bytes(&b"bytes of a picture"[..], "cat.png", "image/png");
    let part = Part::media("0", PartKind::Image, media, "my *cat*");
    let sent = session.send(outbound(message(part))).await;
    assert!(matches!(&sent, SendOutcome::Sent { id, .. } if id.as_str() == "C1:1795435300.0001"), "{sent:?}");
    let asked = vendor.asked();
    let paths: Vec<&str> = asked.iter().map(|asked| asked.path.as_str()).collect();
    assert_eq!(paths, ["/files.getUploadURLExternal", "/upload", "/files.completeUploadExternal"]);
    assert_eq!(asked[0].form("length").as_deref(), Some("18"));
    assert_eq!(asked[1].body, "bytes of a picture");
    assert!(!asked[1].headers.contains_key("authorization"), "the place for the file is not told the token");
    assert_eq!(asked[2].json()["initial_comment"], "my \u{2060}*cat*");
}

/// The vendor's examples have their values blanked; they are filled with telling ones first.
#[test]
fn published_events_are_understood() {
    let Some(path) = spec("slack/events-samples.json") else { return };
    let samples: BTreeMap<String, Value> = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    let mut account = account(WebApi::default().account("http://127.0.0.1:1").credentials);
    account.id = unisono_domain::channel::AccountId(1);
    let mut converted: BTreeMap<String, Vec<Inbound>> = BTreeMap::new();
    for (name, mut sample) in samples {
        fill("", &mut sample);
        let call = signed("https://u.example", Bytes::from(sample.to_string()), 1);
        let events = Slack.webhook(&call, &account).unwrap().events;
        if !events.is_empty() {
            converted.insert(name, events);
        }
    }
    insta::assert_json_snapshot!(converted);
}

fn fill(key: &str, value: &mut Value) {
    match value {
        Value::Object(map) => map.iter_mut().for_each(|(key, value)| fill(key, value)),
        Value::Array(list) => {
            // One element of each says enough; blocks have thirty.
            list.truncate(if key == "blocks" || key == "elements" { 2 } else { 1 });
            list.iter_mut().for_each(|value| fill(key, value));
        }
        Value::String(text) if text.is_empty() || text.starts_with("0000000000") => {
            let filled = match key {
                "ts" | "event_ts" => "1795435200.000100",
                "thread_ts" | "deleted_ts" => "1795435100.000100",
                "user" | "user_id" => "U1",
                "channel" | "channel_id" => "C1",
                "text" => "a *text* & more",
                "bot_id" => "B1",
                "username" => "CI",
                "reaction" => "tada",
                "url_private" | "url_private_download" => "https://files.slack.com/f/1",
                "mimetype" => "image/png",
                "name" => "name",
                _ => return,
            };
            filled.clone_into(text);
        }
        _ => {}
    }
}
