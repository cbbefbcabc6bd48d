//! Users that stand for people on other networks, and the server's own user.

use ruma::{OwnedUserId, UserId};

use crate::{Result, Tx, args, sql};

sql! {
    INSERT_USER = "INSERT INTO users (user_id, kind, display_name, created_at) VALUES ($1, $2, $3, $4)
        ON CONFLICT DO NOTHING";
    KIND = "SELECT kind FROM users WHERE user_id = $1";
    INSERT = "INSERT INTO ghosts (user_id, channel, remote_id) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING";
    IS_DUE = "SELECT 1 FROM ghosts WHERE user_id = $1 AND (asked_at IS NULL OR asked_at < $2)";
    SET_ASKED = "UPDATE ghosts SET asked_at = $2 WHERE user_id = $1";
    FIND = "SELECT user_id FROM ghosts WHERE channel = $1 AND remote_id = $2";
}

/// Adds a user that nobody can log in as; `kind` is `ghost` or `bot`.
pub fn insert_user(tx: &mut Tx<'_>, user_id: &UserId, kind: &str, name: Option<&str>, now: i64) -> Result<()> {
    tx.execute(&INSERT_USER, args![user_id, kind, name, now]).map(drop)
}

/// `person`, `ghost` or `bot`.
pub fn find_kind(tx: &mut Tx<'_>, user_id: &UserId) -> Result<Option<String>> {
    tx.find(&KIND, args![user_id], |row| row.get(0))
}

pub fn insert(tx: &mut Tx<'_>, user_id: &UserId, channel: &str, remote_id: &str) -> Result<()> {
    tx.execute(&INSERT, args![user_id, channel, remote_id]).map(drop)
}

pub fn find(tx: &mut Tx<'_>, channel: &str, remote_id: &str) -> Result<Option<OwnedUserId>> {
    tx.find(&FIND, args![channel, remote_id], |row| row.get(0))
}

/// Whether the network was not asked for this ghost's name and picture since a time.
pub fn is_due(tx: &mut Tx<'_>, user_id: &UserId, since: i64) -> Result<bool> {
    Ok(tx.find(&IS_DUE, args![user_id, since], |row| row.get::<i64>(0))?.is_some())
}

/// Notes when the network was asked.
pub fn set_asked(tx: &mut Tx<'_>, user_id: &UserId, at: i64) -> Result<()> {
    tx.execute(&SET_ASKED, args![user_id, at]).map(drop)
}
