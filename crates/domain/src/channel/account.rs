//! A connected login and how it fares.

use serde::{Deserialize, Serialize};

use super::AccountId;
use crate::{Millis, text::Text};

/// A stored login as its channel gets it back.
#[derive(Clone)]
pub struct Account {
    pub id: AccountId,
    pub remote_id: String,
    pub display_name: String,
    /// Decrypted; must never reach a log.
    pub credentials: serde_json::Value,
    pub settings: serde_json::Value,
    /// The secret end of the address for the vendor's calls; also the token by which some vendors
    /// check that the address is ours.
    pub hook: String,
    /// The whole address; `None` where nobody reaches us from outside.
    pub hook_url: Option<url::Url>,
}

impl std::fmt::Debug for Account {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Account").field("id", &self.id).finish_non_exhaustive()
    }
}

/// What the user sees of an account's connection.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum AccountState {
    Connecting,
    /// Importing earlier messages: `done` of about `total`.
    Backfilling {
        done: u64,
        total: u64,
    },
    Connected,
    /// It will be tried again by itself.
    Trouble {
        reason: Text,
        retry_at: Option<Millis>,
    },
    /// The user has to log in again.
    BadCredentials {
        reason: Text,
    },
    LoggedOut,
}

/// Why a session ended.
#[derive(Debug, thiserror::Error)]
pub enum SessionError {
    /// Tried again with backoff, or after `retry_after` milliseconds if the network named a time.
    #[error("{}", reason.en)]
    Trouble { reason: Text, retry_after: Option<u64> },
    #[error("{}", .0.en)]
    BadCredentials(Text),
    #[error("logged out")]
    LoggedOut,
}

impl From<super::HostError> for SessionError {
    fn from(error: super::HostError) -> Self {
        Self::Trouble { reason: Text::verbatim(&error.to_string()), retry_after: None }
    }
}
