//! The one way in which an event gets into a room.

use std::borrow::Cow;

use ruma::{
    CanonicalJsonObject, EventId, OwnedEventId, RoomVersionId, UserId,
    events::{StateEventType, TimelineEventType},
    room_version_rules::RoomVersionRules,
    state_res::{auth_types_for_event, check_state_dependent_auth_rules},
};
use serde_json::value::RawValue;
use unisono_domain::{
    Millis,
    room::{Draft, Pdu},
};
use unisono_store::{
    Tx,
    rooms::{
        events::{self, EventRow},
        memberships,
        room::{self, RoomRow},
        state,
    },
};

use super::consequences;
use crate::{Core, Error, Result, hub};

/// An event that somebody here wants to add.
#[derive(Clone, Debug)]
pub struct NewEvent<'a> {
    pub sender: &'a UserId,
    pub kind: &'a str,
    pub state_key: Option<&'a str>,
    pub content: CanonicalJsonObject,
    pub redacts: Option<&'a EventId>,
    pub origin_server_ts: Millis,
    /// Device and transaction of the client, given back to that device with the event.
    pub txn: Option<(&'a str, &'a str)>,
    pub place: Place,
    /// It came from a network, or tells about one, so it is not sent out to it.
    pub from_network: bool,
}

impl<'a> NewEvent<'a> {
    /// A message-like event, now and without a transaction.
    pub fn message(sender: &'a UserId, kind: &'a str, content: CanonicalJsonObject, now: Millis) -> Self {
        Self {
            sender,
            kind,
            state_key: None,
            content,
            redacts: None,
            origin_server_ts: now,
            txn: None,
            place: Place::Newest { notify: true },
            from_network: false,
        }
    }

    /// A state event.
    pub fn state(
        sender: &'a UserId,
        kind: &'a str,
        state_key: &'a str,
        content: CanonicalJsonObject,
        now: Millis,
    ) -> Self {
        Self { state_key: Some(state_key), ..Self::message(sender, kind, content, now) }
    }
}

/// Where an event goes in the timeline.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// At the end. `notify`: raises unread counts and notifications.
    Newest { notify: bool },
    /// Before everything that the room has: history fetched later. Give such events newest first.
    /// They change no state and notify nobody.
    Oldest,
    /// The same at a place that was taken by [`room::lower_by`]; give such events oldest first.
    Before { position: i64 },
}

impl Place {
    fn is_history(self) -> bool {
        matches!(self, Self::Oldest | Self::Before { .. })
    }
}

#[derive(Clone, Debug)]
pub struct Appended {
    pub event_id: OwnedEventId,
    pub position: i64,
}

/// The rules of a room's version.
pub(crate) fn rules_of(room: &RoomRow) -> Result<RoomVersionRules> {
    RoomVersionId::try_from(room.version.as_str())
        .ok()
        .and_then(|version| version.rules())
        .ok_or_else(|| Error::internal(format!("room version {} has no rules here", room.version)))
}

/// Checks the authorization rules against the current state, seals the event and stores it with
/// everything that follows from it. `room` is brought up to date, so that several events can be
/// added one after the other.
pub fn append(tx: &mut Tx<'_>, core: &Core, room: &mut RoomRow, event: NewEvent<'_>) -> Result<Appended> {
    let rules = rules_of(room)?;
    let is_create = event.kind == "m.room.create";
    let kind = TimelineEventType::from(event.kind);
    let raw_content = serde_json::value::to_raw_value(&event.content).map_err(Error::internal)?;

    let auth_state = select_auth_state(tx, room.room_no, &rules, &kind, &event, &raw_content)?;
    let create_is_implied = rules.authorization.room_create_event_id_as_room_id;
    let auth_events: Vec<OwnedEventId> = auth_state
        .iter()
        .filter(|pdu| !(create_is_implied && pdu.kind == TimelineEventType::RoomCreate))
        .map(|pdu| pdu.event_id.clone())
        .collect();
    let prev_events: Vec<OwnedEventId> = serde_json::from_str(&room.heads).map_err(Error::internal)?;
    let depth = room.depth + 1;

    let sealed = Draft {
        room_id: (!(is_create && create_is_implied)).then_some(&room.room_id),
        sender: event.sender,
        kind: event.kind,
        state_key: event.state_key,
        content: event.content,
        redacts: event.redacts,
        origin_server_ts: event.origin_server_ts,
        prev_events: &prev_events,
        auth_events: &auth_events,
        depth,
    }
    .seal(&rules, &core.signer)?;

    let pdu = Pdu {
        event_id: sealed.event_id.clone(),
        room_id: Some(room.room_id.clone()),
        sender: event.sender.to_owned(),
        origin_server_ts: millis(event.origin_server_ts),
        kind,
        content: raw_content,
        state_key: event.state_key.map(ToOwned::to_owned),
        prev_events,
        auth_events,
        redacts: event.redacts.map(ToOwned::to_owned),
    };
    check_state_dependent_auth_rules(&rules.authorization, &pdu, |kind: &StateEventType, key: &str| {
        auth_state.iter().find(|state| {
            state.kind == TimelineEventType::from(kind.clone()) && state.state_key.as_deref() == Some(key)
        })
    })
    .map_err(Error::Forbidden)?;

    let (position, notify) = match event.place {
        Place::Newest { notify } => (tx.next_position()?, notify),
        Place::Oldest => (room::lower(tx, room.room_no)?, false),
        Place::Before { position } => (position, false),
    };
    let row = EventRow {
        position,
        room_no: room.room_no,
        event_id: sealed.event_id,
        kind: event.kind.to_owned(),
        state_key: pdu.state_key.clone(),
        sender: pdu.sender.clone(),
        pdu: sealed.json,
        txn: event.txn.map(|(device, txn)| format!("{device}\n{txn}")),
        redacted_by: None,
    };
    events::insert(tx, &row)?;

    if !event.place.is_history() {
        if let Some(state_key) = &row.state_key {
            state::set(tx, row.room_no, &row.kind, state_key, &row.event_id, position)?;
            if row.kind == "m.room.member" {
                let content: Membership<'_> = pdu.content_as().map_err(|error| Error::bad_json(error.to_string()))?;
                memberships::set(tx, row.room_no, state_key, &content.membership, &row.event_id, position)?;
            }
        }
        room.heads = serde_json::to_string(&[&row.event_id]).map_err(Error::internal)?;
        room.depth = depth;
        room.news = position;
        room::advance(tx, room.room_no, &room.heads, room.depth, room.news)?;
    }
    consequences::follow(tx, core, room, &rules, &row, &pdu, notify)?;
    if !event.from_network && !event.place.is_history() {
        let added = hub::on_event(tx, core, room, &row, event.redacts)?;
        if added {
            *room = room::get(tx, room.room_no)?;
        }
    }
    Ok(Appended { event_id: row.event_id, position })
}

/// Adds earlier events to the old end of a room, given oldest first.
pub fn append_history(
    tx: &mut Tx<'_>,
    core: &Core,
    room: &mut RoomRow,
    events: Vec<NewEvent<'_>>,
) -> Result<Vec<Appended>> {
    let mut appended = Vec::with_capacity(events.len());
    for event in events.into_iter().rev() {
        appended.push(append(tx, core, room, NewEvent { place: Place::Oldest, ..event })?);
    }
    appended.reverse();
    Ok(appended)
}

#[derive(serde::Deserialize)]
struct Membership<'a> {
    #[serde(borrow)]
    membership: Cow<'a, str>,
}

/// The state events by which this event is judged, from the current state.
fn select_auth_state(
    tx: &mut Tx<'_>,
    room_no: i64,
    rules: &RoomVersionRules,
    kind: &TimelineEventType,
    event: &NewEvent<'_>,
    content: &RawValue,
) -> Result<Vec<Pdu>> {
    let mut keys = auth_types_for_event(kind, event.sender, event.state_key, content, &rules.authorization)
        .map_err(Error::bad_json)?;
    if *kind != TimelineEventType::RoomCreate && rules.authorization.room_create_event_id_as_room_id {
        keys.push((StateEventType::RoomCreate, String::new()));
    }
    let mut pdus = Vec::with_capacity(keys.len());
    for (kind, key) in keys {
        if let Some((event_id, json)) = state::find_pdu(tx, room_no, &kind.to_string(), &key)? {
            pdus.push(Pdu::parse(event_id, &json).map_err(Error::internal)?);
        }
    }
    Ok(pdus)
}

fn millis(time: Millis) -> ruma::MilliSecondsSinceUnixEpoch {
    ruma::MilliSecondsSinceUnixEpoch(ruma::UInt::new_saturating(time.try_into().unwrap_or_default()))
}
