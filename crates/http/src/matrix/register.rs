//! Registering.

use axum::{
    Json, Router,
    extract::{Query, State},
    routing::post,
};
use http::StatusCode;
use ruma::{
    OwnedDeviceId,
    api::client::{
        account::{check_registration_token_validity, get_username_availability},
        uiaa::AuthData,
    },
};
use serde::Deserialize;
use serde_json::{Value, json};
use unisono_engine::{
    Error as EngineError, Registration,
    people::{Candidate, DeviceChoice},
};

use super::login_answer;
use crate::{
    App, Call, Client, Error, Result,
    body::JsonBody,
    limits::{Class, Who},
    routes::Routes,
};

pub(super) fn add(routes: &mut Routes) {
    routes.add(is_available).add(is_token_valid);
}

/// `/register` does not go through ruma's response: that one says `"device_id": null` where the
/// specification leaves it out.
pub(super) fn router(app: &App) -> Router {
    Router::new()
        .route("/_matrix/client/v3/register", post(register))
        .route("/_matrix/client/r0/register", post(register))
        .with_state(app.clone())
}

#[derive(Deserialize)]
struct Kind {
    kind: Option<String>,
}

#[derive(Deserialize)]
struct RegisterRequest {
    username: Option<String>,
    password: Option<String>,
    device_id: Option<OwnedDeviceId>,
    initial_device_display_name: Option<String>,
    auth: Option<AuthData>,
    r#type: Option<String>,
    #[serde(default)]
    inhibit_login: bool,
    #[serde(default)]
    refresh_token: bool,
}

/// `POST /register`
async fn register(
    State(app): State<App>,
    client: Client,
    Query(Kind { kind }): Query<Kind>,
    JsonBody(request): JsonBody<RegisterRequest>,
) -> Result<Json<Value>> {
    if let Some(address) = client.address {
        app.limits.check(Class::Register, Who::at(address), app.engine.now())?;
    }
    if kind.is_some_and(|kind| kind != "user") {
        return Err(Error::new(StatusCode::FORBIDDEN, "M_GUEST_ACCESS_FORBIDDEN", "there are no guests here"));
    }
    if request.r#type.as_deref() == Some("m.login.application_service") {
        return Err(EngineError::forbidden("this is no application service").into());
    }
    let candidate = Candidate {
        username: request.username,
        password: request.password,
        device: DeviceChoice {
            device_id: request.device_id,
            display_name: request.initial_device_display_name,
            refreshable: request.refresh_token,
            ip: client.ip(),
        },
        inhibit_login: request.inhibit_login,
        auth: request.auth,
    };
    let registered = app.engine.register(candidate).await?;
    Ok(Json(registered.login.map_or_else(|| json!({ "user_id": registered.user_id }), login_answer)))
}

/// `GET /register/available`
async fn is_available(
    call: Call<get_username_availability::v3::Request>,
) -> Result<get_username_availability::v3::Response> {
    if call.engine.config.registration == Registration::Off {
        return Err(EngineError::forbidden("nobody can register here").into());
    }
    call.engine.free_user_id(&call.request.username).await?;
    Ok(get_username_availability::v3::Response::new(true))
}

/// `GET /register/m.login.registration_token/validity`
async fn is_token_valid(
    call: Call<check_registration_token_validity::v1::Request>,
) -> Result<check_registration_token_validity::v1::Response> {
    if call.engine.config.registration == Registration::Off {
        return Err(EngineError::forbidden("nobody can register here").into());
    }
    let valid = call.engine.is_registration_token_valid(&call.request.token).await?;
    Ok(check_registration_token_validity::v1::Response::new(valid))
}
