//! Calls of Meta, converted: all examples of its published description, and what its documentation
//! tells beyond them.

use insta::assert_json_snapshot;
use serde_json::{Map, Value, json};
use unisono_channels::whatsapp::WhatsApp;
use unisono_domain::channel::{Channel, Inbound, InboundBody, MediaSource};
use unisono_testkit::test_host::account;

use super::{NUMBER, call, credentials, signed};

fn converted(call: &Value) -> Vec<Inbound> {
    let request = signed("https://unisono.example/", call.to_string().into());
    WhatsApp.webhook(&request, &account(credentials("https://graph.facebook.com/v23.0"))).unwrap().events
}

/// Without what is as usual, so that a snapshot shows what is not.
pub fn brief(events: &[Inbound]) -> Value {
    fn without(value: Value) -> Option<Value> {
        let kept: Value = match value {
            Value::Null | Value::Bool(false) => return None,
            Value::Object(map) => {
                map.into_iter().filter_map(|(key, value)| Some((key, without(value)?))).collect::<Map<_, _>>().into()
            }
            Value::Array(list) => list.into_iter().filter_map(without).collect(),
            other => other,
        };
        let empty = kept.as_object().is_some_and(Map::is_empty) || kept.as_array().is_some_and(Vec::is_empty);
        (!empty).then_some(kept)
    }
    let mut events = events.to_vec();
    let bodies = events.iter_mut().map(|event| &mut event.body);
    for body in bodies {
        let (InboundBody::Message { parts, .. } | InboundBody::Edit { parts, .. }) = body else { continue };
        for media in parts.iter_mut().filter_map(|part| part.media.as_mut()) {
            if let MediaSource::Bytes(bytes) = &media.source {
                media.source = MediaSource::Stored(String::from_utf8_lossy(bytes).into_owned());
            }
        }
    }
    without(json!(events)).unwrap_or_default()
}

#[test]
fn every_published_example_becomes_events() {
    let examples: Value = serde_json::from_str(include_str!("webhook-examples.json")).unwrap();
    let examples = examples["examples"].as_object().unwrap();
    assert_eq!(examples.len(), 16);
    for (name, example) in examples {
        let events = converted(example);
        assert!(!events.is_empty(), "{name} says nothing");
        let name = name.to_lowercase().replace(|char: char| !char.is_ascii_alphanumeric(), "_");
        assert_json_snapshot!(format!("example_{}", name.trim_matches('_')), brief(&events));
    }
}

/// The vendor's files themselves, where they are.
#[test]
fn the_vendors_files_say_the_same_as_our_copy() {
    let Some(folder) = unisono_testkit::prism::spec("whatsapp/webhook-examples") else { return };
    let copy: Value = serde_json::from_str(include_str!("webhook-examples.json")).unwrap();
    let copy: Vec<&Value> = copy["examples"].as_object().unwrap().values().collect();
    let mut count = 0;
    for file in std::fs::read_dir(folder).unwrap() {
        let example: Value = serde_json::from_slice(&std::fs::read(file.unwrap().path()).unwrap()).unwrap();
        assert!(copy.contains(&&example), "an example that is not in our copy: {example}");
        count += 1;
    }
    assert_eq!(count, 8);
}

/// A message of the given kind from Sheena Nelson.
fn message(id: &str, kind: &str, content: Value) -> Value {
    let mut message = json!({ "from": "16505551234", "id": id, "timestamp": "1749416383", "type": kind });
    message[kind] = content;
    message
}

fn from_sheena(messages: &Value) -> Value {
    let contacts = json!([{ "profile": { "name": "Sheena Nelson" }, "wa_id": "16505551234" }]);
    call("messages", json!({ "contacts": contacts, "messages": messages }))
}

/// <https://developers.facebook.com/docs/whatsapp/cloud-api/webhooks/reference/messages>
#[test]
fn every_documented_kind_of_message_becomes_an_event() {
    let file = |extra: Value| {
        let mut file = json!({ "id": "1003383421387256", "mime_type": "audio/ogg; codecs=opus", "sha256": "SfInY0g=" });
        file.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
        file
    };
    let mut forwarded = message("wamid.7", "text", json!({ "body": "*bold* and _not_" }));
    forwarded["context"] = json!({ "forwarded": true });
    let mut in_group = message("wamid.8", "text", json!({ "body": "in the group" }));
    in_group["group_id"] = json!("Y2FwaV9ncm91cDoxNzA1NTU1MDEzOToxMjAzNjM0MDQ2OTQyMzM4MjAZD");
    let messages = json!([
        message("wamid.1", "audio", file(json!({ "voice": true }))),
        message("wamid.2", "audio", file(json!({ "voice": false, "mime_type": "audio/mpeg" }))),
        message("wamid.3", "video", file(json!({ "mime_type": "video/mp4", "caption": "Look" }))),
        message(
            "wamid.4",
            "document",
            file(json!({ "mime_type": "application/pdf", "filename": "../../etc/Offer.pdf" }))
        ),
        message("wamid.5", "sticker", file(json!({ "mime_type": "image/webp", "animated": true }))),
        message(
            "wamid.6",
            "interactive",
            json!({ "type": "nfm_reply", "nfm_reply": { "name": "flow", "body": "Sent",
            "response_json": "{\"flow_token\":\"secret\",\"day\":\"Monday\",\"guests\":2}" } })
        ),
        forwarded,
        in_group,
        message("wamid.9", "reaction", json!({ "message_id": "wamid.OUT1", "emoji": "" })),
        message(
            "wamid.10",
            "edit",
            json!({ "original_message_id": "wamid.7",
            "message": { "type": "text", "text": { "body": "changed" } } })
        ),
        message("wamid.11", "revoke", json!({ "original_message_id": "wamid.7" })),
        message("wamid.12", "poll_creation", json!({ "name": "Lunch?" })),
        message("wamid.13", "request_welcome", json!({})),
        message("wamid.14", "system", json!({ "type": "customer_identity_changed", "body": "..." })),
    ]);
    assert_json_snapshot!(brief(&converted(&from_sheena(&messages))));
}

/// <https://developers.facebook.com/documentation/business-messaging/whatsapp/webhooks/reference/messages/status>
#[test]
fn every_status_becomes_a_receipt() {
    let status = |status: &str, extra: Value| {
        let mut whole = json!({ "id": "wamid.OUT1", "status": status, "timestamp": "1750030073",
            "recipient_id": "16505551234", "pricing": { "billable": true, "pricing_model": "PMP", "category": "service" } });
        whole.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
        whole
    };
    let error = |code: i64, title: &str, details: &str| {
        json!({ "errors": [{ "code": code, "title": title, "message": title, "error_data": { "details": details },
            "href": "https://developers.facebook.com/docs/whatsapp/cloud-api/support/error-codes/" }] })
    };
    let statuses = json!([
        status("sent", json!({ "conversation": { "id": "a75d17ad", "expiration_timestamp": "1750116480" } })),
        status("delivered", json!({})),
        status("read", json!({})),
        status("played", json!({})),
        status("failed", error(131_047, "Re-engagement message", "More than 24 hours have passed since ...")),
        status(
            "failed",
            error(131_049, "Not delivered", "This message was not delivered to maintain healthy ecosystem engagement.")
        ),
        status(
            "read",
            json!({ "group_id": "Y2FwaV9ncm91cDox", "recipient_id": "Y2FwaV9ncm91cDox",
            "recipient_type": "group", "recipient_participant_id": "16505551235" })
        ),
    ]);
    assert_json_snapshot!(brief(&converted(&call("messages", json!({ "statuses": statuses })))));
}

/// What comes under other fields, and from people who hide their number.
#[test]
fn calls_echoes_wishes_and_hidden_numbers_are_read() {
    let hidden = json!({ "from_user_id": "US.13491208655302741918", "id": "wamid.H", "timestamp": "1749416383",
        "type": "text", "text": { "body": "Who am I?" } });
    let contacts = json!([{ "profile": { "name": "", "username": "sheena" }, "user_id": "US.13491208655302741918" }]);
    let calls = [
        call("messages", json!({ "contacts": contacts, "messages": [hidden] })),
        call(
            "smb_message_echoes",
            json!({ "message_echoes": [{ "from": "15550783881", "to": "16505551234",
            "id": "wamid.E", "timestamp": "1739321024", "type": "text", "text": { "body": "From the phone" } }] }),
        ),
        call(
            "calls",
            json!({ "calls": [{ "id": "wacid.1", "from": "16505551234", "to": "15550783881",
            "event": "connect", "direction": "USER_INITIATED", "timestamp": "1749416383" }] }),
        ),
        call(
            "user_preferences",
            json!({ "user_preferences": [{ "wa_id": "16505551234", "value": "stop",
            "category": "marketing_messages", "detail": "User requested to stop", "timestamp": 1_749_416_383 }] }),
        ),
    ];
    assert_json_snapshot!(brief(&calls.iter().flat_map(converted).collect::<Vec<_>>()));
}

#[test]
fn what_is_for_another_number_of_the_app_is_not_ours() {
    let ours = from_sheena(&json!([message("wamid.1", "text", json!({ "body": "hello" }))]));
    assert_eq!(converted(&ours).len(), 1);
    let theirs = ours.to_string().replace(NUMBER, "106540352242923");
    assert!(converted(&serde_json::from_str(&theirs).unwrap()).is_empty());
}
