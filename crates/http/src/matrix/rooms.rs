//! Making rooms and moving people in and out of them.

use ruma::{
    CanonicalJsonObject, OwnedUserId,
    api::client::{
        knock::knock_room,
        membership::{
            ban_user, forget_room, invite_user, join_room_by_id, join_room_by_id_or_alias, joined_members,
            joined_rooms, kick_user, leave_room, unban_user,
        },
        room::{Visibility, create_room},
    },
    serde::Raw,
};
use serde::Deserialize;
use serde_json::value::RawValue;
use unisono_domain::room::Preset;
use unisono_engine::{
    Error as EngineError,
    rooms::{CreateRoom, MembershipChange, content_from_json},
};

use crate::{Call, Result, routes::Routes};

pub(super) fn add(routes: &mut Routes) {
    routes
        .add(create)
        .add(join)
        .add(join_by_id_or_alias)
        .add(invite)
        .add(leave)
        .add(kick)
        .add(ban)
        .add(unban)
        .add(forget)
        .add(knock)
        .add(list_joined_rooms)
        .add(list_joined_members);
}

#[derive(Deserialize)]
struct InitialState {
    #[serde(rename = "type")]
    kind: String,
    #[serde(default)]
    state_key: String,
    content: Box<RawValue>,
}

/// `POST /createRoom`
async fn create(call: Call<create_room::v3::Request>) -> Result<create_room::v3::Response> {
    let request = call.request;
    if !request.invite_3pid.is_empty() {
        return Err(EngineError::invalid("people cannot be invited by address here; start a chat instead").into());
    }
    let preset = match &request.preset {
        Some(create_room::v3::RoomPreset::PublicChat) => Preset::PublicChat,
        Some(create_room::v3::RoomPreset::TrustedPrivateChat) => Preset::TrustedPrivateChat,
        Some(_) => Preset::PrivateChat,
        None if request.visibility == Visibility::Public => Preset::PublicChat,
        None => Preset::PrivateChat,
    };
    let mut initial_state = Vec::with_capacity(request.initial_state.len());
    for event in &request.initial_state {
        let event: InitialState = serde_json::from_str(event.json().get())
            .map_err(|error| EngineError::bad_json(format!("initial_state: {error}")))?;
        initial_state.push((event.kind, event.state_key, content_from_json(event.content.get())?));
    }
    let create = CreateRoom {
        creator: call.session.user_id,
        version: request.room_version.map(|version| version.to_string()),
        preset,
        name: request.name.filter(|name| !name.is_empty()),
        topic: request.topic.filter(|topic| !topic.is_empty()),
        alias: request.room_alias_name,
        listed: request.visibility == Visibility::Public,
        invite: request.invite,
        direct: request.is_direct,
        creation_content: optional_content(request.creation_content.as_ref())?.unwrap_or_default(),
        power_levels: optional_content(request.power_level_content_override.as_ref())?,
        initial_state,
    };
    Ok(create_room::v3::Response::new(call.engine.create_room(create).await?))
}

fn optional_content<T>(raw: Option<&Raw<T>>) -> Result<Option<CanonicalJsonObject>> {
    raw.map(|raw| content_from_json(raw.json().get())).transpose().map_err(Into::into)
}

/// `POST /rooms/{roomId}/join`
async fn join(call: Call<join_room_by_id::v3::Request>) -> Result<join_room_by_id::v3::Response> {
    let Call { engine, session, request, .. } = call;
    let (room_id, me) = (request.room_id, session.user_id);
    engine.change_membership(room_id.clone(), me.clone(), me, MembershipChange::Join, request.reason).await?;
    Ok(join_room_by_id::v3::Response::new(room_id))
}

/// `POST /join/{roomIdOrAlias}`
async fn join_by_id_or_alias(
    call: Call<join_room_by_id_or_alias::v3::Request>,
) -> Result<join_room_by_id_or_alias::v3::Response> {
    let Call { engine, session, request, .. } = call;
    let room_id = engine.resolve_room(request.room_id_or_alias).await?;
    let me = session.user_id;
    engine.change_membership(room_id.clone(), me.clone(), me, MembershipChange::Join, request.reason).await?;
    Ok(join_room_by_id_or_alias::v3::Response::new(room_id))
}

/// `POST /rooms/{roomId}/invite`
async fn invite(call: Call<invite_user::v3::Request>) -> Result<invite_user::v3::Response> {
    let request = call.request;
    let invite_user::v3::InvitationRecipient::UserId(recipient) = request.recipient else {
        return Err(EngineError::invalid("people cannot be invited by address here; start a chat instead").into());
    };
    let user_id: OwnedUserId = recipient.user_id;
    let change = MembershipChange::Invite { direct: false };
    call.engine.change_membership(request.room_id, call.session.user_id, user_id, change, recipient.reason).await?;
    Ok(invite_user::v3::Response::new())
}

/// `POST /rooms/{roomId}/leave`
async fn leave(call: Call<leave_room::v3::Request>) -> Result<leave_room::v3::Response> {
    let (request, me) = (call.request, call.session.user_id);
    call.engine.change_membership(request.room_id, me.clone(), me, MembershipChange::Leave, request.reason).await?;
    Ok(leave_room::v3::Response::new())
}

/// `POST /rooms/{roomId}/kick`
async fn kick(call: Call<kick_user::v3::Request>) -> Result<kick_user::v3::Response> {
    let request = call.request;
    call.engine
        .change_membership(
            request.room_id,
            call.session.user_id,
            request.user_id,
            MembershipChange::Kick,
            request.reason,
        )
        .await?;
    Ok(kick_user::v3::Response::new())
}

/// `POST /rooms/{roomId}/ban`
async fn ban(call: Call<ban_user::v3::Request>) -> Result<ban_user::v3::Response> {
    let request = call.request;
    call.engine
        .change_membership(
            request.room_id,
            call.session.user_id,
            request.user_id,
            MembershipChange::Ban,
            request.reason,
        )
        .await?;
    Ok(ban_user::v3::Response::new())
}

/// `POST /rooms/{roomId}/unban`
async fn unban(call: Call<unban_user::v3::Request>) -> Result<unban_user::v3::Response> {
    let request = call.request;
    call.engine
        .change_membership(
            request.room_id,
            call.session.user_id,
            request.user_id,
            MembershipChange::Unban,
            request.reason,
        )
        .await?;
    Ok(unban_user::v3::Response::new())
}

/// `POST /knock/{roomIdOrAlias}`
async fn knock(call: Call<knock_room::v3::Request>) -> Result<knock_room::v3::Response> {
    let Call { engine, session, request, .. } = call;
    let room_id = engine.resolve_room(request.room_id_or_alias).await?;
    let me = session.user_id;
    engine.change_membership(room_id.clone(), me.clone(), me, MembershipChange::Knock, request.reason).await?;
    Ok(knock_room::v3::Response::new(room_id))
}

/// `POST /rooms/{roomId}/forget`
async fn forget(call: Call<forget_room::v3::Request>) -> Result<forget_room::v3::Response> {
    call.engine.forget_room(call.request.room_id, call.session.user_id).await?;
    Ok(forget_room::v3::Response::new())
}

/// `GET /joined_rooms`
async fn list_joined_rooms(call: Call<joined_rooms::v3::Request>) -> Result<joined_rooms::v3::Response> {
    Ok(joined_rooms::v3::Response::new(call.engine.list_joined_rooms(call.session.user_id).await?))
}

/// `GET /rooms/{roomId}/joined_members`
async fn list_joined_members(call: Call<joined_members::v3::Request>) -> Result<joined_members::v3::Response> {
    let members = call.engine.list_joined_members(call.request.room_id, call.session.user_id).await?;
    let joined = members.into_iter().map(|(user_id, profile)| {
        let mut member = joined_members::v3::RoomMember::new();
        member.display_name = profile.display_name;
        member.avatar_url = profile.avatar_url.map(Into::into);
        (user_id, member)
    });
    Ok(joined_members::v3::Response::new(joined.collect()))
}
