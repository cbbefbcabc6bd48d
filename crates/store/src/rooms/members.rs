//! Members who are people with a login here, as opposed to ghosts and bots.

use ruma::{OwnedUserId, UserId};

use crate::{Result, Tx, args, sql};

sql! {
    LIST_PEOPLE = "SELECT m.user_id FROM memberships m JOIN users u ON u.user_id = m.user_id
        WHERE m.room_no = $1 AND m.membership = 'join' AND u.kind = 'person'";
    LIST_PEOPLE_SHARING = "SELECT DISTINCT b.user_id FROM memberships a JOIN memberships b ON a.room_no = b.room_no
        JOIN users u ON u.user_id = b.user_id
        WHERE a.user_id = $1 AND a.membership = 'join' AND b.membership = 'join' AND u.kind = 'person'";
}

/// Joined people with a login here.
pub fn list_people(tx: &mut Tx<'_>, room_no: i64) -> Result<Vec<OwnedUserId>> {
    tx.list(&LIST_PEOPLE, args![room_no], |row| row.get(0))
}

/// People with a login here who share a room with the person, who is one of them unless alone.
pub fn list_people_sharing(tx: &mut Tx<'_>, user_id: &UserId) -> Result<Vec<OwnedUserId>> {
    tx.list(&LIST_PEOPLE_SHARING, args![user_id], |row| row.get(0))
}
