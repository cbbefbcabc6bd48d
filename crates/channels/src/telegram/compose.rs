//! What goes out, as calls of the Bot API (<https://core.telegram.org/bots/api#available-methods>).

use serde_json::{Map, Value, json};
use unisono_domain::{
    channel::{Formatting, MessageRef, Outbound, OutboundBody, Part, PartKind},
    text::Text,
};

use super::{api::Upload, keyboard, reaction, vcard, wire::Place};
use crate::format;

/// Larger pictures go out as files (<https://core.telegram.org/bots/api#sendphoto>).
const LARGEST_PHOTO: u64 = 10_000_000;

/// A call that is ready to be made.
pub(super) struct Call {
    pub method: &'static str,
    pub parameters: Map<String, Value>,
    pub upload: Option<Upload>,
    /// The text without formatting, should Telegram not understand it with.
    pub plain: Option<(&'static str, String)>,
    pub place: Place,
}

impl Call {
    fn new(method: &'static str, place: &Place) -> Self {
        let mut parameters = Map::new();
        parameters.insert("chat_id".to_owned(), place.chat.into());
        if let Some(business) = &place.business {
            parameters.insert("business_connection_id".to_owned(), business.as_str().into());
        }
        Self { method, parameters, upload: None, plain: None, place: place.clone() }
    }

    fn with(mut self, key: &str, value: impl Into<Value>) -> Self {
        self.parameters.insert(key.to_owned(), value.into());
        self
    }

    /// A part's text with its formatting, as `text` or `caption`.
    fn saying(mut self, key: &'static str, part: &Part, speaker: Option<&str>) -> Self {
        let plain = speaker.map_or_else(|| part.text.clone(), |name| format!("{name}: {}", part.text));
        if part.html.is_none() || plain.is_empty() {
            return if plain.is_empty() { self } else { self.with(key, plain) };
        }
        let mut written = format::write(Formatting::Telegram, part);
        if let Some(name) = speaker {
            written = format!("{}: {written}", name.replace('&', "&amp;").replace('<', "&lt;"));
        }
        self.plain = Some((key, plain));
        self.with(key, written).with("parse_mode", "HTML")
    }
}

const UNKNOWN_TARGET: Text = Text::new(
    "Telegram does not know the message that this is about.",
    "Telegram kennt die Nachricht nicht, um die es geht.",
);
const NO_NUMBER: Text = Text::new(
    "Telegram takes a contact only with a telephone number.",
    "Telegram nimmt einen Kontakt nur mit Telefonnummer an.",
);

/// The call for an event; `None` where there is nothing to tell Telegram, else why there is none.
pub(super) fn compose(outbound: &Outbound) -> Result<Option<Call>, Text> {
    let speaker = outbound.sender_name.as_deref();
    let about = |target: &MessageRef| Place::parse_message(target.id.as_str());
    let composed = match &outbound.body {
        OutboundBody::Message { parts, reply_to } => {
            let place = Place::parse(outbound.portal.chat.as_str()).ok_or(UNKNOWN_TARGET)?;
            let Some(part) = parts.first() else { return Ok(None) };
            Some(within(message(part, speaker, &place)?, outbound, reply_to.as_ref()))
        }
        OutboundBody::Edit { target, parts } => about(target).zip(parts.first()).map(|((place, number), part)| {
            let caption = target.data["media"] == true;
            let (method, key) = if caption { ("editMessageCaption", "caption") } else { ("editMessageText", "text") };
            Call::new(method, &place).with("message_id", number).saying(key, part, speaker)
        }),
        OutboundBody::Delete { target } => about(target).map(|(place, number)| match place.business {
            Some(_) => {
                let mut call = Call::new("deleteBusinessMessages", &place).with("message_ids", json!([number]));
                call.parameters.remove("chat_id");
                call
            }
            None => Call::new("deleteMessage", &place).with("message_id", number),
        }),
        OutboundBody::Reaction { target, key } => about(target).map(|(place, number)| {
            Call::new("setMessageReaction", &place).with("message_id", number).with("reaction", reaction::write(key))
        }),
        OutboundBody::ReactionRemove { target, .. } => about(target).map(|(place, number)| {
            Call::new("setMessageReaction", &place).with("message_id", number).with("reaction", json!([]))
        }),
        OutboundBody::Typing { typing: true } => {
            let place = Place::parse(outbound.portal.chat.as_str());
            place.map(|place| within(Call::new("sendChatAction", &place).with("action", "typing"), outbound, None))
        }
        OutboundBody::Typing { typing: false } | OutboundBody::Read { .. } => return Ok(None),
    };
    composed.map(Some).ok_or(UNKNOWN_TARGET)
}

/// Puts a message beside the one that it answers, in the topic of a forum where that one is.
fn within(mut call: Call, outbound: &Outbound, reply_to: Option<&MessageRef>) -> Call {
    let beside = reply_to.or(outbound.last_received.as_ref());
    if let Some(thread) = beside.and_then(|message| message.data["thread"].as_i64()) {
        call = call.with("message_thread_id", thread);
    }
    let target = reply_to.and_then(|target| Place::parse_message(target.id.as_str()));
    match target.filter(|(place, _)| *place == call.place) {
        Some((_, number)) => {
            call.with("reply_parameters", json!({ "message_id": number, "allow_sending_without_reply": true }))
        }
        None => call,
    }
}

fn message(part: &Part, speaker: Option<&str>, place: &Place) -> Result<Call, Text> {
    match part.kind {
        PartKind::Location => {
            if let Some((latitude, longitude)) = part.coordinates() {
                return Ok(location(part, latitude, longitude, place));
            }
        }
        PartKind::Card => {
            let (text, markup) = keyboard::write(part)?;
            let call = Call::new("sendMessage", place).saying("text", &Part::text("0", text), speaker);
            return Ok(call.with("reply_markup", markup));
        }
        PartKind::Contact => {
            let contact = vcard::read(part);
            let (name, number, vcard) = contact.ok_or(NO_NUMBER)?;
            let call = Call::new("sendContact", place).with("phone_number", number).with("first_name", name);
            return Ok(if vcard.len() <= 2_048 { call.with("vcard", vcard) } else { call });
        }
        _ => {}
    }
    let Some(media) = &part.media else {
        return Ok(Call::new("sendMessage", place).saying("text", part, speaker));
    };
    let (method, field) = file_method(part.kind, &media.mime, media.size.unwrap_or_default());
    let mut call = Call::new(method, place).saying("caption", part, speaker.filter(|_| !part.text.is_empty()));
    call.upload = Some(Upload { field, media: media.clone() });
    Ok(call)
}

fn location(part: &Part, latitude: f64, longitude: f64, place: &Place) -> Call {
    let label = part.text.trim();
    let named = !label.is_empty() && !label.contains("geo:");
    let call = Call::new(if named { "sendVenue" } else { "sendLocation" }, place);
    let call = call.with("latitude", latitude).with("longitude", longitude);
    if !named {
        return call;
    }
    let (title, address) = label.split_once('\n').unwrap_or((label, ""));
    let coordinates = format!("{latitude:.5}, {longitude:.5}");
    call.with("title", title).with("address", if address.trim().is_empty() { coordinates.as_str() } else { address })
}

/// By which call a file goes out: only some formats are taken as what they are, everything may go
/// as a document (<https://core.telegram.org/bots/api#sending-files>).
fn file_method(kind: PartKind, mime: &str, size: u64) -> (&'static str, &'static str) {
    let mime = mime.split(';').next().unwrap_or_default().trim();
    match (kind, mime) {
        (PartKind::Image, "image/jpeg" | "image/png" | "image/webp") if size <= LARGEST_PHOTO => ("sendPhoto", "photo"),
        (PartKind::Image, "image/gif") => ("sendAnimation", "animation"),
        (PartKind::Video, "video/mp4") => ("sendVideo", "video"),
        (PartKind::Voice, "audio/ogg" | "audio/mpeg" | "audio/mp4" | "audio/x-m4a") => ("sendVoice", "voice"),
        (PartKind::Audio, "audio/mpeg" | "audio/mp4" | "audio/x-m4a") => ("sendAudio", "audio"),
        _ => ("sendDocument", "document"),
    }
}
