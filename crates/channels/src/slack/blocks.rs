//! Block Kit (<https://docs.slack.dev/reference/block-kit/>): what blocks say in words, and cards as
//! blocks.

use serde_json::{Value, json};

/// Longest text of a section, in characters, and of a button.
const SECTION: usize = 3_000;
const LABEL: usize = 75;
/// Most that is read of blocks.
const LONGEST: usize = 40_000;
const DEEPEST: usize = 12;

/// The blocks in mrkdwn.
pub(super) fn words(blocks: &Value) -> String {
    let mut out = String::new();
    for block in blocks.as_array().into_iter().flatten() {
        if !out.is_empty() && !out.ends_with('\n') {
            out.push('\n');
        }
        say(block, 0, &mut out);
    }
    out.trim_end().to_owned()
}

/// Attachments of the older kind: a coloured bar with fields.
pub(super) fn attachments(attachments: &Value) -> String {
    let mut pieces = Vec::new();
    for attachment in attachments.as_array().into_iter().flatten() {
        let text = |key: &str| attachment[key].as_str().unwrap_or_default().to_owned();
        let mut lines = vec![text("pretext")];
        let (title, link) = (text("title"), text("title_link"));
        lines.push(if title.is_empty() || link.is_empty() { title } else { format!("<{link}|{title}>") });
        let blocks = words(&attachment["blocks"]);
        lines.push(if blocks.is_empty() { text("text") } else { blocks });
        for field in attachment["fields"].as_array().into_iter().flatten() {
            let value = |key: &str| field[key].as_str().unwrap_or_default();
            lines.push(format!("*{}* {}", value("title"), value("value")));
        }
        lines.retain(|line| !line.trim().is_empty());
        if lines.is_empty() {
            lines.push(text("fallback"));
        }
        pieces.push(lines.join("\n"));
    }
    pieces.retain(|piece| !piece.is_empty());
    pieces.join("\n")
}

fn say(value: &Value, depth: usize, out: &mut String) {
    if depth > DEEPEST || out.len() > LONGEST {
        return;
    }
    match value {
        Value::Array(list) => list.iter().for_each(|value| say(value, depth + 1, out)),
        Value::Object(_) => element(value, depth, out),
        _ => {}
    }
}

fn lines(values: &Value, depth: usize, before: &str, out: &mut String) {
    for value in values.as_array().into_iter().flatten() {
        if !out.is_empty() && !out.ends_with('\n') {
            out.push('\n');
        }
        out.push_str(before);
        say(value, depth + 1, out);
    }
}

fn element(value: &Value, depth: usize, out: &mut String) {
    let text = |key: &str| value[key].as_str().unwrap_or_default();
    let kind = text("type");
    match kind {
        "section" => {
            say(&value["text"], depth + 1, out);
            lines(&value["fields"], depth, "", out);
            say(&value["accessory"], depth + 1, out);
        }
        "header" => {
            out.push('*');
            say(&value["text"], depth + 1, out);
            out.push('*');
        }
        "mrkdwn" | "plain_text" | "markdown" => out.push_str(text("text")),
        "image" => out.push_str(&format!("[{}]", text("alt_text"))),
        "divider" => out.push_str("———"),
        "context" => {
            for element in value["elements"].as_array().into_iter().flatten() {
                say(element, depth + 1, out);
                out.push(' ');
            }
        }
        "button" | "workflow_button" => {
            let label = value["text"]["text"].as_str().unwrap_or_default();
            out.push_str(&match text("url") {
                "" => format!(" [{label}]"),
                url => format!(" <{url}|{label}>"),
            });
        }
        "video" => {
            out.push_str(&format!("<{}|{}>", text("video_url"), value["title"]["text"].as_str().unwrap_or_default()));
        }
        "rich_text_list" => lines(&value["elements"], depth, "• ", out),
        "rich_text_quote" => {
            let mut quote = String::new();
            say(&value["elements"], depth + 1, &mut quote);
            out.push_str(&quote.lines().map(|line| format!("&gt; {line}\n")).collect::<String>());
        }
        "rich_text_preformatted" => {
            out.push_str("```");
            say(&value["elements"], depth + 1, out);
            out.push_str("```\n");
        }
        "text" => out.push_str(&styled(text("text"), &value["style"])),
        "link" => out.push_str(&match text("text") {
            "" => format!("<{}>", text("url")),
            label => format!("<{}|{}>", text("url"), crate::format::slack_literal(label)),
        }),
        "user" => out.push_str(&format!("<@{}>", text("user_id"))),
        "channel" => out.push_str(&format!("<#{}>", text("channel_id"))),
        "broadcast" => out.push_str(&format!("<!{}>", text("range"))),
        "emoji" => out.push_str(&format!(":{}:", text("name"))),
        "date" => out.push_str(text("fallback")),
        "rich_text" | "rich_text_section" | "actions" | "input" => {
            lines(&value["label"], depth, "", out);
            say(&value["elements"], depth + 1, out);
            if kind == "rich_text_section" && depth <= 2 {
                out.push('\n');
            }
        }
        // Menus and pickers have nothing to read but what is chosen.
        _ => {}
    }
}

fn styled(text: &str, style: &Value) -> String {
    let mut text = crate::format::slack_literal(text);
    for (key, sign) in [("code", "`"), ("strike", "~"), ("italic", "_"), ("bold", "*")] {
        let is_styled = style[key] == true && !text.trim().is_empty();
        if is_styled && text.trim() == text {
            text = format!("{sign}{text}{sign}");
        }
    }
    text
}

fn cut(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.to_owned();
    }
    text.chars().take(most - 1).chain(['…']).collect()
}

fn plain(text: &str) -> Value {
    json!({ "type": "plain_text", "text": cut(text, LABEL), "emoji": true })
}

/// A card (`org.unisono.card`) with its text in mrkdwn.
pub(super) fn card(card: &Value, text: &str) -> Value {
    let mut blocks = Vec::new();
    let letters: Vec<char> = text.chars().collect();
    for piece in letters.chunks(SECTION) {
        let piece: String = piece.iter().collect();
        blocks.push(json!({ "type": "section", "text": { "type": "mrkdwn", "text": piece } }));
    }
    let label = |choice: &Value| choice["label"].as_str().filter(|label| !label.is_empty()).map(plain);
    let buttons = card["buttons"].as_array().into_iter().flatten().enumerate().filter_map(|(number, button)| {
        let mut element = json!({ "type": "button", "text": label(button)?, "action_id": format!("choice-{number}") });
        match button["url"].as_str() {
            Some(url) => element["url"] = json!(url),
            None => element["value"] = json!(cut(button["id"].as_str().unwrap_or_default(), 2_000)),
        }
        Some(element)
    });
    let buttons: Vec<Value> = buttons.take(25).collect();
    let groups = card["list"]["sections"].as_array().into_iter().flatten().filter_map(|section| {
        let rows = section["rows"].as_array().into_iter().flatten().filter_map(|row| {
            let mut option = json!({ "text": label(row)?, "value": cut(row["id"].as_str()?, 150) });
            if let Some(description) = row["description"].as_str().filter(|words| !words.is_empty()) {
                option["description"] = plain(description);
            }
            Some(option)
        });
        let rows: Vec<Value> = rows.take(100).collect();
        let title = section["title"].as_str().filter(|title| !title.is_empty()).unwrap_or("…");
        (!rows.is_empty()).then(|| json!({ "label": plain(title), "options": rows }))
    });
    let groups: Vec<Value> = groups.take(100).collect();
    let mut elements = buttons;
    if !groups.is_empty() {
        let title = card["list"]["title"].as_str().filter(|title| !title.is_empty()).unwrap_or("…");
        let menu = json!({ "type": "static_select", "action_id": "choice-list", "placeholder": plain(title),
            "option_groups": groups });
        elements.push(menu);
    }
    if !elements.is_empty() {
        blocks.push(json!({ "type": "actions", "elements": elements }));
    }
    Value::Array(blocks)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_are_read_in_order() {
        let blocks = json!([
            { "type": "header", "text": { "type": "plain_text", "text": "Order 7" } },
            { "type": "section", "text": { "type": "mrkdwn", "text": "*Paid*" }, "fields": [
                { "type": "mrkdwn", "text": "a" }, { "type": "mrkdwn", "text": "b" }] },
            { "type": "rich_text", "elements": [
                { "type": "rich_text_section", "elements": [
                    { "type": "text", "text": "hi <b>", "style": { "bold": true } }, { "type": "user", "user_id": "U1" }] },
                { "type": "rich_text_list", "elements": [
                    { "type": "rich_text_section", "elements": [{ "type": "text", "text": "one" }] },
                    { "type": "rich_text_section", "elements": [{ "type": "text", "text": "two" }] }] }] },
            { "type": "actions", "elements": [{ "type": "button", "text": { "text": "Yes" } }] },
        ]);
        assert_eq!(words(&blocks), "*Order 7*\n*Paid*\na\nb\n*hi &lt;b&gt;*<@U1>\n• one\n• two\n [Yes]");
        let mut deep = json!({ "type": "text", "text": "x" });
        for _ in 0..100 {
            deep = json!({ "type": "rich_text", "elements": [deep] });
        }
        assert_eq!(words(&json!([deep])), "");
    }

    #[test]
    fn a_card_becomes_buttons_and_a_menu() {
        let blocks = card(
            &json!({ "buttons": [{ "id": "y", "label": "Yes" }, { "id": "m", "label": "Menu", "url": "https://a.org" }],
                "list": { "title": "Pick", "sections": [{ "rows": [{ "id": "1", "label": "One" }] }] } }),
            "Lunch?",
        );
        assert_eq!(blocks[0]["text"]["text"], "Lunch?");
        assert_eq!(blocks[1]["elements"][0]["value"], "y");
        assert_eq!(blocks[1]["elements"][1]["url"], "https://a.org");
        assert_eq!(blocks[1]["elements"][2]["option_groups"][0]["options"][0]["value"], "1");
    }
}
