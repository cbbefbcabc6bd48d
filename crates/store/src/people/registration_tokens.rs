//! What lets somebody register: invitations and the operator's tokens.

use ruma::{OwnedUserId, UserId};

use crate::{Result, Row, Tx, args, sql};

sql! {
    INSERT = "INSERT INTO registration_tokens (token, created_by, uses_allowed, created_at, expires_at)
        VALUES ($1, $2, $3, $4, $5)";
    FIND = "SELECT token, created_by, uses_allowed, uses, created_at, expires_at FROM registration_tokens
        WHERE token = $1";
    LIST_OF_USER = "SELECT token, created_by, uses_allowed, uses, created_at, expires_at FROM registration_tokens
        WHERE created_by = $1 ORDER BY created_at DESC, token";
    USE = "UPDATE registration_tokens SET uses = uses + 1 WHERE token = $1
        AND (uses_allowed IS NULL OR uses < uses_allowed) AND (expires_at IS NULL OR expires_at > $2)";
    DELETE = "DELETE FROM registration_tokens WHERE token = $1 AND created_by = $2";
    DELETE_EXPIRED = "DELETE FROM registration_tokens WHERE expires_at < $1";
}

#[derive(Clone, Debug)]
pub struct RegistrationTokenRow {
    pub token: String,
    pub created_by: Option<OwnedUserId>,
    /// Nothing: any number.
    pub uses_allowed: Option<i64>,
    pub uses: i64,
    pub created_at: i64,
    pub expires_at: Option<i64>,
}

impl RegistrationTokenRow {
    /// Whether somebody could register with it now.
    pub fn is_valid(&self, now: i64) -> bool {
        self.uses_allowed.is_none_or(|allowed| self.uses < allowed) && self.expires_at.is_none_or(|end| end > now)
    }
}

fn read(row: &Row<'_>) -> Result<RegistrationTokenRow> {
    Ok(RegistrationTokenRow {
        token: row.get(0)?,
        created_by: row.get(1)?,
        uses_allowed: row.get(2)?,
        uses: row.get(3)?,
        created_at: row.get(4)?,
        expires_at: row.get(5)?,
    })
}

pub fn insert(
    tx: &mut Tx<'_>,
    token: &str,
    created_by: Option<&UserId>,
    uses_allowed: Option<i64>,
    now: i64,
    expires_at: Option<i64>,
) -> Result<()> {
    tx.execute(&INSERT, args![token, created_by, uses_allowed, now, expires_at]).map(drop)
}

pub fn find(tx: &mut Tx<'_>, token: &str) -> Result<Option<RegistrationTokenRow>> {
    tx.find(&FIND, args![token], read)
}

/// Newest first.
pub fn list_of_user(tx: &mut Tx<'_>, user_id: &UserId) -> Result<Vec<RegistrationTokenRow>> {
    tx.list(&LIST_OF_USER, args![user_id], read)
}

/// Counts one registration; `false` if the token is unknown, used up or expired.
pub fn take(tx: &mut Tx<'_>, token: &str, now: i64) -> Result<bool> {
    Ok(tx.execute(&USE, args![token, now])? == 1)
}

/// `false` if this person made no such token.
pub fn delete(tx: &mut Tx<'_>, token: &str, created_by: &UserId) -> Result<bool> {
    Ok(tx.execute(&DELETE, args![token, created_by])? == 1)
}

/// Deletes what ended before the given time.
pub fn delete_expired(tx: &mut Tx<'_>, before: i64) -> Result<()> {
    tx.execute(&DELETE_EXPIRED, args![before]).map(drop)
}
