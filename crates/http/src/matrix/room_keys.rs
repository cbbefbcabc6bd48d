//! The key backup (specification, "Server-side key backups").

use std::collections::BTreeMap;

use ruma::{
    OwnedRoomId, UInt,
    api::client::backup::{
        BackupAlgorithm, KeyBackupData, RoomKeyBackup, add_backup_keys, add_backup_keys_for_room,
        add_backup_keys_for_session, create_backup_version, delete_backup_keys, delete_backup_keys_for_room,
        delete_backup_keys_for_session, delete_backup_version, get_backup_info, get_backup_keys,
        get_backup_keys_for_room, get_backup_keys_for_session, get_latest_backup_info, update_backup_version,
    },
    serde::Raw,
};
use serde_json::{json, value::RawValue};
use unisono_engine::{
    Error as EngineError,
    keys::{Backup, BackupCounts, KeySelection},
};

use crate::{Call, Result, routes::Routes};

pub(super) fn add(routes: &mut Routes) {
    routes.add(create).add(latest).add(info).add(update).add(delete);
    routes.add(put_all).add(put_room).add(put_session);
    routes.add(get_all).add(get_room).add(get_session);
    routes.add(delete_all).add(delete_room).add(delete_session);
}

/// `POST /room_keys/version`
async fn create(call: Call<create_backup_version::v3::Request>) -> Result<create_backup_version::v3::Response> {
    let Call { engine, session, request, .. } = call;
    let version = engine.create_backup(session.user_id, request.algorithm.into_json()).await?;
    Ok(create_backup_version::v3::Response::new(version))
}

/// `GET /room_keys/version`
async fn latest(call: Call<get_latest_backup_info::v3::Request>) -> Result<get_latest_backup_info::v3::Response> {
    let backup = call.engine.backup(call.session.user_id, None).await?;
    let (algorithm, count) = (algorithm(&backup)?, count(&backup.counts)?);
    Ok(get_latest_backup_info::v3::Response::new(algorithm, count, backup.counts.etag, backup.version))
}

/// `GET /room_keys/version/{version}`
async fn info(call: Call<get_backup_info::v3::Request>) -> Result<get_backup_info::v3::Response> {
    let backup = call.engine.backup(call.session.user_id, Some(call.request.version)).await?;
    let (algorithm, count) = (algorithm(&backup)?, count(&backup.counts)?);
    Ok(get_backup_info::v3::Response::new(algorithm, count, backup.counts.etag, backup.version))
}

fn algorithm(backup: &Backup) -> Result<Raw<BackupAlgorithm>> {
    let description = json!({ "algorithm": backup.algorithm, "auth_data": backup.auth_data });
    let json = serde_json::value::to_raw_value(&description).map_err(EngineError::internal)?;
    Ok(Raw::from_json(json))
}

fn count(counts: &BackupCounts) -> Result<UInt> {
    Ok(UInt::try_from(counts.count).map_err(EngineError::internal)?)
}

/// `PUT /room_keys/version/{version}`
async fn update(call: Call<update_backup_version::v3::Request>) -> Result<update_backup_version::v3::Response> {
    let Call { engine, session, request, .. } = call;
    engine.update_backup(session.user_id, request.version, request.algorithm.into_json()).await?;
    Ok(update_backup_version::v3::Response::new())
}

/// `DELETE /room_keys/version/{version}`
async fn delete(call: Call<delete_backup_version::v3::Request>) -> Result<delete_backup_version::v3::Response> {
    call.engine.delete_backup(call.session.user_id, call.request.version).await?;
    Ok(delete_backup_version::v3::Response::new())
}

type Sessions = BTreeMap<String, Raw<KeyBackupData>>;

fn into_json(sessions: Sessions) -> BTreeMap<String, Box<RawValue>> {
    sessions.into_iter().map(|(id, key)| (id, key.into_json())).collect()
}

fn from_json(sessions: BTreeMap<String, Box<RawValue>>) -> Sessions {
    sessions.into_iter().map(|(id, key)| (id, Raw::from_json(key))).collect()
}

/// `PUT /room_keys/keys`
async fn put_all(call: Call<add_backup_keys::v3::Request>) -> Result<add_backup_keys::v3::Response> {
    let Call { engine, session, request, .. } = call;
    let keys = request.rooms.into_iter().map(|(room_id, room)| (room_id, into_json(room.sessions))).collect();
    let counts = engine.add_backup_keys(session.user_id, request.version, keys).await?;
    let count = count(&counts)?;
    Ok(add_backup_keys::v3::Response::new(counts.etag, count))
}

/// `PUT /room_keys/keys/{roomId}`
async fn put_room(call: Call<add_backup_keys_for_room::v3::Request>) -> Result<add_backup_keys_for_room::v3::Response> {
    let Call { engine, session, request, .. } = call;
    let keys = BTreeMap::from([(request.room_id, into_json(request.sessions))]);
    let counts = engine.add_backup_keys(session.user_id, request.version, keys).await?;
    let count = count(&counts)?;
    Ok(add_backup_keys_for_room::v3::Response::new(counts.etag, count))
}

/// `PUT /room_keys/keys/{roomId}/{sessionId}`
async fn put_session(
    call: Call<add_backup_keys_for_session::v3::Request>,
) -> Result<add_backup_keys_for_session::v3::Response> {
    let Call { engine, session, request, .. } = call;
    let sessions = BTreeMap::from([(request.session_id, request.session_data.into_json())]);
    let keys = BTreeMap::from([(request.room_id, sessions)]);
    let counts = engine.add_backup_keys(session.user_id, request.version, keys).await?;
    let count = count(&counts)?;
    Ok(add_backup_keys_for_session::v3::Response::new(counts.etag, count))
}

/// `GET /room_keys/keys`
async fn get_all(call: Call<get_backup_keys::v3::Request>) -> Result<get_backup_keys::v3::Response> {
    let Call { engine, session, request, .. } = call;
    let keys = engine.backup_keys(session.user_id, request.version, KeySelection::All).await?;
    let rooms: BTreeMap<OwnedRoomId, RoomKeyBackup> =
        keys.into_iter().map(|(room_id, sessions)| (room_id, RoomKeyBackup::new(from_json(sessions)))).collect();
    Ok(get_backup_keys::v3::Response::new(rooms))
}

/// `GET /room_keys/keys/{roomId}`
async fn get_room(call: Call<get_backup_keys_for_room::v3::Request>) -> Result<get_backup_keys_for_room::v3::Response> {
    let Call { engine, session, request, .. } = call;
    let selection = KeySelection::Room(request.room_id.clone());
    let mut keys = engine.backup_keys(session.user_id, request.version, selection).await?;
    let sessions = keys.remove(&request.room_id).unwrap_or_default();
    Ok(get_backup_keys_for_room::v3::Response::new(from_json(sessions)))
}

/// `GET /room_keys/keys/{roomId}/{sessionId}`
async fn get_session(
    call: Call<get_backup_keys_for_session::v3::Request>,
) -> Result<get_backup_keys_for_session::v3::Response> {
    let Call { engine, session, request, .. } = call;
    let selection = KeySelection::Session(request.room_id, request.session_id);
    let keys = engine.backup_keys(session.user_id, request.version, selection).await?;
    let key = keys.into_values().flat_map(BTreeMap::into_values).next();
    let key = key.ok_or_else(|| EngineError::not_found("this key is not in the backup"))?;
    Ok(get_backup_keys_for_session::v3::Response::new(Raw::from_json(key)))
}

/// `DELETE /room_keys/keys`
async fn delete_all(call: Call<delete_backup_keys::v3::Request>) -> Result<delete_backup_keys::v3::Response> {
    let Call { engine, session, request, .. } = call;
    let counts = engine.delete_backup_keys(session.user_id, request.version, KeySelection::All).await?;
    let count = count(&counts)?;
    Ok(delete_backup_keys::v3::Response::new(counts.etag, count))
}

/// `DELETE /room_keys/keys/{roomId}`
async fn delete_room(
    call: Call<delete_backup_keys_for_room::v3::Request>,
) -> Result<delete_backup_keys_for_room::v3::Response> {
    let Call { engine, session, request, .. } = call;
    let selection = KeySelection::Room(request.room_id);
    let counts = engine.delete_backup_keys(session.user_id, request.version, selection).await?;
    let count = count(&counts)?;
    Ok(delete_backup_keys_for_room::v3::Response::new(counts.etag, count))
}

/// `DELETE /room_keys/keys/{roomId}/{sessionId}`
async fn delete_session(
    call: Call<delete_backup_keys_for_session::v3::Request>,
) -> Result<delete_backup_keys_for_session::v3::Response> {
    let Call { engine, session, request, .. } = call;
    let selection = KeySelection::Session(request.room_id, request.session_id);
    let counts = engine.delete_backup_keys(session.user_id, request.version, selection).await?;
    let count = count(&counts)?;
    Ok(delete_backup_keys_for_session::v3::Response::new(counts.etag, count))
}
