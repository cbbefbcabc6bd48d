//! Who is in which room: the members' state events once more, by person.

use ruma::{EventId, OwnedEventId, OwnedRoomId, OwnedUserId, UserId};

use crate::{Result, Row, Tx, args, keys::changes, sql};

sql! {
    SET = "INSERT INTO memberships (room_no, user_id, membership, event_id, position) VALUES ($1, $2, $3, $4, $5)
        ON CONFLICT (room_no, user_id) DO UPDATE SET membership = excluded.membership,
        event_id = excluded.event_id, position = excluded.position, forgotten = FALSE";
    FIND = "SELECT membership FROM memberships WHERE room_no = $1 AND user_id = $2";
    FIND_ROW = "SELECT m.room_no, r.room_id, m.membership, m.event_id, m.position, r.news, m.forgotten
        FROM memberships m JOIN rooms r ON r.room_no = m.room_no WHERE m.room_no = $1 AND m.user_id = $2";
    LIST_OF_ROOM = "SELECT user_id FROM memberships WHERE room_no = $1 AND membership = $2 ORDER BY position";
    COUNT = "SELECT COUNT(*) FROM memberships WHERE room_no = $1 AND membership = $2";
    LIST_OF_USER = "SELECT m.room_no, r.room_id, m.membership, m.event_id, m.position, r.news, m.forgotten
        FROM memberships m JOIN rooms r ON r.room_no = m.room_no WHERE m.user_id = $1";
    FORGET = "UPDATE memberships SET forgotten = TRUE WHERE room_no = $1 AND user_id = $2";
    SHARE = "SELECT 1 FROM memberships a JOIN memberships b ON a.room_no = b.room_no
        WHERE a.user_id = $1 AND a.membership = 'join' AND b.user_id = $2 AND b.membership = 'join' LIMIT 1";
    LIST_SHARING = "SELECT DISTINCT b.user_id FROM memberships a JOIN memberships b ON a.room_no = b.room_no
        WHERE a.user_id = $1 AND a.membership = 'join' AND b.membership = 'join'";
}

/// One room of a person.
#[derive(Clone, Debug)]
pub struct MembershipRow {
    pub room_no: i64,
    pub room_id: OwnedRoomId,
    pub membership: String,
    pub event_id: OwnedEventId,
    pub position: i64,
    /// The room's newest position, see `rooms.news`.
    pub news: i64,
    pub forgotten: bool,
}

pub fn set(
    tx: &mut Tx<'_>,
    room_no: i64,
    user_id: &str,
    membership: &str,
    event_id: &EventId,
    position: i64,
) -> Result<()> {
    let before: Option<String> = tx.find(&FIND, args![room_no, user_id], |row| row.get(0))?;
    if (before.as_deref() == Some("join")) != (membership == "join") {
        changes::record_move(tx, room_no, user_id, position)?;
    }
    tx.execute(&SET, args![room_no, user_id, membership, event_id, position]).map(drop)
}

/// `join`, `invite`, `leave`, `ban`, `knock`, or nothing.
pub fn find(tx: &mut Tx<'_>, room_no: i64, user_id: &UserId) -> Result<Option<String>> {
    tx.find(&FIND, args![room_no, user_id], |row| row.get(0))
}

/// In the order in which they came.
pub fn list_of_room(tx: &mut Tx<'_>, room_no: i64, membership: &str) -> Result<Vec<OwnedUserId>> {
    tx.list(&LIST_OF_ROOM, args![room_no, membership], |row| row.get(0))
}

pub fn count(tx: &mut Tx<'_>, room_no: i64, membership: &str) -> Result<i64> {
    tx.get(&COUNT, args![room_no, membership], |row| row.get(0))
}

/// Every room that the person has anything to do with.
pub fn list_of_user(tx: &mut Tx<'_>, user_id: &UserId) -> Result<Vec<MembershipRow>> {
    tx.list(&LIST_OF_USER, args![user_id], read)
}

/// One person's standing in one room.
pub fn find_row(tx: &mut Tx<'_>, room_no: i64, user_id: &UserId) -> Result<Option<MembershipRow>> {
    tx.find(&FIND_ROW, args![room_no, user_id], read)
}

fn read(row: &Row<'_>) -> Result<MembershipRow> {
    Ok(MembershipRow {
        room_no: row.get(0)?,
        room_id: row.get(1)?,
        membership: row.get(2)?,
        event_id: row.get(3)?,
        position: row.get(4)?,
        news: row.get(5)?,
        forgotten: row.get(6)?,
    })
}

pub fn forget(tx: &mut Tx<'_>, room_no: i64, user_id: &UserId) -> Result<()> {
    tx.execute(&FORGET, args![room_no, user_id]).map(drop)
}

/// Whether both are joined to a common room.
pub fn share_a_room(tx: &mut Tx<'_>, one: &UserId, other: &UserId) -> Result<bool> {
    Ok(tx.find(&SHARE, args![one, other], |_| Ok(()))?.is_some())
}

/// Everybody who is joined to a room that the person is joined to, the person included.
pub fn list_sharing(tx: &mut Tx<'_>, user_id: &UserId) -> Result<Vec<OwnedUserId>> {
    tx.list(&LIST_SHARING, args![user_id], |row| row.get(0))
}
