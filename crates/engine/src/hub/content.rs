//! Parts of messages as the content of Matrix events.

use std::collections::HashMap;

use ruma::{CanonicalJsonObject, CanonicalJsonValue, EventId};
use serde_json::{Map, Value, json};
use unisono_domain::channel::{InboundBody, Media, MediaSource, Part, PartKind};

use crate::{Error, Result};

/// An event has at most 65,535 bytes; this leaves room for everything around the content.
const MOST: usize = 58_000;
/// What a text is cut to if nothing else makes an event small enough.
const SHORT: usize = 16_000;

/// Marks a part that tells what its sender does ("waves"). Inbound it is `true`; outbound it holds the
/// words without the star that the text has before them.
pub(super) const EMOTE: &str = "org.unisono.emote";

/// Turns JSON into an event's content. Numbers that Matrix does not allow (fractions) are rounded.
pub(super) fn canonical(value: Value) -> Result<CanonicalJsonObject> {
    match CanonicalJsonValue::try_from(rounded(value)) {
        Ok(CanonicalJsonValue::Object(object)) => Ok(object),
        Ok(_) => Err(Error::internal("an event's content must be an object")),
        Err(error) => Err(Error::internal(error)),
    }
}

fn rounded(value: Value) -> Value {
    const LARGEST: f64 = 9_007_199_254_740_991.0;
    match value {
        Value::Number(number) if number.as_i64().is_none() => {
            let float = number.as_f64().unwrap_or_default().clamp(-LARGEST, LARGEST).round();
            #[expect(clippy::cast_possible_truncation, reason = "clamped to what fits")]
            Value::from(float as i64)
        }
        Value::Array(list) => list.into_iter().map(rounded).collect(),
        Value::Object(map) => map.into_iter().map(|(key, value)| (key, rounded(value))).collect(),
        other => other,
    }
}

/// What surrounds a part.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Around<'a> {
    /// The event of the message that this one answers.
    pub reply_to: Option<&'a EventId>,
    /// The event of the message's first part.
    pub part_of: Option<&'a EventId>,
    /// Written by a machine: a notice.
    pub notice: bool,
}

/// Where the pictures are that a message's HTML shows inline, by `Content-ID`.
pub(super) fn inline_media(parts: &[Part]) -> HashMap<&str, &str> {
    parts
        .iter()
        .filter_map(|part| part.media.as_ref())
        .filter_map(|media| Some((media.content_id.as_deref()?, stored(media)?)))
        .collect()
}

fn stored(media: &Media) -> Option<&str> {
    match &media.source {
        MediaSource::Stored(uri) => Some(uri),
        MediaSource::Bytes(_) | MediaSource::Lazy(_) => None,
    }
}

/// The content of an `m.room.message`. The hub's own keys win over the adapter's.
pub(super) fn message(part: &Part, inline: &HashMap<&str, &str>, around: Around<'_>) -> Value {
    let mut content = part.extra.clone();
    let info = content.remove("info");
    match &part.media {
        Some(media) => put_media(&mut content, part, media, info),
        None => put_text(&mut content, part, around.notice),
    }
    if let Some(html) = part.html.as_deref().filter(|_| content.contains_key("msgtype")) {
        content.insert("format".to_owned(), json!("org.matrix.custom.html"));
        content.insert("formatted_body".to_owned(), Value::String(with_inline(html, inline)));
    }
    if let Some(event_id) = around.reply_to {
        content.insert("m.relates_to".to_owned(), json!({ "m.in_reply_to": { "event_id": event_id } }));
    }
    if let Some(event_id) = around.part_of {
        content.insert("org.unisono.part_of".to_owned(), json!(event_id));
    }
    fit(content)
}

fn put_text(content: &mut Map<String, Value>, part: &Part, notice: bool) {
    let emote = content.remove(EMOTE).is_some();
    let msgtype = match part.kind {
        PartKind::Location if content.contains_key("geo_uri") => "m.location",
        PartKind::Notice => "m.notice",
        _ if notice => "m.notice",
        _ if emote => "m.emote",
        _ => "m.text",
    };
    content.insert("msgtype".to_owned(), json!(msgtype));
    content.insert("body".to_owned(), json!(part.text));
}

fn put_media(content: &mut Map<String, Value>, part: &Part, media: &Media, info: Option<Value>) {
    let Some(uri) = stored(media) else {
        // It could not be fetched. Saying so is better than leaving a gap.
        content.insert("msgtype".to_owned(), json!("m.notice"));
        content.insert("body".to_owned(), json!(format!("{} (?)", media.name)));
        content.insert(
            "org.unisono.message".to_owned(),
            json!(unisono_domain::text::Text::owned(
                format!("The file “{}” could not be loaded.", media.name),
                format!("Die Datei „{}“ konnte nicht geladen werden.", media.name),
            )),
        );
        return;
    };
    let msgtype = match part.kind {
        PartKind::Image => "m.image",
        PartKind::Audio | PartKind::Voice => "m.audio",
        PartKind::Video => "m.video",
        _ => "m.file",
    };
    if part.kind == PartKind::Voice {
        content.insert("org.matrix.msc3245.voice".to_owned(), json!({}));
    }
    let mut info = match info {
        Some(Value::Object(info)) => info,
        _ => Map::new(),
    };
    info.insert("mimetype".to_owned(), json!(media.mime));
    if let Some(size) = media.size {
        info.insert("size".to_owned(), json!(size));
    }
    let body = if part.text.is_empty() { &media.name } else { &part.text };
    content.insert("msgtype".to_owned(), json!(msgtype));
    content.insert("body".to_owned(), json!(body));
    content.insert("filename".to_owned(), json!(media.name));
    content.insert("url".to_owned(), json!(uri));
    content.insert("info".to_owned(), Value::Object(info));
}

fn with_inline(html: &str, inline: &HashMap<&str, &str>) -> String {
    let mut html = html.to_owned();
    for (content_id, uri) in inline {
        html = html.replace(&format!("cid:{content_id}"), uri);
    }
    html
}

/// Makes a content small enough for an event: first without formatting, then with a shorter text,
/// at last without the adapter's own keys.
fn fit(mut content: Map<String, Value>) -> Value {
    let size = |content: &Map<String, Value>| serde_json::to_string(content).map_or(0, |json| json.len());
    if size(&content) > MOST {
        content.remove("format");
        content.remove("formatted_body");
    }
    if size(&content) > MOST
        && let Some(Value::String(body)) = content.get_mut("body")
    {
        cut(body, SHORT);
        content.insert("org.unisono.truncated".to_owned(), json!(true));
    }
    if size(&content) > MOST {
        content.retain(|key, value| {
            let own = matches!(key.as_str(), "msgtype" | "body" | "url" | "info" | "filename" | "m.relates_to");
            own || value.to_string().len() < 4_096
        });
    }
    Value::Object(content)
}

/// Shortens a text to so many bytes, at a character's boundary.
pub(super) fn cut(text: &mut String, bytes: usize) {
    if text.len() > bytes {
        let end = (0..=bytes).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
        text.truncate(end);
        text.push('…');
    }
}

/// The content of an edit (specification, "Event replacements").
pub(super) fn edit(target: &EventId, new: Value) -> Value {
    let mut content = new.clone();
    if let Some(Value::String(body)) = content.get_mut("body") {
        body.insert_str(0, "* ");
    }
    content["m.new_content"] = new;
    content["m.relates_to"] = json!({ "rel_type": "m.replace", "event_id": target });
    content
}

/// The media of an event's parts, to be fetched or stored.
pub(super) fn media_of(body: &mut InboundBody) -> impl Iterator<Item = (&mut Media, &mut Map<String, Value>)> {
    let parts = match body {
        InboundBody::Message { parts, .. } | InboundBody::Edit { parts, .. } => parts.as_mut_slice(),
        _ => &mut [],
    };
    parts.iter_mut().filter_map(|part| Some((part.media.as_mut()?, &mut part.extra)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_adapters_keys_never_win_over_the_hubs() {
        let mut part = Part::text("0", "hello");
        part.extra.insert("body".to_owned(), json!("forged"));
        part.extra.insert("org.unisono.email".to_owned(), json!({ "subject": "s", "score": 1.6 }));
        let content = message(&part, &HashMap::new(), Around::default());
        assert_eq!(content["body"], "hello");
        let content = canonical(content).unwrap();
        assert_eq!(serde_json::to_value(&content).unwrap()["org.unisono.email"]["score"], 2);
    }

    #[test]
    fn whatever_comes_fits_into_an_event() {
        let mut part = Part::text("0", "ü".repeat(60_000));
        part.html = Some("<b>x</b>".repeat(20_000));
        part.extra.insert("org.unisono.big".to_owned(), json!("y".repeat(100_000)));
        let content = message(&part, &HashMap::new(), Around::default());
        assert!(content.to_string().len() <= MOST);
        assert_eq!(content["org.unisono.truncated"], true);
    }

    #[test]
    fn inline_pictures_are_shown_from_the_media_store() {
        let mut picture = Part::text("1", "");
        picture.media = Some(Media {
            source: MediaSource::Stored("mxc://s/abc".to_owned()),
            name: "a.png".to_owned(),
            mime: "image/png".to_owned(),
            size: Some(3),
            content_id: Some("x@y".to_owned()),
        });
        let mut text = Part::text("0", "see");
        text.html = Some(r#"<img src="cid:x@y">"#.to_owned());
        let parts = [text, picture];
        let content = message(&parts[0], &inline_media(&parts), Around::default());
        assert_eq!(content["formatted_body"], r#"<img src="mxc://s/abc">"#);
    }
}
