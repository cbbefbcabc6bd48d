//! The client-server API: one file per group of endpoints, registered here.

mod events;
mod media;
mod rooms;

use crate::{App, routes::Routes};

/// All endpoints under `/_matrix`.
pub fn router(app: &App) -> axum::Router {
    let mut routes = Routes::new(app);
    rooms::add(&mut routes);
    events::add(&mut routes);
    routes.into_router().merge(media::router(app))
}
