//! Finding a room and one's standing in it.

use ruma::{RoomId, UserId};
use unisono_store::{
    Tx,
    rooms::{
        memberships,
        room::{self, RoomRow},
    },
};

use crate::{Error, Result};

/// The room, or `M_NOT_FOUND`.
pub fn get_room(tx: &mut Tx<'_>, room_id: &RoomId) -> Result<RoomRow> {
    room::find(tx, room_id)?.ok_or_else(|| Error::not_found("there is no such room"))
}

/// `join`, `invite`, `leave`, `ban`, `knock`, or nothing.
pub fn membership_of(tx: &mut Tx<'_>, room: &RoomRow, user: &UserId) -> Result<Option<String>> {
    Ok(memberships::find(tx, room.room_no, user)?)
}

/// The room, if the user is in it now; else `M_FORBIDDEN`, whether it exists or not.
pub fn require_joined(tx: &mut Tx<'_>, room_id: &RoomId, user: &UserId) -> Result<RoomRow> {
    let outside = || Error::forbidden("you are not in this room");
    let room = room::find(tx, room_id)?.ok_or_else(outside)?;
    match memberships::find(tx, room.room_no, user)?.as_deref() {
        Some("join") => Ok(room),
        _ => Err(outside()),
    }
}
