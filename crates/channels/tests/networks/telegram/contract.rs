//! Every call that leaves us against the description of the Bot API, by way of a real session.

use std::sync::Arc;

use serde_json::{Value, json};
use unisono_channels::telegram::Telegram;
use unisono_domain::channel::{
    AccountState, Channel as _, Host, InboundBody, Media, MediaSource, MessageRef, Outbound, OutboundBody, Part,
    PartKind, PortalKey, RemoteId, RemoteUserId, SendOutcome, Session,
};
use unisono_testkit::{
    prism::Prism,
    test_host::{self, NOW, TestHost},
    vendor::{Asked, Script, Told, Vendor},
};

use super::TOKEN;

fn connect(base: &str, settings: Value, host: &Arc<TestHost>) -> Arc<dyn Session> {
    let mut account = test_host::account(json!({ "token": TOKEN, "api": base }));
    account.remote_id = "110201543".to_owned();
    account.settings = settings;
    Telegram.connect(account, Arc::clone(host) as Arc<dyn Host>).expect("a session")
}

fn outbound(body: OutboundBody) -> Outbound {
    Outbound {
        portal: PortalKey::private(unisono_domain::channel::AccountId(1), "42"),
        txn: "$event".to_owned(),
        sent_at: NOW,
        sender_name: None,
        subject: None,
        body,
        last: None,
        last_received: Some(target(json!({ "thread": 3 }))),
    }
}

fn target(data: Value) -> MessageRef {
    MessageRef { id: RemoteId::new("42/7"), data }
}

fn message(part: Part, reply_to: Option<MessageRef>) -> OutboundBody {
    OutboundBody::Message { parts: vec![part], reply_to }
}

fn file(kind: PartKind, name: &str, mime: &str, caption: &str) -> Part {
    Part::media("0", kind, Media::bytes(b"bytes".to_vec(), name, mime), caption)
}

/// Everything that can go out.
fn everything() -> Vec<OutboundBody> {
    let formatted = Part { html: Some("<b>bold</b> &lt;3".to_owned()), ..Part::text("0", "bold <3") };
    let card = json!({ "text": "Lunch?", "buttons": [{ "id": "y", "label": "Yes" }, { "id": "u", "label": "Menu",
        "url": "https://example.org" }] });
    let mut keys = card.clone();
    keys["keyboard"] = "reply".into();
    let carded = |card| Part { kind: PartKind::Card, ..Part::text("0", "Lunch?") }.with("org.unisono.card", card);
    let vcard = "BEGIN:VCARD\nFN:Anna Muster\nTEL:+491701234567\nEND:VCARD\n".to_owned();
    vec![
        message(Part::text("0", "plain <text> & more"), None),
        message(formatted.clone(), None),
        message(Part::text("0", "an answer"), Some(target(Value::Null))),
        message(file(PartKind::Image, "a.jpg", "image/jpeg", "a picture"), None),
        message(file(PartKind::Image, "a.gif", "image/gif", ""), None),
        message(file(PartKind::Image, "a.svg", "image/svg+xml", ""), None),
        message(file(PartKind::Voice, "v.ogg", "audio/ogg", ""), None),
        message(file(PartKind::Audio, "v.mp3", "audio/mpeg", ""), None),
        message(file(PartKind::Video, "v.mp4", "video/mp4", "a film"), None),
        // Prism does not read JSON in a form with files, so that no file answers a message here.
        message(file(PartKind::File, "Größe.pdf", "application/pdf", ""), None),
        message(Part::location("0", 52.5, 13.4, None), None),
        message(Part::location("0", 52.5, 13.4, Some("Café\nMain street 1")), None),
        message(Part::contact("0", "Anna", vcard), None),
        message(carded(card), None),
        message(carded(keys), None),
        OutboundBody::Edit { target: target(Value::Null), parts: vec![formatted] },
        OutboundBody::Edit { target: target(json!({ "media": true })), parts: vec![Part::text("0", "caption")] },
        OutboundBody::Delete { target: target(Value::Null) },
        OutboundBody::Reaction { target: target(Value::Null), key: "❤️".to_owned() },
        OutboundBody::ReactionRemove { target: target(Value::Null), key: "❤️".to_owned() },
        OutboundBody::Typing { typing: true },
        OutboundBody::Typing { typing: false },
    ]
}

fn on_runtime<T>(story: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(story)
}

#[test]
fn telegram_takes_everything_that_goes_out() {
    let Some(prism) = Prism::start("telegram/openapi.generated.json") else { return };
    on_runtime(async {
        let host = TestHost::start();
        let session = connect(&prism.base(), json!({}), &host);
        let mut bodies: Vec<Outbound> = everything().into_iter().map(outbound).collect();
        // The same in the account of somebody who has connected the bot to it.
        bodies.extend(everything().into_iter().map(|body| Outbound {
            portal: PortalKey::private(unisono_domain::channel::AccountId(1), "42@connection"),
            ..outbound(body)
        }));
        for outbound in bodies {
            let told = format!("{:?}", outbound.body);
            let outcome = session.send(outbound).await;
            assert!(matches!(outcome, SendOutcome::Sent { .. }), "{told}: {outcome:?}");
        }
        // What a description says of answers is made up, so that only the requests are proven here.
        let portal = PortalKey::private(unisono_domain::channel::AccountId(1), "42");
        session.chat_info(&portal).await.expect("a chat");
        session.logout().await.expect("the webhook is gone");
    });
}

#[test]
fn telegram_takes_how_we_ask_for_updates() {
    let Some(prism) = Prism::start("telegram/openapi.generated.json") else { return };
    on_runtime(async {
        for settings in [json!({ "receive": "poll" }), json!({ "receive": "webhook" })] {
            let polls = settings["receive"] == "poll";
            let host = TestHost::start();
            let session = connect(&prism.base(), settings, &host);
            let ended = tokio::select! {
                ended = session.run() => Some(ended),
                _ = host.wait_for(1), if polls => None,
            };
            if polls {
                assert!(ended.is_none(), "the session ended: {ended:?}");
                assert!(host.reports().contains(&AccountState::Connected));
                assert!(matches!(host.events()[0].body, InboundBody::Message { .. }));
            } else {
                // It took our address, and then names the one of its example.
                let told = format!("{ended:?}");
                assert!(told.contains("its own address"), "{told}");
            }
        }
    });
}

/// Refuses as Telegram does, each kind once, and then takes it.
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
        let refuse = |words: &str, parameters: Value| {
            Told::status(
                400,
                &json!({ "ok": false, "error_code": 400, "description": words, "parameters": parameters }),
            )
        };
        let call = asked.json();
        let method = asked.path.rsplit('/').next().unwrap_or_default();
        match method {
            "sendMessage" if call["chat_id"] == 42 => refuse(
                "Bad Request: group chat was upgraded to a supergroup chat",
                json!({ "migrate_to_chat_id": -1001 }),
            ),
            "sendMessage" if call["parse_mode"] == "HTML" => {
                refuse("Bad Request: can't parse entities: Unsupported start tag", json!({}))
            }
            "sendPhoto" => refuse("Bad Request: PHOTO_INVALID_DIMENSIONS", json!({})),
            "editMessageText" => refuse("Bad Request: message is not modified", json!({})),
            "deleteMessage" => refuse("Bad Request: message to delete not found", json!({})),
            "setMessageReaction" => refuse("Bad Request: REACTION_INVALID", json!({})),
            "getUpdates" => Told::status(
                409,
                &json!({ "ok": false, "error_code": 409, "description": "Conflict: terminated by other getUpdates request" }),
            ),
            "sendDocument" | "sendMessage" => {
                Told::json(&json!({ "ok": true, "result": { "message_id": 8, "date": 1_795_435_300 } }))
            }
            _ => Told::json(&json!({ "ok": true, "result": true })),
        }
    }
}

#[test]
fn what_telegram_refuses_is_tried_as_it_wants_it() {
    let vendor = Vendor::start(Arc::new(Fussy));
    on_runtime(async {
        let host = TestHost::start();
        let session = connect(&vendor.base(), json!({ "receive": "poll" }), &host);
        let send = async |body| session.send(outbound(body)).await;
        let sent = |outcome: &SendOutcome| match outcome {
            SendOutcome::Sent { id, .. } => id.to_string(),
            other => format!("{other:?}"),
        };
        let formatted = Part { html: Some("<b>bold</b>".to_owned()), ..Part::text("0", "bold") };
        // In the supergroup, and without formatting.
        assert_eq!(sent(&send(message(formatted.clone(), None)).await), "-1001/8");
        let last = vendor.asked().last().unwrap().json();
        assert_eq!((last["text"].as_str(), last.get("parse_mode")), (Some("bold"), None));
        // A picture of odd shape goes as a file.
        assert_eq!(sent(&send(message(file(PartKind::Image, "a.png", "image/png", ""), None)).await), "42/8");
        // What is so already is fine.
        let edit = OutboundBody::Edit { target: target(Value::Null), parts: vec![Part::text("0", "same")] };
        assert!(matches!(send(edit).await, SendOutcome::Sent { .. }));
        assert!(matches!(send(OutboundBody::Delete { target: target(Value::Null) }).await, SendOutcome::Sent { .. }));
        let odd = OutboundBody::Reaction { target: target(Value::Null), key: "🦑".to_owned() };
        assert!(matches!(send(odd).await, SendOutcome::Rejected { reason } if reason.de.contains("Emoji")));
        // Two programs that fetch: explained.
        let ended = session.run().await.expect_err("a conflict");
        assert!(ended.to_string().contains("Another program"), "{ended}");
    });
}

/// A bot that was silent for a week starts to count anew: an old offset would throw updates away.
#[test]
fn an_old_offset_is_not_asked_for() {
    for (age_in_days, expected) in [(1, Some(78)), (8, None)] {
        let server = Arc::new(super::Server::default());
        let vendor = Vendor::start(Arc::clone(&server));
        on_runtime(async {
            let host = TestHost::start();
            host.set_cursor(json!({ "offset": 78, "at": NOW - age_in_days * 86_400_000 }));
            server.put("anna", "hello");
            let session = connect(&vendor.base(), json!({ "receive": "poll" }), &host);
            tokio::select! {
                ended = session.run() => panic!("the session ended: {ended:?}"),
                events = host.wait_for(1) => assert_eq!(events.len(), 1),
            }
            let first = vendor.asked().into_iter().find(|asked| asked.path.ends_with("/getUpdates")).unwrap();
            assert_eq!(first.json()["offset"].as_i64(), expected);
            assert_eq!(host.cursor().await.unwrap().unwrap()["offset"], 900_002);
        });
    }
}

/// Files: by way of `getFile`, never by a path that leads elsewhere.
#[test]
fn a_file_is_fetched_by_its_path() {
    struct Files;
    impl Script for Files {
        fn message(&self, _: &Asked) -> Option<(String, String)> {
            None
        }
        fn taken(&self, _: &Asked, _: usize) -> Told {
            Told::json(&Value::Null)
        }
        fn other(&self, asked: &Asked) -> Told {
            let id = asked.json()["file_id"].as_str().unwrap_or_default().to_owned();
            if asked.path == format!("/file/bot{TOKEN}/photos/f.jpg") {
                return Told::file("image/jpeg", b"JPEG".to_vec());
            }
            if asked.path.ends_with("/getChat") {
                return Told::json(&json!({ "ok": true, "result": { "id": 42, "photo": { "big_file_id": "good" } } }));
            }
            let path = if id == "good" { "photos/f.jpg" } else { "../getMe" };
            Told::json(&json!({ "ok": true, "result": { "file_id": id, "file_path": path } }))
        }
    }
    let vendor = Vendor::start(Arc::new(Files));
    on_runtime(async {
        let session = connect(&vendor.base(), json!({}), &TestHost::start());
        assert_eq!(session.download("good").await.unwrap(), "JPEG");
        assert!(session.download("bad").await.is_err());
        let info = session.user_info(&RemoteUserId::new("42")).await.unwrap();
        let picture = info.avatar.expect("a picture");
        assert!(matches!(picture.source, MediaSource::Lazy(id) if id == "good"));
    });
}
