//! Connected accounts.

use axum::{
    Json,
    extract::{Path, Query, State},
};
use http::{HeaderMap, StatusCode};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use unisono_domain::channel::Handout;
use unisono_engine::{Error as EngineError, hub::AccountView};
use utoipa::ToSchema;

use super::session::SignedIn;
use crate::{App, Result, base_url, body::JsonBody};

#[derive(Serialize, ToSchema)]
pub struct Accounts {
    #[schema(value_type = Vec<Account>)]
    accounts: Vec<AccountView>,
}

/// How an account looks in answers.
#[derive(ToSchema)]
#[schema(as = Account)]
#[expect(dead_code, reason = "describes unisono_engine::hub::AccountView in the OpenAPI document")]
pub struct Account {
    id: i64,
    channel: String,
    remote_id: String,
    display_name: String,
    #[schema(value_type = Object)]
    settings: Value,
    /// What can be changed, with the present values.
    #[schema(value_type = Vec<Object>)]
    settings_fields: Vec<Value>,
    /// Tagged by `state`: connecting, backfilling, connected, trouble, bad_credentials, logged_out.
    #[schema(value_type = Object)]
    state: Value,
    /// How many conversations it has.
    conversations: i64,
    /// For networks whose vendor has to be told where it calls us: `{url, verify_token}`.
    #[schema(value_type = Option<Object>)]
    hook: Option<Value>,
}

/// One's own accounts.
#[utoipa::path(get, path = "/_unisono/v1/accounts", responses((status = 200, body = Accounts)))]
pub async fn list(State(app): State<App>, SignedIn(session): SignedIn) -> Result<Json<Accounts>> {
    Ok(Json(Accounts { accounts: app.engine.list_accounts(session.user_id).await? }))
}

#[derive(Deserialize, ToSchema)]
pub struct AccountChange {
    /// Only those that change.
    #[schema(value_type = Option<Object>)]
    settings: Option<Value>,
    display_name: Option<String>,
}

/// Changes settings or the name of an account.
#[utoipa::path(
    patch, path = "/_unisono/v1/accounts/{id}", params(("id" = i64, Path)), request_body = AccountChange,
    responses((status = 200, body = Account), (status = 404, description = "No such account of one's own")),
)]
pub async fn change(
    State(app): State<App>,
    SignedIn(session): SignedIn,
    Path(id): Path<i64>,
    JsonBody(change): JsonBody<AccountChange>,
) -> Result<Json<AccountView>> {
    let owner = session.user_id;
    app.engine.change_account(owner.clone(), id, change.settings, change.display_name).await?;
    let account = app.engine.list_accounts(owner).await?.into_iter().find(|account| account.id == id);
    Ok(Json(account.ok_or_else(|| EngineError::not_found("there is no such account"))?))
}

#[derive(Serialize, ToSchema)]
pub struct Handouts {
    /// `{id, label, hint, value, secret}`
    #[schema(value_type = Vec<Object>)]
    handouts: Vec<Handout>,
}

/// What one takes from an account to elsewhere: the line for a web site, a secret.
#[utoipa::path(
    get, path = "/_unisono/v1/accounts/{id}/handouts", params(("id" = i64, Path)),
    responses((status = 200, body = Handouts), (status = 404, description = "No such account of one's own")),
)]
pub async fn handouts(
    State(app): State<App>,
    SignedIn(session): SignedIn,
    Path(id): Path<i64>,
    headers: HeaderMap,
) -> Result<Json<Handouts>> {
    let base = base_url(&app, &headers);
    Ok(Json(Handouts { handouts: app.engine.list_handouts(session.user_id, id, &base).await? }))
}

/// Connects an account anew, now.
#[utoipa::path(
    post, path = "/_unisono/v1/accounts/{id}/reconnect", params(("id" = i64, Path)),
    responses((status = 204), (status = 404, description = "No such account of one's own")),
)]
pub async fn reconnect(State(app): State<App>, SignedIn(session): SignedIn, Path(id): Path<i64>) -> Result<StatusCode> {
    app.engine.reconnect_account(session.user_id, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Deserialize)]
pub struct Removal {
    /// `delete`: the conversations go, too; else they stay readable.
    conversations: Option<String>,
}

/// Removes an account.
#[utoipa::path(
    delete, path = "/_unisono/v1/accounts/{id}", params(("id" = i64, Path), ("conversations" = Option<String>, Query, description = "`delete`: they go, too")),
    responses((status = 204), (status = 404, description = "No such account of one's own")),
)]
pub async fn remove(
    State(app): State<App>,
    SignedIn(session): SignedIn,
    Path(id): Path<i64>,
    Query(removal): Query<Removal>,
) -> Result<StatusCode> {
    let with_conversations = removal.conversations.as_deref() == Some("delete");
    app.engine.remove_account(session.user_id, id, with_conversations).await?;
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Deserialize, ToSchema)]
pub struct NewChat {
    /// An address, number or handle.
    identifier: String,
    /// Names a new conversation: the subject of the first mail.
    subject: Option<String>,
}

#[derive(Serialize, ToSchema)]
pub struct Chat {
    room_id: String,
}

/// Finds or starts a chat with somebody on the account's network.
#[utoipa::path(
    post, path = "/_unisono/v1/accounts/{id}/chats", params(("id" = i64, Path)), request_body = NewChat,
    responses((status = 200, body = Chat), (status = 404, description = "No such account, or nobody there"),
        (status = 503, description = "The account is not connected")),
)]
pub async fn start_chat(
    State(app): State<App>,
    SignedIn(session): SignedIn,
    Path(id): Path<i64>,
    JsonBody(chat): JsonBody<NewChat>,
) -> Result<Json<Chat>> {
    let room_id = app.engine.start_chat(session.user_id, id, chat.identifier.trim(), chat.subject).await?;
    Ok(Json(Chat { room_id: room_id.to_string() }))
}
