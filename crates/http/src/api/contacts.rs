//! The address book: one person behind many handles.

use axum::{
    Json,
    extract::{Path, Query, State},
};
use http::StatusCode;
use ruma::OwnedUserId;
use serde::{Deserialize, Serialize};
use unisono_engine::contacts::{Contact, Suggestion, Way};
use utoipa::ToSchema;

use super::session::SignedIn;
use crate::{App, Result, body::JsonBody};

#[derive(Deserialize)]
pub struct Wanted {
    /// Words in a name, address or number.
    #[serde(default)]
    search: String,
    /// At most so many, 100 if nothing is said.
    limit: Option<usize>,
}

#[derive(Serialize, ToSchema)]
pub struct Contacts {
    #[schema(value_type = Vec<Object>)]
    contacts: Vec<Contact>,
}

/// One's own contacts, by name.
#[utoipa::path(
    get, path = "/_unisono/v1/contacts",
    params(("search" = Option<String>, Query), ("limit" = Option<usize>, Query, description = "100 if nothing is said")),
    responses((status = 200, body = Contacts)),
)]
pub async fn list(
    State(app): State<App>,
    SignedIn(session): SignedIn,
    Query(wanted): Query<Wanted>,
) -> Result<Json<Contacts>> {
    let limit = wanted.limit.unwrap_or(100).min(1_000);
    Ok(Json(Contacts { contacts: app.engine.list_contacts(session.user_id, &wanted.search, limit).await? }))
}

#[derive(Serialize, ToSchema)]
pub struct Suggestions {
    #[schema(value_type = Vec<Object>)]
    suggestions: Vec<Suggestion>,
}

/// Contacts that share a number or an address and may be the same person.
#[utoipa::path(get, path = "/_unisono/v1/contacts/suggestions", responses((status = 200, body = Suggestions)))]
pub async fn suggestions(State(app): State<App>, SignedIn(session): SignedIn) -> Result<Json<Suggestions>> {
    Ok(Json(Suggestions { suggestions: app.engine.suggest_contacts(session.user_id).await? }))
}

#[derive(Deserialize, ToSchema)]
pub struct People {
    #[schema(value_type = Vec<String>)]
    user_ids: Vec<OwnedUserId>,
    /// A name of one's own for the contact.
    name: Option<String>,
}

#[derive(Serialize, ToSchema)]
pub struct Changed {
    /// For undoing it.
    change_id: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    contact: Option<Contact>,
}

/// Makes one contact of several people, or gives one a name.
#[utoipa::path(post, path = "/_unisono/v1/contacts/merge", request_body = People,
    responses((status = 200, body = Changed), (status = 404, description = "No direct chat with one of them")))]
pub async fn merge(
    State(app): State<App>,
    SignedIn(session): SignedIn,
    JsonBody(people): JsonBody<People>,
) -> Result<Json<Changed>> {
    let (change_id, contact) = app.engine.merge_contacts(session.user_id, people.user_ids, people.name).await?;
    Ok(Json(Changed { change_id, contact: Some(contact) }))
}

/// Takes people out of their contacts.
#[utoipa::path(post, path = "/_unisono/v1/contacts/split", request_body = People,
    responses((status = 200, body = Changed)))]
pub async fn split(
    State(app): State<App>,
    SignedIn(session): SignedIn,
    JsonBody(people): JsonBody<People>,
) -> Result<Json<Changed>> {
    let change_id = app.engine.split_contacts(session.user_id, people.user_ids).await?;
    Ok(Json(Changed { change_id, contact: None }))
}

/// Notes that people are not the same person.
#[utoipa::path(post, path = "/_unisono/v1/contacts/dismiss", request_body = People,
    responses((status = 200, body = Changed)))]
pub async fn dismiss(
    State(app): State<App>,
    SignedIn(session): SignedIn,
    JsonBody(people): JsonBody<People>,
) -> Result<Json<Changed>> {
    let change_id = app.engine.dismiss_contacts(session.user_id, people.user_ids).await?;
    Ok(Json(Changed { change_id, contact: None }))
}

#[derive(Deserialize, ToSchema)]
pub struct Undone {
    change_id: i64,
}

/// Undoes a merge, split or dismissal.
#[utoipa::path(post, path = "/_unisono/v1/contacts/undo", request_body = Undone,
    responses((status = 204), (status = 400, description = "`ORG.UNISONO.CHANGED_SINCE`"),
        (status = 404, description = "No such change")))]
pub async fn undo(
    State(app): State<App>,
    SignedIn(session): SignedIn,
    JsonBody(undone): JsonBody<Undone>,
) -> Result<StatusCode> {
    app.engine.undo_contacts(session.user_id, undone.change_id).await?;
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Serialize, ToSchema)]
pub struct Ways {
    #[schema(value_type = Vec<Object>)]
    ways: Vec<Way>,
}

/// Every way in which the contact behind a user can be written to now.
#[utoipa::path(get, path = "/_unisono/v1/contacts/{user_id}/ways", params(("user_id" = String, Path)),
    responses((status = 200, body = Ways)))]
pub async fn ways(
    State(app): State<App>,
    SignedIn(session): SignedIn,
    Path(user_id): Path<OwnedUserId>,
) -> Result<Json<Ways>> {
    Ok(Json(Ways { ways: app.engine.list_ways(session.user_id, user_id).await? }))
}
