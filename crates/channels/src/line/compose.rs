//! What goes out, as LINE's message objects
//! (<https://developers.line.biz/en/reference/messaging-api/#message-objects>).

use serde_json::{Value, json};
use unisono_domain::{
    channel::{MessageRef, Part, PartKind},
    text::Text,
};

/// What a picture may have, in bytes.
const LARGEST_PICTURE: u64 = 10_000_000;
/// Buttons of a template, and characters above them.
const MOST_BUTTONS: usize = 4;
const LONGEST_TEMPLATE: usize = 160;
/// Quick replies under a message.
const MOST_REPLIES: usize = 13;
/// Bytes that a button may carry, and characters on it.
const MOST_DATA: usize = 300;
const LONGEST_LABEL: usize = 20;

const NO_ADDRESS: Text = Text::new(
    "LINE fetches files from us and needs an address of this server on the internet (public_url).",
    "LINE holt Dateien bei uns ab und braucht eine Adresse dieses Servers im Internet (public_url).",
);

/// Where LINE fetches a file from us.
pub(super) struct Links {
    pub file: String,
    pub preview: String,
    /// How long a recording is, in milliseconds.
    pub duration: u64,
}

/// One message. `links` are there for files if we can be reached.
pub(super) fn message(
    part: &Part,
    reply_to: Option<&MessageRef>,
    speaker: Option<&str>,
    links: Option<Links>,
) -> Result<Value, Text> {
    let mut message = match (&part.kind, &part.media) {
        (PartKind::Location, _) if part.coordinates().is_some() => location(part),
        (PartKind::Card, _) => card(part),
        (_, Some(media)) => {
            let links = links.ok_or(NO_ADDRESS)?;
            file(part.kind, &media.mime, &media.name, media.size.unwrap_or_default(), &links)
        }
        (_, None) => json!({ "type": "text", "text": part.text }),
    };
    let quote = reply_to.and_then(|target| target.data["quote"].as_str());
    if let Some(quote) = quote.filter(|_| message["type"] == "text") {
        message["quoteToken"] = quote.into();
    }
    if let Some(speaker) = speaker {
        message["sender"] = json!({ "name": cut(speaker, LONGEST_LABEL) });
    }
    Ok(message)
}

/// Cut to so many UTF-16 units, which is how LINE counts.
fn cut(text: &str, most: usize) -> String {
    let mut units = 0;
    text.chars()
        .take_while(|char| {
            units += char.len_utf16();
            units <= most
        })
        .collect()
}

fn location(part: &Part) -> Value {
    let (latitude, longitude) = part.coordinates().unwrap_or_default();
    let coordinates = format!("{latitude:.5}, {longitude:.5}");
    let label = part.text.trim();
    let label = if label.is_empty() || label.contains("geo:") { &coordinates } else { label };
    let (title, address) = label.split_once('\n').unwrap_or((label, &coordinates));
    json!({
        "type": "location", "title": cut(title, 100), "address": cut(address, 100),
        "latitude": latitude, "longitude": longitude,
    })
}

/// Pictures, films and sound as such where LINE takes the format, all else as a link.
fn file(kind: PartKind, mime: &str, name: &str, size: u64, links: &Links) -> Value {
    match (kind, mime.split(';').next().unwrap_or_default()) {
        (PartKind::Image, "image/jpeg" | "image/png") if size <= LARGEST_PICTURE => {
            json!({ "type": "image", "originalContentUrl": links.file, "previewImageUrl": links.preview })
        }
        (PartKind::Video, "video/mp4") => {
            json!({ "type": "video", "originalContentUrl": links.file, "previewImageUrl": links.preview })
        }
        (PartKind::Audio | PartKind::Voice, "audio/mp4" | "audio/mpeg" | "audio/x-m4a" | "audio/aac") => {
            json!({ "type": "audio", "originalContentUrl": links.file, "duration": links.duration.max(1) })
        }
        _ => json!({ "type": "text", "text": format!("📎 {name}\n{}", links.file) }),
    }
}

/// Buttons while they fit under the text, else quick replies, else numbered lines.
fn card(part: &Part) -> Value {
    let card = part.extra.get("org.unisono.card").unwrap_or(&Value::Null);
    let items = |value: &Value| value.as_array().cloned().unwrap_or_default();
    let text = card["text"].as_str().unwrap_or(&part.text);
    let rows = items(&card["list"]["sections"]).iter().flat_map(|section| items(&section["rows"])).collect::<Vec<_>>();
    let choices: Vec<Value> = items(&card["buttons"]).into_iter().chain(rows).collect();
    let actions: Vec<Value> = choices.iter().filter_map(action).collect();
    if actions.is_empty() || actions.len() > MOST_REPLIES || actions.len() < choices.len() {
        return json!({ "type": "text", "text": numbered(text, &choices) });
    }
    if actions.len() <= MOST_BUTTONS && text.encode_utf16().count() <= LONGEST_TEMPLATE {
        let template = json!({ "type": "buttons", "text": text, "actions": actions });
        return json!({ "type": "template", "altText": cut(&numbered(text, &choices), 400), "template": template });
    }
    let replies: Vec<Value> = actions.iter().map(|action| json!({ "type": "action", "action": action })).collect();
    json!({ "type": "text", "text": text, "quickReply": { "items": replies } })
}

fn action(choice: &Value) -> Option<Value> {
    let label = choice["label"].as_str()?;
    let short = cut(label, LONGEST_LABEL);
    if let Some(url) = choice["url"].as_str() {
        return Some(json!({ "type": "uri", "label": short, "uri": url }));
    }
    let data = json!({ "id": choice["id"].as_str().unwrap_or(label), "label": label }).to_string();
    (data.len() <= MOST_DATA).then(|| json!({ "type": "postback", "label": short, "data": data, "displayText": label }))
}

fn numbered(text: &str, choices: &[Value]) -> String {
    let mut text = text.to_owned();
    for (number, choice) in (1..).zip(choices) {
        let more = choice["url"].as_str().or(choice["description"].as_str());
        let more = more.map(|more| format!(": {more}")).unwrap_or_default();
        text.push_str(&format!("\n{number}. {}{more}", choice["label"].as_str().unwrap_or_default()));
    }
    text
}
