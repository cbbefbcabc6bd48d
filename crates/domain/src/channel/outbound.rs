//! What goes out to a network, and what becomes of it.

use super::{Part, PortalKey, RemoteId};
use crate::{Millis, text::Text};

/// An event to be sent. Targets are remote ids already.
#[derive(Clone, Debug)]
pub struct Outbound {
    pub portal: PortalKey,
    /// Stays the same when the same event is tried again: the idempotency key, where there is one.
    pub txn: String,
    /// When the user sent it.
    pub sent_at: Millis,
    /// The name of the colleague who speaks through a shared account, if it shall be shown.
    pub sender_name: Option<String>,
    /// The name that the user gave the conversation, if any: the subject of a first mail.
    pub subject: Option<String>,
    pub body: OutboundBody,
    /// The newest message of the portal that the network knows, whoever wrote it.
    pub last: Option<MessageRef>,
    /// The newest message that came from the other side.
    pub last_received: Option<MessageRef>,
}

/// A message that the network knows, with the adapter's notes on it.
#[derive(Clone, Debug)]
pub struct MessageRef {
    pub id: RemoteId,
    pub data: serde_json::Value,
}

#[derive(Clone, Debug)]
pub enum OutboundBody {
    /// Media in the parts is [`super::MediaSource::Bytes`].
    Message {
        parts: Vec<Part>,
        reply_to: Option<MessageRef>,
    },
    Edit {
        target: MessageRef,
        parts: Vec<Part>,
    },
    Delete {
        target: MessageRef,
    },
    Reaction {
        target: MessageRef,
        key: String,
    },
    ReactionRemove {
        target: MessageRef,
        key: String,
    },
    Read {
        up_to: MessageRef,
    },
    Typing {
        typing: bool,
    },
}

/// What a network knows of a message that we may have sent.
#[derive(Clone, Debug)]
pub enum FindSent {
    Sent(MessageRef),
    /// It has not arrived, or may be sent again without harm.
    NotSent,
    /// The network offers no way to ask. The user decides; nothing is sent blindly.
    CannotTell,
}

#[derive(Clone, Debug)]
pub enum SendOutcome {
    Sent {
        id: RemoteId,
        at: Millis,
        data: serde_json::Value,
    },
    /// The network will report it back under this transaction id.
    PendingEcho {
        txn: String,
    },
    /// Nothing was sent. Try again after so many milliseconds, or with backoff.
    Retry {
        after: Option<u64>,
        reason: Text,
    },
    /// Nothing was sent and never will be.
    Rejected {
        reason: Text,
    },
    /// It may or may not have been sent; [`super::Session::find_sent`] is asked before any repetition.
    Unknown {
        reason: Text,
    },
    Unsupported,
}

/// A text that the vendor has approved, with places to fill in. Sent as a [`super::PartKind::Card`]
/// whose `org.unisono.template` holds `{name, language, parameters: [text]}`.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Template {
    pub name: String,
    /// As the vendor writes it: `de`, `en_US`.
    pub language: String,
    /// The vendor's word: `MARKETING`, `UTILITY` ...
    pub category: String,
    /// The text with `{{1}}` or `{{name}}` where parameters go.
    pub body: String,
    pub header: Option<String>,
    pub footer: Option<String>,
    pub buttons: Vec<String>,
    /// The names of the parameters, in order.
    pub parameters: Vec<String>,
}
