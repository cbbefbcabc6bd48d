//! What is kept in memory about people: a cache and limits, never the truth.

use super::{password::Hasher, session::Sessions};

#[derive(Debug, Default)]
pub struct Live {
    pub(super) hasher: Hasher,
    pub(super) sessions: Sessions,
}
