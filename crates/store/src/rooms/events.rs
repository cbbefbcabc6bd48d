//! Events, in the order of the timeline.

use ruma::{EventId, OwnedEventId, OwnedUserId, UserId};

use crate::{Result, Row, Tx, args, sql};

sql! {
    INSERT = "INSERT INTO events (position, room_no, event_id, type, state_key, sender, pdu, txn)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
    FIND = "SELECT position, room_no, event_id, type, state_key, sender, pdu, txn, redacted_by
        FROM events WHERE event_id = $1";
    POSITION = "SELECT room_no, position FROM events WHERE event_id = $1";
    BEFORE = "SELECT position, room_no, event_id, type, state_key, sender, pdu, txn, redacted_by
        FROM events WHERE room_no = $1 AND position < $2 AND position > $3 ORDER BY position DESC LIMIT $4";
    AFTER = "SELECT position, room_no, event_id, type, state_key, sender, pdu, txn, redacted_by
        FROM events WHERE room_no = $1 AND position > $2 AND position <= $3 ORDER BY position LIMIT $4";
    REDACT = "UPDATE events SET pdu = $2, redacted_by = $3 WHERE event_id = $1";
    INSERT_RELATION = "INSERT INTO relations (room_no, parent, rel_type, event_id, type, sender, key, position)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT DO NOTHING";
    DELETE_RELATION = "DELETE FROM relations WHERE room_no = $1 AND event_id = $2";
    RELATIONS = "SELECT event_id, type, rel_type, sender, key, position FROM relations
        WHERE room_no = $1 AND parent = $2 ORDER BY position";
    THREADS = "SELECT parent, MAX(position) FROM relations WHERE room_no = $1 AND rel_type = 'm.thread'
        GROUP BY parent HAVING MAX(position) < $2 ORDER BY 2 DESC LIMIT $3";
    FIND_ANNOTATION = "SELECT event_id FROM relations WHERE room_no = $1 AND parent = $2
        AND rel_type = 'm.annotation' AND sender = $3 AND type = $4 AND key = $5";
}

#[derive(Clone, Debug)]
pub struct EventRow {
    pub position: i64,
    pub room_no: i64,
    pub event_id: OwnedEventId,
    pub kind: String,
    pub state_key: Option<String>,
    pub sender: OwnedUserId,
    /// Canonical JSON.
    pub pdu: String,
    /// Device id, line feed, transaction id.
    pub txn: Option<String>,
    pub redacted_by: Option<OwnedEventId>,
}

fn read(row: &Row<'_>) -> Result<EventRow> {
    Ok(EventRow {
        position: row.get(0)?,
        room_no: row.get(1)?,
        event_id: row.get(2)?,
        kind: row.get(3)?,
        state_key: row.get(4)?,
        sender: row.get(5)?,
        pdu: row.get(6)?,
        txn: row.get(7)?,
        redacted_by: row.get(8)?,
    })
}

pub fn insert(tx: &mut Tx<'_>, event: &EventRow) -> Result<()> {
    tx.execute(
        &INSERT,
        args![
            event.position,
            event.room_no,
            &event.event_id,
            &event.kind,
            event.state_key.as_deref(),
            &event.sender,
            &event.pdu,
            event.txn.as_deref(),
        ],
    )
    .map(drop)
}

pub fn find(tx: &mut Tx<'_>, event_id: &EventId) -> Result<Option<EventRow>> {
    tx.find(&FIND, args![event_id], read)
}

/// The event's room and place in the timeline.
pub fn find_position(tx: &mut Tx<'_>, event_id: &EventId) -> Result<Option<(i64, i64)>> {
    tx.find(&POSITION, args![event_id], |row| Ok((row.get(0)?, row.get(1)?)))
}

/// Newest first: events with `after < position < before`.
pub fn list_before(tx: &mut Tx<'_>, room_no: i64, before: i64, after: i64, limit: i64) -> Result<Vec<EventRow>> {
    tx.list(&BEFORE, args![room_no, before, after, limit], read)
}

/// Oldest first: events with `after < position <= until`.
pub fn list_after(tx: &mut Tx<'_>, room_no: i64, after: i64, until: i64, limit: i64) -> Result<Vec<EventRow>> {
    tx.list(&AFTER, args![room_no, after, until, limit], read)
}

/// Replaces an event by what its redaction left of it.
pub fn redact(tx: &mut Tx<'_>, event_id: &EventId, pdu: &str, redacted_by: &EventId) -> Result<()> {
    tx.execute(&REDACT, args![event_id, pdu, redacted_by]).map(drop)
}

/// One event's relation to another (`m.relates_to`).
#[derive(Clone, Debug)]
pub struct RelationRow {
    pub event_id: OwnedEventId,
    pub kind: String,
    pub rel_type: String,
    pub sender: OwnedUserId,
    /// The emoji of an annotation.
    pub key: Option<String>,
    pub position: i64,
}

pub fn insert_relation(tx: &mut Tx<'_>, room_no: i64, parent: &EventId, relation: &RelationRow) -> Result<()> {
    tx.execute(
        &INSERT_RELATION,
        args![
            room_no,
            parent,
            &relation.rel_type,
            &relation.event_id,
            &relation.kind,
            &relation.sender,
            relation.key.as_deref(),
            relation.position
        ],
    )
    .map(drop)
}

pub fn delete_relation(tx: &mut Tx<'_>, room_no: i64, event_id: &EventId) -> Result<()> {
    tx.execute(&DELETE_RELATION, args![room_no, event_id]).map(drop)
}

/// What relates to an event, oldest first.
pub fn list_relations(tx: &mut Tx<'_>, room_no: i64, parent: &EventId) -> Result<Vec<RelationRow>> {
    tx.list(&RELATIONS, args![room_no, parent], |row| {
        Ok(RelationRow {
            event_id: row.get(0)?,
            kind: row.get(1)?,
            rel_type: row.get(2)?,
            sender: row.get(3)?,
            key: row.get(4)?,
            position: row.get(5)?,
        })
    })
}

/// Roots of threads with the position of their newest message, the liveliest first.
pub fn list_threads(tx: &mut Tx<'_>, room_no: i64, before: i64, limit: i64) -> Result<Vec<(OwnedEventId, i64)>> {
    tx.list(&THREADS, args![room_no, before, limit], |row| Ok((row.get(0)?, row.get(1)?)))
}

/// The same reaction by the same person, if there is one already.
pub fn find_annotation(
    tx: &mut Tx<'_>,
    room_no: i64,
    parent: &EventId,
    sender: &UserId,
    kind: &str,
    key: &str,
) -> Result<Option<OwnedEventId>> {
    tx.find(&FIND_ANNOTATION, args![room_no, parent, sender, kind, key], |row| row.get(0))
}
