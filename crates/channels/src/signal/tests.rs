use serde_json::{Value, json};
use unisono_domain::channel::{AccountId, ChatInfo, ChatKind, Inbound, InboundBody, MediaSource, RemoteId, Sender};

use super::convert::{Known, Me, group_id, heard};

/// Knows one edit and one group.
struct World;

impl Known for World {
    fn original(&self, id: RemoteId) -> RemoteId {
        if id.as_str() == "anna-id:200" { RemoteId::new("anna-id:100") } else { id }
    }

    fn group(&self, internal: &str) -> Option<ChatInfo> {
        (internal == "R1==").then(|| ChatInfo::group(Some("Choir"), Vec::new()))
    }
}

fn me() -> Me {
    Me { account: AccountId(1), number: "+491700000000".to_owned(), uuid: Some("my-id".to_owned()) }
}

/// From Anna at 300.
fn from_anna(kind: &str, content: Value) -> Value {
    let mut envelope = json!({ "source": "+491701111111", "sourceNumber": "+491701111111", "sourceUuid": "anna-id",
        "sourceName": "Anna", "timestamp": 300 });
    envelope[kind] = content;
    json!({ "account": "+491700000000", "envelope": envelope })
}

fn from_me(content: &Value) -> Value {
    json!({ "account": "+491700000000", "envelope": { "sourceNumber": "+491700000000", "sourceUuid": "my-id",
        "timestamp": 300, "syncMessage": content } })
}

fn events(message: &Value) -> Vec<Inbound> {
    heard(&me(), message, &World).events
}

#[test]
fn a_message_has_its_styles_its_files_and_what_it_answers() {
    let message = from_anna(
        "dataMessage",
        json!({ "timestamp": 300, "message": "hi \u{fffc}, bold",
        "mentions": [{ "start": 3, "length": 1, "name": "Bert", "uuid": "b" }],
        "textStyles": [{ "start": 6, "length": 4, "style": "BOLD" }],
        "attachments": [{ "id": "f1.m4a", "contentType": "audio/aac", "size": 3 }],
        "quote": { "id": 90, "authorNumber": "+491700000000", "text": "?" } }),
    );
    let events = events(&message);
    let InboundBody::Message { parts, reply_to } = &events[0].body else { panic!("{events:?}") };
    assert_eq!(parts[0].html.as_deref(), Some("hi @Bert, <strong>bold</strong>"));
    assert_eq!(parts[1].kind, unisono_domain::channel::PartKind::Voice);
    assert_eq!(reply_to.as_ref().unwrap().as_str(), "me:90");
    assert_eq!((events[0].id.as_str(), events[0].portal.chat.as_str()), ("anna-id:300", "anna-id"));
    let Sender::Remote(anna) = &events[0].sender else { panic!() };
    assert_eq!(anna.handles, ["tel:+491701111111"]);
}

#[test]
fn what_is_said_on_my_phone_is_mine() {
    let sent = from_me(&json!({ "sentMessage": { "destinationUuid": "anna-id", "destinationNumber": "+491701111111",
        "timestamp": 300, "message": "from the phone" } }));
    let events = events(&sent);
    assert_eq!((&events[0].sender, events[0].id.as_str()), (&Sender::Me, "me:300"));
    assert_eq!(events[0].portal.chat.as_str(), "anna-id");
    assert_eq!(events[0].chat.as_ref().unwrap().kind, ChatKind::Direct);
}

#[test]
fn a_group_has_the_bridges_id_and_its_name() {
    let message = from_anna(
        "dataMessage",
        json!({ "timestamp": 300, "message": "la",
        "groupInfo": { "groupId": "R1==", "type": "DELIVER" } }),
    );
    let events = events(&message);
    assert_eq!(events[0].portal.chat.as_str(), group_id("R1=="));
    assert_eq!(group_id("R1=="), "group.UjE9PQ==");
    assert_eq!(events[0].chat.as_ref().unwrap().name.as_deref(), Some("Choir"));
}

#[test]
fn an_edit_of_an_edit_changes_the_first_message() {
    let edit = from_anna(
        "editMessage",
        json!({ "targetSentTimestamp": 200,
        "dataMessage": { "timestamp": 300, "message": "third" } }),
    );
    let heard = heard(&me(), &edit, &World);
    assert!(matches!(&heard.events[0].body, InboundBody::Edit { target, .. } if target.as_str() == "anna-id:100"));
    assert_eq!(heard.revision, Some((RemoteId::new("anna-id:300"), RemoteId::new("anna-id:100"))));
}

#[test]
fn a_new_reaction_takes_the_place_of_the_old() {
    let reaction = from_anna(
        "dataMessage",
        json!({ "timestamp": 300, "reaction": { "emoji": "🔥", "isRemove": false,
        "targetAuthorUuid": "my-id", "targetSentTimestamp": 90 } }),
    );
    let events = events(&reaction);
    assert!(
        matches!(&events[0].body, InboundBody::ReactionRemove { target, key } if target.as_str() == "me:90" && key.is_empty())
    );
    assert!(matches!(&events[1].body, InboundBody::Reaction { key, .. } if key == "🔥"));
}

#[test]
fn receipts_and_marks_wait_for_their_chat() {
    let receipt = from_anna(
        "receiptMessage",
        json!({ "when": 310, "isRead": true, "isDelivery": false,
        "isViewed": false, "timestamps": [90, 91] }),
    );
    let marks = heard(&me(), &receipt, &World).unplaced;
    assert!(matches!(&marks[1].body, InboundBody::Read { up_to } if up_to.as_str() == "me:91"));
    let read = from_me(&json!({ "readMessages": [{ "senderUuid": "anna-id", "timestamp": 300 }] }));
    let marks = heard(&me(), &read, &World).unplaced;
    assert_eq!(marks[0].sender, Sender::Me);
    assert!(matches!(&marks[0].body, InboundBody::Read { up_to } if up_to.as_str() == "anna-id:300"));
}

#[test]
fn what_is_not_shown_is_told() {
    let kinds = [
        json!({ "timestamp": 300, "sticker": { "packId": "p", "stickerId": 1 } }),
        json!({ "timestamp": 300, "viewOnce": true, "attachments": [{ "id": "x", "contentType": "image/png" }] }),
        json!({ "timestamp": 300, "isExpirationUpdate": true, "expiresInSeconds": 86_400 }),
        json!({ "timestamp": 300, "pollCreate": { "question": "Lunch?", "options": ["Yes"], "allowMultiple": false } }),
        json!({ "timestamp": 300, "contacts": [{ "name": { "given": "Bert;\n" }, "phone": [{ "value": "+49" }] }] }),
    ];
    let expected = [
        "Sent a sticker, which only the phone shows.",
        "Sent something to be seen once, which only the phone shows.",
        "On the phones, messages now disappear after 1 day(s). Here they stay.",
        "Poll, to be answered on the phone: Lunch?\n• Yes",
        "",
    ];
    for (data, expected) in kinds.into_iter().zip(expected) {
        let events = events(&from_anna("dataMessage", data));
        let InboundBody::Message { parts, .. } = &events[0].body else { panic!("{events:?}") };
        assert_eq!((parts.len(), parts[0].text.as_str()), (1, expected));
    }
    let card =
        json!({ "timestamp": 300, "contacts": [{ "name": { "given": "Bert;\nX" }, "phone": [{ "value": "+49" }] }] });
    let events_with_card = events(&from_anna("dataMessage", card));
    let InboundBody::Message { parts, .. } = &events_with_card[0].body else { panic!() };
    let MediaSource::Bytes(bytes) = &parts[0].media.as_ref().unwrap().source else { panic!() };
    assert!(String::from_utf8_lossy(bytes).contains("FN:Bert\\; X\r\nTEL:+49\r\n"), "{bytes:?}");
    assert!(events(&from_anna("dataMessage", json!({ "timestamp": 300 }))).is_empty());
    assert!(events(&from_anna("typingMessage", json!({ "action": "STARTED", "timestamp": 300 }))).len() == 1);
    assert!(events(&from_anna("callMessage", json!({ "offerMessage": { "id": 1 } }))).len() == 1);
}

#[test]
fn hostile_messages_do_no_harm() {
    for odd in [json!(null), json!([]), json!({ "envelope": [] }), json!({ "envelope": { "source": "x" } })] {
        assert!(events(&odd).is_empty());
    }
    let message = from_anna(
        "dataMessage",
        json!({ "timestamp": -5, "message": "x", "textStyles": [{ "start": u64::MAX,
        "length": u64::MAX, "style": "BOLD" }], "quote": { "id": "no" }, "groupInfo": { "groupId": "../../x" } }),
    );
    assert_eq!(events(&message).len(), 1);
}
