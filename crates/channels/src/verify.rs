//! Signatures on vendors' calls. All comparisons take the same time whatever they compare.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use hmac::{Hmac, KeyInit as _, Mac as _};
use subtle::ConstantTimeEq as _;

/// HMAC-SHA-256 (RFC 2104) over pieces that follow each other.
pub fn hmac_sha256(key: &[u8], pieces: &[&[u8]]) -> Vec<u8> {
    // A key of any length is taken.
    let Ok(mut mac) = Hmac::<sha2::Sha256>::new_from_slice(key) else { return Vec::new() };
    pieces.iter().for_each(|piece| mac.update(piece));
    mac.finalize().into_bytes().to_vec()
}

/// HMAC-SHA-1, for vendors that still sign with it.
pub fn hmac_sha1(key: &[u8], pieces: &[&[u8]]) -> Vec<u8> {
    // A key of any length is taken.
    let Ok(mut mac) = Hmac::<sha1::Sha1>::new_from_slice(key) else { return Vec::new() };
    pieces.iter().for_each(|piece| mac.update(piece));
    mac.finalize().into_bytes().to_vec()
}

/// Whether two byte strings are the same. An empty one never is: it stands for a signature that is
/// missing or could not be made.
pub fn same(expected: &[u8], given: &[u8]) -> bool {
    !expected.is_empty() && expected.ct_eq(given).into()
}

/// Whether a signature in hexadecimal digits is this one.
pub fn same_hex(expected: &[u8], given: &str) -> bool {
    same(hex(expected).as_bytes(), given.to_ascii_lowercase().as_bytes())
}

/// Whether a signature in Base64 is this one.
pub fn same_base64(expected: &[u8], given: &str) -> bool {
    STANDARD.decode(given).is_ok_and(|given| same(expected, &given))
}

/// Bytes in lower-case hexadecimal digits.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 4231, test case 2; RFC 2202, test case 2.
    #[test]
    fn known_signatures_come_out() {
        let message: [&[u8]; 2] = [b"what do ya want ", b"for nothing?"];
        let sha256 = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843";
        assert!(same_hex(&hmac_sha256(b"Jefe", &message), sha256));
        assert!(same_hex(&hmac_sha1(b"Jefe", &message), "EFFCDF6AE5EB2FA2D27416D5F184DF9C259A7C79"));
        assert!(!same_hex(&hmac_sha256(b"jefe", &message), sha256));
        assert!(!same_hex(&hmac_sha256(b"Jefe", &message), &sha256[..62]));
        assert!(!same(b"", b""));
    }
}
