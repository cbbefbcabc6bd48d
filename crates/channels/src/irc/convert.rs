//! What servers send, as events for the hub.

use irc_proto::Message;
use serde_json::json;
use sha2::{Digest as _, Sha256};
use unisono_domain::{
    Millis,
    channel::{AccountId, ChatInfo, Inbound, InboundBody, Part, PartKind, PortalKey, RemoteId, RemoteUser, Sender},
    text::Text,
};

use super::{format, line::find_tag, names::Features};

/// Ids that the server gave start so; only those can be referred to.
pub const GIVEN: &str = "m:";

/// Who reads, and where.
pub struct Reader {
    pub account: AccountId,
    /// The network's name in people's ids.
    pub host: String,
    /// Different for each connection.
    nonce: u64,
    count: u64,
    /// What the last id was made from, and how often it came.
    last: (String, u32),
}

impl Reader {
    pub fn new(account: AccountId, host: &str) -> Self {
        Self { account, host: host.to_owned(), nonce: rand::random(), count: 0, last: (String::new(), 0) }
    }

    pub fn portal(&self, chat: String) -> PortalKey {
        PortalKey::private(self.account, chat)
    }

    pub fn user(&self, features: &Features, nick: &str) -> RemoteUser {
        RemoteUser::new(format!("{}@{}", features.fold(nick), self.host)).named(Some(nick))
    }

    /// An id for something that happens once.
    pub fn next_id(&mut self) -> String {
        self.count += 1;
        format!("{:016x}-{}", self.nonce, self.count)
    }

    /// The id of a message: the server's own; else one that is the same when a bouncer plays it again
    /// (who, where, what, when); else a new one.
    pub fn id(&mut self, message: &Message, source: &str, target: &str, text: &str) -> String {
        if let Some(id) = find_tag(message, "msgid") {
            return format!("{GIVEN}{id}");
        }
        let Some(time) = find_tag(message, "time") else { return self.next_id() };
        let what = format!("{time}\n{source}\n{target}\n{text}");
        // The same line twice in one moment, as in a pasted text.
        let times = if self.last.0 == what { self.last.1 + 1 } else { 0 };
        let hash = Sha256::digest(format!("{what}\n{times}"));
        self.last = (what, times);
        hash.iter().take(16).fold("t:".to_owned(), |id, byte| format!("{id}{byte:02x}"))
    }
}

/// When it was said, by the server's clock where it tells (IRCv3 "server-time").
pub fn time(message: &Message, now: Millis) -> Millis {
    let said = find_tag(message, "time").and_then(|time| time.parse::<jiff::Timestamp>().ok());
    said.map_or(now, |said| said.as_millisecond().min(now + 60_000))
}

/// What a text is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Text,
    Notice,
    Action,
}

/// A text as a part. `None` where nothing can be seen in it.
pub fn part(kind: Kind, text: &str) -> Option<Part> {
    let (text, html) = format::read(text);
    if text.trim().is_empty() {
        return None;
    }
    let mut part = Part { html, ..Part::text("0", text) };
    match kind {
        Kind::Text => {}
        Kind::Notice => part.kind = PartKind::Notice,
        Kind::Action => part = part.with("org.unisono.emote", true),
    }
    Some(part)
}

/// The message that this one answers (IRCv3 "reply", a draft).
pub fn reply_to(message: &Message) -> Option<RemoteId> {
    let id = find_tag(message, "+draft/reply").or_else(|| find_tag(message, "+reply"))?;
    (!id.is_empty()).then(|| RemoteId::new(format!("{GIVEN}{id}")))
}

/// The notes beside a message: who wrote it, to be named in an answer.
pub fn notes(message: &Message, nick: &str) -> serde_json::Value {
    match find_tag(message, "account") {
        Some(account) => json!({ "nick": nick, "account": account }),
        None => json!({ "nick": nick }),
    }
}

/// Something that happened in a chat, told by the network itself.
pub fn notice(portal: PortalKey, id: String, at: Millis, text: &Text, chat: ChatInfo) -> Inbound {
    let mut part = Part::text("0", text.en.as_ref());
    part.kind = PartKind::Notice;
    let part = part.with("org.unisono.message", json!(text));
    Inbound { seen: true, ..Inbound::new(portal, Sender::System, id, at, InboundBody::message(vec![part])) }
        .in_chat(chat)
}
