//! Formatted text: from Matrix's HTML to what a network writes, and back.
//!
//! Everything goes through one small model ([`doc`]): lines of styled runs, each in its quotes and
//! lists. [`html`] and [`parse`] read into it, [`lines`] and [`html`] write from it, so what a network
//! lacks is left out in one place, and nothing that a reader does not know gets through to a writer.

mod doc;
mod escape;
mod html;
mod inline;
mod lines;
mod marks;
mod parse;
mod ranges;
mod tokens;

#[cfg(test)]
mod tests;

use unisono_domain::channel::{Formatting, Part};

use self::doc::Doc;
pub use self::ranges::{Range, What};

/// How a person's Matrix id and name are written so that the network tells them of it, if it can.
pub type Mention<'a> = &'a dyn Fn(&str, &str) -> Option<String>;

/// A part's text as the network writes it. Takes the HTML where there is any, else the plain text
/// with whatever the network would take for formatting escaped.
pub fn write(formatting: Formatting, part: &Part) -> String {
    write_mentioning(formatting, part, &|_, _| None)
}

/// The same for networks on which people can be mentioned. What `mention` gives is written as it is.
pub fn write_mentioning(formatting: Formatting, part: &Part, mention: Mention<'_>) -> String {
    if formatting == Formatting::Plain {
        return part.text.clone();
    }
    let doc = match &part.html {
        Some(html) => html::read(html, html::Space::Collapsed),
        None => Doc::plain(&part.text),
    };
    match formatting {
        Formatting::Html => html::write(&doc),
        other => lines::write(other, &doc, mention),
    }
}

/// A text as the network wrote it: plain, and as safe HTML if it is formatted at all.
pub fn read(formatting: Formatting, text: &str) -> (String, Option<String>) {
    let doc = match formatting {
        Formatting::Plain => return (text.to_owned(), None),
        Formatting::Html => html::read(text, html::Space::Collapsed),
        Formatting::Telegram => html::read(text, html::Space::Kept),
        other => parse::read(other, text),
    };
    let html = (!doc.is_plain()).then(|| html::write(&doc));
    (lines::write(Formatting::Plain, &doc, &|_, _| None), html)
}

/// A text part from what the network wrote.
pub fn text_part(formatting: Formatting, id: &str, text: &str) -> Part {
    let (text, html) = read(formatting, text);
    Part { html, ..Part::text(id, text) }
}

/// A text with its formatting beside it: plain, and as safe HTML if it is formatted at all.
pub fn read_ranges(text: &str, ranges: &[Range]) -> (String, Option<String>) {
    let doc = ranges::read(text, ranges);
    let html = (!doc.is_plain()).then(|| html::write(&doc));
    (lines::write(Formatting::Plain, &doc, &|_, _| None), html)
}

/// A part for signal-cli-rest-api: its text, and whether that is in its `styled` mode.
pub fn write_signal(part: &Part) -> (String, bool) {
    let Some(html) = &part.html else { return (part.text.clone(), false) };
    let doc = html::read(html, html::Space::Collapsed);
    match ranges::signed(doc.clone()) {
        Some(signed) => (lines::write(Formatting::Plain, &signed, &|_, _| None), true),
        None => (lines::write(Formatting::Plain, &doc, &|_, _| None), false),
    }
}

/// Text that Slack shows as it is when its message says `mrkdwn: false`.
pub fn slack_literal(text: &str) -> String {
    escape::entities(text)
}

/// The network's own id of the person that a Matrix id stands for, such as `U024BE7LH` for
/// `@slack_=5524=42=45...:example.org`; `None` for everybody else.
pub fn remote_id(channel: &str, user_id: &str) -> Option<String> {
    let (local, _) = user_id.strip_prefix('@')?.strip_prefix(channel)?.strip_prefix('_')?.split_once(':')?;
    let mut bytes = Vec::with_capacity(local.len());
    let mut rest = local;
    while let Some(letter) = rest.chars().next() {
        if letter == '=' {
            bytes.push(u8::from_str_radix(rest.get(1..3)?, 16).ok()?);
            rest = &rest[3..];
        } else {
            bytes.extend_from_slice(letter.encode_utf8(&mut [0; 4]).as_bytes());
            rest = &rest[letter.len_utf8()..];
        }
    }
    String::from_utf8(bytes).ok().filter(|id| !id.is_empty())
}
