//! Names that lead to rooms, and rooms that want to be found.

use ruma::{OwnedRoomId, UserId};

use crate::{Result, Tx, args, sql};

sql! {
    INSERT = "INSERT INTO aliases (alias, room_no, created_by) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING";
    FIND = "SELECT r.room_no, r.room_id, a.created_by FROM aliases a JOIN rooms r ON r.room_no = a.room_no
        WHERE a.alias = $1";
    LIST = "SELECT alias FROM aliases WHERE room_no = $1 ORDER BY alias";
    DELETE = "DELETE FROM aliases WHERE alias = $1";
    SHOW = "INSERT INTO listed_rooms (room_no) VALUES ($1) ON CONFLICT DO NOTHING";
    HIDE = "DELETE FROM listed_rooms WHERE room_no = $1";
    IS_LISTED = "SELECT 1 FROM listed_rooms WHERE room_no = $1";
    LIST_PUBLIC = "SELECT l.room_no, COUNT(m.user_id) FROM listed_rooms l
        LEFT JOIN memberships m ON m.room_no = l.room_no AND m.membership = 'join'
        GROUP BY l.room_no ORDER BY 2 DESC, 1";
}

/// Where an alias leads, and who made it.
#[derive(Clone, Debug)]
pub struct AliasRow {
    pub room_no: i64,
    pub room_id: OwnedRoomId,
    pub created_by: String,
}

/// Whether the alias was free.
pub fn insert_alias(tx: &mut Tx<'_>, alias: &str, room_no: i64, created_by: &UserId) -> Result<bool> {
    Ok(tx.execute(&INSERT, args![alias, room_no, created_by])? == 1)
}

pub fn find_alias(tx: &mut Tx<'_>, alias: &str) -> Result<Option<AliasRow>> {
    tx.find(&FIND, args![alias], |row| {
        Ok(AliasRow { room_no: row.get(0)?, room_id: row.get(1)?, created_by: row.get(2)? })
    })
}

pub fn list_aliases(tx: &mut Tx<'_>, room_no: i64) -> Result<Vec<String>> {
    tx.list(&LIST, args![room_no], |row| row.get(0))
}

pub fn delete_alias(tx: &mut Tx<'_>, alias: &str) -> Result<()> {
    tx.execute(&DELETE, args![alias]).map(drop)
}

/// Puts a room into the public list, or takes it out.
pub fn set_listed(tx: &mut Tx<'_>, room_no: i64, listed: bool) -> Result<()> {
    tx.execute(if listed { &SHOW } else { &HIDE }, args![room_no]).map(drop)
}

pub fn is_listed(tx: &mut Tx<'_>, room_no: i64) -> Result<bool> {
    Ok(tx.find(&IS_LISTED, args![room_no], |_| Ok(()))?.is_some())
}

/// The public list with the number of members, the largest first.
pub fn list_public(tx: &mut Tx<'_>) -> Result<Vec<(i64, i64)>> {
    tx.list(&LIST_PUBLIC, args![], |row| Ok((row.get(0)?, row.get(1)?)))
}
