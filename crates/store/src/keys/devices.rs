//! The identity keys of devices.

use ruma::{DeviceId, OwnedDeviceId, UserId};

use crate::{Result, Tx, args, sql};

sql! {
    FIND = "SELECT keys FROM device_keys WHERE user_id = $1 AND device_id = $2";
    LIST = "SELECT k.device_id, k.keys, d.display_name FROM device_keys k
        JOIN devices d ON d.user_id = k.user_id AND d.device_id = k.device_id WHERE k.user_id = $1";
    SET = "INSERT INTO device_keys (user_id, device_id, keys) VALUES ($1, $2, $3)
        ON CONFLICT (user_id, device_id) DO UPDATE SET keys = excluded.keys";
    LIST_IDS = "SELECT device_id FROM devices WHERE user_id = $1";
    EXISTS = "SELECT 1 FROM devices WHERE user_id = $1 AND device_id = $2";
}

/// A device that has published its keys.
#[derive(Clone, Debug)]
pub struct DeviceKeysRow {
    pub device_id: OwnedDeviceId,
    /// The signed JSON object.
    pub keys: String,
    pub display_name: Option<String>,
}

pub fn find(tx: &mut Tx<'_>, user_id: &UserId, device_id: &DeviceId) -> Result<Option<String>> {
    tx.find(&FIND, args![user_id, device_id], |row| row.get(0))
}

pub fn list(tx: &mut Tx<'_>, user_id: &UserId) -> Result<Vec<DeviceKeysRow>> {
    tx.list(&LIST, args![user_id], |row| {
        Ok(DeviceKeysRow { device_id: row.get(0)?, keys: row.get(1)?, display_name: row.get(2)? })
    })
}

pub fn set(tx: &mut Tx<'_>, user_id: &UserId, device_id: &DeviceId, keys: &str) -> Result<()> {
    tx.execute(&SET, args![user_id, device_id, keys]).map(drop)
}

/// All devices of a person, with or without keys.
pub fn list_ids(tx: &mut Tx<'_>, user_id: &UserId) -> Result<Vec<OwnedDeviceId>> {
    tx.list(&LIST_IDS, args![user_id], |row| row.get(0))
}

/// Whether there is such a device, with or without keys.
pub fn exists(tx: &mut Tx<'_>, user_id: &UserId, device_id: &DeviceId) -> Result<bool> {
    Ok(tx.find(&EXISTS, args![user_id, device_id], |_| Ok(()))?.is_some())
}
