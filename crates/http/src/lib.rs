//! The HTTP side: Matrix's client-server API, our own REST API, the web app.

mod call;
mod error;
mod routes;

pub mod api;
pub mod matrix;

use unisono_engine::Engine;

pub use self::{
    call::{Call, Client},
    error::{Error, Result},
};

/// What every handler may need.
#[derive(Clone)]
pub struct App {
    pub engine: Engine,
}

/// Everything that the server answers.
pub fn router(app: &App) -> axum::Router {
    let cors = tower_http::cors::CorsLayer::permissive();
    matrix::router(app)
        .layer(cors)
        .merge(api::router(app))
        .fallback(routes::unrecognized)
        .method_not_allowed_fallback(routes::wrong_method)
}
