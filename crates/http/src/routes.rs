//! From a handler and ruma's metadata to routes. Handlers are erased to one type, so that the
//! router's generics compile once and not once per endpoint.

use std::{collections::BTreeMap, future::Future, pin::Pin, sync::Arc};

use axum::{
    body::Body,
    extract::{FromRequestParts, RawPathParams, Request},
    response::{IntoResponse, Response},
    routing::{MethodFilter, MethodRouter, on},
};
use http::{StatusCode, header};
use ruma::api::{
    IncomingRequest, IncomingRequestExt, OutgoingResponse, OutgoingResponseExt,
    error::{DeserializationError, FromHttpRequestError},
    path_builder::{PathBuilder, SinglePath, VersionHistory},
};
use serde::Serialize;
use unisono_engine::{Error as EngineError, Session};

use crate::{
    App, Call, Client, Error, Result,
    call::{Authenticate, credentials},
    limits::{Class, Who},
};

/// Largest JSON body. Key backups are the largest that clients send.
pub(crate) const MAX_BODY: usize = 16 * 1024 * 1024;

type Answer = Pin<Box<dyn Future<Output = Response> + Send>>;
type Handler = Arc<dyn Fn(Request) -> Answer + Send + Sync>;

/// Collects endpoints.
pub struct Routes {
    app: App,
    paths: BTreeMap<String, MethodRouter>,
}

impl Routes {
    pub fn new(app: &App) -> Self {
        Self { app: app.clone(), paths: BTreeMap::new() }
    }

    /// Adds an endpoint under all paths that ruma knows for it.
    pub fn add<R, F, Fut, A>(&mut self, handler: F) -> &mut Self
    where
        R: IncomingRequest + Send + 'static,
        R::Authentication: Authenticate,
        <R::Authentication as ruma::api::auth_scheme::AuthScheme>::Output: Send,
        R::PathBuilder: Paths,
        F: Fn(Call<R>) -> Fut + Copy + Send + Sync + 'static,
        Fut: Future<Output = Result<A>> + Send + 'static,
        A: Reply<R>,
    {
        let app = self.app.clone();
        let class = R::PATH_BUILDER.paths().first().and_then(|path| Class::of(path, R::RATE_LIMITED));
        let handler: Handler = Arc::new(move |request| {
            let app = app.clone();
            Box::pin(async move { run(app, request, class, handler).await.unwrap_or_else(IntoResponse::into_response) })
        });
        for path in R::PATH_BUILDER.paths() {
            self.route(path, &R::METHOD, &handler);
            // An empty state key may be left out, with or without its slash.
            if let Some(shorter) = path.strip_suffix("/{state_key}") {
                self.route(shorter, &R::METHOD, &handler);
                self.route(&format!("{shorter}/"), &R::METHOD, &handler);
            }
        }
        self
    }

    fn route(&mut self, path: &str, method: &http::Method, handler: &Handler) {
        let Ok(filter) = MethodFilter::try_from(method.clone()) else { return };
        let handler = Arc::clone(handler);
        let erased = move |request: Request| handler(request);
        let path = positional(path);
        let router = match self.paths.remove(&path) {
            Some(router) => router.on(filter, erased),
            None => on(filter, erased),
        };
        self.paths.insert(path, router);
    }

    pub fn into_router(self) -> axum::Router {
        self.paths.into_iter().fold(axum::Router::new(), |router, (path, methods)| router.route(&path, methods))
    }
}

/// Names path parameters by their position: endpoints name the same one differently.
fn positional(path: &str) -> String {
    let segments = path
        .split('/')
        .enumerate()
        .map(|(number, segment)| if segment.starts_with('{') { format!("{{p{number}}}") } else { segment.to_owned() });
    segments.collect::<Vec<_>>().join("/")
}

/// The paths of an endpoint.
pub trait Paths: PathBuilder {
    fn paths(&self) -> Vec<&'static str>;
}

impl Paths for VersionHistory {
    fn paths(&self) -> Vec<&'static str> {
        self.stable_paths().map(|(_, path)| path).chain(self.unstable_paths().map(|(_, path)| path)).collect()
    }
}

impl Paths for SinglePath {
    fn paths(&self) -> Vec<&'static str> {
        vec![self.path()]
    }
}

/// What a handler may answer an endpoint's request with.
pub trait Reply<R> {
    fn into_response(self) -> Result<Response>;
}

/// Ruma's own response of the endpoint.
impl<R, A> Reply<R> for A
where
    R: IncomingRequest<OutgoingResponse = A>,
    A: OutgoingResponse,
{
    fn into_response(self) -> Result<Response> {
        let response = self.try_into_http_response::<Vec<u8>>().map_err(EngineError::internal)?;
        Ok(response.map(Body::from))
    }
}

/// A body of our own, where ruma's leaves out what clients expect.
pub struct Json<T>(pub T);

impl<R, T: Serialize> Reply<R> for Json<T> {
    fn into_response(self) -> Result<Response> {
        let body = serde_json::to_vec(&self.0).map_err(EngineError::internal)?;
        Ok(([(header::CONTENT_TYPE, "application/json")], body).into_response())
    }
}

async fn run<R, F, Fut, A>(app: App, request: Request, class: Option<Class>, handler: F) -> Result<Response>
where
    R: IncomingRequest,
    R::Authentication: Authenticate,
    F: Fn(Call<R>) -> Fut,
    Fut: Future<Output = Result<A>>,
    A: Reply<R>,
{
    let (mut parts, body) = request.into_parts();
    let client = Client::of(&parts, &app.engine.config.trusted_proxies);
    let arguments = RawPathParams::from_request_parts(&mut parts, &())
        .await
        .map_err(|error| EngineError::invalid(error.body_text()))?;
    let request = http::Request::from_parts(parts, ());
    let session = R::Authentication::authenticate(&app, credentials::<R, ()>(&request)?).await?;
    admit(&app, class, &client, R::Authentication::person(&session))?;

    let body = read_body(body).await?;
    let (parts, ()) = request.into_parts();
    // Many clients send no body at all where every field is optional.
    let bytes: &[u8] = if body.is_empty() && R::METHOD != http::Method::GET { b"{}" } else { &body };
    let arguments: Vec<&str> = arguments.iter().map(|(_, value)| value).collect();
    let request = R::try_from_http_request(http::Request::from_parts(parts, bytes), &arguments)
        .map_err(|error| malformed(&error))?;

    let call = Call { engine: app.engine, session, request, client, stopping: app.stopping };
    handler(call).await?.into_response()
}

/// Counts the request against the limits of who makes it, and notes that their device is in use.
fn admit(app: &App, class: Option<Class>, client: &Client, person: Option<&Session>) -> Result<()> {
    let who = match (person, client.address) {
        (Some(session), _) => {
            app.engine.note_seen(session, client.ip().as_deref());
            Some(Who::Person(session.user_id.clone()))
        }
        (None, address) => address.map(Who::at),
    };
    match (class, who) {
        (Some(class), Some(who)) => app.limits.check(class, who, app.engine.now()),
        _ => Ok(()),
    }
}

async fn read_body(body: Body) -> Result<bytes::Bytes> {
    axum::body::to_bytes(body, MAX_BODY)
        .await
        .map_err(|_| EngineError::TooLarge(format!("the body is larger than {MAX_BODY} bytes, or was cut off")).into())
}

/// `M_NOT_JSON` for what is no JSON, `M_BAD_JSON` for JSON of the wrong form, `M_INVALID_PARAM` for
/// what is wrong in the path or the query.
fn malformed(error: &FromHttpRequestError) -> Error {
    let code = match error {
        FromHttpRequestError::Deserialization(DeserializationError::Json(json)) => match json.classify() {
            serde_json::error::Category::Data => "M_BAD_JSON",
            _ => "M_NOT_JSON",
        },
        FromHttpRequestError::Deserialization(DeserializationError::Utf8(_)) => "M_NOT_JSON",
        FromHttpRequestError::MethodMismatch { .. } => "M_UNRECOGNIZED",
        FromHttpRequestError::Deserialization(DeserializationError::Query(query))
            if query.to_string().contains("missing field") =>
        {
            "M_MISSING_PARAM"
        }
        _ => "M_INVALID_PARAM",
    };
    EngineError::Invalid { code, message: error.to_string() }.into()
}

/// 404 for an endpoint that we do not have.
pub(crate) async fn unrecognized() -> Error {
    Error::new(StatusCode::NOT_FOUND, "M_UNRECOGNIZED", "there is no such endpoint")
}

/// 405 for an endpoint that we have with another method.
pub(crate) async fn wrong_method() -> Error {
    Error::new(StatusCode::METHOD_NOT_ALLOWED, "M_UNRECOGNIZED", "this endpoint does not take this method")
}
