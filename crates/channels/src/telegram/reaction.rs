//! Reactions: Telegram's list of emoji and ours differ in an invisible character.

use serde_json::{Value, json};

/// Asks for the colourful form of a sign that has a plain one, too (Unicode, "Emoji Presentation").
const COLOURFUL: char = '\u{fe0f}';

/// Those of Telegram's emoji (<https://core.telegram.org/bots/api#reactiontypeemoji>) that every
/// other network writes with the invisible character.
const PLAIN: &[&str] = &["❤", "✍", "🕊", "☃", "❤‍🔥", "🤷‍♂", "🤷‍♀"];

/// A reaction as the key of a Matrix annotation.
pub(super) fn read(reaction: &Value) -> String {
    match reaction["type"].as_str() {
        Some("emoji") => {
            let emoji: String = reaction["emoji"].as_str().unwrap_or_default().chars().take(20).collect();
            match emoji.as_str() {
                "❤‍🔥" => "❤\u{fe0f}‍🔥".to_owned(),
                plain if PLAIN.contains(&plain) => format!("{plain}{COLOURFUL}"),
                _ => emoji,
            }
        }
        Some("paid") => "⭐".to_owned(),
        // A picture of one's own, which only Telegram can show.
        _ => "✨".to_owned(),
    }
}

/// A key as the list of a bot's reactions: it may have one.
pub(super) fn write(key: &str) -> Value {
    let emoji: String = key.chars().filter(|char| *char != COLOURFUL).collect();
    json!([{ "type": "emoji", "emoji": emoji }])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_heart_is_the_same_heart_in_both_directions() {
        for key in ["❤️", "👍", "❤️‍🔥", "🤷‍♀️", "🕊️"] {
            let wire = write(key);
            assert!(!wire[0]["emoji"].as_str().unwrap().contains(COLOURFUL));
            assert_eq!(read(&wire[0]), key);
        }
    }
}
