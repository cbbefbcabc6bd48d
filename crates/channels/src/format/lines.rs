//! Whole texts as networks write them: line by line, with quotes, lists and code.

use unisono_domain::channel::Formatting;

use super::{
    Mention,
    doc::{Container, Doc, Kind, Line, Style},
    escape,
    inline::Writer,
};

/// Writes a text for any network but those that take whole HTML.
pub fn write(formatting: Formatting, doc: &Doc, mention: Mention<'_>) -> String {
    let mut writer = Writer::new(formatting, doc, mention);
    let mut out = String::new();
    let mut before: Option<&Line> = None;
    for line in &doc.lines {
        between(formatting, doc, before, Some(line), &mut out);
        prefix(formatting, before, line, &mut out);
        match line.kind {
            Kind::Code(_) => code(formatting, &line.text(), &mut out),
            Kind::Rule => out.push_str("———"),
            Kind::Text => writer.line(line, Style::NONE, &mut out),
            Kind::Heading(level) if formatting == Formatting::Markdown => {
                out.push_str(&"#".repeat(usize::from(level.clamp(1, 3))));
                out.push(' ');
                writer.line(line, Style::NONE, &mut out);
            }
            Kind::Heading(_) if formatting == Formatting::Plain => writer.line(line, Style::NONE, &mut out),
            Kind::Heading(_) => writer.line(line, Style::BOLD, &mut out),
        }
        before = Some(line);
    }
    between(formatting, doc, before, None, &mut out);
    out
}

/// The block of code that a line is in; another quote or item has another.
fn block(line: Option<&Line>) -> Option<(usize, &[Container])> {
    match line? {
        Line { kind: Kind::Code(block), path, .. } => Some((*block, path)),
        _ => None,
    }
}

fn is_quoted(line: Option<&Line>) -> bool {
    line.is_some_and(|line| line.path.iter().any(|container| matches!(container, Container::Quote { .. })))
}

/// Ends what ends between two lines, breaks the line, begins what begins.
fn between(formatting: Formatting, doc: &Doc, before: Option<&Line>, line: Option<&Line>, out: &mut String) {
    let telegram = formatting == Formatting::Telegram;
    let has_fences = !matches!(formatting, Formatting::Plain | Formatting::Telegram);
    let (old, new) = (block(before), block(line));
    let language = |(block, _): (usize, &[Container])| doc.languages.get(block).and_then(Option::as_deref);
    if let (Some(old), Some(before)) = (old, before)
        && new != Some(old)
    {
        if telegram {
            out.push_str(if language(old).is_some() { "</code></pre>" } else { "</pre>" });
        } else if has_fences {
            out.push('\n');
            prefix(formatting, Some(before), before, out);
            out.push_str("```");
        }
    }
    let leaves = telegram && is_quoted(before) && (!is_quoted(line) || first_of_quote(before, line));
    if leaves {
        out.push_str("</blockquote>");
    }
    let Some(line) = line else { return };
    if before.is_some() {
        out.push('\n');
        if line.gap {
            prefix(formatting, before, line, out);
            let end = out.trim_end_matches(' ').len();
            out.truncate(end);
            out.push('\n');
        }
    }
    if telegram && is_quoted(Some(line)) && (leaves || !is_quoted(before)) {
        out.push_str("<blockquote>");
    }
    if let Some(new) = new.filter(|new| old != Some(*new)) {
        let language = language(new);
        if telegram {
            out.push_str("<pre>");
            if let Some(language) = language {
                out.push_str(&format!("<code class=\"language-{}\">", escape::attribute(language)));
            }
        } else if has_fences {
            prefix(formatting, before, line, out);
            out.push_str("```");
            if let Some(language) = language.filter(|_| formatting == Formatting::Markdown) {
                out.push_str(language);
            }
            out.push('\n');
        }
    }
}

/// Whether a quote ends and another begins.
fn first_of_quote(before: Option<&Line>, line: Option<&Line>) -> bool {
    let quote = |line: Option<&Line>| {
        line.and_then(|line| line.path.iter().find(|c| matches!(c, Container::Quote { .. })).copied())
    };
    quote(before) != quote(line)
}

/// What stands before a line: signs of quotes, the bullet of an item or the room below it.
fn prefix(formatting: Formatting, before: Option<&Line>, line: &Line, out: &mut String) {
    let nested = matches!(formatting, Formatting::Plain | Formatting::WhatsApp);
    let mut quotes = 0;
    for container in &line.path {
        match container {
            Container::Quote { .. } => {
                quotes += 1;
                if formatting != Formatting::Telegram && (nested || quotes == 1) {
                    out.push_str("> ");
                }
            }
            Container::Item { number, .. } => {
                let is_last =
                    Some(container) == line.path.iter().rfind(|other| matches!(other, Container::Item { .. }));
                let is_new = before.is_none_or(|before| !before.path.contains(container));
                let bullet = if matches!(formatting, Formatting::Slack | Formatting::Telegram) { "• " } else { "- " };
                match number {
                    _ if !is_last || !is_new => out.push_str("  "),
                    Some(number) => out.push_str(&format!("{number}. ")),
                    None => out.push_str(bullet),
                }
            }
        }
    }
}

/// A line of code. Nothing in it ends the block.
fn code(formatting: Formatting, text: &str, out: &mut String) {
    match formatting {
        Formatting::Plain => out.push_str(text),
        Formatting::Telegram | Formatting::Html => out.push_str(&escape::entities(text)),
        Formatting::Slack => out.push_str(&escape::entities(&unfenced(text))),
        Formatting::Markdown | Formatting::WhatsApp => out.push_str(&unfenced(text)),
    }
}

fn unfenced(text: &str) -> String {
    text.replace("```", &format!("``{}`", escape::JOINER))
}
