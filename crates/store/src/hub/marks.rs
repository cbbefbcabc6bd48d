//! Read marks and account data, as far as networks set them.

use ruma::{EventId, OwnedEventId, UserId};

use crate::{Result, Tx, args, sql};

sql! {
    FIND_READ = "SELECT e.position FROM receipts r JOIN events e ON e.event_id = r.event_id
        WHERE r.room_no = $1 AND r.user_id = $2 AND r.type = 'm.read' AND r.thread = ''";
    SET_READ = "INSERT INTO receipts (room_no, user_id, type, thread, event_id, at, position)
        VALUES ($1, $2, 'm.read', '', $3, $4, $5) ON CONFLICT (room_no, user_id, type, thread) DO UPDATE SET
        event_id = excluded.event_id, at = excluded.at, position = excluded.position";
    CLEAR = "DELETE FROM notifications WHERE user_id = $1 AND room_no = $2 AND position <= $3";
    UNREAD = "SELECT 1 FROM notifications WHERE user_id = $1 AND room_no = $2 LIMIT 1";
    FIND_DATA = "SELECT content FROM account_data WHERE user_id = $1 AND room_id = $2 AND type = $3";
    SET_DATA = "INSERT INTO account_data (user_id, room_id, type, content, position) VALUES ($1, $2, $3, $4, $5)
        ON CONFLICT (user_id, room_id, type) DO UPDATE SET content = excluded.content, position = excluded.position";
    NEWEST_EVENT = "SELECT event_id FROM events WHERE room_no = $1 AND position <= $2
        ORDER BY position DESC LIMIT 1";
}

/// Up to which position a person has read a room.
pub fn find_read(tx: &mut Tx<'_>, room_no: i64, user: &UserId) -> Result<Option<i64>> {
    tx.find(&FIND_READ, args![room_no, user], |row| row.get(0))
}

/// Sets a person's read mark; gives the position of this news.
pub fn set_read(tx: &mut Tx<'_>, room_no: i64, user: &UserId, event_id: &EventId, at: i64) -> Result<i64> {
    let position = tx.next_position()?;
    tx.execute(&SET_READ, args![room_no, user, event_id, at, position])?;
    Ok(position)
}

/// Drops notifications of events up to a position.
pub fn clear_notifications(tx: &mut Tx<'_>, user: &UserId, room_no: i64, until: i64) -> Result<()> {
    tx.execute(&CLEAR, args![user, room_no, until]).map(drop)
}

/// Whether a room holds something that the person has not read.
pub fn is_unread(tx: &mut Tx<'_>, user: &UserId, room_no: i64) -> Result<bool> {
    Ok(tx.find(&UNREAD, args![user, room_no], |_| Ok(()))?.is_some())
}

/// The newest event up to a position.
pub fn find_newest_event(tx: &mut Tx<'_>, room_no: i64, until: i64) -> Result<Option<OwnedEventId>> {
    tx.find(&NEWEST_EVENT, args![room_no, until], |row| row.get(0))
}

/// A person's account data; `room_id` is empty for global ones.
pub fn find_data(tx: &mut Tx<'_>, user: &UserId, room_id: &str, kind: &str) -> Result<Option<String>> {
    tx.find(&FIND_DATA, args![user, room_id, kind], |row| row.get(0))
}

pub fn set_data(tx: &mut Tx<'_>, user: &UserId, room_id: &str, kind: &str, content: &str) -> Result<()> {
    let position = tx.next_position()?;
    tx.execute(&SET_DATA, args![user, room_id, kind, content, position]).map(drop)
}
