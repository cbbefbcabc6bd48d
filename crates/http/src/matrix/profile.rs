//! Names and pictures; presence.

use ruma::{
    OwnedMxcUri, OwnedUserId, UserId,
    api::client::{
        presence::{get_presence, set_presence},
        profile::{get_avatar_url, get_display_name, get_profile, set_avatar_url, set_display_name},
    },
    presence::PresenceState,
};
use serde_json::Value;
use unisono_engine::{Error as EngineError, profile::ProfileChange};

use crate::{Call, Result, routes::Routes};

pub(super) fn add(routes: &mut Routes) {
    routes.add(get).add(get_name).add(get_avatar).add(set_name).add(set_avatar).add(presence).add(set_presence);
}

fn require_self(me: &UserId, user_id: &UserId) -> Result<()> {
    if me == user_id { Ok(()) } else { Err(EngineError::forbidden("this is somebody else's profile").into()) }
}

/// `GET /profile/{userId}`
async fn get(call: Call<get_profile::v3::Request>) -> Result<get_profile::v3::Response> {
    let profile = call.engine.profile(call.request.user_id).await?;
    let mut response = get_profile::v3::Response::new();
    for (field, value) in [("displayname", profile.display_name), ("avatar_url", profile.avatar_url)] {
        if let Some(value) = value {
            response.set(field.to_owned(), Value::String(value));
        }
    }
    Ok(response)
}

/// `GET /profile/{userId}/displayname`
async fn get_name(call: Call<get_display_name::v3::Request>) -> Result<get_display_name::v3::Response> {
    let profile = call.engine.profile(call.request.user_id).await?;
    Ok(get_display_name::v3::Response::new(profile.display_name))
}

/// `GET /profile/{userId}/avatar_url`
async fn get_avatar(call: Call<get_avatar_url::v3::Request>) -> Result<get_avatar_url::v3::Response> {
    let profile = call.engine.profile(call.request.user_id).await?;
    Ok(get_avatar_url::v3::Response::new(profile.avatar_url.map(OwnedMxcUri::from)))
}

/// `PUT /profile/{userId}/displayname`
async fn set_name(call: Call<set_display_name::v3::Request>) -> Result<set_display_name::v3::Response> {
    require_self(&call.session.user_id, &call.request.user_id)?;
    let change = ProfileChange::DisplayName(call.request.displayname);
    call.engine.change_profile(call.session.user_id, change).await?;
    Ok(set_display_name::v3::Response::new())
}

/// `PUT /profile/{userId}/avatar_url`
async fn set_avatar(call: Call<set_avatar_url::v3::Request>) -> Result<set_avatar_url::v3::Response> {
    require_self(&call.session.user_id, &call.request.user_id)?;
    let change = ProfileChange::AvatarUrl(call.request.avatar_url);
    call.engine.change_profile(call.session.user_id, change).await?;
    Ok(set_avatar_url::v3::Response::new())
}

/// `GET /presence/{userId}/status`. Presence is not kept here, so nobody is known to be online.
async fn presence(call: Call<get_presence::v3::Request>) -> Result<get_presence::v3::Response> {
    let user_id: OwnedUserId = call.request.user_id;
    call.engine.profile(user_id).await?;
    Ok(get_presence::v3::Response::new(PresenceState::Offline))
}

/// `PUT /presence/{userId}/status`: taken, and forgotten.
async fn set_presence(call: Call<set_presence::v3::Request>) -> Result<set_presence::v3::Response> {
    require_self(&call.session.user_id, &call.request.user_id)?;
    Ok(set_presence::v3::Response::new())
}
