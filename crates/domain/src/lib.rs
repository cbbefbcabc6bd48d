//! What Unisono is about, without doing any of it: ids, room rules, and the contract that every
//! network's adapter fulfils. No I/O, no clock, no randomness here; callers pass them in.

mod backup;

pub mod channel;
pub mod net;
pub mod room;
pub mod text;

pub use self::backup::BackupRank;

/// Milliseconds since 1970-01-01T00:00:00Z, as Matrix and our tables write times.
pub type Millis = i64;
