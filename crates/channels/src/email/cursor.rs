//! How far a mailbox has been read. Stored with the mails themselves, so that neither is without the
//! other.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use unisono_domain::Millis;

use super::uids;

/// More unread mails than these are not watched for being read elsewhere.
pub const WATCHED: usize = 1_000;

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Cursor {
    pub folders: BTreeMap<String, Position>,
    /// Mails older than this were left for later at the first import. Never used to tell what is new.
    pub since: Millis,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Position {
    pub uid_validity: u32,
    /// All mails up to this one are stored, from `lowest` on.
    pub last: u32,
    pub lowest: u32,
    /// Mails up to here were there when the account was added.
    pub import_until: u32,
    /// Unread mails among the stored ones, as an IMAP set.
    pub unseen: String,
}

impl Position {
    pub fn unseen(&self) -> BTreeSet<u32> {
        uids::read(&self.unseen, WATCHED)
    }

    pub fn set_unseen(&mut self, unseen: &BTreeSet<u32>) {
        self.unseen = uids::write(unseen.iter().rev().take(WATCHED).copied());
    }
}

impl Cursor {
    /// A stored cursor; an unreadable one counts as none, and everything is read again.
    pub fn read(value: Option<serde_json::Value>) -> Self {
        value.and_then(|value| serde_json::from_value(value).ok()).unwrap_or_default()
    }

    pub fn to_value(&self) -> serde_json::Value {
        serde_json::to_value(self).unwrap_or_default()
    }
}
