//! The HTTP side: Matrix's client-server API, our own REST API, the web app.

mod assets;
mod body;
mod call;
mod error;
mod headers;
mod limits;
mod routes;
mod stopping;
mod summary;

pub mod api;
pub mod matrix;

use std::sync::Arc;

use http::{HeaderMap, HeaderName, Method, header};
use tokio_util::sync::CancellationToken;
use tower_http::cors::CorsLayer;
use unisono_engine::Engine;

pub use self::{
    call::{Call, Client},
    error::{Error, Result},
};

/// What every handler may need.
#[derive(Clone)]
pub struct App {
    pub engine: Engine,
    /// Cancelled when the server is to end: whoever waits for news answers at once.
    pub stopping: CancellationToken,
    limits: Arc<limits::Limits>,
}

impl App {
    pub fn new(engine: Engine) -> Self {
        let limits = Arc::new(limits::Limits::new(engine.config.rate_limits));
        Self { engine, stopping: CancellationToken::new(), limits }
    }
}

/// Everything that the server answers.
pub fn router(app: &App) -> axum::Router {
    let cors = CorsLayer::new()
        .allow_origin(tower_http::cors::Any)
        .allow_methods([Method::GET, Method::POST, Method::PUT, Method::DELETE, Method::PATCH, Method::OPTIONS])
        .allow_headers([
            header::AUTHORIZATION,
            header::CONTENT_TYPE,
            header::ACCEPT,
            HeaderName::from_static("x-requested-with"),
        ]);
    matrix::router(app)
        .merge(api::router(app))
        .fallback(assets::serve)
        .method_not_allowed_fallback(routes::wrong_method)
        .layer(cors)
        // An account's own address says itself which sites may call it.
        .merge(api::hooks(app))
        .layer(axum::middleware::from_fn_with_state(app.clone(), stopping::end_waiting))
        .layer(tower_http::catch_panic::CatchPanicLayer::custom(error::panicked))
        .layer(axum::middleware::map_response(headers::protect))
        .layer(axum::middleware::from_fn(summary::summarise))
}

/// Where people reach this server: as configured, else as this request reached it.
pub(crate) fn base_url(app: &App, headers: &HeaderMap) -> String {
    match &app.engine.config.public_url {
        Some(url) => url.as_str().trim_end_matches('/').to_owned(),
        None => {
            let host = headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or("localhost");
            format!("http://{host}")
        }
    }
}
