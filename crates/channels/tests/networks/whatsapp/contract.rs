//! Every kind of message against Meta's published description, by Prism.

use std::sync::Arc;

use serde_json::{Value, json};
use unisono_channels::whatsapp::WhatsApp;
use unisono_domain::channel::{
    AccountId, Channel, Media, MessageRef, Outbound, OutboundBody, Part, PartKind, PortalKey, RemoteId, SendOutcome,
    Session,
    login::{LoginContext, LoginInput, LoginStep},
};
use unisono_testkit::{
    prism::{Prism, spec},
    test_host::{NOW, TestHost, account},
    vendor::Vendor,
};

use super::{Meta, NUMBER, credentials};

fn message_ref(id: &str) -> MessageRef {
    MessageRef { id: RemoteId::new(id), data: json!({ "at": NOW - 1_000 }) }
}

fn outbound(chat: &str, body: OutboundBody) -> Outbound {
    Outbound {
        portal: PortalKey::private(AccountId(1), chat),
        txn: "t1".to_owned(),
        sent_at: NOW,
        sender_name: None,
        subject: None,
        body,
        last: None,
        last_received: Some(message_ref("wamid.IN1")),
    }
}

fn open(base: &str) -> (Arc<dyn Session>, Arc<TestHost>) {
    let host = TestHost::start();
    (WhatsApp.connect(account(credentials(base)), Arc::<TestHost>::clone(&host)).unwrap(), host)
}

fn say(part: Part) -> OutboundBody {
    OutboundBody::Message { parts: vec![part], reply_to: None }
}

fn file(kind: PartKind, name: &str, mime: &str, caption: &str) -> Part {
    Part::media("0", kind, Media::bytes(vec![1, 2, 3], name, mime), caption)
}

fn carrying(key: &str, value: Value) -> Part {
    let mut part = Part::text("0", "in words").with(key, value);
    part.kind = PartKind::Card;
    part
}

fn cards() -> [Part; 2] {
    [
        carrying("org.unisono.card", json!({ "text": "Which?", "buttons": [{ "id": "y", "label": "Yes" }] })),
        carrying(
            "org.unisono.card",
            json!({ "text": "Which?", "list": { "title": "Menu", "sections": [
            { "title": "Hot", "rows": [{ "id": "1", "label": "Soup", "description": "Leek" }] } ] } }),
        ),
    ]
}

fn location() -> Part {
    Part::location("0", 37.758_056, -122.425_332, Some("META HQ"))
}

fn contact() -> Part {
    let vcard = "BEGIN:VCARD\r\nVERSION:3.0\r\nFN:John Smith\r\nTEL;TYPE=WORK:+1 650 555 1234\r\nEND:VCARD\r\n";
    Part::contact("0", "John Smith", vcard.to_owned())
}

#[tokio::test]
async fn meta_would_take_whatever_we_send() {
    let Some(prism) = Prism::start("whatsapp/business-messaging-api_v23.0.trimmed.yaml") else { return };
    let (session, host) = open(&format!("{}/v23.0", prism.base()));
    let mut bodies = vec![
        say(Part::text("0", "See https://example.org")),
        say(Part { html: Some("<b>bold</b>".to_owned()), ..Part::text("0", "bold") }),
        say(file(PartKind::Image, "a.jpg", "image/jpeg", "a picture")),
        say(file(PartKind::Voice, "a.ogg", "audio/ogg; codecs=opus", "")),
        say(file(PartKind::Audio, "a.mp3", "audio/mpeg", "")),
        say(file(PartKind::Video, "a.mp4", "video/mp4", "a film")),
        say(file(PartKind::File, "a.pdf", "application/pdf", "an offer")),
        say(location()),
        say(contact()),
        say(carrying("org.unisono.template", json!({ "name": "hello_world", "language": "en_US", "parameters": [] }))),
        OutboundBody::Message { parts: vec![Part::text("0", "yes")], reply_to: Some(message_ref("wamid.IN1")) },
        OutboundBody::Reaction { target: message_ref("wamid.IN1"), key: "👍".to_owned() },
        OutboundBody::ReactionRemove { target: message_ref("wamid.IN1"), key: "👍".to_owned() },
    ];
    bodies.extend(cards().map(say));
    for body in bodies {
        let outcome = session.send(outbound("491701234567", body.clone())).await;
        assert!(matches!(outcome, SendOutcome::Sent { .. }), "{body:?}: {outcome:?}");
    }
    let group = session.send(outbound("Y2FwaV9ncm91cDox", say(Part::text("0", "to all")))).await;
    assert!(matches!(group, SendOutcome::Sent { .. }), "{group:?}");

    let templates = session.templates().await.unwrap();
    assert_eq!((&*templates[0].name, &*templates[0].language), ("hello_world", "en_US"));

    let reported = tokio::select! {
        ended = session.run() => panic!("it ended: {ended:?}"),
        () = async { while host.reports().is_empty() { tokio::task::yield_now().await } } => host.reports(),
    };
    assert_eq!(reported.len(), 1);
}

/// The keys of a JSON value, with all that is in them; of values only the type.
fn shape(value: &Value) -> Value {
    match value {
        Value::Object(map) => map.iter().map(|(key, value)| (key.clone(), shape(value))).collect(),
        Value::Array(list) => list.iter().take(1).map(shape).collect(),
        Value::String(_) => json!("text"),
        // Meta's examples have coordinates as numbers, its description as texts; it takes both.
        Value::Number(_) => json!("text"),
        other => json!(other.is_boolean()),
    }
}

/// Everything in `ours` is in the vendor's example, too, and of the same form.
fn is_within(ours: &Value, theirs: &Value, path: &str) {
    match (ours, theirs) {
        (Value::Object(ours), Value::Object(theirs)) => {
            for (key, value) in ours {
                let theirs = theirs.get(key).unwrap_or_else(|| panic!("{path}/{key} is not in Meta's example"));
                is_within(value, theirs, &format!("{path}/{key}"));
            }
        }
        (Value::Array(ours), Value::Array(theirs)) => {
            ours.iter().zip(theirs).for_each(|(ours, theirs)| is_within(ours, theirs, path));
        }
        _ => assert_eq!(ours, theirs, "{path}"),
    }
}

#[tokio::test]
async fn what_we_send_looks_as_in_metas_examples() {
    let Some(path) = spec("whatsapp/message-request-examples.json") else { return };
    let examples: Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    let vendor = Vendor::start(Arc::new(Meta));
    let (session, _host) = open(&vendor.base());
    let reply_to = || Some(message_ref("wamid.IN1"));
    let reply = |part: Part| OutboundBody::Message { parts: vec![part], reply_to: reply_to() };
    let [buttons, list] = cards();
    let wish = json!({ "name": "order", "language": "de", "parameters": ["Anna", "17"] });
    for (name, body) in [
        ("Send Text Message", say(Part::text("0", "hello"))),
        ("Send Text Message with Preview URL", say(Part::text("0", "https://youtu.be/hpltvTEiRrY"))),
        ("Send Reply to Text Message", reply(Part::text("0", "hello"))),
        ("Send Image Message by ID", say(file(PartKind::Image, "a.png", "image/png", ""))),
        ("Send Reply to Image Message by ID", reply(file(PartKind::Image, "a.png", "image/png", ""))),
        ("Send Audio Message by ID", say(file(PartKind::Audio, "a.mp3", "audio/mpeg", ""))),
        ("Send Reply to Video Message by ID", reply(file(PartKind::Video, "a.mp4", "video/mp4", "film"))),
        ("Send Reply to Document Message by ID", reply(file(PartKind::File, "a.pdf", "application/pdf", "offer"))),
        ("Send Location Message", say(location())),
        ("Send Contact Message", say(contact())),
        ("Send Reply Button", say(buttons)),
        ("Send List Message", say(list)),
        ("Send Message Template Text", say(carrying("org.unisono.template", wish))),
        ("Send Reply with Reaction Message", OutboundBody::Reaction { target: message_ref("m"), key: "😀".to_owned() }),
        ("Send typing indicator and read receipt", OutboundBody::Typing { typing: true }),
        ("Send typing indicator and read receipt", OutboundBody::Read { up_to: message_ref("wamid.IN1") }),
    ] {
        let before = vendor.asked().len();
        let _ = session.send(outbound("4917789", body)).await;
        let asked = vendor.asked().into_iter().skip(before).filter(|asked| asked.path.ends_with("/messages"));
        let mut sent = asked.last().unwrap_or_else(|| panic!("{name}: nothing was sent")).json();
        let example = &examples[name];
        // Meta leaves these out here and there, and its description wants them.
        for (key, usual) in [("recipient_type", "individual"), ("type", "text")] {
            if example[key].is_null() && sent[key] == usual {
                sent.as_object_mut().unwrap().remove(key);
            }
        }
        if let Some(language) = sent.pointer_mut("/template/language").and_then(Value::as_object_mut) {
            language.remove("policy");
        }
        if let Some(phone) = sent.pointer_mut("/contacts/0/name").and_then(Value::as_object_mut) {
            assert!(phone.contains_key("first_name"));
        }
        is_within(&shape(&sent), &shape(example), name);
    }
}

#[tokio::test]
async fn signing_in_reads_the_name_and_refuses_what_does_not_belong_together() {
    let vendor = Vendor::start(Arc::new(Meta));
    let loopback = "127.0.0.0/8".parse().unwrap();
    let context =
        LoginContext { guard: unisono_domain::net::OutboundGuard::new(vec![loopback]), now: NOW, public_url: None };
    let sign_in = async |number: &str| {
        let fields = [("phone_number_id", number), ("waba_id", "102290129340398"), ("token", "t"), ("secret", "s")];
        let mut fields: std::collections::BTreeMap<String, String> =
            fields.into_iter().map(|(key, value)| (key.to_owned(), value.to_owned())).collect();
        fields.insert("api".to_owned(), vendor.base());
        WhatsApp.login(None, LoginInput::Submit(fields), &context).await
    };
    let LoginStep::Done(account) = sign_in(NUMBER).await.unwrap().step else { panic!("done") };
    assert_eq!((&*account.display_name, &*account.remote_id), ("Jasper's Market · +49 170 0000000", NUMBER));
    assert_eq!(account.credentials["number"], "+49 170 0000000");
    assert!(sign_in("+49 170 0000000").await.is_err(), "the number is not its id");
    assert!(sign_in("106540352242923").await.is_err(), "another account's number");
    // The proof that the secret is the app's goes along with every call.
    assert!(vendor.asked().iter().all(|asked| asked.query.contains("appsecret_proof=")));
}

#[tokio::test]
async fn templates_of_all_pages_are_listed_and_files_fetched_with_the_token() {
    let vendor = Vendor::start(Arc::new(Meta));
    let (session, _host) = open(&vendor.base());
    let templates = session.templates().await.unwrap();
    let names: Vec<_> = templates.iter().map(|template| &*template.name).collect();
    assert_eq!(names, ["order", "last"]);
    assert_eq!(templates[0].parameters, ["1", "2"]);

    let group = session.chat_info(&PortalKey::private(AccountId(1), "Y2FwaV9ncm91cDox")).await.unwrap();
    assert_eq!((group.name.as_deref(), group.members.len()), (Some("Neighbours"), 2));
    assert!(session.chat_info(&PortalKey::private(AccountId(1), "../me")).await.is_err());

    let chat = session.resolve_identifier("0170 1234567").await.unwrap();
    assert_eq!(chat.portal.chat.as_str(), "491701234567");
    assert_eq!(chat.user.handles, ["tel:+491701234567"]);
    assert!(session.resolve_identifier("anna").await.is_err());
    assert!(session.download("../messages").await.is_err());
    assert!(vendor.asked().iter().all(|asked| !asked.path.contains("..")));
}
