//! Reading single events, state and members.

use ruma::{EventId, OwnedEventId, OwnedRoomId, OwnedUserId};
use serde_json::value::RawValue;
use unisono_domain::room::ClientEvent;
use unisono_store::{
    Tx,
    profiles::{self, ProfileRow},
    rooms::{
        events::{self, EventRow},
        memberships,
        room::RoomRow,
        state::{self, StateRow},
    },
};

use super::{
    require_joined,
    view::{Reader, RoomField, view},
    visibility::{Sight, may_see, require_sight},
};
use crate::{Engine, Error, Result};

impl Engine {
    /// `GET /rooms/{}/event/{}`
    pub async fn get_event(
        &self,
        room_id: OwnedRoomId,
        event_id: OwnedEventId,
        reader: Reader,
    ) -> Result<Box<RawValue>> {
        let now = self.now();
        self.db
            .read(move |tx| {
                let unknown = || Error::not_found("there is no such event, or you may not see it");
                let (room, sight) = require_sight(tx, &room_id, &reader.user_id)?;
                let row = events::find(tx, &event_id)?.filter(|row| row.room_no == room.room_no).ok_or_else(unknown)?;
                if !may_see(tx, &room, &sight, &reader.user_id, &row)? {
                    return Err(unknown());
                }
                view(tx, &row, RoomField::Name(&room_id), &reader, now)
            })
            .await
    }

    /// `GET /rooms/{}/state`: now, or as it was when the reader left.
    pub async fn list_state(&self, room_id: OwnedRoomId, reader: Reader) -> Result<Vec<Box<RawValue>>> {
        let now = self.now();
        self.db
            .read(move |tx| {
                let (room, sight) = require_sight(tx, &room_id, &reader.user_id)?;
                let state = state_seen(tx, &room, &sight)?;
                list_events(tx, state.iter().map(|entry| &*entry.event_id), RoomField::Name(&room_id), &reader, now)
            })
            .await
    }

    /// `GET /rooms/{}/state/{}/{}`: the content, or the `whole` event.
    pub async fn get_state(
        &self,
        room_id: OwnedRoomId,
        kind: String,
        state_key: String,
        whole: bool,
        reader: Reader,
    ) -> Result<Box<RawValue>> {
        let now = self.now();
        self.db
            .read(move |tx| {
                let (room, sight) = require_sight(tx, &room_id, &reader.user_id)?;
                let position = sight.until.unwrap_or(i64::MAX);
                let row = match state::find_at(tx, room.room_no, &kind, &state_key, position)? {
                    Some(event_id) => events::find(tx, &event_id)?,
                    None => None,
                };
                let row = row.ok_or_else(|| Error::not_found("the room has no such state"))?;
                if whole {
                    return view(tx, &row, RoomField::Name(&room_id), &reader, now);
                }
                let event = ClientEvent::parse(&row.event_id, &row.pdu).map_err(Error::internal)?;
                Ok(event.content.to_owned())
            })
            .await
    }

    /// `GET /rooms/{}/members`, at a sync token's time and filtered by membership if asked.
    pub async fn list_members(
        &self,
        room_id: OwnedRoomId,
        reader: Reader,
        at: Option<String>,
        only: Option<String>,
        not: Option<String>,
    ) -> Result<Vec<Box<RawValue>>> {
        let now = self.now();
        let at = at.map(|token| token.parse::<crate::sync::Token>()).transpose()?;
        self.db
            .read(move |tx| {
                let (room, sight) = require_sight(tx, &room_id, &reader.user_id)?;
                let until = match (sight.until, &at) {
                    (Some(left), Some(at)) => Some(left.min(at.position)),
                    (left, at) => left.or(at.as_ref().map(|at| at.position)),
                };
                let mut members = Vec::new();
                let state = state_seen(tx, &room, &Sight { until, ..sight })?;
                for entry in state.iter().filter(|entry| entry.kind == "m.room.member") {
                    let Some(row) = events::find(tx, &entry.event_id)? else { continue };
                    let membership = membership(&row)?;
                    if only.as_ref().is_none_or(|only| *only == membership)
                        && not.as_ref().is_none_or(|not| *not != membership)
                    {
                        members.push(view(tx, &row, RoomField::Name(&room_id), &reader, now)?);
                    }
                }
                Ok(members)
            })
            .await
    }

    /// `GET /joined_rooms`
    pub async fn list_joined_rooms(&self, user: OwnedUserId) -> Result<Vec<OwnedRoomId>> {
        self.db
            .read(move |tx| {
                let rooms = memberships::list_of_user(tx, &user)?;
                Ok(rooms.into_iter().filter(|room| room.membership == "join").map(|room| room.room_id).collect())
            })
            .await
    }

    /// `GET /rooms/{}/joined_members`
    pub async fn list_joined_members(
        &self,
        room_id: OwnedRoomId,
        user: OwnedUserId,
    ) -> Result<Vec<(OwnedUserId, ProfileRow)>> {
        self.db
            .read(move |tx| {
                let room = require_joined(tx, &room_id, &user)?;
                let mut members = Vec::new();
                for member in memberships::list_of_room(tx, room.room_no, "join")? {
                    let profile = profiles::find(tx, &member)?.unwrap_or_default();
                    members.push((member, profile));
                }
                Ok(members)
            })
            .await
    }
}

/// The state that the reader may see.
fn state_seen(tx: &mut Tx<'_>, room: &RoomRow, sight: &Sight) -> Result<Vec<StateRow>> {
    Ok(match sight.until {
        None => state::list(tx, room.room_no)?,
        Some(until) => state::list_at(tx, room.room_no, until, 0)?,
    })
}

/// Turns event ids into what the reader sees.
pub(crate) fn list_events<'a>(
    tx: &mut Tx<'_>,
    ids: impl Iterator<Item = &'a EventId>,
    room: RoomField<'_>,
    reader: &Reader,
    now: i64,
) -> Result<Vec<Box<RawValue>>> {
    let mut list = Vec::new();
    for event_id in ids {
        if let Some(row) = events::find(tx, event_id)? {
            list.push(view(tx, &row, room, reader, now)?);
        }
    }
    Ok(list)
}

#[derive(serde::Deserialize)]
struct Membership {
    membership: String,
}

fn membership(row: &EventRow) -> Result<String> {
    let event = ClientEvent::parse(&row.event_id, &row.pdu).map_err(Error::internal)?;
    let content: Membership = serde_json::from_str(event.content.get()).map_err(Error::internal)?;
    Ok(content.membership)
}
