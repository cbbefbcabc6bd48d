//! Password hashes: argon2id as PHC strings, with the parameters of OWASP's cheat sheet "Password
//! Storage" (19 MiB, 2 passes).

use std::sync::{Arc, Mutex, PoisonError};

use argon2::{
    Algorithm, Argon2, Block, Params, Version,
    password_hash::phc::{Output, ParamsString, PasswordHash, Salt},
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

/// At most this many hashes at a time: each holds 19 MiB.
const PARALLEL: usize = 4;

/// Hashes on threads of their own and few at a time: a flood of logins takes neither all processors
/// nor the memory.
#[derive(Debug)]
pub struct Hasher {
    running: Semaphore,
    waiting: Semaphore,
    retry_after_ms: u64,
    memory: Arc<Memory>,
}

impl Default for Hasher {
    fn default() -> Self {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        Self {
            running: Semaphore::new((cores / 2).clamp(1, PARALLEL)),
            waiting: Semaphore::new(WAITING),
            retry_after_ms: 1000,
            memory: Arc::default(),
        }
    }
}

impl Hasher {
    /// A PHC string.
    pub(super) async fn hash(&self, password: &str) -> Result<String> {
        let password = Zeroizing::new(password.to_owned());
        let memory = Arc::clone(&self.memory);
        self.run(move || {
            let bytes: [u8; 16] = rand::random();
            let salt = Salt::new(&bytes).map_err(Error::internal)?;
            let argon2 = Argon2::default();
            let hash = PasswordHash {
                algorithm: Algorithm::Argon2id.ident(),
                version: Some(Version::default().into()),
                params: ParamsString::try_from(argon2.params()).map_err(Error::internal)?,
                hash: Some(memory.compute(&argon2, password.as_bytes(), &salt)?),
                salt: Some(salt),
            };
            Ok(hash.to_string())
        })
        .await
    }

    /// Whether the password fits the PHC string. `None`: never, after as long a time.
    pub(super) async fn verify(&self, password: &str, phc: Option<&str>) -> Result<bool> {
        let password = Zeroizing::new(password.to_owned());
        let known: Option<Arc<str>> = phc.map(Arc::from);
        let memory = Arc::clone(&self.memory);
        self.run(move || {
            let hash = PasswordHash::new(known.as_deref().unwrap_or(NOBODY)).map_err(Error::internal)?;
            let params = Params::try_from(&hash).map_err(Error::internal)?;
            let algorithm = Algorithm::try_from(hash.algorithm.as_str()).map_err(Error::internal)?;
            let argon2 = Argon2::new(algorithm, Version::default(), params);
            let Some(salt) = &hash.salt else { return Ok(false) };
            // Outputs are compared in constant time.
            let fits = hash.hash == Some(memory.compute(&argon2, password.as_bytes(), salt)?);
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

/// What argon2 fills, kept for the next hash. Given back each time, glibc would hold on to 19 MiB for
/// every thread that ever hashed: measured, 190 MB after thirty logins.
#[derive(Default)]
struct Memory(Mutex<Vec<Vec<Block>>>);

impl Memory {
    fn compute(&self, argon2: &Argon2<'_>, password: &[u8], salt: &[u8]) -> Result<Output> {
        let free = || self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut blocks = free().pop().unwrap_or_default();
        blocks.resize(argon2.params().block_count(), Block::default());
        let mut out = [0; Params::DEFAULT_OUTPUT_LEN];
        let outcome = argon2.hash_password_into_with_memory(password, salt, &mut out, &mut blocks);
        free().push(blocks);
        outcome.map_err(Error::internal)?;
        Output::new(&out).map_err(Error::internal)
    }
}

impl std::fmt::Debug for Memory {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Memory")
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
