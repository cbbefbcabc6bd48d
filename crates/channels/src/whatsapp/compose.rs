//! Our messages as WhatsApp takes them
//! (<https://developers.facebook.com/docs/whatsapp/cloud-api/guides/send-messages>).

use serde_json::{Value, json};
use unisono_domain::channel::{Formatting, Media, Part, PartKind};

use super::contact;
use crate::{
    format,
    meta_graph::{
        bare_mime,
        read::{cut, list, text},
    },
};

const MEGABYTE: u64 = 1024 * 1024;
/// Longest words beside buttons.
const MOST_CARD: usize = 1024;
/// Longest list of all sections.
const MOST_ROWS: usize = 10;

/// Under which of WhatsApp's kinds a file goes. What it does not take as what it is goes as a
/// document (<https://developers.facebook.com/docs/whatsapp/cloud-api/reference/media>).
pub fn kind_of(part: &Part, media: &Media) -> &'static str {
    let mime = bare_mime(&media.mime);
    let fits =
        |most: u64, mimes: &[&str]| mimes.contains(&mime.as_str()) && media.size.is_some_and(|size| size <= most);
    match part.kind {
        PartKind::Image if fits(5 * MEGABYTE, &["image/jpeg", "image/png"]) => "image",
        PartKind::Video if fits(16 * MEGABYTE, &["video/mp4", "video/3gpp"]) => "video",
        // Sounds have no captions.
        PartKind::Audio | PartKind::Voice
            if part.text.is_empty()
                && fits(16 * MEGABYTE, &["audio/aac", "audio/mp4", "audio/mpeg", "audio/amr", "audio/ogg"]) =>
        {
            "audio"
        }
        _ => "document",
    }
}

/// The message for an uploaded file.
pub fn file(part: &Part, media: &Media, id: &str) -> Value {
    let kind = kind_of(part, media);
    let mut file = json!({ "id": id });
    if !part.text.is_empty() {
        file["caption"] = json!(cut(&format::write(Formatting::WhatsApp, part), MOST_CARD));
    }
    if kind == "document" {
        file["filename"] = json!(media.name);
    }
    // Shown with the sender's picture and a wave, as phones send them.
    if part.kind == PartKind::Voice && kind == "audio" && bare_mime(&media.mime) == "audio/ogg" {
        file["voice"] = json!(true);
    }
    json!({ "type": kind, kind: file })
}

/// The message for everything that is no file and no template.
pub fn message(part: &Part) -> Value {
    if part.kind == PartKind::Location
        && let Some((latitude, longitude)) = part.coordinates()
    {
        let mut location = json!({ "latitude": latitude.to_string(), "longitude": longitude.to_string() });
        if !part.text.is_empty() && !part.text.starts_with("geo:") {
            location["name"] = json!(part.text);
        }
        return json!({ "type": "location", "location": location });
    }
    match part.extra.get("org.unisono.card").and_then(card) {
        Some(interactive) => json!({ "type": "interactive", "interactive": interactive }),
        None => words(&in_words(part)),
    }
}

fn words(body: &str) -> Value {
    let links = body.contains("https://") || body.contains("http://");
    json!({ "type": "text", "text": { "body": body, "preview_url": links } })
}

/// The card of a person, or nothing if it cannot be read as one.
pub fn card_of(vcard: &[u8]) -> Option<Value> {
    let contact = contact::from_vcard(&String::from_utf8_lossy(vcard))?;
    Some(json!({ "type": "contacts", "contacts": [contact] }))
}

/// A card as buttons (at most three), one link, or a list of at most ten. Nothing if it is more than
/// WhatsApp can show.
fn card(card: &Value) -> Option<Value> {
    let body = json!({ "text": text(card, "/text") });
    if text(card, "/text").is_empty() || text(card, "/text").chars().count() > MOST_CARD {
        return None;
    }
    let buttons = list(card, "/buttons");
    let sections = list(card, "/list/sections");
    let (url, label) = (text(card, "/buttons/0/url"), text(card, "/buttons/0/label"));
    if sections.is_empty() && buttons.len() == 1 && !url.is_empty() {
        let action = json!({ "name": "cta_url", "parameters": { "display_text": cut(label, 20), "url": url } });
        return Some(json!({ "type": "cta_url", "body": body, "action": action }));
    }
    let plain = buttons.iter().all(|button| text(button, "/url").is_empty());
    if sections.is_empty() && (1..=3).contains(&buttons.len()) && plain {
        let buttons: Option<Vec<Value>> = buttons
            .iter()
            .map(|button| {
                let (id, title) = named(button, 256, 20)?;
                Some(json!({ "type": "reply", "reply": { "id": id, "title": title } }))
            })
            .collect();
        return Some(json!({ "type": "button", "body": body, "action": { "buttons": buttons? } }));
    }
    // More buttons than fit are a list, too.
    let as_rows = [json!({ "rows": buttons })];
    let sections = if sections.is_empty() && plain { &as_rows } else { sections };
    let count: usize = sections.iter().map(|section| list(section, "/rows").len()).sum();
    if !(1..=MOST_ROWS).contains(&count) || (!list(card, "/list/sections").is_empty() && !buttons.is_empty()) {
        return None;
    }
    let sections: Option<Vec<Value>> = sections.iter().map(section).collect();
    let button = match text(card, "/list/title") {
        "" => "☰",
        title => title,
    };
    Some(json!({ "type": "list", "body": body, "action": { "button": cut(button, 20), "sections": sections? } }))
}

fn section(section: &Value) -> Option<Value> {
    let rows: Option<Vec<Value>> = list(section, "/rows")
        .iter()
        .map(|row| {
            let (id, title) = named(row, 200, 24)?;
            let mut out = json!({ "id": id, "title": title });
            let more = text(row, "/description");
            // What does not fit into the title is told below it.
            let more = if more.is_empty() && title != text(row, "/label") { text(row, "/label") } else { more };
            if !more.is_empty() {
                out["description"] = json!(cut(more, 72));
            }
            Some(out)
        })
        .collect();
    let mut out = json!({ "rows": rows? });
    let title = text(section, "/title");
    out["title"] = json!(cut(if title.is_empty() { "–" } else { title }, 24));
    Some(out)
}

/// The id and the words of a choice; nothing if the id would not come back as it is.
fn named(choice: &Value, most_id: usize, most_title: usize) -> Option<(&str, String)> {
    let (id, label) = (text(choice, "/id"), text(choice, "/label"));
    let fits = !id.is_empty() && id.trim() == id && id.chars().count() <= most_id && !label.is_empty();
    fits.then(|| (id, cut(label, most_title)))
}

/// A text, or a card as a text with numbered choices.
fn in_words(part: &Part) -> String {
    let Some(card) = part.extra.get("org.unisono.card") else { return format::write(Formatting::WhatsApp, part) };
    let rows = list(card, "/list/sections").iter().flat_map(|section| list(section, "/rows"));
    let mut words = match text(card, "/text") {
        "" => part.text.clone(),
        words => words.to_owned(),
    };
    for (number, choice) in (1..).zip(list(card, "/buttons").iter().chain(rows)) {
        let more = [text(choice, "/url"), text(choice, "/description")].into_iter().find(|more| !more.is_empty());
        let more = more.map(|more| format!(": {more}")).unwrap_or_default();
        words.push_str(&format!("\n{number}. {}{more}", text(choice, "/label")));
    }
    cut(&words, super::MOST_TEXT)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with_card(card: Value) -> Value {
        let mut part = Part::text("0", "fallback").with("org.unisono.card", card);
        part.kind = PartKind::Card;
        message(&part)
    }

    #[test]
    fn a_card_becomes_what_fits_it() {
        let buttons = |count: usize| {
            let buttons: Vec<Value> =
                (0..count).map(|n| json!({ "id": format!("b{n}"), "label": format!("Button {n}") })).collect();
            with_card(json!({ "text": "Which?", "buttons": buttons }))
        };
        assert_eq!(
            buttons(3)["interactive"]["action"]["buttons"][2]["reply"],
            json!({ "id": "b2", "title": "Button 2" })
        );
        assert_eq!(buttons(10)["interactive"]["type"], "list");
        assert_eq!(buttons(10)["interactive"]["action"]["sections"][0]["rows"][9]["title"], "Button 9");
        let many = buttons(11);
        assert!(many["text"]["body"].as_str().unwrap().ends_with("\n11. Button 10"), "{many}");

        let link = with_card(
            json!({ "text": "See", "buttons": [{ "id": "x", "label": "Open", "url": "https://example.org" }] }),
        );
        assert_eq!(link["interactive"]["action"]["parameters"]["url"], "https://example.org");
        let mixed = with_card(json!({ "text": "See", "buttons": [
            { "id": "x", "label": "Open", "url": "https://example.org" }, { "id": "y", "label": "No" } ] }));
        assert_eq!(mixed["text"]["body"], "See\n1. Open: https://example.org\n2. No");
    }

    #[test]
    fn a_long_label_is_told_whole_below() {
        let long = "A label that is longer than a row's title";
        let list = with_card(json!({ "text": "?", "list": { "title": "Menu", "sections": [
            { "rows": [{ "id": "1", "label": long }] } ] } }));
        let row = &list["interactive"]["action"]["sections"][0]["rows"][0];
        assert_eq!((row["title"].as_str().unwrap().chars().count(), &row["description"]), (24, &json!(long)));
    }

    #[test]
    fn what_is_no_picture_for_whatsapp_goes_as_a_document() {
        let part = |kind, mime: &str, size: usize, caption: &str| {
            let media = Media::bytes(vec![0; size], "a", mime);
            kind_of(&Part::media("0", kind, media.clone(), caption), &media)
        };
        assert_eq!(part(PartKind::Image, "image/JPEG; q=1", 10, "x"), "image");
        assert_eq!(part(PartKind::Image, "image/gif", 10, ""), "document");
        assert_eq!(part(PartKind::Image, "image/png", 5 * 1024 * 1024 + 1, ""), "document");
        assert_eq!(part(PartKind::Voice, "audio/ogg; codecs=opus", 10, ""), "audio");
        assert_eq!(part(PartKind::Audio, "audio/mpeg", 10, "with words"), "document");
        assert_eq!(part(PartKind::File, "image/png", 10, ""), "document");
    }
}
