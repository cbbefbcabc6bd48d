//! Users that stand for people on other networks, the server's own user, and contacts.

use ruma::{OwnedUserId, UserId};

use crate::{Result, Tx, args, sql};

sql! {
    INSERT_USER = "INSERT INTO users (user_id, kind, display_name, created_at) VALUES ($1, $2, $3, $4)
        ON CONFLICT DO NOTHING";
    KIND = "SELECT kind FROM users WHERE user_id = $1";
    INSERT = "INSERT INTO ghosts (user_id, channel, remote_id, contact_id) VALUES ($1, $2, $3, $4)
        ON CONFLICT DO NOTHING";
    FIND = "SELECT user_id FROM ghosts WHERE channel = $1 AND remote_id = $2";
    FIND_HANDLE = "SELECT contact_id FROM handles WHERE handle = $1";
    INSERT_HANDLE = "INSERT INTO handles (handle, contact_id) VALUES ($1, $2) ON CONFLICT DO NOTHING";
    INSERT_CONTACT = "INSERT INTO contacts (created_at) VALUES ($1) RETURNING contact_id";
}

/// Adds a user that nobody can log in as; `kind` is `ghost` or `bot`.
pub fn insert_user(tx: &mut Tx<'_>, user_id: &UserId, kind: &str, name: Option<&str>, now: i64) -> Result<()> {
    tx.execute(&INSERT_USER, args![user_id, kind, name, now]).map(drop)
}

/// `person`, `ghost` or `bot`.
pub fn find_kind(tx: &mut Tx<'_>, user_id: &UserId) -> Result<Option<String>> {
    tx.find(&KIND, args![user_id], |row| row.get(0))
}

pub fn insert(tx: &mut Tx<'_>, user_id: &UserId, channel: &str, remote_id: &str, contact_id: i64) -> Result<()> {
    tx.execute(&INSERT, args![user_id, channel, remote_id, contact_id]).map(drop)
}

pub fn find(tx: &mut Tx<'_>, channel: &str, remote_id: &str) -> Result<Option<OwnedUserId>> {
    tx.find(&FIND, args![channel, remote_id], |row| row.get(0))
}

/// The contact who has one of these handles, or a new one who then has them all.
pub fn find_or_make_contact(tx: &mut Tx<'_>, handles: &[String], now: i64) -> Result<i64> {
    let mut known = None;
    for handle in handles {
        known = tx.find(&FIND_HANDLE, args![handle], |row| row.get::<i64>(0))?;
        if known.is_some() {
            break;
        }
    }
    let contact_id = match known {
        Some(contact_id) => contact_id,
        None => tx.get(&INSERT_CONTACT, args![now], |row| row.get(0))?,
    };
    for handle in handles {
        tx.execute(&INSERT_HANDLE, args![handle, contact_id])?;
    }
    Ok(contact_id)
}
