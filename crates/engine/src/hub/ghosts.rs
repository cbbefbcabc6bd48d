//! The users that stand for people on networks, and the server's own user.

use std::fmt::Write as _;

use ruma::{OwnedUserId, UserId};
use sha2::{Digest, Sha256};
use unisono_domain::channel::RemoteUser;
use unisono_store::{
    Tx, contacts,
    hub::ghosts,
    profiles,
    rooms::{memberships, room::RoomRow},
};

use crate::{
    Core, Error, Result,
    rooms::{MembershipChange, NewEvent, append, change_membership},
};

/// The local part of the server's own user, who makes portals and tells the fate of messages.
const BOT: &str = "unisono";
/// The longest id that Matrix allows (specification, "User identifiers").
const LONGEST: usize = 255;

/// The server's own user.
pub fn bot_id(core: &Core) -> Result<OwnedUserId> {
    UserId::parse_with_server_name(BOT, &core.config.server_name).map_err(Error::internal)
}

pub(super) fn ensure_bot(tx: &mut Tx<'_>, core: &Core) -> Result<OwnedUserId> {
    let bot = bot_id(core)?;
    match ghosts::find_kind(tx, &bot)?.as_deref() {
        Some("bot") => {}
        Some(_) => return Err(Error::internal(format!("{bot} is the server's own user and must not be a person"))),
        None => ghosts::insert_user(tx, &bot, "bot", Some("Unisono"), core.now())?,
    }
    Ok(bot)
}

/// `@channel_id:server`. What a user id cannot hold is written as `=` and two hexadecimal digits
/// (specification, "Mapping from other character sets"); what would be too long becomes a hash.
pub fn ghost_id(core: &Core, channel: &str, remote_id: &str) -> Result<OwnedUserId> {
    let mut local = format!("{channel}_");
    for byte in remote_id.bytes() {
        match byte {
            b'a'..=b'z' | b'0'..=b'9' | b'.' | b'_' | b'-' | b'/' | b'+' => local.push(char::from(byte)),
            // Writing to a String cannot fail.
            other => {
                let _ = write!(local, "={other:02x}");
            }
        }
    }
    if local.len() + core.config.server_name.as_str().len() + 2 > LONGEST {
        let hash = Sha256::digest(remote_id.as_bytes());
        local = hash.iter().fold(format!("{channel}_=="), |mut local, byte| {
            let _ = write!(local, "{byte:02x}");
            local
        });
    }
    UserId::parse_with_server_name(local, &core.config.server_name).map_err(Error::internal)
}

/// The ghost of a person on a network, made or brought up to date.
pub(super) fn ensure(tx: &mut Tx<'_>, core: &Core, channel: &str, user: &RemoteUser) -> Result<OwnedUserId> {
    let name = user.name.as_deref().map(str::trim).filter(|name| !name.is_empty());
    if let Some(ghost) = ghosts::find(tx, channel, user.id.as_str())? {
        note_handles(tx, &ghost, user)?;
        return Ok(ghost);
    }
    let ghost = ghost_id(core, channel, user.id.as_str())?;
    if ghosts::find_kind(tx, &ghost)?.is_some_and(|kind| kind != "ghost") {
        return Err(Error::internal(format!("{ghost} is a person, so it cannot stand for one on a network")));
    }
    let now = core.now();
    ghosts::insert_user(tx, &ghost, "ghost", Some(name.unwrap_or(user.id.as_str())), now)?;
    ghosts::insert(tx, &ghost, channel, user.id.as_str())?;
    note_handles(tx, &ghost, user)?;
    Ok(ghost)
}

fn note_handles(tx: &mut Tx<'_>, ghost: &UserId, user: &RemoteUser) -> Result<()> {
    for handle in &user.handles {
        contacts::insert_handle(tx, ghost, handle)?;
    }
    Ok(())
}

/// Takes over a name that the network gives now, and shows it in this room.
pub(super) fn rename(
    tx: &mut Tx<'_>,
    core: &Core,
    room: &mut RoomRow,
    ghost: &UserId,
    user: &RemoteUser,
) -> Result<()> {
    let Some(name) = user.name.as_deref().map(str::trim).filter(|name| !name.is_empty()) else { return Ok(()) };
    let known = profiles::find(tx, ghost)?.unwrap_or_default().display_name;
    // Who writes with a name after having written without one is known by it from now on. Other
    // changes are left alone: mails of one address carry many spellings.
    if known.as_deref() != Some(user.id.as_str()) || known.as_deref() == Some(name) {
        return Ok(());
    }
    profiles::set_display_name(tx, ghost, Some(name))?;
    if memberships::find(tx, room.room_no, ghost)?.as_deref() == Some("join") {
        let content = [("membership", "join"), ("displayname", name)]
            .into_iter()
            .map(|(key, value)| (key.to_owned(), value.to_owned().into()))
            .collect();
        append(tx, core, room, NewEvent::state(ghost, "m.room.member", ghost.as_str(), content, core.now()))?;
    }
    Ok(())
}

/// Brings somebody into a portal who is not in it; invited by the server's user, as portals are
/// closed.
pub(super) fn ensure_joined(tx: &mut Tx<'_>, core: &Core, room: &mut RoomRow, user: &UserId) -> Result<()> {
    let bot = bot_id(core)?;
    match memberships::find(tx, room.room_no, user)?.as_deref() {
        Some("join") => return Ok(()),
        Some("invite") => {}
        Some("ban") => {
            change_membership(tx, core, room, &bot, user, MembershipChange::Unban, None)?;
            change_membership(tx, core, room, &bot, user, MembershipChange::Invite { direct: false }, None)?;
        }
        _ => {
            change_membership(tx, core, room, &bot, user, MembershipChange::Invite { direct: false }, None)?;
        }
    }
    change_membership(tx, core, room, user, user, MembershipChange::Join, None)?;
    Ok(())
}
