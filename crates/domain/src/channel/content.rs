//! What messages are made of, in both directions.

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use crate::text::Text;

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

impl PartKind {
    /// What a file of this MIME type is shown as.
    pub fn of_mime(mime: &str) -> Self {
        let mime = mime.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        match mime.split_once('/') {
            Some(("image", _)) => Self::Image,
            Some(("video", _)) => Self::Video,
            Some(("audio", _)) => Self::Audio,
            Some(("text", "vcard" | "x-vcard" | "directory")) => Self::Contact,
            _ => Self::File,
        }
    }
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

    /// Words of ours about something that cannot be shown ("sent a poll ...").
    pub fn notice(id: impl Into<String>, words: &Text) -> Self {
        let part = Self { kind: PartKind::Notice, ..Self::text(id, words.en.as_ref()) };
        part.with("org.unisono.message", serde_json::json!(words))
    }

    /// A file; `caption` may be empty.
    pub fn media(id: impl Into<String>, kind: PartKind, media: Media, caption: impl Into<String>) -> Self {
        Self { kind, media: Some(media), ..Self::text(id, caption) }
    }

    /// A place. `label` is its name or address, else the coordinates stand for it.
    pub fn location(id: impl Into<String>, latitude: f64, longitude: f64, label: Option<&str>) -> Self {
        let geo_uri = format!("geo:{latitude},{longitude}");
        let mut part = Self::text(id, label.unwrap_or(&geo_uri));
        part.kind = PartKind::Location;
        part.extra.insert("geo_uri".to_owned(), geo_uri.into());
        part
    }

    /// The place of a location part.
    pub fn coordinates(&self) -> Option<(f64, f64)> {
        let geo = self.extra.get("geo_uri")?.as_str()?.strip_prefix("geo:")?;
        let (latitude, longitude) = geo.split(';').next()?.split_once(',')?;
        // A third number is the altitude (RFC 5870).
        Some((latitude.parse().ok()?, longitude.split(',').next()?.parse().ok()?))
    }

    /// A person's card (vCard, RFC 6350), shown as a file that programs can open.
    pub fn contact(id: impl Into<String>, name: &str, vcard: String) -> Self {
        let media = Media::bytes(vcard, format!("{name}.vcf"), "text/vcard");
        Self::media(id, PartKind::Contact, media, "")
    }

    /// Adds a key of the adapter's own to the Matrix event.
    #[must_use]
    pub fn with(mut self, key: &str, value: impl Into<serde_json::Value>) -> Self {
        self.extra.insert(key.to_owned(), value.into());
        self
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

impl Media {
    /// A file that is here.
    pub fn bytes(bytes: impl Into<Bytes>, name: impl Into<String>, mime: impl Into<String>) -> Self {
        let bytes = bytes.into();
        let size = Some(bytes.len() as u64);
        Self { source: MediaSource::Bytes(bytes), name: name.into(), mime: mime.into(), size, content_id: None }
    }

    /// A file that [`super::Session::download`] fetches by this id.
    pub fn lazy(id: impl Into<String>, name: impl Into<String>, mime: impl Into<String>) -> Self {
        let source = MediaSource::Lazy(id.into());
        Self { source, name: name.into(), mime: mime.into(), size: None, content_id: None }
    }
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
