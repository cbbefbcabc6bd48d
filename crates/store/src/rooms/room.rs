//! A room's own row: its version and where its event graph ends.

use ruma::{OwnedRoomId, RoomId};

use crate::{Error, Result, Row, Tx, args, sql};

sql! {
    INSERT = "INSERT INTO rooms (room_id, version, heads, depth, news, oldest, created_at)
        VALUES ($1, $2, '[]', 0, 0, 0, $3) RETURNING room_no";
    FIND = "SELECT room_no, room_id, version, heads, depth, news, oldest FROM rooms WHERE room_id = $1";
    GET = "SELECT room_no, room_id, version, heads, depth, news, oldest FROM rooms WHERE room_no = $1";
    ADVANCE = "UPDATE rooms SET heads = $2, depth = $3, news = $4 WHERE room_no = $1";
    TOUCH = "UPDATE rooms SET news = $2 WHERE room_no = $1";
    LOWER = "UPDATE rooms SET oldest = $2 WHERE room_no = $1";
    OLDEST_OF_ALL = "SELECT COALESCE(MIN(position), 0) FROM events";
}

#[derive(Clone, Debug)]
pub struct RoomRow {
    pub room_no: i64,
    pub room_id: OwnedRoomId,
    pub version: String,
    /// JSON list of event ids.
    pub heads: String,
    pub depth: i64,
    pub news: i64,
    pub oldest: i64,
}

fn read(row: &Row<'_>) -> Result<RoomRow> {
    Ok(RoomRow {
        room_no: row.get(0)?,
        room_id: row.get(1)?,
        version: row.get(2)?,
        heads: row.get(3)?,
        depth: row.get(4)?,
        news: row.get(5)?,
        oldest: row.get(6)?,
    })
}

/// Makes a room without events; gives its number.
pub fn insert(tx: &mut Tx<'_>, room_id: &RoomId, version: &str, now: i64) -> Result<i64> {
    tx.get(&INSERT, args![room_id, version, now], |row| row.get(0))
}

pub fn find(tx: &mut Tx<'_>, room_id: &RoomId) -> Result<Option<RoomRow>> {
    tx.find(&FIND, args![room_id], read)
}

pub fn get(tx: &mut Tx<'_>, room_no: i64) -> Result<RoomRow> {
    tx.find(&GET, args![room_no], read)?.ok_or_else(|| Error::Defect(format!("room {room_no} does not exist")))
}

/// Sets where the event graph ends now.
pub fn advance(tx: &mut Tx<'_>, room_no: i64, heads: &str, depth: i64, news: i64) -> Result<()> {
    tx.execute(&ADVANCE, args![room_no, heads, depth, news]).map(drop)
}

/// Notes that syncs have something to fetch here other than an event.
pub fn touch(tx: &mut Tx<'_>, room_no: i64, news: i64) -> Result<()> {
    tx.execute(&TOUCH, args![room_no, news]).map(drop)
}

/// Takes the next position below all others, for an event older than what the room has.
pub fn lower(tx: &mut Tx<'_>, room_no: i64) -> Result<i64> {
    lower_by(tx, room_no, 1)
}

/// Takes the next `count` positions below all others; gives the lowest.
pub fn lower_by(tx: &mut Tx<'_>, room_no: i64, count: i64) -> Result<i64> {
    let lowest: i64 = tx.get(&OLDEST_OF_ALL, args![], |row| row.get(0))?;
    let position = lowest.min(0) - count;
    tx.execute(&LOWER, args![room_no, position])?;
    Ok(position)
}
