//! Ids that belong to a network. They are opaque: only the adapter that made one looks inside.

use serde::{Deserialize, Serialize};

macro_rules! opaque_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(String);

        impl $name {
            pub fn new(id: impl Into<String>) -> Self {
                Self(id.into())
            }

            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                formatter.write_str(&self.0)
            }
        }
    };
}

opaque_id! {
    /// A message or other event on the network; unique within an account.
    RemoteId
}
opaque_id! {
    /// A person or bot on the network; unique within a channel.
    RemoteUserId
}
opaque_id! {
    /// A chat on the network.
    ChatId
}

/// One connected login; our own number for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct AccountId(pub i64);

impl std::fmt::Display for AccountId {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(formatter)
    }
}

/// Names a portal. `receiver` keeps the private chats of two accounts apart that have the same
/// `chat` id; `None` where a chat is the same for everyone on the network (a public group).
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct PortalKey {
    pub chat: ChatId,
    pub receiver: Option<AccountId>,
}

impl PortalKey {
    /// A chat that belongs to one account: every private chat, and groups that a bot alone is in.
    pub fn private(account: AccountId, chat: impl Into<String>) -> Self {
        Self { chat: ChatId::new(chat), receiver: Some(account) }
    }

    /// A chat that several accounts here may be in.
    pub fn shared(chat: impl Into<String>) -> Self {
        Self { chat: ChatId::new(chat), receiver: None }
    }
}
