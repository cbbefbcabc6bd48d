//! Where vendors call us, and where web sites reach their chat.

use axum::{
    body::Body,
    extract::{Path, Query, Request, State},
    response::Response,
};
use futures_util::StreamExt as _;
use http::{HeaderName, HeaderValue};
use unisono_domain::channel::{CLIENT, Served, ServedBody, WebhookRequest};
use unisono_engine::Error as EngineError;

use crate::{App, Client, Result, base_url, routes::MAX_BODY};

/// The account's own address.
pub async fn call(
    State(app): State<App>,
    Path(hook): Path<String>,
    Query(query): Query<Vec<(String, String)>>,
    request: Request,
) -> Result<Response> {
    take(&app, &hook, String::new(), query, request).await
}

/// What lies below it.
pub async fn call_below(
    State(app): State<App>,
    Path((hook, path)): Path<(String, String)>,
    Query(query): Query<Vec<(String, String)>>,
    request: Request,
) -> Result<Response> {
    take(&app, &hook, path, query, request).await
}

async fn take(app: &App, hook: &str, path: String, query: Vec<(String, String)>, request: Request) -> Result<Response> {
    let (parts, body) = request.into_parts();
    let body = axum::body::to_bytes(body, MAX_BODY)
        .await
        .map_err(|_| EngineError::TooLarge("the body is too large, or was cut off".to_owned()))?;
    let target = parts.uri.path_and_query().map_or("/", |target| target.as_str());
    let headers = parts.headers.iter().filter_map(|(name, value)| {
        // Header names are lower case already (RFC 9113, section 8.2; `http` normalises HTTP/1.1's).
        Some((name.as_str().to_owned(), value.to_str().ok()?.to_owned()))
    });
    let client = Client::of(&parts, &app.engine.config.trusted_proxies).address;
    let client = client.map(|address| (CLIENT.to_owned(), address.to_string()));
    let call = WebhookRequest {
        method: parts.method.as_str().to_owned(),
        headers: headers.chain(client).collect(),
        query,
        body,
        url: format!("{}{target}", base_url(app, &parts.headers)),
        path,
    };
    respond(app, app.engine.answer_hook(hook, call).await?)
}

fn respond(app: &App, served: Served) -> Result<Response> {
    let body = match served.body {
        ServedBody::Bytes(bytes) => Body::from(bytes),
        ServedBody::Stream(stream) => {
            // It must not outlive the server: whoever listens comes back to the next one.
            let stream = stream.take_until(app.stopping.clone().cancelled_owned());
            Body::from_stream(stream.map(Ok::<_, std::convert::Infallible>))
        }
    };
    let mut response = Response::builder().status(served.status);
    if let Some(headers) = response.headers_mut() {
        for (name, value) in served.headers {
            let name = HeaderName::try_from(name).map_err(EngineError::internal)?;
            headers.insert(name, HeaderValue::try_from(value).map_err(EngineError::internal)?);
        }
    }
    response.body(body).map_err(|error| EngineError::internal(error).into())
}
