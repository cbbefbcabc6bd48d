//! Single values of the whole server.

use crate::{Result, Tx, args, sql};

sql! {
    FIND = "SELECT value FROM settings WHERE name = $1";
    SET = "INSERT INTO settings (name, value) VALUES ($1, $2)
        ON CONFLICT (name) DO UPDATE SET value = excluded.value";
    DELETE = "DELETE FROM settings WHERE name = $1";
}

pub fn find(tx: &mut Tx<'_>, name: &str) -> Result<Option<String>> {
    tx.find(&FIND, args![name], |row| row.get(0))
}

pub fn set(tx: &mut Tx<'_>, name: &str, value: &str) -> Result<()> {
    tx.execute(&SET, args![name, value]).map(drop)
}

pub fn delete(tx: &mut Tx<'_>, name: &str) -> Result<()> {
    tx.execute(&DELETE, args![name]).map(drop)
}
