//! Our messages as Meta takes them
//! (<https://developers.facebook.com/docs/messenger-platform/reference/send-api>).

use serde_json::{Value, json};
use unisono_domain::channel::{Formatting, Part, PartKind};

use crate::{
    format,
    meta_graph::read::{cut, list, text},
};

/// Most quick replies, and the longest words on one.
const QUICK: (usize, usize) = (13, 20);
/// Most buttons under a text, and the longest text above them.
const BUTTONS: (usize, usize) = (3, 640);

/// As what Meta takes a file.
pub fn kind_of(kind: PartKind) -> &'static str {
    match kind {
        PartKind::Image => "image",
        PartKind::Video => "video",
        PartKind::Audio | PartKind::Voice => "audio",
        _ => "file",
    }
}

/// The message for everything that is no file.
pub fn message(part: &Part, most_text: usize) -> Value {
    match part.extra.get("org.unisono.card") {
        Some(card) => choices(card, most_text),
        None => json!({ "text": format::write(Formatting::Plain, part) }),
    }
}

/// A card: with addresses as buttons, else as quick replies, else in numbered words.
fn choices(card: &Value, most_text: usize) -> Value {
    let words = text(card, "/text");
    let rows = list(card, "/list/sections").iter().flat_map(|section| list(section, "/rows"));
    let choices: Vec<&Value> = list(card, "/buttons").iter().chain(rows).collect();
    let has_links = choices.iter().any(|choice| !text(choice, "/url").is_empty());
    let fits = words.chars().count() <= most_text && choices.iter().all(|choice| is_whole(choice));
    if fits && !has_links && (1..=QUICK.0).contains(&choices.len()) {
        let replies = choices.iter().map(|choice| {
            let title = cut(text(choice, "/label"), QUICK.1);
            json!({ "content_type": "text", "title": title, "payload": text(choice, "/id") })
        });
        return json!({ "text": words, "quick_replies": replies.collect::<Vec<_>>() });
    }
    if fits && (1..=BUTTONS.0).contains(&choices.len()) && words.chars().count() <= BUTTONS.1 {
        let buttons = choices.iter().map(|choice| {
            let title = cut(text(choice, "/label"), QUICK.1);
            match text(choice, "/url") {
                "" => json!({ "type": "postback", "title": title, "payload": text(choice, "/id") }),
                url => json!({ "type": "web_url", "title": title, "url": url }),
            }
        });
        let payload = json!({ "template_type": "button", "text": words, "buttons": buttons.collect::<Vec<_>>() });
        return json!({ "attachment": { "type": "template", "payload": payload } });
    }
    let mut lines = words.to_owned();
    for (number, choice) in (1..).zip(choices) {
        let more = [text(choice, "/url"), text(choice, "/description")].into_iter().find(|more| !more.is_empty());
        let more = more.map(|more| format!(": {more}")).unwrap_or_default();
        lines.push_str(&format!("\n{number}. {}{more}", text(choice, "/label")));
    }
    json!({ "text": cut(&lines, most_text) })
}

/// Whether a choice has words and comes back by an id, or leads somewhere.
fn is_whole(choice: &Value) -> bool {
    let id = text(choice, "/id");
    let leads = !text(choice, "/url").is_empty() || (!id.is_empty() && id.chars().count() <= 1_000);
    leads && !text(choice, "/label").is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sent(card: Value) -> Value {
        message(&Part::text("0", "fallback").with("org.unisono.card", card), 2_000)
    }

    #[test]
    fn a_card_becomes_what_fits_it() {
        let buttons = |count: usize| -> Vec<Value> {
            (0..count).map(|n| json!({ "id": format!("b{n}"), "label": format!("Button {n}") })).collect()
        };
        let quick = sent(json!({ "text": "Which?", "buttons": buttons(13) }));
        assert_eq!(
            quick["quick_replies"][12],
            json!({ "content_type": "text", "title": "Button 12", "payload": "b12" })
        );
        let many = sent(json!({ "text": "Which?", "buttons": buttons(14) }));
        assert!(many["text"].as_str().unwrap().ends_with("\n14. Button 13"), "{many}");
        let link =
            sent(json!({ "text": "See", "buttons": [{ "id": "x", "label": "Open", "url": "https://example.org" },
            { "id": "y", "label": "No" }] }));
        let payload = &link["attachment"]["payload"];
        assert_eq!(payload["buttons"][0], json!({ "type": "web_url", "title": "Open", "url": "https://example.org" }));
        assert_eq!(payload["buttons"][1], json!({ "type": "postback", "title": "No", "payload": "y" }));
    }
}
