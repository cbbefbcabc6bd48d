//! Which event stands for which message on a network.

use ruma::{EventId, OwnedEventId};

use crate::{Result, Row, Tx, args, sql};

sql! {
    INSERT = "INSERT INTO remote_messages
        (portal_no, remote_id, kind, part, account_id, event_id, mine, position, data, original)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) ON CONFLICT DO NOTHING";
    LIST = "SELECT portal_no, remote_id, kind, part, event_id, mine, position, data, original FROM remote_messages
        WHERE portal_no = $1 AND remote_id = $2 AND kind = $3";
    FIND_PART = "SELECT portal_no, remote_id, kind, part, event_id, mine, position, data, original FROM remote_messages
        WHERE portal_no = $1 AND remote_id = $2 AND kind = $3 AND part = $4";
    FIND_EVENT = "SELECT portal_no, remote_id, kind, part, event_id, mine, position, data, original
        FROM remote_messages WHERE event_id = $1 ORDER BY part LIMIT 1";
    LIST_EVENT_PARTS = "SELECT part FROM remote_messages WHERE event_id = $1";
    FIND_PORTAL = "SELECT p.chat, p.receiver FROM remote_messages m JOIN portals p ON p.portal_no = m.portal_no
        WHERE m.account_id = $1 AND m.remote_id = $2 AND m.kind = 'message' LIMIT 1";
    FIND_WAITING_PORTAL = "SELECT p.chat, p.receiver FROM inbox i JOIN portals p ON p.portal_no = i.portal_no
        WHERE i.account_id = $1 AND i.kind = 'message' AND i.remote_id = $2";
    NEWEST = "SELECT portal_no, remote_id, kind, part, event_id, mine, position, data, original FROM remote_messages
        WHERE portal_no = $1 AND position <= $2 AND kind = 'message' AND data IS NOT NULL
        ORDER BY position DESC LIMIT 1";
    LIST_RECEIVED = "SELECT portal_no, remote_id, kind, part, event_id, mine, position, data, original
        FROM remote_messages
        WHERE portal_no = $1 AND position <= $2 AND kind = 'message' AND data IS NOT NULL AND mine = FALSE
        ORDER BY position DESC LIMIT $3";
    LIST_OWN = "SELECT portal_no, remote_id, kind, part, event_id, mine, position, data, original
        FROM remote_messages
        WHERE portal_no = $1 AND kind = 'message' AND data IS NOT NULL AND mine = TRUE
        ORDER BY position DESC LIMIT $2";
    DELETE = "DELETE FROM remote_messages WHERE portal_no = $1 AND remote_id = $2 AND kind = $3 AND part = $4";
    INSERT_SEEN = "INSERT INTO seen (account_id, kind, remote_id) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING";
    FIND_SEEN = "SELECT 1 FROM seen WHERE account_id = $1 AND kind = $2 AND remote_id = $3";
}

#[derive(Clone, Debug)]
pub struct MessageRow {
    pub portal_no: i64,
    pub remote_id: String,
    /// `message`, `edit` or `reaction`.
    pub kind: String,
    pub part: String,
    pub event_id: OwnedEventId,
    /// By the account's owner, from wherever.
    pub mine: bool,
    /// The event's place in the timeline.
    pub position: i64,
    /// JSON of the adapter's notes; on the first part only.
    pub data: Option<String>,
    /// JSON of the original's `Media`; on the first part only.
    pub original: Option<String>,
}

fn read(row: &Row<'_>) -> Result<MessageRow> {
    Ok(MessageRow {
        portal_no: row.get(0)?,
        remote_id: row.get(1)?,
        kind: row.get(2)?,
        part: row.get(3)?,
        event_id: row.get(4)?,
        mine: row.get(5)?,
        position: row.get(6)?,
        data: row.get(7)?,
        original: row.get(8)?,
    })
}

/// Notes which event stands for a message; one that is known already stays as it is.
pub fn insert(tx: &mut Tx<'_>, account_id: i64, message: &MessageRow) -> Result<()> {
    tx.execute(
        &INSERT,
        args![
            message.portal_no,
            &message.remote_id,
            &message.kind,
            &message.part,
            account_id,
            &message.event_id,
            message.mine,
            message.position,
            message.data.as_deref(),
            message.original.as_deref(),
        ],
    )
    .map(drop)
}

/// All parts of a message, in the order of the timeline.
pub fn list(tx: &mut Tx<'_>, portal_no: i64, remote_id: &str, kind: &str) -> Result<Vec<MessageRow>> {
    // Sorted here: asked to sort, SQLite walks the whole timeline of the portal instead of finding the few.
    let mut rows = tx.list(&LIST, args![portal_no, remote_id, kind], read)?;
    rows.sort_unstable_by_key(|row| row.position);
    Ok(rows)
}

pub fn find_part(
    tx: &mut Tx<'_>,
    portal_no: i64,
    remote_id: &str,
    kind: &str,
    part: &str,
) -> Result<Option<MessageRow>> {
    tx.find(&FIND_PART, args![portal_no, remote_id, kind, part], read)
}

/// What an event stands for.
pub fn find_event(tx: &mut Tx<'_>, event_id: &EventId) -> Result<Option<MessageRow>> {
    tx.find(&FIND_EVENT, args![event_id], read)
}

/// The pieces in which an event has been sent.
pub fn list_parts_of_event(tx: &mut Tx<'_>, event_id: &EventId) -> Result<Vec<String>> {
    tx.list(&LIST_EVENT_PARTS, args![event_id], |row| row.get(0))
}

/// Chat and receiver of a message that the account knows, worked in or not.
pub fn find_portal(tx: &mut Tx<'_>, account_id: i64, remote_id: &str) -> Result<Option<(String, i64)>> {
    for statement in [&FIND_PORTAL, &FIND_WAITING_PORTAL] {
        if let Some(found) = tx.find(statement, args![account_id, remote_id], |row| Ok((row.get(0)?, row.get(1)?)))? {
            return Ok(Some(found));
        }
    }
    Ok(None)
}

/// The newest message up to a position, whoever wrote it.
pub fn find_newest(tx: &mut Tx<'_>, portal_no: i64, until: i64) -> Result<Option<MessageRow>> {
    tx.find(&NEWEST, args![portal_no, until], read)
}

/// Messages from the other side up to a position, newest first.
pub fn list_received(tx: &mut Tx<'_>, portal_no: i64, until: i64, limit: i64) -> Result<Vec<MessageRow>> {
    tx.list(&LIST_RECEIVED, args![portal_no, until, limit], read)
}

/// The account's own messages, newest first.
pub fn list_own(tx: &mut Tx<'_>, portal_no: i64, limit: i64) -> Result<Vec<MessageRow>> {
    tx.list(&LIST_OWN, args![portal_no, limit], read)
}

pub fn delete(tx: &mut Tx<'_>, row: &MessageRow) -> Result<()> {
    tx.execute(&DELETE, args![row.portal_no, &row.remote_id, &row.kind, &row.part]).map(drop)
}

/// Notes that something came in or was sent; false if it was known.
pub fn see(tx: &mut Tx<'_>, account_id: i64, kind: &str, remote_id: &str) -> Result<bool> {
    Ok(tx.execute(&INSERT_SEEN, args![account_id, kind, remote_id])? == 1)
}

pub fn is_seen(tx: &mut Tx<'_>, account_id: i64, kind: &str, remote_id: &str) -> Result<bool> {
    Ok(tx.find(&FIND_SEEN, args![account_id, kind, remote_id], |_| Ok(()))?.is_some())
}
