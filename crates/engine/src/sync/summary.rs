//! How many are in a room and, where it has no name, who (specification, "RoomSummary").

use ruma::{OwnedUserId, UInt, UserId, api::client::sync::sync_events::v3::RoomSummary};
use unisono_store::{
    Tx,
    rooms::{memberships, room::RoomRow, state},
};

use crate::Result;

const HEROES: usize = 5;

pub(super) fn summary(tx: &mut Tx<'_>, room: &RoomRow, reader: &UserId) -> Result<RoomSummary> {
    let mut summary = RoomSummary::new();
    summary.joined_member_count = count(tx, room, "join")?;
    summary.invited_member_count = count(tx, room, "invite")?;
    let named = state::find(tx, room.room_no, "m.room.name", "")?.is_some()
        || state::find(tx, room.room_no, "m.room.canonical_alias", "")?.is_some();
    if !named {
        summary.heroes = heroes(tx, room, reader)?;
    }
    Ok(summary)
}

fn count(tx: &mut Tx<'_>, room: &RoomRow, membership: &str) -> Result<Option<UInt>> {
    let count = memberships::count(tx, room.room_no, membership)?;
    Ok(u64::try_from(count).ok().map(UInt::new_saturating))
}

/// The first others who are in the room or invited; else the first who have left.
fn heroes(tx: &mut Tx<'_>, room: &RoomRow, reader: &UserId) -> Result<Vec<OwnedUserId>> {
    let mut heroes = Vec::new();
    for memberships in [["join", "invite"], ["leave", "ban"]] {
        for membership in memberships {
            heroes.extend(memberships::list_of_room(tx, room.room_no, membership)?);
        }
        heroes.retain(|user| user != reader);
        if !heroes.is_empty() {
            break;
        }
    }
    heroes.truncate(HEROES);
    Ok(heroes)
}
