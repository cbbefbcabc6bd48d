//! Joining, inviting, leaving, removing, banning.

use ruma::{CanonicalJsonObject, CanonicalJsonValue, OwnedEventId, OwnedRoomId, OwnedUserId, UserId};
use unisono_store::{
    Tx, profiles,
    rooms::{memberships, room::RoomRow},
};

use super::{NewEvent, append, get_room, restricted};
use crate::{Core, Engine, Error, Result};

/// What somebody wants to do to somebody's membership, themselves included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MembershipChange {
    Join,
    Invite { direct: bool },
    Leave,
    Kick,
    Ban,
    Unban,
    Knock,
}

impl MembershipChange {
    fn membership(self) -> &'static str {
        match self {
            Self::Join => "join",
            Self::Invite { .. } => "invite",
            Self::Leave | Self::Kick | Self::Unban => "leave",
            Self::Ban => "ban",
            Self::Knock => "knock",
        }
    }
}

/// Changes a membership. Doing what is done already changes nothing and gives `None`.
pub fn change_membership(
    tx: &mut Tx<'_>,
    core: &Core,
    room: &mut RoomRow,
    sender: &UserId,
    target: &UserId,
    change: MembershipChange,
    reason: Option<&str>,
) -> Result<Option<OwnedEventId>> {
    let before = memberships::find(tx, room.room_no, target)?;
    match (change, before.as_deref()) {
        (MembershipChange::Join, Some("join"))
        | (MembershipChange::Leave, Some("leave"))
        | (MembershipChange::Ban, Some("ban")) => return Ok(None),
        (MembershipChange::Invite { .. }, Some("join")) => {
            return Err(Error::forbidden(format!("{target} is already in the room")));
        }
        (MembershipChange::Invite { .. }, Some("ban")) => {
            return Err(Error::forbidden(format!("{target} is banned from the room")));
        }
        (MembershipChange::Leave, None) | (MembershipChange::Kick, None | Some("leave" | "ban")) => {
            return Err(Error::forbidden("not in this room"));
        }
        (MembershipChange::Unban, before) if before != Some("ban") => {
            return Err(Error::Invalid { code: "M_BAD_STATE", message: format!("{target} is not banned") });
        }
        _ => {}
    }
    let mut content = CanonicalJsonObject::new();
    put(&mut content, "membership", change.membership());
    if let Some(reason) = reason {
        put(&mut content, "reason", reason);
    }
    if matches!(change, MembershipChange::Join | MembershipChange::Invite { .. } | MembershipChange::Knock)
        && let Some(profile) = profiles::find(tx, target)?
    {
        if let Some(name) = &profile.display_name {
            put(&mut content, "displayname", name);
        }
        if let Some(avatar) = &profile.avatar_url {
            put(&mut content, "avatar_url", avatar);
        }
    }
    if change == MembershipChange::Join
        && let Some(voucher) = restricted::find_voucher(tx, room, target, before.as_deref())?
    {
        put(&mut content, "join_authorised_via_users_server", voucher.as_str());
    }
    if change == (MembershipChange::Invite { direct: true }) {
        content.insert("is_direct".to_owned(), CanonicalJsonValue::Bool(true));
    }
    let event = NewEvent::state(sender, "m.room.member", target.as_str(), content, core.now());
    append(tx, core, room, event).map(|appended| Some(appended.event_id))
}

fn put(content: &mut CanonicalJsonObject, key: &str, value: &str) {
    content.insert(key.to_owned(), CanonicalJsonValue::String(value.to_owned()));
}

impl Engine {
    /// [`change_membership`] in a transaction of its own.
    pub async fn change_membership(
        &self,
        room_id: OwnedRoomId,
        sender: OwnedUserId,
        target: OwnedUserId,
        change: MembershipChange,
        reason: Option<String>,
    ) -> Result<()> {
        let core = self.core();
        self.db
            .write(move |tx| {
                let mut room = get_room(tx, &room_id).map_err(|error| match change {
                    MembershipChange::Join | MembershipChange::Knock => error,
                    _ => Error::forbidden("you are not in this room"),
                })?;
                change_membership(tx, &core, &mut room, &sender, &target, change, reason.as_deref())?;
                Ok(())
            })
            .await
    }

    /// Lets a room that was left vanish from the user's history.
    pub async fn forget_room(&self, room_id: OwnedRoomId, user: OwnedUserId) -> Result<()> {
        self.db
            .write(move |tx| {
                let room = get_room(tx, &room_id)?;
                match memberships::find(tx, room.room_no, &user)?.as_deref() {
                    Some("leave" | "ban") => Ok(memberships::forget(tx, room.room_no, &user)?),
                    Some(_) => Err(Error::Invalid {
                        code: "M_UNKNOWN",
                        message: "leave the room before you forget it".to_owned(),
                    }),
                    None => Err(Error::not_found("you were never in this room")),
                }
            })
            .await
    }
}
