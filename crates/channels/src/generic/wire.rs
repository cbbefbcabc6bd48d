//! The JSON of the generic API, and events from it.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde::Deserialize;
use serde_json::Value;
use unisono_domain::{
    Millis,
    channel::{
        AccountId, ChatInfo, ChatKind, Inbound, InboundBody, Media, Part, PartKind, PortalKey, RemoteId, RemoteUser,
        Sender, WebhookError, WebhookRequest,
    },
    text::Text,
};

use crate::safe_html;

/// Ids and names longer than this are somebody's mistake.
const LONGEST: usize = 512;

/// A call carries one event, or a list under `events`.
#[derive(Deserialize)]
#[serde(untagged)]
pub(super) enum Events {
    Many { events: Vec<Event> },
    One(Box<Event>),
}

#[derive(Deserialize)]
pub(super) struct Event {
    id: String,
    #[serde(flatten)]
    what: What,
    chat: Chat,
    #[serde(default)]
    sender: From,
    /// Milliseconds since 1970.
    at: Millis,
}

#[derive(Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum What {
    Message {
        #[serde(flatten)]
        content: Content,
        reply_to: Option<String>,
    },
    Edit {
        target: String,
        #[serde(flatten)]
        content: Content,
    },
    Delete {
        target: String,
    },
    Reaction {
        target: String,
        key: String,
    },
    ReactionRemove {
        target: String,
        key: String,
    },
    Read {
        target: String,
    },
    Delivered {
        target: String,
    },
    Failed {
        target: String,
        reason: Option<String>,
    },
    Typing {
        /// Milliseconds; 0 ends it.
        timeout: Option<u64>,
    },
    Chat {},
}

#[derive(Deserialize)]
struct Content {
    text: Option<String>,
    html: Option<String>,
    #[serde(default)]
    files: Vec<FileIn>,
    location: Option<Location>,
    card: Option<Value>,
    choice: Option<Value>,
}

#[derive(Deserialize)]
struct FileIn {
    name: String,
    mime: String,
    /// `image`, `audio`, `voice`, `video`, `file`; by the MIME type where it is missing.
    kind: Option<PartKind>,
    /// Base64.
    data: Option<String>,
    url: Option<url::Url>,
    #[serde(default)]
    caption: String,
}

#[derive(Deserialize)]
struct Location {
    latitude: f64,
    longitude: f64,
    label: Option<String>,
}

#[derive(Deserialize)]
struct Chat {
    id: String,
    name: Option<String>,
    #[serde(default)]
    group: bool,
    #[serde(default)]
    members: Vec<User>,
}

#[derive(Clone, Deserialize)]
struct User {
    id: String,
    name: Option<String>,
    #[serde(default)]
    handles: Vec<String>,
}

#[derive(Default, Deserialize)]
#[serde(untagged)]
enum From {
    User(User),
    Word(Word),
    #[default]
    Missing,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Word {
    Me,
    System,
}

fn malformed(what: &str) -> WebhookError {
    WebhookError::Malformed(what.to_owned())
}

fn checked(id: String, what: &str) -> Result<String, WebhookError> {
    if id.is_empty() || id.len() > LONGEST {
        return Err(malformed(&format!("{what} must have 1 to {LONGEST} bytes")));
    }
    Ok(id)
}

impl Events {
    pub(super) fn read(request: &WebhookRequest) -> Result<Self, WebhookError> {
        request.json()
    }

    /// All or nothing: one event that cannot be taken refuses the call.
    pub(super) fn convert(self, account: AccountId) -> Result<Vec<Inbound>, WebhookError> {
        match self {
            Self::Many { events } => events.into_iter().map(|event| event.convert(account)).collect(),
            Self::One(event) => Ok(vec![event.convert(account)?]),
        }
    }
}

impl User {
    fn convert(self) -> Result<RemoteUser, WebhookError> {
        let id = checked(self.id, "a user's id")?;
        let mut user = RemoteUser::new(id).named(self.name.filter(|name| name.len() <= LONGEST));
        user.handles = self.handles.into_iter().filter(|handle| handle.len() <= LONGEST).take(16).collect();
        Ok(user)
    }
}

impl Event {
    fn convert(self, account: AccountId) -> Result<Inbound, WebhookError> {
        let sender = match self.sender {
            From::User(user) => Sender::Remote(user.convert()?),
            From::Word(Word::Me) => Sender::Me,
            From::Word(Word::System) | From::Missing => Sender::System,
        };
        let mut members =
            self.chat.members.into_iter().take(10_000).map(User::convert).collect::<Result<Vec<_>, _>>()?;
        if let Sender::Remote(user) = &sender
            && !members.iter().any(|member| member.id == user.id)
        {
            members.push(user.clone());
        }
        let kind = if self.chat.group { ChatKind::Group } else { ChatKind::Direct };
        let chat = ChatInfo { kind, name: self.chat.name, topic: None, avatar: None, members };
        let portal = PortalKey::private(account, checked(self.chat.id, "a chat's id")?);
        let id = checked(self.id, "an event's id")?;
        Ok(Inbound::new(portal, sender, id, self.at, self.what.convert()?).in_chat(chat))
    }
}

impl What {
    fn convert(self) -> Result<InboundBody, WebhookError> {
        let target = |id: String| checked(id, "a target").map(RemoteId::new);
        Ok(match self {
            Self::Message { content, reply_to } => {
                InboundBody::Message { parts: content.convert()?, reply_to: reply_to.map(target).transpose()? }
            }
            Self::Edit { target: id, content } => InboundBody::Edit { target: target(id)?, parts: content.convert()? },
            Self::Delete { target: id } => InboundBody::Delete { target: target(id)? },
            Self::Reaction { target: id, key } => {
                InboundBody::Reaction { target: target(id)?, key: checked(key, "a reaction")? }
            }
            Self::ReactionRemove { target: id, key } => {
                InboundBody::ReactionRemove { target: target(id)?, key: checked(key, "a reaction")? }
            }
            Self::Read { target: id } => InboundBody::Read { up_to: target(id)? },
            Self::Delivered { target: id } => InboundBody::Delivered { target: target(id)? },
            Self::Failed { target: id, reason } => {
                let reason = reason.map_or(
                    Text::new("The system could not deliver it.", "Das System konnte es nicht zustellen."),
                    |reason| Text::verbatim(&reason),
                );
                InboundBody::Failed { target: target(id)?, reason }
            }
            Self::Typing { timeout } => InboundBody::Typing { timeout: timeout.unwrap_or(10_000) },
            Self::Chat {} => InboundBody::ChatInfo,
        })
    }
}

impl Content {
    fn convert(self) -> Result<Vec<Part>, WebhookError> {
        let mut parts = Vec::new();
        if self.text.is_some() || self.html.is_some() || self.card.is_some() {
            let html = self.html.as_deref().map(safe_html::clean);
            let text = self.text.or_else(|| html.as_deref().map(safe_html::plain)).unwrap_or_default();
            let mut part = Part { html, ..Part::text("text", text) };
            if let Some(card) = self.card.filter(Value::is_object) {
                if part.text.is_empty() {
                    part.text = card["text"].as_str().unwrap_or_default().to_owned();
                }
                part = part.with("org.unisono.card", card);
            }
            if let Some(choice) = self.choice.filter(Value::is_object) {
                part = part.with("org.unisono.choice", choice);
            }
            parts.push(part);
        }
        if let Some(Location { latitude, longitude, label }) = self.location {
            parts.push(Part::location("location", latitude, longitude, label.as_deref()));
        }
        for (number, file) in self.files.into_iter().enumerate() {
            parts.push(file.convert(number)?);
        }
        if parts.is_empty() {
            return Err(malformed("a message needs text, html, files, location or card"));
        }
        Ok(parts)
    }
}

impl FileIn {
    fn convert(self, number: usize) -> Result<Part, WebhookError> {
        let kind = self.kind.unwrap_or(match self.mime.split('/').next() {
            Some("image") => PartKind::Image,
            Some("audio") => PartKind::Audio,
            Some("video") => PartKind::Video,
            _ => PartKind::File,
        });
        let media = match (self.data, self.url) {
            (Some(data), _) => {
                let bytes = STANDARD.decode(data).map_err(|_| malformed("a file's data must be Base64"))?;
                Media::bytes(bytes, self.name, self.mime)
            }
            (None, Some(url)) if matches!(url.scheme(), "http" | "https") => Media::lazy(url, self.name, self.mime),
            _ => return Err(malformed("a file needs data or an http(s) url")),
        };
        Ok(Part::media(format!("file{number}"), kind, media, self.caption))
    }
}
