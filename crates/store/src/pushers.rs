//! Where people's apps want to be told of news (specification, "Push Notifications").

use ruma::{DeviceId, UserId};

use crate::{Result, Tx, args, sql};

sql! {
    SET = "INSERT INTO pushers (user_id, app_id, pushkey, device_id, content, created_at)
        VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (user_id, app_id, pushkey)
        DO UPDATE SET device_id = excluded.device_id, content = excluded.content";
    DELETE = "DELETE FROM pushers WHERE user_id = $1 AND app_id = $2 AND pushkey = $3";
    DELETE_OF_OTHERS = "DELETE FROM pushers WHERE user_id <> $1 AND app_id = $2 AND pushkey = $3";
    LIST = "SELECT content FROM pushers WHERE user_id = $1 ORDER BY created_at, app_id, pushkey";
    COUNT = "SELECT COUNT(*) FROM pushers WHERE user_id = $1";
}

/// Which pusher of a person.
#[derive(Clone, Copy, Debug)]
pub struct PusherKey<'a> {
    pub user_id: &'a UserId,
    pub app_id: &'a str,
    pub pushkey: &'a str,
}

/// `content` is the pusher as JSON. It goes away with the device.
pub fn set(tx: &mut Tx<'_>, key: PusherKey<'_>, device_id: &DeviceId, content: &str, now: i64) -> Result<()> {
    tx.execute(&SET, args![key.user_id, key.app_id, key.pushkey, device_id, content, now]).map(drop)
}

pub fn delete(tx: &mut Tx<'_>, key: PusherKey<'_>) -> Result<()> {
    tx.execute(&DELETE, args![key.user_id, key.app_id, key.pushkey]).map(drop)
}

/// Takes the same app's pusher from whoever else used that phone before.
pub fn delete_of_others(tx: &mut Tx<'_>, key: PusherKey<'_>) -> Result<()> {
    tx.execute(&DELETE_OF_OTHERS, args![key.user_id, key.app_id, key.pushkey]).map(drop)
}

/// All of a person, as JSON.
pub fn list(tx: &mut Tx<'_>, user_id: &UserId) -> Result<Vec<String>> {
    tx.list(&LIST, args![user_id], |row| row.get(0))
}

pub fn count(tx: &mut Tx<'_>, user_id: &UserId) -> Result<i64> {
    tx.get(&COUNT, args![user_id], |row| row.get(0))
}
