//! The authenticated person, as an extractor.

use axum::extract::FromRequestParts;
use http::{header, request::Parts};
use unisono_engine::{Error as EngineError, Session};

use crate::{App, Error};

/// Handlers that take this run for a signed-in person only.
pub struct SignedIn(pub Session);

impl FromRequestParts<App> for SignedIn {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Error> {
        let token = parts
            .headers
            .get(header::AUTHORIZATION)
            .and_then(|value| value.to_str().ok())
            .and_then(|value| value.strip_prefix("Bearer "))
            .ok_or_else(|| EngineError::Unauthenticated {
                code: "M_MISSING_TOKEN",
                message: "an access token is needed".to_owned(),
                soft_logout: false,
            })?;
        Ok(Self(app.engine.authenticate(token).await?))
    }
}
