//! Files: upload, download, thumbnails. Not through ruma's types, since content is streamed.

mod download;
mod headers;
mod upload;

use axum::{
    Json, Router,
    extract::Query,
    routing::{get, post, put},
};
use http::Uri;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use unisono_engine::{Engine, Error as EngineError};

use crate::{App, Error, Result, api::session::SignedIn};

/// All endpoints for files.
pub fn router(app: &App) -> Router {
    Router::new()
        .route("/_matrix/media/v3/upload", post(upload::upload))
        .route("/_matrix/media/r0/upload", post(upload::upload))
        .route("/_matrix/media/v1/create", post(upload::create))
        .route("/_matrix/media/v3/upload/{server}/{media_id}", put(upload::fill))
        .route("/_matrix/client/v1/media/config", get(config))
        .route("/_matrix/media/v3/config", get(config))
        .route("/_matrix/media/r0/config", get(config))
        .route("/_matrix/client/v1/media/download/{server}/{media_id}", get(download::download))
        .route("/_matrix/client/v1/media/download/{server}/{media_id}/{name}", get(download::download_as))
        .route("/_matrix/client/v1/media/thumbnail/{server}/{media_id}", get(download::thumbnail))
        // Since Matrix 1.11 files are for those who are logged in; these paths knew no login.
        .route("/_matrix/media/{version}/download/{server}/{media_id}", get(frozen))
        .route("/_matrix/media/{version}/download/{server}/{media_id}/{name}", get(frozen))
        .route("/_matrix/media/{version}/thumbnail/{server}/{media_id}", get(frozen))
        .with_state(app.clone())
}

/// `GET /media/config`
async fn config(SignedIn(_): SignedIn, axum::extract::State(app): axum::extract::State<App>) -> Json<Value> {
    Json(json!({ "m.upload.size": app.engine.config.max_upload }))
}

async fn frozen() -> Error {
    EngineError::not_found("files are read at /_matrix/client/v1/media, with an access token").into()
}

/// Reads a query: `M_MISSING_PARAM` for what is missing, `M_INVALID_PARAM` for what is wrong.
fn query<T: DeserializeOwned>(uri: &Uri) -> Result<T> {
    Query::try_from_uri(uri).map(|Query(query)| query).map_err(|error| {
        let message = error.body_text();
        let code = if message.contains("missing field") { "M_MISSING_PARAM" } else { "M_INVALID_PARAM" };
        EngineError::Invalid { code, message }.into()
    })
}

/// Files of other servers are not fetched: there is no federation here.
fn require_ours(engine: &Engine, server: &str) -> Result<()> {
    if server == engine.config.server_name {
        return Ok(());
    }
    Err(EngineError::not_found(format!("{server} cannot be reached")).into())
}
