//! Signatures of devices and master keys that were added later.

use ruma::{OwnedUserId, UserId};

use crate::{Result, Tx, args, sql};

sql! {
    LIST = "SELECT target, signer, key_id, signature FROM key_signatures
        WHERE user_id = $1 AND signer IN ($1, $2)";
    SET = "INSERT INTO key_signatures (user_id, target, signer, key_id, signature) VALUES ($1, $2, $3, $4, $5)
        ON CONFLICT (user_id, target, signer, key_id) DO UPDATE SET signature = excluded.signature
        WHERE key_signatures.signature <> excluded.signature";
    DELETE = "DELETE FROM key_signatures WHERE user_id = $1 AND target = $2";
}

#[derive(Clone, Debug)]
pub struct SignatureRow {
    /// A device id, or a master key in unpadded base64.
    pub target: String,
    pub signer: OwnedUserId,
    /// Of the signing key, such as `ed25519:AAAA`.
    pub key_id: String,
    pub signature: String,
}

/// Signatures of a person's things that `viewer` may see: the person's and the viewer's own.
pub fn list_visible(tx: &mut Tx<'_>, user_id: &UserId, viewer: &UserId) -> Result<Vec<SignatureRow>> {
    tx.list(&LIST, args![user_id, viewer], |row| {
        Ok(SignatureRow { target: row.get(0)?, signer: row.get(1)?, key_id: row.get(2)?, signature: row.get(3)? })
    })
}

/// Says whether that is news.
pub fn set(tx: &mut Tx<'_>, user_id: &UserId, signature: &SignatureRow) -> Result<bool> {
    let SignatureRow { target, signer, key_id, signature } = signature;
    Ok(tx.execute(&SET, args![user_id, target, signer, key_id, signature])? > 0)
}

/// Forgets all signatures of a thing whose keys are others now.
pub fn delete(tx: &mut Tx<'_>, user_id: &UserId, target: &str) -> Result<()> {
    tx.execute(&DELETE, args![user_id, target]).map(drop)
}
