//! Messages as the bubble gets them.

use serde_json::{Map, Value, json};
use unisono_domain::{Millis, channel::Said};

use super::{
    rich,
    visitor::{Keys, Visitor},
};

/// Whose page it is, and how files are reached from it.
pub(super) struct Page<'a> {
    pub keys: &'a Keys,
    pub visitor: &'a str,
    pub show_names: bool,
    pub now: Millis,
}

/// The id by which a page knows a message: its own number for what it wrote, else the event's id,
/// which is also the remote id.
pub(super) fn page_id(visitor: &str, remote_id: &str) -> String {
    let own = remote_id.strip_prefix(visitor).and_then(|rest| rest.strip_prefix(':'));
    own.unwrap_or(remote_id).to_owned()
}

impl Page<'_> {
    pub(super) fn message(&self, said: &Said) -> Value {
        let remote_id = said.id.as_ref().map_or(said.event_id.as_str(), |id| id.as_str());
        let id = page_id(self.visitor, remote_id);
        let content = &said.content;
        let mut message = Map::new();
        let mut put = |key: &str, value: Value| {
            if !value.is_null() {
                message.insert(key.to_owned(), value);
            }
        };
        put("event", json!(said.event_id));
        put("mine", json!(!said.mine));
        put("at", json!(said.at));
        put("position", json!(said.position));
        if said.mine && self.show_names {
            put("name", json!(said.sender_name));
        }
        let body = content["body"].as_str().unwrap_or_default();
        match self.file(&id, content) {
            Some(file) => {
                let named = content["filename"].as_str().is_some_and(|name| name != body);
                put("text", json!(if named { body } else { "" }));
                put("file", file);
            }
            None => {
                let card = &content["org.unisono.card"];
                put("text", json!(card["text"].as_str().unwrap_or(body)));
                if !card.is_object() && content["format"] == "org.matrix.custom.html" {
                    put("rich", rich::nodes(content["formatted_body"].as_str().unwrap_or_default()));
                }
                put("card", choices(card));
            }
        }
        put("reply_to", content["m.relates_to"]["m.in_reply_to"]["event_id"].clone());
        put("id", Value::String(id));
        Value::Object(message)
    }

    fn file(&self, id: &str, content: &Value) -> Option<Value> {
        content["url"].as_str()?;
        let info = &content["info"];
        let ticket = self.keys.file_ticket(self.visitor, id, self.now);
        Some(json!({
            "name": content["filename"].as_str().or(content["body"].as_str()),
            "kind": content["msgtype"].as_str().and_then(|kind| kind.strip_prefix("m.")).unwrap_or("file"),
            "mime": info["mimetype"],
            "size": info["size"],
            "w": info["w"],
            "h": info["h"],
            "url": format!("file/{}/{}/{ticket}", self.visitor, encode(id)),
        }))
    }
}

/// The choices of a card, in one list; sections of a list keep their titles.
fn choices(card: &Value) -> Value {
    if !card.is_object() {
        return Value::Null;
    }
    let items = |value: &Value| value.as_array().cloned().unwrap_or_default();
    let mut all: Vec<Value> = items(&card["buttons"]);
    for section in items(&card["list"]["sections"]) {
        all.extend(items(&section["rows"]));
    }
    let all = all.iter().filter_map(|choice| {
        let label = choice["label"].as_str()?;
        let url = choice["url"].as_str().filter(|url| url.starts_with("https://") || url.starts_with("http://"));
        Some(json!({ "id": choice["id"].as_str().unwrap_or(label), "label": label, "url": url,
            "description": choice["description"] }))
    });
    Value::Array(all.take(30).collect())
}

/// An id as a segment of a path (RFC 3986, section 3.3).
fn encode(id: &str) -> String {
    id.bytes().fold(String::new(), |mut encoded, byte| {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' => encoded.push(char::from(byte)),
            other => encoded.push_str(&format!("%{other:02X}")),
        }
        encoded
    })
}

/// The remote id of a message that a page names: one of the visitor's own, or one of ours.
pub(super) fn remote_id(visitor: &Visitor, id: &str) -> String {
    if id.starts_with('$') { id.to_owned() } else { visitor.message_id(id) }
}
