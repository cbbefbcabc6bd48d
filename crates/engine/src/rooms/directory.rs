//! Aliases, and the list of public rooms (specification, "Room aliases" and "Published room directory").

use ruma::{
    CanonicalJsonObject, CanonicalJsonValue, OwnedRoomAliasId, OwnedRoomId, OwnedRoomOrAliasId, OwnedUserId,
    RoomAliasId, UserId,
};
use serde_json::Value;
use unisono_domain::room::Pdu;
use unisono_store::{
    Tx,
    rooms::{
        directory,
        room::{self, RoomRow},
        state,
    },
};

use super::{lookup::get_room, power, require_joined, visibility};
use crate::{Core, Engine, Error, Result};

/// An entry of the public list.
#[derive(Clone, Debug)]
pub struct PublicRoom {
    pub room_id: OwnedRoomId,
    pub members: i64,
    pub name: Option<String>,
    pub topic: Option<String>,
    pub avatar_url: Option<String>,
    pub canonical_alias: Option<String>,
    pub join_rule: String,
    pub world_readable: bool,
    pub room_type: Option<String>,
}

impl Engine {
    /// A room by its id or one of its aliases.
    pub async fn resolve_room(&self, room: OwnedRoomOrAliasId) -> Result<OwnedRoomId> {
        match OwnedRoomId::try_from(room) {
            Ok(room_id) => Ok(room_id),
            Err(alias) => self.find_alias(alias).await,
        }
    }

    /// `GET /directory/room/{}`
    pub async fn find_alias(&self, alias: OwnedRoomAliasId) -> Result<OwnedRoomId> {
        self.db
            .read(move |tx| {
                let row = directory::find_alias(tx, alias.as_str())?;
                row.map(|row| row.room_id).ok_or_else(|| Error::not_found(format!("{alias} leads to no room")))
            })
            .await
    }

    /// `PUT /directory/room/{}`
    pub async fn create_alias(&self, alias: OwnedRoomAliasId, room_id: OwnedRoomId, user: OwnedUserId) -> Result<()> {
        let core = self.core();
        self.db
            .write(move |tx| {
                let room = require_joined(tx, &room_id, &user)?;
                add_alias(tx, &core, &room, &user, &alias).map_err(|error| match error {
                    Error::Invalid { message, .. } => Error::Conflict { code: "M_UNKNOWN", message },
                    other => other,
                })
            })
            .await
    }

    /// `DELETE /directory/room/{}`: by who made it, or who may change the room's state.
    pub async fn delete_alias(&self, alias: OwnedRoomAliasId, user: OwnedUserId) -> Result<()> {
        self.db
            .write(move |tx| {
                let row = directory::find_alias(tx, alias.as_str())?
                    .ok_or_else(|| Error::not_found(format!("{alias} leads to no room")))?;
                let room = room::get(tx, row.room_no)?;
                if row.created_by != user.as_str()
                    && power::of(tx, &room, &user)? < power::required(tx, &room, power::Action::ChangeState)?
                {
                    return Err(Error::forbidden("you may not take this alias away"));
                }
                Ok(directory::delete_alias(tx, alias.as_str())?)
            })
            .await
    }

    /// `GET /rooms/{}/aliases`
    pub async fn list_aliases(&self, room_id: OwnedRoomId, user: OwnedUserId) -> Result<Vec<String>> {
        self.db
            .read(move |tx| {
                let (room, _) = visibility::require_sight(tx, &room_id, &user)?;
                Ok(directory::list_aliases(tx, room.room_no)?)
            })
            .await
    }

    /// Whether a room is in the public list.
    pub async fn is_listed(&self, room_id: OwnedRoomId) -> Result<bool> {
        self.db
            .read(move |tx| {
                let room = get_room(tx, &room_id)?;
                Ok(directory::is_listed(tx, room.room_no)?)
            })
            .await
    }

    /// Puts a room into the public list, or takes it out.
    pub async fn set_listed(&self, room_id: OwnedRoomId, user: OwnedUserId, listed: bool) -> Result<()> {
        self.db
            .write(move |tx| {
                let room = require_joined(tx, &room_id, &user)?;
                if power::of(tx, &room, &user)? < power::required(tx, &room, power::Action::ChangeState)? {
                    return Err(Error::forbidden("you may not change who finds this room"));
                }
                Ok(directory::set_listed(tx, room.room_no, listed)?)
            })
            .await
    }

    /// The public list, those first that most people are in; `search` looks at name, topic and alias.
    pub async fn list_public_rooms(&self, search: Option<String>) -> Result<Vec<PublicRoom>> {
        let search = search.map(|text| text.to_lowercase());
        self.db
            .read(move |tx| {
                let mut rooms = Vec::new();
                for (room_no, members) in directory::list_public(tx)? {
                    let entry = describe(tx, room_no, members)?;
                    let texts = [&entry.name, &entry.topic, &entry.canonical_alias];
                    if search.as_ref().is_none_or(|search| {
                        texts.iter().any(|text| text.as_ref().is_some_and(|text| text.to_lowercase().contains(search)))
                    }) {
                        rooms.push(entry);
                    }
                }
                Ok(rooms)
            })
            .await
    }
}

fn describe(tx: &mut Tx<'_>, room_no: i64, members: i64) -> Result<PublicRoom> {
    let room = room::get(tx, room_no)?;
    let mut text = |kind: &str, key: &str| -> Result<Option<String>> {
        let Some((event_id, json)) = state::find_pdu(tx, room_no, kind, "")? else { return Ok(None) };
        let content: Value = Pdu::parse(event_id, &json).and_then(|pdu| pdu.content_as()).map_err(Error::internal)?;
        Ok(content[key].as_str().map(ToOwned::to_owned))
    };
    Ok(PublicRoom {
        members,
        name: text("m.room.name", "name")?,
        topic: text("m.room.topic", "topic")?,
        avatar_url: text("m.room.avatar", "url")?,
        canonical_alias: text("m.room.canonical_alias", "alias")?,
        join_rule: text("m.room.join_rules", "join_rule")?.unwrap_or_else(|| "invite".to_owned()),
        world_readable: text("m.room.history_visibility", "history_visibility")?.as_deref() == Some("world_readable"),
        room_type: text("m.room.create", "type")?,
        room_id: room.room_id,
    })
}

/// An alias of this server.
pub(super) fn local_alias(core: &Core, localpart: &str) -> Result<OwnedRoomAliasId> {
    RoomAliasId::parse(format!("#{localpart}:{}", core.config.server_name))
        .map_err(|error| Error::invalid(format!("`{localpart}` makes no alias: {error}")))
}

/// Lets an alias lead to a room.
pub(super) fn add_alias(
    tx: &mut Tx<'_>,
    core: &Core,
    room: &RoomRow,
    user: &UserId,
    alias: &RoomAliasId,
) -> Result<()> {
    if alias.server_name() != core.config.server_name {
        return Err(Error::invalid("aliases here end with this server's name"));
    }
    if directory::insert_alias(tx, alias.as_str(), room.room_no, user)? {
        return Ok(());
    }
    Err(Error::Invalid { code: "M_ROOM_IN_USE", message: format!("{alias} leads to a room already") })
}

/// Aliases that a room calls its own must lead to it (`M_BAD_ALIAS`).
pub(super) fn check_canonical_alias(tx: &mut Tx<'_>, room: &RoomRow, content: &CanonicalJsonObject) -> Result<()> {
    let mut named: Vec<&str> = Vec::new();
    if let Some(CanonicalJsonValue::String(alias)) = content.get("alias") {
        named.push(alias);
    }
    if let Some(CanonicalJsonValue::Array(more)) = content.get("alt_aliases") {
        named.extend(more.iter().filter_map(CanonicalJsonValue::as_str));
    }
    for alias in named {
        if RoomAliasId::parse(alias).is_err() {
            return Err(Error::invalid(format!("`{alias}` is no alias")));
        }
        if directory::find_alias(tx, alias)?.is_none_or(|row| row.room_no != room.room_no) {
            return Err(Error::Invalid { code: "M_BAD_ALIAS", message: format!("{alias} does not lead here") });
        }
    }
    Ok(())
}
