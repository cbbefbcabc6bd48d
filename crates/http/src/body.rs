//! JSON bodies of endpoints that do not go through ruma's types.

use axum::extract::{FromRequest, Request};
use serde::de::DeserializeOwned;
use unisono_engine::Error as EngineError;

use crate::{Error, routes::MAX_BODY};

/// A JSON body; an empty one counts as `{}`. `M_NOT_JSON` for what is no JSON, `M_BAD_JSON` for JSON
/// of the wrong form.
pub struct JsonBody<T>(pub T);

impl<T: DeserializeOwned, S: Sync> FromRequest<S> for JsonBody<T> {
    type Rejection = Error;

    async fn from_request(request: Request, _: &S) -> Result<Self, Error> {
        let body = axum::body::to_bytes(request.into_body(), MAX_BODY)
            .await
            .map_err(|_| EngineError::TooLarge("the body is too large, or was cut off".to_owned()))?;
        let bytes: &[u8] = if body.is_empty() { b"{}" } else { &body };
        serde_json::from_slice(bytes).map(Self).map_err(|error| {
            let code = match error.classify() {
                serde_json::error::Category::Data => "M_BAD_JSON",
                _ => "M_NOT_JSON",
            };
            EngineError::Invalid { code, message: error.to_string() }.into()
        })
    }
}
