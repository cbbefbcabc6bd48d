//! The client-server API: one file per group of endpoints, registered here.

mod account;
mod account_data;
mod devices;
mod directory;
mod discovery;
mod events;
mod keys;
mod login;
mod media;
mod profile;
mod push;
mod receipts;
mod register;
mod relations;
mod room_keys;
mod rooms;
mod search;
mod sync_body;
mod timeline;
mod to_device;

pub(crate) use self::login::login_answer;
use crate::{App, routes::Routes};

/// All endpoints under `/_matrix`.
pub fn router(app: &App) -> axum::Router {
    let mut routes = Routes::new(app);
    rooms::add(&mut routes);
    directory::add(&mut routes);
    relations::add(&mut routes);
    events::add(&mut routes);
    keys::add(&mut routes);
    room_keys::add(&mut routes);
    to_device::add(&mut routes);
    account_data::add(&mut routes);
    receipts::add(&mut routes);
    timeline::add(&mut routes);
    account::add(&mut routes);
    devices::add(&mut routes);
    login::add(&mut routes);
    register::add(&mut routes);
    push::add(&mut routes);
    profile::add(&mut routes);
    search::add(&mut routes);
    routes
        .into_router()
        .merge(media::router(app))
        .merge(discovery::router(app))
        .merge(login::router(app))
        .merge(register::router(app))
}
