//! Finding messages again. What is end-to-end encrypted is not found here: the server cannot read it.

mod find;
mod index;
#[cfg(test)]
mod tests;

pub use unisono_store::search::{Fields, Order};

pub use self::find::{Found, SearchRequest, SearchResult};
pub(crate) use self::index::{add, remove};
