//! The keys with which people vouch for their devices and for each other.

use ruma::UserId;

use crate::{Result, Tx, args, sql};

sql! {
    LIST = "SELECT usage, public_key, key FROM cross_signing_keys WHERE user_id = $1";
    SET = "INSERT INTO cross_signing_keys (user_id, usage, public_key, key) VALUES ($1, $2, $3, $4)
        ON CONFLICT (user_id, usage) DO UPDATE SET public_key = excluded.public_key, key = excluded.key";
    DELETE = "DELETE FROM cross_signing_keys WHERE user_id = $1 AND usage = $2";
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CrossSigningKeyRow {
    /// `master`, `self_signing` or `user_signing`.
    pub usage: String,
    /// Unpadded base64.
    pub public_key: String,
    /// The signed JSON object.
    pub key: String,
}

/// At most one for each usage.
pub fn list(tx: &mut Tx<'_>, user_id: &UserId) -> Result<Vec<CrossSigningKeyRow>> {
    tx.list(&LIST, args![user_id], |row| {
        Ok(CrossSigningKeyRow { usage: row.get(0)?, public_key: row.get(1)?, key: row.get(2)? })
    })
}

pub fn set(tx: &mut Tx<'_>, user_id: &UserId, key: &CrossSigningKeyRow) -> Result<()> {
    tx.execute(&SET, args![user_id, &key.usage, &key.public_key, &key.key]).map(drop)
}

pub fn delete(tx: &mut Tx<'_>, user_id: &UserId, usage: &str) -> Result<()> {
    tx.execute(&DELETE, args![user_id, usage]).map(drop)
}
