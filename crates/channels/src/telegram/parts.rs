//! What a Telegram message is made of (<https://core.telegram.org/bots/api#message>).

use serde_json::{Value, json};
use unisono_domain::{
    channel::{Media, Part, PartKind},
    text::Text,
};

use super::{
    entities::to_html,
    notice,
    wire::{name, text},
};

/// What a bot gets of files (<https://core.telegram.org/bots/api#getfile>).
pub(super) const LARGEST_FILE: u64 = 20_000_000;

/// The parts of a message that somebody wrote. `largest`: files above it cannot be fetched.
pub(super) fn of(message: &Value, largest: u64) -> Vec<Part> {
    let caption = formatted(message, "caption", "caption_entities");
    let mut part = match file(message) {
        Some(file) => file.part(caption, largest),
        None => other(message).unwrap_or_else(|| formatted(message, "text", "entities")),
    };
    if part.text.is_empty() && part.media.is_none() {
        part = Part::notice("0", &notice::only_there(message));
    }
    if let Some(from) = forwarded_from(message) {
        part = forwarded(part, &from);
    }
    if let Some(album) = message["media_group_id"].as_str() {
        part = part.with("org.unisono.album", album);
    }
    vec![part]
}

fn formatted(message: &Value, key: &str, entities: &str) -> Part {
    let words = text(message, key);
    Part { html: to_html(words, &message[entities]), ..Part::text("0", words) }
}

/// A file as Telegram names it.
struct File<'a> {
    value: &'a Value,
    kind: PartKind,
    name: String,
    mime: &'a str,
}

impl File<'_> {
    fn part(self, caption: Part, largest: u64) -> Part {
        let id = text(self.value, "file_id");
        let size = self.value["file_size"].as_u64();
        if id.is_empty() || size.is_some_and(|size| size > largest) {
            return too_large(&self.name, size.unwrap_or_default(), &caption.text);
        }
        let media = Media { size, ..Media::lazy(id, self.name, self.mime) };
        Part { kind: self.kind, media: Some(media), ..caption }
    }
}

fn too_large(name: &str, size: u64, caption: &str) -> Part {
    let (size, gap) = (size.div_ceil(1_000_000), if caption.is_empty() { "" } else { "\n" });
    let words = Text::owned(
        format!("{name} ({size} MB) can only be seen in Telegram: it gives bots files up to 20 MB.{gap}{caption}"),
        format!("{name} ({size} MB) ist nur in Telegram zu sehen: Bots bekommen Dateien bis 20 MB.{gap}{caption}"),
    );
    Part::notice("0", &words)
}

fn file(message: &Value) -> Option<File<'_>> {
    let found = |key: &str| message.get(key).filter(|value| value.is_object());
    let file = |value, kind, fallback: &str, mime| File { value, kind, name: file_name(value, fallback), mime };
    // An animation is there as a document, too.
    if let Some(value) = found("animation") {
        let kind = if mime_of(value, "video/mp4") == "image/gif" { PartKind::Image } else { PartKind::Video };
        return Some(file(value, kind, "animation.mp4", mime_of(value, "video/mp4")));
    }
    if let Some(value) = found("live_photo") {
        return Some(file(value, PartKind::Video, "live-photo.mp4", mime_of(value, "video/mp4")));
    }
    if let Some(value) = message["photo"].as_array().and_then(|sizes| largest_picture(sizes)) {
        return Some(file(value, PartKind::Image, "photo.jpg", "image/jpeg"));
    }
    if let Some(value) = found("video") {
        return Some(file(value, PartKind::Video, "video.mp4", mime_of(value, "video/mp4")));
    }
    if let Some(value) = found("video_note") {
        return Some(file(value, PartKind::Video, "video-note.mp4", "video/mp4"));
    }
    if let Some(value) = found("voice") {
        return Some(file(value, PartKind::Voice, "voice.ogg", mime_of(value, "audio/ogg")));
    }
    if let Some(value) = found("audio") {
        let song = [text(value, "performer"), text(value, "title")].join(" - ");
        let fallback = format!("{}.mp3", song.trim_matches([' ', '-']));
        return Some(file(value, PartKind::Audio, &fallback, mime_of(value, "audio/mpeg")));
    }
    if let Some(value) = found("document") {
        let mime = mime_of(value, "application/octet-stream");
        let picture = matches!(mime, "image/jpeg" | "image/png" | "image/webp" | "image/gif");
        return Some(file(value, if picture { PartKind::Image } else { PartKind::File }, "file", mime));
    }
    sticker(found("sticker")?)
}

/// Moving stickers in Telegram's own format are shown by their still picture.
fn sticker(value: &Value) -> Option<File<'_>> {
    let name = format!("sticker {}", text(value, "emoji"));
    let ending = if value["is_video"] == true { "webm" } else { "webp" };
    let file = |value, kind, mime| Some(File { value, kind, name: format!("{}.{ending}", name.trim()), mime });
    if value["is_video"] == true {
        return file(value, PartKind::Video, "video/webm");
    }
    if value["is_animated"] == true {
        return file(value.get("thumbnail").filter(|still| still.is_object())?, PartKind::Image, "image/webp");
    }
    file(value, PartKind::Image, "image/webp")
}

pub(super) fn largest_picture(sizes: &[Value]) -> Option<&Value> {
    let area = |size: &&Value| size["width"].as_u64().unwrap_or(0).saturating_mul(size["height"].as_u64().unwrap_or(0));
    sizes.iter().filter(|size| size.is_object()).max_by_key(area)
}

fn mime_of<'a>(value: &'a Value, fallback: &'a str) -> &'a str {
    value["mime_type"].as_str().filter(|mime| mime.contains('/') && mime.len() < 100).unwrap_or(fallback)
}

fn file_name(value: &Value, fallback: &str) -> String {
    let given = text(value, "file_name").rsplit(['/', '\\']).next().unwrap_or_default();
    let given: String = given.chars().filter(|char| !char.is_control()).take(200).collect();
    if given.trim().is_empty() { fallback.to_owned() } else { given }
}

/// Everything that is neither text nor a file.
fn other(message: &Value) -> Option<Part> {
    let found = |key: &str| message.get(key).filter(|value| value.is_object());
    // A venue comes with its location.
    if let Some(venue) = found("venue") {
        let label = [text(venue, "title"), text(venue, "address")].join("\n");
        return place(&venue["location"], Some(label.trim()));
    }
    if let Some(location) = found("location") {
        return place(location, None);
    }
    if let Some(contact) = found("contact") {
        let given = text(contact, "vcard");
        let who = name(contact);
        let vcard = if given.starts_with("BEGIN:VCARD") { given.to_owned() } else { vcard(&who, contact) };
        return Some(Part::contact("0", if who.is_empty() { "contact" } else { &who }, vcard));
    }
    if let Some(sticker) = found("sticker") {
        return Some(Part::text("0", text(sticker, "emoji")));
    }
    if let Some(poll) = found("poll") {
        let options = items(poll, "options").enumerate();
        let options = options.map(|(number, option)| format!("\n{}. {}", number + 1, text(option, "text")));
        return Some(Part::text("0", format!("📊 {}{}", text(poll, "question"), options.collect::<String>())));
    }
    if let Some(list) = found("checklist") {
        let tasks = items(list, "tasks").map(|task| {
            let done = task.get("completion_date").is_some_and(|date| date.as_i64() > Some(0));
            format!("\n{} {}", if done { "☑" } else { "☐" }, text(task, "text"))
        });
        return Some(Part::text("0", format!("{}{}", text(list, "title"), tasks.collect::<String>())));
    }
    if let Some(dice) = found("dice") {
        return Some(Part::text(
            "0",
            format!("{} {}", text(dice, "emoji"), dice["value"].as_i64().unwrap_or_default()),
        ));
    }
    if let Some(game) = found("game") {
        return Some(Part::text("0", format!("🎮 {}\n{}", text(game, "title"), text(game, "description"))));
    }
    if let Some(invoice) = found("invoice") {
        let (title, more) = (text(invoice, "title"), text(invoice, "description"));
        return Some(Part::text("0", format!("🧾 {title}\n{more}")));
    }
    if let Some(data) = found("web_app_data") {
        return Some(Part::text("0", format!("{}: {}", text(data, "button_text"), text(data, "data"))));
    }
    None
}

fn items<'a>(value: &'a Value, key: &str) -> impl Iterator<Item = &'a Value> {
    value[key].as_array().into_iter().flatten().take(100)
}

fn place(location: &Value, label: Option<&str>) -> Option<Part> {
    let (latitude, longitude) = (location["latitude"].as_f64()?, location["longitude"].as_f64()?);
    let valid = latitude.abs() <= 90.0 && longitude.abs() <= 180.0;
    let part = valid.then(|| Part::location("0", latitude, longitude, label.filter(|label| !label.is_empty())))?;
    Some(match location["live_period"].as_i64() {
        Some(period) => part.with("org.unisono.live", json!({ "seconds": period })),
        None => part,
    })
}

fn vcard(who: &str, contact: &Value) -> String {
    let line = |text: &str| text.chars().filter(|char| !char.is_control()).collect::<String>();
    let escaped = line(who).replace('\\', "\\\\").replace([',', ';'], " ");
    format!(
        "BEGIN:VCARD\r\nVERSION:3.0\r\nFN:{escaped}\r\nTEL:{}\r\nEND:VCARD\r\n",
        line(text(contact, "phone_number"))
    )
}

/// Who wrote it first (<https://core.telegram.org/bots/api#messageorigin>).
fn forwarded_from(message: &Value) -> Option<String> {
    let origin = message.get("forward_origin").filter(|origin| origin.is_object())?;
    let hidden = text(origin, "sender_user_name").to_owned();
    let names = [hidden, name(&origin["sender_user"]), name(&origin["sender_chat"]), name(&origin["chat"])];
    names.into_iter().find(|name| !name.is_empty())
}

fn forwarded(part: Part, from: &str) -> Part {
    let gap = if part.text.is_empty() { "" } else { "\n" };
    let html = part.html.as_ref().map(|html| {
        let from: String = from.chars().filter(|char| !"<>&\"".contains(*char)).collect();
        format!("<em>↪ {from}</em><br>{html}")
    });
    let text = format!("↪ {from}{gap}{}", part.text);
    Part { text, html, ..part }.with("org.unisono.forwarded", json!({ "from": from }))
}
