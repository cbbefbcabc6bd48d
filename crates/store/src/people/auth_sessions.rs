//! User-interactive authentication in progress.

use crate::{Result, Tx, args, sql};

sql! {
    INSERT = "INSERT INTO auth_sessions (session, request, completed, params, created_at)
        VALUES ($1, $2, '[]', '{}', $3)";
    FIND = "SELECT request, completed, params, created_at FROM auth_sessions WHERE session = $1";
    PROGRESS = "UPDATE auth_sessions SET completed = $2, params = $3 WHERE session = $1";
    DELETE = "DELETE FROM auth_sessions WHERE session = $1";
    DELETE_OLD = "DELETE FROM auth_sessions WHERE created_at < $1";
}

#[derive(Clone, Debug)]
pub struct AuthSessionRow {
    /// A hash of what is being authorised.
    pub request: Vec<u8>,
    /// JSON list of the stages that are done.
    pub completed: String,
    /// JSON object: what the stages found out.
    pub params: String,
    pub created_at: i64,
}

pub fn insert(tx: &mut Tx<'_>, session: &str, request: &[u8], now: i64) -> Result<()> {
    tx.execute(&INSERT, args![session, request, now]).map(drop)
}

pub fn find(tx: &mut Tx<'_>, session: &str) -> Result<Option<AuthSessionRow>> {
    tx.find(&FIND, args![session], |row| {
        Ok(AuthSessionRow {
            request: row.get(0)?,
            completed: row.get(1)?,
            params: row.get(2)?,
            created_at: row.get(3)?,
        })
    })
}

pub fn progress(tx: &mut Tx<'_>, session: &str, completed: &str, params: &str) -> Result<()> {
    tx.execute(&PROGRESS, args![session, completed, params]).map(drop)
}

pub fn delete(tx: &mut Tx<'_>, session: &str) -> Result<()> {
    tx.execute(&DELETE, args![session]).map(drop)
}

/// Deletes those begun before the given time.
pub fn delete_old(tx: &mut Tx<'_>, before: i64) -> Result<()> {
    tx.execute(&DELETE_OLD, args![before]).map(drop)
}
