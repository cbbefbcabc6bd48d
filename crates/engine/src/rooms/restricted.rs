//! Rooms that let in who is in another room (`restricted` join rule, room version 8 and later).

use ruma::{OwnedRoomId, OwnedUserId, UserId};
use serde::Deserialize;
use unisono_domain::room::Pdu;
use unisono_store::{
    Tx,
    rooms::{
        memberships,
        room::{self, RoomRow},
        state,
    },
};

use super::power;
use crate::{Error, Result};

#[derive(Deserialize)]
struct JoinRules {
    join_rule: String,
    #[serde(default)]
    allow: Vec<Condition>,
}

#[derive(Deserialize)]
struct Condition {
    #[serde(rename = "type")]
    kind: String,
    room_id: Option<OwnedRoomId>,
}

/// Who vouches for somebody that comes in without an invitation: a member who may invite. `None`
/// where nobody has to.
pub(super) fn find_voucher(
    tx: &mut Tx<'_>,
    room: &RoomRow,
    guest: &UserId,
    membership: Option<&str>,
) -> Result<Option<OwnedUserId>> {
    if matches!(membership, Some("invite" | "join")) {
        return Ok(None);
    }
    let Some((event_id, json)) = state::find_pdu(tx, room.room_no, "m.room.join_rules", "")? else { return Ok(None) };
    let pdu = Pdu::parse(event_id, &json).map_err(Error::internal)?;
    let Ok(rules) = pdu.content_as::<JoinRules>() else { return Ok(None) };
    if !matches!(rules.join_rule.as_str(), "restricted" | "knock_restricted") {
        return Ok(None);
    }
    if !meets(tx, &rules.allow, guest)? {
        return Err(Error::forbidden("you are in none of the rooms whose members may join"));
    }
    let needed = power::required(tx, room, power::Action::Invite)?;
    for member in memberships::list_of_room(tx, room.room_no, "join")? {
        if power::of(tx, room, &member)? >= needed {
            return Ok(Some(member));
        }
    }
    Err(Error::Invalid { code: "M_UNABLE_TO_GRANT_JOIN", message: "nobody in the room may let others in".to_owned() })
}

fn meets(tx: &mut Tx<'_>, conditions: &[Condition], guest: &UserId) -> Result<bool> {
    for condition in conditions.iter().filter(|condition| condition.kind == "m.room_membership") {
        if let Some(room_id) = &condition.room_id
            && let Some(room) = room::find(tx, room_id)?
            && memberships::find(tx, room.room_no, guest)?.as_deref() == Some("join")
        {
            return Ok(true);
        }
    }
    Ok(false)
}
