//! Answers to requests that a client may repeat (`txnId`).

use ruma::{DeviceId, UserId};

use crate::{Result, Tx, args, sql};

sql! {
    FIND = "SELECT response FROM transactions WHERE user_id = $1 AND device_id = $2 AND txn_id = $3 AND scope = $4";
    INSERT = "INSERT INTO transactions (user_id, device_id, txn_id, scope, response, created_at)
        VALUES ($1, $2, $3, $4, $5, $6)";
    DELETE_OLD = "DELETE FROM transactions WHERE created_at < $1";
}

/// Who repeats what: a transaction id counts per device and endpoint.
#[derive(Clone, Copy, Debug)]
pub struct TxnKey<'a> {
    pub user_id: &'a UserId,
    pub device_id: &'a DeviceId,
    pub txn_id: &'a str,
    /// The endpoint with its path, such as `send/!room/m.room.message`.
    pub scope: &'a str,
}

pub fn find(tx: &mut Tx<'_>, key: TxnKey<'_>) -> Result<Option<String>> {
    tx.find(&FIND, args![key.user_id, key.device_id, key.txn_id, key.scope], |row| row.get(0))
}

pub fn insert(tx: &mut Tx<'_>, key: TxnKey<'_>, response: &str, now: i64) -> Result<()> {
    tx.execute(&INSERT, args![key.user_id, key.device_id, key.txn_id, key.scope, response, now]).map(drop)
}

/// Forgets answers that no client will ask for any more.
pub fn delete_older_than(tx: &mut Tx<'_>, time: i64) -> Result<usize> {
    tx.execute(&DELETE_OLD, args![time])
}
