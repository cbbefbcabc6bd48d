//! Our own REST API under `/_unisono/v1`, beside Matrix's.

pub mod accounts;
pub mod channels;
pub mod contacts;
pub mod hooks;
pub mod invites;
pub mod logins;
pub mod messages;
pub mod openapi;
pub mod original;
pub mod session;
pub mod setup;
pub mod templates;

use axum::{
    Router,
    routing::{any, get, patch, post},
};

use crate::{App, assets};

/// All endpoints under `/_unisono`.
pub fn router(app: &App) -> Router {
    Router::new().merge(people()).merge(hub()).with_state(app.clone())
}

/// Addresses of accounts. Which web sites may call them is up to each account.
pub fn hooks(app: &App) -> Router {
    Router::new()
        .route("/_unisono/hooks/{hook}", any(hooks::call))
        .route("/_unisono/hooks/{hook}/{*path}", any(hooks::call_below))
        .with_state(app.clone())
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

/// Networks, accounts, and messages of portals.
fn hub() -> Router<App> {
    Router::new()
        .route("/_unisono/chat.js", get(assets::widget))
        .route("/demo", get(assets::demo))
        .route("/_unisono/v1/openapi.json", get(openapi::document))
        .route("/_unisono/v1/channels", get(channels::list))
        .route("/_unisono/v1/accounts", get(accounts::list))
        .route("/_unisono/v1/accounts/{id}", patch(accounts::change).delete(accounts::remove))
        .route("/_unisono/v1/accounts/{id}/handouts", get(accounts::handouts))
        .route("/_unisono/v1/accounts/{id}/reconnect", post(accounts::reconnect))
        .route("/_unisono/v1/accounts/{id}/chats", post(accounts::start_chat))
        .route("/_unisono/v1/accounts/{id}/templates", get(templates::list))
        .route("/_unisono/v1/contacts", get(contacts::list))
        .route("/_unisono/v1/contacts/suggestions", get(contacts::suggestions))
        .route("/_unisono/v1/contacts/merge", post(contacts::merge))
        .route("/_unisono/v1/contacts/split", post(contacts::split))
        .route("/_unisono/v1/contacts/dismiss", post(contacts::dismiss))
        .route("/_unisono/v1/contacts/undo", post(contacts::undo))
        .route("/_unisono/v1/contacts/{user_id}/ways", get(contacts::ways))
        .route("/_unisono/v1/logins", post(logins::start))
        .route("/_unisono/v1/logins/{id}", get(logins::wait).post(logins::submit).delete(logins::cancel))
        .route("/_unisono/v1/messages/{room_id}/{event_id}/retry", post(messages::retry))
        .route("/_unisono/v1/rooms/{room_id}/events/{event_id}/original", post(original::open))
        .route("/_unisono/v1/original/{ticket}", get(original::show))
}
