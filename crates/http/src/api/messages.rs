//! Messages of portals: sending again.

use axum::extract::{Path, State};
use http::StatusCode;
use ruma::{OwnedEventId, OwnedRoomId};
use unisono_engine::Error as EngineError;

use super::session::SignedIn;
use crate::{App, Result};

pub(super) fn ids(room_id: String, event_id: String) -> Result<(OwnedRoomId, OwnedEventId)> {
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
