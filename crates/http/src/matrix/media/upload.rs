//! Taking files in (specification, `POST /media/v3/upload` and asynchronous uploads).

use axum::{
    Json,
    extract::{Path, Request, State},
};
use futures_util::StreamExt as _;
use http::header;
use serde::Deserialize;
use serde_json::{Value, json};
use unisono_engine::{
    Error as EngineError,
    media::{MediaBody, NewMedia},
};

use super::{query, require_ours};
use crate::{App, Result, api::session::SignedIn};

#[derive(Deserialize)]
struct UploadQuery {
    filename: Option<String>,
}

/// `POST /_matrix/media/v3/upload`
pub(super) async fn upload(
    SignedIn(session): SignedIn,
    State(app): State<App>,
    request: Request,
) -> Result<Json<Value>> {
    let uri = app.engine.store_media(new_media(&app, session.user_id, request)?).await?;
    Ok(Json(json!({ "content_uri": uri })))
}

/// `POST /_matrix/media/v1/create`
pub(super) async fn create(SignedIn(session): SignedIn, State(app): State<App>) -> Result<Json<Value>> {
    let (uri, expires) = app.engine.reserve_media(session.user_id).await?;
    Ok(Json(json!({ "content_uri": uri, "unused_expires_at": expires })))
}

/// `PUT /_matrix/media/v3/upload/{serverName}/{mediaId}`
pub(super) async fn fill(
    SignedIn(session): SignedIn,
    State(app): State<App>,
    Path((server, media_id)): Path<(String, String)>,
    request: Request,
) -> Result<Json<Value>> {
    require_ours(&app.engine, &server)?;
    app.engine.fill_media(media_id, new_media(&app, session.user_id, request)?).await?;
    Ok(Json(json!({})))
}

fn new_media(app: &App, owner: ruma::OwnedUserId, request: Request) -> Result<NewMedia> {
    let UploadQuery { filename } = query(request.uri())?;
    let text = |name| request.headers().get(name).and_then(|value| value.to_str().ok());
    let limit = app.engine.config.max_upload;
    // What is announced as too large need not be sent first.
    if text(header::CONTENT_LENGTH).and_then(|length| length.parse::<u64>().ok()).is_some_and(|size| size > limit) {
        return Err(EngineError::TooLarge(format!("files may have at most {limit} bytes here")).into());
    }
    let mime = text(header::CONTENT_TYPE).map(ToOwned::to_owned);
    let stream = request.into_body().into_data_stream().map(|piece| piece.map_err(std::io::Error::other));
    Ok(NewMedia { owner, name: filename, mime, body: MediaBody::Stream(stream.boxed()) })
}
