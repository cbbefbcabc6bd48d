//! What messages are made of, in both directions.

use bytes::Bytes;
use serde::{Deserialize, Serialize};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PartKind {
    Text,
    Notice,
    Image,
    Audio,
    Voice,
    Video,
    File,
    Location,
    Contact,
    Card,
}

/// One piece of a message. A mail with two attachments has three.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Part {
    /// Tells the parts of one message apart; stable when the same message arrives again.
    pub id: String,
    pub kind: PartKind,
    /// The text, or the caption of a file.
    pub text: String,
    /// The text as HTML, already safe to show (sanitised by the adapter).
    pub html: Option<String>,
    pub media: Option<Media>,
    /// Further content keys for the Matrix event, such as `geo_uri` or an adapter's own under
    /// `org.unisono.*`. Wins over nothing that the hub sets itself.
    pub extra: serde_json::Map<String, serde_json::Value>,
}

impl Part {
    /// A plain text.
    pub fn text(id: impl Into<String>, text: impl Into<String>) -> Self {
        Self {
            id: id.into(),
            kind: PartKind::Text,
            text: text.into(),
            html: None,
            media: None,
            extra: serde_json::Map::new(),
        }
    }
}

/// A file that belongs to a part.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Media {
    pub source: MediaSource,
    /// The file's name as people see it, without any path.
    pub name: String,
    pub mime: String,
    /// In bytes, if known before it is fetched.
    pub size: Option<u64>,
    /// `Content-ID` or similar, by which the part's HTML shows it inline.
    pub content_id: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "at", content = "value", rename_all = "snake_case")]
pub enum MediaSource {
    /// Here already.
    #[serde(skip)]
    Bytes(Bytes),
    /// To be fetched by [`super::Session::download`].
    Lazy(String),
    /// In our media store: an `mxc://` URI. Set by the hub, never by an adapter.
    Stored(String),
}
