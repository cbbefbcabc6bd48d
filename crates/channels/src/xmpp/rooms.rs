//! Rooms (XEP-0045): coming in, who is there, and being shown the door.

use std::sync::Arc;

use futures_util::future::join_all;
use tokio::{sync::oneshot, time::timeout};
use unisono_domain::{
    channel::{ChatInfo, Inbound, InboundBody, Part, PortalKey, RemoteUser, Sender},
    text::Text,
};
use xmpp_parsers::{
    jid::{BareJid, Jid},
    minidom::Element,
    presence::{Presence, Type},
    stanza_error::StanzaError,
};

use super::{
    courtesy,
    link::{Link, LinkError},
    memory::{Occupant, RoomMark},
    refusal::Refusal,
    session::XmppSession,
    xml::{Build as _, element, find, ns},
};

const JOIN_WITHIN: std::time::Duration = std::time::Duration::from_secs(20);
const MOST_CONFLICTS: u32 = 5;
const MOST_MEMBERS: usize = 200;

/// Whether an address is that of a room we know.
pub fn is_room(session: &XmppSession, jid: &Jid) -> bool {
    jid.resource().is_none() && session.memory().rooms.contains_key(jid.as_str())
}

pub fn info(session: &XmppSession, chat: &str) -> Option<ChatInfo> {
    let memory = session.memory();
    let room = memory.rooms.get(chat)?;
    let others = room.occupants.keys().filter(|nick| **nick != room.nick).take(MOST_MEMBERS);
    let members: Vec<RemoteUser> = others.map(|nick| memory.occupant(chat, nick, None)).collect();
    Some(ChatInfo { topic: room.subject.clone(), ..ChatInfo::group(Some(room.title(chat)), members) })
}

pub fn not_in(reason: &str) -> Text {
    Text::owned(format!("The room does not let us in: {reason}"), format!("Der Raum lässt uns nicht ein: {reason}"))
}

/// Asks to come in; what becomes of it comes as presence.
pub async fn enter(session: &XmppSession, link: &Link, room: &BareJid, nick: &str) -> Result<(), LinkError> {
    {
        let mut memory = session.memory();
        let known = memory.rooms.entry(room.to_string()).or_default();
        known.nick = nick.to_owned();
        known.joined = false;
        known.occupants.clear();
        known.subject = None;
    }
    let Ok(to) = room.with_resource_str(nick) else {
        fail(session, room, "the nickname is not allowed");
        return Ok(());
    };
    // What was said before comes out of the archive, or not at all.
    let history = element("history", ns::MUC).set("maxstanzas", "0");
    let mut presence = Presence::new(Type::None).with_to(Jid::from(to));
    presence.payloads = vec![element("x", ns::MUC).child(history), courtesy::abilities()];
    link.send(presence).await
}

/// Why we are not in a room.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outside {
    /// Nobody answered.
    ForNow,
    Refused(String),
}

/// Comes in, if we are not, and waits for it.
pub async fn ensure_joined(session: &XmppSession, link: &Arc<Link>, room: &BareJid) -> Result<(), Outside> {
    let (joined, waiting) = oneshot::channel();
    let nick = {
        let mut memory = session.memory();
        let known = memory.rooms.entry(room.to_string()).or_default();
        if known.joined {
            return Ok(());
        }
        known.waiting.push(joined);
        known.conflicts = 0;
        if known.nick.is_empty() { own_nick(session) } else { known.nick.clone() }
    };
    enter(session, link, room, &nick).await.map_err(|_| Outside::ForNow)?;
    match timeout(JOIN_WITHIN, waiting).await {
        Ok(Ok(result)) => result.map_err(Outside::Refused),
        Ok(Err(_)) | Err(_) => Err(Outside::ForNow),
    }
}

pub fn own_nick(session: &XmppSession) -> String {
    session.me.node().map_or_else(|| "unisono".to_owned(), |node| node.as_str().to_owned())
}

fn fail(session: &XmppSession, room: &BareJid, reason: &str) {
    let waiting = match session.memory().rooms.get_mut(room.as_str()) {
        Some(known) => std::mem::take(&mut known.waiting),
        None => return,
    };
    for waits in waiting {
        let _ = waits.send(Err(reason.to_owned()));
    }
}

/// What a presence in a room means.
pub enum Happened {
    Nothing,
    /// We are in.
    Entered,
    Notice(Text),
}

/// Somebody comes, goes or changes; `room` is one that we know.
pub async fn presence(
    session: &XmppSession,
    link: &Link,
    from: &Jid,
    presence: &Presence,
) -> Result<Happened, LinkError> {
    let room = from.to_bare();
    if presence.type_ == Type::Error {
        refused(session, link, &room, presence).await?;
        return Ok(Happened::Nothing);
    }
    let Some(nick) = from.resource().map(|nick| nick.as_str().to_owned()) else { return Ok(Happened::Nothing) };
    let Some(user) = find(&presence.payloads, "x", ns::MUC_USER) else { return Ok(Happened::Nothing) };
    let item = user.get_child("item", ns::MUC_USER);
    let statuses = statuses(user);
    let has = |code: &str| statuses.iter().any(|status| status == code);
    let own = has("110");
    if presence.type_ == Type::Unavailable {
        return Ok(gone(session, &room, &nick, item, own, &has));
    }
    if has("201") {
        // The room did not exist: it is made as the server makes rooms (10.1.2).
        let form = element("x", ns::DATA_FORMS).set("type", "submit");
        let owner = element("query", "http://jabber.org/protocol/muc#owner").child(form);
        match link.set(Some(Jid::from(room.clone())), owner).await {
            Ok(_) | Err(LinkError::Refused(_) | LinkError::TimedOut) => {}
            Err(error @ LinkError::Lost) => return Err(error),
        }
    }
    let mut memory = session.memory();
    let Some(known) = memory.rooms.get_mut(room.as_str()) else { return Ok(Happened::Nothing) };
    let real = item.and_then(|item| item.attr("jid")?.parse::<Jid>().ok()).map(|jid| jid.to_bare());
    let id = find(&presence.payloads, "occupant-id", ns::OID).and_then(|id| id.attr("id")).map(ToOwned::to_owned);
    if own {
        known.nick.clone_from(&nick);
        known.occupant_id.clone_from(&id);
    }
    known.occupants.insert(nick, Occupant { real, id });
    Ok(if own && !known.joined { Happened::Entered } else { Happened::Nothing })
}

/// We have come in: whoever waits for it may go on.
pub fn entered(session: &XmppSession, room: &BareJid) {
    let mut memory = session.memory();
    let Some(known) = memory.rooms.get_mut(room.as_str()) else { return };
    known.joined = true;
    known.conflicts = 0;
    for waits in std::mem::take(&mut known.waiting) {
        let _ = waits.send(Ok(()));
    }
    let nick = known.nick.clone();
    let now = session.host.now();
    let mark =
        memory.cursor.rooms.entry(room.to_string()).or_insert_with(|| RoomMark { since: now, ..RoomMark::default() });
    mark.nick = nick;
}

fn statuses(user: &Element) -> Vec<String> {
    let statuses = user.children().filter(|child| child.is("status", ns::MUC_USER));
    statuses.filter_map(|status| status.attr("code").map(ToOwned::to_owned)).collect()
}

async fn refused(session: &XmppSession, link: &Link, room: &BareJid, presence: &Presence) -> Result<(), LinkError> {
    let error = find(&presence.payloads, "error", ns::DEFAULT_NS).cloned();
    let refusal = error.and_then(|error| StanzaError::try_from(error).ok()).map(Refusal::from);
    let conflict = refusal.as_ref().is_some_and(|refusal| refusal.condition == "conflict");
    let another = {
        let mut memory = session.memory();
        let Some(known) = memory.rooms.get_mut(room.as_str()) else { return Ok(()) };
        if known.joined {
            // A refused change; we are still in.
            return Ok(());
        }
        known.conflicts += 1;
        (conflict && known.conflicts <= MOST_CONFLICTS).then(|| format!("{}_", known.nick))
    };
    match another {
        Some(nick) => enter(session, link, room, &nick).await,
        None => {
            let reason = refusal.map_or_else(|| "refused".to_owned(), |refusal| refusal.to_string());
            fail(session, room, &reason);
            Ok(())
        }
    }
}

fn gone(
    session: &XmppSession,
    room: &BareJid,
    nick: &str,
    item: Option<&Element>,
    own: bool,
    has: &dyn Fn(&str) -> bool,
) -> Happened {
    let mut memory = session.memory();
    let Some(known) = memory.rooms.get_mut(room.as_str()) else { return Happened::Nothing };
    let left = known.occupants.remove(nick);
    if has("303") {
        if let Some(new) = item.and_then(|item| item.attr("nick")) {
            if own {
                new.clone_into(&mut known.nick);
            }
            known.occupants.insert(new.to_owned(), left.unwrap_or_default());
        }
        return Happened::Nothing;
    }
    let reason = item.and_then(|item| super::xml::text_of(item, "reason", ns::MUC_USER));
    let because = reason.map(|reason| format!(": {reason}")).unwrap_or_default();
    let destroyed = own && left.is_some() && item.and_then(|item| item.attr("role")) == Some("none");
    if own {
        known.joined = false;
    }
    let (en, de) = match (own, has("301"), has("307")) {
        (true, true, _) => ("You were banned from the room", "Du wurdest aus dem Raum verbannt"),
        (true, _, true) => ("You were removed from the room", "Du wurdest aus dem Raum entfernt"),
        (true, ..) if destroyed => ("You are no longer in the room", "Du bist nicht mehr in dem Raum"),
        (false, true, _) => ("was banned from the room", "wurde aus dem Raum verbannt"),
        (false, _, true) => ("was removed from the room", "wurde aus dem Raum entfernt"),
        _ => return Happened::Nothing,
    };
    let who = if own { String::new() } else { format!("{nick} ") };
    Happened::Notice(Text::owned(format!("{who}{en}{because}"), format!("{who}{de}{because}")))
}

/// A notice in a room, of this moment.
pub fn notice(session: &XmppSession, room: &BareJid, text: &Text) -> Inbound {
    let now = session.host.now();
    let body = InboundBody::message(vec![Part::notice("0", text)]);
    let id = super::ids::in_room(room.as_str(), &format!("notice {now} {}", text.en));
    Inbound::new(PortalKey::private(session.account, room.as_str()), Sender::System, id.as_str(), now, body)
}

/// A room that says so does not know us (any more), as after its server was started anew.
pub fn has_lost_us(refusal: &Refusal) -> bool {
    refusal.condition == "not-acceptable"
}

/// We are not in a room after all.
pub fn forget(session: &XmppSession, room: &BareJid) {
    if let Some(known) = session.memory().rooms.get_mut(room.as_str()) {
        known.joined = false;
    }
}

/// Asks every room whether we are still in it (XEP-0410), and comes in again where we are not.
pub async fn make_sure(session: &XmppSession, link: &Link) -> Result<(), LinkError> {
    let joined: Vec<(String, String)> = {
        let memory = session.memory();
        let joined = memory.rooms.iter().filter(|(_, known)| known.joined);
        joined.map(|(room, known)| (room.clone(), known.nick.clone())).collect()
    };
    let asked = joined.into_iter().filter_map(|(room, nick)| {
        let room = room.parse::<BareJid>().ok()?;
        let own = room.with_resource_str(&nick).ok()?;
        Some(async move { (room, nick, link.get(Some(Jid::from(own)), element("ping", ns::PING)).await) })
    });
    for (room, nick, answer) in join_all(asked).await {
        match answer {
            Err(LinkError::Refused(refusal)) if has_lost_us(&refusal) => enter(session, link, &room, &nick).await?,
            // Whatever else is answered, it was passed on to us, or tried to be.
            Ok(_) | Err(LinkError::Refused(_) | LinkError::TimedOut) => {}
            Err(error @ LinkError::Lost) => return Err(error),
        }
    }
    Ok(())
}

/// What the room is called and who is in it, as an event.
pub fn described(session: &XmppSession, room: &BareJid) -> Option<Inbound> {
    use std::hash::{Hash as _, Hasher as _};
    let info = info(session, room.as_str())?;
    // The same description again is no event.
    let mut hasher = std::hash::DefaultHasher::new();
    info.name.hash(&mut hasher);
    for member in &info.members {
        member.id.hash(&mut hasher);
    }
    let id = super::ids::in_room(room.as_str(), &format!("info {:x}", hasher.finish()));
    let portal = PortalKey::private(session.account, room.as_str());
    let event = Inbound::new(portal, Sender::System, id.as_str(), session.host.now(), InboundBody::ChatInfo);
    Some(event.in_chat(info))
}

/// Asks a room for its name.
pub async fn ask_name(session: &XmppSession, link: &Link, room: &BareJid) -> Result<(), LinkError> {
    let info = match link.get(Some(Jid::from(room.clone())), element("query", ns::DISCO_INFO)).await {
        Ok(info) => info,
        Err(LinkError::Refused(_) | LinkError::TimedOut) => None,
        Err(error @ LinkError::Lost) => return Err(error),
    };
    let name = info.as_ref().and_then(|info| info.get_child("identity", ns::DISCO_INFO)?.attr("name"));
    let name = name.map(str::trim).filter(|name| !name.is_empty()).map(ToOwned::to_owned);
    if let Some(known) = session.memory().rooms.get_mut(room.as_str()) {
        known.name = name;
    }
    Ok(())
}
