//! What comes in from a network.

use serde::{Deserialize, Serialize};

use super::{ChatId, Part, PortalKey, RemoteId, RemoteUserId, content::Media};
use crate::{Millis, text::Text};

/// Something that happened in a chat on the network.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Inbound {
    pub portal: PortalKey,
    pub sender: Sender,
    /// When it happened, by the network's own word; [`Self::NO_TIME`] where it says none.
    pub sent_at: Millis,
    /// Unique within the account together with the kind of body. The same id again is dropped.
    pub id: RemoteId,
    pub body: InboundBody,
    /// What is known of the chat; used when the portal is made, and to keep it up to date.
    pub chat: Option<ChatInfo>,
    /// The adapter's own notes about this message, given back in [`super::MessageRef`] (a mail's
    /// Message-ID, references, recipients).
    pub data: serde_json::Value,
    /// The message as it looked to its sender, where that is more than its parts (a mail's HTML). The
    /// hub keeps it; [`super::Channel::render_original`] makes it safe to show.
    #[serde(default)]
    pub original: Option<Media>,
    /// Was read already, on another device or long ago: raises no unread mark and no notification.
    pub seen: bool,
    /// Imported from before: takes its place at the old end of the conversation when it comes from
    /// [`super::Session::fetch_history`]; never notifies.
    pub historical: bool,
}

impl Inbound {
    /// The network does not tell when: the moment that the hub hears of it counts.
    pub const NO_TIME: Millis = 0;

    /// Something that has just happened; whatever else is known is added to it.
    pub fn new(portal: PortalKey, sender: Sender, id: impl Into<String>, sent_at: Millis, body: InboundBody) -> Self {
        Self {
            portal,
            sender,
            sent_at,
            id: RemoteId::new(id),
            body,
            chat: None,
            data: serde_json::Value::Null,
            original: None,
            seen: false,
            historical: false,
        }
    }

    /// The same with what is known of the chat.
    #[must_use]
    pub fn in_chat(self, chat: ChatInfo) -> Self {
        Self { chat: Some(chat), ..self }
    }

    /// The same with the adapter's notes.
    #[must_use]
    pub fn noting(self, data: serde_json::Value) -> Self {
        Self { data, ..self }
    }
}

impl InboundBody {
    /// A message that answers none.
    pub fn message(parts: Vec<Part>) -> Self {
        Self::Message { parts, reply_to: None }
    }
}

impl RemoteUser {
    /// Somebody of whom only the id is known.
    pub fn new(id: impl Into<String>) -> Self {
        Self { id: RemoteUserId::new(id), name: None, handles: Vec::new() }
    }

    /// The same with a name, if it says anything.
    #[must_use]
    pub fn named(mut self, name: Option<impl Into<String>>) -> Self {
        self.name = name.map(Into::into).filter(|name| !name.trim().is_empty());
        self
    }

    /// The same with a URI such as `tel:+49...`.
    #[must_use]
    pub fn reached_by(mut self, handle: impl Into<String>) -> Self {
        self.handles.push(handle.into());
        self
    }
}

impl ChatInfo {
    /// The private chat with somebody.
    pub fn direct(user: RemoteUser) -> Self {
        Self { kind: ChatKind::Direct, name: None, topic: None, avatar: None, members: vec![user] }
    }

    pub fn group(name: Option<impl Into<String>>, members: Vec<RemoteUser>) -> Self {
        Self { kind: ChatKind::Group, name: name.map(Into::into), topic: None, avatar: None, members }
    }
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Sender {
    /// The account's own owner, from whichever device.
    Me,
    Remote(RemoteUser),
    /// The network or a machine itself: a bounce, "Anna joined".
    System,
}

/// A person on the network.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RemoteUser {
    pub id: RemoteUserId,
    pub name: Option<String>,
    /// `mailto:`, `tel:` and similar URIs, by which one person is recognised on several networks.
    pub handles: Vec<String>,
}

/// How a person shows themselves on the network.
#[derive(Clone, Debug, Default)]
pub struct UserInfo {
    pub name: Option<String>,
    pub avatar: Option<Media>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ChatKind {
    Direct,
    Group,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ChatInfo {
    pub kind: ChatKind,
    /// A group's name or a thread's subject; `None` for a direct chat, which shows its person.
    pub name: Option<String>,
    pub topic: Option<String>,
    pub avatar: Option<Media>,
    /// Everybody in it but the account's owner.
    pub members: Vec<RemoteUser>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "body", rename_all = "snake_case")]
pub enum InboundBody {
    Message {
        parts: Vec<Part>,
        reply_to: Option<RemoteId>,
    },
    Edit {
        target: RemoteId,
        parts: Vec<Part>,
    },
    Delete {
        target: RemoteId,
    },
    Reaction {
        target: RemoteId,
        key: String,
    },
    /// `key`: empty where the network does not say which; then all of the sender's are gone.
    ReactionRemove {
        target: RemoteId,
        key: String,
    },
    /// The sender has read everything up to this message; from [`Sender::Me`]: read elsewhere.
    Read {
        up_to: RemoteId,
    },
    /// The same where the network names a time and no message: everything of ours from before.
    ReadUntil {
        at: Millis,
    },
    /// Marked unread again on another device.
    Unread {
        target: RemoteId,
    },
    Delivered {
        target: RemoteId,
    },
    /// A message of ours did not reach its recipient after all (a bounce).
    Failed {
        target: RemoteId,
        reason: Text,
    },
    /// `timeout`: milliseconds that it is shown for; 0 ends it. Never stored.
    Typing {
        timeout: u64,
    },
    /// Only [`Inbound::chat`] has changed.
    ChatInfo,
    /// The chat that was known as `from` goes on as [`Inbound::portal`] (a group that has become
    /// another kind of group): its conversation here goes on, too.
    Moved {
        from: ChatId,
    },
}

impl InboundBody {
    /// A short stable word for the kind; part of the key by which duplicates are recognised.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Message { .. } => "message",
            Self::Edit { .. } => "edit",
            Self::Delete { .. } => "delete",
            Self::Reaction { .. } => "reaction",
            Self::ReactionRemove { .. } => "reaction_remove",
            Self::Read { .. } => "read",
            Self::ReadUntil { .. } => "read_until",
            Self::Unread { .. } => "unread",
            Self::Delivered { .. } => "delivered",
            Self::Failed { .. } => "failed",
            Self::Typing { .. } => "typing",
            Self::ChatInfo => "chat_info",
            Self::Moved { .. } => "moved",
        }
    }
}
