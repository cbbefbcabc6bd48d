//! Messages from device to device, until they are acknowledged.

use ruma::{DeviceId, OwnedUserId, UserId};

use crate::{Result, Tx, args, sql};

sql! {
    INSERT = "INSERT INTO to_device (user_id, device_id, position, sender, type, content)
        VALUES ($1, $2, $3, $4, $5, $6)";
    LIST = "SELECT position, sender, type, content FROM to_device
        WHERE user_id = $1 AND device_id = $2 AND position > $3 AND position <= $4 ORDER BY position LIMIT $5";
    ANY_UP_TO = "SELECT 1 FROM to_device WHERE user_id = $1 AND device_id = $2 AND position <= $3 LIMIT 1";
    DELETE = "DELETE FROM to_device WHERE user_id = $1 AND device_id = $2 AND position <= $3";
}

#[derive(Clone, Debug)]
pub struct ToDeviceRow {
    pub position: i64,
    pub sender: OwnedUserId,
    pub kind: String,
    /// JSON.
    pub content: String,
}

pub fn insert(tx: &mut Tx<'_>, user_id: &UserId, device_id: &DeviceId, message: &ToDeviceRow) -> Result<()> {
    let ToDeviceRow { position, sender, kind, content } = message;
    tx.execute(&INSERT, args![user_id, device_id, *position, sender, kind, content]).map(drop)
}

/// `after < position <= until`, in the order of sending.
pub fn list_after(
    tx: &mut Tx<'_>,
    user_id: &UserId,
    device_id: &DeviceId,
    after: i64,
    until: i64,
    limit: i64,
) -> Result<Vec<ToDeviceRow>> {
    tx.list(&LIST, args![user_id, device_id, after, until, limit], |row| {
        Ok(ToDeviceRow { position: row.get(0)?, sender: row.get(1)?, kind: row.get(2)?, content: row.get(3)? })
    })
}

/// Whether [`delete_up_to`] would find something.
pub fn any_up_to(tx: &mut Tx<'_>, user_id: &UserId, device_id: &DeviceId, position: i64) -> Result<bool> {
    Ok(tx.find(&ANY_UP_TO, args![user_id, device_id, position], |_| Ok(()))?.is_some())
}

pub fn delete_up_to(tx: &mut Tx<'_>, user_id: &UserId, device_id: &DeviceId, position: i64) -> Result<usize> {
    tx.execute(&DELETE, args![user_id, device_id, position])
}
