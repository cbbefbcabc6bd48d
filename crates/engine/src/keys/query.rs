//! `POST /keys/query`: the devices of people and how those vouch for them.

use std::collections::BTreeMap;

use ruma::{
    OwnedDeviceId, OwnedUserId, UserId,
    encryption::{CrossSigningKey, DeviceKeys},
    serde::Raw,
};
use serde_json::{Map, Value};
use unisono_store::{
    Tx,
    keys::{
        cross_signing, devices,
        signatures::{self, SignatureRow},
    },
};

use crate::{Engine, Error, Result};

/// Whose devices are asked for; an empty list means all of the person's.
pub type KeyQuery = BTreeMap<OwnedUserId, Vec<OwnedDeviceId>>;

/// What `viewer` may see of them.
#[derive(Clone, Debug, Default)]
pub struct KeysOfPeople {
    pub device_keys: BTreeMap<OwnedUserId, BTreeMap<OwnedDeviceId, Raw<DeviceKeys>>>,
    pub master_keys: BTreeMap<OwnedUserId, Raw<CrossSigningKey>>,
    pub self_signing_keys: BTreeMap<OwnedUserId, Raw<CrossSigningKey>>,
    /// Only the viewer's own.
    pub user_signing_keys: BTreeMap<OwnedUserId, Raw<CrossSigningKey>>,
    /// Servers that were not asked, since we speak with no other yet.
    pub unreachable: Vec<String>,
}

impl Engine {
    /// The keys of people here, each with the signatures of its owner and of `viewer`, and of nobody
    /// else: whom one has verified is nobody else's business.
    pub async fn query_keys(&self, viewer: OwnedUserId, query: KeyQuery) -> Result<KeysOfPeople> {
        let core = self.core();
        self.db
            .read(move |tx| {
                let mut found = KeysOfPeople::default();
                for (user_id, wanted) in &query {
                    if *user_id.server_name() == *core.config.server_name {
                        collect(tx, &mut found, &viewer, user_id, wanted)?;
                    } else if !found.unreachable.iter().any(|server| server == user_id.server_name().as_str()) {
                        found.unreachable.push(user_id.server_name().to_string());
                    }
                }
                Ok(found)
            })
            .await
    }
}

fn collect(
    tx: &mut Tx<'_>,
    found: &mut KeysOfPeople,
    viewer: &UserId,
    user_id: &UserId,
    wanted: &[OwnedDeviceId],
) -> Result<()> {
    let signatures = signatures::list_visible(tx, user_id, viewer)?;
    let mut own = BTreeMap::new();
    for device in devices::list(tx, user_id)? {
        if !wanted.is_empty() && !wanted.contains(&device.device_id) {
            continue;
        }
        let mut object = sign(&device.keys, device.device_id.as_str(), &signatures)?;
        if let Some(name) = device.display_name {
            let unsigned = object.entry("unsigned").or_insert_with(|| Value::Object(Map::new()));
            if let Value::Object(unsigned) = unsigned {
                unsigned.insert("device_display_name".to_owned(), Value::String(name));
            }
        }
        own.insert(device.device_id, raw(&object)?);
    }
    found.device_keys.insert(user_id.to_owned(), own);
    for key in cross_signing::list(tx, user_id)? {
        let object = sign(&key.key, &key.public_key, &signatures)?;
        match key.usage.as_str() {
            "master" => found.master_keys.insert(user_id.to_owned(), raw(&object)?),
            "self_signing" => found.self_signing_keys.insert(user_id.to_owned(), raw(&object)?),
            "user_signing" if viewer == user_id => found.user_signing_keys.insert(user_id.to_owned(), raw(&object)?),
            _ => None,
        };
    }
    Ok(())
}

/// Adds the signatures that came later to an object.
fn sign(json: &str, target: &str, signatures: &[SignatureRow]) -> Result<Map<String, Value>> {
    let mut object: Map<String, Value> = serde_json::from_str(json).map_err(Error::internal)?;
    for row in signatures.iter().filter(|row| row.target == target) {
        let all = object.entry("signatures").or_insert_with(|| Value::Object(Map::new()));
        let Value::Object(all) = all else { continue };
        let of_signer = all.entry(row.signer.as_str()).or_insert_with(|| Value::Object(Map::new()));
        if let Value::Object(of_signer) = of_signer {
            of_signer.insert(row.key_id.clone(), Value::String(row.signature.clone()));
        }
    }
    Ok(object)
}

fn raw<T>(object: &Map<String, Value>) -> Result<Raw<T>> {
    serde_json::value::to_raw_value(object).map(Raw::from_json).map_err(Error::internal)
}
