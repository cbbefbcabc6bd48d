//! Messages of portals: sending again, and how they looked to their sender.

use axum::{
    extract::{Path, Query, State},
    response::{IntoResponse, Response},
};
use http::{StatusCode, header};
use ruma::{OwnedEventId, OwnedRoomId};
use serde::Deserialize;
use unisono_engine::Error as EngineError;

use super::session::SignedIn;
use crate::{App, Result};

fn ids(room_id: String, event_id: String) -> Result<(OwnedRoomId, OwnedEventId)> {
    let room_id = OwnedRoomId::try_from(room_id).map_err(|error| EngineError::invalid(error.to_string()))?;
    let event_id = OwnedEventId::try_from(event_id).map_err(|error| EngineError::invalid(error.to_string()))?;
    Ok((room_id, event_id))
}

/// Sends a failed message once more.
#[utoipa::path(
    post, path = "/_unisono/v1/messages/{room_id}/{event_id}/retry",
    params(("room_id" = String, Path), ("event_id" = String, Path)),
    responses((status = 202), (status = 404, description = "It has not failed")),
)]
pub async fn retry(
    State(app): State<App>,
    SignedIn(session): SignedIn,
    Path((room_id, event_id)): Path<(String, String)>,
) -> Result<StatusCode> {
    let (room_id, event_id) = ids(room_id, event_id)?;
    app.engine.retry_message(session.user_id, room_id, event_id).await?;
    Ok(StatusCode::ACCEPTED)
}

#[derive(Deserialize)]
pub struct Shown {
    /// `1`: pictures from elsewhere are loaded.
    images: Option<String>,
}

/// A mail's whole HTML, made safe, for a sandboxed frame.
#[utoipa::path(
    get, path = "/_unisono/v1/rooms/{room_id}/events/{event_id}/html",
    params(("room_id" = String, Path), ("event_id" = String, Path), ("images" = Option<String>, Query)),
    responses((status = 200, content_type = "text/html"), (status = 404, description = "It has no other form")),
)]
pub async fn html(
    State(app): State<App>,
    SignedIn(session): SignedIn,
    Path((room_id, event_id)): Path<(String, String)>,
    Query(shown): Query<Shown>,
) -> Result<Response> {
    let (room_id, event_id) = ids(room_id, event_id)?;
    let images = shown.images.as_deref() == Some("1");
    let document = app.engine.render_original(session.user_id, room_id, event_id, images).await?;
    let from = if images { "img-src data: https: http:" } else { "img-src data:" };
    let policy = format!(
        "default-src 'none'; style-src 'unsafe-inline'; {from}; base-uri 'none'; form-action 'none'; \
         frame-ancestors 'self'; sandbox allow-popups allow-popups-to-escape-sandbox"
    );
    let headers = [
        (header::CONTENT_TYPE, "text/html; charset=utf-8".to_owned()),
        (header::CONTENT_SECURITY_POLICY, policy),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff".to_owned()),
        (header::REFERRER_POLICY, "no-referrer".to_owned()),
        (header::CACHE_CONTROL, "private, no-store".to_owned()),
    ];
    Ok((headers, document).into_response())
}
