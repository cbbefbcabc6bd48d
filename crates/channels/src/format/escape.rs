//! Text that stays text: whatever a network would take for formatting is kept from it.

use unisono_domain::channel::Formatting;

use super::doc::bare_url;

/// WORD JOINER. Where a network has no way to escape, this stands before a sign so that no style
/// begins there: it is neither blank nor punctuation (XEP-0393, section 5). A text that has one there
/// itself gets a second, and readers take one away.
pub const JOINER: char = '\u{2060}';

/// Where a piece of text is put.
#[derive(Clone, Copy, Debug)]
pub struct Place {
    /// Nothing is before it in its line.
    pub first: bool,
    /// In a style, whose sign would end it.
    pub styled: bool,
}

/// Writes a text so that it is read as it is.
pub fn text(formatting: Formatting, text: &str, place: Place, out: &mut String) {
    match formatting {
        Formatting::Plain => out.push_str(text),
        Formatting::Html | Formatting::Telegram => out.push_str(&entities(text)),
        Formatting::Markdown => markdown(text, place.first, out),
        Formatting::WhatsApp | Formatting::Slack => joined(formatting, text, place, out),
    }
}

/// `&`, `<`, `>` and `"` by their names.
pub fn entities(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            // No document may hold these (HTML, section 13.1.4).
            other if other.is_control() && !matches!(other, '\n' | '\t') => {}
            other => out.push(other),
        }
    }
    out
}

/// The value of an attribute.
pub fn attribute(text: &str) -> String {
    entities(text).replace('"', "&quot;")
}

fn markdown(text: &str, first: bool, out: &mut String) {
    let start = if first { line_start(text, out) } else { 0 };
    let mut at = start;
    while let Some(letter) = text[at..].chars().next() {
        if let Some(end) = bare_url(text, at) {
            out.push_str(&text[at..end]);
            at = end;
            continue;
        }
        if "\\*_~`|<[".contains(letter) {
            out.push('\\');
        }
        out.push(letter);
        at += letter.len_utf8();
    }
}

/// Escapes what makes a line a quote, a heading or part of a list; gives how far it came.
fn line_start(text: &str, out: &mut String) -> usize {
    let blanks = text.len() - text.trim_start_matches(' ').len();
    let rest = &text[blanks..];
    let digits = rest.len() - rest.trim_start_matches(|letter: char| letter.is_ascii_digit()).len();
    let sign = match rest[digits..].chars().next() {
        Some('>' | '#' | '-' | '+') if digits == 0 => blanks,
        Some('.' | ')') if digits > 0 => blanks + digits,
        _ => return 0,
    };
    out.push_str(&text[..sign]);
    out.push('\\');
    out.push_str(&text[sign..=sign]);
    sign + 1
}

/// Whether a style may begin or end beside this.
pub fn is_edge(letter: Option<char>) -> bool {
    letter.is_none_or(|letter| letter.is_whitespace() || letter.is_ascii_punctuation())
}

fn joined(formatting: Formatting, text: &str, place: Place, out: &mut String) {
    let mut at = 0;
    let mut before = if place.first { None } else { Some(' ') };
    while let Some(letter) = text[at..].chars().next() {
        if let Some(end) = bare_url(text, at) {
            put(formatting, &text[at..end], out);
            before = text[..end].chars().next_back();
            at = end;
            continue;
        }
        let next = text[at + letter.len_utf8()..].chars().next();
        let begins = match letter {
            '*' | '_' | '~' => place.styled || (is_edge(before) && next.is_none_or(|next| !next.is_whitespace())),
            '`' => true,
            '>' => before.is_none(),
            _ => false,
        };
        if begins || ("*_~`>".contains(letter) && before == Some(JOINER)) {
            out.push(JOINER);
        }
        put(formatting, letter.encode_utf8(&mut [0; 4]), out);
        before = Some(letter);
        at += letter.len_utf8();
    }
}

fn put(formatting: Formatting, text: &str, out: &mut String) {
    if formatting == Formatting::Slack {
        out.push_str(&entities(text));
    } else {
        out.push_str(text);
    }
}
