//! A vendor's REST interface: requests with time-outs and limits, and what their failure means for a
//! message, a session or a login.

use std::time::Duration;

use bytes::Bytes;
use reqwest::{Method, RequestBuilder, StatusCode, header::HeaderMap, multipart::Form};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;
use unisono_domain::{
    channel::{AccountState, Host, RequestError, SendOutcome, SessionError, login::LoginError},
    net::OutboundGuard,
    text::Text,
};
use url::Url;

use crate::net::{Http, NetError};

/// A whole exchange may take so long.
const ANSWER_WITHIN: Duration = Duration::from_secs(30);
/// Largest answer in JSON.
const MOST_JSON: usize = 8 * 1024 * 1024;

const BAD_CREDENTIALS: Text = Text::new(
    "The network does not accept the stored access any more. Please connect the account again.",
    "Das Netz nimmt den gespeicherten Zugang nicht mehr an. Bitte verbinde das Konto neu.",
);
const NO_ANSWER: Text = Text::new(
    "The network did not answer; the message may have arrived or not.",
    "Das Netz hat nicht geantwortet; ob die Nachricht ankam, ist offen.",
);
const TOO_MANY: Text = Text::new("The network asks us to slow down.", "Das Netz bittet um Geduld.");
const ITS_TROUBLE: Text = Text::new("The network has a fault of its own.", "Das Netz ist selbst gestört.");

/// One vendor's interface.
#[derive(Clone, Debug)]
pub struct Rest {
    http: Http,
    base: Url,
}

impl Rest {
    /// `base`: what all paths are under, such as `https://api.telegram.org`.
    pub fn new(guard: &OutboundGuard, base: &str) -> Result<Self, RestError> {
        let base = format!("{}/", base.trim_end_matches('/'));
        let base = base.parse().map_err(|error| RestError::Unsent(format!("{base}: {error}")))?;
        Ok(Self { http: Http::new(guard.clone(), ANSWER_WITHIN)?, base })
    }

    pub fn get(&self, path: &str) -> Call<'_> {
        self.call(Method::GET, path)
    }

    pub fn post(&self, path: &str) -> Call<'_> {
        self.call(Method::POST, path)
    }

    pub fn put(&self, path: &str) -> Call<'_> {
        self.call(Method::PUT, path)
    }

    pub fn patch(&self, path: &str) -> Call<'_> {
        self.call(Method::PATCH, path)
    }

    pub fn delete(&self, path: &str) -> Call<'_> {
        self.call(Method::DELETE, path)
    }

    /// A request to a path under the base, or to a whole address that the vendor named.
    pub fn call(&self, method: Method, path: &str) -> Call<'_> {
        // Asking once more for what is only read, or for what ends in the same state, does no harm.
        let idempotent = matches!(method, Method::GET | Method::PUT | Method::DELETE);
        let path = path.trim_start_matches('/');
        // Joined by hand: a colon in a path (`bot123:token/getMe`) looks like a scheme to `Url::join`.
        let url = match path.strip_prefix("https://").or_else(|| path.strip_prefix("http://")) {
            Some(_) => path.parse(),
            None => format!("{}{path}", self.base).parse(),
        };
        Call { rest: self, request: url.map(|url| self.http.request(method, &url)).ok(), idempotent }
    }
}

/// A request in the making.
pub struct Call<'a> {
    rest: &'a Rest,
    request: Option<RequestBuilder>,
    idempotent: bool,
}

impl Call<'_> {
    fn with(mut self, change: impl FnOnce(RequestBuilder) -> RequestBuilder) -> Self {
        self.request = self.request.map(change);
        self
    }

    #[must_use]
    pub fn bearer(self, token: &str) -> Self {
        self.with(|request| request.bearer_auth(token))
    }

    #[must_use]
    pub fn basic(self, user: &str, password: &str) -> Self {
        self.with(|request| request.basic_auth(user, Some(password)))
    }

    #[must_use]
    pub fn header(self, name: &str, value: &str) -> Self {
        self.with(|request| request.header(name, value))
    }

    #[must_use]
    pub fn query(self, query: &(impl Serialize + ?Sized)) -> Self {
        self.with(|request| request.query(query))
    }

    #[must_use]
    pub fn json(self, body: &(impl Serialize + ?Sized)) -> Self {
        self.with(|request| request.json(body))
    }

    #[must_use]
    pub fn form(self, body: &(impl Serialize + ?Sized)) -> Self {
        self.with(|request| request.form(body))
    }

    #[must_use]
    pub fn multipart(self, form: Form) -> Self {
        self.with(|request| request.multipart(form))
    }

    #[must_use]
    pub fn body(self, body: Bytes) -> Self {
        self.with(|request| request.body(body))
    }

    /// For long polling and large files: the whole exchange may take so long.
    #[must_use]
    pub fn within(self, time: Duration) -> Self {
        self.with(|request| request.timeout(time))
    }

    /// The vendor does nothing twice that it is asked twice: without an answer it is asked again.
    #[must_use]
    pub fn idempotent(mut self) -> Self {
        self.idempotent = true;
        self
    }

    /// Sends it; the answer as JSON.
    pub async fn send<T: DeserializeOwned>(self) -> Result<T, RestError> {
        let answer = self.answer(MOST_JSON).await?;
        let bytes: &[u8] = if answer.body.is_empty() { b"null" } else { &answer.body };
        serde_json::from_slice(bytes).map_err(|error| RestError::Malformed(error.to_string()))
    }

    /// Sends it; at most `most` bytes of a successful answer.
    pub async fn answer(self, most: usize) -> Result<Answer, RestError> {
        let idempotent = self.idempotent;
        let request = self.request.ok_or_else(|| RestError::Unsent("not an address".to_owned()))?;
        let (status, headers, body) = self.rest.http.exchange(request, most).await.map_err(|error| match error {
            NetError::Lost(reason) => RestError::Lost { reason, idempotent },
            NetError::TooLarge => RestError::Malformed(NetError::TooLarge.to_string()),
            other => RestError::from(other),
        })?;
        if status.is_success() {
            return Ok(Answer { status, headers, body });
        }
        Err(RestError::Refused { status, retry_after: retry_after(&headers), body, idempotent })
    }
}

/// A successful answer.
#[derive(Clone, Debug)]
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Bytes,
}

/// `Retry-After` in milliseconds, where it is given in seconds (RFC 9110, section 10.2.3).
fn retry_after(headers: &HeaderMap) -> Option<u64> {
    let seconds: f64 = headers.get("retry-after")?.to_str().ok()?.trim().parse().ok()?;
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to a day")]
    Some((seconds.clamp(0.0, 86_400.0) * 1_000.0) as u64)
}

/// Why a request brought nothing.
#[derive(Debug, thiserror::Error)]
pub enum RestError {
    /// It never left.
    #[error("{0}")]
    Unsent(String),
    /// It left, and no whole answer came.
    #[error("no answer: {reason}")]
    Lost { reason: String, idempotent: bool },
    #[error("{status}: {}", words(body, "").unwrap_or_default())]
    Refused { status: StatusCode, retry_after: Option<u64>, body: Bytes, idempotent: bool },
    #[error("the answer cannot be read: {0}")]
    Malformed(String),
}

impl From<NetError> for RestError {
    fn from(error: NetError) -> Self {
        Self::Unsent(error.to_string())
    }
}

/// What the vendor says in an error, at a JSON pointer (RFC 6901) such as `/error/message`, or the
/// whole body.
fn words(body: &[u8], pointer: &str) -> Option<String> {
    let words = match serde_json::from_slice::<Value>(body) {
        Ok(json) => json.pointer(pointer).map(|found| found.as_str().map_or_else(|| found.to_string(), str::to_owned)),
        Err(_) => Some(String::from_utf8_lossy(body).into_owned()),
    };
    words.map(|words| words.chars().take(300).collect::<String>()).filter(|words| !words.trim().is_empty())
}

impl RestError {
    /// The vendor's answer as JSON; null where there is none.
    pub fn json(&self) -> Value {
        match self {
            Self::Refused { body, .. } => serde_json::from_slice(body).unwrap_or_default(),
            _ => Value::Null,
        }
    }

    pub fn status(&self) -> Option<u16> {
        match self {
            Self::Refused { status, .. } => Some(status.as_u16()),
            _ => None,
        }
    }

    /// What the vendor says, or why it says nothing. `pointer`: where its errors have their words.
    pub fn reason(&self, pointer: &str) -> Text {
        match self {
            Self::Refused { body, status, .. } => {
                Text::verbatim(&words(body, pointer).unwrap_or_else(|| status.to_string()))
            }
            other => Text::verbatim(&other.to_string()),
        }
    }

    /// What becomes of the message that was to be sent. A refused token is told to the user, and the
    /// message waits for a new one.
    pub fn outcome(self, host: &dyn Host, pointer: &str) -> SendOutcome {
        match &self {
            Self::Unsent(_) => SendOutcome::Retry { after: None, reason: self.reason(pointer) },
            Self::Lost { idempotent: true, .. } => SendOutcome::Retry { after: None, reason: NO_ANSWER },
            Self::Lost { idempotent: false, .. } | Self::Malformed(_) => SendOutcome::Unknown { reason: NO_ANSWER },
            Self::Refused { status, retry_after, idempotent, .. } => match status.as_u16() {
                429 => SendOutcome::Retry { after: *retry_after, reason: TOO_MANY },
                401 => {
                    host.report(AccountState::BadCredentials { reason: BAD_CREDENTIALS });
                    SendOutcome::Retry { after: None, reason: BAD_CREDENTIALS }
                }
                503 => SendOutcome::Retry { after: *retry_after, reason: ITS_TROUBLE },
                500.. if *idempotent => SendOutcome::Retry { after: *retry_after, reason: ITS_TROUBLE },
                500.. => SendOutcome::Unknown { reason: ITS_TROUBLE },
                _ => SendOutcome::Rejected { reason: self.reason(pointer) },
            },
        }
    }

    /// What becomes of the session that could not go on.
    pub fn session(self, pointer: &str) -> SessionError {
        match &self {
            Self::Refused { status, .. } if status.as_u16() == 401 => SessionError::BadCredentials(BAD_CREDENTIALS),
            Self::Refused { retry_after, .. } => {
                SessionError::Trouble { reason: self.reason(pointer), retry_after: *retry_after }
            }
            _ => SessionError::Trouble { reason: self.reason(pointer), retry_after: None },
        }
    }

    /// What becomes of a question.
    pub fn request(self, pointer: &str) -> RequestError {
        match self.status() {
            Some(404 | 410) => RequestError::NotFound,
            Some(400 | 422) => RequestError::Invalid(self.reason(pointer)),
            _ => RequestError::Unavailable(self.reason(pointer).en.into_owned()),
        }
    }

    /// What the person hears who is just signing in.
    pub fn login(self, pointer: &str) -> LoginError {
        match self.status() {
            Some(400..=404) => LoginError::BadCredentials(self.reason(pointer)),
            _ => LoginError::Unavailable(self.reason(pointer)),
        }
    }
}
