//! Calls that a network makes to us.

use bytes::Bytes;

use super::Inbound;

/// The name under which the caller's address (no port) stands among the headers, if it is known. No
/// header that was sent can have it: a name has no colon (RFC 9110, section 5.6.2).
pub const CLIENT: &str = ":client";

/// A call as it arrived. The signature is over exactly these bytes.
#[derive(Clone, Debug)]
pub struct WebhookRequest {
    pub method: String,
    /// Header names in lower case. [`CLIENT`] stands among them.
    pub headers: Vec<(String, String)>,
    pub query: Vec<(String, String)>,
    pub body: Bytes,
    /// The full address that was called, as some vendors sign it.
    pub url: String,
    /// What follows the account's own address, without the first slash.
    pub path: String,
}

impl WebhookRequest {
    /// The first header of this name (lower case).
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// The first parameter of this name in the address.
    pub fn parameter(&self, name: &str) -> Option<&str> {
        self.query.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// The body as JSON of a known form.
    pub fn json<T: serde::de::DeserializeOwned>(&self) -> Result<T, WebhookError> {
        serde_json::from_slice(&self.body).map_err(|error| WebhookError::Malformed(error.to_string()))
    }
}

/// What to store, and what to answer once it is on disk.
#[derive(Clone, Debug)]
pub struct WebhookReply {
    pub events: Vec<Inbound>,
    /// The body of the answer, for example a verification challenge.
    pub body: Bytes,
    pub content_type: &'static str,
}

impl WebhookReply {
    /// Events, with an empty answer.
    pub fn events(events: Vec<Inbound>) -> Self {
        Self { events, body: Bytes::new(), content_type: "text/plain" }
    }

    /// No events, and an answer that the vendor waits for.
    pub fn answer(body: impl Into<Bytes>, content_type: &'static str) -> Self {
        Self { events: Vec::new(), body: body.into(), content_type }
    }
}

/// What a session answers that serves its network itself ([`super::Session::serve`]).
pub struct Served {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: ServedBody,
}

pub enum ServedBody {
    Bytes(Bytes),
    /// Goes on until the other side leaves, such as server-sent events.
    Stream(std::pin::Pin<Box<dyn futures_core::Stream<Item = Bytes> + Send>>),
}

#[derive(Debug, thiserror::Error)]
pub enum WebhookError {
    #[error("this channel takes no calls")]
    NotSupported,
    #[error("the signature does not fit")]
    BadSignature,
    #[error("malformed: {0}")]
    Malformed(String),
    /// It is genuine, but only a connected session can read it: the vendor has to call again.
    #[error("not now: {0}")]
    NotNow(&'static str),
}
