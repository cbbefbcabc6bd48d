//! Encryption of what must not lie about in plain text: passwords and tokens of connected accounts.

use std::path::Path;

use base64::{Engine as _, engine::general_purpose::STANDARD_NO_PAD as BASE64};
use chacha20poly1305::{
    KeyInit, XChaCha20Poly1305, XNonce,
    aead::{Aead, Payload},
};
use zeroize::Zeroizing;

use crate::{Error, Result};

const KEY_FILE: &str = "secret.key";
const KEY_LENGTH: usize = 32;
const NONCE_LENGTH: usize = 24;

/// XChaCha20-Poly1305 with a key that lies beside the database, readable by its owner alone.
pub struct Secrets(XChaCha20Poly1305);

impl Secrets {
    /// Reads the key in `folder`, or makes it.
    pub fn open(folder: &Path) -> Result<Self> {
        let path = folder.join(KEY_FILE);
        let key = match std::fs::read(&path) {
            Ok(key) => Zeroizing::new(key),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => make_key(&path)?,
            Err(error) => return Err(Error::Unavailable(format!("cannot read {}: {error}", path.display()))),
        };
        let cipher = XChaCha20Poly1305::new_from_slice(&key)
            .map_err(|_| Error::Unavailable(format!("{} does not hold a key of 32 bytes", path.display())))?;
        Ok(Self(cipher))
    }

    /// Encrypts; `purpose` binds the result to one use, and must be given again to decrypt.
    pub fn encrypt(&self, purpose: &str, plain: &[u8]) -> Result<String> {
        let nonce: [u8; NONCE_LENGTH] = rand::random();
        let sealed = self
            .0
            .encrypt(&XNonce::from(nonce), Payload { msg: plain, aad: purpose.as_bytes() })
            .map_err(|_| Error::internal("encryption failed"))?;
        Ok(BASE64.encode([nonce.as_slice(), &sealed].concat()))
    }

    pub fn decrypt(&self, purpose: &str, sealed: &str) -> Result<Zeroizing<Vec<u8>>> {
        let wrong = || Error::internal("a secret cannot be decrypted: secret.key is not the one it was made with");
        let bytes = BASE64.decode(sealed).map_err(|_| wrong())?;
        let (nonce, sealed) = bytes.split_first_chunk::<NONCE_LENGTH>().ok_or_else(wrong)?;
        self.0
            .decrypt(&XNonce::from(*nonce), Payload { msg: sealed, aad: purpose.as_bytes() })
            .map(Zeroizing::new)
            .map_err(|_| wrong())
    }
}

fn make_key(path: &Path) -> Result<Zeroizing<Vec<u8>>> {
    use std::{io::Write as _, os::unix::fs::OpenOptionsExt as _};
    let key = Zeroizing::new(rand::random::<[u8; KEY_LENGTH]>().to_vec());
    let write = || -> std::io::Result<()> {
        let mut file = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
        file.write_all(&key)?;
        file.sync_all()
    };
    write().map_err(|error| Error::Unavailable(format!("cannot write {}: {error}", path.display())))?;
    Ok(key)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_comes_back_and_only_for_its_purpose() {
        let folder = tempfile::tempdir().unwrap();
        let sealed = Secrets::open(folder.path()).unwrap().encrypt("account 1", b"hunter2").unwrap();
        assert!(!sealed.contains("hunter2"));
        let again = Secrets::open(folder.path()).unwrap();
        assert_eq!(again.decrypt("account 1", &sealed).unwrap().as_slice(), b"hunter2");
        assert!(again.decrypt("account 2", &sealed).is_err());
    }
}
