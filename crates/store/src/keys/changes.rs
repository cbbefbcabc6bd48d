//! Whose keys changed when, and who came into or left rooms.

use ruma::{OwnedUserId, UserId};

use crate::{Result, Tx, args, sql};

sql! {
    RECORD = "INSERT INTO key_changes (user_id, audience, position) VALUES ($1, $2, $3)
        ON CONFLICT (user_id, audience) DO UPDATE SET position = excluded.position";
    LIST = "SELECT DISTINCT c.user_id FROM key_changes c WHERE c.position > $2 AND c.position <= $3
        AND (c.audience = $1 OR (c.audience = '' AND (c.user_id = $1 OR EXISTS (
            SELECT 1 FROM memberships a JOIN memberships b ON a.room_no = b.room_no
            WHERE a.user_id = $1 AND a.membership = 'join' AND b.user_id = c.user_id AND b.membership = 'join'))))";
    RECORD_MOVE = "INSERT INTO comings_and_goings (position, room_no, user_id) SELECT $1, $2, $3
        WHERE NOT EXISTS (SELECT 1 FROM users u WHERE u.user_id = $3 AND u.kind <> 'person')
        ON CONFLICT (position) DO NOTHING";
    /// CROSS JOIN: SQLite begins with the few moves since, not with the many rooms of the viewer.
    MOVED_IN_MY_ROOMS = "SELECT DISTINCT c.user_id FROM comings_and_goings c CROSS JOIN memberships m
        WHERE c.position > $2 AND c.position <= $3 AND c.user_id <> $1
        AND m.room_no = c.room_no AND m.user_id = $1 AND m.membership = 'join'";
    ROOMS_I_MOVED = "SELECT DISTINCT room_no FROM comings_and_goings
        WHERE user_id = $1 AND position > $2 AND position <= $3";
    WERE_THERE = "SELECT m.user_id FROM memberships m WHERE m.room_no = $1 AND m.user_id <> $2
        AND (m.membership = 'join' OR EXISTS (
            SELECT 1 FROM comings_and_goings c
            WHERE c.room_no = m.room_no AND c.user_id = m.user_id AND c.position > $3))
        AND NOT EXISTS (SELECT 1 FROM users u WHERE u.user_id = m.user_id AND u.kind <> 'person')";
    SHARED_ALL_ALONG = "SELECT 1 FROM memberships a JOIN memberships b ON a.room_no = b.room_no
        WHERE a.user_id = $1 AND a.membership = 'join' AND b.user_id = $2 AND b.membership = 'join'
        AND NOT EXISTS (SELECT 1 FROM comings_and_goings c
            WHERE c.room_no = a.room_no AND c.user_id IN ($1, $2) AND c.position > $3) LIMIT 1";
}

/// Notes that a person's keys changed. Only the last change counts: who has seen that one needs no
/// earlier one. `audience`: the only person who can see a difference.
pub fn record(tx: &mut Tx<'_>, user_id: &UserId, audience: Option<&UserId>, position: i64) -> Result<()> {
    tx.execute(&RECORD, args![user_id, audience.map_or("", UserId::as_str), position]).map(drop)
}

/// Whose keys changed in `since < position <= until`, of all who share a room with `viewer`, and the
/// viewer's own.
pub fn list(tx: &mut Tx<'_>, viewer: &UserId, since: i64, until: i64) -> Result<Vec<OwnedUserId>> {
    tx.list(&LIST, args![viewer, since, until], |row| row.get(0))
}

/// Notes that somebody joined or ceased to be joined. Ghosts and bots have no devices: not noted.
pub fn record_move(tx: &mut Tx<'_>, room_no: i64, user_id: &str, position: i64) -> Result<()> {
    tx.execute(&RECORD_MOVE, args![position, room_no, user_id]).map(drop)
}

/// People who came into or left the viewer's rooms.
pub fn list_moved(tx: &mut Tx<'_>, viewer: &UserId, since: i64, until: i64) -> Result<Vec<OwnedUserId>> {
    tx.list(&MOVED_IN_MY_ROOMS, args![viewer, since, until], |row| row.get(0))
}

/// Rooms that the viewer joined or left.
pub fn list_own_moves(tx: &mut Tx<'_>, viewer: &UserId, since: i64, until: i64) -> Result<Vec<i64>> {
    tx.list(&ROOMS_I_MOVED, args![viewer, since, until], |row| row.get(0))
}

/// People other than `viewer` who are in a room or were since.
pub fn list_present_since(tx: &mut Tx<'_>, room_no: i64, viewer: &UserId, since: i64) -> Result<Vec<OwnedUserId>> {
    tx.list(&WERE_THERE, args![room_no, viewer, since], |row| row.get(0))
}

/// Whether both are joined to a room that neither entered or left after `since`.
pub fn shared_since(tx: &mut Tx<'_>, one: &UserId, other: &UserId, since: i64) -> Result<bool> {
    Ok(tx.find(&SHARED_ALL_ALONG, args![one, other, since], |_| Ok(()))?.is_some())
}
