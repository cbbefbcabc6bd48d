//! Filters that clients keep here, to name them by a number.

use ruma::UserId;

use crate::{Result, Tx, args, sql};

sql! {
    FIND = "SELECT definition FROM filters WHERE user_id = $1 AND filter_id = $2";
    FIND_SAME = "SELECT filter_id FROM filters WHERE user_id = $1 AND definition = $2";
    INSERT = "INSERT INTO filters (user_id, filter_id, definition)
        SELECT $1, COALESCE(MAX(filter_id), 0) + 1, $2 FROM filters WHERE user_id = $1 RETURNING filter_id";
}

pub fn find(tx: &mut Tx<'_>, user_id: &UserId, filter_id: i64) -> Result<Option<String>> {
    tx.find(&FIND, args![user_id, filter_id], |row| row.get(0))
}

/// The number of a filter, which is a new one if the person has none like it.
pub fn insert(tx: &mut Tx<'_>, user_id: &UserId, definition: &str) -> Result<i64> {
    match tx.find(&FIND_SAME, args![user_id, definition], |row| row.get(0))? {
        Some(same) => Ok(same),
        None => tx.get(&INSERT, args![user_id, definition], |row| row.get(0)),
    }
}
