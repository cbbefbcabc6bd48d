//! Adding an account: the steps of a login.

use std::collections::BTreeMap;

use axum::{
    Json,
    extract::{Path, State},
};
use http::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use unisono_engine::{
    Error as EngineError,
    hub::{LoginFailure, LoginProgress},
};
use utoipa::ToSchema;

use super::session::SignedIn;
use crate::{App, Error, Result, body::JsonBody};

#[derive(Deserialize, ToSchema)]
pub struct NewLogin {
    /// Id of a network.
    channel: String,
    /// Id of one of its flows.
    flow: String,
}

#[derive(Deserialize, ToSchema)]
pub struct Fields {
    fields: BTreeMap<String, String>,
}

/// Where a login stands.
#[derive(Serialize, ToSchema)]
pub struct Login {
    login_id: String,
    /// Tagged by `type`: `fields`, `show`, `open_page`, or `done` with the `account_id`.
    #[schema(value_type = Object)]
    step: Value,
}

fn wire(progress: LoginProgress) -> Result<Json<Login>> {
    Ok(Json(match progress {
        LoginProgress::Next { login_id, step } => {
            Login { login_id, step: serde_json::to_value(&step).map_err(EngineError::internal)? }
        }
        LoginProgress::Done { login_id, account_id } => {
            Login { login_id, step: json!({ "type": "done", "account_id": account_id }) }
        }
    }))
}

impl From<LoginFailure> for Error {
    fn from(failure: LoginFailure) -> Self {
        match failure {
            LoginFailure::Input { code, field, message } => Self::Input { code, field, message },
            LoginFailure::Engine(error) => Self::Engine(error),
        }
    }
}

/// Begins a login.
#[utoipa::path(
    post, path = "/_unisono/v1/logins", request_body = NewLogin,
    responses((status = 200, body = Login), (status = 404, description = "No such network or flow")),
)]
pub async fn start(
    State(app): State<App>,
    SignedIn(session): SignedIn,
    JsonBody(login): JsonBody<NewLogin>,
) -> Result<Json<Login>> {
    wire(app.engine.start_login(session.user_id, &login.channel, &login.flow).await?)
}

/// Answers a step. What is wrong is told with the field and in both languages; the step stays.
#[utoipa::path(
    post, path = "/_unisono/v1/logins/{id}", params(("id" = String, Path)), request_body = Fields,
    responses((status = 200, body = Login), (status = 400, description = "Wrong input"),
        (status = 404, description = "No such login")),
)]
pub async fn submit(
    State(app): State<App>,
    SignedIn(session): SignedIn,
    Path(id): Path<String>,
    JsonBody(input): JsonBody<Fields>,
) -> Result<Json<Login>> {
    wire(app.engine.submit_login(session.user_id, id, input.fields).await?)
}

/// Waits up to 30 seconds for what happens outside, such as a QR code being scanned.
#[utoipa::path(
    get, path = "/_unisono/v1/logins/{id}", params(("id" = String, Path)),
    responses((status = 200, body = Login), (status = 404, description = "No such login")),
)]
pub async fn wait(State(app): State<App>, SignedIn(session): SignedIn, Path(id): Path<String>) -> Result<Json<Login>> {
    wire(app.engine.wait_login(session.user_id, id).await?)
}

/// Gives a login up.
#[utoipa::path(
    delete, path = "/_unisono/v1/logins/{id}", params(("id" = String, Path)),
    responses((status = 204), (status = 404, description = "No such login")),
)]
pub async fn cancel(State(app): State<App>, SignedIn(session): SignedIn, Path(id): Path<String>) -> Result<StatusCode> {
    app.engine.cancel_login(session.user_id, id).await?;
    Ok(StatusCode::NO_CONTENT)
}
