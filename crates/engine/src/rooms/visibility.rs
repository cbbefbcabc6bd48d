//! Which part of a room's history a person may see (`m.room.history_visibility`).

use ruma::UserId;
use serde::Deserialize;
use unisono_domain::room::Pdu;
use unisono_store::{
    Tx,
    rooms::{
        events::{self, EventRow},
        memberships,
        room::{self, RoomRow},
        state,
    },
};

use crate::{Error, Result};

/// A person's view of a room: up to where they may read, and which events on the way.
#[derive(Clone, Debug)]
pub struct Sight {
    /// Events after this position are hidden: they left there. `None`: they are in the room.
    pub until: Option<i64>,
    /// Visibility was never anything but shared or public: no event needs a closer look.
    pub open: bool,
}

/// How somebody who was in the room, or is in it, sees it. Others see nothing (`M_FORBIDDEN`), but
/// for world-readable rooms.
pub fn require_sight(tx: &mut Tx<'_>, room_id: &ruma::RoomId, user: &UserId) -> Result<(RoomRow, Sight)> {
    let outside = || Error::forbidden("you are not in this room");
    let row = room::find(tx, room_id)?.ok_or_else(outside)?;
    let open = is_open(tx, &row)?;
    let sight = match memberships::find_row(tx, row.room_no, user)? {
        Some(member) if member.membership == "join" => Sight { until: None, open },
        Some(member) if matches!(member.membership.as_str(), "leave" | "ban") && !member.forgotten => {
            // Somebody who was only ever invited has seen nothing.
            if !was_joined(tx, &row, user, member.position)? {
                return Err(outside());
            }
            Sight { until: Some(member.position), open }
        }
        _ if visibility_at(tx, &row, i64::MAX)? == "world_readable" => Sight { until: None, open },
        _ => return Err(outside()),
    };
    Ok((row, sight))
}

/// Whether the room's history was visible to its members from its beginning.
pub(crate) fn is_open(tx: &mut Tx<'_>, room: &RoomRow) -> Result<bool> {
    Ok(state::count_changes(tx, room.room_no, "m.room.history_visibility")? <= 1
        && matches!(visibility_at(tx, room, i64::MAX)?.as_str(), "shared" | "world_readable"))
}

/// Whether the person was in the room just before a position.
pub(crate) fn was_joined(tx: &mut Tx<'_>, room: &RoomRow, user: &UserId, before: i64) -> Result<bool> {
    Ok(membership_at(tx, room, user, before - 1)?.as_deref() == Some("join"))
}

/// Whether the person may see an event (specification, "Room history visibility").
pub fn may_see(tx: &mut Tx<'_>, room: &RoomRow, sight: &Sight, user: &UserId, event: &EventRow) -> Result<bool> {
    if sight.until.is_some_and(|until| event.position > until) {
        return Ok(false);
    }
    if sight.open {
        return Ok(true);
    }
    if event.kind == "m.room.member" && event.state_key.as_deref() == Some(user.as_str()) {
        return Ok(true);
    }
    // History that was fetched later belongs to those who fetched it; the state begins after it.
    let position = event.position.max(0);
    match visibility_at(tx, room, position)?.as_str() {
        "invited" => Ok(matches!(membership_at(tx, room, user, position)?.as_deref(), Some("join" | "invite"))),
        "joined" => Ok(membership_at(tx, room, user, position)?.as_deref() == Some("join")),
        _ => Ok(true),
    }
}

#[derive(Deserialize)]
struct Visibility {
    history_visibility: Option<String>,
}

fn visibility_at(tx: &mut Tx<'_>, room: &RoomRow, position: i64) -> Result<String> {
    let shared = || "shared".to_owned();
    let Some(event_id) = state::find_at(tx, room.room_no, "m.room.history_visibility", "", position)? else {
        return Ok(shared());
    };
    let Some(row) = events::find(tx, &event_id)? else { return Ok(shared()) };
    let pdu = Pdu::parse(event_id, &row.pdu).map_err(Error::internal)?;
    Ok(pdu.content_as::<Visibility>().ok().and_then(|content| content.history_visibility).unwrap_or_else(shared))
}

#[derive(Deserialize)]
struct Membership {
    membership: String,
}

fn membership_at(tx: &mut Tx<'_>, room: &RoomRow, user: &UserId, position: i64) -> Result<Option<String>> {
    let Some(event_id) = state::find_at(tx, room.room_no, "m.room.member", user.as_str(), position)? else {
        return Ok(None);
    };
    let Some(row) = events::find(tx, &event_id)? else { return Ok(None) };
    let pdu = Pdu::parse(event_id, &row.pdu).map_err(Error::internal)?;
    Ok(pdu.content_as::<Membership>().ok().map(|content| content.membership))
}
