//! The key backup (`/room_keys`): encrypted room keys for a person's next device.

use std::collections::BTreeMap;

use ruma::{OwnedRoomId, OwnedUserId, RoomId, UserId};
use serde::Deserialize;
use serde_json::value::RawValue;
use unisono_domain::BackupRank;
use unisono_store::{
    Tx,
    keys::backups::{self, BackupKeyRow, BackupRow, Selection},
};

use crate::{Engine, Error, Result};

const MAX_KEY: usize = 64 * 1024;
const MAX_AUTH_DATA: usize = 64 * 1024;

/// A version of a backup, without its keys.
#[derive(Clone, Debug)]
pub struct Backup {
    pub version: String,
    pub algorithm: String,
    pub auth_data: Box<RawValue>,
    pub counts: BackupCounts,
}

/// What every answer about keys says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BackupCounts {
    /// Differs whenever the stored keys differ.
    pub etag: String,
    pub count: i64,
}

/// Which keys of a backup.
#[derive(Clone, Debug)]
pub enum KeySelection {
    All,
    Room(OwnedRoomId),
    Session(OwnedRoomId, String),
}

impl KeySelection {
    fn as_ref(&self) -> Selection<'_> {
        match self {
            Self::All => Selection::All,
            Self::Room(room_id) => Selection::Room(room_id),
            Self::Session(room_id, session_id) => Selection::Session(room_id, session_id),
        }
    }
}

/// Session keys by room and session, each the whole JSON object.
pub type RoomKeys = BTreeMap<OwnedRoomId, BTreeMap<String, Box<RawValue>>>;

#[derive(Deserialize)]
struct Description {
    algorithm: String,
    auth_data: Box<RawValue>,
}

fn read_description(json: &RawValue) -> Result<Description> {
    let description: Description =
        serde_json::from_str(json.get()).map_err(|error| Error::bad_json(error.to_string()))?;
    if !description.auth_data.get().starts_with('{') {
        return Err(Error::bad_json("`auth_data` is an object"));
    }
    if description.auth_data.get().len() > MAX_AUTH_DATA {
        return Err(Error::TooLarge("`auth_data` is too large".to_owned()));
    }
    Ok(description)
}

fn counts_of(row: &BackupRow) -> BackupCounts {
    BackupCounts { etag: row.etag.to_string(), count: row.key_count }
}

fn describe(row: BackupRow) -> Result<Backup> {
    let counts = counts_of(&row);
    let auth_data = RawValue::from_string(row.auth_data).map_err(Error::internal)?;
    Ok(Backup { version: row.version.to_string(), algorithm: row.algorithm, auth_data, counts })
}

fn no_backup() -> Error {
    Error::not_found("there is no such key backup")
}

fn get(tx: &mut Tx<'_>, user_id: &UserId, version: &str) -> Result<BackupRow> {
    let version: i64 = version.parse().map_err(|_| no_backup())?;
    backups::find(tx, user_id, version)?.ok_or_else(no_backup)
}

/// The version that keys may be added to.
fn get_current(tx: &mut Tx<'_>, user_id: &UserId, version: &str) -> Result<BackupRow> {
    let current = backups::find_current(tx, user_id)?.ok_or_else(no_backup)?;
    if current.version.to_string() == version {
        Ok(current)
    } else {
        Err(Error::WrongBackup { current_version: current.version.to_string() })
    }
}

impl Engine {
    /// Begins a new version, `{"algorithm","auth_data"}`; gives its name.
    pub async fn create_backup(&self, user_id: OwnedUserId, description: Box<RawValue>) -> Result<String> {
        let Description { algorithm, auth_data } = read_description(&description)?;
        self.db.write(move |tx| Ok(backups::insert(tx, &user_id, &algorithm, auth_data.get())?.to_string())).await
    }

    /// A version, or the newest one.
    pub async fn backup(&self, user_id: OwnedUserId, version: Option<String>) -> Result<Backup> {
        self.db
            .read(move |tx| {
                let row = match &version {
                    Some(version) => get(tx, &user_id, version)?,
                    None => backups::find_current(tx, &user_id)?.ok_or_else(no_backup)?,
                };
                describe(row)
            })
            .await
    }

    /// Replaces a version's `auth_data`. The algorithm cannot change, nor, if `body` names it, the version.
    pub async fn update_backup(&self, user_id: OwnedUserId, version: String, body: Box<RawValue>) -> Result<()> {
        #[derive(Deserialize)]
        struct Named {
            version: Option<String>,
        }
        let Description { algorithm, auth_data } = read_description(&body)?;
        let named: Named = serde_json::from_str(body.get()).map_err(|error| Error::bad_json(error.to_string()))?;
        if named.version.is_some_and(|named| named != version) {
            return Err(Error::invalid("the version in the body is not the one in the path"));
        }
        self.db
            .write(move |tx| {
                let row = get(tx, &user_id, &version)?;
                if row.algorithm != algorithm {
                    return Err(Error::invalid("the algorithm of a backup does not change"));
                }
                Ok(backups::set_auth_data(tx, &user_id, row.version, auth_data.get())?)
            })
            .await
    }

    /// Deletes a version and its keys.
    pub async fn delete_backup(&self, user_id: OwnedUserId, version: String) -> Result<()> {
        self.db
            .write(move |tx| {
                let row = get(tx, &user_id, &version)?;
                backups::delete(tx, &user_id, row.version)?;
                Ok(())
            })
            .await
    }

    /// Adds keys to the newest version; of two copies of a key the better one is kept.
    pub async fn add_backup_keys(&self, user_id: OwnedUserId, version: String, keys: RoomKeys) -> Result<BackupCounts> {
        self.db
            .write(move |tx| {
                let backup = get_current(tx, &user_id, &version)?;
                let (mut added, mut changed) = (0, false);
                for (room_id, sessions) in &keys {
                    for (session_id, key) in sessions {
                        match put_key(tx, &user_id, backup.version, room_id, session_id, key)? {
                            Put::Added => added += 1,
                            Put::Replaced => changed = true,
                            Put::Ignored => {}
                        }
                    }
                }
                if changed || added > 0 {
                    backups::note_change(tx, &user_id, backup.version, added)?;
                }
                Ok(counts_of(&get(tx, &user_id, &version)?))
            })
            .await
    }

    /// Keys of a version. A single session that is not there is an error, an empty room is not.
    pub async fn backup_keys(
        &self,
        user_id: OwnedUserId,
        version: String,
        selection: KeySelection,
    ) -> Result<RoomKeys> {
        self.db
            .read(move |tx| {
                let backup = get(tx, &user_id, &version)?;
                let rows = backups::list_keys(tx, &user_id, backup.version, selection.as_ref())?;
                if rows.is_empty() && matches!(selection, KeySelection::Session(..)) {
                    return Err(Error::not_found("this key is not in the backup"));
                }
                let mut keys = RoomKeys::new();
                for row in rows {
                    let key = RawValue::from_string(row.key).map_err(Error::internal)?;
                    keys.entry(row.room_id).or_default().insert(row.session_id, key);
                }
                Ok(keys)
            })
            .await
    }

    /// Deletes keys of a version; none there is no error.
    pub async fn delete_backup_keys(
        &self,
        user_id: OwnedUserId,
        version: String,
        selection: KeySelection,
    ) -> Result<BackupCounts> {
        self.db
            .write(move |tx| {
                let backup = get(tx, &user_id, &version)?;
                let deleted = backups::delete_keys(tx, &user_id, backup.version, selection.as_ref())?;
                if deleted > 0 {
                    let deleted = i64::try_from(deleted).map_err(Error::internal)?;
                    backups::note_change(tx, &user_id, backup.version, -deleted)?;
                }
                Ok(counts_of(&get(tx, &user_id, &version)?))
            })
            .await
    }
}

enum Put {
    Added,
    Replaced,
    Ignored,
}

#[derive(Deserialize)]
struct KeyData {
    is_verified: bool,
    first_message_index: u32,
    forwarded_count: u32,
    #[expect(dead_code, reason = "only its presence is checked")]
    session_data: BTreeMap<String, serde_json::Value>,
}

fn put_key(
    tx: &mut Tx<'_>,
    user_id: &UserId,
    version: i64,
    room_id: &RoomId,
    session_id: &str,
    key: &RawValue,
) -> Result<Put> {
    if key.get().len() > MAX_KEY {
        return Err(Error::TooLarge("a key in a backup is too large".to_owned()));
    }
    let data: KeyData = serde_json::from_str(key.get()).map_err(|error| Error::bad_json(error.to_string()))?;
    let rank = BackupRank {
        is_verified: data.is_verified,
        first_message_index: data.first_message_index.into(),
        forwarded_count: data.forwarded_count.into(),
    };
    let outcome = match backups::find_key(tx, user_id, version, room_id, session_id)? {
        Some(kept) if !rank.replaces(rank_of(&kept)) => return Ok(Put::Ignored),
        Some(_) => Put::Replaced,
        None => Put::Added,
    };
    let row = BackupKeyRow {
        room_id: room_id.to_owned(),
        session_id: session_id.to_owned(),
        is_verified: rank.is_verified,
        first_message_index: rank.first_message_index,
        forwarded_count: rank.forwarded_count,
        key: key.get().to_owned(),
    };
    backups::set_key(tx, user_id, version, &row)?;
    Ok(outcome)
}

fn rank_of(row: &BackupKeyRow) -> BackupRank {
    BackupRank {
        is_verified: row.is_verified,
        first_message_index: row.first_message_index,
        forwarded_count: row.forwarded_count,
    }
}
