//! Our own REST API under `/_unisono/v1`, beside Matrix's.

pub mod invites;
pub mod session;
pub mod setup;

use axum::{
    Router,
    routing::{get, post},
};

use crate::App;

/// All endpoints under `/_unisono`.
pub fn router(app: &App) -> Router {
    Router::new().merge(people()).with_state(app.clone())
}

/// Set-up, invitations, oneself.
fn people() -> Router<App> {
    Router::new()
        .route("/_unisono/v1/server", get(setup::server))
        .route("/_unisono/v1/setup", post(setup::set_up))
        .route("/_unisono/v1/me", get(invites::me))
        .route("/_unisono/v1/invites", get(invites::list).post(invites::create))
        .route("/_unisono/v1/invites/{token}", get(invites::get).delete(invites::delete))
}
