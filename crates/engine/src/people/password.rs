//! Password hashes: argon2id as PHC strings, with the parameters of OWASP's cheat sheet "Password
//! Storage" (19 MiB, 2 passes).

use std::sync::Arc;

use argon2::{
    Argon2,
    password_hash::{PasswordHasher as _, PasswordVerifier as _, phc::PasswordHash},
};
use tokio::sync::{Semaphore, SemaphorePermit};
use zeroize::Zeroizing;

use crate::{Error, Result};

/// Verified against when there is no such user, so that the answer takes as long. No password is
/// known that fits it.
const NOBODY: &str = "$argon2id$v=19$m=19456,t=2,p=1$bm9ib2R5J3Mgc2FsdA$kq0cuXNqyd5ZmXpi6LjHzIkCx3i4zfN9sL6O3QmY4nA";
/// Requests that may wait for their turn; more are told to come back.
const WAITING: usize = 64;
const SHORTEST: usize = 8;
/// Long enough for any passphrase, short enough that hashing costs what it should.
const LONGEST: usize = 512;

/// Hashes on threads of their own and few at a time: a flood of logins takes neither all processors
/// nor the memory.
#[derive(Debug)]
pub struct Hasher {
    running: Semaphore,
    waiting: Semaphore,
    retry_after_ms: u64,
}

impl Default for Hasher {
    fn default() -> Self {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        Self { running: Semaphore::new((cores / 2).max(1)), waiting: Semaphore::new(WAITING), retry_after_ms: 1000 }
    }
}

impl Hasher {
    /// A PHC string.
    pub(super) async fn hash(&self, password: &str) -> Result<String> {
        let password = Zeroizing::new(password.to_owned());
        self.run(move || {
            let salt: [u8; 16] = rand::random();
            Ok(Argon2::default()
                .hash_password_with_salt(password.as_bytes(), &salt)
                .map_err(Error::internal)?
                .to_string())
        })
        .await
    }

    /// Whether the password fits the PHC string. `None`: never, after as long a time.
    pub(super) async fn verify(&self, password: &str, phc: Option<&str>) -> Result<bool> {
        let password = Zeroizing::new(password.to_owned());
        let known: Option<Arc<str>> = phc.map(Arc::from);
        self.run(move || {
            let hash = PasswordHash::new(known.as_deref().unwrap_or(NOBODY)).map_err(Error::internal)?;
            let fits = Argon2::default().verify_password(password.as_bytes(), &hash).is_ok();
            Ok(fits && known.is_some())
        })
        .await
    }

    async fn run<T: Send + 'static>(&self, work: impl FnOnce() -> Result<T> + Send + 'static) -> Result<T> {
        let busy = || Error::Limited { retry_after_ms: self.retry_after_ms };
        let _place: SemaphorePermit<'_> = self.waiting.try_acquire().map_err(|_| busy())?;
        let _turn = self.running.acquire().await.map_err(Error::internal)?;
        tokio::task::spawn_blocking(work).await.map_err(Error::internal)?
    }
}

/// Refuses passwords that are too short to be worth anything, or absurdly long.
pub(super) fn check_strength(password: &str) -> Result<()> {
    let weak = |message: &str| Err(Error::Invalid { code: "M_WEAK_PASSWORD", message: message.to_owned() });
    if password.chars().count() < SHORTEST {
        return weak("a password has at least 8 characters");
    }
    if password.len() > LONGEST {
        return weak("a password has at most 512 bytes");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_password_fits_its_own_hash_and_no_other() {
        let hasher = Hasher::default();
        let hash = hasher.hash("correct horse").await.unwrap();
        assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{hash}");
        assert!(hasher.verify("correct horse", Some(&hash)).await.unwrap());
        assert!(!hasher.verify("correct hors", Some(&hash)).await.unwrap());
        assert_ne!(hasher.hash("correct horse").await.unwrap(), hash, "the salt is missing");
    }

    #[tokio::test]
    async fn nobody_has_no_password() {
        assert!(!Hasher::default().verify("nobody's password", None).await.unwrap());
    }

    #[tokio::test]
    async fn a_flood_is_told_to_come_back() {
        let hasher = Hasher::default();
        let _all = hasher.waiting.try_acquire_many(u32::try_from(WAITING).unwrap()).unwrap();
        assert!(matches!(hasher.hash("correct horse").await, Err(Error::Limited { .. })));
    }

    #[test]
    fn a_short_password_is_weak() {
        assert!(check_strength("sieben7").is_err());
        assert!(check_strength("acht8888").is_ok());
        assert!(check_strength(&"x".repeat(513)).is_err());
    }
}
