//! Registering.

use std::time::Duration;

use http::StatusCode;
use ruma::api::client::account::{
    check_registration_token_validity, get_username_availability,
    register::{self, LoginType, RegistrationKind},
};
use unisono_engine::{
    Error as EngineError, Registration,
    people::{Candidate, DeviceChoice},
};

use crate::{Call, Error, Result, routes::Routes};

pub(super) fn add(routes: &mut Routes) {
    routes.add(register).add(is_available).add(is_token_valid);
}

/// `POST /register`
async fn register(call: Call<register::v3::Request>) -> Result<register::v3::Response> {
    let Call { engine, request, client, .. } = call;
    if request.kind != RegistrationKind::User {
        return Err(Error::new(StatusCode::FORBIDDEN, "M_GUEST_ACCESS_FORBIDDEN", "there are no guests here"));
    }
    if request.login_type == Some(LoginType::ApplicationService) {
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
    let registered = engine.register(candidate).await?;
    let mut response = register::v3::Response::new(registered.user_id);
    if let Some(login) = registered.login {
        response.access_token = Some(login.access_token);
        response.device_id = Some(login.device_id);
        response.refresh_token = login.refresh_token;
        response.expires_in = login.expires_in_ms.map(Duration::from_millis);
    }
    Ok(response)
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
