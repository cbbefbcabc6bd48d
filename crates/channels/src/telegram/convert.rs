//! What Telegram tells us, as events of the hub (<https://core.telegram.org/bots/api#update>).

use serde_json::{Value, json};
use unisono_domain::channel::{
    AccountId, ChatId, ChatInfo, Inbound, InboundBody, Media, Part, PortalKey, RemoteId, Sender,
};

use super::{
    notice, parts, reaction,
    wire::{Place, name, text, time, user},
};

/// The kinds of updates that we ask for. Those about reactions have to be named.
pub(super) const WANTED: &[&str] = &[
    "message",
    "edited_message",
    "channel_post",
    "edited_channel_post",
    "business_message",
    "edited_business_message",
    "deleted_business_messages",
    "message_reaction",
    "callback_query",
    "my_chat_member",
];

/// Whose updates these are.
#[derive(Clone, Debug)]
pub(super) struct Bot {
    pub account: AccountId,
    pub id: String,
    /// Files above it cannot be fetched, in bytes.
    pub largest: u64,
}

impl Bot {
    /// All that an update says. Never fails: what cannot be read says nothing.
    pub fn convert(&self, update: &Value) -> Vec<Inbound> {
        let found = |keys: &[&str]| keys.iter().find_map(|key| update.get(*key).filter(|value| value.is_object()));
        let number = update["update_id"].as_i64().unwrap_or_default();
        let one = |event: Option<Inbound>| event.into_iter().collect();
        if let Some(message) = found(&["message", "channel_post", "business_message"]) {
            // A group that moves does so before anything is said in its new place.
            let moved = self.moved(message);
            return moved.into_iter().chain(self.message(message)).chain(self.picture(message)).collect();
        }
        if let Some(message) = found(&["edited_message", "edited_channel_post", "edited_business_message"]) {
            return one(self.edit(message, number));
        }
        if let Some(reaction) = found(&["message_reaction"]) {
            return self.reactions(reaction, number).unwrap_or_default();
        }
        if let Some(query) = found(&["callback_query"]) {
            return one(self.choice(query));
        }
        if let Some(change) = found(&["my_chat_member"]) {
            return one(self.standing(change, number));
        }
        found(&["deleted_business_messages"]).and_then(|gone| self.deleted(gone)).unwrap_or_default()
    }

    /// Something in the chat of a message.
    fn event(&self, message: &Value, sender: Sender, id: String, at: i64, body: InboundBody) -> Option<Inbound> {
        let place = Place::of(message)?;
        let event = Inbound::new(PortalKey::private(self.account, place.to_string()), sender, id, at, body);
        Some(event.in_chat(chat(&message["chat"])?))
    }

    fn sender(&self, message: &Value) -> Option<Sender> {
        let from = &message["from"];
        let id = from["id"].as_i64();
        // Who has connected the bot to their own account writes from their other devices, too.
        let owner = message["business_connection_id"].is_string() && id != message["chat"]["id"].as_i64();
        if owner || id.is_some_and(|id| id.to_string() == self.id) {
            return Some(Sender::Me);
        }
        // Channels, and administrators who speak for their group.
        let spokesman = message.get("sender_chat").filter(|chat| chat.is_object());
        user(spokesman.unwrap_or(from)).or_else(|| user(&message["chat"])).map(Sender::Remote)
    }

    fn message(&self, message: &Value) -> Option<Inbound> {
        let place = Place::of(message)?;
        let id = place.message(message["message_id"].as_i64()?);
        let at = time(&message["date"]);
        if message["migrate_from_chat_id"].is_i64() {
            // The group that it was has told of it.
            return None;
        }
        let sender = self.sender(message)?;
        let who = name(message.get("sender_chat").unwrap_or(&message["from"]));
        if let Some(words) = notice::of(message, &who) {
            let body = InboundBody::message(vec![Part::notice("0", &words)]);
            let mut event = self.event(message, Sender::System, id, at, body)?;
            if let Some(to) = message["migrate_to_chat_id"].as_i64() {
                event.portal = PortalKey::private(self.account, to.to_string());
            }
            let chat = event.chat.as_mut()?;
            let people = message["new_chat_members"].as_array().into_iter().flatten().filter_map(user);
            chat.members.extend(people.filter(|person| person.id.as_str() != self.id).take(100));
            return Some(event);
        }
        let reply_to = answered(message).map(|number| RemoteId::new(place.message(number)));
        let body = InboundBody::Message { parts: parts::of(message, self.largest), reply_to };
        let event = self.event(message, sender, id, at, body)?;
        Some(match topic(message) {
            Some(topic) => event.noting(json!({ "thread": topic })),
            None => event,
        })
    }

    /// A group has become a supergroup, which both of them tell; it has another number from then on.
    fn moved(&self, message: &Value) -> Option<Inbound> {
        let here = message["chat"]["id"].as_i64()?;
        let (from, to) = match (message["migrate_from_chat_id"].as_i64(), message["migrate_to_chat_id"].as_i64()) {
            (Some(from), _) => (from, here),
            (None, to) => (here, to?),
        };
        let portal = PortalKey::private(self.account, to.to_string());
        let body = InboundBody::Moved { from: ChatId::new(from.to_string()) };
        Some(Inbound::new(portal, Sender::System, format!("moved {from} {here}"), time(&message["date"]), body))
    }

    /// A group has a new picture.
    fn picture(&self, message: &Value) -> Option<Inbound> {
        let place = Place::of(message)?;
        let id = place.message(message["message_id"].as_i64()?);
        let picture = parts::largest_picture(message["new_chat_photo"].as_array()?)?;
        let mut event = self.event(message, Sender::System, id, time(&message["date"]), InboundBody::ChatInfo)?;
        event.chat.as_mut()?.avatar = Some(Media::lazy(text(picture, "file_id"), "avatar.jpg", "image/jpeg"));
        Some(event)
    }

    fn edit(&self, message: &Value, number: i64) -> Option<Inbound> {
        let target = RemoteId::new(Place::of(message)?.message(message["message_id"].as_i64()?));
        let body = InboundBody::Edit { target, parts: parts::of(message, self.largest) };
        self.event(message, self.sender(message)?, format!("update {number}"), time(&message["edit_date"]), body)
    }

    /// The reactions of one person before and after (<https://core.telegram.org/bots/api#messagereactionupdated>).
    fn reactions(&self, update: &Value, number: i64) -> Option<Vec<Inbound>> {
        let target = RemoteId::new(Place::of(update)?.message(update["message_id"].as_i64()?));
        let who = user(update.get("user").or_else(|| update.get("actor_chat"))?)?;
        let keys =
            |list: &Value| list.as_array().into_iter().flatten().take(20).map(reaction::read).collect::<Vec<_>>();
        let (old, new) = (keys(&update["old_reaction"]), keys(&update["new_reaction"]));
        let gone = old.iter().filter(|key| !new.contains(key)).map(|key| {
            (
                format!("update {number} -{key}"),
                InboundBody::ReactionRemove { target: target.clone(), key: key.clone() },
            )
        });
        let come = new.iter().filter(|key| !old.contains(key)).map(|key| {
            (format!("update {number} +{key}"), InboundBody::Reaction { target: target.clone(), key: key.clone() })
        });
        let at = time(&update["date"]);
        let events = gone.chain(come);
        Some(events.filter_map(|(id, body)| self.event(update, Sender::Remote(who.clone()), id, at, body)).collect())
    }

    /// A button under one of our messages was pressed (<https://core.telegram.org/bots/api#callbackquery>).
    fn choice(&self, query: &Value) -> Option<Inbound> {
        let (message, data) = (&query["message"], query["data"].as_str()?);
        let number = message["message_id"].as_i64()?;
        let rows = message["reply_markup"]["inline_keyboard"].as_array().into_iter().flatten();
        let mut buttons = rows.filter_map(Value::as_array).flatten();
        let label = buttons.find(|button| button["callback_data"] == data).map_or(data, |button| text(button, "text"));
        let part = Part::text("0", label).with("org.unisono.choice", json!({ "id": data, "label": label }));
        let reply_to = Some(RemoteId::new(Place::of(message)?.message(number)));
        let body = InboundBody::Message { parts: vec![part], reply_to };
        let id: String = text(query, "id").chars().take(100).collect();
        self.event(message, Sender::Remote(user(&query["from"])?), format!("query {id}"), Inbound::NO_TIME, body)
    }

    fn standing(&self, change: &Value, number: i64) -> Option<Inbound> {
        let body = InboundBody::message(vec![Part::notice("0", &notice::standing(change)?)]);
        self.event(change, Sender::System, format!("update {number}"), time(&change["date"]), body)
    }

    fn deleted(&self, gone: &Value) -> Option<Vec<Inbound>> {
        let place = Place::of(gone)?;
        let numbers = gone["message_ids"].as_array()?.iter().filter_map(Value::as_i64).take(100);
        let events = numbers.filter_map(|number| {
            let target = RemoteId::new(place.message(number));
            let id = format!("deleted {target}");
            self.event(gone, Sender::System, id, Inbound::NO_TIME, InboundBody::Delete { target })
        });
        Some(events.collect())
    }
}

/// The button that waits for an answer, if the update is one being pressed.
pub(super) fn query(update: &Value) -> Option<&str> {
    update["callback_query"]["id"].as_str()
}

/// A topic of a forum; what is written into it has to name it.
fn topic(message: &Value) -> Option<i64> {
    message["message_thread_id"].as_i64().filter(|_| message["is_topic_message"] == true)
}

/// The message that this one answers. In a topic everything seems to answer the topic's beginning.
fn answered(message: &Value) -> Option<i64> {
    let target = &message["reply_to_message"];
    target["message_id"].as_i64().filter(|number| topic(message) != Some(*number))
}

pub(super) fn chat(chat: &Value) -> Option<ChatInfo> {
    if text(chat, "type") == "private" {
        return Some(ChatInfo::direct(user(chat)?));
    }
    let title = Some(name(chat)).filter(|title| !title.is_empty());
    Some(ChatInfo::group(title, Vec::new()))
}
