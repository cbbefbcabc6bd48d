//! Our own REST API under `/_unisono/v1`, beside Matrix's.

pub mod session;

use crate::App;

/// All endpoints under `/_unisono`.
pub fn router(app: &App) -> axum::Router {
    axum::Router::new().with_state(app.clone())
}
