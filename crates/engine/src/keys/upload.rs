//! `POST /keys/upload`: a device publishes its keys.

use std::collections::BTreeMap;

use ruma::{
    CanonicalJsonObject, CanonicalJsonValue, DeviceId, OneTimeKeyAlgorithm, OwnedDeviceId, OwnedOneTimeKeyId,
    OwnedUserId, UInt, UserId,
    encryption::{DeviceKeys, OneTimeKey},
    serde::Raw,
};
use serde_json::value::RawValue;
use unisono_domain::Millis;
use unisono_store::{
    Tx,
    keys::{
        devices,
        one_time::{self, Shelf},
        signatures,
    },
};

use super::{object, record_change, sync};
use crate::{Engine, Error, Result};

/// How long a given-away key is remembered.
const REMEMBER_CLAIMED: Millis = 7 * 24 * 60 * 60 * 1000;
/// Clients keep about 50 of them on the server; a key takes at most [`MAX_KEY`] bytes.
const MAX_ONE_TIME_KEYS: usize = 500;
const MAX_KEY: usize = 8 * 1024;
const MAX_DEVICE_KEYS: usize = 64 * 1024;

/// What a device publishes.
#[derive(Clone, Debug)]
pub struct KeyUpload {
    pub user_id: OwnedUserId,
    pub device_id: OwnedDeviceId,
    pub device_keys: Option<Raw<DeviceKeys>>,
    pub one_time_keys: BTreeMap<OwnedOneTimeKeyId, Raw<OneTimeKey>>,
    pub fallback_keys: BTreeMap<OwnedOneTimeKeyId, Raw<OneTimeKey>>,
}

impl Engine {
    /// Stores all of them or none; gives the number of one-time keys that are left. The same keys
    /// again change nothing; another one-time key under a known id is `M_INVALID_PARAM`.
    pub async fn upload_keys(&self, upload: KeyUpload) -> Result<BTreeMap<OneTimeKeyAlgorithm, UInt>> {
        let core = self.core();
        self.db
            .write(move |tx| {
                let KeyUpload { user_id, device_id, device_keys, one_time_keys, fallback_keys } = &upload;
                if let Some(keys) = device_keys {
                    put_device_keys(tx, user_id, device_id, keys.json())?;
                }
                if one_time_keys.len() > MAX_ONE_TIME_KEYS {
                    return Err(Error::invalid(format!("at most {MAX_ONE_TIME_KEYS} one-time keys at a time")));
                }
                for (key_id, key) in one_time_keys {
                    put_one_time_key(tx, user_id, device_id, key_id, key.json(), core.now())?;
                }
                for (key_id, key) in fallback_keys {
                    put_fallback_key(tx, user_id, device_id, key_id, key.json())?;
                }
                one_time::delete_claimed_before(tx, user_id, device_id, core.now() - REMEMBER_CLAIMED)?;
                sync::one_time_key_counts(tx, user_id, device_id)
            })
            .await
    }
}

fn put_device_keys(tx: &mut Tx<'_>, user_id: &UserId, device_id: &DeviceId, keys: &RawValue) -> Result<()> {
    if keys.get().len() > MAX_DEVICE_KEYS {
        return Err(Error::TooLarge("the device keys are too large".to_owned()));
    }
    let new = object::parse(keys)?;
    let text = |name: &str| match new.get(name) {
        Some(CanonicalJsonValue::String(text)) => Some(text.as_str()),
        _ => None,
    };
    if text("user_id") != Some(user_id.as_str()) || text("device_id") != Some(device_id.as_str()) {
        return Err(Error::invalid("these keys are not those of the device that is logged in"));
    }
    if !matches!(new.get("keys"), Some(CanonicalJsonValue::Object(_))) {
        return Err(Error::bad_json("`keys` is missing"));
    }
    if let Some(old) = devices::find(tx, user_id, device_id)? {
        if object::same(&old, keys.get()) {
            return Ok(());
        }
        let old: CanonicalJsonObject = serde_json::from_str(&old).map_err(Error::internal)?;
        if old.get("keys") != new.get("keys") {
            // Another identity: what was signed for or by the former one is worth nothing now.
            one_time::delete_all(tx, user_id, device_id)?;
        }
        if object::signed_part(&old)? != object::signed_part(&new)? {
            signatures::delete(tx, user_id, device_id.as_str())?;
        }
    }
    devices::set(tx, user_id, device_id, keys.get())?;
    record_change(tx, user_id)
}

fn put_one_time_key(
    tx: &mut Tx<'_>,
    user_id: &UserId,
    device_id: &DeviceId,
    id: &OwnedOneTimeKeyId,
    key: &RawValue,
    now: Millis,
) -> Result<()> {
    let (algorithm, key_id) = split(id, key)?;
    let shelf = Shelf { user_id, device_id, algorithm };
    match one_time::find(tx, shelf, key_id)? {
        Some(known) if object::same(&known, key.get()) => Ok(()),
        Some(_) => Err(Error::invalid(format!("there is another one-time key {id} already"))),
        None => Ok(one_time::insert(tx, shelf, key_id, key.get(), now)?),
    }
}

fn put_fallback_key(
    tx: &mut Tx<'_>,
    user_id: &UserId,
    device_id: &DeviceId,
    id: &OwnedOneTimeKeyId,
    key: &RawValue,
) -> Result<()> {
    let (algorithm, key_id) = split(id, key)?;
    let shelf = Shelf { user_id, device_id, algorithm };
    match one_time::find_fallback(tx, shelf)? {
        // The same again stays used, if it was.
        Some(known) if known.key_id == key_id && object::same(&known.key, key.get()) => Ok(()),
        _ => Ok(one_time::set_fallback(tx, shelf, key_id, key.get())?),
    }
}

/// Algorithm and name of a key.
fn split<'a>(id: &'a OwnedOneTimeKeyId, key: &RawValue) -> Result<(&'a str, &'a str)> {
    if key.get().len() > MAX_KEY {
        return Err(Error::TooLarge(format!("the key {id} is too large")));
    }
    if !key.get().starts_with(['{', '"']) {
        return Err(Error::bad_json(format!("the key {id} is neither an object nor a string")));
    }
    id.as_str().split_once(':').ok_or_else(|| Error::invalid("a key id is an algorithm, a colon and a name"))
}
