//! `POST /keys/signatures/upload`: people vouch for their devices and for each other.

use std::collections::BTreeMap;

use ruma::{CanonicalJsonObject, OwnedUserId, UserId};
use serde_json::value::RawValue;
use unisono_store::{
    Tx,
    keys::{
        cross_signing::{self, CrossSigningKeyRow},
        devices,
        signatures::{self, SignatureRow},
    },
};

use super::{
    changes::{record_change, record_for},
    object,
    signing::invalid_signature,
};
use crate::{Engine, Error, Result};

/// What could not be taken, by person and by device or key.
pub type SignatureFailures = BTreeMap<OwnedUserId, BTreeMap<String, Error>>;

impl Engine {
    /// Stores signatures of one's own devices (by the self-signing key), of one's own master key (by
    /// a device) and of others' master keys (by the user-signing key). Each is verified; one that is
    /// not accepted does not stop the others.
    pub async fn upload_signatures(
        &self,
        signer: OwnedUserId,
        signed: BTreeMap<OwnedUserId, BTreeMap<String, Box<RawValue>>>,
    ) -> Result<SignatureFailures> {
        // The failures leave the transaction as a value: it is no reason to roll back the others.
        self.db
            .write(move |tx| {
                let keys = cross_signing::list(tx, &signer)?;
                let mut failures = SignatureFailures::new();
                let mut own_changed = false;
                for (user_id, objects) in &signed {
                    let mut changed = false;
                    for (target, json) in objects {
                        let outcome = if *user_id == signer {
                            accept_own(tx, &signer, &keys, target, json)
                        } else {
                            accept_other(tx, &signer, &keys, user_id, target, json)
                        };
                        match outcome {
                            Ok(news) => changed |= news,
                            Err(error @ Error::Internal(_)) => return Err(error),
                            Err(error) => {
                                failures.entry(user_id.clone()).or_default().insert(target.clone(), error);
                            }
                        }
                    }
                    match (changed, *user_id == signer) {
                        (true, true) => own_changed = true,
                        (true, false) => record_for(tx, user_id, &signer)?,
                        (false, _) => {}
                    }
                }
                if own_changed {
                    record_change(tx, &signer)?;
                }
                Ok(failures)
            })
            .await
    }
}

fn accept_own(
    tx: &mut Tx<'_>,
    signer: &UserId,
    keys: &[CrossSigningKeyRow],
    target: &str,
    json: &RawValue,
) -> Result<bool> {
    let given = object::parse(json)?;
    if let Some(master) = keys.iter().find(|row| row.usage == "master" && row.public_key == target) {
        require_same(&master.key, &given)?;
        let known: CanonicalJsonObject = serde_json::from_str(&master.key).map_err(Error::internal)?;
        return store(tx, signer, signer, target, &given, &known, |tx, key_id| {
            let Some((_, device_id)) = key_id.split_once(':') else { return Ok(None) };
            let Some(device) = devices::find(tx, signer, device_id.into())? else { return Ok(None) };
            let device: CanonicalJsonObject = serde_json::from_str(&device).map_err(Error::internal)?;
            Ok(object::public_key(&device, key_id).map(ToOwned::to_owned))
        });
    }
    let Some(device) = devices::find(tx, signer, target.into())? else {
        return Err(Error::not_found("there is no such device or key"));
    };
    require_same(&device, &given)?;
    let known: CanonicalJsonObject = serde_json::from_str(&device).map_err(Error::internal)?;
    let self_signing = keys.iter().find(|row| row.usage == "self_signing");
    store(tx, signer, signer, target, &given, &known, |_, key_id| Ok(named(self_signing, key_id)))
}

fn accept_other(
    tx: &mut Tx<'_>,
    signer: &UserId,
    keys: &[CrossSigningKeyRow],
    user_id: &UserId,
    target: &str,
    json: &RawValue,
) -> Result<bool> {
    let given = object::parse(json)?;
    let theirs = cross_signing::list(tx, user_id)?;
    let Some(master) = theirs.iter().find(|row| row.usage == "master" && row.public_key == target) else {
        return Err(Error::not_found("this is not the person's master key"));
    };
    require_same(&master.key, &given)?;
    let known: CanonicalJsonObject = serde_json::from_str(&master.key).map_err(Error::internal)?;
    let user_signing = keys.iter().find(|row| row.usage == "user_signing");
    store(tx, signer, user_id, target, &given, &known, |_, key_id| Ok(named(user_signing, key_id)))
}

/// The public key, if it has that id.
fn named(key: Option<&CrossSigningKeyRow>, key_id: &str) -> Option<String> {
    let key = key?;
    (key_id == format!("ed25519:{}", key.public_key)).then(|| key.public_key.clone())
}

fn require_same(known: &str, given: &CanonicalJsonObject) -> Result<()> {
    let known: CanonicalJsonObject = serde_json::from_str(known).map_err(Error::internal)?;
    if object::signed_part(&known)? == object::signed_part(given)? {
        Ok(())
    } else {
        Err(Error::invalid("this is not what was published"))
    }
}

/// Verifies and stores the signer's new signatures of an object; says whether there were any.
fn store(
    tx: &mut Tx<'_>,
    signer: &UserId,
    user_id: &UserId,
    target: &str,
    given: &CanonicalJsonObject,
    known: &CanonicalJsonObject,
    public_key: impl Fn(&mut Tx<'_>, &str) -> Result<Option<String>>,
) -> Result<bool> {
    let part = object::signed_part(given)?;
    let before = object::signatures_of(known, signer);
    let mut new = Vec::new();
    for (key_id, signature) in object::signatures_of(given, signer) {
        if before.get(&key_id) == Some(&signature) {
            continue;
        }
        // A device's signature of itself comes with the others and is no news; it was not verified
        // when it was uploaded, so a differing one is refused like any key that may not sign here.
        let Some(public_key) = public_key(tx, &key_id)? else {
            return Err(invalid_signature(format!("{key_id} may not sign this")));
        };
        if !object::verifies(&part, &public_key, &signature) {
            return Err(invalid_signature(format!("the signature by {key_id} is wrong")));
        }
        new.push(SignatureRow { target: target.to_owned(), signer: signer.to_owned(), key_id, signature });
    }
    if new.is_empty() && before.is_empty() {
        return Err(invalid_signature("there is no signature of yours".to_owned()));
    }
    let mut changed = false;
    for row in &new {
        changed |= signatures::set(tx, user_id, row)?;
    }
    Ok(changed)
}
