//! An event as clients see it.

use std::borrow::Cow;

use ruma::{EventId, RoomId};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

/// The client-server API's event format, made from a stored PDU without parsing its content.
#[derive(Debug, Serialize, Deserialize)]
pub struct ClientEvent<'a> {
    #[serde(skip_deserializing, skip_serializing_if = "Option::is_none")]
    pub event_id: Option<&'a EventId>,
    #[serde(rename = "type", borrow)]
    pub kind: Cow<'a, str>,
    #[serde(borrow)]
    pub content: &'a RawValue,
    #[serde(borrow)]
    pub sender: Cow<'a, str>,
    pub origin_server_ts: i64,
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    pub state_key: Option<Cow<'a, str>>,
    /// Kept at the top for clients older than room version 11.
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    pub redacts: Option<Cow<'a, str>>,
    #[serde(skip_deserializing, skip_serializing_if = "Option::is_none")]
    pub room_id: Option<&'a RoomId>,
    #[serde(skip_deserializing, default, skip_serializing_if = "Unsigned::is_empty")]
    pub unsigned: Unsigned<'a>,
}

/// What the server adds to an event for one reader.
#[derive(Debug, Default, Serialize)]
pub struct Unsigned<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub age: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub transaction_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub membership: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub prev_content: Option<Box<RawValue>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub replaces_state: Option<&'a EventId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub redacted_because: Option<Box<RawValue>>,
    #[serde(rename = "m.relations", skip_serializing_if = "Option::is_none")]
    pub relations: Option<Box<RawValue>>,
}

impl Unsigned<'_> {
    fn is_empty(&self) -> bool {
        matches!(
            self,
            Self {
                age: None,
                transaction_id: None,
                membership: None,
                prev_content: None,
                replaces_state: None,
                redacted_because: None,
                relations: None,
            }
        )
    }
}

impl<'a> ClientEvent<'a> {
    /// Reads a stored PDU.
    pub fn parse(event_id: &'a EventId, pdu: &'a str) -> Result<Self, serde_json::Error> {
        let mut event: Self = serde_json::from_str(pdu)?;
        event.event_id = Some(event_id);
        if event.redacts.is_none() && event.kind == "m.room.redaction" {
            event.redacts = serde_json::from_str::<Redaction<'_>>(event.content.get())?.redacts;
        }
        Ok(event)
    }

    pub fn into_raw(self) -> Result<Box<RawValue>, serde_json::Error> {
        serde_json::value::to_raw_value(&self)
    }
}

#[derive(Deserialize)]
struct Redaction<'a> {
    #[serde(borrow)]
    redacts: Option<Cow<'a, str>>,
}
