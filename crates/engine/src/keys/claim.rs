//! `POST /keys/claim`: somebody wants to begin a session with devices.

use std::collections::BTreeMap;

use ruma::{OneTimeKeyAlgorithm, OwnedDeviceId, OwnedOneTimeKeyId, OwnedUserId, encryption::OneTimeKey, serde::Raw};
use unisono_domain::Millis;
use unisono_store::{
    Tx,
    keys::one_time::{self, OneTimeKeyRow, Shelf},
};

use crate::{Engine, Error, Result};

/// Of which devices one key each is wanted.
pub type Claims = BTreeMap<OwnedUserId, BTreeMap<OwnedDeviceId, OneTimeKeyAlgorithm>>;
/// The keys that were given away.
pub type OneTimeKeys = BTreeMap<OwnedUserId, BTreeMap<OwnedDeviceId, BTreeMap<OwnedOneTimeKeyId, Raw<OneTimeKey>>>>;

impl Engine {
    /// Gives away a one-time key of each device, each key only once; a device without any gives its
    /// fallback key. Devices that have neither, and people of other servers, are left out.
    pub async fn claim_keys(&self, claims: Claims) -> Result<OneTimeKeys> {
        let core = self.core();
        self.db
            .write(move |tx| {
                let mut keys = OneTimeKeys::new();
                for (user_id, devices) in &claims {
                    for (device_id, algorithm) in devices {
                        let shelf = Shelf { user_id, device_id, algorithm: algorithm.as_ref() };
                        let Some((id, key)) = claim(tx, shelf, core.now())? else { continue };
                        let of_device = keys.entry(user_id.clone()).or_default().entry(device_id.clone()).or_default();
                        of_device.insert(id, key);
                    }
                }
                Ok(keys)
            })
            .await
    }
}

fn claim(tx: &mut Tx<'_>, shelf: Shelf<'_>, now: Millis) -> Result<Option<(OwnedOneTimeKeyId, Raw<OneTimeKey>)>> {
    let found = match one_time::claim(tx, shelf, now)? {
        Some(key) => Some(key),
        None => one_time::use_fallback(tx, shelf)?,
    };
    let Some(OneTimeKeyRow { key_id, key }) = found else { return Ok(None) };
    let id = OwnedOneTimeKeyId::try_from(format!("{}:{key_id}", shelf.algorithm)).map_err(Error::internal)?;
    Ok(Some((id, Raw::from_json_string(key).map_err(Error::internal)?)))
}
