//! Logins in progress.

use ruma::{OwnedUserId, UserId};

use crate::{Result, Tx, args, sql};

sql! {
    PUT = "INSERT INTO logins (login_id, owner, channel, state, created_at) VALUES ($1, $2, $3, $4, $5)
        ON CONFLICT (login_id) DO UPDATE SET state = excluded.state";
    FIND = "SELECT owner, channel, state FROM logins WHERE login_id = $1";
    DELETE = "DELETE FROM logins WHERE login_id = $1";
    DELETE_OLD = "DELETE FROM logins WHERE created_at < $1";
}

#[derive(Clone, Debug)]
pub struct LoginRow {
    pub owner: OwnedUserId,
    pub channel: String,
    /// Encrypted.
    pub state: String,
}

pub fn put(tx: &mut Tx<'_>, login_id: &str, owner: &UserId, channel: &str, state: &str, now: i64) -> Result<()> {
    tx.execute(&PUT, args![login_id, owner, channel, state, now]).map(drop)
}

pub fn find(tx: &mut Tx<'_>, login_id: &str) -> Result<Option<LoginRow>> {
    tx.find(&FIND, args![login_id], |row| Ok(LoginRow { owner: row.get(0)?, channel: row.get(1)?, state: row.get(2)? }))
}

pub fn delete(tx: &mut Tx<'_>, login_id: &str) -> Result<()> {
    tx.execute(&DELETE, args![login_id]).map(drop)
}

/// Forgets logins that nobody ended.
pub fn delete_older_than(tx: &mut Tx<'_>, time: i64) -> Result<()> {
    tx.execute(&DELETE_OLD, args![time]).map(drop)
}
