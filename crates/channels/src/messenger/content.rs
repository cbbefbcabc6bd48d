//! What a message holds, as parts.

use serde_json::Value;
use unisono_domain::{
    channel::{Media, Part, PartKind},
    text::Text,
};
use url::Url;

use super::Platform;
use crate::meta_graph::read::{choice, cut, list, number, text};

/// Words from outside that go into words of ours.
pub fn bounded(words: &str) -> String {
    cut(words, 300)
}

/// The parts of a message. At least one: what we do not know is said to be there.
pub fn parts(message: &Value, platform: Platform) -> Vec<Part> {
    let mut parts = Vec::new();
    let words = text(message, "/text");
    if !words.is_empty() {
        let part = match text(message, "/quick_reply/payload") {
            "" => Part::text("text", words),
            payload => choice(payload, words),
        };
        parts.push(Part { id: "text".to_owned(), ..part });
    }
    let mut urls = Vec::new();
    for (index, attachment) in list(message, "/attachments").iter().take(100).enumerate() {
        // A sticker comes as a sticker and, for older programs, as a picture once more.
        let url = text(attachment, "/payload/url");
        if url.is_empty() || !urls.contains(&url) {
            parts.push(self::attachment(&index.to_string(), attachment, platform));
            urls.push(url);
        }
    }
    if parts.is_empty() {
        parts.push(Part::notice("unknown", &platform.unknown("")));
    }
    let story = text(message, "/reply_to/story/url");
    if message["reply_to"]["story"].is_object() {
        let words = Text::owned(format!("About your story: {story}"), format!("Zu deiner Story: {story}"));
        parts.push(Part::notice("story", &words));
    }
    parts.extend(referral(&message["referral"]));
    parts
}

fn attachment(id: &str, attachment: &Value, platform: Platform) -> Part {
    let (kind, payload) = (text(attachment, "/type"), &attachment["payload"]);
    let url = text(payload, "/url");
    let file = |kind, name: &str| {
        let name = name_of(url).unwrap_or_else(|| name.to_owned());
        let mime = mime_of(&name, kind);
        Part::media(id, kind, Media::lazy(url, name, mime), "")
    };
    match kind {
        "image" | "sticker" if !url.is_empty() => file(PartKind::Image, "image.jpg"),
        "video" if !url.is_empty() => file(PartKind::Video, "video.mp4"),
        "audio" if !url.is_empty() => file(PartKind::Audio, "audio.mp4"),
        "file" if !url.is_empty() => file(PartKind::File, "file.bin"),
        "location" => match (number(&payload["coordinates"]["lat"]), number(&payload["coordinates"]["long"])) {
            (Some(latitude), Some(longitude)) => {
                let title = Some(text(attachment, "/title")).filter(|title| !title.is_empty()).map(bounded);
                Part::location(id, latitude, longitude, title.as_deref())
            }
            _ => Part::notice(id, &platform.unknown(kind)),
        },
        // What is in a story is gone after a day, and must not be kept longer.
        "story_mention" => Part::notice(
            id,
            &Text::owned(format!("Mentioned you in a story: {url}"), format!("Hat dich in einer Story erwähnt: {url}")),
        ),
        "template" => Part::text(id, template(payload)),
        // Links, posts, reels, products: their title and address.
        _ => {
            let words = [text(attachment, "/title"), text(payload, "/title"), url, text(attachment, "/url")];
            let mut lines: Vec<&str> = Vec::new();
            for words in words {
                if !words.is_empty() && !lines.contains(&words) {
                    lines.push(words);
                }
            }
            match lines.is_empty() {
                true => Part::notice(id, &platform.unknown(kind)),
                false => Part::text(id, cut(&lines.join("\n"), 4_000)),
            }
        }
    }
}

/// What the page itself sent with buttons, in words.
fn template(payload: &Value) -> String {
    let mut lines = vec![text(payload, "/text").to_owned()];
    for element in list(payload, "/elements").iter().take(20) {
        lines.extend(["/title", "/subtitle"].map(|pointer| text(element, pointer).to_owned()));
        lines.extend(list(element, "/buttons").iter().map(|button| format!("[{}]", text(button, "/title"))));
    }
    lines.extend(list(payload, "/buttons").iter().map(|button| format!("[{}]", text(button, "/title"))));
    lines.retain(|line| !line.trim().is_empty());
    bounded(&lines.join("\n"))
}

/// The advertisement, link or product that brought the other side here.
pub fn referral(referral: &Value) -> Option<Part> {
    if !referral.is_object() {
        return None;
    }
    let words = ["/ads_context_data/ad_title", "/product/id", "/ref", "/source", "/ad_id", "/referer_uri"];
    let words = words.into_iter().map(|pointer| text(referral, pointer)).filter(|words| !words.is_empty());
    let words = words.map(bounded).collect::<Vec<_>>().join(" · ");
    Some(Part::notice("referral", &Text::owned(format!("Came by: {words}"), format!("Kam über: {words}"))))
}

/// The last piece of an address, as the name of a file.
fn name_of(url: &str) -> Option<String> {
    let url: Url = url.parse().ok()?;
    let last = url.path_segments()?.next_back()?;
    let name = cut(last, 100);
    (name.contains('.') && !name.starts_with('.')).then_some(name)
}

fn mime_of(name: &str, kind: PartKind) -> &'static str {
    match name.rsplit('.').next().unwrap_or_default().to_ascii_lowercase().as_str() {
        "jpg" | "jpeg" => "image/jpeg",
        "png" => "image/png",
        "gif" => "image/gif",
        "webp" => "image/webp",
        // Voice messages come as films without a picture.
        "mp4" if kind == PartKind::Audio => "audio/mp4",
        "mp4" => "video/mp4",
        "m4a" => "audio/mp4",
        "mp3" => "audio/mpeg",
        "ogg" => "audio/ogg",
        "wav" => "audio/wav",
        "pdf" => "application/pdf",
        _ => "application/octet-stream",
    }
}

/// The sign for Meta's word for a reaction.
pub fn emoji(word: &str) -> &'static str {
    match word {
        "love" => "❤️",
        "smile" | "laugh" => "😆",
        "wow" => "😮",
        "sad" => "😢",
        "angry" => "😠",
        "dislike" => "👎",
        _ => "👍",
    }
}
