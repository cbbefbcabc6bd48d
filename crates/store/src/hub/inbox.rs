//! What came in from networks and is not worked in yet.

use crate::{Result, Row, Tx, args, sql};

sql! {
    INSERT = "INSERT INTO inbox (account_id, portal_no, kind, remote_id, event, attempts, received_at)
        VALUES ($1, $2, $3, $4, $5, 0, $6) ON CONFLICT DO NOTHING";
    LIST = "SELECT inbox_no, account_id, portal_no, kind, remote_id, event, attempts FROM inbox
        WHERE portal_no = $1 AND waits_for IS NULL AND parked IS NULL ORDER BY inbox_no LIMIT $2";
    LIST_PORTALS = "SELECT DISTINCT portal_no FROM inbox
        WHERE waits_for IS NULL AND parked IS NULL ORDER BY portal_no LIMIT $1";
    DELETE = "DELETE FROM inbox WHERE inbox_no = $1";
    WAIT = "UPDATE inbox SET waits_for = $2 WHERE inbox_no = $1";
    RELEASE = "UPDATE inbox SET waits_for = NULL WHERE portal_no = $1 AND waits_for = $2";
    FAIL = "UPDATE inbox SET attempts = attempts + 1 WHERE inbox_no = $1";
    PARK = "UPDATE inbox SET parked = $2 WHERE inbox_no = $1";
    DELETE_WAITING = "DELETE FROM inbox WHERE waits_for IS NOT NULL AND received_at < $1";
    COUNT = "SELECT COUNT(*) FROM inbox WHERE account_id = $1 AND waits_for IS NULL AND parked IS NULL";
}

#[derive(Clone, Debug)]
pub struct InboxRow {
    pub inbox_no: i64,
    pub account_id: i64,
    pub portal_no: i64,
    pub kind: String,
    pub remote_id: String,
    /// JSON of `Inbound`.
    pub event: String,
    pub attempts: i64,
}

fn read(row: &Row<'_>) -> Result<InboxRow> {
    Ok(InboxRow {
        inbox_no: row.get(0)?,
        account_id: row.get(1)?,
        portal_no: row.get(2)?,
        kind: row.get(3)?,
        remote_id: row.get(4)?,
        event: row.get(5)?,
        attempts: row.get(6)?,
    })
}

pub fn insert(
    tx: &mut Tx<'_>,
    account_id: i64,
    portal_no: i64,
    kind: &str,
    remote_id: &str,
    event: &str,
    now: i64,
) -> Result<()> {
    tx.execute(&INSERT, args![account_id, portal_no, kind, remote_id, event, now]).map(drop)
}

/// What can be worked in next, oldest first.
pub fn list(tx: &mut Tx<'_>, portal_no: i64, limit: i64) -> Result<Vec<InboxRow>> {
    tx.list(&LIST, args![portal_no, limit], read)
}

/// Portals for which something can be worked in.
pub fn list_portals(tx: &mut Tx<'_>, limit: i64) -> Result<Vec<i64>> {
    tx.list(&LIST_PORTALS, args![limit], |row| row.get(0))
}

/// Removes a row that is worked in; false if somebody else did it.
pub fn delete(tx: &mut Tx<'_>, inbox_no: i64) -> Result<bool> {
    Ok(tx.execute(&DELETE, args![inbox_no])? == 1)
}

/// Lays a row aside until a message is here.
pub fn wait_for(tx: &mut Tx<'_>, inbox_no: i64, remote_id: &str) -> Result<()> {
    tx.execute(&WAIT, args![inbox_no, remote_id]).map(drop)
}

/// Takes up the rows that waited for a message.
pub fn release(tx: &mut Tx<'_>, portal_no: i64, remote_id: &str) -> Result<()> {
    tx.execute(&RELEASE, args![portal_no, remote_id]).map(drop)
}

pub fn count_failure(tx: &mut Tx<'_>, inbox_no: i64) -> Result<()> {
    tx.execute(&FAIL, args![inbox_no]).map(drop)
}

/// Lays a row aside for good, with the reason.
pub fn park(tx: &mut Tx<'_>, inbox_no: i64, reason: &str) -> Result<()> {
    tx.execute(&PARK, args![inbox_no, reason]).map(drop)
}

/// Drops rows whose message never came.
pub fn delete_waiting(tx: &mut Tx<'_>, received_before: i64) -> Result<()> {
    tx.execute(&DELETE_WAITING, args![received_before]).map(drop)
}

/// How much of an account's waits to be worked in.
pub fn count(tx: &mut Tx<'_>, account_id: i64) -> Result<i64> {
    tx.get(&COUNT, args![account_id], |row| row.get(0))
}
