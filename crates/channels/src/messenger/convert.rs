//! Meta's calls as events
//! (<https://developers.facebook.com/docs/messenger-platform/reference/webhook-events>,
//! <https://developers.facebook.com/docs/messenger-platform/instagram/features/webhook>).

use serde_json::Value;
use unisono_domain::{
    Millis,
    channel::{AccountId, ChatInfo, Inbound, InboundBody, Part, PortalKey, RemoteId, RemoteUser, Sender},
    text::Text,
};

use super::{Platform, content};
use crate::meta_graph::{
    read::{choice, cut, id, list, millis, text},
    window,
};

/// Whose calls are read.
#[derive(Clone, Copy)]
pub struct Scene<'a> {
    pub account: AccountId,
    pub platform: Platform,
    /// The ids by which Meta means this account: of the page and of the Instagram account.
    pub own: &'a [&'a str],
}

impl Scene<'_> {
    /// Everything in a call that is for this account. An app has one address for all of its pages;
    /// what is for another is not ours.
    pub fn events(self, call: &Value) -> Vec<Inbound> {
        if text(call, "/object") != self.platform.object() {
            return Vec::new();
        }
        let ours = list(call, "/entry").iter().filter(|entry| self.is_own(id(entry, "/id").as_deref()));
        // While another app leads the conversation, we stand by and see it all the same.
        let events = ours.flat_map(|entry| list(entry, "/messaging").iter().chain(list(entry, "/standby")));
        events.flat_map(|event| self.event(event)).collect()
    }

    fn is_own(self, id: Option<&str>) -> bool {
        id.is_some_and(|id| self.own.contains(&id))
    }

    fn event(self, event: &Value) -> Vec<Inbound> {
        let (sender, recipient) = (id(event, "/sender/id"), id(event, "/recipient/id"));
        let mine = self.is_own(sender.as_deref()) || event["message"]["is_echo"] == true;
        let Some(person) = (if mine { recipient } else { sender }) else { return Vec::new() };
        if self.is_own(Some(&person)) {
            return Vec::new();
        }
        let about = About { scene: self, mine, person: &person, at: millis(&event["timestamp"]) };
        about.events(event)
    }
}

/// With whom, by whom and when.
#[derive(Clone, Copy)]
struct About<'a> {
    scene: Scene<'a>,
    mine: bool,
    person: &'a str,
    at: Millis,
}

impl About<'_> {
    fn make(self, sender: Sender, id: String, body: InboundBody) -> Inbound {
        let is_message = matches!((&sender, &body), (Sender::Remote(_), InboundBody::Message { .. }));
        let portal = PortalKey::private(self.scene.account, self.person);
        let event = Inbound::new(portal, sender, id, self.at, body);
        let event = event.in_chat(ChatInfo::direct(RemoteUser::new(self.person)));
        if is_message { event.noting(window::note(self.at)) } else { event }
    }

    fn by(self) -> Sender {
        if self.mine { Sender::Me } else { Sender::Remote(RemoteUser::new(self.person)) }
    }

    fn one(self, id: String, body: InboundBody) -> Vec<Inbound> {
        vec![self.make(self.by(), id, body)]
    }

    /// A line about the conversation.
    fn line(self, kind: &str, words: &Text) -> Vec<Inbound> {
        let body = InboundBody::message(vec![Part::notice("0", words)]);
        vec![self.make(Sender::System, format!("{kind}:{}:{}", self.person, self.at), body)]
    }

    fn events(self, event: &Value) -> Vec<Inbound> {
        let mut keys = event.as_object().into_iter().flatten().map(|(key, _)| key.as_str());
        let key = keys.find(|key| !matches!(*key, "sender" | "recipient" | "timestamp" | "hop_context"));
        let Some(key) = key else { return Vec::new() };
        let inner = &event[key];
        match key {
            "message" => self.message(inner),
            "message_edit" => {
                let Some(mid) = id(inner, "/mid") else { return Vec::new() };
                let parts = vec![Part::text("text", text(inner, "/text"))];
                let number = id(inner, "/num_edit").unwrap_or_default();
                self.one(format!("{mid}:{number}"), InboundBody::Edit { target: RemoteId::new(mid), parts })
            }
            "reaction" => self.reaction(inner),
            "read" => self.read(inner),
            "delivery" => {
                let mids = list(inner, "/mids").iter().take(1_000).filter_map(|mid| id(mid, ""));
                let delivered = mids.map(|mid| {
                    let target = RemoteId::new(mid.clone());
                    self.make(self.by(), format!("{mid}:delivered"), InboundBody::Delivered { target })
                });
                delivered.collect()
            }
            "postback" => {
                let id = id(inner, "/mid").unwrap_or_else(|| format!("postback:{}:{}", self.person, self.at));
                let mut parts = vec![choice(text(inner, "/payload"), text(inner, "/title"))];
                parts.extend(content::referral(&inner["referral"]));
                self.one(id, InboundBody::message(parts))
            }
            "referral" => match content::referral(inner) {
                Some(part) => {
                    self.one(format!("referral:{}:{}", self.person, self.at), InboundBody::message(vec![part]))
                }
                None => Vec::new(),
            },
            "optin" => {
                let title = content::bounded(text(inner, "/title"));
                let words = Text::owned(
                    format!("Agreed to get messages. {title}"),
                    format!("Hat dem Empfang von Nachrichten zugestimmt. {title}"),
                );
                self.line(key, &words)
            }
            "pass_thread_control" | "take_thread_control" | "request_thread_control" => {
                const WORDS: Text = Text::new(
                    "Another app takes part in this conversation (handover).",
                    "Eine andere App ist an dieser Unterhaltung beteiligt (Übergabe).",
                );
                self.line(key, &WORDS)
            }
            // Of the account and not of a conversation.
            "account_linking" | "app_roles" | "policy_enforcement" => Vec::new(),
            other => self.line(other, &self.scene.platform.unknown(other)),
        }
    }

    fn message(self, message: &Value) -> Vec<Inbound> {
        let Some(mid) = id(message, "/mid") else { return Vec::new() };
        if message["is_deleted"] == true {
            return self.one(mid.clone(), InboundBody::Delete { target: RemoteId::new(mid) });
        }
        let parts = content::parts(message, self.scene.platform);
        let reply_to = id(message, "/reply_to/mid").map(RemoteId::new);
        self.one(mid, InboundBody::Message { parts, reply_to })
    }

    /// One reaction a person: a new one takes the place of the old one, whatever that was.
    fn reaction(self, reaction: &Value) -> Vec<Inbound> {
        let Some(mid) = id(reaction, "/mid") else { return Vec::new() };
        let event_id = format!("{mid}:{}:{}", self.person, self.at);
        let target = RemoteId::new(mid);
        let gone = InboundBody::ReactionRemove { target: target.clone(), key: String::new() };
        let mut events = self.one(event_id.clone(), gone);
        if text(reaction, "/action") != "unreact" {
            let key = match (text(reaction, "/emoji"), text(reaction, "/reaction")) {
                ("", word) => content::emoji(word).to_owned(),
                (emoji, _) => cut(emoji, 64),
            };
            events.extend(self.one(event_id, InboundBody::Reaction { target, key }));
        }
        events
    }

    /// Instagram names the message, Messenger a time up to which everything was read.
    fn read(self, read: &Value) -> Vec<Inbound> {
        match id(read, "/mid") {
            Some(mid) => self.one(format!("{mid}:read"), InboundBody::Read { up_to: RemoteId::new(mid) }),
            None => {
                let at = millis(&read["watermark"]);
                self.one(format!("read:{}:{at}", self.person), InboundBody::ReadUntil { at })
            }
        }
    }
}
