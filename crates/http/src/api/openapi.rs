//! The description of our own API. Every endpoint of `api` belongs into the list.

use axum::Json;
use utoipa::OpenApi;

use super::{accounts, channels, contacts, invites, logins, messages, original, setup, templates};

#[derive(OpenApi)]
#[openapi(
    info(title = "Unisono", description = "Accounts, networks and messages beside Matrix's client-server API."),
    components(schemas(accounts::Account)),
    paths(
        accounts::change,
        accounts::handouts,
        accounts::list,
        accounts::reconnect,
        accounts::remove,
        accounts::start_chat,
        channels::list,
        contacts::dismiss,
        contacts::list,
        contacts::merge,
        contacts::split,
        contacts::suggestions,
        contacts::undo,
        contacts::ways,
        invites::create,
        invites::delete,
        invites::get,
        invites::list,
        invites::me,
        logins::cancel,
        logins::start,
        logins::submit,
        logins::wait,
        original::open,
        original::show,
        messages::retry,
        setup::server,
        setup::set_up,
        templates::list,
    )
)]
pub struct Document;

/// The OpenAPI document.
pub async fn document() -> Json<utoipa::openapi::OpenApi> {
    Json(Document::openapi())
}
