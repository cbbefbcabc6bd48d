//! What a message of Discord holds (<https://discord.com/developers/docs/resources/message>).

use serde_json::Value;
use unisono_domain::{
    channel::{Formatting, Media, Part, PartKind},
    text::Text,
};

use super::places::{Places, name};
use crate::format;

/// A message's flag: it was spoken.
const VOICE: u64 = 1 << 13;

/// What happened, where a message is not somebody's words.
pub(super) fn notice(message: &Value) -> Option<Text> {
    let kind = message["type"].as_u64().unwrap_or(0);
    let who = name(&message["author"]).unwrap_or("?");
    let content = message["content"].as_str().unwrap_or_default();
    let words = |en: &str, de: &str| Some(Text::owned(format!("{who} {en}"), format!("{who} {de}")));
    match kind {
        // Said, answered, by a command, the start of a thread.
        0 | 19 | 20 | 21 | 23 => None,
        1 => words("added somebody.", "hat jemanden hinzugefügt."),
        2 => words("removed somebody.", "hat jemanden entfernt."),
        3 => words("called.", "hat angerufen."),
        4 => words(&format!("named the channel “{content}”."), &format!("hat den Kanal „{content}“ genannt.")),
        5 => words("changed the picture.", "hat das Bild geändert."),
        6 => words("pinned a message.", "hat eine Nachricht angeheftet."),
        7 => words("joined.", "ist beigetreten."),
        8..=11 => words("boosted the server.", "hat den Server geboostet."),
        18 => words(&format!("started the thread “{content}”."), &format!("hat den Thread „{content}“ begonnen.")),
        _ => words(
            &format!("caused something that only Discord shows ({kind})."),
            &format!("hat etwas ausgelöst, das nur Discord zeigt ({kind})."),
        ),
    }
}

/// The parts of somebody's words; never none.
pub(super) fn of(message: &Value, places: &Places) -> Vec<Part> {
    // Forwarded, or the message that a thread began with.
    let original = match (&message["message_snapshots"][0]["message"], message["type"] == 21) {
        (_, true) => &message["referenced_message"],
        (forwarded, false) if forwarded.is_object() => forwarded,
        _ => message,
    };
    let mut text = shown(original, places);
    for embed in original["embeds"].as_array().into_iter().flatten().take(10) {
        let words = embed_words(embed, &text);
        if !words.is_empty() {
            text = if text.is_empty() { words } else { format!("{text}\n{words}") };
        }
    }
    let mut parts = Vec::new();
    if !text.trim().is_empty() {
        parts.push(format::text_part(Formatting::Markdown, "0", &text));
    }
    let spoken = message["flags"].as_u64().unwrap_or(0) & VOICE != 0;
    for file in original["attachments"].as_array().into_iter().flatten().take(10) {
        parts.extend(attachment(file, spoken));
    }
    for sticker in original["sticker_items"].as_array().into_iter().flatten().take(3) {
        parts.extend(self::sticker(sticker));
    }
    if let Some(question) = original["poll"]["question"]["text"].as_str() {
        let answers = original["poll"]["answers"].as_array().into_iter().flatten();
        let answers = answers.filter_map(|answer| answer["poll_media"]["text"].as_str());
        let answers: String = answers.take(20).map(|answer| format!("\n• {answer}")).collect();
        parts.push(Part::notice(
            "poll",
            &Text::owned(
                format!("Poll, to be answered in Discord: {question}{answers}"),
                format!("Umfrage, zu beantworten in Discord: {question}{answers}"),
            ),
        ));
    }
    if parts.is_empty() {
        parts.push(Part::notice(
            "0",
            &Text::new("Sent something that only Discord shows.", "Hat etwas gesendet, das nur Discord zeigt."),
        ));
    }
    parts
}

/// The content with the names of those who are mentioned.
fn shown(message: &Value, places: &Places) -> String {
    let content = message["content"].as_str().unwrap_or_default();
    let mut out = String::with_capacity(content.len());
    let mut rest = content;
    while let Some(start) = rest.find('<') {
        let (before, tail) = rest.split_at(start);
        out.push_str(before);
        match mention(tail, message, places) {
            Some((name, length)) => {
                out.push_str(&escaped(&name));
                rest = &tail[length..];
            }
            None => {
                out.push('<');
                rest = &tail[1..];
            }
        }
    }
    out.push_str(rest);
    out
}

fn mention(text: &str, message: &Value, places: &Places) -> Option<(String, usize)> {
    let end = text.find('>').filter(|end| *end < 40)?;
    let inside = &text[1..end];
    let name = if let Some(role) = inside.strip_prefix("@&") {
        role.bytes().all(|byte| byte.is_ascii_digit()).then(|| "@role".to_owned())?
    } else if let Some(id) = inside.strip_prefix('@') {
        let id = id.trim_start_matches('!');
        let found = message["mentions"].as_array()?.iter().find(|user| user["id"].as_str() == Some(id))?;
        format!("@{}", name(found)?)
    } else {
        let channel = places.find(inside.strip_prefix('#')?)?;
        channel.name.clone()?.split(" · ").next()?.to_owned()
    };
    Some((name, end + 1))
}

fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in text.chars() {
        if "\\*_~`|<[".contains(letter) {
            out.push('\\');
        }
        out.push(letter);
    }
    out
}

/// What a bot laid out; previews of links say nothing new.
fn embed_words(embed: &Value, content: &str) -> String {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    if embed["url"].as_str().is_some_and(|url| content.contains(url)) && embed["type"] != "rich" {
        return String::new();
    }
    let mut lines = vec![text(&embed["author"]["name"])];
    let (title, url) = (text(&embed["title"]), text(&embed["url"]));
    lines.push(match (title.is_empty(), url.is_empty()) {
        (true, _) => url,
        (false, true) => format!("**{}**", escaped(&title)),
        (false, false) => format!("[{}]({url})", escaped(&title)),
    });
    lines.push(text(&embed["description"]));
    for field in embed["fields"].as_array().into_iter().flatten().take(25) {
        lines.push(format!("**{}**: {}", escaped(&text(&field["name"])), text(&field["value"])));
    }
    lines.push(text(&embed["footer"]["text"]));
    lines.retain(|line| !line.trim().is_empty());
    lines.join("\n")
}

fn attachment(file: &Value, spoken: bool) -> Option<Part> {
    let (id, url) = (file["id"].as_str()?, file["url"].as_str().filter(|url| url.starts_with("http"))?);
    let name = file["filename"].as_str().unwrap_or("file");
    let name: String = name.rsplit(['/', '\\']).next().unwrap_or_default().chars().take(200).collect();
    let mime = file["content_type"].as_str().unwrap_or("application/octet-stream");
    let kind = if spoken { PartKind::Voice } else { PartKind::of_mime(mime) };
    let media = Media { size: file["size"].as_u64(), ..Media::lazy(url, name, mime) };
    Some(Part::media(id, kind, media, file["description"].as_str().unwrap_or_default()))
}

/// <https://discord.com/developers/docs/resources/sticker>: drawn ones are pictures, Lottie is not.
fn sticker(sticker: &Value) -> Option<Part> {
    let (id, name) = (sticker["id"].as_str()?, sticker["name"].as_str().unwrap_or("sticker"));
    let is_number = id.bytes().all(|byte| byte.is_ascii_digit());
    let file = match sticker["format_type"].as_u64() {
        Some(1 | 2) if is_number => Some((format!("https://cdn.discordapp.com/stickers/{id}.png"), "image/png")),
        Some(4) if is_number => Some((format!("https://media.discordapp.net/stickers/{id}.gif"), "image/gif")),
        _ => None,
    };
    Some(match file {
        Some((url, mime)) => Part::media(id, PartKind::Image, Media::lazy(url, name, mime), ""),
        None => Part::notice(id, &Text::owned(format!("Sticker: {name}"), format!("Sticker: {name}"))),
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn names_of_the_mentioned_are_no_markup() {
        let message = json!({ "content": "hi <@2> and <@!2>, <@9> <:x:1>", "type": 0,
            "mentions": [{ "id": "2", "username": "u", "global_name": "An*na*" }] });
        let parts = of(&message, &Places::default());
        assert_eq!(parts[0].text, "hi @An*na* and @An*na*, <@9> :x:");
        assert_eq!(parts[0].html, None);
    }

    #[test]
    fn everything_in_a_message_is_said() {
        let message = json!({ "type": 0, "content": "see https://a.org", "flags": 0,
            "embeds": [{ "type": "link", "url": "https://a.org", "title": "A" },
                { "type": "rich", "title": "Build", "description": "**failed**", "fields": [{ "name": "at", "value": "1" }] }],
            "attachments": [{ "id": "1", "filename": "a/b.png", "size": 3, "url": "https://cdn.discordapp.com/b.png",
                "content_type": "image/png" }],
            "sticker_items": [{ "id": "7", "name": "Wave", "format_type": 3 }],
            "poll": { "question": { "text": "Lunch?" }, "answers": [{ "poll_media": { "text": "Yes" } }] } });
        let parts = of(&message, &Places::default());
        assert_eq!(parts[0].text, "see https://a.org\nBuild\nfailed\nat: 1");
        assert_eq!(parts[1].media.as_ref().unwrap().name, "b.png");
        assert_eq!(parts[2].text, "Sticker: Wave");
        assert!(parts[3].text.ends_with("Lunch?\n• Yes"));
        assert_eq!(of(&json!({}), &Places::default()).len(), 1);
    }
}
