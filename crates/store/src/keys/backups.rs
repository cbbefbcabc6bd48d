//! Room keys that people keep here, encrypted, for their next device.

use ruma::{OwnedRoomId, RoomId, UserId};

use crate::{Result, Row, Tx, args, sql};

sql! {
    INSERT = "INSERT INTO backups (user_id, version, algorithm, auth_data)
        SELECT $1, COALESCE(MAX(version), 0) + 1, $2, $3 FROM backups WHERE user_id = $1 RETURNING version";
    FIND = "SELECT version, algorithm, auth_data, etag, key_count FROM backups
        WHERE user_id = $1 AND version = $2 AND NOT deleted";
    FIND_CURRENT = "SELECT version, algorithm, auth_data, etag, key_count FROM backups
        WHERE user_id = $1 AND NOT deleted ORDER BY version DESC LIMIT 1";
    SET_AUTH_DATA = "UPDATE backups SET auth_data = $3 WHERE user_id = $1 AND version = $2";
    DELETE = "UPDATE backups SET deleted = TRUE, key_count = 0, auth_data = '{}'
        WHERE user_id = $1 AND version = $2 AND NOT deleted";
    CHANGED = "UPDATE backups SET etag = etag + 1, key_count = key_count + $3 WHERE user_id = $1 AND version = $2";
    FIND_KEY = "SELECT room_id, session_id, is_verified, first_message_index, forwarded_count, key FROM backup_keys
        WHERE user_id = $1 AND version = $2 AND room_id = $3 AND session_id = $4";
    LIST_ROOM = "SELECT room_id, session_id, is_verified, first_message_index, forwarded_count, key FROM backup_keys
        WHERE user_id = $1 AND version = $2 AND room_id = $3";
    LIST_ALL = "SELECT room_id, session_id, is_verified, first_message_index, forwarded_count, key FROM backup_keys
        WHERE user_id = $1 AND version = $2";
    SET_KEY = "INSERT INTO backup_keys (user_id, version, room_id, session_id, is_verified, first_message_index,
            forwarded_count, key) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
        ON CONFLICT (user_id, version, room_id, session_id) DO UPDATE SET is_verified = excluded.is_verified,
            first_message_index = excluded.first_message_index, forwarded_count = excluded.forwarded_count,
            key = excluded.key";
    DELETE_KEY = "DELETE FROM backup_keys WHERE user_id = $1 AND version = $2 AND room_id = $3 AND session_id = $4";
    DELETE_ROOM = "DELETE FROM backup_keys WHERE user_id = $1 AND version = $2 AND room_id = $3";
    DELETE_ALL = "DELETE FROM backup_keys WHERE user_id = $1 AND version = $2";
}

#[derive(Clone, Debug)]
pub struct BackupRow {
    pub version: i64,
    pub algorithm: String,
    /// JSON.
    pub auth_data: String,
    /// Counts changes.
    pub etag: i64,
    pub key_count: i64,
}

fn read(row: &Row<'_>) -> Result<BackupRow> {
    Ok(BackupRow {
        version: row.get(0)?,
        algorithm: row.get(1)?,
        auth_data: row.get(2)?,
        etag: row.get(3)?,
        key_count: row.get(4)?,
    })
}

/// One session's key.
#[derive(Clone, Debug)]
pub struct BackupKeyRow {
    pub room_id: OwnedRoomId,
    pub session_id: String,
    pub is_verified: bool,
    pub first_message_index: i64,
    pub forwarded_count: i64,
    /// The whole JSON object.
    pub key: String,
}

fn read_key(row: &Row<'_>) -> Result<BackupKeyRow> {
    Ok(BackupKeyRow {
        room_id: row.get(0)?,
        session_id: row.get(1)?,
        is_verified: row.get(2)?,
        first_message_index: row.get(3)?,
        forwarded_count: row.get(4)?,
        key: row.get(5)?,
    })
}

/// Which keys of a backup: all, a room's, one session's.
#[derive(Clone, Copy, Debug)]
pub enum Selection<'a> {
    All,
    Room(&'a RoomId),
    Session(&'a RoomId, &'a str),
}

/// Makes the next version and gives its number.
pub fn insert(tx: &mut Tx<'_>, user_id: &UserId, algorithm: &str, auth_data: &str) -> Result<i64> {
    tx.get(&INSERT, args![user_id, algorithm, auth_data], |row| row.get(0))
}

pub fn find(tx: &mut Tx<'_>, user_id: &UserId, version: i64) -> Result<Option<BackupRow>> {
    tx.find(&FIND, args![user_id, version], read)
}

/// The newest version that was not deleted.
pub fn find_current(tx: &mut Tx<'_>, user_id: &UserId) -> Result<Option<BackupRow>> {
    tx.find(&FIND_CURRENT, args![user_id], read)
}

pub fn set_auth_data(tx: &mut Tx<'_>, user_id: &UserId, version: i64, auth_data: &str) -> Result<()> {
    tx.execute(&SET_AUTH_DATA, args![user_id, version, auth_data]).map(drop)
}

/// Deletes a version with its keys; says whether there was one.
pub fn delete(tx: &mut Tx<'_>, user_id: &UserId, version: i64) -> Result<bool> {
    tx.execute(&DELETE_ALL, args![user_id, version])?;
    Ok(tx.execute(&DELETE, args![user_id, version])? > 0)
}

/// Counts a change that added (or with a number below zero: removed) keys.
pub fn note_change(tx: &mut Tx<'_>, user_id: &UserId, version: i64, added: i64) -> Result<()> {
    tx.execute(&CHANGED, args![user_id, version, added]).map(drop)
}

pub fn find_key(
    tx: &mut Tx<'_>,
    user_id: &UserId,
    version: i64,
    room_id: &RoomId,
    session_id: &str,
) -> Result<Option<BackupKeyRow>> {
    tx.find(&FIND_KEY, args![user_id, version, room_id, session_id], read_key)
}

pub fn set_key(tx: &mut Tx<'_>, user_id: &UserId, version: i64, key: &BackupKeyRow) -> Result<()> {
    tx.execute(
        &SET_KEY,
        args![
            user_id,
            version,
            &key.room_id,
            &key.session_id,
            key.is_verified,
            key.first_message_index,
            key.forwarded_count,
            &key.key
        ],
    )
    .map(drop)
}

pub fn list_keys(
    tx: &mut Tx<'_>,
    user_id: &UserId,
    version: i64,
    selection: Selection<'_>,
) -> Result<Vec<BackupKeyRow>> {
    match selection {
        Selection::All => tx.list(&LIST_ALL, args![user_id, version], read_key),
        Selection::Room(room_id) => tx.list(&LIST_ROOM, args![user_id, version, room_id], read_key),
        Selection::Session(room_id, session_id) => {
            tx.list(&FIND_KEY, args![user_id, version, room_id, session_id], read_key)
        }
    }
}

/// Gives the number of keys that were there.
pub fn delete_keys(tx: &mut Tx<'_>, user_id: &UserId, version: i64, selection: Selection<'_>) -> Result<usize> {
    match selection {
        Selection::All => tx.execute(&DELETE_ALL, args![user_id, version]),
        Selection::Room(room_id) => tx.execute(&DELETE_ROOM, args![user_id, version, room_id]),
        Selection::Session(room_id, session_id) => {
            tx.execute(&DELETE_KEY, args![user_id, version, room_id, session_id])
        }
    }
}
