//! The rooms that mirror chats.

use ruma::{OwnedUserId, UserId};
use serde_json::{Value, json};
use unisono_domain::{
    channel::{ChatInfo, ChatKind, MediaSource},
    room::{Pdu, Preset},
};
use unisono_store::{
    Hint, Tx,
    hub::{
        accounts::AccountRow,
        marks,
        portals::{self, PortalRow},
    },
    rooms::{
        room::{self, RoomRow},
        state,
    },
};

use super::{content::canonical, ghosts};
use crate::{
    Core, Error, Result,
    rooms::{CreateRoom, MembershipChange, NewEvent, append, change_membership, create},
};

/// Larger groups get their further members as they speak.
const MOST_MEMBERS: usize = 200;

/// The room of a portal, made if it is missing, with the account's owner in it.
pub(super) fn ensure_room(
    tx: &mut Tx<'_>,
    core: &Core,
    account: &AccountRow,
    portal: &mut PortalRow,
    chat: Option<&ChatInfo>,
    sender: Option<&UserId>,
) -> Result<RoomRow> {
    match portal.room_no {
        Some(room_no) => {
            let mut row = room::get(tx, room_no)?;
            ghosts::ensure_joined(tx, core, &mut row, &account.owner)?;
            if let Some(chat) = chat {
                update(tx, core, account, portal, &mut row, chat)?;
            }
            Ok(row)
        }
        None => make_room(tx, core, account, portal, chat, sender),
    }
}

fn make_room(
    tx: &mut Tx<'_>,
    core: &Core,
    account: &AccountRow,
    portal: &mut PortalRow,
    chat: Option<&ChatInfo>,
    sender: Option<&UserId>,
) -> Result<RoomRow> {
    let bot = ghosts::ensure_bot(tx, core)?;
    let direct = chat.is_some_and(|chat| chat.kind == ChatKind::Direct);
    let name = chat.and_then(|chat| chat.name.clone()).filter(|name| !name.trim().is_empty());
    let mut members: Vec<OwnedUserId> = vec![account.owner.clone()];
    for member in chat.iter().flat_map(|chat| &chat.members).take(MOST_MEMBERS) {
        members.push(ghosts::ensure(tx, core, &account.channel, member)?);
    }
    members.extend(sender.map(ToOwned::to_owned));
    members.retain(|member| *member != bot);

    let mut seen = std::collections::HashSet::new();
    members.retain(|member| seen.insert(member.clone()));

    let request = CreateRoom {
        creator: bot.clone(),
        version: None,
        preset: Preset::PrivateChat,
        name: name.clone(),
        topic: chat.and_then(|chat| chat.topic.clone()),
        invite: Vec::new(),
        alias: None,
        listed: false,
        direct,
        creation_content: ruma::CanonicalJsonObject::new(),
        power_levels: Some(canonical(json!({ "users": { account.owner.as_str(): 100 }, "invite": 50 }))?),
        initial_state: initial_state(core, account, portal, name.as_deref(), &bot)?,
    };
    let mut row = create(tx, core, &request)?.row;
    // The room is open for the length of this transaction, so that members come in without a
    // detour by invitations.
    for member in &members {
        change_membership(tx, core, &mut row, member, member, MembershipChange::Join, None)?;
    }
    let invite_only = canonical(json!({ "join_rule": "invite" }))?;
    append(tx, core, &mut row, NewEvent::state(&bot, "m.room.join_rules", "", invite_only, core.now()))?;
    set_avatar(tx, core, &mut row, &bot, chat)?;
    if direct {
        let other = members.iter().find(|member| **member != account.owner);
        note_direct(tx, &account.owner, other.unwrap_or(&bot), &row)?;
    }
    portals::set_room(tx, portal.portal_no, row.room_no, direct, name.as_deref())?;
    portal.room_no = Some(row.room_no);
    portal.direct = direct;
    portal.name = name;
    core.hub.mark_changed(unisono_domain::channel::AccountId(account.account_id));
    Ok(row)
}

type State = (String, String, ruma::CanonicalJsonObject);

fn initial_state(
    core: &Core,
    account: &AccountRow,
    portal: &PortalRow,
    name: Option<&str>,
    bot: &UserId,
) -> Result<Vec<State>> {
    let channel = core.hub.get_channel(&account.channel)?;
    let meta = channel.meta();
    let mut bridge = json!({
        "bridgebot": bot,
        "creator": account.owner,
        "protocol": { "id": meta.id, "displayname": meta.name.en },
        "channel": { "id": portal.chat },
        "org.unisono.account": account.account_id,
        "org.unisono.privacy": meta.privacy,
    });
    if let Some(name) = name {
        bridge["channel"]["displayname"] = Value::from(name);
    }
    let key = format!("org.unisono/{}/{}", meta.id, account.account_id);
    let state = |kind: &str, key: &str, content: Value| {
        Ok::<State, Error>((kind.to_owned(), key.to_owned(), canonical(content)?))
    };
    Ok(vec![
        state("m.room.join_rules", "", json!({ "join_rule": "public" }))?,
        state("m.bridge", &key, bridge.clone())?,
        state("uk.half-shot.bridge", &key, bridge)?,
        state("com.beeper.room_features", "", features(&channel.capabilities())?)?,
        // Clients leave these members out when they name a room after its people.
        state("io.element.functional_members", "", json!({ "service_members": [bot] }))?,
    ])
}

/// Our capabilities as they are, and Beeper's words for the same.
fn features(capabilities: &unisono_domain::channel::Capabilities) -> Result<Value> {
    use unisono_domain::channel::Support;
    let level = |support: Support| match support {
        Support::Rejected => -2,
        Support::Degraded => -1,
        Support::Full => 2,
    };
    let mut features = serde_json::to_value(capabilities).map_err(Error::internal)?;
    features["max_text_length"] = json!(capabilities.max_text);
    features["read_receipts"] = json!(capabilities.read_receipts);
    features["typing_notifications"] = json!(capabilities.typing);
    for (key, support) in [
        ("com.beeper.reply", capabilities.reply),
        ("com.beeper.edit", capabilities.edit),
        ("com.beeper.delete", capabilities.delete),
        ("com.beeper.reaction", capabilities.reaction),
    ] {
        features[key] = json!(level(support));
    }
    Ok(features)
}

fn note_direct(tx: &mut Tx<'_>, owner: &UserId, other: &UserId, room: &RoomRow) -> Result<()> {
    let mut content: Value = match marks::find_data(tx, owner, "", "m.direct")? {
        Some(json) => serde_json::from_str(&json).unwrap_or_else(|_| json!({})),
        None => json!({}),
    };
    if !content.is_object() {
        content = json!({});
    }
    let rooms = &mut content[other.as_str()];
    match rooms {
        Value::Array(list) => list.push(json!(room.room_id)),
        other => *other = json!([room.room_id]),
    }
    marks::set_data(tx, owner, "", "m.direct", &content.to_string())?;
    tx.hint(Hint::User(owner.to_owned()));
    Ok(())
}

/// Brings a room up to date with what the network says of the chat now. A name that somebody here
/// gave stays until the network's own changes.
fn update(
    tx: &mut Tx<'_>,
    core: &Core,
    account: &AccountRow,
    portal: &mut PortalRow,
    row: &mut RoomRow,
    chat: &ChatInfo,
) -> Result<()> {
    for member in chat.members.iter().take(MOST_MEMBERS) {
        let ghost = ghosts::ensure(tx, core, &account.channel, member)?;
        ghosts::ensure_joined(tx, core, row, &ghost)?;
        ghosts::rename(tx, core, row, &ghost, member)?;
    }
    let name = chat.name.as_deref().map(str::trim).filter(|name| !name.is_empty());
    if name.is_some() && name != portal.name.as_deref() {
        let bot = ghosts::bot_id(core)?;
        let content = canonical(json!({ "name": name }))?;
        append(tx, core, row, NewEvent::state(&bot, "m.room.name", "", content, core.now()))?;
        portals::set_name(tx, portal.portal_no, name)?;
        portal.name = name.map(ToOwned::to_owned);
    }
    let bot = ghosts::bot_id(core)?;
    set_avatar(tx, core, row, &bot, Some(chat))
}

fn set_avatar(tx: &mut Tx<'_>, core: &Core, row: &mut RoomRow, bot: &UserId, chat: Option<&ChatInfo>) -> Result<()> {
    let Some(MediaSource::Stored(uri)) = chat.and_then(|chat| chat.avatar.as_ref()).map(|avatar| &avatar.source) else {
        return Ok(());
    };
    if let Some((event_id, pdu)) = state::find_pdu(tx, row.room_no, "m.room.avatar", "")?
        && Pdu::parse(event_id, &pdu)
            .is_ok_and(|pdu| pdu.content_as::<Value>().is_ok_and(|known| known["url"] == **uri))
    {
        return Ok(());
    }
    let content = canonical(json!({ "url": uri }))?;
    append(tx, core, row, NewEvent::state(bot, "m.room.avatar", "", content, core.now()))?;
    Ok(())
}
