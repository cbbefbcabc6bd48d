//! Access and refresh tokens, by their SHA-256 hashes.

use ruma::{DeviceId, OwnedDeviceId, OwnedUserId, UserId};

use crate::{Result, Tx, args, sql};

sql! {
    INSERT_ACCESS = "INSERT INTO access_tokens (token_hash, user_id, device_id, generation, expires_at)
        VALUES ($1, $2, $3, $4, $5)";
    INSERT_REFRESH = "INSERT INTO refresh_tokens (token_hash, user_id, device_id, generation)
        VALUES ($1, $2, $3, $4)";
    FIND_ACCESS = "SELECT t.user_id, t.device_id, t.generation, t.expires_at, u.admin,
        EXISTS (SELECT 1 FROM access_tokens o
            WHERE o.user_id = t.user_id AND o.device_id = t.device_id AND o.generation < t.generation)
        OR EXISTS (SELECT 1 FROM refresh_tokens o
            WHERE o.user_id = t.user_id AND o.device_id = t.device_id AND o.generation < t.generation)
        FROM access_tokens t JOIN users u ON u.user_id = t.user_id WHERE t.token_hash = $1";
    FIND_REFRESH = "SELECT user_id, device_id, generation FROM refresh_tokens WHERE token_hash = $1";
    LAST_GENERATION = "SELECT COALESCE(MAX(generation), 0) FROM access_tokens WHERE user_id = $1 AND device_id = $2";
    DELETE_OLDER_ACCESS = "DELETE FROM access_tokens WHERE user_id = $1 AND device_id = $2 AND generation < $3";
    DELETE_OLDER_REFRESH = "DELETE FROM refresh_tokens WHERE user_id = $1 AND device_id = $2 AND generation < $3";
}

/// What an access token stands for.
#[derive(Clone, Debug)]
pub struct AccessRow {
    pub user_id: OwnedUserId,
    pub device_id: OwnedDeviceId,
    pub generation: i64,
    pub expires_at: Option<i64>,
    pub admin: bool,
    /// The device has older tokens, which must go now that this one is used.
    pub supersedes: bool,
}

/// What a refresh token stands for.
#[derive(Clone, Debug)]
pub struct RefreshRow {
    pub user_id: OwnedUserId,
    pub device_id: OwnedDeviceId,
    pub generation: i64,
}

pub fn insert_access(
    tx: &mut Tx<'_>,
    hash: &[u8],
    user_id: &UserId,
    device_id: &DeviceId,
    generation: i64,
    expires_at: Option<i64>,
) -> Result<()> {
    tx.execute(&INSERT_ACCESS, args![hash, user_id, device_id, generation, expires_at]).map(drop)
}

pub fn insert_refresh(
    tx: &mut Tx<'_>,
    hash: &[u8],
    user_id: &UserId,
    device_id: &DeviceId,
    generation: i64,
) -> Result<()> {
    tx.execute(&INSERT_REFRESH, args![hash, user_id, device_id, generation]).map(drop)
}

pub fn find_access(tx: &mut Tx<'_>, hash: &[u8]) -> Result<Option<AccessRow>> {
    tx.find(&FIND_ACCESS, args![hash], |row| {
        Ok(AccessRow {
            user_id: row.get(0)?,
            device_id: row.get(1)?,
            generation: row.get(2)?,
            expires_at: row.get(3)?,
            admin: row.get(4)?,
            supersedes: row.get(5)?,
        })
    })
}

pub fn find_refresh(tx: &mut Tx<'_>, hash: &[u8]) -> Result<Option<RefreshRow>> {
    tx.find(&FIND_REFRESH, args![hash], |row| {
        Ok(RefreshRow { user_id: row.get(0)?, device_id: row.get(1)?, generation: row.get(2)? })
    })
}

/// The newest generation of the device's tokens; 0 if it has none.
pub fn last_generation(tx: &mut Tx<'_>, user_id: &UserId, device_id: &DeviceId) -> Result<i64> {
    tx.get(&LAST_GENERATION, args![user_id, device_id], |row| row.get(0))
}

/// Ends all tokens of the device from before a generation.
pub fn delete_older(tx: &mut Tx<'_>, user_id: &UserId, device_id: &DeviceId, generation: i64) -> Result<()> {
    tx.execute(&DELETE_OLDER_ACCESS, args![user_id, device_id, generation])?;
    tx.execute(&DELETE_OLDER_REFRESH, args![user_id, device_id, generation]).map(drop)
}
