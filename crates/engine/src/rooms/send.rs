//! Sending events as a client does, with transaction ids.

use ruma::{CanonicalJsonObject, DeviceId, EventId, OwnedDeviceId, OwnedEventId, OwnedRoomId, OwnedUserId, UserId};
use serde::Deserialize;
use unisono_domain::{Millis, room::Pdu};
use unisono_store::{
    Tx,
    rooms::{
        events,
        room::RoomRow,
        state,
        transactions::{self, TxnKey},
    },
};

use super::{NewEvent, append, require_joined};
use crate::{Core, Engine, Error, Result};

/// A client's device and its transaction id.
#[derive(Clone, Debug)]
pub struct ClientTxn {
    pub device_id: OwnedDeviceId,
    pub txn_id: String,
}

/// Reads an event's content: a JSON object without floats and with integers that every JSON parser
/// keeps (specification, "Canonical JSON").
pub fn content_from_json(json: &str) -> Result<CanonicalJsonObject> {
    serde_json::from_str(json).map_err(|error| Error::bad_json(format!("the content is no valid object: {error}")))
}

impl Engine {
    /// `PUT /rooms/{}/send/{}/{}`: adds a message-like event; the same transaction again gives the
    /// same event.
    pub async fn send_message(
        &self,
        room_id: OwnedRoomId,
        sender: OwnedUserId,
        kind: String,
        content: CanonicalJsonObject,
        txn: ClientTxn,
    ) -> Result<OwnedEventId> {
        let core = self.core();
        self.db
            .write(move |tx| {
                let scope = format!("send/{room_id}/{kind}");
                repeatable(tx, &core, &sender, &txn, &scope, |tx| {
                    let mut room = require_joined(tx, &room_id, &sender)?;
                    if kind == "m.reaction" {
                        refuse_second_reaction(tx, &room, &sender, &content)?;
                    }
                    let now = core.now();
                    let event = NewEvent {
                        txn: Some((txn.device_id.as_str(), &txn.txn_id)),
                        ..NewEvent::message(&sender, &kind, content.clone(), now)
                    };
                    Ok(append(tx, &core, &mut room, event)?.event_id)
                })
            })
            .await
    }

    /// `PUT /rooms/{}/state/{}/{}`: sets a piece of state.
    pub async fn send_state(
        &self,
        room_id: OwnedRoomId,
        sender: OwnedUserId,
        kind: String,
        state_key: String,
        content: CanonicalJsonObject,
    ) -> Result<OwnedEventId> {
        let core = self.core();
        self.db
            .write(move |tx| {
                // Joining is a state event, too, so the rules decide and not the membership.
                let mut room =
                    super::get_room(tx, &room_id).map_err(|_| Error::forbidden("you are not in this room"))?;
                if let Some(current) = unchanged(tx, &room, &sender, &kind, &state_key, &content)? {
                    return Ok(current);
                }
                if kind == "m.room.canonical_alias" {
                    super::directory::check_canonical_alias(tx, &room, &content)?;
                }
                let event = NewEvent::state(&sender, &kind, &state_key, content.clone(), core.now());
                Ok(append(tx, &core, &mut room, event)?.event_id)
            })
            .await
    }

    /// `PUT /rooms/{}/redact/{}/{}`.
    pub async fn redact_event(
        &self,
        room_id: OwnedRoomId,
        sender: OwnedUserId,
        target: OwnedEventId,
        reason: Option<String>,
        txn: ClientTxn,
    ) -> Result<OwnedEventId> {
        let core = self.core();
        self.db
            .write(move |tx| {
                let scope = format!("redact/{room_id}/{target}");
                repeatable(tx, &core, &sender, &txn, &scope, |tx| {
                    let mut room = require_joined(tx, &room_id, &sender)?;
                    may_redact(tx, &room, &sender, &target)?;
                    let mut content = CanonicalJsonObject::new();
                    if let Some(reason) = &reason {
                        content.insert("reason".to_owned(), reason.clone().into());
                    }
                    let event = NewEvent {
                        redacts: Some(&target),
                        txn: Some((txn.device_id.as_str(), &txn.txn_id)),
                        ..NewEvent::message(&sender, "m.room.redaction", content, core.now())
                    };
                    Ok(append(tx, &core, &mut room, event)?.event_id)
                })
            })
            .await
    }
}

/// Runs `send` once per transaction id.
fn repeatable(
    tx: &mut Tx<'_>,
    core: &Core,
    user_id: &UserId,
    txn: &ClientTxn,
    scope: &str,
    send: impl FnOnce(&mut Tx<'_>) -> Result<OwnedEventId>,
) -> Result<OwnedEventId> {
    let device_id: &DeviceId = &txn.device_id;
    let key = TxnKey { user_id, device_id, txn_id: &txn.txn_id, scope };
    if let Some(sent) = transactions::find(tx, key)? {
        return OwnedEventId::try_from(sent).map_err(Error::internal);
    }
    let event_id = send(tx)?;
    let now: Millis = core.now();
    transactions::insert(tx, key, event_id.as_str(), now)?;
    Ok(event_id)
}

/// The current event, if setting this again would say nothing new.
fn unchanged(
    tx: &mut Tx<'_>,
    room: &RoomRow,
    sender: &UserId,
    kind: &str,
    state_key: &str,
    content: &CanonicalJsonObject,
) -> Result<Option<OwnedEventId>> {
    let Some((event_id, json)) = state::find_pdu(tx, room.room_no, kind, state_key)? else { return Ok(None) };
    let pdu = Pdu::parse(event_id, &json).map_err(Error::internal)?;
    let same = pdu.sender == sender && content_from_json(pdu.content.get())? == *content;
    Ok(same.then_some(pdu.event_id))
}

/// Own events may always be redacted, others' with the room's `redact` level.
fn may_redact(tx: &mut Tx<'_>, room: &RoomRow, sender: &UserId, target: &EventId) -> Result<()> {
    let target = events::find(tx, target)?
        .filter(|event| event.room_no == room.room_no)
        .ok_or_else(|| Error::not_found("there is no such event in this room"))?;
    if target.sender == sender
        || super::power::of(tx, room, sender)? >= super::power::required(tx, room, super::power::Action::Redact)?
    {
        return Ok(());
    }
    Err(Error::forbidden("you may not remove others' messages here"))
}

#[derive(Deserialize)]
struct Annotation {
    event_id: Option<OwnedEventId>,
    key: Option<String>,
}

/// The same reaction twice is refused (specification, "Annotations").
fn refuse_second_reaction(
    tx: &mut Tx<'_>,
    room: &RoomRow,
    sender: &UserId,
    content: &CanonicalJsonObject,
) -> Result<()> {
    let Some(relates_to) = content.get("m.relates_to") else { return Ok(()) };
    let value = serde_json::to_value(relates_to).map_err(Error::internal)?;
    let Ok(Annotation { event_id: Some(parent), key: Some(key) }) = serde_json::from_value(value) else {
        return Ok(());
    };
    match events::find_annotation(tx, room.room_no, &parent, sender, "m.reaction", &key)? {
        Some(_) => Err(Error::Invalid {
            code: "M_DUPLICATE_ANNOTATION",
            message: "you have reacted with this already".to_owned(),
        }),
        None => Ok(()),
    }
}
