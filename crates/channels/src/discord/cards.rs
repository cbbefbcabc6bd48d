//! Cards as components (<https://discord.com/developers/docs/components/reference>).

use serde_json::{Value, json};

const BUTTONS: usize = 25;
const IN_A_ROW: usize = 5;
const ROWS: usize = 5;

fn cut(text: &str, most: usize) -> String {
    text.chars().take(most).collect()
}

/// The buttons and the menu of a card (`org.unisono.card`).
pub(super) fn components(card: &Value) -> Value {
    let label = |choice: &Value| choice["label"].as_str().filter(|label| !label.is_empty()).map(|label| cut(label, 80));
    let buttons = card["buttons"].as_array().into_iter().flatten().take(BUTTONS).enumerate();
    let buttons = buttons.filter_map(|(number, button)| {
        let label = label(button)?;
        Some(match button["url"].as_str().filter(|url| url.starts_with("http") && url.len() <= 512) {
            Some(url) => json!({ "type": 2, "style": 5, "label": label, "url": url }),
            // Numbered, as no two may be the same.
            None => {
                let id = cut(&format!("{number}.{}", button["id"].as_str().unwrap_or_default()), 100);
                json!({ "type": 2, "style": 1, "label": label, "custom_id": id })
            }
        })
    });
    let buttons: Vec<Value> = buttons.collect();
    let mut rows: Vec<Value> = buttons.chunks(IN_A_ROW).map(|row| json!({ "type": 1, "components": row })).collect();
    let sections = card["list"]["sections"].as_array().into_iter().flatten();
    let options = sections.flat_map(|section| section["rows"].as_array().into_iter().flatten()).filter_map(|row| {
        let mut option = json!({ "label": label(row)?, "value": cut(row["id"].as_str()?, 100) });
        if let Some(description) = row["description"].as_str().filter(|words| !words.is_empty()) {
            option["description"] = json!(cut(description, 100));
        }
        Some(option)
    });
    let options: Vec<Value> = options.take(25).collect();
    if !options.is_empty() {
        let mut menu = json!({ "type": 3, "custom_id": "list", "options": options });
        if let Some(title) = card["list"]["title"].as_str().filter(|title| !title.is_empty()) {
            menu["placeholder"] = json!(cut(title, 150));
        }
        rows.truncate(ROWS - 1);
        rows.push(json!({ "type": 1, "components": [menu] }));
    }
    Value::Array(rows)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buttons_stand_five_in_a_row_and_are_told_apart() {
        let buttons: Vec<Value> = (0..7).map(|number| json!({ "id": "same", "label": number.to_string() })).collect();
        let rows = components(
            &json!({ "buttons": buttons, "list": { "sections": [{ "rows": [{ "id": "a", "label": "A" }] }] } }),
        );
        assert_eq!(rows[0]["components"].as_array().unwrap().len(), 5);
        assert_eq!(rows[1]["components"][1]["custom_id"], "6.same");
        assert_eq!(rows[2]["components"][0]["options"][0]["value"], "a");
    }
}
