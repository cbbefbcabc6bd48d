//! Cards: a text with choices. Carried as such where the network has buttons, else as a text whose
//! choices are numbered.
//!
//! A card is the key `org.unisono.card` of an `m.room.message`: `{"text", "buttons": [{"id", "label",
//! "url"?}], "list"?: {"title", "sections": [{"title"?, "rows": [{"id", "label", "description"?}]}]}}`.
//! `org.unisono.template` names an approved text: `{"name", "language", "parameters": [text]}`. The
//! message's `body` says the same in words.

use serde_json::Value;
use unisono_domain::channel::{Capabilities, Part, PartKind};

const CARD: &str = "org.unisono.card";
const TEMPLATE: &str = "org.unisono.template";
/// Marks a text that somebody made by pressing a button of a card.
const CHOICE: &str = "org.unisono.choice";

/// Takes a message's card, template or choice into the part that goes out.
pub(super) fn carry(content: &Value, able: &Capabilities, part: &mut Part) {
    if content[CHOICE].is_object() {
        part.extra.insert(CHOICE.to_owned(), content[CHOICE].clone());
    }
    let template = &content[TEMPLATE];
    if template.is_object() {
        if able.templates {
            part.kind = PartKind::Card;
            part.extra.insert(TEMPLATE.to_owned(), template.clone());
        }
        return;
    }
    let card = &content[CARD];
    if !card.is_object() {
        return;
    }
    if able.parts.contains(&PartKind::Card) {
        part.kind = PartKind::Card;
        part.extra.insert(CARD.to_owned(), card.clone());
        return;
    }
    part.html = None;
    part.text = card["text"].as_str().unwrap_or(&part.text).to_owned();
    for (number, choice) in (1..).zip(choices(card)) {
        part.text.push_str(&format!("\n{number}. {choice}"));
    }
}

/// The choices in words: first the buttons, then the rows of the list.
fn choices(card: &Value) -> Vec<String> {
    let items = |value: &Value| value.as_array().cloned().unwrap_or_default();
    let rows = items(&card["list"]["sections"]).iter().flat_map(|section| items(&section["rows"])).collect::<Vec<_>>();
    let all = items(&card["buttons"]).into_iter().chain(rows);
    let words = all.filter_map(|choice| {
        let label = choice["label"].as_str()?;
        let more = choice["url"].as_str().or(choice["description"].as_str());
        Some(more.map_or_else(|| label.to_owned(), |more| format!("{label}: {more}")))
    });
    words.collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn without_buttons_the_choices_are_numbered() {
        let content = json!({ "body": "Lunch? Yes / Menu", CARD: { "text": "Lunch?", "buttons": [
            { "id": "y", "label": "Yes" }, { "id": "m", "label": "Menu", "url": "https://example.org" } ] } });
        let mut part = Part::text("0", "Lunch? Yes / Menu");
        carry(&content, &Capabilities::TEXT, &mut part);
        assert_eq!(part.text, "Lunch?\n1. Yes\n2. Menu: https://example.org");
        assert_eq!(part.kind, PartKind::Text);

        let able = Capabilities { parts: vec![PartKind::Card], ..Capabilities::TEXT };
        carry(&content, &able, &mut part);
        assert_eq!((part.kind, &part.extra[CARD]["buttons"][0]["id"]), (PartKind::Card, &json!("y")));
    }
}
