//! One inbound event, in one transaction: ghost, portal, events, mapping, marks.

use ruma::{EventId, OwnedEventId, OwnedUserId};
use serde_json::{Value, json};
use unisono_domain::{
    Millis,
    channel::{Inbound, InboundBody, Part, RemoteId, Sender},
    room::Pdu,
};
use unisono_store::{
    Tx,
    hub::{
        accounts::AccountRow,
        inbox,
        messages::{self, MessageRow},
        outbox,
        portals::PortalRow,
    },
    rooms::{
        events,
        room::{self, RoomRow},
    },
};

use super::{
    content::{self, Around, canonical},
    ghosts, marks, outcome, portals,
    status::{self, Fate},
};
use crate::{
    Core, Error, Result,
    rooms::{NewEvent, Place, append},
};

/// How it went.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Worked {
    Done,
    /// It is about a message that is not here yet.
    WaitsFor(RemoteId),
}

/// Who and where.
pub(super) struct Scene<'a> {
    pub core: &'a Core,
    pub account: &'a AccountRow,
    pub portal: &'a mut PortalRow,
}

/// Works in one event.
pub(super) fn work_in(tx: &mut Tx<'_>, scene: &mut Scene<'_>, inbound: &Inbound) -> Result<Worked> {
    match &inbound.body {
        InboundBody::Message { parts, reply_to } => {
            if !is_known(tx, scene, inbound)? {
                let mut room = enter(tx, scene, inbound)?;
                let sender = sender(tx, scene, &inbound.sender, &mut room)?;
                message(tx, scene, inbound, &mut room, &sender, parts, reply_to.as_ref())?;
            }
            inbox::release(tx, scene.portal.portal_no, inbound.id.as_str())?;
            Ok(Worked::Done)
        }
        InboundBody::ChatInfo => {
            enter(tx, scene, inbound)?;
            Ok(Worked::Done)
        }
        // Typing is never stored, and a chat has moved before anything is worked in.
        InboundBody::Typing { .. } | InboundBody::Moved { .. } => Ok(Worked::Done),
        InboundBody::ReadUntil { at } => {
            let Some(target) = find_own_until(tx, scene.portal.portal_no, *at)? else { return Ok(Worked::Done) };
            let up_to = RemoteId::new(target);
            work_in(tx, scene, &Inbound { body: InboundBody::Read { up_to }, ..inbound.clone() })
        }
        InboundBody::Edit { target, .. }
        | InboundBody::Delete { target }
        | InboundBody::Reaction { target, .. }
        | InboundBody::ReactionRemove { target, .. }
        | InboundBody::Read { up_to: target }
        | InboundBody::Unread { target }
        | InboundBody::Delivered { target }
        | InboundBody::Failed { target, .. } => {
            let known = messages::list(tx, scene.portal.portal_no, target.as_str(), "message")?;
            if known.is_empty() {
                return Ok(Worked::WaitsFor(target.clone()));
            }
            let mut room = enter(tx, scene, inbound)?;
            about(tx, scene, inbound, &mut room, &known)?;
            Ok(Worked::Done)
        }
    }
}

/// So far back it is looked for what was sent before a time.
const LOOK_BACK: i64 = 100;

/// The account's newest message from before a time.
fn find_own_until(tx: &mut Tx<'_>, portal_no: i64, at: Millis) -> Result<Option<String>> {
    for row in messages::list_own(tx, portal_no, LOOK_BACK)? {
        let Some(event) = events::find(tx, &row.event_id)? else { continue };
        let pdu = Pdu::parse(event.event_id, &event.pdu).map_err(Error::internal)?;
        if i64::from(pdu.origin_server_ts.get()) <= at {
            return Ok(Some(row.remote_id));
        }
    }
    Ok(None)
}

/// Whether the message is here: imported before, or sent from here.
fn is_known(tx: &mut Tx<'_>, scene: &mut Scene<'_>, inbound: &Inbound) -> Result<bool> {
    if !messages::list(tx, scene.portal.portal_no, inbound.id.as_str(), "message")?.is_empty() {
        return Ok(true);
    }
    if inbound.sender != Sender::Me {
        return Ok(false);
    }
    let txn = inbound.data.get("txn").and_then(Value::as_str);
    for row in outbox::list_in_state(tx, scene.portal.portal_no, "echo")? {
        if txn == Some(row.txn.as_str()) || inbound.id.as_str() == row.txn {
            let sent = outcome::Sent {
                id: inbound.id.clone(),
                data: inbound.data.clone(),
                noted: outcome::Noted::Message { piece: 0 },
            };
            outcome::sent(tx, scene.core, &row, &sent)?;
            return Ok(true);
        }
    }
    Ok(false)
}

fn enter(tx: &mut Tx<'_>, scene: &mut Scene<'_>, inbound: &Inbound) -> Result<RoomRow> {
    let sender = match &inbound.sender {
        Sender::Remote(user) => Some(ghosts::ensure(tx, scene.core, &scene.account.channel, user)?),
        Sender::Me | Sender::System => None,
    };
    portals::ensure_room(tx, scene.core, scene.account, scene.portal, inbound.chat.as_ref(), sender.as_deref())
}

/// The sender's user, in the room.
fn sender(tx: &mut Tx<'_>, scene: &Scene<'_>, sender: &Sender, room: &mut RoomRow) -> Result<OwnedUserId> {
    match sender {
        Sender::Me => Ok(scene.account.owner.clone()),
        Sender::System => ghosts::bot_id(scene.core),
        Sender::Remote(user) => {
            let ghost = ghosts::ensure(tx, scene.core, &scene.account.channel, user)?;
            ghosts::ensure_joined(tx, scene.core, room, &ghost)?;
            ghosts::rename(tx, scene.core, room, &ghost, user)?;
            Ok(ghost)
        }
    }
}

fn message(
    tx: &mut Tx<'_>,
    scene: &Scene<'_>,
    inbound: &Inbound,
    room: &mut RoomRow,
    sender: &OwnedUserId,
    parts: &[Part],
    reply_to: Option<&RemoteId>,
) -> Result<()> {
    let core = scene.core;
    let notify = !inbound.seen && !inbound.historical && inbound.sender != Sender::Me;
    let unread_before = unisono_store::hub::marks::is_unread(tx, &scene.account.owner, room.room_no)?;
    let mut last = None;
    for (content, row) in contents(tx, scene.portal.portal_no, inbound, parts, reply_to)? {
        let mut content = content;
        if let Some((first, _)) = &last {
            let first: &OwnedEventId = first;
            content["org.unisono.part_of"] = json!(first);
        }
        let event = NewEvent {
            place: Place::Newest { notify },
            from_network: true,
            ..NewEvent::message(sender, "m.room.message", canonical(content)?, inbound.sent_at)
        };
        let appended = append(tx, core, room, event)?;
        let row = MessageRow { event_id: appended.event_id.clone(), position: appended.position, ..row };
        messages::insert(tx, scene.account.account_id, &row)?;
        last = Some((last.map_or(appended.event_id, |(first, _)| first), appended.position));
    }
    let Some((first, position)) = last else { return Ok(()) };
    // A later message that was read elsewhere says nothing about earlier ones that were not.
    if inbound.sender == Sender::Me || (inbound.seen && !unread_before) {
        marks::read(tx, core, room.room_no, &scene.account.owner, &first, position)?;
    }
    Ok(())
}

/// The contents of a message's events, with rows that still lack the event's id and position.
pub(super) fn contents(
    tx: &mut Tx<'_>,
    portal_no: i64,
    inbound: &Inbound,
    parts: &[Part],
    reply_to: Option<&RemoteId>,
) -> Result<Vec<(Value, MessageRow)>> {
    let reply_to = match reply_to {
        Some(target) => messages::list(tx, portal_no, target.as_str(), "message")?.into_iter().next(),
        None => None,
    };
    let inline = content::inline_media(parts);
    let empty = [Part::text("0", "")];
    let parts = if parts.is_empty() { &empty } else { parts };
    let original = inbound.original.as_ref().and_then(|media| serde_json::to_string(media).ok());
    let contents = parts.iter().enumerate().map(|(number, part)| {
        let first = number == 0;
        let around = Around {
            reply_to: reply_to.as_ref().filter(|_| first).map(|row| &*row.event_id),
            part_of: None,
            notice: inbound.sender == Sender::System,
        };
        let row = MessageRow {
            portal_no,
            remote_id: inbound.id.as_str().to_owned(),
            kind: "message".to_owned(),
            part: part.id.clone(),
            event_id: ruma::owned_event_id!("$unsealed"),
            mine: inbound.sender == Sender::Me,
            position: 0,
            data: first.then(|| inbound.data.to_string()),
            original: original.clone().filter(|_| first),
        };
        (content::message(part, &inline, around), row)
    });
    Ok(contents.collect())
}

/// Something about a message that is here.
fn about(
    tx: &mut Tx<'_>,
    scene: &Scene<'_>,
    inbound: &Inbound,
    room: &mut RoomRow,
    known: &[MessageRow],
) -> Result<()> {
    let (core, first) = (scene.core, &known[0]);
    let newest = known.iter().max_by_key(|row| row.position).unwrap_or(first);
    match &inbound.body {
        InboundBody::Edit { parts, .. } => {
            let sender = sender(tx, scene, &inbound.sender, room)?;
            edit(tx, scene, inbound, room, &sender, known, parts)
        }
        InboundBody::Delete { .. } => {
            for row in known {
                redact(tx, core, room, &row.event_id, inbound.sent_at)?;
            }
            Ok(())
        }
        InboundBody::Reaction { key, .. } => {
            let sender = sender(tx, scene, &inbound.sender, room)?;
            react(tx, scene, inbound, room, &sender, first, key)
        }
        InboundBody::ReactionRemove { key, .. } => {
            let sender = sender(tx, scene, &inbound.sender, room)?;
            let part = reaction_part(&inbound.sender, &sender, key);
            for row in messages::list(tx, first.portal_no, &first.remote_id, "reaction")? {
                // Without a key the part is the beginning of every one of the sender's.
                if row.part == part || (key.is_empty() && row.part.starts_with(&part)) {
                    redact(tx, core, room, &row.event_id, inbound.sent_at)?;
                    messages::delete(tx, &row)?;
                }
            }
            Ok(())
        }
        InboundBody::Read { .. } => {
            let reader = match &inbound.sender {
                Sender::System => return Ok(()),
                other => sender(tx, scene, other, room)?,
            };
            marks::read(tx, core, room.room_no, &reader, &newest.event_id, newest.position)
        }
        InboundBody::Unread { .. } => {
            let (owner, room_id) = (&scene.account.owner, room.room_id.as_str());
            for kind in ["m.marked_unread", "com.famedly.marked_unread"] {
                unisono_store::hub::marks::set_data(tx, owner, room_id, kind, r#"{"unread":true}"#)?;
            }
            let news = tx.position()?;
            room::touch(tx, room.room_no, news)?;
            tx.hint(unisono_store::Hint::User(owner.clone()));
            Ok(())
        }
        InboundBody::Delivered { .. } => {
            let fate = Fate::Delivered(others(tx, scene, room)?);
            status::tell(tx, core, room.room_no, &scene.account.channel, &first.event_id, &fate)
        }
        InboundBody::Failed { reason, .. } => outcome::failed_afterwards(tx, core, scene.account, first, reason),
        InboundBody::Message { .. }
        | InboundBody::Typing { .. }
        | InboundBody::ChatInfo
        | InboundBody::ReadUntil { .. }
        | InboundBody::Moved { .. } => Ok(()),
    }
}

/// The ghosts in a direct chat; in a group we do not know whom it reached.
fn others(tx: &mut Tx<'_>, scene: &Scene<'_>, room: &RoomRow) -> Result<Vec<OwnedUserId>> {
    if !scene.portal.direct {
        return Ok(Vec::new());
    }
    let bot = ghosts::bot_id(scene.core)?;
    let members = unisono_store::rooms::memberships::list_of_room(tx, room.room_no, "join")?;
    Ok(members.into_iter().filter(|member| *member != bot && *member != scene.account.owner).collect())
}

fn edit(
    tx: &mut Tx<'_>,
    scene: &Scene<'_>,
    inbound: &Inbound,
    room: &mut RoomRow,
    sender: &OwnedUserId,
    known: &[MessageRow],
    parts: &[Part],
) -> Result<()> {
    let inline = content::inline_media(parts);
    for part in parts {
        let target = known.iter().find(|row| row.part == part.id).unwrap_or(&known[0]);
        // Only its author may change a message (specification, "Validity of replacement events").
        let Some(original) = events::find(tx, &target.event_id)? else { continue };
        if original.sender != *sender || original.redacted_by.is_some() {
            continue;
        }
        let new = content::message(part, &inline, Around::default());
        let content = canonical(content::edit(&target.event_id, new))?;
        let event = NewEvent {
            place: Place::Newest { notify: false },
            from_network: true,
            ..NewEvent::message(sender, "m.room.message", content, inbound.sent_at)
        };
        let appended = append(tx, scene.core, room, event)?;
        let row = MessageRow {
            portal_no: target.portal_no,
            remote_id: inbound.id.as_str().to_owned(),
            kind: "edit".to_owned(),
            part: part.id.clone(),
            event_id: appended.event_id,
            mine: inbound.sender == Sender::Me,
            position: appended.position,
            data: None,
            original: None,
        };
        messages::insert(tx, scene.account.account_id, &row)?;
    }
    Ok(())
}

/// What tells the reactions to one message apart.
pub(super) fn reaction_part(by: &Sender, sender: &OwnedUserId, key: &str) -> String {
    match by {
        Sender::Me => format!("me\n{key}"),
        Sender::Remote(_) | Sender::System => format!("{sender}\n{key}"),
    }
}

fn react(
    tx: &mut Tx<'_>,
    scene: &Scene<'_>,
    inbound: &Inbound,
    room: &mut RoomRow,
    sender: &OwnedUserId,
    target: &MessageRow,
    key: &str,
) -> Result<()> {
    let part = reaction_part(&inbound.sender, sender, key);
    if messages::find_part(tx, target.portal_no, &target.remote_id, "reaction", &part)?.is_some() {
        return Ok(());
    }
    let relation = json!({ "rel_type": "m.annotation", "event_id": target.event_id, "key": key });
    let event = NewEvent {
        place: Place::Newest { notify: false },
        from_network: true,
        ..NewEvent::message(sender, "m.reaction", canonical(json!({ "m.relates_to": relation }))?, inbound.sent_at)
    };
    let appended = append(tx, scene.core, room, event)?;
    let row = MessageRow {
        portal_no: target.portal_no,
        remote_id: target.remote_id.clone(),
        kind: "reaction".to_owned(),
        part,
        event_id: appended.event_id,
        mine: inbound.sender == Sender::Me,
        position: appended.position,
        data: Some(json!({ "id": inbound.id, "key": key }).to_string()),
        original: None,
    };
    Ok(messages::insert(tx, scene.account.account_id, &row)?)
}

/// Removes an event as the network did; by the server's user, who may.
fn redact(tx: &mut Tx<'_>, core: &Core, room: &mut RoomRow, target: &EventId, at: i64) -> Result<()> {
    if events::find(tx, target)?.is_none_or(|event| event.redacted_by.is_some()) {
        return Ok(());
    }
    let bot = ghosts::bot_id(core)?;
    let event = NewEvent {
        place: Place::Newest { notify: false },
        redacts: Some(target),
        from_network: true,
        ..NewEvent::message(&bot, "m.room.redaction", canonical(json!({}))?, at)
    };
    append(tx, core, room, event)?;
    Ok(())
}
