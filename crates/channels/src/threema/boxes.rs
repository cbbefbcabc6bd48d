//! The encryption of Threema: NaCl's box for messages, secret box for files, by RustCrypto's
//! `crypto_box` (<https://gateway.threema.ch/en/developer/e2e>).

use crypto_box::{PublicKey, SalsaBox, SecretKey, aead::Aead as _};
use crypto_secretbox::{KeyInit as _, XSalsa20Poly1305};

pub(super) type Key = [u8; 32];
pub(super) type Nonce = [u8; 24];

/// Every file has a key of its own, so its nonce is fixed.
const FILE: Nonce = {
    let mut nonce = [0; 24];
    nonce[23] = 1;
    nonce
};
/// Padding and contents together have at least so many bytes.
const SHORTEST: usize = 32;

pub(super) fn seal(mine: &SecretKey, theirs: &Key, nonce: &Nonce, plain: &[u8]) -> Option<Vec<u8>> {
    SalsaBox::new(&PublicKey::from_bytes(*theirs), mine).encrypt(nonce.into(), plain).ok()
}

/// `None`: it was not sealed by them for us.
pub(super) fn open(mine: &SecretKey, theirs: &Key, nonce: &Nonce, sealed: &[u8]) -> Option<Vec<u8>> {
    SalsaBox::new(&PublicKey::from_bytes(*theirs), mine).decrypt(nonce.into(), sealed).ok()
}

pub(super) fn seal_file(key: &Key, plain: &[u8]) -> Option<Vec<u8>> {
    XSalsa20Poly1305::new(key.into()).encrypt((&FILE).into(), plain).ok()
}

pub(super) fn open_file(key: &Key, sealed: &[u8]) -> Option<Vec<u8>> {
    XSalsa20Poly1305::new(key.into()).decrypt((&FILE).into(), sealed).ok()
}

/// Adds as many bytes as a random number says (PKCS#7), so that nobody learns the length.
pub(super) fn pad(mut data: Vec<u8>, random: u8) -> Vec<u8> {
    let length = data.len().saturating_sub(1);
    let least = SHORTEST.saturating_sub(length).max(1);
    let count = random.max(u8::try_from(least).unwrap_or(u8::MAX));
    data.extend(std::iter::repeat_n(count, usize::from(count)));
    data
}

pub(super) fn unpad(data: &[u8]) -> Option<&[u8]> {
    let count = usize::from(*data.last()?);
    data.get(..data.len().checked_sub(count)?).filter(|_| count > 0)
}

/// Bytes from exactly as many hexadecimal digits as they need.
pub(super) fn unhex<const N: usize>(digits: &str) -> Option<[u8; N]> {
    unhex_all(digits)?.try_into().ok()
}

pub(super) fn unhex_all(digits: &str) -> Option<Vec<u8>> {
    if !digits.len().is_multiple_of(2) || !digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
        return None;
    }
    (0..digits.len()).step_by(2).map(|at| u8::from_str_radix(&digits[at..at + 2], 16).ok()).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn only_the_right_key_and_nonce_open_a_box() {
        let bob = SecretKey::from_bytes([7; 32]);
        let anna = SecretKey::from_bytes([9; 32]);
        let sealed = seal(&anna, &bob.public_key().to_bytes(), &[3; 24], b"hello").unwrap();
        assert_eq!(sealed.len(), 16 + 5);
        assert_eq!(open(&bob, &anna.public_key().to_bytes(), &[3; 24], &sealed).unwrap(), b"hello");
        assert!(open(&bob, &anna.public_key().to_bytes(), &[4; 24], &sealed).is_none());
        assert!(open(&anna, &anna.public_key().to_bytes(), &[3; 24], &sealed).is_none());
    }

    proptest! {
        #[test]
        fn padding_comes_off_again_and_hides_short_texts(data in proptest::collection::vec(any::<u8>(), 1..200), random: u8) {
            let padded = pad(data.clone(), random);
            prop_assert!(padded.len() > SHORTEST);
            prop_assert_eq!(unpad(&padded), Some(&data[..]));
        }

        #[test]
        fn nothing_breaks_on_foreign_bytes(data in proptest::collection::vec(any::<u8>(), 0..100), digits in "\\PC{0,70}") {
            unpad(&data);
            unhex_all(&digits);
            open_file(&[0; 32], &data);
        }
    }
}
