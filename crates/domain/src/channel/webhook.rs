//! Calls that a network makes to us.

use bytes::Bytes;

use super::Inbound;

/// A call as it arrived. The signature is over exactly these bytes.
#[derive(Clone, Debug)]
pub struct WebhookRequest {
    pub method: String,
    /// Header names in lower case.
    pub headers: Vec<(String, String)>,
    pub query: Vec<(String, String)>,
    pub body: Bytes,
    /// The full address that was called, as some vendors sign it.
    pub url: String,
}

/// What to store, and what to answer once it is on disk.
#[derive(Clone, Debug)]
pub struct WebhookReply {
    pub events: Vec<Inbound>,
    /// The body of the answer, for example a verification challenge.
    pub body: Bytes,
    pub content_type: &'static str,
}

#[derive(Debug, thiserror::Error)]
pub enum WebhookError {
    #[error("this channel takes no calls")]
    NotSupported,
    #[error("the signature does not fit")]
    BadSignature,
    #[error("malformed: {0}")]
    Malformed(String),
}
