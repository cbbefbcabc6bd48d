//! Meta's calls as events
//! (<https://developers.facebook.com/docs/whatsapp/cloud-api/webhooks/reference>).

use serde_json::Value;
use unisono_domain::{
    Millis,
    channel::{AccountId, ChatInfo, Inbound, InboundBody, Part, PortalKey, RemoteId, RemoteUser, Sender},
    text::Text,
};

use super::{content, groups};
use crate::meta_graph::{
    errors_in,
    read::{self, cut, id, list, seconds, text},
    window,
};

/// Where and for whom a call is read.
#[derive(Clone, Copy)]
pub struct Scene<'a> {
    pub account: AccountId,
    /// The names that came with it.
    contacts: &'a [Value],
}

/// Everything in a call that is for this number. An app has one address for all of its numbers;
/// what is for another is not ours.
pub fn events(call: &Value, account: AccountId, phone_number_id: &str) -> Vec<Inbound> {
    let changes = list(call, "/entry").iter().flat_map(|entry| list(entry, "/changes"));
    let mut events = Vec::new();
    for change in changes {
        let value = &change["value"];
        if id(value, "/metadata/phone_number_id").as_deref() != Some(phone_number_id) {
            continue;
        }
        let scene = Scene { account, contacts: list(value, "/contacts") };
        for message in list(value, "/messages") {
            events.extend(scene.message(message));
        }
        for echo in list(value, "/message_echoes") {
            events.extend(scene.echo(echo));
        }
        for status in list(value, "/statuses") {
            events.extend(scene.status(status));
        }
        for call in list(value, "/calls") {
            events.extend(scene.call(call));
        }
        for preference in list(value, "/user_preferences") {
            events.extend(scene.preference(preference));
        }
        for group in list(value, "/groups") {
            events.extend(groups::event(scene, group));
        }
    }
    events
}

/// A person by number or, where they hide it behind a user name, by the id that Meta made for us
/// (<https://developers.facebook.com/documentation/business-messaging/whatsapp/business-scoped-user-ids>).
pub fn person(id: &str) -> RemoteUser {
    let user = RemoteUser::new(id);
    match is_number(id) {
        true => user.reached_by(format!("tel:+{id}")),
        false => user,
    }
}

/// Whether an id is a telephone number (ITU-T E.164, without the plus).
pub fn is_number(id: &str) -> bool {
    (5..=15).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_digit())
}

/// Whether an id is one that Meta made for a person who hides their number: `DE.` or `DE.ENT.`, and
/// letters or digits. Ids of groups have no point.
pub fn is_user_id(id: &str) -> bool {
    id.get(2..3) == Some(".") && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'.')
}

impl Scene<'_> {
    fn user(&self, id: &str) -> RemoteUser {
        let is_this = |contact: &&Value| text(contact, "/wa_id") == id || text(contact, "/user_id") == id;
        // The number and the id differ in some countries; a lone contact is always the sender.
        let lone = self.contacts.first().filter(|_| self.contacts.len() == 1);
        let contact = self.contacts.iter().find(is_this).or(lone);
        let names = contact.map(|contact| [text(contact, "/profile/name"), text(contact, "/profile/username")]);
        person(id).named(names.and_then(|names| names.into_iter().find(|name| !name.is_empty())))
    }

    fn event(&self, chat: &str, sender: Sender, id: String, at: Millis, body: InboundBody) -> Inbound {
        Inbound::new(PortalKey::private(self.account, chat), sender, id, at, body)
    }

    /// A line from the network itself.
    pub fn said_by_network(&self, chat: &str, id: String, at: Millis, words: &Text) -> Inbound {
        self.event(chat, Sender::System, id, at, InboundBody::message(vec![Part::notice("0", words)]))
    }

    fn message(&self, message: &Value) -> Vec<Inbound> {
        let sender = id(message, "/from").or_else(|| id(message, "/from_user_id"));
        let (Some(sender), Some(id)) = (sender, id(message, "/id")) else { return Vec::new() };
        let user = self.user(&sender);
        let group = read::id(message, "/group_id");
        let at = seconds(&message["timestamp"]);
        let chat = group.as_deref().unwrap_or(&sender);
        let info = match group {
            Some(_) => ChatInfo::group(None::<String>, vec![user.clone()]),
            None => ChatInfo::direct(user.clone()),
        };
        if text(message, "/type") == "system" {
            return vec![self.system(chat, id, at, &message["system"]).in_chat(info)];
        }
        let event = |body| {
            let event = self.event(chat, Sender::Remote(user.clone()), id.clone(), at, body);
            event.in_chat(info.clone()).noting(window::note(at))
        };
        self.bodies(message).into_iter().map(event).collect()
    }

    /// What the owner wrote in the WhatsApp Business app on the same number ("coexistence").
    fn echo(&self, echo: &Value) -> Vec<Inbound> {
        let (Some(to), Some(id)) = (id(echo, "/to"), id(echo, "/id")) else { return Vec::new() };
        let at = seconds(&echo["timestamp"]);
        let event = |body| self.event(&to, Sender::Me, id.clone(), at, body).in_chat(ChatInfo::direct(person(&to)));
        self.bodies(echo).into_iter().map(event).collect()
    }

    /// What a message does.
    fn bodies(&self, message: &Value) -> Vec<InboundBody> {
        let target = |pointer: &str| id(message, pointer).map(RemoteId::new);
        match text(message, "/type") {
            "reaction" => {
                let Some(target) = target("/reaction/message_id") else { return Vec::new() };
                // One reaction a person: a new one takes the place of the old one, whatever that was.
                let mut bodies = vec![InboundBody::ReactionRemove { target: target.clone(), key: String::new() }];
                let key = cut(text(message, "/reaction/emoji"), 64);
                bodies.extend((!key.is_empty()).then_some(InboundBody::Reaction { target, key }));
                bodies
            }
            "revoke" => {
                let target = target("/revoke/original_message_id");
                target.map(|target| InboundBody::Delete { target }).into_iter().collect()
            }
            "edit" => {
                let parts = content::parts(&message["edit"]["message"]);
                let target = target("/edit/original_message_id");
                target.map(|target| InboundBody::Edit { target, parts }).into_iter().collect()
            }
            _ => vec![InboundBody::Message { parts: content::parts(message), reply_to: target("/context/id") }],
        }
    }

    fn system(&self, chat: &str, id: String, at: Millis, system: &Value) -> Inbound {
        let new = read::id(system, "/wa_id").or_else(|| read::id(system, "/new_wa_id"));
        let words = match (text(system, "/type"), new) {
            ("user_changed_number" | "customer_changed_number", Some(new)) => Text::owned(
                format!("This number was given up; the new one is +{new}."),
                format!("Diese Nummer wurde aufgegeben; die neue ist +{new}."),
            ),
            ("user_identity_changed" | "customer_identity_changed", _) => Text::new(
                "The security code has changed: it may be another phone, or another person.",
                "Der Sicherheitscode hat sich geändert: Es kann ein anderes Telefon sein oder ein anderer Mensch.",
            ),
            _ => Text::verbatim(&content::bounded(text(system, "/body"))),
        };
        self.said_by_network(chat, id, at, &words)
    }

    fn status(&self, status: &Value) -> Option<Inbound> {
        let message = id(status, "/id")?;
        let recipient = id(status, "/recipient_id").or_else(|| id(status, "/recipient_user_id"))?;
        let group = id(status, "/group_id");
        let reader = id(status, "/recipient_participant_id").or_else(|| id(status, "/participant_recipient_id"));
        let reader = reader.unwrap_or_else(|| recipient.clone());
        let target = RemoteId::new(message.clone());
        let kind = text(status, "/status");
        let body = match kind {
            "delivered" => InboundBody::Delivered { target },
            // A voice message that was played was read, too.
            "read" | "played" => InboundBody::Read { up_to: target },
            "failed" => InboundBody::Failed { target, reason: errors_in(&status["errors"]) },
            // Meta's older API says so of messages that the other side took back.
            "deleted" => InboundBody::Delete { target },
            _ => return None,
        };
        let sender = match kind {
            "failed" => Sender::System,
            _ => Sender::Remote(person(&reader)),
        };
        let chat = group.as_deref().unwrap_or(&recipient);
        let id = format!("{message}:{kind}:{reader}");
        Some(self.event(chat, sender, id, seconds(&status["timestamp"]), body))
    }

    /// Somebody calls. We cannot answer yet, but nobody should be left ringing unseen.
    fn call(&self, call: &Value) -> Option<Inbound> {
        let (from, id) = (id(call, "/from")?, id(call, "/id")?);
        if text(call, "/direction") != "USER_INITIATED" || text(call, "/event") != "connect" {
            return None;
        }
        const WORDS: Text = Text::new(
            "Called on WhatsApp. Calls there cannot be taken here.",
            "Hat über WhatsApp angerufen. Anrufe dort lassen sich hier nicht annehmen.",
        );
        let (user, at) = (self.user(&from), seconds(&call["timestamp"]));
        let body = InboundBody::message(vec![Part::notice("0", &WORDS)]);
        let event = self.event(&from, Sender::Remote(user.clone()), id, at, body);
        // A call opens the window as a message does.
        Some(event.in_chat(ChatInfo::direct(user)).noting(window::note(at)))
    }

    /// The other side wants no more (or again) marketing.
    fn preference(&self, preference: &Value) -> Option<Inbound> {
        let who = id(preference, "/wa_id").or_else(|| id(preference, "/user_id"))?;
        let (value, at) = (text(preference, "/value"), seconds(&preference["timestamp"]));
        let words = match value {
            "stop" => Text::new("Wants no more marketing messages.", "Möchte keine Werbenachrichten mehr."),
            "resume" => Text::new("Wants marketing messages again.", "Möchte wieder Werbenachrichten."),
            _ => return None,
        };
        let event = self.said_by_network(&who, format!("{who}:{value}:{at}"), at, &words);
        Some(event.in_chat(ChatInfo::direct(self.user(&who))))
    }
}
