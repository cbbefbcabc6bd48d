//! Errors by what the caller can do about them. `http::error` turns them into status and code.

pub type Result<T> = std::result::Result<T, Error>;

/// `code` is the Matrix error code where the general one of the variant is not precise enough.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The request is wrong and will stay so (400).
    #[error("{message}")]
    Invalid { code: &'static str, message: String },
    /// The same, in words for the person who asked, in both languages: 400 `M_INVALID_PARAM`.
    #[error("{}", .0.en)]
    Worded(unisono_domain::text::Text),
    /// 404 `M_NOT_FOUND`.
    #[error("{0}")]
    NotFound(String),
    /// 403 `M_FORBIDDEN`.
    #[error("{0}")]
    Forbidden(String),
    /// 403 with another code than `M_FORBIDDEN`.
    #[error("{message}")]
    Denied { code: &'static str, message: String },
    /// The access token is missing, unknown or expired (401).
    #[error("{message}")]
    Unauthenticated { code: &'static str, message: String, soft_logout: bool },
    /// The request goes on when the client has proved more (401): the answer of user-interactive
    /// authentication, flows and session.
    #[error("more authentication is needed")]
    Interactive(Box<serde_json::Value>),
    /// Somebody was faster, or it exists already (409).
    #[error("{message}")]
    Conflict { code: &'static str, message: String },
    /// The resource is there, but not for this method (405).
    #[error("{message}")]
    NotAllowed { code: &'static str, message: String },
    /// 403 `M_WRONG_ROOM_KEYS_VERSION`: keys were given to a key backup that is not the newest.
    #[error("the current key backup is version {current_version}")]
    WrongBackup { current_version: String },
    /// 413 `M_TOO_LARGE`.
    #[error("{0}")]
    TooLarge(String),
    /// 429 `M_LIMIT_EXCEEDED`.
    #[error("too many requests")]
    Limited { retry_after_ms: u64 },
    /// The disk is full or a network does not answer (503).
    #[error("{0}")]
    Unavailable(String),
    /// A defect; only logged, never shown (500).
    #[error("{0}")]
    Internal(String),
}

impl Error {
    /// 400 with `M_INVALID_PARAM`.
    pub fn invalid(message: impl Into<String>) -> Self {
        Self::Invalid { code: "M_INVALID_PARAM", message: message.into() }
    }

    /// 400 with `M_BAD_JSON`.
    pub fn bad_json(message: impl Into<String>) -> Self {
        Self::Invalid { code: "M_BAD_JSON", message: message.into() }
    }

    pub fn not_found(message: impl Into<String>) -> Self {
        Self::NotFound(message.into())
    }

    pub fn forbidden(message: impl Into<String>) -> Self {
        Self::Forbidden(message.into())
    }

    pub fn internal(error: impl std::fmt::Display) -> Self {
        Self::Internal(error.to_string())
    }
}

impl From<unisono_store::Error> for Error {
    fn from(error: unisono_store::Error) -> Self {
        match error {
            unisono_store::Error::Conflict(message) => Self::Conflict { code: "M_UNKNOWN", message },
            unisono_store::Error::Unavailable(message) => Self::Unavailable(message),
            unisono_store::Error::Defect(message) | unisono_store::Error::Incompatible(message) => {
                Self::Internal(message)
            }
        }
    }
}

impl From<unisono_domain::room::InvalidEvent> for Error {
    fn from(error: unisono_domain::room::InvalidEvent) -> Self {
        use unisono_domain::room::InvalidEvent;
        match error {
            InvalidEvent::TooLarge | InvalidEvent::FieldTooLarge(_) => Self::TooLarge(error.to_string()),
            InvalidEvent::Malformed(message) => Self::bad_json(message),
        }
    }
}
