//! Members who are people with a login here, as opposed to ghosts and bots.

use ruma::OwnedUserId;

use crate::{Result, Tx, args, sql};

sql! {
    LIST_PEOPLE = "SELECT m.user_id FROM memberships m JOIN users u ON u.user_id = m.user_id
        WHERE m.room_no = $1 AND m.membership = 'join' AND u.kind = 'person'";
}

/// Joined people with a login here.
pub fn list_people(tx: &mut Tx<'_>, room_no: i64) -> Result<Vec<OwnedUserId>> {
    tx.list(&LIST_PEOPLE, args![room_no], |row| row.get(0))
}
