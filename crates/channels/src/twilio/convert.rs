//! Twilio's calls as events (<https://www.twilio.com/docs/messaging/guides/webhook-request>,
//! <https://www.twilio.com/docs/messaging/guides/track-outbound-message-status>).

use serde_json::json;
use unisono_domain::{
    channel::{AccountId, ChatInfo, Inbound, InboundBody, Media, Part, PartKind, RemoteId, Sender, WebhookError},
    text::Text,
};

use super::{errors, signature::Form};
use crate::sms_text::{self, Fate};

/// More files are not in one message, whatever it claims.
const MOST_FILES: u32 = 20;

pub(super) fn events(account: AccountId, form: &Form) -> Result<Vec<Inbound>, WebhookError> {
    let get = |name: &str| form.get(name).map(String::as_str).filter(|value| !value.is_empty());
    let id = get("MessageSid").or_else(|| get("SmsSid"));
    let id = id.ok_or_else(|| WebhookError::Malformed("no MessageSid".to_owned()))?;
    let party = |name| get(name).and_then(address).ok_or_else(|| WebhookError::Malformed(format!("no {name}")));
    if let Some(status) = get("MessageStatus") {
        let fate = match status {
            "delivered" => Fate::Delivered,
            "read" => Fate::Read,
            "undelivered" | "failed" | "canceled" => {
                Fate::Failed(errors::reason(get("ErrorCode"), get("ErrorMessage")))
            }
            // Accepted, queued, sent: on its way.
            _ => return Ok(Vec::new()),
        };
        return Ok(vec![fate.tell(account, &party("To")?, id, Inbound::NO_TIME)]);
    }
    let from = party("From")?;
    let reply_to = get("OriginalRepliedMessageSid").map(RemoteId::new);
    let body = InboundBody::Message { parts: parts(form), reply_to };
    let mut event = sms_text::from(account, &from, id.to_owned(), Inbound::NO_TIME, body);
    if let Some(name) = get("ProfileName") {
        let user = sms_text::person(&from).named(Some(name.chars().take(100).collect::<String>()));
        event.sender = Sender::Remote(user.clone());
        event.chat = Some(ChatInfo::direct(user));
    }
    Ok(vec![event.noting(json!({ "to": get("To") }))])
}

/// An address with the network before it, if there is one: each is a chat of its own.
fn address(written: &str) -> Option<String> {
    let bare = sms_text::bare(written);
    let network = written.strip_suffix(bare).unwrap_or_default();
    sms_text::address(bare).map(|address| format!("{network}{address}"))
}

fn parts(form: &Form) -> Vec<Part> {
    let get = |name: &str| form.get(name).map(String::as_str).filter(|value| !value.is_empty());
    let mut parts = Vec::new();
    if let Some(text) = get("Body").or_else(|| get("ButtonText")) {
        let mut part = Part::text("0", text);
        if let Some(choice) = get("ButtonPayload") {
            part = part.with("org.unisono.choice", json!({ "id": choice, "label": get("ButtonText").unwrap_or(text) }));
        }
        parts.push(part);
    }
    let number = |name: &str| get(name)?.parse::<f64>().ok().filter(|number| number.is_finite());
    if let (Some(latitude), Some(longitude)) = (number("Latitude"), number("Longitude")) {
        parts.push(Part::location("place", latitude, longitude, get("Label").or_else(|| get("Address"))));
    }
    let files = get("NumMedia").and_then(|number| number.parse().ok()).unwrap_or(0).min(MOST_FILES);
    for number in 0..files {
        let Some(url) = get(&format!("MediaUrl{number}")) else { continue };
        let mime = get(&format!("MediaContentType{number}")).unwrap_or("application/octet-stream");
        let media = Media::lazy(url, format!("{}{}", number + 1, extension(mime)), mime);
        parts.push(Part::media(format!("media{number}"), PartKind::of_mime(mime), media, ""));
    }
    if parts.is_empty() {
        const NOTHING: Text = Text::new(
            "Sent something that Twilio does not pass on.",
            "Hat etwas gesendet, das Twilio nicht weitergibt.",
        );
        parts.push(Part::notice("0", &NOTHING));
    }
    parts
}

/// Twilio tells no names of files.
fn extension(mime: &str) -> String {
    let (_, subtype) = mime.split_once('/').unwrap_or_default();
    let subtype = subtype.strip_prefix("x-").unwrap_or(subtype);
    let word: String = subtype.chars().take_while(char::is_ascii_alphanumeric).take(8).collect();
    match word.as_str() {
        "" | "octet" => String::new(),
        "jpeg" => ".jpg".to_owned(),
        "vcard" | "directory" => ".vcf".to_owned(),
        "plain" => ".txt".to_owned(),
        other => format!(".{other}"),
    }
}
