//! How often a visitor may do something, and how often strangers may come from one address.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use unisono_domain::Millis;

/// More than this many buckets are swept: full ones say nothing.
const MOST: usize = 10_000;

/// How many at once, and one more every so many milliseconds.
pub(super) type Rate = (f64, f64);

/// As many as a page may have waiting while it is offline.
pub(super) const MESSAGES: Rate = (60.0, 1_000.0);
pub(super) const SIGNALS: Rate = (60.0, 250.0);
pub(super) const FILES: Rate = (10.0, 6_000.0);
pub(super) const VISITS: Rate = (30.0, 3_000.0);
pub(super) const READS: Rate = (120.0, 100.0);

#[derive(Default)]
pub(super) struct Limits(Mutex<HashMap<(&'static str, String), Bucket>>);

struct Bucket {
    tokens: f64,
    at: Millis,
    rate: Rate,
}

impl Bucket {
    fn refill(&mut self, now: Millis) {
        #[expect(clippy::cast_precision_loss, reason = "a time span in milliseconds is far below 2^52")]
        let passed = (now - self.at).max(0) as f64;
        self.tokens = (self.tokens + passed / self.rate.1).min(self.rate.0);
        self.at = now;
    }
}

impl Limits {
    /// Counts one; the milliseconds to wait if it was too many.
    pub(super) fn take(&self, what: &'static str, who: &str, rate: Rate, now: Millis) -> Result<(), u64> {
        let mut buckets = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if buckets.len() > MOST {
            buckets.retain(|_, bucket| {
                bucket.refill(now);
                bucket.tokens < bucket.rate.0
            });
        }
        let bucket = buckets.entry((what, who.to_owned())).or_insert_with(|| Bucket { tokens: rate.0, at: now, rate });
        bucket.refill(now);
        if bucket.tokens >= 1.0 {
            bucket.tokens -= 1.0;
            return Ok(());
        }
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between 0 and the rate")]
        let wait = ((1.0 - bucket.tokens) * rate.1).ceil() as u64;
        Err(wait)
    }
}
