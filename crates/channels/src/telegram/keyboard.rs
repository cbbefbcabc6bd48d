//! Cards as messages with buttons (<https://core.telegram.org/bots/api#inlinekeyboardmarkup>).

use serde_json::{Value, json};
use unisono_domain::{channel::Part, text::Text};

/// Bytes that a button may carry.
const MOST: usize = 64;

const LONG_ID: Text = Text::new(
    "A button's id may have at most 64 bytes on Telegram.",
    "Die Kennung eines Knopfs darf bei Telegram höchstens 64 Bytes haben.",
);

/// The text of a card and its keyboard: under the message, or with `"keyboard": "reply"` in place of
/// the person's own, whose keys then write their labels.
pub(super) fn write(part: &Part) -> Result<(String, Value), Text> {
    let card = part.extra.get("org.unisono.card").unwrap_or(&Value::Null);
    let items = |value: &'_ Value| value.as_array().cloned().unwrap_or_default();
    let mut text = card["text"].as_str().unwrap_or(&part.text).to_owned();
    let mut choices = items(&card["buttons"]);
    for section in items(&card["list"]["sections"]) {
        if let Some(title) = section["title"].as_str() {
            text.push_str(&format!("\n\n{title}"));
        }
        for row in items(&section["rows"]) {
            if let Some(more) = row["description"].as_str() {
                text.push_str(&format!("\n{}: {more}", row["label"].as_str().unwrap_or_default()));
            }
            choices.push(row);
        }
    }
    if card["keyboard"] == "reply" {
        let keys: Vec<Value> = choices.iter().map(|choice| json!([{ "text": choice["label"] }])).collect();
        return Ok((text, json!({ "keyboard": keys, "resize_keyboard": true, "one_time_keyboard": true })));
    }
    let mut rows = Vec::new();
    for choice in &choices {
        let Some(label) = choice["label"].as_str() else { continue };
        if let Some(url) = choice["url"].as_str() {
            rows.push(json!([{ "text": label, "url": url }]));
            continue;
        }
        let id = choice["id"].as_str().unwrap_or(label);
        if id.len() > MOST {
            return Err(LONG_ID);
        }
        rows.push(json!([{ "text": label, "callback_data": id }]));
    }
    Ok((text, json!({ "inline_keyboard": rows })))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_card_is_a_text_with_buttons() {
        let card = json!({ "text": "Lunch?", "buttons": [{ "id": "y", "label": "Yes" }, { "id": "m", "label": "Menu",
            "url": "https://example.org" }], "list": { "title": "More", "sections": [{ "title": "Soups", "rows": [
            { "id": "s1", "label": "Leek", "description": "with cream" }] }] } });
        let (text, markup) = write(&Part::text("0", "x").with("org.unisono.card", card)).unwrap();
        assert_eq!(text, "Lunch?\n\nSoups\nLeek: with cream");
        assert_eq!(markup["inline_keyboard"][0][0], json!({ "text": "Yes", "callback_data": "y" }));
        assert_eq!(markup["inline_keyboard"][1][0]["url"], "https://example.org");
        assert_eq!(markup["inline_keyboard"][2][0]["callback_data"], "s1");
        let long = json!({ "text": "x", "buttons": [{ "id": "y".repeat(65), "label": "Yes" }] });
        assert!(write(&Part::text("0", "x").with("org.unisono.card", long)).is_err());
    }
}
