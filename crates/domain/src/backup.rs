//! Which of two copies of a room key a backup keeps.

use std::cmp::Ordering;

/// How good a copy of a session's key is (specification, "Server-side key backups"): verified before
/// unverified, then the one that decrypts from the earliest message, then the one that was forwarded
/// least.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BackupRank {
    pub is_verified: bool,
    pub first_message_index: i64,
    pub forwarded_count: i64,
}

impl BackupRank {
    /// Whether this copy takes the place of `kept`. An equally good one does not.
    pub fn replaces(self, kept: Self) -> bool {
        let goodness = |rank: Self| (rank.is_verified, -rank.first_message_index, -rank.forwarded_count);
        goodness(self).cmp(&goodness(kept)) == Ordering::Greater
    }
}
