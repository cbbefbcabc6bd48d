//! Users that stand for people on other networks, and the server's own user.

use ruma::{OwnedUserId, UserId};

use crate::{Result, Tx, args, sql};

sql! {
    INSERT_USER = "INSERT INTO users (user_id, kind, display_name, created_at) VALUES ($1, $2, $3, $4)
        ON CONFLICT DO NOTHING";
    KIND = "SELECT kind FROM users WHERE user_id = $1";
    INSERT = "INSERT INTO ghosts (user_id, channel, remote_id) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING";
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
