//! Messages of the network as events of ours. Pure: everything known comes in, nothing is asked.

use unisono_domain::{
    Millis,
    channel::{AccountId, ChatInfo, Inbound, InboundBody, Part, PortalKey, RemoteId, RemoteUser, Sender},
    text::Text,
};
use xmpp_parsers::{
    jid::{BareJid, Jid, ResourceRef},
    message::{Id, Message, MessageType},
    minidom::Element,
    stanza_error::StanzaError,
};

use super::{
    content, ids,
    memory::{ME, Memory},
    notes::Notes,
    refusal::{Refusal, refused},
    xml::{Build as _, element, find, has, ns},
};

/// Ids of ours that begin so belong to what nobody waits for: receipts, typing.
pub const ASIDE: &str = "aside-";
/// Typing is shown for so long without being said again, in milliseconds.
const TYPING_SHOWN: u64 = 30_000;

/// How a message came to us.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// Just now.
    Live,
    /// Out of the archive, since we were last here.
    CaughtUp,
    /// Out of the archive, from before we were here.
    Imported,
}

#[derive(Clone, Debug)]
pub struct Heard {
    pub message: Message,
    pub at: Millis,
    /// The archive's id of it.
    pub archived: Option<String>,
    pub way: Way,
}

/// What a message presupposes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Need {
    Nothing,
    /// What this room's people said lately, and who.
    Room(String),
    /// Whether this message is by the one who refers to it.
    Author {
        own: RemoteId,
        chat: String,
        author: String,
        id: String,
    },
}

/// Reads messages of one account.
pub struct Reader<'a> {
    pub account: AccountId,
    pub me: &'a BareJid,
    pub memory: &'a mut Memory,
}

/// The id that somebody gave a message for all to refer to (XEP-0359). Only what its giver is
/// trusted with is looked at.
pub fn stanza_id(payloads: &[Element], by: &BareJid) -> Option<String> {
    let given = payloads.iter().find(|payload| {
        payload.is("stanza-id", ns::SID) && payload.attr("by").is_some_and(|giver| giver == by.as_str())
    })?;
    given.attr("id").map(ToOwned::to_owned)
}

/// When it was said, if it came late (XEP-0203).
pub fn delayed(payloads: &[Element]) -> Option<Millis> {
    time(find(payloads, "delay", ns::DELAY)?.attr("stamp")?)
}

pub fn time(stamp: &str) -> Option<Millis> {
    Some(stamp.parse::<jiff::Timestamp>().ok()?.as_millisecond())
}

/// A message inside another one (XEP-0297), with when it was said.
pub fn forwarded(wrapper: &Element) -> Option<(Message, Option<Millis>)> {
    let forwarded = wrapper.get_child("forwarded", ns::FORWARD)?;
    let stamp = forwarded.get_child("delay", ns::DELAY).and_then(|delay| time(delay.attr("stamp")?));
    let message = Message::try_from(forwarded.get_child("message", ns::DEFAULT_NS)?.clone()).ok()?;
    Some((message, stamp))
}

/// An invitation that a room hands on (XEP-0045, 7.8.2), as if its guest had said it.
fn invitation(message: &Message) -> Option<Message> {
    let room = message.from.as_ref()?;
    let invite = find(&message.payloads, "x", ns::MUC_USER)?.get_child("invite", ns::MUC_USER)?;
    let guest = invite.attr("from")?.parse::<Jid>().ok()?;
    let mut said = message.clone();
    said.payloads.retain(|payload| !payload.is("x", ns::CONFERENCE));
    said.payloads.push(element("x", ns::CONFERENCE).set("jid", room.to_bare().as_str()));
    said.from = Some(guest);
    Some(said)
}

/// Who says something to whom.
struct Scene {
    portal: PortalKey,
    /// The chat's part of ids.
    chat: String,
    info: ChatInfo,
    sender: Sender,
    room: bool,
    /// The author in a room by what does not change; in a private chat, [`ME`] or the other's address.
    author: String,
}

impl Scene {
    fn mine(&self) -> bool {
        self.sender == Sender::Me
    }

    /// A message in this chat by the same author.
    fn own(&self, id: &str) -> RemoteId {
        if self.mine() { ids::mine(&self.chat, id) } else { ids::theirs(&self.chat, id) }
    }

    /// A message in this chat by the other side.
    fn others(&self, id: &str) -> RemoteId {
        if self.mine() { ids::theirs(&self.chat, id) } else { ids::mine(&self.chat, id) }
    }
}

impl Reader<'_> {
    /// Everything that a message tells.
    pub fn read(&mut self, heard: &Heard) -> Vec<Inbound> {
        let message = &heard.message;
        match message.type_ {
            MessageType::Error => self.failure(heard).into_iter().collect(),
            MessageType::Groupchat => match self.room_scene(message) {
                Some(scene) => self.events(heard, &scene),
                None => Vec::new(),
            },
            MessageType::Chat | MessageType::Normal | MessageType::Headline => {
                // News of somebody's profile is no message.
                if has(&message.payloads, "event", ns::PUBSUB_EVENT) {
                    return Vec::new();
                }
                let invited = invitation(message).map(|message| Heard { message, ..heard.clone() });
                let heard = invited.as_ref().unwrap_or(heard);
                let scene = self.private_scene(&heard.message);
                self.events(heard, &scene)
            }
        }
    }

    /// Only takes note of whose message this is.
    pub fn recall(&mut self, heard: &Heard) {
        let scene = match heard.message.type_ {
            MessageType::Groupchat => self.room_scene(&heard.message),
            _ => Some(self.private_scene(&heard.message)),
        };
        if let Some(scene) = scene {
            self.ids(heard, &scene);
        }
    }

    /// What has to be known of earlier messages to understand this one.
    pub fn needs(&self, message: &Message) -> Need {
        let payloads = &message.payloads;
        let id = |name: &str, namespace: &str| find(payloads, name, namespace).and_then(|about| about.attr("id"));
        if message.type_ == MessageType::Groupchat {
            let Some(scene) = self.room_scene(message) else { return Need::Nothing };
            let corrected = id("replace", ns::MESSAGE_CORRECT);
            let corrected =
                corrected.is_some_and(|id| self.memory.find_room_id(&scene.chat, &scene.author, id).is_none());
            let retracted = id("retract", ns::RETRACT).filter(|_| scene.sender != Sender::System);
            let retracted = retracted.is_some_and(|id| !self.memory.is_by(&scene.chat, &scene.author, id));
            return if corrected || retracted { Need::Room(scene.chat) } else { Need::Nothing };
        }
        let Some(id) = id("reactions", ns::REACTIONS) else { return Need::Nothing };
        let scene = self.private_scene(message);
        if self.memory.is_by(&scene.chat, &scene.author, id) {
            return Need::Nothing;
        }
        Need::Author { own: scene.own(id), chat: scene.chat, author: scene.author, id: id.to_owned() }
    }

    fn private_scene(&self, message: &Message) -> Scene {
        let own = Jid::from(self.me.clone());
        let from = message.from.as_ref().unwrap_or(&own);
        let mine = from.to_bare() == *self.me;
        let other = if mine { message.to.as_ref().unwrap_or(&own) } else { from };
        let bare = other.to_bare();
        if let Some(room) = self.memory.rooms.get(bare.as_str()).filter(|_| other.resource().is_none()) {
            // The room itself speaks.
            return Scene {
                portal: PortalKey::private(self.account, bare.as_str()),
                chat: bare.to_string(),
                info: ChatInfo::group(Some(room.title(bare.as_str())), Vec::new()),
                sender: if mine { Sender::Me } else { Sender::System },
                room: true,
                author: ME.to_owned(),
            };
        }
        // A private word of somebody in a room keeps to their place in the room.
        let in_room = self.memory.is_occupant(other);
        let chat = if in_room { other.to_string() } else { bare.to_string() };
        let person = match other.resource() {
            Some(nick) if in_room => {
                RemoteUser::new(ids::short(&chat)).named(Some(format!("{} ({bare})", nick.as_str())))
            }
            _ => self.memory.person(&chat),
        };
        Scene {
            portal: PortalKey::private(self.account, ids::short(&chat)),
            author: if mine { ME.to_owned() } else { chat.clone() },
            info: ChatInfo::direct(person.clone()),
            sender: if mine { Sender::Me } else { Sender::Remote(person) },
            room: false,
            chat,
        }
    }

    fn room_scene(&self, message: &Message) -> Option<Scene> {
        let from = message.from.as_ref()?;
        let address = from.to_bare().to_string();
        let room = self.memory.rooms.get(&address)?;
        let occupant_id = find(&message.payloads, "occupant-id", ns::OID).and_then(|id| id.attr("id"));
        let real = find(&message.payloads, "x", ns::MUC_USER)
            .and_then(|user| user.get_child("item", ns::MUC_USER)?.attr("jid")?.parse::<Jid>().ok());
        let (sender, author) = match from.resource().map(ResourceRef::as_str) {
            None => (Sender::System, String::new()),
            Some(nick) => {
                let mine = match (&real, occupant_id, &room.occupant_id) {
                    (Some(real), ..) => real.to_bare() == *self.me,
                    (None, Some(id), Some(own)) => id == own,
                    _ => nick == room.nick,
                };
                let author = occupant_id.unwrap_or(nick).to_owned();
                let sender = match (mine, &real) {
                    (true, _) => Sender::Me,
                    (false, Some(real)) => {
                        let person = self.memory.person(real.to_bare().as_str());
                        let known = self.memory.contacts.contains_key(real.to_bare().as_str());
                        Sender::Remote(if known { person } else { person.named(Some(nick)) })
                    }
                    (false, None) => Sender::Remote(self.memory.occupant(&address, nick, occupant_id)),
                };
                (sender, author)
            }
        };
        Some(Scene {
            portal: PortalKey::private(self.account, &address),
            info: ChatInfo::group(Some(room.title(&address)), Vec::new()),
            sender,
            author,
            room: true,
            chat: address,
        })
    }

    fn events(&mut self, heard: &Heard, scene: &Scene) -> Vec<Inbound> {
        let message = &heard.message;
        let payloads = &message.payloads;
        let Some(ids) = self.ids(heard, scene) else { return Vec::new() };
        let make = |id: RemoteId, body: InboundBody| {
            let event = Inbound::new(scene.portal.clone(), scene.sender.clone(), id.as_str(), heard.at, body);
            Inbound {
                historical: heard.way == Way::Imported,
                seen: heard.way == Way::Imported,
                ..event.in_chat(scene.info.clone())
            }
        };
        if let Some(target) = self.retracted(payloads, scene) {
            return vec![make(ids.event, InboundBody::Delete { target })];
        }
        if let Some(reactions) = find(payloads, "reactions", ns::REACTIONS) {
            return self.reactions(reactions, scene, &ids.own, make);
        }
        let mut events = self.signals(heard, scene, &ids.own, make);
        let parts = content::parts(message);
        if parts.is_empty() {
            events.extend(self.subject(message, scene, &ids.event, heard));
            return events;
        }
        let replaced = find(payloads, "replace", ns::MESSAGE_CORRECT).and_then(|replace| replace.attr("id"));
        if let Some(target) = replaced.and_then(|id| self.corrected(id, scene)) {
            // What follows may name the correction as well as what it corrects.
            events.push(make(ids.event, InboundBody::Edit { target, parts }));
            return events;
        }
        let reply_to = find(payloads, "reply", ns::REPLY).and_then(|reply| self.replied(reply, scene));
        let markable = has(payloads, "markable", ns::DISPLAYED_MARKERS);
        let notes = Notes {
            id: ids.own.clone(),
            sid: ids.archived,
            markable,
            from: message.from.as_ref().map(ToString::to_string).unwrap_or_default(),
            txn: scene.mine().then_some(ids.own),
        };
        events.push(make(ids.event, InboundBody::Message { parts, reply_to }).noting(notes.to_value()));
        events
    }

    /// What a message is called by its author, by the archive, and by us.
    fn ids(&mut self, heard: &Heard, scene: &Scene) -> Option<Names> {
        let payloads = &heard.message.payloads;
        let given = heard.message.id.as_ref().map(|Id(id)| id.as_str()).filter(|id| !id.is_empty());
        let origin = find(payloads, "origin-id", ns::SID).and_then(|origin| origin.attr("id"));
        let says = !heard.message.bodies.is_empty();
        if scene.room {
            let room: BareJid = scene.chat.parse().ok()?;
            let archived = heard.archived.clone().or_else(|| stanza_id(payloads, &room));
            let own = given.or(origin).unwrap_or_default().to_owned();
            let name = match &archived {
                Some(id) => id.clone(),
                None if own.is_empty() => anonymous(heard, &scene.author),
                // A room without ids of its own: its people's are unique only with who they are.
                None => format!("{} {own}", scene.author),
            };
            if says && !own.is_empty() {
                self.memory.note(&scene.chat, &scene.author, &own, &name);
            }
            return Some(Names { event: ids::in_room(&scene.chat, &name), own, archived });
        }
        let archived = heard.archived.clone().or_else(|| stanza_id(payloads, self.me));
        let own = given.or(origin).map(ToOwned::to_owned);
        let own = own.or_else(|| archived.clone()).unwrap_or_else(|| anonymous(heard, &scene.author));
        if says {
            self.memory.note(&scene.chat, &scene.author, &own, &own);
        }
        Some(Names { event: scene.own(&own), own, archived })
    }

    /// Typing, receipts, and what has been seen.
    fn signals(
        &self,
        heard: &Heard,
        scene: &Scene,
        own: &str,
        make: impl Fn(RemoteId, InboundBody) -> Inbound,
    ) -> Vec<Inbound> {
        let payloads = &heard.message.payloads;
        let mut events = Vec::new();
        if heard.way == Way::Live && !scene.mine() {
            let typing = payloads.iter().find(|payload| payload.has_ns(ns::CHATSTATES));
            let timeout = typing.map(|state| if state.name() == "composing" { TYPING_SHOWN } else { 0 });
            if let Some(timeout) = timeout {
                events.push(make(RemoteId::new("typing"), InboundBody::Typing { timeout }));
            }
        }
        if heard.way == Way::Imported {
            return events;
        }
        let about = |name: &str, namespace: &str| find(payloads, name, namespace).and_then(|marker| marker.attr("id"));
        let target = |id: &str| if scene.room { ids::in_room(&scene.chat, id) } else { scene.others(id) };
        let event = |target: &RemoteId| RemoteId::new(ids::short(&format!("{target} {} {own}", scene.author)));
        let received = about("received", ns::RECEIPTS).or_else(|| about("received", ns::DISPLAYED_MARKERS));
        // In a room nobody knows whom it has reached by one who says so.
        if let Some(id) = received.filter(|_| !scene.mine() && !scene.room) {
            let target = target(id);
            events.push(make(event(&target), InboundBody::Delivered { target }));
        }
        if let Some(id) = about("displayed", ns::DISPLAYED_MARKERS) {
            let up_to = target(id);
            events.push(make(event(&up_to), InboundBody::Read { up_to }));
        }
        events
    }

    fn reactions(
        &mut self,
        reactions: &Element,
        scene: &Scene,
        own: &str,
        make: impl Fn(RemoteId, InboundBody) -> Inbound,
    ) -> Vec<Inbound> {
        let Some(id) = reactions.attr("id") else { return Vec::new() };
        let target = if scene.room {
            ids::in_room(&scene.chat, id)
        } else if self.memory.is_by(&scene.chat, &scene.author, id) {
            scene.own(id)
        } else {
            scene.others(id)
        };
        let keys = reactions.children().filter(|child| child.is("reaction", ns::REACTIONS)).map(Element::text);
        let keys: Vec<String> = keys.map(|key| key.trim().to_owned()).filter(|key| !key.is_empty()).take(20).collect();
        let by = if scene.mine() { ME } else { &scene.author };
        let (added, removed) = self.memory.cursor.react(&target, by, keys);
        let id = |sign: char, key: &str| RemoteId::new(ids::short(&format!("{target} {by} {sign}{key} {own}")));
        let added = added.into_iter().map(|key| (id('+', &key), InboundBody::Reaction { target: target.clone(), key }));
        let removed =
            removed.into_iter().map(|key| (id('-', &key), InboundBody::ReactionRemove { target: target.clone(), key }));
        added.chain(removed).map(|(id, body)| make(id, body)).collect()
    }

    /// What a message takes back: its author's own, or anyone's if the room itself says so (XEP-0425).
    fn retracted(&self, payloads: &[Element], scene: &Scene) -> Option<RemoteId> {
        let old = || find(payloads, "apply-to", ns::FASTEN).filter(|of| of.has_child("retract", ns::RETRACT_0));
        let id = find(payloads, "retract", ns::RETRACT).or_else(old)?.attr("id")?;
        if !scene.room {
            return Some(scene.own(id));
        }
        // Nobody takes back what somebody else said.
        let allowed = scene.sender == Sender::System || self.memory.is_by(&scene.chat, &scene.author, id);
        allowed.then(|| ids::in_room(&scene.chat, id))
    }

    /// The message that is corrected. `None`: not known to be by this author, so it stands for itself.
    fn corrected(&self, id: &str, scene: &Scene) -> Option<RemoteId> {
        if scene.room {
            let known = self.memory.find_room_id(&scene.chat, &scene.author, id)?;
            return Some(ids::in_room(&scene.chat, known));
        }
        Some(scene.own(id))
    }

    fn replied(&self, reply: &Element, scene: &Scene) -> Option<RemoteId> {
        let id = reply.attr("id")?;
        if scene.room {
            return Some(ids::in_room(&scene.chat, id));
        }
        let to = reply.attr("to").and_then(|to| to.parse::<Jid>().ok()).map(|to| to.to_bare());
        Some(match to {
            Some(to) if to == *self.me => ids::mine(&scene.chat, id),
            Some(_) => ids::theirs(&scene.chat, id),
            None => scene.others(id),
        })
    }

    /// A room's new subject (XEP-0045, 8.1). What it was when we came in is no news.
    fn subject(&mut self, message: &Message, scene: &Scene, id: &RemoteId, heard: &Heard) -> Option<Inbound> {
        let (_, subject) = message.get_best_subject(vec!["de", "en"])?;
        let subject = subject.trim().to_owned();
        let room = self.memory.rooms.get_mut(&scene.chat).filter(|_| scene.room)?;
        let before = room.subject.replace(subject.clone());
        if heard.way != Way::Live || before.is_none() || before.as_ref() == Some(&subject) || subject.is_empty() {
            return None;
        }
        let text = Text::owned(format!("The subject is now: {subject}"), format!("Das Thema ist jetzt: {subject}"));
        let body = InboundBody::message(vec![Part::notice("0", &text)]);
        Some(Inbound::new(scene.portal.clone(), Sender::System, id.as_str(), heard.at, body))
    }

    /// A message of ours came back.
    fn failure(&self, heard: &Heard) -> Option<Inbound> {
        let message = &heard.message;
        let Id(id) = message.id.as_ref()?;
        if id.starts_with(ASIDE) || heard.way != Way::Live {
            return None;
        }
        let from = message.from.as_ref()?;
        let address = from.to_bare().to_string();
        if self.memory.rooms.contains_key(&address) && !self.memory.is_occupant(from) {
            // Whoever sent it heard of it; a room gives no id to what it refuses.
            return None;
        }
        let chat = if self.memory.is_occupant(from) { from.to_string() } else { address };
        let error = find(&message.payloads, "error", ns::DEFAULT_NS)?.clone();
        let refusal = Refusal::from(StanzaError::try_from(error).ok()?);
        let body = InboundBody::Failed { target: ids::mine(&chat, id), reason: refused(&refusal) };
        let event = RemoteId::new(ids::short(&format!("{chat} failed {id}")));
        Some(Inbound::new(
            PortalKey::private(self.account, ids::short(&chat)),
            Sender::System,
            event.as_str(),
            heard.at,
            body,
        ))
    }
}

struct Names {
    event: RemoteId,
    /// As its author calls it.
    own: String,
    archived: Option<String>,
}

/// Stands for the id of a message that has none. The same message has the same.
fn anonymous(heard: &Heard, author: &str) -> String {
    use sha2::Digest as _;
    let text = format!("{author}\n{}\n{}", heard.at, content::body(&heard.message));
    crate::verify::hex(&sha2::Sha256::digest(text.as_bytes()))
}

#[cfg(test)]
mod tests;
