//! Current state, and the state at any moment.

use ruma::{EventId, OwnedEventId};

use crate::{Result, Row, Tx, args, sql};

sql! {
    FIND = "SELECT event_id FROM room_state WHERE room_no = $1 AND type = $2 AND state_key = $3";
    FIND_PDU = "SELECT e.event_id, e.pdu FROM room_state s JOIN events e ON e.event_id = s.event_id
        WHERE s.room_no = $1 AND s.type = $2 AND s.state_key = $3";
    LIST = "SELECT type, state_key, event_id FROM room_state WHERE room_no = $1";
    LIST_TYPE = "SELECT state_key, event_id FROM room_state WHERE room_no = $1 AND type = $2";
    SET = "INSERT INTO room_state (room_no, type, state_key, event_id, position) VALUES ($1, $2, $3, $4, $5)
        ON CONFLICT (room_no, type, state_key)
        DO UPDATE SET event_id = excluded.event_id, position = excluded.position";
    INSERT_CHANGE = "INSERT INTO state_changes (room_no, position, type, state_key, event_id, replaces)
        VALUES ($1, $2, $3, $4, $5, $6)";
    FIND_AT = "SELECT event_id FROM state_changes WHERE room_no = $1 AND type = $2 AND state_key = $3
        AND position <= $4 ORDER BY position DESC LIMIT 1";
    COUNT_CHANGES = "SELECT COUNT(*) FROM state_changes WHERE room_no = $1 AND type = $2";
    LIST_AT = "SELECT c.type, c.state_key, c.event_id FROM state_changes c JOIN (
            SELECT MAX(position) AS position FROM state_changes
            WHERE room_no = $1 AND position <= $2 AND position > $3 GROUP BY type, state_key
        ) newest ON newest.position = c.position WHERE c.room_no = $1 ORDER BY c.position";
    FIND_REPLACED = "SELECT replaces FROM state_changes WHERE room_no = $1 AND position = $2";
}

/// The event that holds now for a type and key.
pub fn find(tx: &mut Tx<'_>, room_no: i64, kind: &str, state_key: &str) -> Result<Option<OwnedEventId>> {
    tx.find(&FIND, args![room_no, kind, state_key], |row| row.get(0))
}

/// The same with the event's JSON.
pub fn find_pdu(tx: &mut Tx<'_>, room_no: i64, kind: &str, state_key: &str) -> Result<Option<(OwnedEventId, String)>> {
    tx.find(&FIND_PDU, args![room_no, kind, state_key], |row| Ok((row.get(0)?, row.get(1)?)))
}

/// One entry of a room's state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StateRow {
    pub kind: String,
    pub state_key: String,
    pub event_id: OwnedEventId,
}

fn read(row: &Row<'_>) -> Result<StateRow> {
    Ok(StateRow { kind: row.get(0)?, state_key: row.get(1)?, event_id: row.get(2)? })
}

/// The current state.
pub fn list(tx: &mut Tx<'_>, room_no: i64) -> Result<Vec<StateRow>> {
    tx.list(&LIST, args![room_no], read)
}

/// How often a type of state was set.
pub fn count_changes(tx: &mut Tx<'_>, room_no: i64, kind: &str) -> Result<i64> {
    tx.get(&COUNT_CHANGES, args![room_no, kind], |row| row.get(0))
}

/// State keys and events of one type in the current state.
pub fn list_type(tx: &mut Tx<'_>, room_no: i64, kind: &str) -> Result<Vec<(String, OwnedEventId)>> {
    tx.list(&LIST_TYPE, args![room_no, kind], |row| Ok((row.get(0)?, row.get(1)?)))
}

/// Makes an event the current one for its type and key; gives the one that it replaces.
pub fn set(
    tx: &mut Tx<'_>,
    room_no: i64,
    kind: &str,
    state_key: &str,
    event_id: &EventId,
    position: i64,
) -> Result<Option<OwnedEventId>> {
    let replaced = find(tx, room_no, kind, state_key)?;
    tx.execute(&SET, args![room_no, kind, state_key, event_id, position])?;
    tx.execute(&INSERT_CHANGE, args![room_no, position, kind, state_key, event_id, replaced.as_ref()])?;
    Ok(replaced)
}

/// The event that held for a type and key at a position (after the event there).
pub fn find_at(
    tx: &mut Tx<'_>,
    room_no: i64,
    kind: &str,
    state_key: &str,
    position: i64,
) -> Result<Option<OwnedEventId>> {
    tx.find(&FIND_AT, args![room_no, kind, state_key, position], |row| row.get(0))
}

/// The state at a position; with `since` above zero only what changed after it.
pub fn list_at(tx: &mut Tx<'_>, room_no: i64, position: i64, since: i64) -> Result<Vec<StateRow>> {
    tx.list(&LIST_AT, args![room_no, position, since], read)
}

/// The state event that the one at this position took the place of.
pub fn find_replaced(tx: &mut Tx<'_>, room_no: i64, position: i64) -> Result<Option<OwnedEventId>> {
    Ok(tx.find(&FIND_REPLACED, args![room_no, position], |row| row.get::<Option<OwnedEventId>>(0))?.flatten())
}
