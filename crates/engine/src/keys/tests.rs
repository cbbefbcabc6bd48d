mod backup;
mod device_lists;
mod one_time;
mod signing;
mod to_device;

use ruma::{OwnedUserId, encryption::DeviceKeys, serde::Raw};
use serde_json::{Value, json};

use super::KeyUpload;
use crate::fixture::Fixture;

fn raw<T>(value: &Value) -> Raw<T> {
    Raw::from_json(serde_json::value::to_raw_value(value).unwrap())
}

fn upload(user_id: &OwnedUserId, device_id: &str) -> KeyUpload {
    KeyUpload {
        user_id: user_id.clone(),
        device_id: device_id.into(),
        device_keys: None,
        one_time_keys: Default::default(),
        fallback_keys: Default::default(),
    }
}

/// Device keys; `identity` stands for the device's own key.
fn device_keys(user_id: &OwnedUserId, device_id: &str, identity: &str) -> Raw<DeviceKeys> {
    raw(&device_object(user_id, device_id, identity))
}

fn device_object(user_id: &OwnedUserId, device_id: &str, identity: &str) -> Value {
    json!({
        "user_id": user_id,
        "device_id": device_id,
        "algorithms": ["m.olm.v1.curve25519-aes-sha2", "m.megolm.v1.aes-sha2"],
        "keys": { format!("curve25519:{device_id}"): "curve", format!("ed25519:{device_id}"): identity },
        "signatures": { user_id.as_str(): { format!("ed25519:{device_id}"): "self" } },
    })
}

impl Fixture {
    /// Publishes the keys of a device.
    async fn publish(&self, user_id: &OwnedUserId, device_id: &str, identity: &str) {
        let device_keys = Some(device_keys(user_id, device_id, identity));
        self.engine.upload_keys(KeyUpload { device_keys, ..upload(user_id, device_id) }).await.unwrap();
    }
}
