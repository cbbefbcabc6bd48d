//! How long to wait before the next attempt.

use std::time::Duration;

/// Doubles with every attempt, up to `longest`, with a jitter of a fifth either way so that many
/// accounts do not come back in the same moment.
#[derive(Clone, Copy, Debug)]
pub struct Backoff {
    pub first: Duration,
    pub longest: Duration,
}

impl Backoff {
    /// For connections.
    pub const SESSION: Self = Self { first: Duration::from_secs(2), longest: Duration::from_secs(300) };
    /// For messages that wait to go out.
    pub const SEND: Self = Self { first: Duration::from_secs(5), longest: Duration::from_secs(900) };
    /// For what came in and cannot be worked in yet.
    pub const WORK: Self = Self { first: Duration::from_secs(1), longest: Duration::from_secs(120) };

    /// The pause after the `attempt`th failure in a row, counted from 1. `jitter` is from 0 to 1.
    pub fn after(self, attempt: u32, jitter: f64) -> Duration {
        let doublings = attempt.saturating_sub(1).min(20);
        let pause = self.first.saturating_mul(1 << doublings).min(self.longest);
        pause.mul_f64(0.8 + 0.4 * jitter.clamp(0.0, 1.0))
    }

    /// [`Self::after`] with a random jitter.
    pub fn draw(self, attempt: u32) -> Duration {
        self.after(attempt, rand::random())
    }
}

/// Whole milliseconds.
pub(super) fn millis(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}

/// The time between now and a moment in the future; nothing for one in the past.
pub(super) fn until(moment: i64, now: i64) -> Duration {
    Duration::from_millis(u64::try_from(moment - now).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_the_longest_and_vary_by_a_fifth() {
        let backoff = Backoff { first: Duration::from_secs(1), longest: Duration::from_secs(60) };
        assert_eq!(backoff.after(1, 0.5), Duration::from_secs(1));
        assert_eq!(backoff.after(4, 0.5), Duration::from_secs(8));
        assert_eq!(backoff.after(4, 0.0), Duration::from_millis(6_400));
        assert_eq!(backoff.after(4, 1.0), Duration::from_millis(9_600));
        assert_eq!(backoff.after(u32::MAX, 0.5), Duration::from_secs(60));
    }
}
