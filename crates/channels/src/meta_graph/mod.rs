//! What WhatsApp, Messenger and Instagram share: Meta's Graph API, its errors, its call-backs, and
//! the window in which a business may write freely.

mod errors;
pub mod hook;
pub mod read;
pub mod window;

use std::time::Duration;

use bytes::Bytes;
use reqwest::multipart::{Form, Part};
use serde::{Deserialize, Serialize};
use unisono_domain::{
    channel::{Media, MediaSource, RequestError},
    net::OutboundGuard,
    text::Text,
};

pub use self::errors::{errors_in, login_error, outcome, request_error, session_error};
use crate::{
    rest::{Call, Rest, RestError},
    verify::{hex, hmac_sha256},
};

/// The version that the adapters were written for; Meta keeps one for at least two years
/// (<https://developers.facebook.com/docs/graph-api/guides/versioning>).
const BASE: &str = "https://graph.facebook.com/v23.0";
const AGENT: &str = concat!("Unisono/", env!("CARGO_PKG_VERSION"));
/// Files take longer than answers.
pub const FILE_WITHIN: Duration = Duration::from_secs(150);

/// What proves to Meta who we are.
#[derive(Clone, Serialize, Deserialize)]
pub struct Access {
    pub token: String,
    /// The app's secret: it signs Meta's calls to us, and proves ours.
    pub secret: String,
    /// Another address of the API.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub api: Option<String>,
}

/// The Graph API as one account uses it.
#[derive(Clone)]
pub struct Graph {
    rest: Rest,
    token: String,
    proof: String,
}

impl Graph {
    pub fn new(guard: &OutboundGuard, access: &Access) -> Result<Self, RestError> {
        let rest = Rest::new(guard, access.api.as_deref().unwrap_or(BASE))?;
        // A stolen token alone is worth nothing where the app asks for this; and a wrong secret shows
        // at once (<https://developers.facebook.com/docs/graph-api/guides/secure-requests>).
        let proof = hex(&hmac_sha256(access.secret.as_bytes(), &[access.token.as_bytes()]));
        Ok(Self { rest, token: access.token.clone(), proof })
    }

    pub fn get(&self, path: &str) -> Call<'_> {
        self.dressed(self.rest.get(path))
    }

    pub fn post(&self, path: &str) -> Call<'_> {
        self.dressed(self.rest.post(path))
    }

    fn dressed<'a>(&self, call: Call<'a>) -> Call<'a> {
        call.bearer(&self.token).header("user-agent", AGENT).query(&[("appsecret_proof", &self.proof)])
    }

    /// A file at a whole address. `own`: it is given out only to who has the account's token.
    pub async fn file(&self, url: &str, own: bool, most: usize) -> Result<Bytes, RequestError> {
        let url = url.parse::<url::Url>().ok().filter(|url| matches!(url.scheme(), "https" | "http"));
        let url = url.ok_or(RequestError::NotFound)?;
        let call = self.rest.get(url.as_str()).header("user-agent", AGENT).within(FILE_WITHIN);
        let call = if own { call.bearer(&self.token) } else { call };
        match call.answer(most).await {
            Ok(answer) => Ok(answer.body),
            // Too large: it will not be smaller the next time.
            Err(RestError::Malformed(reason)) => Err(RequestError::Invalid(Text::verbatim(&reason))),
            Err(error) => Err(request_error(error)),
        }
    }
}

/// A file as the field of a form, with its name and kind.
pub fn upload(form: Form, field: &'static str, media: &Media) -> Form {
    let MediaSource::Bytes(bytes) = &media.source else { return form };
    let make = |mime: &str| {
        let length = bytes.len() as u64;
        Part::stream_with_length(bytes.clone(), length).file_name(media.name.clone()).mime_str(mime)
    };
    match make(&media.mime).or_else(|_| make("application/octet-stream")) {
        Ok(part) => form.part(field, part),
        Err(_) => form,
    }
}

/// A kind of file without its parameters, in lower case: `audio/ogg; codecs=opus` is `audio/ogg`.
pub fn bare_mime(mime: &str) -> String {
    mime.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
}
