//! Every call that leaves us against LINE's description, by way of a real session.

use std::sync::Arc;

use serde_json::{Value, json};
use unisono_channels::line::Line;
use unisono_domain::channel::{
    AccountId, AccountState, Channel as _, FindSent, Host, Media, MediaSource, MessageRef, Outbound, OutboundBody,
    Part, PartKind, PortalKey, RemoteId, RemoteUserId, Said, SendOutcome, Served, ServedBody, Session, WebhookRequest,
    login::{LoginContext, LoginInput, LoginStep},
};
use unisono_testkit::{
    prism::Prism,
    test_host::{self, NOW, TestHost},
    vendor::{Asked, Script, Told, Vendor},
    webhook_network::empty_call,
};

use super::SECRET;

const USER: &str = "U206d25c2ea6bd87c17655609a1c37cb8";
const GROUP: &str = "Ca56f94637c4d6c1d1d7f1b2e2c5a1e5b";

fn connect(base: &str, settings: Value, host: &Arc<TestHost>) -> Arc<dyn Session> {
    let mut account = test_host::account(json!({ "token": "token", "secret": SECRET, "api": base }));
    account.settings = settings;
    Line.connect(account, Arc::clone(host) as Arc<dyn Host>).expect("a session")
}

fn received() -> MessageRef {
    let data = json!({ "reply": "nHuyWiB7yP5Zw52FIkcQobQuGDXCTA", "at": NOW - 5_000, "quote": "q3Plxr4AgKd", "read": "nz0x74mZT2" });
    MessageRef { id: RemoteId::new("444573844083572737"), data }
}

fn outbound(chat: &str, body: OutboundBody) -> Outbound {
    Outbound {
        portal: PortalKey::private(AccountId(1), chat),
        txn: "$event".to_owned(),
        sent_at: NOW,
        sender_name: Some("Anna with a very long name".to_owned()),
        subject: None,
        body,
        last: None,
        last_received: Some(received()),
    }
}

fn message(part: Part, reply_to: Option<MessageRef>) -> OutboundBody {
    OutboundBody::Message { parts: vec![part], reply_to }
}

fn file(kind: PartKind, name: &str, mime: &str) -> Part {
    Part::media("0", kind, Media::bytes(b"bytes".to_vec(), name, mime), "")
}

fn card(buttons: usize) -> Part {
    let button = |number| json!({ "id": format!("b{number}"), "label": format!("A long label, number {number}") });
    let mut buttons: Vec<Value> = (1..buttons).map(button).collect();
    buttons.push(json!({ "id": "u", "label": "Menu", "url": "https://example.org" }));
    let card = json!({ "text": "Lunch?", "buttons": buttons });
    Part { kind: PartKind::Card, ..Part::text("0", "Lunch?") }.with("org.unisono.card", card)
}

fn on_runtime<T>(story: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(story)
}

#[test]
fn line_takes_everything_that_goes_out() {
    let Some(prism) = Prism::start("line/messaging-api.yml") else { return };
    on_runtime(async {
        let host = TestHost::start();
        let bodies = || {
            [
                message(Part::text("0", "plain <text>"), None),
                message(Part::text("0", "an answer"), Some(received())),
                message(file(PartKind::Image, "a.jpg", "image/jpeg"), None),
                message(file(PartKind::Voice, "v.m4a", "audio/mp4"), None),
                message(file(PartKind::Video, "v.mp4", "video/mp4"), None),
                message(file(PartKind::File, "Größe.pdf", "application/pdf"), None),
                message(Part::location("0", 52.5, 13.4, None), None),
                message(Part::location("0", 52.5, 13.4, Some("Café\nMain street 1")), None),
                message(card(3), None),
                message(card(9), None),
                message(card(20), None),
                OutboundBody::Read { up_to: received() },
                OutboundBody::Typing { typing: true },
                OutboundBody::Typing { typing: false },
            ]
        };
        for settings in [json!({ "replies": "safe" }), json!({ "replies": "free" })] {
            let session = connect(&prism.base(), settings, &host);
            for (chat, body) in bodies().into_iter().map(|body| (USER, body)).chain(bodies().map(|body| (GROUP, body)))
            {
                let told = format!("{body:?}");
                let outcome = session.send(outbound(chat, body)).await;
                assert!(matches!(outcome, SendOutcome::Sent { .. }), "{told}: {outcome:?}");
            }
        }
        let session = connect(&prism.base(), json!({}), &host);
        session.user_info(&RemoteUserId::new(USER)).await.expect("a profile");
        session.chat_info(&PortalKey::private(AccountId(1), GROUP)).await.expect("a group");
        session.download("444573844083572737").await.expect("a file");
        // The webhook's address is set and looked at.
        let run = tokio::time::timeout(std::time::Duration::from_millis(3_000), session.run()).await;
        assert!(run.is_err(), "the session ended: {run:?}");
        assert!(!host.reports().is_empty());
    });
}

/// Each call tells what it wants by itself.
#[derive(Default)]
struct Fussy;

impl Script for Fussy {
    fn message(&self, _: &Asked) -> Option<(String, String)> {
        None
    }

    fn taken(&self, _: &Asked, _: usize) -> Told {
        Told::json(&Value::Null)
    }

    fn other(&self, asked: &Asked) -> Told {
        let sent = json!({ "sentMessages": [{ "id": "461230966842064897", "quoteToken": "IStG5h1Tz7b" }] });
        let text = asked.json()["messages"][0]["text"].as_str().unwrap_or_default().to_owned();
        match (asked.path.as_str(), text.as_str()) {
            ("/v2/bot/message/push", "again") => {
                let mut body = sent;
                body["message"] = "The retry key is already accepted".into();
                Told::status(409, &body)
            }
            ("/v2/bot/message/push", "too much") => {
                Told::status(429, &json!({ "message": "You have reached your monthly limit." }))
            }
            ("/v2/bot/message/push", _) => Told::json(&sent),
            ("/v2/bot/message/reply", "late") => Told::status(400, &json!({ "message": "Invalid reply token" })),
            ("/v2/bot/message/reply", _) => Told::json(&json!({ "sentMessages": [{ "id": "free" }] })),
            ("/v2/bot/message/77/content", _) => Told::status(202, &Value::Null),
            ("/v2/bot/channel/webhook/endpoint", _) if asked.method == "GET" => {
                Told::json(&json!({ "endpoint": "x", "active": false }))
            }
            _ => Told::json(&json!({})),
        }
    }
}

#[test]
fn a_repetition_is_known_and_a_used_up_plan_is_told() {
    let vendor = Vendor::start(Arc::new(Fussy));
    on_runtime(async {
        let host = TestHost::start();
        let session = connect(&vendor.base(), json!({}), &host);
        let say = |text: &str| outbound(USER, message(Part::text("0", text), None));
        let outcome = session.send(say("again")).await;
        assert!(matches!(&outcome, SendOutcome::Sent { id, .. } if id.as_str() == "461230966842064897"), "{outcome:?}");
        let outcome = session.send(say("too much")).await;
        assert!(matches!(&outcome, SendOutcome::Rejected { reason } if reason.en.contains("used up")), "{outcome:?}");
        let keys: Vec<_> = vendor.asked().iter().map(|asked| asked.headers["x-line-retry-key"].clone()).collect();
        assert_eq!(keys[0], keys[1], "the key is the message's own");
        let key = keys[0].to_str().unwrap();
        assert!(key.len() == 36 && key.as_bytes()[14] == b'8', "{key}");
        // A message in doubt may be sent again, while LINE remembers the key.
        assert!(matches!(session.find_sent(&say("x")).await, Ok(FindSent::NotSent)));
        host.set_now(NOW + 24 * 3_600_000);
        assert!(matches!(session.find_sent(&say("x")).await, Ok(FindSent::CannotTell)));
        assert!(session.download("77").await.is_err(), "a film that is still being prepared");
    });
}

#[test]
fn a_free_answer_is_tried_first_where_it_is_wanted() {
    let vendor = Vendor::start(Arc::new(Fussy));
    on_runtime(async {
        let session = connect(&vendor.base(), json!({ "replies": "free" }), &TestHost::start());
        let say = |text: &str| outbound(USER, message(Part::text("0", text), None));
        let outcome = session.send(say("quick")).await;
        assert!(matches!(&outcome, SendOutcome::Sent { id, .. } if id.as_str() == "free"), "{outcome:?}");
        // Its token cannot be asked about.
        assert!(matches!(session.find_sent(&say("quick")).await, Ok(FindSent::CannotTell)));
        let outcome = session.send(say("late")).await;
        assert!(matches!(&outcome, SendOutcome::Sent { id, .. } if id.as_str() == "461230966842064897"), "{outcome:?}");
        let slow = Outbound { sent_at: NOW + 60_000, ..say("slow") };
        session.send(slow).await;
        let paths: Vec<String> = vendor.asked().iter().map(|asked| asked.path.clone()).collect();
        let (reply, push) = ("/v2/bot/message/reply".to_owned(), "/v2/bot/message/push".to_owned());
        assert_eq!(paths, [reply.clone(), reply, push.clone(), push]);
    });
}

#[test]
fn a_webhook_that_is_off_is_told() {
    let vendor = Vendor::start(Arc::new(Fussy));
    on_runtime(async {
        let host = TestHost::start();
        let session = connect(&vendor.base(), json!({}), &host);
        let told = async {
            while host.reports().is_empty() {
                tokio::task::yield_now().await;
            }
        };
        tokio::select! {
            ended = session.run() => panic!("the session ended: {ended:?}"),
            () = told => {}
        }
        assert!(
            matches!(&host.reports()[0], AccountState::Trouble { reason, .. } if reason.en.contains("Use webhook"))
        );
        let set = vendor.asked().into_iter().find(|asked| asked.method == "PUT").unwrap().json();
        assert_eq!(set["endpoint"], "https://unisono.example/_unisono/hooks/0123456789abcdef");
    });
}

/// LINE fetches files from us: by a signed address, and only what lies in that conversation.
#[test]
fn files_are_handed_out_by_signed_addresses_only() {
    let vendor = Vendor::start(Arc::new(Fussy));
    on_runtime(async {
        let host = TestHost::start();
        let content = json!({ "url": "mxc://s/film", "info": { "mimetype": "video/mp4", "duration": 4_000,
            "thumbnail_url": "mxc://s/small", "thumbnail_info": { "mimetype": "image/jpeg" } } });
        let said = Said {
            event_id: "$event".to_owned(),
            position: 1,
            id: None,
            mine: true,
            sender_name: None,
            at: NOW,
            content,
        };
        host.put_said("$event", said);
        host.put_media("mxc://s/film", b"FILM");
        host.put_media("mxc://s/small", b"SMALL");
        let session = connect(&vendor.base(), json!({}), &host);
        session.send(outbound(USER, message(file(PartKind::Video, "v.mp4", "video/mp4"), None))).await;
        let sent = vendor.asked().last().unwrap().json()["messages"][0].clone();
        let fetch = async |url: &str| {
            let path =
                url.strip_prefix("https://unisono.example/_unisono/hooks/0123456789abcdef/").expect("our address");
            let call =
                WebhookRequest { method: "GET".into(), path: path.into(), ..empty_call(url, bytes::Bytes::new()) };
            session.serve(&call).await.map(shown)
        };
        let (whole, preview) =
            (sent["originalContentUrl"].as_str().unwrap(), sent["previewImageUrl"].as_str().unwrap());
        assert_eq!(fetch(whole).await.unwrap(), (200, "video/mp4".to_owned(), b"FILM".to_vec()));
        assert_eq!(fetch(preview).await.unwrap(), (200, "image/jpeg".to_owned(), b"SMALL".to_vec()));
        // Another event, another view, another signature: nothing.
        assert_eq!(fetch(&whole.replace("/whole/", "/preview/")).await.unwrap().0, 404);
        let last = if whole.ends_with('0') { "1" } else { "0" };
        assert_eq!(fetch(&format!("{}{last}", &whole[..whole.len() - 1])).await.unwrap().0, 404);
        assert_eq!(fetch("https://unisono.example/_unisono/hooks/0123456789abcdef/file/whole/x").await.unwrap().0, 404);
        assert!(fetch("https://unisono.example/_unisono/hooks/0123456789abcdef/other").await.is_none());
        // Sound tells its length, and a film without a picture gets one.
        session.send(outbound(USER, message(file(PartKind::Voice, "v.m4a", "audio/mp4"), None))).await;
        assert_eq!(vendor.asked().last().unwrap().json()["messages"][0]["duration"], 4_000);
    });
}

fn shown(served: Served) -> (u16, String, Vec<u8>) {
    let kind = served.headers.iter().find(|(name, _)| name == "content-type");
    let kind = kind.map(|(_, value)| value.clone()).unwrap_or_default();
    match served.body {
        ServedBody::Bytes(bytes) => (served.status, kind, bytes.to_vec()),
        ServedBody::Stream(_) => panic!("a file is no stream"),
    }
}

#[test]
fn signing_in_asks_who_the_account_is() {
    let vendor = Vendor::start(Arc::new(super::Server));
    on_runtime(async {
        let context = LoginContext { guard: TestHost::start().guard().clone(), now: NOW, public_url: None };
        let fields = [("token", "token".to_owned()), ("secret", SECRET.to_owned()), ("api", vendor.base())];
        let fields = fields.map(|(key, value)| (key.to_owned(), value)).into();
        let reply = Line.login(None, LoginInput::Submit(fields), &context).await.unwrap();
        let LoginStep::Done(account) = reply.step else { panic!("{:?}", reply.step) };
        assert_eq!((account.remote_id.as_str(), &account.credentials["secret"]), ("Ubot", &json!(SECRET)));
        assert_eq!(vendor.asked()[0].headers["authorization"], "Bearer token");
    });
}

/// A member of a group is asked for in the group where they spoke.
#[test]
fn members_of_groups_get_their_names() {
    struct Names;
    impl Script for Names {
        fn message(&self, _: &Asked) -> Option<(String, String)> {
            None
        }
        fn taken(&self, _: &Asked, _: usize) -> Told {
            Told::json(&Value::Null)
        }
        fn other(&self, asked: &Asked) -> Told {
            if asked.path == format!("/v2/bot/group/{GROUP}/member/{USER}") {
                return Told::json(&json!({ "displayName": "Anna", "pictureUrl": "https://profile.example/a" }));
            }
            Told::status(404, &json!({ "message": "Not found" }))
        }
    }
    let vendor = Vendor::start(Arc::new(Names));
    on_runtime(async {
        let session = connect(&vendor.base(), json!({}), &TestHost::start());
        assert!(session.user_info(&RemoteUserId::new(USER)).await.is_err());
        let payload = json!({ "events": [{ "source": { "type": "group", "groupId": GROUP, "userId": USER } }] });
        let call =
            super::WebhookVendor::sign(&super::Server, "https://unisono.example/", "", payload.to_string().into());
        assert!(session.serve(&call).await.is_none(), "the call goes on to the channel");
        let info = session.user_info(&RemoteUserId::new(USER)).await.unwrap();
        assert_eq!(info.name.as_deref(), Some("Anna"));
        assert!(matches!(info.avatar.unwrap().source, MediaSource::Lazy(url) if url.starts_with("https://")));
    });
}
