//! Keys for beginning a session with a device: each is given away once, the fallback key when there
//! is no other.

use ruma::{DeviceId, UserId};

use crate::{Result, Tx, args, sql};

sql! {
    FIND = "SELECT key FROM one_time_keys
        WHERE user_id = $1 AND device_id = $2 AND algorithm = $3 AND key_id = $4";
    INSERT = "INSERT INTO one_time_keys (user_id, device_id, algorithm, key_id, key, added_at)
        VALUES ($1, $2, $3, $4, $5, $6)";
    NEXT = "SELECT key_id, key FROM one_time_keys
        WHERE user_id = $1 AND device_id = $2 AND algorithm = $3 AND claimed_at IS NULL
        ORDER BY added_at, key_id LIMIT 1";
    CLAIM = "UPDATE one_time_keys SET claimed_at = $5
        WHERE user_id = $1 AND device_id = $2 AND algorithm = $3 AND key_id = $4 AND claimed_at IS NULL";
    COUNT = "SELECT algorithm, COUNT(*) FROM one_time_keys
        WHERE user_id = $1 AND device_id = $2 AND claimed_at IS NULL GROUP BY algorithm";
    DELETE_CLAIMED = "DELETE FROM one_time_keys WHERE user_id = $1 AND device_id = $2 AND claimed_at < $3";
    DELETE_ALL = "DELETE FROM one_time_keys WHERE user_id = $1 AND device_id = $2";
    FIND_FALLBACK = "SELECT key_id, key FROM fallback_keys
        WHERE user_id = $1 AND device_id = $2 AND algorithm = $3";
    SET_FALLBACK = "INSERT INTO fallback_keys (user_id, device_id, algorithm, key_id, key, used)
        VALUES ($1, $2, $3, $4, $5, FALSE)
        ON CONFLICT (user_id, device_id, algorithm)
        DO UPDATE SET key_id = excluded.key_id, key = excluded.key, used = FALSE";
    USE_FALLBACK = "UPDATE fallback_keys SET used = TRUE WHERE user_id = $1 AND device_id = $2 AND algorithm = $3";
    UNUSED_FALLBACKS = "SELECT algorithm FROM fallback_keys WHERE user_id = $1 AND device_id = $2 AND NOT used";
    DELETE_FALLBACKS = "DELETE FROM fallback_keys WHERE user_id = $1 AND device_id = $2";
}

/// A key under its name; together with the algorithm that is its id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OneTimeKeyRow {
    pub key_id: String,
    /// JSON.
    pub key: String,
}

/// A device and one of its algorithms.
#[derive(Clone, Copy, Debug)]
pub struct Shelf<'a> {
    pub user_id: &'a UserId,
    pub device_id: &'a DeviceId,
    pub algorithm: &'a str,
}

/// The key of that name, given away or not.
pub fn find(tx: &mut Tx<'_>, shelf: Shelf<'_>, key_id: &str) -> Result<Option<String>> {
    tx.find(&FIND, args![shelf.user_id, shelf.device_id, shelf.algorithm, key_id], |row| row.get(0))
}

pub fn insert(tx: &mut Tx<'_>, shelf: Shelf<'_>, key_id: &str, key: &str, now: i64) -> Result<()> {
    tx.execute(&INSERT, args![shelf.user_id, shelf.device_id, shelf.algorithm, key_id, key, now]).map(drop)
}

/// Gives the oldest key away, for good.
pub fn claim(tx: &mut Tx<'_>, shelf: Shelf<'_>, now: i64) -> Result<Option<OneTimeKeyRow>> {
    let next = tx.find(&NEXT, args![shelf.user_id, shelf.device_id, shelf.algorithm], |row| {
        Ok(OneTimeKeyRow { key_id: row.get(0)?, key: row.get(1)? })
    })?;
    if let Some(next) = &next {
        tx.execute(&CLAIM, args![shelf.user_id, shelf.device_id, shelf.algorithm, &next.key_id, now])?;
    }
    Ok(next)
}

/// How many of each algorithm are left.
pub fn count(tx: &mut Tx<'_>, user_id: &UserId, device_id: &DeviceId) -> Result<Vec<(String, i64)>> {
    tx.list(&COUNT, args![user_id, device_id], |row| Ok((row.get(0)?, row.get(1)?)))
}

/// Forgets keys that were given away before `time`.
pub fn delete_claimed_before(tx: &mut Tx<'_>, user_id: &UserId, device_id: &DeviceId, time: i64) -> Result<usize> {
    tx.execute(&DELETE_CLAIMED, args![user_id, device_id, time])
}

/// Throws away all keys of a device, fallback keys included.
pub fn delete_all(tx: &mut Tx<'_>, user_id: &UserId, device_id: &DeviceId) -> Result<()> {
    tx.execute(&DELETE_ALL, args![user_id, device_id])?;
    tx.execute(&DELETE_FALLBACKS, args![user_id, device_id]).map(drop)
}

pub fn find_fallback(tx: &mut Tx<'_>, shelf: Shelf<'_>) -> Result<Option<OneTimeKeyRow>> {
    tx.find(&FIND_FALLBACK, args![shelf.user_id, shelf.device_id, shelf.algorithm], |row| {
        Ok(OneTimeKeyRow { key_id: row.get(0)?, key: row.get(1)? })
    })
}

/// Takes the place of the algorithm's former fallback key, and is unused.
pub fn set_fallback(tx: &mut Tx<'_>, shelf: Shelf<'_>, key_id: &str, key: &str) -> Result<()> {
    tx.execute(&SET_FALLBACK, args![shelf.user_id, shelf.device_id, shelf.algorithm, key_id, key]).map(drop)
}

/// Gives the fallback key away; it stays.
pub fn use_fallback(tx: &mut Tx<'_>, shelf: Shelf<'_>) -> Result<Option<OneTimeKeyRow>> {
    let key = find_fallback(tx, shelf)?;
    if key.is_some() {
        tx.execute(&USE_FALLBACK, args![shelf.user_id, shelf.device_id, shelf.algorithm])?;
    }
    Ok(key)
}

/// Algorithms whose fallback key nobody has got yet.
pub fn list_unused_fallbacks(tx: &mut Tx<'_>, user_id: &UserId, device_id: &DeviceId) -> Result<Vec<String>> {
    tx.list(&UNUSED_FALLBACKS, args![user_id, device_id], |row| row.get(0))
}
