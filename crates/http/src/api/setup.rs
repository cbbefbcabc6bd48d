//! About this server, and its first person.

use axum::{Json, extract::State};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use unisono_engine::{
    Registration,
    people::{DeviceChoice, NewPerson},
};
use utoipa::ToSchema;

use crate::{
    App, Client, Result,
    body::JsonBody,
    limits::{Class, Who},
    matrix::login_answer,
};

/// What anybody may know.
#[derive(Serialize, ToSchema)]
pub struct ServerInfo {
    server_name: String,
    version: &'static str,
    /// Nobody has a login yet: the set-up link waits to be opened.
    needs_setup: bool,
    /// `open`, `token`, `invite` or `off`.
    #[schema(value_type = String)]
    registration: Registration,
}

/// About this server.
#[utoipa::path(get, path = "/_unisono/v1/server", responses((status = 200, body = ServerInfo)))]
pub async fn server(State(app): State<App>) -> Result<Json<ServerInfo>> {
    Ok(Json(ServerInfo {
        server_name: app.engine.config.server_name.to_string(),
        version: env!("CARGO_PKG_VERSION"),
        needs_setup: app.engine.needs_setup().await?,
        registration: app.engine.config.registration,
    }))
}

/// The first person, made with the token of the printed link.
#[derive(Deserialize, ToSchema)]
pub struct SetUp {
    token: String,
    username: String,
    password: String,
    display_name: Option<String>,
    device_name: Option<String>,
}

/// Makes the first login, with administrator's rights. Answers as Matrix's login does.
#[utoipa::path(
    post, path = "/_unisono/v1/setup", request_body = SetUp,
    responses((status = 200, description = "As the answer to Matrix's login"), (status = 403, description = "Wrong or used link")),
)]
pub async fn set_up(State(app): State<App>, client: Client, JsonBody(body): JsonBody<SetUp>) -> Result<Json<Value>> {
    if let Some(address) = client.address {
        app.limits.check(Class::Login, Who::at(address), app.engine.now())?;
    }
    let person = NewPerson {
        username: body.username,
        password: body.password,
        display_name: body.display_name.filter(|name| !name.trim().is_empty()),
        admin: true,
    };
    let device = DeviceChoice { display_name: body.device_name, ip: client.ip(), ..DeviceChoice::default() };
    Ok(Json(login_answer(app.engine.set_up(&body.token, person, device).await?)))
}
