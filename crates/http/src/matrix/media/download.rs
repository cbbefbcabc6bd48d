//! Giving files out, whole, in ranges (RFC 9110 section 14) and as thumbnails.

use std::time::Duration;

use axum::{
    body::Body,
    extract::{Path, State},
    response::{IntoResponse as _, Response},
};
use http::{HeaderMap, HeaderValue, StatusCode, Uri, header};
use serde::Deserialize;
use unisono_engine::media::{Media, ThumbnailSize};

use super::{headers, query, require_ours};
use crate::{App, Error, Result, api::session::SignedIn, headers::is_known};

/// How long a client may wait for a file that is still being uploaded, and how long it waits if it
/// does not say.
const LONGEST_WAIT: u64 = 60_000;
const USUAL_WAIT: u64 = 20_000;

#[derive(Deserialize)]
struct DownloadQuery {
    timeout_ms: Option<u64>,
}

/// `GET /_matrix/client/v1/media/download/{serverName}/{mediaId}`
pub(super) async fn download(
    SignedIn(_): SignedIn,
    State(app): State<App>,
    Path((server, media_id)): Path<(String, String)>,
    uri: Uri,
    headers: HeaderMap,
) -> Result<Response> {
    let media = find(&app, &server, &media_id, &uri).await?;
    respond(&app, media, &headers).await
}

/// `GET /_matrix/client/v1/media/download/{serverName}/{mediaId}/{fileName}`
pub(super) async fn download_as(
    SignedIn(_): SignedIn,
    State(app): State<App>,
    Path((server, media_id, name)): Path<(String, String, String)>,
    uri: Uri,
    headers: HeaderMap,
) -> Result<Response> {
    let media = find(&app, &server, &media_id, &uri).await?;
    respond(&app, Media { name: Some(name), ..media }, &headers).await
}

#[derive(Deserialize)]
struct ThumbnailQuery {
    width: u32,
    height: u32,
    method: Option<Method>,
}

#[derive(Clone, Copy, Deserialize, PartialEq)]
#[serde(rename_all = "lowercase")]
enum Method {
    Crop,
    Scale,
}

/// `GET /_matrix/client/v1/media/thumbnail/{serverName}/{mediaId}`. Never animated.
pub(super) async fn thumbnail(
    SignedIn(_): SignedIn,
    State(app): State<App>,
    Path((server, media_id)): Path<(String, String)>,
    uri: Uri,
    headers: HeaderMap,
) -> Result<Response> {
    let ThumbnailQuery { width, height, method } = query(&uri)?;
    let original = find(&app, &server, &media_id, &uri).await?;
    let size = ThumbnailSize { width, height, crop: method == Some(Method::Crop) };
    let thumbnail = app.engine.get_thumbnail(&original, size).await?;
    respond(&app, thumbnail, &headers).await
}

async fn find(app: &App, server: &str, media_id: &str, uri: &Uri) -> Result<Media> {
    let DownloadQuery { timeout_ms } = query(uri)?;
    require_ours(&app.engine, server)?;
    let wait = Duration::from_millis(timeout_ms.unwrap_or(USUAL_WAIT).min(LONGEST_WAIT));
    app.engine.get_media(media_id, wait).await?.ok_or_else(|| {
        Error::new(StatusCode::GATEWAY_TIMEOUT, "M_NOT_YET_UPLOADED", "the file has not been uploaded yet")
    })
}

async fn respond(app: &App, media: Media, request: &HeaderMap) -> Result<Response> {
    let etag = headers::etag(&media);
    let mut response = if is_known(request, &etag) {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        match headers::range(request, &etag, media.size) {
            Ok(None) => {
                let body = Body::from_stream(app.engine.stream_media(&media, None).await?);
                with_length(Response::new(body), media.size)
            }
            Ok(Some(range)) => {
                let length = range.end - range.start;
                let shown = format!("bytes {}-{}/{}", range.start, range.end - 1, media.size);
                let body = Body::from_stream(app.engine.stream_media(&media, Some(range)).await?);
                let mut response = with_length(Response::new(body), length);
                *response.status_mut() = StatusCode::PARTIAL_CONTENT;
                headers::insert(response.headers_mut(), header::CONTENT_RANGE, &shown);
                response
            }
            Err(headers::Unsatisfiable) => {
                let mut response = StatusCode::RANGE_NOT_SATISFIABLE.into_response();
                let shown = format!("bytes */{}", media.size);
                headers::insert(response.headers_mut(), header::CONTENT_RANGE, &shown);
                response
            }
        }
    };
    headers::describe(response.headers_mut(), &media, &etag);
    Ok(response)
}

fn with_length(mut response: Response, length: u64) -> Response {
    response.headers_mut().insert(header::CONTENT_LENGTH, HeaderValue::from(length));
    response
}
