//! Logging in and out, refreshing.

use std::time::Duration;

use axum::{Json, Router, extract::State, routing::get};
use http::StatusCode;
use ruma::{
    OwnedDeviceId,
    api::client::{
        session::{logout, logout_all, refresh_token},
        uiaa::UserIdentifier,
    },
};
use serde::Deserialize;
use serde_json::{Value, json};
use unisono_engine::{
    Error as EngineError,
    people::{DeviceChoice, LoggedIn},
};

use crate::{
    App, Call, Client, Error, Result,
    body::JsonBody,
    limits::{Class, Who},
    routes::Routes,
};

pub(super) fn add(routes: &mut Routes) {
    routes.add(refresh).add(log_out).add(log_out_everywhere);
}

/// `/login` does not go through ruma's request: that one panics without a `type`.
pub(super) fn router(app: &App) -> Router {
    Router::new()
        .route("/_matrix/client/v3/login", get(flows).post(log_in))
        .route("/_matrix/client/r0/login", get(flows).post(log_in))
        .with_state(app.clone())
}

/// `GET /login`
async fn flows() -> Json<Value> {
    Json(json!({ "flows": [{ "type": "m.login.password" }] }))
}

#[derive(Deserialize)]
struct LoginRequest {
    r#type: String,
    identifier: Option<UserIdentifier>,
    /// The user, as clients wrote before there were identifiers.
    user: Option<String>,
    password: Option<String>,
    device_id: Option<OwnedDeviceId>,
    initial_device_display_name: Option<String>,
    #[serde(default)]
    refresh_token: bool,
}

/// `POST /login`
async fn log_in(
    State(app): State<App>,
    client: Client,
    JsonBody(request): JsonBody<LoginRequest>,
) -> Result<Json<Value>> {
    let now = app.engine.now();
    if let Some(address) = client.address {
        app.limits.check(Class::Login, Who::at(address), now)?;
    }
    if request.r#type != "m.login.password" {
        return Err(Error::new(StatusCode::BAD_REQUEST, "M_UNKNOWN", "there is no such way to log in"));
    }
    let missing =
        |field: &str| EngineError::Invalid { code: "M_MISSING_PARAM", message: format!("`{field}` is missing") };
    let user = match (request.identifier, request.user) {
        (Some(UserIdentifier::Matrix(matrix)), _) => matrix.user,
        (Some(_), _) => {
            return Err(Error::new(StatusCode::FORBIDDEN, "M_FORBIDDEN", "the name or the password is wrong"));
        }
        (None, Some(user)) => user,
        (None, None) => return Err(missing("identifier").into()),
    };
    let password = request.password.ok_or_else(|| missing("password"))?;
    app.limits.check(Class::Login, Who::Name(user.to_lowercase()), now)?;
    let device = DeviceChoice {
        device_id: request.device_id,
        display_name: request.initial_device_display_name,
        refreshable: request.refresh_token,
        ip: client.ip(),
    };
    let logged_in = app.engine.log_in(&user, &password, device).await?;
    Ok(Json(login_answer(logged_in)))
}

/// The answer to a login, also that of our own set-up.
pub(crate) fn login_answer(logged_in: LoggedIn) -> Value {
    let LoggedIn { user_id, device_id, access_token, refresh_token, expires_in_ms } = logged_in;
    let mut answer = json!({ "user_id": user_id, "device_id": device_id, "access_token": access_token });
    if let Some(refresh_token) = refresh_token {
        answer["refresh_token"] = Value::from(refresh_token);
    }
    if let Some(expires_in_ms) = expires_in_ms {
        answer["expires_in_ms"] = Value::from(expires_in_ms);
    }
    answer
}

/// `POST /refresh`
async fn refresh(call: Call<refresh_token::v3::Request>) -> Result<refresh_token::v3::Response> {
    let logged_in = call.engine.refresh(&call.request.refresh_token).await?;
    let mut response = refresh_token::v3::Response::new(logged_in.access_token);
    response.refresh_token = logged_in.refresh_token;
    response.expires_in_ms = logged_in.expires_in_ms.map(Duration::from_millis);
    Ok(response)
}

/// `POST /logout`
async fn log_out(call: Call<logout::v3::Request>) -> Result<logout::v3::Response> {
    call.engine.log_out(call.session).await?;
    Ok(logout::v3::Response::new())
}

/// `POST /logout/all`
async fn log_out_everywhere(call: Call<logout_all::v3::Request>) -> Result<logout_all::v3::Response> {
    call.engine.log_out_everywhere(call.session.user_id).await?;
    Ok(logout_all::v3::Response::new())
}
