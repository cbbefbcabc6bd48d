//! The networks that can be connected.

use axum::{Json, extract::State};
use serde_json::{Value, json};
use unisono_domain::channel::ClosedNetwork;
use utoipa::ToSchema;

use super::session::SignedIn;
use crate::{App, Result};

/// All networks, with names in both languages, ways to sign in and what they can carry.
#[derive(serde::Serialize, ToSchema)]
pub struct Channels {
    #[schema(value_type = Vec<Object>)]
    channels: Vec<Value>,
    /// Networks that cannot be connected: why, and what to do instead.
    #[schema(value_type = Vec<Object>)]
    closed: &'static [ClosedNetwork],
}

/// Networks that an account can be added on.
#[utoipa::path(get, path = "/_unisono/v1/channels", responses((status = 200, body = Channels)))]
pub async fn list(State(app): State<App>, SignedIn(_): SignedIn) -> Result<Json<Channels>> {
    let mut channels = Vec::new();
    for channel in app.engine.hub.channels() {
        let mut entry = serde_json::to_value(channel.meta()).map_err(unisono_engine::Error::internal)?;
        entry["capabilities"] = json!(channel.capabilities());
        channels.push(entry);
    }
    Ok(Json(Channels { channels, closed: app.engine.hub.closed() }))
}
