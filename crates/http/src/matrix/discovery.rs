//! What a client asks before or apart from everything else. Fixed answers as plain JSON: ruma leaves
//! out what equals its defaults, and clients read its absence differently.

use axum::{Json, Router, extract::State, http::HeaderMap, routing::get};
use serde_json::{Value, json};

use crate::{App, api::session::SignedIn, base_url};

pub(super) fn router(app: &App) -> Router {
    Router::new()
        .route("/_matrix/client/versions", get(versions))
        .route("/_matrix/client/v3/capabilities", get(capabilities))
        .route("/_matrix/client/r0/capabilities", get(capabilities))
        .route("/_matrix/client/v3/account/3pid", get(third_party_ids))
        .route("/_matrix/client/r0/account/3pid", get(third_party_ids))
        .route("/.well-known/matrix/client", get(well_known))
        .with_state(app.clone())
}

/// `GET /versions`
async fn versions() -> Json<Value> {
    Json(json!({
        "versions": [
            "r0.6.1", "v1.1", "v1.2", "v1.3", "v1.4", "v1.5", "v1.6", "v1.7", "v1.8", "v1.9", "v1.10", "v1.11",
        ],
        "unstable_features": {
            "org.matrix.e2e_cross_signing": true,
            "uk.tcpip.msc4133": false,
        },
    }))
}

/// `GET /capabilities`
async fn capabilities(SignedIn(_): SignedIn) -> Json<Value> {
    let stable: serde_json::Map<String, Value> =
        (1..=12).map(|version| (version.to_string(), Value::from("stable"))).collect();
    Json(json!({
        "capabilities": {
            "m.change_password": { "enabled": true },
            "m.room_versions": { "default": "11", "available": stable },
            "m.set_displayname": { "enabled": true },
            "m.set_avatar_url": { "enabled": true },
            "m.3pid_changes": { "enabled": false },
            "m.get_login_token": { "enabled": false },
        }
    }))
}

/// `GET /account/3pid`: nobody has an address or number by which we would know them.
async fn third_party_ids(SignedIn(_): SignedIn) -> Json<Value> {
    Json(json!({ "threepids": [] }))
}

/// `GET /.well-known/matrix/client`
async fn well_known(State(app): State<App>, headers: HeaderMap) -> Json<Value> {
    Json(json!({ "m.homeserver": { "base_url": base_url(&app, &headers) } }))
}
