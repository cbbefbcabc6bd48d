//! Connected accounts.

use ruma::{OwnedUserId, UserId};

use crate::{Error, Result, Row, Tx, args, sql};

sql! {
    INSERT = "INSERT INTO accounts
        (owner, channel, remote_id, display_name, credentials, settings, state, revision, created_at, hook)
        VALUES ($1, $2, $3, $4, '', $5, $6, 0, $7, $8) RETURNING account_id";
    FIND = "SELECT account_id, owner, channel, remote_id, display_name, credentials, settings, state, revision, removed,
        hook FROM accounts WHERE account_id = $1";
    FIND_REMOTE = "SELECT account_id, owner, channel, remote_id, display_name, credentials, settings, state, revision, removed,
        hook FROM accounts WHERE owner = $1 AND channel = $2 AND remote_id = $3";
    FIND_HOOK = "SELECT account_id, owner, channel, remote_id, display_name, credentials, settings, state, revision,
        removed, hook FROM accounts WHERE hook = $1";
    SET_HOOK = "UPDATE accounts SET hook = $2 WHERE account_id = $1 AND hook IS NULL";
    LIST = "SELECT account_id, owner, channel, remote_id, display_name, credentials, settings, state, revision, removed,
        hook FROM accounts WHERE owner = $1 AND removed IS NULL ORDER BY account_id";
    LIST_ALL = "SELECT account_id, owner, channel, remote_id, display_name, credentials, settings, state, revision, removed,
        hook FROM accounts ORDER BY account_id";
    SET_CREDENTIALS = "UPDATE accounts SET credentials = $2, removed = NULL, revision = revision + 1
        WHERE account_id = $1";
    SET_SETTINGS = "UPDATE accounts SET settings = $2, display_name = $3, revision = revision + 1
        WHERE account_id = $1";
    SET_STATE = "UPDATE accounts SET state = $2 WHERE account_id = $1";
    TOUCH = "UPDATE accounts SET revision = revision + 1 WHERE account_id = $1";
    REMOVE = "UPDATE accounts SET removed = $2, credentials = '' WHERE account_id = $1";
    DELETE = "DELETE FROM accounts WHERE account_id = $1";
    CURSOR = "SELECT cursor FROM accounts WHERE account_id = $1";
    SET_CURSOR = "UPDATE accounts SET cursor = $2 WHERE account_id = $1";
}

#[derive(Clone, Debug)]
pub struct AccountRow {
    pub account_id: i64,
    pub owner: OwnedUserId,
    pub channel: String,
    pub remote_id: String,
    pub display_name: String,
    /// Encrypted.
    pub credentials: String,
    pub settings: String,
    pub state: String,
    pub revision: i64,
    pub removed: Option<String>,
    /// The secret end of the address for the vendor's calls. `None`: older than such addresses.
    pub hook: Option<String>,
}

fn read(row: &Row<'_>) -> Result<AccountRow> {
    Ok(AccountRow {
        account_id: row.get(0)?,
        owner: row.get(1)?,
        channel: row.get(2)?,
        remote_id: row.get(3)?,
        display_name: row.get(4)?,
        credentials: row.get(5)?,
        settings: row.get(6)?,
        state: row.get(7)?,
        revision: row.get(8)?,
        removed: row.get(9)?,
        hook: row.get(10)?,
    })
}

/// A new account, as it is inserted.
#[derive(Clone, Copy, Debug)]
pub struct NewAccountRow<'a> {
    pub owner: &'a UserId,
    pub channel: &'a str,
    pub remote_id: &'a str,
    pub display_name: &'a str,
    pub settings: &'a str,
    pub state: &'a str,
    pub hook: &'a str,
}

/// Adds an account that has no credentials yet; gives its number.
pub fn insert(tx: &mut Tx<'_>, new: NewAccountRow<'_>, now: i64) -> Result<i64> {
    tx.get(
        &INSERT,
        args![new.owner, new.channel, new.remote_id, new.display_name, new.settings, new.state, now, new.hook],
        |row| row.get(0),
    )
}

pub fn find(tx: &mut Tx<'_>, account_id: i64) -> Result<Option<AccountRow>> {
    tx.find(&FIND, args![account_id], read)
}

pub fn get(tx: &mut Tx<'_>, account_id: i64) -> Result<AccountRow> {
    find(tx, account_id)?.ok_or_else(|| Error::Defect(format!("account {account_id} does not exist")))
}

/// The owner's account with this id on the network, removed or not.
pub fn find_remote(tx: &mut Tx<'_>, owner: &UserId, channel: &str, remote_id: &str) -> Result<Option<AccountRow>> {
    tx.find(&FIND_REMOTE, args![owner, channel, remote_id], read)
}

/// The account that a vendor calls under this address.
pub fn find_hook(tx: &mut Tx<'_>, hook: &str) -> Result<Option<AccountRow>> {
    tx.find(&FIND_HOOK, args![hook], read)
}

/// Gives an account its address, if it has none.
pub fn set_hook(tx: &mut Tx<'_>, account_id: i64, hook: &str) -> Result<()> {
    tx.execute(&SET_HOOK, args![account_id, hook]).map(drop)
}

/// The owner's accounts that are connected.
pub fn list(tx: &mut Tx<'_>, owner: &UserId) -> Result<Vec<AccountRow>> {
    tx.list(&LIST, args![owner], read)
}

/// Everybody's accounts, the removed ones too.
pub fn list_all(tx: &mut Tx<'_>) -> Result<Vec<AccountRow>> {
    tx.list(&LIST_ALL, args![], read)
}

/// Sets encrypted credentials; the account counts again if it was removed.
pub fn set_credentials(tx: &mut Tx<'_>, account_id: i64, credentials: &str) -> Result<()> {
    tx.execute(&SET_CREDENTIALS, args![account_id, credentials]).map(drop)
}

pub fn set_settings(tx: &mut Tx<'_>, account_id: i64, settings: &str, display_name: &str) -> Result<()> {
    tx.execute(&SET_SETTINGS, args![account_id, settings, display_name]).map(drop)
}

pub fn set_state(tx: &mut Tx<'_>, account_id: i64, state: &str) -> Result<()> {
    tx.execute(&SET_STATE, args![account_id, state]).map(drop)
}

/// Has the session started anew.
pub fn restart(tx: &mut Tx<'_>, account_id: i64) -> Result<()> {
    tx.execute(&TOUCH, args![account_id]).map(drop)
}

/// Ends an account and forgets its credentials. `conversations`: `keep` or `delete`.
pub fn remove(tx: &mut Tx<'_>, account_id: i64, conversations: &str) -> Result<()> {
    tx.execute(&REMOVE, args![account_id, conversations]).map(drop)
}

pub fn delete(tx: &mut Tx<'_>, account_id: i64) -> Result<()> {
    tx.execute(&DELETE, args![account_id]).map(drop)
}

pub fn find_cursor(tx: &mut Tx<'_>, account_id: i64) -> Result<Option<String>> {
    Ok(tx.find(&CURSOR, args![account_id], |row| row.get::<Option<String>>(0))?.flatten())
}

pub fn set_cursor(tx: &mut Tx<'_>, account_id: i64, cursor: &str) -> Result<()> {
    tx.execute(&SET_CURSOR, args![account_id, cursor]).map(drop)
}
