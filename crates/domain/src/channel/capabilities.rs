//! What a network can carry. One declaration per channel: the app greys out what is missing, the
//! hub degrades or refuses, and the conformance test holds the adapter to it.

use serde::{Deserialize, Serialize};

use super::content::PartKind;

/// Whether something can be done, in the words of `com.beeper.room_features`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Support {
    /// Refused, with the reason.
    Rejected,
    /// Carried as something simpler, for example as text.
    Degraded,
    Full,
}

/// How formatted text is written on the network.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Formatting {
    Plain,
    Html,
    /// CommonMark, as Discord reads it.
    Markdown,
    /// `*bold* _italic_ ~struck~`: WhatsApp, and XMPP's message styling.
    WhatsApp,
    Slack,
    /// The few tags that Telegram's Bot API takes.
    Telegram,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Capabilities {
    pub formatting: Formatting,
    /// Longest text, in Unicode scalar values; longer texts are split.
    pub max_text: Option<usize>,
    /// Longest caption of a file; a longer one follows it as a message of its own.
    pub max_caption: Option<usize>,
    /// Largest file, in bytes.
    pub max_file: Option<u64>,
    /// Message kinds besides text that are carried as such.
    pub parts: Vec<PartKind>,
    /// Text and files in one message; else the hub sends them one after the other.
    pub captions: bool,
    pub reply: Support,
    pub edit: Support,
    pub delete: Support,
    pub reaction: Support,
    pub typing: bool,
    pub read_receipts: bool,
    pub delivery_receipts: bool,
    pub groups: bool,
    /// A chat can be started with an address or number.
    pub start_chat: bool,
    pub history: bool,
    /// Free text may be sent only so long after the last message from the other side, in milliseconds;
    /// later only templates.
    pub reply_window: Option<u64>,
    /// The vendor has approved texts ([`super::Session::templates`]).
    pub templates: bool,
}

impl Capabilities {
    /// Plain text and nothing else: what declarations start from.
    pub const TEXT: Self = Self {
        formatting: Formatting::Plain,
        max_text: None,
        max_caption: None,
        max_file: None,
        parts: Vec::new(),
        captions: false,
        reply: Support::Rejected,
        edit: Support::Rejected,
        delete: Support::Rejected,
        reaction: Support::Rejected,
        typing: false,
        read_receipts: false,
        delivery_receipts: false,
        groups: false,
        start_chat: false,
        history: false,
        reply_window: None,
        templates: false,
    };
}
