//! A mail as its sender laid it out, for a sandboxed frame.
//!
//! A frame that is made from text takes over the policy of the page around it, which loads nothing
//! from elsewhere, and one that is loaded by its address cannot send an access token. So whoever may
//! read the mail gets an address that holds for some minutes.

use axum::{
    Json,
    extract::{Path, Query, State},
    response::{IntoResponse, Response},
};
use http::header;
use ruma::{OwnedEventId, OwnedRoomId, OwnedUserId};
use serde::{Deserialize, Serialize};
use unisono_engine::Error as EngineError;

use super::{messages::ids, session::SignedIn};
use crate::{App, Result};

/// How long an address holds, in milliseconds.
const HOLDS: i64 = 10 * 60 * 1000;
const PURPOSE: &str = "original mail";

/// What an address says, encrypted.
#[derive(Serialize, Deserialize)]
struct Ticket {
    user_id: OwnedUserId,
    room_id: OwnedRoomId,
    event_id: OwnedEventId,
    until: i64,
}

#[derive(Serialize, utoipa::ToSchema)]
pub struct Address {
    /// Relative to this server.
    url: String,
}

/// Gives an address under which the mail can be shown for ten minutes.
#[utoipa::path(
    post, path = "/_unisono/v1/rooms/{room_id}/events/{event_id}/original",
    params(("room_id" = String, Path), ("event_id" = String, Path)),
    responses((status = 200, body = Address), (status = 404, description = "It has no other form")),
)]
pub async fn open(
    State(app): State<App>,
    SignedIn(session): SignedIn,
    Path((room_id, event_id)): Path<(String, String)>,
) -> Result<Json<Address>> {
    let (room_id, event_id) = ids(room_id, event_id)?;
    let engine = &app.engine;
    engine.render_original(session.user_id.clone(), room_id.clone(), event_id.clone(), false).await?;
    let ticket = Ticket { user_id: session.user_id, room_id, event_id, until: engine.now() + HOLDS };
    let ticket = serde_json::to_vec(&ticket).map_err(EngineError::internal)?;
    let sealed = engine.secrets.encrypt(PURPOSE, &ticket)?.replace('+', "-").replace('/', "_");
    Ok(Json(Address { url: format!("/_unisono/v1/original/{sealed}") }))
}

#[derive(Deserialize)]
pub struct Shown {
    /// `1`: pictures from elsewhere are loaded.
    images: Option<String>,
}

/// A mail's whole HTML, made safe.
#[utoipa::path(
    get, path = "/_unisono/v1/original/{ticket}",
    params(("ticket" = String, Path), ("images" = Option<String>, Query)),
    responses((status = 200, content_type = "text/html"), (status = 404, description = "The address is too old")),
)]
pub async fn show(State(app): State<App>, Path(ticket): Path<String>, Query(shown): Query<Shown>) -> Result<Response> {
    let expired = || EngineError::not_found("this address holds no longer");
    let sealed = ticket.replace('-', "+").replace('_', "/");
    let ticket = app.engine.secrets.decrypt(PURPOSE, &sealed).map_err(|_| expired())?;
    let ticket: Ticket = serde_json::from_slice(&ticket).map_err(|_| expired())?;
    if ticket.until < app.engine.now() {
        return Err(expired().into());
    }
    let images = shown.images.as_deref() == Some("1");
    let document = app.engine.render_original(ticket.user_id, ticket.room_id, ticket.event_id, images).await?;
    let from = if images { "img-src data: https: http:" } else { "img-src data:" };
    let policy = format!(
        "default-src 'none'; style-src 'unsafe-inline'; {from}; base-uri 'none'; form-action 'none'; \
         frame-ancestors 'self'; sandbox allow-popups allow-popups-to-escape-sandbox"
    );
    let headers = [
        (header::CONTENT_TYPE, "text/html; charset=utf-8".to_owned()),
        (header::CONTENT_SECURITY_POLICY, policy),
        (header::CACHE_CONTROL, "private, no-store".to_owned()),
    ];
    Ok((headers, document).into_response())
}
