//! Events that people were to be told of and have not read.

use ruma::{OwnedUserId, UserId};

use crate::{Result, Tx, args, sql};

sql! {
    INSERT = "INSERT INTO notifications (user_id, room_no, position, highlight) VALUES ($1, $2, $3, $4)
        ON CONFLICT DO NOTHING";
    CLEAR = "DELETE FROM notifications WHERE user_id = $1 AND room_no = $2";
    DELETE_EVENT = "DELETE FROM notifications WHERE room_no = $1 AND position = $2
        AND user_id IN (SELECT user_id FROM memberships WHERE room_no = $1 AND membership IN ('join', 'invite'))";
    LIST_LISTENERS = "SELECT m.user_id, a.position FROM memberships m JOIN users u ON u.user_id = m.user_id
        LEFT JOIN account_data a ON a.user_id = m.user_id AND a.room_id = '' AND a.type = 'm.push_rules'
        WHERE m.room_no = $1 AND m.membership = 'join' AND u.kind = 'person'";
    FIND_LISTENER = "SELECT u.user_id, a.position FROM users u
        LEFT JOIN account_data a ON a.user_id = u.user_id AND a.room_id = '' AND a.type = 'm.push_rules'
        WHERE u.user_id = $1 AND u.kind = 'person'";
}

/// A person with a login here, and which edition of their push rules holds.
#[derive(Clone, Debug)]
pub struct Listener {
    pub user_id: OwnedUserId,
    /// The stream position at which they were set; nothing: the default ones.
    pub rules: Option<i64>,
}

pub fn insert(tx: &mut Tx<'_>, user_id: &UserId, room_no: i64, position: i64, highlight: bool) -> Result<()> {
    tx.execute(&INSERT, args![user_id, room_no, position, highlight]).map(drop)
}

/// Everything in the room counts as read.
pub fn clear(tx: &mut Tx<'_>, user_id: &UserId, room_no: i64) -> Result<()> {
    tx.execute(&CLEAR, args![user_id, room_no]).map(drop)
}

/// Nobody needs to be told of this event any more.
pub fn delete_event(tx: &mut Tx<'_>, room_no: i64, position: i64) -> Result<()> {
    tx.execute(&DELETE_EVENT, args![room_no, position]).map(drop)
}

/// The room's joined people.
pub fn list_listeners(tx: &mut Tx<'_>, room_no: i64) -> Result<Vec<Listener>> {
    tx.list(&LIST_LISTENERS, args![room_no], |row| Ok(Listener { user_id: row.get(0)?, rules: row.get(1)? }))
}

/// One person; nothing if that is no person with a login here.
pub fn find_listener(tx: &mut Tx<'_>, user_id: &UserId) -> Result<Option<Listener>> {
    tx.find(&FIND_LISTENER, args![user_id], |row| Ok(Listener { user_id: row.get(0)?, rules: row.get(1)? }))
}
