//! Why a page gets no answer. The words for people are in the widget; here are only codes.

use serde_json::json;
use unisono_domain::channel::{HostError, Served, ServedBody};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Refusal {
    /// This site may not have the chat.
    Origin,
    /// The token is wrong or has ended: the visitor begins anew.
    Token,
    /// The site does not vouch for this customer.
    Identity,
    /// A field of the pre-chat form is missing or wrong.
    Field(&'static str),
    Malformed,
    NotFound,
    TooLarge,
    FileType,
    /// Again after so many milliseconds.
    Limited(u64),
    Unavailable,
}

impl From<HostError> for Refusal {
    fn from(_: HostError) -> Self {
        Self::Unavailable
    }
}

impl Refusal {
    pub(super) fn serve(self) -> Served {
        let (status, code) = match self {
            Self::Origin => (403, "origin"),
            Self::Token => (401, "token"),
            Self::Identity => (403, "identity"),
            Self::Field(_) => (400, "field"),
            Self::Malformed => (400, "malformed"),
            Self::NotFound => (404, "not_found"),
            Self::TooLarge => (413, "too_large"),
            Self::FileType => (415, "file_type"),
            Self::Limited(_) => (429, "limited"),
            Self::Unavailable => (503, "unavailable"),
        };
        let mut body = json!({ "error": code });
        let mut headers = vec![("content-type".to_owned(), "application/json".to_owned())];
        match self {
            Self::Field(field) => body["field"] = json!(field),
            Self::Limited(wait) => {
                body["retry_after_ms"] = json!(wait);
                headers.push(("retry-after".to_owned(), wait.div_ceil(1_000).to_string()));
            }
            _ => {}
        }
        Served { status, headers, body: ServedBody::Bytes(body.to_string().into()) }
    }
}
