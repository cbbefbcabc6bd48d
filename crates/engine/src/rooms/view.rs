//! Events as one reader sees them.

use ruma::{OwnedDeviceId, OwnedUserId, RoomId};
use serde_json::{Value, value::RawValue};
use unisono_domain::{Millis, room::ClientEvent};
use unisono_store::{
    Tx,
    rooms::{
        events::{self, EventRow},
        state,
    },
};

use crate::{Error, Result, Session};

/// Who reads: their own events carry the transaction id of the device that sent them.
#[derive(Clone, Debug)]
pub struct Reader {
    pub user_id: OwnedUserId,
    pub device_id: OwnedDeviceId,
}

impl From<Session> for Reader {
    fn from(session: Session) -> Self {
        Self { user_id: session.user_id, device_id: session.device_id }
    }
}

/// Whether events name their room: not in /sync, where it is said once.
#[derive(Clone, Copy, Debug)]
pub enum RoomField<'a> {
    Omit,
    Name(&'a RoomId),
}

/// One event in the client-server API's format.
pub fn view(
    tx: &mut Tx<'_>,
    row: &EventRow,
    room: RoomField<'_>,
    reader: &Reader,
    now: Millis,
) -> Result<Box<RawValue>> {
    let mut event = ClientEvent::parse(&row.event_id, &row.pdu).map_err(Error::internal)?;
    if let RoomField::Name(room_id) = room {
        event.room_id = Some(room_id);
    }
    event.unsigned.age = Some((now - event.origin_server_ts).max(0));
    if row.sender == reader.user_id
        && let Some((device, txn)) = row.txn.as_deref().and_then(|txn| txn.split_once('\n'))
        && device == reader.device_id
    {
        event.unsigned.transaction_id = Some(txn);
    }
    let replaced = match &row.state_key {
        Some(_) => state::find_replaced(tx, row.room_no, row.position)?,
        None => None,
    };
    if let Some(replaced) = &replaced {
        event.unsigned.replaces_state = Some(replaced);
        event.unsigned.prev_content = find_content(tx, replaced)?;
    }
    if let Some(redaction) = &row.redacted_by {
        event.unsigned.redacted_because = redacted_because(tx, redaction)?;
    } else if row.state_key.is_none() {
        event.unsigned.relations = super::relations::bundle(tx, row)?;
    }
    event.into_raw().map_err(Error::internal)
}

fn find_content(tx: &mut Tx<'_>, event_id: &ruma::EventId) -> Result<Option<Box<RawValue>>> {
    let Some(row) = events::find(tx, event_id)? else { return Ok(None) };
    let event = ClientEvent::parse(event_id, &row.pdu).map_err(Error::internal)?;
    Ok(Some(event.content.to_owned()))
}

fn redacted_because(tx: &mut Tx<'_>, redaction: &ruma::EventId) -> Result<Option<Box<RawValue>>> {
    let Some(row) = events::find(tx, redaction)? else { return Ok(None) };
    let event = ClientEvent::parse(redaction, &row.pdu).map_err(Error::internal)?;
    event.into_raw().map(Some).map_err(Error::internal)
}

/// The stripped state that an invited or knocking person gets to see.
pub fn stripped(row: &EventRow) -> Result<Box<RawValue>> {
    let event = ClientEvent::parse(&row.event_id, &row.pdu).map_err(Error::internal)?;
    let mut value = serde_json::to_value(&event).map_err(Error::internal)?;
    if let Value::Object(object) = &mut value {
        object.retain(|key, _| matches!(key.as_str(), "type" | "state_key" | "content" | "sender"));
    }
    serde_json::value::to_raw_value(&value).map_err(Error::internal)
}
