//! What has to go out to networks, in order within a portal.

use ruma::{EventId, OwnedEventId};

use crate::{Result, Row, Tx, args, sql};

sql! {
    INSERT = "INSERT INTO outbox (portal_no, account_id, event_id, kind, txn, position, state, attempts, next_at,
        queued_at, doubtful, told) VALUES ($1, $2, $3, $4, $5, $6, $7, 0, $8, $8, FALSE, $9) ON CONFLICT DO NOTHING";
    HEAD = "SELECT outbox_no, portal_no, account_id, event_id, kind, txn, position, state, attempts, next_at,
        queued_at, doubtful, told FROM outbox
        WHERE portal_no = $1 AND state IN ('queued', 'sending') ORDER BY outbox_no LIMIT 1";
    HEADS = "SELECT o.outbox_no, o.portal_no, o.account_id, o.event_id, o.kind, o.txn, o.position, o.state, o.attempts,
        o.next_at, o.queued_at, o.doubtful, o.told FROM outbox o JOIN (
            SELECT portal_no, MIN(outbox_no) AS head FROM outbox WHERE state IN ('queued', 'sending')
            GROUP BY portal_no) h ON h.head = o.outbox_no";
    FIND = "SELECT outbox_no, portal_no, account_id, event_id, kind, txn, position, state, attempts, next_at,
        queued_at, doubtful, told FROM outbox WHERE event_id = $1 AND kind <> 'read' ORDER BY outbox_no LIMIT 1";
    LIST_STATE = "SELECT outbox_no, portal_no, account_id, event_id, kind, txn, position, state, attempts, next_at,
        queued_at, doubtful, told FROM outbox WHERE portal_no = $1 AND state = $2 ORDER BY outbox_no";
    UNTOLD = "SELECT outbox_no, portal_no, account_id, event_id, kind, txn, position, state, attempts, next_at,
        queued_at, doubtful, told FROM outbox
        WHERE state IN ('queued', 'sending', 'echo') AND told = FALSE AND kind <> 'read' AND queued_at <= $1";
    NEXT_UNTOLD = "SELECT MIN(queued_at) FROM outbox
        WHERE state IN ('queued', 'sending', 'echo') AND told = FALSE AND kind <> 'read'";
    IN_DOUBT = "SELECT 1 FROM outbox WHERE portal_no = $1 AND kind <> 'read'
        AND (state = 'sending' OR (state = 'queued' AND doubtful = TRUE)) LIMIT 1";
    LEASE = "UPDATE outbox SET state = 'sending', attempts = attempts + 1
        WHERE outbox_no = $1 AND state = 'queued'";
    SET = "UPDATE outbox SET state = $2, next_at = $3, doubtful = $4 WHERE outbox_no = $1";
    SET_TXN = "UPDATE outbox SET txn = $2 WHERE outbox_no = $1";
    TOLD = "UPDATE outbox SET told = TRUE WHERE outbox_no = $1";
    AGAIN = "UPDATE outbox SET state = 'queued', attempts = 0, next_at = $2, queued_at = $2, told = TRUE
        WHERE outbox_no = $1 AND state IN ('failed', 'unknown')";
    DELETE = "DELETE FROM outbox WHERE outbox_no = $1";
    DELETE_READS = "DELETE FROM outbox WHERE portal_no = $1 AND account_id = $2 AND kind = 'read' AND state = 'queued'";
    DELETE_UNSENT = "DELETE FROM outbox WHERE event_id = $1 AND state IN ('queued', 'failed', 'unknown')
        AND doubtful = FALSE";
    RECOVER = "UPDATE outbox SET state = 'queued', doubtful = TRUE WHERE state = 'sending'";
}

#[derive(Clone, Debug)]
pub struct OutboxRow {
    pub outbox_no: i64,
    pub portal_no: i64,
    pub account_id: i64,
    pub event_id: OwnedEventId,
    /// `event` or `read`.
    pub kind: String,
    pub txn: String,
    /// The event's place in the timeline.
    pub position: i64,
    pub state: String,
    pub attempts: i64,
    pub next_at: i64,
    pub queued_at: i64,
    /// It may have been sent already.
    pub doubtful: bool,
    /// The sender has been told that it is not sent yet, or failed.
    pub told: bool,
}

fn read(row: &Row<'_>) -> Result<OutboxRow> {
    Ok(OutboxRow {
        outbox_no: row.get(0)?,
        portal_no: row.get(1)?,
        account_id: row.get(2)?,
        event_id: row.get(3)?,
        kind: row.get(4)?,
        txn: row.get(5)?,
        position: row.get(6)?,
        state: row.get(7)?,
        attempts: row.get(8)?,
        next_at: row.get(9)?,
        queued_at: row.get(10)?,
        doubtful: row.get(11)?,
        told: row.get(12)?,
    })
}

/// Something to send.
#[derive(Clone, Copy, Debug)]
pub struct NewOutboxRow<'a> {
    pub portal_no: i64,
    pub account_id: i64,
    pub event_id: &'a EventId,
    pub kind: &'a str,
    pub txn: &'a str,
    pub position: i64,
    /// `queued`, or `failed` for what failed after it was sent.
    pub state: &'a str,
}

pub fn insert(tx: &mut Tx<'_>, new: NewOutboxRow<'_>, now: i64) -> Result<()> {
    tx.execute(
        &INSERT,
        args![
            new.portal_no,
            new.account_id,
            new.event_id,
            new.kind,
            new.txn,
            new.position,
            new.state,
            now,
            new.state == "failed"
        ],
    )
    .map(drop)
}

/// What is next in a portal.
pub fn find_head(tx: &mut Tx<'_>, portal_no: i64) -> Result<Option<OutboxRow>> {
    tx.find(&HEAD, args![portal_no], read)
}

/// What is next in each portal.
pub fn list_heads(tx: &mut Tx<'_>) -> Result<Vec<OutboxRow>> {
    tx.list(&HEADS, args![], read)
}

pub fn find(tx: &mut Tx<'_>, event_id: &EventId) -> Result<Option<OutboxRow>> {
    tx.find(&FIND, args![event_id], read)
}

pub fn list_in_state(tx: &mut Tx<'_>, portal_no: i64, state: &str) -> Result<Vec<OutboxRow>> {
    tx.list(&LIST_STATE, args![portal_no, state], read)
}

/// What has been waiting since before `until` without the sender being told.
pub fn list_untold(tx: &mut Tx<'_>, until: i64) -> Result<Vec<OutboxRow>> {
    tx.list(&UNTOLD, args![until], read)
}

/// Since when the oldest of them has been waiting.
pub fn find_next_untold(tx: &mut Tx<'_>) -> Result<Option<i64>> {
    tx.get(&NEXT_UNTOLD, args![], |row| row.get(0))
}

/// Whether something of a portal may or may not have been sent.
pub fn is_in_doubt(tx: &mut Tx<'_>, portal_no: i64) -> Result<bool> {
    Ok(tx.find(&IN_DOUBT, args![portal_no], |_| Ok(()))?.is_some())
}

/// Marks a row as being sent; false if it is not waiting any more.
pub fn lease(tx: &mut Tx<'_>, outbox_no: i64) -> Result<bool> {
    Ok(tx.execute(&LEASE, args![outbox_no])? == 1)
}

pub fn set(tx: &mut Tx<'_>, outbox_no: i64, state: &str, next_at: i64, doubtful: bool) -> Result<()> {
    tx.execute(&SET, args![outbox_no, state, next_at, doubtful]).map(drop)
}

pub fn set_txn(tx: &mut Tx<'_>, outbox_no: i64, txn: &str) -> Result<()> {
    tx.execute(&SET_TXN, args![outbox_no, txn]).map(drop)
}

pub fn set_told(tx: &mut Tx<'_>, outbox_no: i64) -> Result<()> {
    tx.execute(&TOLD, args![outbox_no]).map(drop)
}

/// Queues a failed row again; false if it has not failed.
pub fn queue_again(tx: &mut Tx<'_>, outbox_no: i64, now: i64) -> Result<bool> {
    Ok(tx.execute(&AGAIN, args![outbox_no, now])? == 1)
}

pub fn delete(tx: &mut Tx<'_>, outbox_no: i64) -> Result<()> {
    tx.execute(&DELETE, args![outbox_no]).map(drop)
}

/// Drops read marks that a later one makes superfluous.
pub fn delete_reads(tx: &mut Tx<'_>, portal_no: i64, account_id: i64) -> Result<()> {
    tx.execute(&DELETE_READS, args![portal_no, account_id]).map(drop)
}

/// Takes back what was never sent; false if it was, or may have been.
pub fn delete_unsent(tx: &mut Tx<'_>, event_id: &EventId) -> Result<bool> {
    Ok(tx.execute(&DELETE_UNSENT, args![event_id])? > 0)
}

/// After a restart: what was being sent is in doubt.
pub fn recover(tx: &mut Tx<'_>) -> Result<()> {
    tx.execute(&RECOVER, args![]).map(drop)
}
