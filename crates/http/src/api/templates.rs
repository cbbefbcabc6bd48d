//! Approved texts of an account, for networks where free text is not always allowed.

use axum::{
    Json,
    extract::{Path, State},
};
use serde::Serialize;
use unisono_domain::channel::Template;
use utoipa::ToSchema;

use super::session::SignedIn;
use crate::{App, Result};

#[derive(Serialize, ToSchema)]
pub struct Templates {
    #[schema(value_type = Vec<Object>)]
    templates: Vec<Template>,
}

/// The texts that the vendor has approved for an account.
#[utoipa::path(
    get, path = "/_unisono/v1/accounts/{id}/templates", params(("id" = i64, Path)),
    responses((status = 200, body = Templates), (status = 400, description = "This network has none"),
        (status = 503, description = "The account is not connected")),
)]
pub async fn list(State(app): State<App>, SignedIn(session): SignedIn, Path(id): Path<i64>) -> Result<Json<Templates>> {
    Ok(Json(Templates { templates: app.engine.list_templates(session.user_id, id).await? }))
}
