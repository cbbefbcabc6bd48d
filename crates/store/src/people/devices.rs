//! Devices: one for each login.

use ruma::{DeviceId, OwnedDeviceId, UserId};

use crate::{Result, Row, Tx, args, sql};

sql! {
    UPSERT = "INSERT INTO devices (user_id, device_id, display_name, created_at, last_seen_at, last_seen_ip)
        VALUES ($1, $2, $3, $4, $4, $5) ON CONFLICT (user_id, device_id) DO UPDATE SET
        display_name = COALESCE(devices.display_name, excluded.display_name),
        last_seen_at = excluded.last_seen_at, last_seen_ip = excluded.last_seen_ip";
    FIND = "SELECT device_id, display_name, last_seen_at, last_seen_ip FROM devices
        WHERE user_id = $1 AND device_id = $2";
    LIST = "SELECT device_id, display_name, last_seen_at, last_seen_ip FROM devices
        WHERE user_id = $1 ORDER BY created_at, device_id";
    RENAME = "UPDATE devices SET display_name = $3 WHERE user_id = $1 AND device_id = $2";
    SEEN = "UPDATE devices SET last_seen_at = $3, last_seen_ip = COALESCE($4, last_seen_ip)
        WHERE user_id = $1 AND device_id = $2";
    DELETE = "DELETE FROM devices WHERE user_id = $1 AND device_id = $2";
}

#[derive(Clone, Debug)]
pub struct DeviceRow {
    pub device_id: OwnedDeviceId,
    pub display_name: Option<String>,
    pub last_seen_at: Option<i64>,
    pub last_seen_ip: Option<String>,
}

fn read(row: &Row<'_>) -> Result<DeviceRow> {
    Ok(DeviceRow {
        device_id: row.get(0)?,
        display_name: row.get(1)?,
        last_seen_at: row.get(2)?,
        last_seen_ip: row.get(3)?,
    })
}

/// Adds a device, or notes that a known one has logged in again; that one keeps its name.
pub fn upsert(
    tx: &mut Tx<'_>,
    user_id: &UserId,
    device_id: &DeviceId,
    display_name: Option<&str>,
    now: i64,
    ip: Option<&str>,
) -> Result<()> {
    tx.execute(&UPSERT, args![user_id, device_id, display_name, now, ip]).map(drop)
}

pub fn find(tx: &mut Tx<'_>, user_id: &UserId, device_id: &DeviceId) -> Result<Option<DeviceRow>> {
    tx.find(&FIND, args![user_id, device_id], read)
}

/// Oldest first.
pub fn list(tx: &mut Tx<'_>, user_id: &UserId) -> Result<Vec<DeviceRow>> {
    tx.list(&LIST, args![user_id], read)
}

/// `false` if there is no such device.
pub fn rename(tx: &mut Tx<'_>, user_id: &UserId, device_id: &DeviceId, name: Option<&str>) -> Result<bool> {
    Ok(tx.execute(&RENAME, args![user_id, device_id, name])? == 1)
}

pub fn seen(tx: &mut Tx<'_>, user_id: &UserId, device_id: &DeviceId, now: i64, ip: Option<&str>) -> Result<()> {
    tx.execute(&SEEN, args![user_id, device_id, now, ip]).map(drop)
}

/// Deletes a device and its tokens; `false` if there was none.
pub fn delete(tx: &mut Tx<'_>, user_id: &UserId, device_id: &DeviceId) -> Result<bool> {
    Ok(tx.execute(&DELETE, args![user_id, device_id])? == 1)
}
