//! Errors as clients see them: status, Matrix error code, text. Defects are logged here, once, and
//! hidden from the client.

use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};
use ruma::api::client::uiaa::UiaaInfo;
use serde_json::{Value, json};
use unisono_domain::text::Text;
use unisono_engine::Error as EngineError;

pub type Result<T> = std::result::Result<T, Error>;

#[derive(Debug)]
pub enum Error {
    Engine(EngineError),
    /// The request needs (more) user-interactive authentication.
    Uiaa(Box<UiaaInfo>),
    /// A code and status of its own, where the general ones do not fit.
    Other {
        status: StatusCode,
        code: &'static str,
        message: String,
    },
    /// Somebody typed something wrong; told in both languages, with the field.
    Input {
        code: &'static str,
        field: Option<String>,
        message: Text,
    },
}

impl Error {
    pub fn new(status: StatusCode, code: &'static str, message: impl Into<String>) -> Self {
        Self::Other { status, code, message: message.into() }
    }
}

impl From<EngineError> for Error {
    fn from(error: EngineError) -> Self {
        Self::Engine(error)
    }
}

impl From<UiaaInfo> for Error {
    fn from(info: UiaaInfo) -> Self {
        Self::Uiaa(Box::new(info))
    }
}

impl IntoResponse for Error {
    fn into_response(self) -> Response {
        match self {
            Self::Engine(error) => engine_response(&error),
            Self::Other { status, code, message } => respond(status, &json!({ "errcode": code, "error": message })),
            Self::Input { code, field, message } => {
                let mut body = json!({ "errcode": code, "error": message.en, "message": message });
                if let Some(field) = field {
                    body["field"] = Value::from(field);
                }
                respond(StatusCode::BAD_REQUEST, &body)
            }
            Self::Uiaa(info) => match serde_json::to_value(&info) {
                Ok(body) => respond(StatusCode::UNAUTHORIZED, &body),
                Err(error) => engine_response(&EngineError::internal(error)),
            },
        }
    }
}

fn engine_response(error: &EngineError) -> Response {
    if let EngineError::Interactive(body) = error {
        return respond(StatusCode::UNAUTHORIZED, body);
    }
    let (status, code) = match error {
        EngineError::Invalid { code, .. } => (StatusCode::BAD_REQUEST, *code),
        EngineError::Worded(_) => (StatusCode::BAD_REQUEST, "M_INVALID_PARAM"),
        EngineError::NotFound(_) => (StatusCode::NOT_FOUND, "M_NOT_FOUND"),
        EngineError::Forbidden(_) => (StatusCode::FORBIDDEN, "M_FORBIDDEN"),
        EngineError::Denied { code, .. } => (StatusCode::FORBIDDEN, *code),
        EngineError::Unauthenticated { code, .. } => (StatusCode::UNAUTHORIZED, *code),
        EngineError::Interactive(_) => (StatusCode::UNAUTHORIZED, "M_FORBIDDEN"),
        EngineError::Conflict { code, .. } => (StatusCode::CONFLICT, *code),
        EngineError::NotAllowed { code, .. } => (StatusCode::METHOD_NOT_ALLOWED, *code),
        EngineError::WrongBackup { .. } => (StatusCode::FORBIDDEN, "M_WRONG_ROOM_KEYS_VERSION"),
        EngineError::TooLarge(_) => (StatusCode::PAYLOAD_TOO_LARGE, "M_TOO_LARGE"),
        EngineError::Limited { .. } => (StatusCode::TOO_MANY_REQUESTS, "M_LIMIT_EXCEEDED"),
        EngineError::Unavailable(_) => (StatusCode::SERVICE_UNAVAILABLE, "M_UNKNOWN"),
        EngineError::Internal(_) => (StatusCode::INTERNAL_SERVER_ERROR, "M_UNKNOWN"),
    };
    let mut body = json!({ "errcode": code });
    match error {
        EngineError::Internal(reason) => {
            tracing::error!(error = %reason, "internal error");
            body["error"] = Value::from("internal error");
        }
        EngineError::Unavailable(reason) => {
            tracing::warn!(error = %reason, "unavailable");
            body["error"] = Value::from(reason.as_str());
        }
        EngineError::Worded(message) => {
            body["error"] = Value::from(message.en.as_ref());
            body["message"] = json!(message);
        }
        EngineError::Unauthenticated { soft_logout, .. } => {
            body["error"] = Value::from(error.to_string());
            if *soft_logout {
                body["soft_logout"] = Value::from(true);
            }
        }
        EngineError::WrongBackup { current_version } => {
            body["error"] = Value::from(error.to_string());
            body["current_version"] = Value::from(current_version.as_str());
        }
        EngineError::Limited { retry_after_ms } => {
            body["error"] = Value::from(error.to_string());
            body["retry_after_ms"] = Value::from(*retry_after_ms);
        }
        _ => body["error"] = Value::from(error.to_string()),
    }
    let mut response = respond(status, &body);
    if let EngineError::Limited { retry_after_ms } = error {
        let seconds = HeaderValue::from(retry_after_ms.div_ceil(1000));
        response.headers_mut().insert(header::RETRY_AFTER, seconds);
    }
    response
}

/// A panic in a handler costs that request alone. The panic itself was printed by the runtime.
pub(crate) fn panicked(_: Box<dyn std::any::Any + Send>) -> Response {
    engine_response(&EngineError::internal("a handler panicked"))
}

fn respond(status: StatusCode, body: &Value) -> Response {
    (status, [(header::CONTENT_TYPE, "application/json")], body.to_string()).into_response()
}
