//! Messages of ours as the network takes them.

use unisono_domain::channel::{Formatting, MessageRef, Part, PartKind};
use xmpp_parsers::{
    jid::Jid,
    message::{Id, Lang, Message, MessageType},
    minidom::Element,
};

use super::{
    notes::Notes,
    xml::{Build as _, clean, element, ns},
};
use crate::format;

/// Whom a message is for.
#[derive(Clone, Debug)]
pub struct Recipient {
    pub to: Jid,
    pub room: bool,
}

impl Recipient {
    /// The name of a message that has its id from the archive in rooms, from its author elsewhere.
    fn reference(&self, target: &MessageRef) -> String {
        let notes = Notes::read(target);
        if self.room { notes.sid.unwrap_or(notes.id) } else { notes.id }
    }

    fn message(&self, id: &str) -> Message {
        let kind = if self.room { MessageType::Groupchat } else { MessageType::Chat };
        let mut message = Message::new_with_type(kind, Some(self.to.clone()));
        message.id = Some(Id(id.to_owned()));
        message
    }

    /// Something that is no message to read: typing, what has been seen.
    pub fn aside(&self, id: &str, payload: Element) -> Message {
        let mut message = self.message(id);
        message.payloads.push(payload);
        message
    }

    /// The same, to be kept in the archives.
    pub fn kept(&self, id: &str, payload: Element) -> Message {
        let mut message = self.aside(id, payload);
        message.payloads.push(element("origin-id", ns::SID).set("id", id));
        message.payloads.push(element("store", ns::HINTS));
        message
    }

    fn text(&self, id: &str, body: &str) -> Message {
        let mut message = self.message(id).with_body(Lang::new(), clean(body));
        message.payloads.push(element("origin-id", ns::SID).set("id", id));
        message.payloads.push(element("markable", ns::DISPLAYED_MARKERS));
        if self.to.resource().is_some() {
            // A private word to somebody in a room (XEP-0045, 7.5).
            message.payloads.push(element("x", ns::MUC_USER));
        }
        if !self.room {
            message.payloads.push(element("request", ns::RECEIPTS));
            message.payloads.push(element("active", ns::CHATSTATES));
        }
        message
    }

    /// A message of parts that are here; `uploaded`: where its file is now.
    pub fn say(&self, id: &str, parts: &[Part], uploaded: Option<&str>, reply_to: Option<&MessageRef>) -> Message {
        let mut message = match uploaded {
            Some(url) => {
                let mut message = self.text(id, url);
                let oob = element("x", ns::OOB).child(element("url", ns::OOB).says(url));
                message.payloads.push(oob);
                message
            }
            None => self.text(id, &words(parts)),
        };
        let place = parts.iter().find(|part| part.kind == PartKind::Location).and_then(Part::coordinates);
        if let Some((latitude, longitude)) = place {
            let number = |name: &str, number: f64| element(name, ns::GEOLOC).says(&number.to_string());
            let place = element("geoloc", ns::GEOLOC).child(number("lat", latitude)).child(number("lon", longitude));
            message.payloads.push(place);
        }
        if let Some(target) = reply_to {
            let notes = Notes::read(target);
            message
                .payloads
                .push(element("reply", ns::REPLY).set("to", &notes.from).set("id", &self.reference(target)));
        }
        message
    }

    pub fn correct(&self, id: &str, target: &MessageRef, parts: &[Part]) -> Message {
        let mut message = self.text(id, &words(parts));
        message.payloads.push(element("replace", ns::MESSAGE_CORRECT).set("id", &Notes::read(target).id));
        message
    }

    pub fn retract(&self, id: &str, target: &MessageRef) -> Message {
        let mut message = self.kept(id, element("retract", ns::RETRACT).set("id", &self.reference(target)));
        let words = "This person took back an earlier message; your program does not know how to remove it.";
        message.bodies.insert(Lang::new(), words.to_owned());
        message.payloads.push(element("fallback", ns::FALLBACK).set("for", ns::RETRACT));
        message
    }

    /// All reactions to a message: the network wants them together.
    pub fn react(&self, id: &str, target: &MessageRef, keys: &[String]) -> Message {
        let reactions = element("reactions", ns::REACTIONS).set("id", &self.reference(target));
        let reactions = keys.iter().fold(reactions, |all, key| all.child(element("reaction", ns::REACTIONS).says(key)));
        self.kept(id, reactions)
    }

    /// That a message was seen; `None` if its author does not want to know.
    pub fn seen(&self, id: &str, target: &MessageRef) -> Option<Message> {
        let wanted = Notes::read(target).markable;
        let marker = element("displayed", ns::DISPLAYED_MARKERS).set("id", &self.reference(target));
        wanted.then(|| self.kept(id, marker))
    }

    pub fn typing(&self, id: &str, typing: bool) -> Message {
        let state = element(if typing { "composing" } else { "paused" }, ns::CHATSTATES);
        let mut message = self.aside(id, state);
        message.payloads.push(element("no-store", ns::HINTS));
        message
    }
}

/// That a message has arrived (XEP-0184).
pub fn received(to: Jid, id: &str, about: &str) -> Message {
    let recipient = Recipient { to, room: false };
    recipient.kept(id, element("received", ns::RECEIPTS).set("id", about))
}

fn words(parts: &[Part]) -> String {
    let texts = parts.iter().map(|part| match (part.kind, part.coordinates()) {
        (PartKind::Location, Some((latitude, longitude))) => format!("geo:{latitude},{longitude}"),
        _ => format::write(Formatting::WhatsApp, part),
    });
    texts.collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use unisono_domain::channel::RemoteId;

    use super::*;
    use crate::xmpp::xml::{find, has};

    fn target() -> MessageRef {
        let notes = Notes {
            id: "own".to_owned(),
            sid: Some("archived".to_owned()),
            markable: false,
            from: "room@muc.x/Anna".to_owned(),
            txn: None,
        };
        MessageRef { id: RemoteId::new("x"), data: notes.to_value() }
    }

    #[test]
    fn rooms_are_told_the_ids_that_they_gave() {
        let room = Recipient { to: "room@muc.x".parse().unwrap(), room: true };
        let person = Recipient { to: "anna@x".parse().unwrap(), room: false };
        let id = |message: &Message| {
            find(&message.payloads, "reactions", ns::REACTIONS).unwrap().attr("id").unwrap().to_owned()
        };
        assert_eq!(id(&room.react("1", &target(), &[])), "archived");
        assert_eq!(id(&person.react("1", &target(), &[])), "own");
        // A correction names its author's id everywhere.
        let corrected = room.correct("2", &target(), &[Part::text("0", "better")]);
        assert_eq!(find(&corrected.payloads, "replace", ns::MESSAGE_CORRECT).unwrap().attr("id"), Some("own"));
    }

    #[test]
    fn only_who_asks_is_told_what_was_seen() {
        let person = Recipient { to: "anna@x".parse().unwrap(), room: false };
        assert!(person.seen("1", &target()).is_none());
    }

    #[test]
    fn nothing_that_breaks_the_stream_is_written() {
        let person = Recipient { to: "anna@x".parse().unwrap(), room: false };
        let message = person.say("1", &[Part::text("0", "a\u{0}b")], None, None);
        assert_eq!(message.bodies[""], "ab");
        assert!(has(&message.payloads, "request", ns::RECEIPTS));
    }
}
