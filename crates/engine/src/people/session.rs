//! Who shows an access token.

use std::{
    num::NonZeroUsize,
    sync::{Mutex, MutexGuard, PoisonError},
};

use lru::LruCache;
use ruma::{DeviceId, OwnedDeviceId, OwnedUserId, UserId};
use unisono_domain::Millis;
use unisono_store::people::{devices, tokens};

use super::token::{self, TokenHash};
use crate::{Engine, Error, Result};

/// How long the cache is believed. Whatever this process does to a token takes effect at once; the
/// time bounds what another process did.
const BELIEVED: Millis = 30_000;
const CACHED: NonZeroUsize = NonZeroUsize::new(8192).unwrap();
/// A device's "last seen" is written at most this often.
const SEEN_EVERY: Millis = 300_000;

/// A logged-in person on one of their devices.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    pub user_id: OwnedUserId,
    pub device_id: OwnedDeviceId,
    pub admin: bool,
}

#[derive(Clone, Debug)]
struct Cached {
    session: Session,
    expires_at: Option<Millis>,
    until: Millis,
}

/// Tokens that were looked up a moment ago.
#[derive(Debug)]
pub struct Sessions(Mutex<Inner>);

#[derive(Debug)]
struct Inner {
    tokens: LruCache<TokenHash, Cached>,
    seen: LruCache<(OwnedUserId, OwnedDeviceId), Millis>,
    /// Counts what was forgotten. A look-up that began before does not enter its result.
    forgotten: u64,
}

impl Default for Sessions {
    fn default() -> Self {
        Self(Mutex::new(Inner { tokens: LruCache::new(CACHED), seen: LruCache::new(CACHED), forgotten: 0 }))
    }
}

impl Sessions {
    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// After a user's or device's tokens were changed in the store.
    pub(super) fn forget(&self, user_id: &UserId, device_id: Option<&DeviceId>) {
        let mut inner = self.lock();
        inner.forgotten += 1;
        let concerned: Vec<TokenHash> = inner
            .tokens
            .iter()
            .filter(|(_, cached)| {
                cached.session.user_id == user_id && device_id.is_none_or(|id| cached.session.device_id == id)
            })
            .map(|(hash, _)| *hash)
            .collect();
        for hash in concerned {
            inner.tokens.pop(&hash);
        }
    }
}

impl Engine {
    /// The person and device that an access token stands for, or `M_UNKNOWN_TOKEN`; with
    /// `soft_logout` if it is only expired and can be refreshed.
    pub async fn authenticate(&self, token: &str) -> Result<Session> {
        let hash = token::hash(token);
        let now = self.now();
        let forgotten = {
            let mut inner = self.people.sessions.lock();
            let found = inner.tokens.get(&hash).filter(|cached| cached.until > now).cloned();
            match found {
                Some(cached) => return check_expiry(cached.session, cached.expires_at, now),
                None => inner.forgotten,
            }
        };
        let row = self.db.read::<_, Error, _>(move |tx| Ok(tokens::find_access(tx, &hash)?)).await?;
        let Some(row) = row else { return Err(unknown_token(false)) };
        let session = Session { user_id: row.user_id, device_id: row.device_id, admin: row.admin };
        let session = check_expiry(session, row.expires_at, now)?;
        if row.supersedes {
            self.end_older_tokens(&session, row.generation).await?;
        }
        let mut inner = self.people.sessions.lock();
        if inner.forgotten == forgotten {
            let until = now + BELIEVED;
            inner.tokens.put(hash, Cached { session: session.clone(), expires_at: row.expires_at, until });
        }
        drop(inner);
        Ok(session)
    }

    /// Specification, "Refreshing access tokens": the old ones work until the new one is used.
    async fn end_older_tokens(&self, session: &Session, generation: i64) -> Result<()> {
        let (user_id, device_id) = (session.user_id.clone(), session.device_id.clone());
        self.db.write::<_, Error, _>(move |tx| Ok(tokens::delete_older(tx, &user_id, &device_id, generation)?)).await?;
        self.people.sessions.forget(&session.user_id, Some(&session.device_id));
        Ok(())
    }

    /// Notes that a device is in use, and from where. Costs a write every few minutes at most, and
    /// nobody waits for that.
    pub fn note_seen(&self, session: &Session, ip: Option<&str>) {
        let now = self.now();
        let key = (session.user_id.clone(), session.device_id.clone());
        {
            let mut inner = self.people.sessions.lock();
            if inner.seen.get(&key).is_some_and(|last| now - last < SEEN_EVERY) {
                return;
            }
            inner.seen.put(key.clone(), now);
        }
        let (engine, ip) = (self.clone(), ip.map(ToOwned::to_owned));
        tokio::spawn(async move {
            let write = engine
                .db
                .write::<_, Error, _>(move |tx| Ok(devices::seen(tx, &key.0, &key.1, now, ip.as_deref())?))
                .await;
            if let Err(error) = write {
                tracing::warn!(error = %error, "could not note when a device was last seen");
            }
        });
    }
}

fn check_expiry(session: Session, expires_at: Option<Millis>, now: Millis) -> Result<Session> {
    match expires_at {
        Some(end) if end <= now => Err(unknown_token(true)),
        _ => Ok(session),
    }
}

pub(super) fn unknown_token(soft_logout: bool) -> Error {
    let message = if soft_logout { "the access token has expired" } else { "the token is unknown" };
    Error::Unauthenticated { code: "M_UNKNOWN_TOKEN", message: message.to_owned(), soft_logout }
}
