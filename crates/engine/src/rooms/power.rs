//! Power levels, for what the authorization rules leave to the server.

use std::{cmp::Ordering, collections::HashSet};

use ruma::{
    Int, OwnedUserId, UserId,
    state_res::events::{RoomCreateEvent, RoomPowerLevelsEvent},
};
use unisono_domain::room::Pdu;
use unisono_store::{
    Tx,
    rooms::{room::RoomRow, state},
};

use super::append::rules_of;
use crate::{Error, Result};

/// A person's power in a room. Creators' is unlimited since room version 12.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Power {
    Level(Int),
    Unlimited,
}

impl PartialOrd for Power {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Power {
    fn cmp(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Self::Unlimited, Self::Unlimited) => Ordering::Equal,
            (Self::Unlimited, _) => Ordering::Greater,
            (_, Self::Unlimited) => Ordering::Less,
            (Self::Level(one), Self::Level(other)) => one.cmp(other),
        }
    }
}

/// The power of a person.
pub fn of(tx: &mut Tx<'_>, room: &RoomRow, user: &UserId) -> Result<Power> {
    let rules = rules_of(room)?.authorization;
    let creators: HashSet<OwnedUserId> = match current(tx, room, "m.room.create")? {
        Some(pdu) => RoomCreateEvent::new(pdu).creators(&rules).map_err(Error::internal)?,
        None => HashSet::new(),
    };
    let is_creator = creators.contains(user);
    if is_creator && rules.explicitly_privilege_room_creators {
        return Ok(Power::Unlimited);
    }
    match current(tx, room, "m.room.power_levels")? {
        Some(pdu) => RoomPowerLevelsEvent::new(pdu).user_power_level(user, &rules).map(Power::Level),
        None if is_creator => Ok(Power::Level(Int::from(100_u8))),
        None => Ok(Power::Level(Int::from(0_u8))),
    }
    .map_err(Error::internal)
}

/// What a power level may be needed for, beyond what the authorization rules check.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    Invite,
    Redact,
    /// Setting state for which the room names no level of its own.
    ChangeState,
    /// Notifying everybody with `@room`.
    NotifyRoom,
}

#[derive(Default, serde::Deserialize)]
struct Levels {
    invite: Option<Int>,
    redact: Option<Int>,
    state_default: Option<Int>,
    #[serde(default)]
    notifications: NotificationLevels,
}

#[derive(Default, serde::Deserialize)]
struct NotificationLevels {
    room: Option<Int>,
}

/// The level that an action needs; where the room does not say: 50, and 0 for inviting.
pub fn required(tx: &mut Tx<'_>, room: &RoomRow, action: Action) -> Result<Power> {
    let levels: Levels = match current(tx, room, "m.room.power_levels")? {
        Some(pdu) => pdu.content_as().map_err(Error::internal)?,
        None => Levels::default(),
    };
    let level = match action {
        Action::Invite => levels.invite.or(Some(Int::from(0_u8))),
        Action::Redact => levels.redact,
        Action::ChangeState => levels.state_default,
        Action::NotifyRoom => levels.notifications.room,
    };
    Ok(Power::Level(level.unwrap_or_else(|| Int::from(50_u8))))
}

fn current(tx: &mut Tx<'_>, room: &RoomRow, kind: &str) -> Result<Option<Pdu>> {
    state::find_pdu(tx, room.room_no, kind, "")?
        .map(|(event_id, json)| Pdu::parse(event_id, &json).map_err(Error::internal))
        .transpose()
}
