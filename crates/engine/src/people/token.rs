//! Tokens: 256 random bits that a client shows. Only their hashes are kept.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD as BASE64};
use sha2::{Digest as _, Sha256};

pub(super) type TokenHash = [u8; 32];

/// A new token. The prefix says what it is, to people and to scanners for leaked secrets.
pub(super) fn generate(prefix: &str) -> String {
    format!("{prefix}{}", BASE64.encode(rand::random::<[u8; 32]>()))
}

/// A token is random enough that a plain hash cannot be turned back.
pub(super) fn hash(token: &str) -> TokenHash {
    Sha256::digest(token.as_bytes()).into()
}

/// A word of capital letters, for device ids and names made by us.
pub(super) fn random_letters(length: usize) -> String {
    (0..length).map(|_| char::from(b'A' + rand::random_range(0..26))).collect()
}
