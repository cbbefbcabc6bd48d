//! Making an event final: content hash, signature, id.

use ruma::{
    CanonicalJsonObject, CanonicalJsonValue, EventId, OwnedEventId, RoomId, UserId,
    canonical_json::{RedactedBecause, redact_in_place},
    room_version_rules::{RedactionRules, RoomVersionRules},
    signatures::{Ed25519KeyPair, JsonError, hash_and_sign_event, reference_hash},
};

use super::MAX_PDU;
use crate::Millis;

/// The server's name and key.
pub struct Signer {
    pub server_name: ruma::OwnedServerName,
    pub key: Ed25519KeyPair,
}

/// An event before it has an id.
#[derive(Debug)]
pub struct Draft<'a> {
    /// `None` for the create event since room version 12.
    pub room_id: Option<&'a RoomId>,
    pub sender: &'a UserId,
    pub kind: &'a str,
    pub state_key: Option<&'a str>,
    pub content: CanonicalJsonObject,
    pub redacts: Option<&'a EventId>,
    pub origin_server_ts: Millis,
    pub prev_events: &'a [OwnedEventId],
    pub auth_events: &'a [OwnedEventId],
    pub depth: i64,
}

/// A finished event: canonical JSON and its id.
#[derive(Clone, Debug)]
pub struct Sealed {
    pub event_id: OwnedEventId,
    pub json: String,
}

#[derive(Debug, thiserror::Error)]
pub enum InvalidEvent {
    #[error("an event has at most {MAX_PDU} bytes")]
    TooLarge,
    /// A type or state key over 255 bytes.
    #[error("`{0}` has more than 255 bytes")]
    FieldTooLarge(&'static str),
    #[error("{0}")]
    Malformed(String),
}

impl Draft<'_> {
    /// Adds hash and signature and computes the id (specification, "Signing events").
    pub fn seal(self, rules: &RoomVersionRules, signer: &Signer) -> Result<Sealed, InvalidEvent> {
        if self.kind.len() > 255 {
            return Err(InvalidEvent::FieldTooLarge("type"));
        }
        if self.state_key.is_some_and(|key| key.len() > 255) {
            return Err(InvalidEvent::FieldTooLarge("state_key"));
        }
        let mut object = self.into_object(rules)?;
        hash_and_sign_event(signer.server_name.as_str(), &signer.key, &mut object, &rules.redaction)
            .map_err(unsealable)?;
        let hash = reference_hash(&object, rules).map_err(|error| InvalidEvent::Malformed(error.to_string()))?;
        let json = serde_json::to_string(&object).map_err(|error| InvalidEvent::Malformed(error.to_string()))?;
        if json.len() > MAX_PDU {
            return Err(InvalidEvent::TooLarge);
        }
        let event_id =
            EventId::parse(format!("${hash}")).map_err(|error| InvalidEvent::Malformed(error.to_string()))?;
        Ok(Sealed { event_id, json })
    }

    fn into_object(self, rules: &RoomVersionRules) -> Result<CanonicalJsonObject, InvalidEvent> {
        let mut object = CanonicalJsonObject::new();
        let mut put = |key: &str, value: CanonicalJsonValue| object.insert(key.to_owned(), value);
        let mut content = self.content;
        if let Some(redacts) = self.redacts {
            let redacts = CanonicalJsonValue::String(redacts.to_string());
            if rules.redaction.content_field_redacts {
                content.insert("redacts".to_owned(), redacts);
            } else {
                put("redacts", redacts);
            }
        }
        if let Some(room_id) = self.room_id {
            put("room_id", CanonicalJsonValue::String(room_id.to_string()));
        }
        if let Some(state_key) = self.state_key {
            put("state_key", CanonicalJsonValue::String(state_key.to_owned()));
        }
        put("sender", CanonicalJsonValue::String(self.sender.to_string()));
        put("type", CanonicalJsonValue::String(self.kind.to_owned()));
        put("content", CanonicalJsonValue::Object(content));
        put("origin_server_ts", integer(self.origin_server_ts)?);
        put("depth", integer(self.depth)?);
        put("prev_events", id_list(self.prev_events));
        put("auth_events", id_list(self.auth_events));
        Ok(object)
    }
}

fn unsealable(error: JsonError) -> InvalidEvent {
    match error {
        JsonError::PduTooLarge => InvalidEvent::TooLarge,
        other => InvalidEvent::Malformed(other.to_string()),
    }
}

fn integer(value: i64) -> Result<CanonicalJsonValue, InvalidEvent> {
    CanonicalJsonValue::try_from(serde_json::Value::from(value))
        .map_err(|error| InvalidEvent::Malformed(error.to_string()))
}

fn id_list(ids: &[OwnedEventId]) -> CanonicalJsonValue {
    CanonicalJsonValue::Array(ids.iter().map(|id| CanonicalJsonValue::String(id.to_string())).collect())
}

/// What a redaction leaves of an event (specification, "Redactions").
pub fn redact(pdu: &str, rules: &RedactionRules) -> Result<String, InvalidEvent> {
    let mut object: CanonicalJsonObject =
        serde_json::from_str(pdu).map_err(|error| InvalidEvent::Malformed(error.to_string()))?;
    redact_in_place(&mut object, rules, None::<RedactedBecause>)
        .map_err(|error| InvalidEvent::Malformed(error.to_string()))?;
    serde_json::to_string(&object).map_err(|error| InvalidEvent::Malformed(error.to_string()))
}
