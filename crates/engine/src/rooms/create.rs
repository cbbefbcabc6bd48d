//! Making rooms (specification, `POST /createRoom`).

use ruma::{
    CanonicalJsonObject, CanonicalJsonValue, EventId, OwnedRoomId, OwnedUserId, RoomId, RoomVersionId,
    room_version_rules::RoomVersionRules,
};
use serde_json::{Value, json};
use unisono_domain::room::{CREATABLE_VERSIONS, DEFAULT_VERSION, Draft, Preset, default_power_levels};
use unisono_store::{
    Tx,
    rooms::room::{self, RoomRow},
};

use super::{MembershipChange, NewEvent, append, change_membership, directory};
use crate::{Core, Engine, Error, Result};

/// What the caller asks for.
#[derive(Clone, Debug)]
pub struct CreateRoom {
    pub creator: OwnedUserId,
    pub version: Option<String>,
    pub preset: Preset,
    pub name: Option<String>,
    pub topic: Option<String>,
    pub invite: Vec<OwnedUserId>,
    /// The local part of an alias that shall lead here.
    pub alias: Option<String>,
    /// In the public list.
    pub listed: bool,
    pub direct: bool,
    /// Further keys of the create event.
    pub creation_content: CanonicalJsonObject,
    /// Merged over the default power levels.
    pub power_levels: Option<CanonicalJsonObject>,
    /// `(type, state key, content)`, after the preset's and before name and topic.
    pub initial_state: Vec<(String, String, CanonicalJsonObject)>,
}

/// A room that was made.
#[derive(Clone, Debug)]
pub struct NewRoom {
    pub row: RoomRow,
}

impl Engine {
    /// Makes a room with everything in it, or nothing.
    pub async fn create_room(&self, request: CreateRoom) -> Result<OwnedRoomId> {
        let core = self.core();
        self.db.write(move |tx| create(tx, &core, &request).map(|room| room.row.room_id)).await
    }
}

/// Makes a room in the caller's transaction.
pub fn create(tx: &mut Tx<'_>, core: &Core, request: &CreateRoom) -> Result<NewRoom> {
    let version = request.version.as_deref().unwrap_or(DEFAULT_VERSION);
    if !CREATABLE_VERSIONS.contains(&version) {
        return Err(Error::Invalid {
            code: "M_UNSUPPORTED_ROOM_VERSION",
            message: format!("rooms can be made in versions {}", CREATABLE_VERSIONS.join(", ")),
        });
    }
    let rules = RoomVersionId::try_from(version)
        .ok()
        .and_then(|version| version.rules())
        .ok_or_else(|| Error::internal("room version without rules"))?;
    let now = core.now();
    let creator = &request.creator;
    let create_content = create_content(request, version);

    let (room_id, now) = choose_unused_room_id(tx, core, &rules, request, &create_content, now)?;
    let room_no = room::insert(tx, &room_id, version, now)?;
    let mut row = room::get(tx, room_no)?;

    let set = |tx: &mut Tx<'_>, row: &mut RoomRow, kind: &str, key: &str, content: CanonicalJsonObject| {
        append(tx, core, row, NewEvent::state(creator, kind, key, content, now)).map(drop)
    };
    set(tx, &mut row, "m.room.create", "", create_content)?;
    change_membership(tx, core, &mut row, creator, creator, MembershipChange::Join, None)?;
    set(tx, &mut row, "m.room.power_levels", "", power_levels(request, &rules)?)?;

    let chosen = |kind: &str| request.initial_state.iter().any(|(known, key, _)| known == kind && key.is_empty());
    for (kind, key, value) in [
        ("m.room.join_rules", "join_rule", request.preset.join_rule()),
        ("m.room.history_visibility", "history_visibility", request.preset.history_visibility()),
        ("m.room.guest_access", "guest_access", request.preset.guest_access()),
    ] {
        if !chosen(kind) {
            set(tx, &mut row, kind, "", text(key, value))?;
        }
    }
    for (kind, key, content) in &request.initial_state {
        set(tx, &mut row, kind, key, content.clone())?;
    }
    if let Some(name) = &request.name {
        set(tx, &mut row, "m.room.name", "", text("name", name))?;
    }
    if let Some(topic) = &request.topic {
        let content = json!({ "topic": topic, "m.topic": { "m.text": [{ "body": topic }] } });
        set(tx, &mut row, "m.room.topic", "", object(content)?)?;
    }
    if let Some(alias) = &request.alias {
        let alias = directory::local_alias(core, alias)?;
        directory::add_alias(tx, core, &row, creator, &alias)?;
        set(tx, &mut row, "m.room.canonical_alias", "", text("alias", alias.as_str()))?;
    }
    unisono_store::rooms::directory::set_listed(tx, room_no, request.listed)?;
    for guest in request.invite.iter().filter(|guest| *guest != creator) {
        let change = MembershipChange::Invite { direct: request.direct };
        change_membership(tx, core, &mut row, creator, guest, change, None)?;
    }
    Ok(NewRoom { row })
}

fn create_content(request: &CreateRoom, version: &str) -> CanonicalJsonObject {
    let mut content = request.creation_content.clone();
    content.remove("creator");
    content.insert("room_version".to_owned(), CanonicalJsonValue::String(version.to_owned()));
    content
}

/// Since room version 12 a room's id is the hash of its create event; before it is random.
/// The id, and the time that belongs to it. Since room version 12 the id is the hash of the create
/// event, so that two rooms which somebody makes in the same millisecond would have the same one.
fn choose_unused_room_id(
    tx: &mut Tx<'_>,
    core: &Core,
    rules: &RoomVersionRules,
    request: &CreateRoom,
    create_content: &CanonicalJsonObject,
    mut now: i64,
) -> Result<(OwnedRoomId, i64)> {
    loop {
        let room_id = choose_room_id(core, rules, request, create_content, now)?;
        if room::find(tx, &room_id)?.is_none() {
            return Ok((room_id, now));
        }
        now += 1;
    }
}

fn choose_room_id(
    core: &Core,
    rules: &RoomVersionRules,
    request: &CreateRoom,
    create_content: &CanonicalJsonObject,
    now: i64,
) -> Result<OwnedRoomId> {
    if !rules.authorization.room_create_event_id_as_room_id {
        return Ok(RoomId::new_v1(&core.config.server_name));
    }
    let sealed = Draft {
        room_id: None,
        sender: &request.creator,
        kind: "m.room.create",
        state_key: Some(""),
        content: create_content.clone(),
        redacts: None,
        origin_server_ts: now,
        prev_events: &[],
        auth_events: &[],
        depth: 1,
    }
    .seal(rules, &core.signer)?;
    room_id_of(&sealed.event_id)
}

fn room_id_of(create: &EventId) -> Result<OwnedRoomId> {
    RoomId::parse(format!("!{}", create.localpart())).map_err(Error::internal)
}

fn power_levels(request: &CreateRoom, rules: &RoomVersionRules) -> Result<CanonicalJsonObject> {
    let unlimited = rules.authorization.explicitly_privilege_room_creators;
    let mut admins = Vec::new();
    if !unlimited {
        admins.push(request.creator.as_str());
    }
    if request.preset == Preset::TrustedPrivateChat {
        admins.extend(request.invite.iter().map(|guest| guest.as_str()));
    }
    let mut levels = object(default_power_levels(admins.into_iter(), unlimited))?;
    if let Some(wanted) = &request.power_levels {
        levels.extend(wanted.clone());
    }
    Ok(levels)
}

fn text(key: &str, value: &str) -> CanonicalJsonObject {
    CanonicalJsonObject::from([(key.to_owned(), CanonicalJsonValue::String(value.to_owned()))])
}

fn object(value: Value) -> Result<CanonicalJsonObject> {
    match CanonicalJsonValue::try_from(value) {
        Ok(CanonicalJsonValue::Object(object)) => Ok(object),
        _ => Err(Error::internal("not an object")),
    }
}
