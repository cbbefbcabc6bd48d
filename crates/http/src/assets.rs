//! The web app: files that were embedded at compile time, each with its `.br` and `.gz` beside it.

use std::borrow::Cow;

use axum::{
    body::Body,
    extract::Request,
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use rust_embed::{EmbeddedFile, RustEmbed};

use crate::{headers, routes};

/// A development build reads the folder at run time, a release build holds it.
#[derive(RustEmbed)]
#[folder = "../../web/dist"]
struct WebApp;

const PAGE: &str = "index.html";
const WIDGET: &str = "widget/chat.js";
const DEMO: &str = "demo/index.html";
/// Vite puts a hash of the content into the names of these files.
const HASHED: &str = "assets/";
/// Paths that are never the app's: whoever asks there wants an API, and an error if there is none.
const NOT_OURS: [&str; 3] = ["/_", "/.well-known/", "/assets/"];

/// Answers what no API answers: a file of the app, or its page for the app's own paths.
pub(crate) async fn serve(request: Request) -> Response {
    let path = request.uri().path();
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        return routes::unrecognized().await.into_response();
    }
    if let Some(response) = file(path.trim_start_matches('/'), request.headers()) {
        return response;
    }
    let names_a_file = path.rsplit('/').next().is_some_and(|name| name.contains('.'));
    if names_a_file || NOT_OURS.iter().any(|prefix| path.starts_with(prefix)) {
        return routes::unrecognized().await.into_response();
    }
    file(PAGE, request.headers()).unwrap_or_else(not_built)
}

/// The chat that web sites embed.
pub(crate) async fn widget(request: Request) -> Response {
    file(WIDGET, request.headers()).unwrap_or_else(not_built)
}

/// A sample shop that has the chat of the site that its address names.
pub(crate) async fn demo(request: Request) -> Response {
    file(DEMO, request.headers()).unwrap_or_else(not_built)
}

fn not_built() -> Response {
    let text = "This server was built without its web app. `cargo xtask run` builds both.\n";
    (StatusCode::NOT_FOUND, [(header::CONTENT_TYPE, "text/plain; charset=utf-8")], text).into_response()
}

/// One file in the best encoding that the browser takes; nothing if there is no such file.
fn file(path: &str, request: &HeaderMap) -> Option<Response> {
    let mime = mime(path)?;
    let original = WebApp::get(path)?;
    let (content, encoding) = encodings(request)
        .find_map(|(suffix, name)| WebApp::get(&format!("{path}.{suffix}")).map(|packed| (packed, Some(name))))
        .unwrap_or((original, None));

    let etag = etag(&content);
    let mut response = if headers::is_known(request, &etag) {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        Response::new(Body::from(match content.data {
            Cow::Borrowed(data) => Bytes::from_static(data),
            Cow::Owned(data) => Bytes::from(data),
        }))
    };
    let answer = response.headers_mut();
    answer.insert(header::CONTENT_TYPE, HeaderValue::from_static(mime));
    answer.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
    let lasting = match path {
        // Its address cannot change with it: a page on somebody else's site holds it.
        WIDGET => "public, max-age=3600, stale-while-revalidate=2592000",
        _ if path.starts_with(HASHED) => "public, max-age=31536000, immutable",
        _ => "no-cache",
    };
    answer.insert(header::CACHE_CONTROL, HeaderValue::from_static(lasting));
    if let Some(encoding) = encoding {
        answer.insert(header::CONTENT_ENCODING, HeaderValue::from_static(encoding));
    }
    if let Ok(etag) = HeaderValue::from_str(&etag) {
        answer.insert(header::ETAG, etag);
    }
    match path {
        PAGE => headers::protect_page(answer),
        DEMO => headers::protect_demo(answer),
        // Pages that are isolated from other sites (COEP) may have it, too.
        WIDGET => headers::allow_everywhere(answer),
        _ => {}
    }
    Some(response)
}

/// By content, so that a new build is seen and the encodings differ.
fn etag(file: &EmbeddedFile) -> String {
    let hash = file.metadata.sha256_hash();
    let hex: String = hash[..16].iter().map(|byte| format!("{byte:02x}")).collect();
    format!("\"{hex}\"")
}

/// File endings and names of the encodings that the browser takes (RFC 9110, section 12.5.3), the
/// smallest one first.
fn encodings(request: &HeaderMap) -> impl Iterator<Item = (&'static str, &'static str)> {
    let accepted = request.get(header::ACCEPT_ENCODING).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let takes = move |wanted: &str| {
        accepted.split(',').any(|one| {
            let (name, weight) = one.split_once(';').unwrap_or((one, "q=1"));
            name.trim() == wanted && weight.trim().strip_prefix("q=").and_then(|q| q.parse().ok()) != Some(0.0)
        })
    };
    [("br", "br"), ("gz", "gzip")].into_iter().filter(move |(_, name)| takes(name))
}

/// The types of the files that the build makes; others are not given out.
fn mime(path: &str) -> Option<&'static str> {
    Some(match path.rsplit_once('.')?.1 {
        "html" => "text/html; charset=utf-8",
        "js" | "mjs" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "json" | "map" => "application/json",
        "webmanifest" => "application/manifest+json",
        "wasm" => "application/wasm",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "jpg" | "jpeg" => "image/jpeg",
        "webp" => "image/webp",
        "ico" => "image/x-icon",
        "woff2" => "font/woff2",
        "mp3" => "audio/mpeg",
        "ogg" => "audio/ogg",
        "txt" => "text/plain; charset=utf-8",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn best(accepted: &'static str) -> Option<&'static str> {
        let mut headers = HeaderMap::new();
        headers.insert(header::ACCEPT_ENCODING, HeaderValue::from_static(accepted));
        encodings(&headers).next().map(|(_, name)| name)
    }

    #[test]
    fn the_smallest_encoding_that_is_taken_wins() {
        assert_eq!(best("gzip, deflate, br"), Some("br"));
        assert_eq!(best("br;q=0, gzip;q=0.5"), Some("gzip"));
        assert_eq!(best("identity"), None);
        assert_eq!(best(""), None);
    }

    #[tokio::test]
    async fn apis_and_missing_files_never_get_the_page() {
        for path in ["/_matrix/nothing", "/_unisono/v1/nothing", "/.well-known/nothing", "/assets/gone", "/gone.js"] {
            let request = Request::get(path).body(Body::empty()).unwrap();
            let answer = serve(request).await;
            assert_eq!(answer.status(), StatusCode::NOT_FOUND, "{path}");
            assert_eq!(answer.headers()[header::CONTENT_TYPE], "application/json", "{path}");
        }
    }
}
