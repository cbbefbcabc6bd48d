//! Invitations, and who one is.

use axum::{
    Json,
    extract::{Path, State},
    http::HeaderMap,
};
use http::StatusCode;
use serde::Serialize;
use unisono_engine::people;
use utoipa::ToSchema;

use super::session::SignedIn;
use crate::{
    App, Client, Result, base_url,
    limits::{Class, Who},
};

/// Who one is.
#[derive(Serialize, ToSchema)]
pub struct Me {
    user_id: String,
    admin: bool,
}

/// The signed-in person.
#[utoipa::path(get, path = "/_unisono/v1/me", responses((status = 200, body = Me)))]
pub async fn me(SignedIn(session): SignedIn) -> Json<Me> {
    Json(Me { user_id: session.user_id.to_string(), admin: session.admin })
}

/// A link that lets one person register.
#[derive(Serialize, ToSchema)]
pub struct Invite {
    token: String,
    url: String,
    /// Milliseconds since 1970.
    expires_at: Option<i64>,
}

#[derive(Serialize, ToSchema)]
pub struct Invites {
    invites: Vec<Invite>,
}

fn wire(invite: people::Invite, base: &str) -> Invite {
    let url = format!("{base}/invite#{}", invite.token);
    Invite { token: invite.token, url, expires_at: invite.expires_at }
}

/// Makes an invitation for one person, valid for a week.
#[utoipa::path(post, path = "/_unisono/v1/invites", responses((status = 200, body = Invite)))]
pub async fn create(State(app): State<App>, SignedIn(session): SignedIn, headers: HeaderMap) -> Result<Json<Invite>> {
    app.limits.check(Class::Register, Who::Person(session.user_id.clone()), app.engine.now())?;
    let invite = app.engine.invite(&session).await?;
    Ok(Json(wire(invite, &base_url(&app, &headers))))
}

/// One's own invitations that nobody has used yet.
#[utoipa::path(get, path = "/_unisono/v1/invites", responses((status = 200, body = Invites)))]
pub async fn list(State(app): State<App>, SignedIn(session): SignedIn, headers: HeaderMap) -> Result<Json<Invites>> {
    let base = base_url(&app, &headers);
    let invites = app.engine.list_invites(session.user_id).await?;
    Ok(Json(Invites { invites: invites.into_iter().map(|invite| wire(invite, &base)).collect() }))
}

/// Takes an invitation back.
#[utoipa::path(
    delete, path = "/_unisono/v1/invites/{token}", params(("token" = String, Path)),
    responses((status = 204), (status = 404, description = "No such invitation of one's own")),
)]
pub async fn delete(
    State(app): State<App>,
    SignedIn(session): SignedIn,
    Path(token): Path<String>,
) -> Result<StatusCode> {
    app.engine.delete_invite(session.user_id, token).await?;
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Serialize, ToSchema)]
pub struct Invitation {
    inviter: Inviter,
}

#[derive(Serialize, ToSchema)]
pub struct Inviter {
    user_id: String,
    display_name: Option<String>,
    avatar_url: Option<String>,
}

/// Who has invited, for whoever opens the link.
#[utoipa::path(
    get, path = "/_unisono/v1/invites/{token}", params(("token" = String, Path)),
    responses((status = 200, body = Invitation), (status = 404, description = "Unknown, used or expired")),
)]
pub async fn get(State(app): State<App>, client: Client, Path(token): Path<String>) -> Result<Json<Invitation>> {
    if let Some(address) = client.address {
        app.limits.check(Class::Register, Who::at(address), app.engine.now())?;
    }
    let (user_id, profile) = app.engine.get_inviter(token).await?;
    let inviter =
        Inviter { user_id: user_id.to_string(), display_name: profile.display_name, avatar_url: profile.avatar_url };
    Ok(Json(Invitation { inviter }))
}
