//! Every kind of update: valid by the vendor's description, and what becomes of it.

use serde_json::{Map, Value, json};
use unisono_channels::telegram::Telegram;
use unisono_domain::channel::{Channel as _, Inbound, InboundBody, MediaSource, WebhookReply};
use unisono_testkit::{prism::spec, test_host, webhook_network::WebhookVendor as _};

use super::{Server, TOKEN};

fn updates() -> Map<String, Value> {
    serde_json::from_str(include_str!("updates.json")).unwrap()
}

fn take(update: &Value) -> WebhookReply {
    let mut account = test_host::account(json!({ "token": TOKEN }));
    account.remote_id = "110201543".to_owned();
    let call = Server::default().sign("https://unisono.example/", &account.hook, update.to_string().into());
    Telegram.webhook(&call, &account).unwrap()
}

/// Without what is the same everywhere.
fn short(event: &Inbound) -> Value {
    let mut event = event.clone();
    let mut files = Vec::new();
    if let InboundBody::Message { parts, .. } | InboundBody::Edit { parts, .. } = &mut event.body {
        for media in parts.iter_mut().filter_map(|part| part.media.as_mut()) {
            if let MediaSource::Bytes(bytes) = &media.source {
                files.push(String::from_utf8_lossy(bytes).into_owned());
                media.source = MediaSource::Stored("see file".to_owned());
            }
        }
    }
    let mut json = serde_json::to_value(event).unwrap();
    json["file"] = files.into_iter().next().into();
    let map = json.as_object_mut().unwrap();
    map.retain(|key, value| {
        !value.is_null() && value != false && !matches!(key.as_str(), "historical") && *value != json!({})
    });
    map["portal"] = map["portal"]["chat"].take();
    json
}

#[test]
fn every_update_becomes_what_its_snapshot_says() {
    let all: Map<String, Value> = updates()
        .iter()
        .map(|(name, update)| {
            let reply = take(update);
            let mut events: Vec<Value> = reply.events.iter().map(short).collect();
            if !reply.body.is_empty() {
                events.push(json!({ "answer": serde_json::from_slice::<Value>(&reply.body).unwrap() }));
            }
            assert!(!events.is_empty(), "{name} passes in silence");
            (name.clone(), events.into())
        })
        .collect();
    insta::assert_json_snapshot!("telegram_updates", all);
}

/// A field's type in the words of the description: `Integer`, `Array of PhotoSize`, `Chat` ...
fn check(types: &Value, kind: &str, value: &Value, path: &str) -> Result<(), String> {
    let fits = |fits: bool| if fits { Ok(()) } else { Err(format!("{path}: {value} is no {kind}")) };
    if let Some(inner) = kind.strip_prefix("Array of ") {
        let list = value.as_array().ok_or_else(|| format!("{path} is no list"))?;
        return list.iter().try_for_each(|item| check(types, inner, item, path));
    }
    match kind {
        "Integer" => return fits(value.is_i64() || value.is_u64()),
        "Float" => return fits(value.is_number()),
        "String" => return fits(value.is_string()),
        "Boolean" => return fits(value.is_boolean()),
        _ => {}
    }
    let described = &types[kind];
    if let Some(kinds) = described["subtypes"].as_array() {
        let tried: Vec<_> =
            kinds.iter().filter_map(Value::as_str).map(|kind| check(types, kind, value, path)).collect();
        return if tried.iter().any(Result::is_ok) { Ok(()) } else { Err(format!("{path}: {tried:?}")) };
    }
    let object = value.as_object().ok_or_else(|| format!("{path} is no {kind}"))?;
    let fields = described["fields"].as_array().cloned().unwrap_or_default();
    for field in &fields {
        let name = field["name"].as_str().unwrap_or_default();
        let path = format!("{path}.{name}");
        match object.get(name) {
            Some(value) => {
                let kinds = field["types"].as_array().cloned().unwrap_or_default();
                let tried: Vec<_> =
                    kinds.iter().filter_map(Value::as_str).map(|kind| check(types, kind, value, &path)).collect();
                if !tried.iter().any(Result::is_ok) {
                    return Err(format!("{tried:?}"));
                }
            }
            None if field["required"] == true => return Err(format!("{path} is missing")),
            None => {}
        }
    }
    match object.keys().find(|key| !fields.iter().any(|field| field["name"] == **key)) {
        Some(unknown) => Err(format!("{path}.{unknown} is not described")),
        None => Ok(()),
    }
}

#[test]
fn our_examples_are_valid_by_the_description() {
    let Some(api) = spec("telegram/api.json") else { return };
    let api: Value = serde_json::from_slice(&std::fs::read(api).unwrap()).unwrap();
    for (name, update) in updates().iter().filter(|(name, _)| *name != "unknown_kind") {
        check(&api["types"], "Update", update, name).unwrap();
    }
    assert!(check(&api["types"], "Update", &updates()["unknown_kind"], "").is_err(), "the check can fail");
}

#[test]
fn what_is_no_update_says_nothing() {
    for odd in [json!(null), json!([]), json!({ "update_id": "x" }), json!({ "message": { "chat": { "id": 1 } } })] {
        assert!(take(&odd).events.is_empty(), "{odd}");
    }
}
