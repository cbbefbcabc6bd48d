//! A person's own account: who they are, password, deactivation, the directory of people.

use ruma::api::client::{
    account::{ThirdPartyIdRemovalStatus, change_password, deactivate, whoami},
    user_directory::search_users,
};
use unisono_engine::{Error as EngineError, Session};

use crate::{Call, Result, routes::Routes};

pub(super) fn add(routes: &mut Routes) {
    routes.add(who_am_i).add(set_password).add(end).add(search);
}

/// `GET /account/whoami`
async fn who_am_i(call: Call<whoami::v3::Request>) -> Result<whoami::v3::Response> {
    let mut response = whoami::v3::Response::new(call.session.user_id, false);
    response.device_id = Some(call.session.device_id);
    Ok(response)
}

/// Without a token these two would prove who somebody is by mail, which we do not offer.
fn require_session(session: Option<Session>) -> Result<Session> {
    session.ok_or_else(|| {
        let message = "an access token is needed".to_owned();
        EngineError::Unauthenticated { code: "M_MISSING_TOKEN", message, soft_logout: false }.into()
    })
}

/// `POST /account/password`
async fn set_password(call: Call<change_password::v3::Request>) -> Result<change_password::v3::Response> {
    let Call { engine, request, .. } = call;
    let session = require_session(call.session)?;
    let detail = (&request.new_password, request.logout_devices);
    engine.require_password(&session, "set password", &detail, request.auth).await?;
    let Session { user_id, device_id, .. } = session;
    engine.set_password(user_id, &request.new_password, request.logout_devices, Some(&device_id)).await?;
    Ok(change_password::v3::Response::new())
}

/// `POST /account/deactivate`
async fn end(call: Call<deactivate::v3::Request>) -> Result<deactivate::v3::Response> {
    let Call { engine, request, .. } = call;
    let session = require_session(call.session)?;
    engine.require_password(&session, "deactivate", &(), request.auth).await?;
    engine.deactivate(session.user_id).await?;
    Ok(deactivate::v3::Response::new(ThirdPartyIdRemovalStatus::Success))
}

/// `POST /user_directory/search`
async fn search(call: Call<search_users::v3::Request>) -> Result<search_users::v3::Response> {
    let Call { engine, session, request, .. } = call;
    let limit = i64::from(request.limit).clamp(1, 50);
    let mut found = engine.search_people(session.user_id, request.search_term, limit + 1).await?;
    let limited = found.len() > usize::try_from(limit).unwrap_or(usize::MAX);
    found.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
    let people = found.into_iter().map(|person| {
        let mut user = search_users::v3::User::new(person.user_id);
        user.display_name = person.display_name;
        user.avatar_url = person.avatar_url.map(Into::into);
        user
    });
    Ok(search_users::v3::Response::new(people.collect(), limited))
}
