//! Who has read up to where.

use ruma::{EventId, OwnedEventId, OwnedUserId, UserId};

use crate::{Result, Row, Tx, args, sql};

sql! {
    FIND = "SELECT event_id FROM receipts WHERE room_no = $1 AND user_id = $2 AND type = $3 AND thread = $4";
    SET = "INSERT INTO receipts (room_no, user_id, type, thread, event_id, at, position)
        VALUES ($1, $2, $3, $4, $5, $6, $7)
        ON CONFLICT (room_no, user_id, type, thread)
        DO UPDATE SET event_id = excluded.event_id, at = excluded.at, position = excluded.position";
    NEWS = "SELECT room_no, user_id, type, thread, event_id, at FROM receipts
        WHERE position > $2 AND position <= $3 AND (type <> 'm.read.private' OR user_id = $1)";
    OF_ROOM = "SELECT room_no, user_id, type, thread, event_id, at FROM receipts
        WHERE room_no = $1 AND position > $3 AND position <= $4 AND (type <> 'm.read.private' OR user_id = $2)";
    READ_ALL = "DELETE FROM notifications WHERE user_id = $1 AND room_no = $2 AND position <= $3";
    READ_MAIN = "DELETE FROM notifications WHERE user_id = $1 AND room_no = $2 AND position <= $3
        AND position NOT IN (SELECT position FROM relations WHERE room_no = $2 AND rel_type = 'm.thread')";
    READ_THREAD = "DELETE FROM notifications WHERE user_id = $1 AND room_no = $2 AND position <= $3
        AND position IN (SELECT position FROM relations
            WHERE room_no = $2 AND parent = $4 AND rel_type = 'm.thread')";
}

/// A receipt.
#[derive(Clone, Debug)]
pub struct ReceiptRow {
    pub room_no: i64,
    pub user_id: OwnedUserId,
    /// `m.read` or `m.read.private`.
    pub kind: String,
    /// `main`, a thread's root, or empty: all of the room.
    pub thread: String,
    pub event_id: OwnedEventId,
    /// Milliseconds since 1970.
    pub at: i64,
}

fn read(row: &Row<'_>) -> Result<ReceiptRow> {
    Ok(ReceiptRow {
        room_no: row.get(0)?,
        user_id: row.get(1)?,
        kind: row.get(2)?,
        thread: row.get(3)?,
        event_id: row.get(4)?,
        at: row.get(5)?,
    })
}

/// The event that the receipt of that kind and thread is at.
pub fn find(tx: &mut Tx<'_>, room_no: i64, user_id: &UserId, kind: &str, thread: &str) -> Result<Option<OwnedEventId>> {
    tx.find(&FIND, args![room_no, user_id, kind, thread], |row| row.get(0))
}

pub fn set(tx: &mut Tx<'_>, receipt: &ReceiptRow, position: i64) -> Result<()> {
    let ReceiptRow { room_no, user_id, kind, thread, event_id, at } = receipt;
    tx.execute(&SET, args![*room_no, user_id, kind, thread, event_id, *at, position]).map(drop)
}

/// Receipts of all rooms in `since < position <= until`, others' private ones excepted.
pub fn list_news(tx: &mut Tx<'_>, viewer: &UserId, since: i64, until: i64) -> Result<Vec<ReceiptRow>> {
    tx.list(&NEWS, args![viewer, since, until], read)
}

/// The same of one room.
pub fn list_of_room(tx: &mut Tx<'_>, room_no: i64, viewer: &UserId, since: i64, until: i64) -> Result<Vec<ReceiptRow>> {
    tx.list(&OF_ROOM, args![room_no, viewer, since, until], read)
}

/// What a receipt covers.
#[derive(Clone, Copy, Debug)]
pub enum Extent<'a> {
    Everything,
    /// What is in no thread.
    Main,
    Thread(&'a EventId),
}

/// Takes away the notifications of what has been read, up to and with `position`.
pub fn clear_notifications(
    tx: &mut Tx<'_>,
    user_id: &UserId,
    room_no: i64,
    position: i64,
    extent: Extent<'_>,
) -> Result<usize> {
    match extent {
        Extent::Everything => tx.execute(&READ_ALL, args![user_id, room_no, position]),
        Extent::Main => tx.execute(&READ_MAIN, args![user_id, room_no, position]),
        Extent::Thread(root) => tx.execute(&READ_THREAD, args![user_id, room_no, position, root]),
    }
}
