//! What clients keep here for themselves, globally and for each room.

use ruma::UserId;

use crate::{Result, Row, Tx, args, sql};

sql! {
    FIND = "SELECT content FROM account_data WHERE user_id = $1 AND room_id = $2 AND type = $3";
    SET = "INSERT INTO account_data (user_id, room_id, type, content, position) VALUES ($1, $2, $3, $4, $5)
        ON CONFLICT (user_id, room_id, type) DO UPDATE SET content = excluded.content, position = excluded.position";
    LIST = "SELECT room_id, type, content FROM account_data
        WHERE user_id = $1 AND position > $2 AND position <= $3 ORDER BY position";
    LIST_ROOM = "SELECT room_id, type, content FROM account_data WHERE user_id = $1 AND room_id = $2";
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountDataRow {
    /// Empty: global.
    pub room_id: String,
    pub kind: String,
    /// JSON.
    pub content: String,
}

fn read(row: &Row<'_>) -> Result<AccountDataRow> {
    Ok(AccountDataRow { room_id: row.get(0)?, kind: row.get(1)?, content: row.get(2)? })
}

/// `room_id` is empty for what is global.
pub fn find(tx: &mut Tx<'_>, user_id: &UserId, room_id: &str, kind: &str) -> Result<Option<String>> {
    tx.find(&FIND, args![user_id, room_id, kind], |row| row.get(0))
}

pub fn set(tx: &mut Tx<'_>, user_id: &UserId, room_id: &str, kind: &str, content: &str, position: i64) -> Result<()> {
    tx.execute(&SET, args![user_id, room_id, kind, content, position]).map(drop)
}

/// What was set in `since < position <= until`, global and of all rooms.
pub fn list_since(tx: &mut Tx<'_>, user_id: &UserId, since: i64, until: i64) -> Result<Vec<AccountDataRow>> {
    tx.list(&LIST, args![user_id, since, until], read)
}

/// All of one room.
pub fn list_of_room(tx: &mut Tx<'_>, user_id: &UserId, room_id: &str) -> Result<Vec<AccountDataRow>> {
    tx.list(&LIST_ROOM, args![user_id, room_id], read)
}
