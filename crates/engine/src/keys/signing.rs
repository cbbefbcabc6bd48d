//! `POST /keys/device_signing/upload`: a person's cross-signing keys.

use ruma::{
    CanonicalJsonObject, OwnedUserId, UserId,
    encryption::CrossSigningKey,
    serde::{Base64, Raw, base64::Standard},
};
use unisono_store::{
    Tx,
    keys::cross_signing::{self, CrossSigningKeyRow},
};

use super::{object, record_change};
use crate::{Engine, Error, Result};

const MAX_KEY: usize = 16 * 1024;

/// The keys that a person publishes; those that are absent stay as they are.
#[derive(Clone, Debug, Default)]
pub struct SigningKeys {
    pub master: Option<Raw<CrossSigningKey>>,
    pub self_signing: Option<Raw<CrossSigningKey>>,
    pub user_signing: Option<Raw<CrossSigningKey>>,
}

impl SigningKeys {
    fn iter(&self) -> impl Iterator<Item = (&'static str, &Raw<CrossSigningKey>)> {
        [("master", &self.master), ("self_signing", &self.self_signing), ("user_signing", &self.user_signing)]
            .into_iter()
            .filter_map(|(usage, key)| Some((usage, key.as_ref()?)))
    }
}

impl Engine {
    /// Whether the person has to prove again who it is: not for the first keys and not for those
    /// that are there already (MSC3967).
    pub async fn signing_keys_need_proof(&self, user_id: OwnedUserId, keys: SigningKeys) -> Result<bool> {
        self.db
            .read(move |tx| {
                let known = cross_signing::list(tx, &user_id)?;
                if !known.iter().any(|row| row.usage == "master") {
                    return Ok(false);
                }
                for (usage, key) in keys.iter() {
                    let row = known.iter().find(|row| row.usage == usage);
                    if !row.is_some_and(|row| is_same_key(&row.key, key)) {
                        return Ok(true);
                    }
                }
                Ok(false)
            })
            .await
    }

    /// Stores cross-signing keys after checking that the master key has signed the others.
    pub async fn upload_signing_keys(&self, user_id: OwnedUserId, keys: SigningKeys) -> Result<()> {
        self.db.write(move |tx| upload(tx, &user_id, &keys)).await
    }
}

/// Whether the signed parts are the same.
fn is_same_key(known: &str, key: &Raw<CrossSigningKey>) -> bool {
    let known = serde_json::from_str::<CanonicalJsonObject>(known);
    match (known, object::parse(key.json())) {
        (Ok(known), Ok(key)) => match (object::signed_part(&known), object::signed_part(&key)) {
            (Ok(known), Ok(key)) => known == key,
            _ => false,
        },
        _ => false,
    }
}

fn upload(tx: &mut Tx<'_>, user_id: &UserId, keys: &SigningKeys) -> Result<()> {
    let known = cross_signing::list(tx, user_id)?;
    let find = |usage: &str| known.iter().find(|row| row.usage == usage);
    let new_master = keys.master.as_ref().map(|key| read(user_id, "master", key)).transpose()?;
    let master = match (&new_master, find("master")) {
        (Some(new), _) => new.row.public_key.clone(),
        (None, Some(known)) => known.public_key.clone(),
        (None, None) => {
            return Err(Error::Invalid {
                code: "M_MISSING_PARAM",
                message: "there is no master key, and none was given".to_owned(),
            });
        }
    };
    let mut changed = false;
    let mut store = |tx: &mut Tx<'_>, row: &CrossSigningKeyRow| -> Result<()> {
        if !find(&row.usage).is_some_and(|known| object::same(&known.key, &row.key)) {
            cross_signing::set(tx, user_id, row)?;
            changed = true;
        }
        Ok(())
    };
    for (usage, key) in keys.iter().filter(|(usage, _)| *usage != "master") {
        let key = read(user_id, usage, key)?;
        if !is_signed_by(&key.object, user_id, &master)? {
            return Err(invalid_signature(format!("the {usage} key is not signed by the master key")));
        }
        store(tx, &key.row)?;
    }
    if let Some(new) = &new_master {
        store(tx, &new.row)?;
        if find("master").is_some_and(|known| known.public_key != master) {
            // What the former master key has signed is worth nothing under the new one.
            for (usage, given) in [("self_signing", &keys.self_signing), ("user_signing", &keys.user_signing)] {
                if given.is_none() {
                    cross_signing::delete(tx, user_id, usage)?;
                }
            }
        }
    }
    if changed { record_change(tx, user_id) } else { Ok(()) }
}

struct ReadKey {
    row: CrossSigningKeyRow,
    object: CanonicalJsonObject,
}

/// Checks the form: the person's own, of that usage, exactly one public key named by itself.
fn read(user_id: &UserId, usage: &'static str, key: &Raw<CrossSigningKey>) -> Result<ReadKey> {
    if key.json().get().len() > MAX_KEY {
        return Err(Error::TooLarge(format!("the {usage} key is too large")));
    }
    let typed: CrossSigningKey =
        key.deserialize().map_err(|error| Error::invalid(format!("the {usage} key is malformed: {error}")))?;
    if typed.user_id != user_id {
        return Err(Error::invalid(format!("the {usage} key belongs to somebody else")));
    }
    if !typed.usage.iter().any(|known| known.as_str() == usage) {
        return Err(Error::invalid(format!("this is no {usage} key")));
    }
    let mut keys = typed.keys.iter();
    let (Some((id, public_key)), None) = (keys.next(), keys.next()) else {
        return Err(Error::invalid(format!("the {usage} key holds not exactly one public key")));
    };
    let is_ed25519 = Base64::<Standard>::parse(public_key).is_ok_and(|bytes| bytes.as_bytes().len() == 32);
    if id.as_str() != format!("ed25519:{public_key}") || !is_ed25519 {
        return Err(Error::invalid(format!("the {usage} key is not named by its public key")));
    }
    let row = CrossSigningKeyRow {
        usage: usage.to_owned(),
        public_key: public_key.clone(),
        key: key.json().get().to_owned(),
    };
    Ok(ReadKey { row, object: object::parse(key.json())? })
}

fn is_signed_by(object: &CanonicalJsonObject, user_id: &UserId, public_key: &str) -> Result<bool> {
    let part = object::signed_part(object)?;
    Ok(object::signatures_of(object, user_id)
        .get(&format!("ed25519:{public_key}"))
        .is_some_and(|signature| object::verifies(&part, public_key, signature)))
}

pub(super) fn invalid_signature(message: String) -> Error {
    Error::Invalid { code: "M_INVALID_SIGNATURE", message }
}
