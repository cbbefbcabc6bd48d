//! Signed JSON objects: reading, comparing, verifying.

use std::collections::BTreeMap;

use ruma::{
    CanonicalJsonObject, CanonicalJsonValue, SigningKeyAlgorithm, UserId,
    serde::{Base64, base64::Standard},
    signatures::{to_canonical_json_string_for_signing, verify_canonical_json_bytes},
};
use serde_json::{Value, value::RawValue};

use crate::{Error, Result};

/// Reads an object that can be signed.
pub(super) fn parse(json: &RawValue) -> Result<CanonicalJsonObject> {
    serde_json::from_str(json.get()).map_err(|error| Error::bad_json(format!("this is no signed object: {error}")))
}

/// The part that signatures cover, as text.
pub(super) fn signed_part(object: &CanonicalJsonObject) -> Result<String> {
    to_canonical_json_string_for_signing(object).map_err(Error::internal)
}

/// A person's signatures in an object: key id to signature.
pub(super) fn signatures_of(object: &CanonicalJsonObject, signer: &UserId) -> BTreeMap<String, String> {
    let Some(CanonicalJsonValue::Object(all)) = object.get("signatures") else { return BTreeMap::new() };
    let Some(CanonicalJsonValue::Object(own)) = all.get(signer.as_str()) else { return BTreeMap::new() };
    own.iter()
        .filter_map(|(key_id, signature)| match signature {
            CanonicalJsonValue::String(signature) => Some((key_id.clone(), signature.clone())),
            _ => None,
        })
        .collect()
}

/// Whether `signature` is one of `signed_part` by the Ed25519 key `public_key` (both unpadded base64).
pub(super) fn verifies(signed_part: &str, public_key: &str, signature: &str) -> bool {
    let (Ok(key), Ok(signature)) = (Base64::<Standard>::parse(public_key), Base64::<Standard>::parse(signature)) else {
        return false;
    };
    verify_canonical_json_bytes(
        &SigningKeyAlgorithm::Ed25519,
        key.as_bytes(),
        signature.as_bytes(),
        signed_part.as_bytes(),
    )
    .is_ok()
}

/// The public key that an object of keys holds under an id.
pub(super) fn public_key<'a>(object: &'a CanonicalJsonObject, key_id: &str) -> Option<&'a str> {
    let CanonicalJsonValue::Object(keys) = object.get("keys")? else { return None };
    match keys.get(key_id)? {
        CanonicalJsonValue::String(key) => Some(key),
        _ => None,
    }
}

/// Whether two pieces of JSON say the same.
pub(super) fn same(one: &str, other: &str) -> bool {
    match (serde_json::from_str::<Value>(one), serde_json::from_str::<Value>(other)) {
        (Ok(one), Ok(other)) => one == other,
        _ => false,
    }
}
