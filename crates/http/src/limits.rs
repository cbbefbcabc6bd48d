//! How often somebody may ask: token buckets, by address and by person. Bounded in memory; what is
//! forgotten first is whoever has not asked for longest.

use std::{
    net::{IpAddr, Ipv6Addr},
    num::NonZeroUsize,
    sync::{Mutex, PoisonError},
};

use lru::LruCache;
use ruma::OwnedUserId;
use unisono_domain::Millis;
use unisono_engine::Error as EngineError;

use crate::Result;

const BUCKETS: NonZeroUsize = NonZeroUsize::new(16 * 1024).unwrap();

/// What is limited together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Class {
    /// Proving who one is: passwords, tokens, set-up.
    Login,
    /// Making accounts, and asking which names are free.
    Register,
    /// Everything else that the specification calls rate-limited.
    Other,
}

impl Class {
    /// How many at once, and one more every so many milliseconds.
    fn rate(self) -> (f64, f64) {
        match self {
            Self::Login => (20.0, 3_000.0),
            Self::Register => (20.0, 10_000.0),
            Self::Other => (200.0, 20.0),
        }
    }

    /// By the first path of an endpoint. What the specification does not limit has no class.
    pub(crate) fn of(path: &str, limited: bool) -> Option<Self> {
        const LOGIN: &[&str] = &["/refresh", "/account/password", "/account/deactivate"];
        if path.contains("/register") {
            Some(Self::Register)
        } else if LOGIN.iter().any(|end| path.ends_with(end)) {
            Some(Self::Login)
        } else {
            limited.then_some(Self::Other)
        }
    }
}

/// Who asks.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Who {
    Address(IpAddr),
    Person(OwnedUserId),
    /// Somebody whose password is tried, from wherever.
    Name(String),
}

impl Who {
    /// One customer of a provider has a whole /64 of IPv6 addresses.
    pub(crate) fn at(address: IpAddr) -> Self {
        match address {
            IpAddr::V6(v6) if v6.to_ipv4_mapped().is_none() => {
                Self::Address(IpAddr::V6(Ipv6Addr::from_bits(v6.to_bits() & !u128::from(u64::MAX))))
            }
            other => Self::Address(other.to_canonical()),
        }
    }
}

#[derive(Clone, Copy)]
struct Bucket {
    tokens: f64,
    at: Millis,
}

pub(crate) struct Limits {
    enabled: bool,
    buckets: Mutex<LruCache<(Class, Who), Bucket>>,
}

impl Limits {
    pub(crate) fn new(enabled: bool) -> Self {
        Self { enabled, buckets: Mutex::new(LruCache::new(BUCKETS)) }
    }

    /// Counts a request; `M_LIMIT_EXCEEDED` if there were too many.
    pub(crate) fn check(&self, class: Class, who: Who, now: Millis) -> Result<()> {
        if !self.enabled {
            return Ok(());
        }
        let (burst, every) = class.rate();
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        let bucket = buckets.get_or_insert_mut((class, who), || Bucket { tokens: burst, at: now });
        #[expect(clippy::cast_precision_loss, reason = "a time span in milliseconds is far below 2^52")]
        let passed = (now - bucket.at).max(0) as f64;
        bucket.tokens = (bucket.tokens + passed / every).min(burst);
        bucket.at = now;
        if bucket.tokens >= 1.0 {
            bucket.tokens -= 1.0;
            return Ok(());
        }
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between 0 and `every`")]
        let retry_after_ms = ((1.0 - bucket.tokens) * every).ceil() as u64;
        Err(EngineError::Limited { retry_after_ms }.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(text: &str) -> Who {
        Who::at(text.parse().unwrap())
    }

    #[test]
    fn guessing_is_slowed_down_and_goes_on_after_the_wait() {
        let limits = Limits::new(true);
        let mut allowed = 0;
        let wait = loop {
            match limits.check(Class::Login, address("192.0.2.1"), 1_000) {
                Ok(()) => allowed += 1,
                Err(crate::Error::Engine(EngineError::Limited { retry_after_ms })) => break retry_after_ms,
                Err(other) => panic!("{other:?}"),
            }
        };
        assert_eq!(allowed, 20);
        assert!(limits.check(Class::Login, address("192.0.2.2"), 1_000).is_ok(), "another address waits, too");
        assert!(limits.check(Class::Other, address("192.0.2.1"), 1_000).is_ok(), "another class waits, too");
        let later = 1_000 + i64::try_from(wait).unwrap();
        assert!(limits.check(Class::Login, address("192.0.2.1"), later - 1).is_err());
        assert!(limits.check(Class::Login, address("192.0.2.1"), later).is_ok());
    }

    #[test]
    fn they_can_be_turned_off() {
        let limits = Limits::new(false);
        assert!((0..1000).all(|_| limits.check(Class::Login, address("192.0.2.1"), 0).is_ok()));
    }

    #[test]
    fn the_addresses_of_one_ipv6_network_count_as_one() {
        assert_eq!(address("2001:db8::1"), address("2001:db8::ffff:2"));
        assert_ne!(address("2001:db8::1"), address("2001:db8:0:1::1"));
        assert_eq!(address("::ffff:192.0.2.1"), address("192.0.2.1"));
    }
}
