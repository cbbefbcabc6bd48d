//! What networks that write by signs wrote: Discord's Markdown, WhatsApp's and XMPP's styles, Slack's
//! mrkdwn.
//!
//! A parser of our own rather than one of CommonMark: all of these are read line by line, keep every
//! blank and line end, and `__this__` is not bold but underlined. Each style is looked into once, and a
//! sign without a partner is looked for once in a line, so the time is linear in the text.

use unisono_domain::channel::Formatting;

use super::{
    doc::{Container, Doc, Kind, Line, Link, Style, bare_url, is_safe},
    escape::{JOINER, is_edge},
    marks, tokens,
};

/// Deepest quote in a quote, and list in a list.
const DEEPEST: usize = 5;
const FENCE: &str = "```";

pub fn read(formatting: Formatting, text: &str) -> Doc {
    let mut reader = Reader { formatting, doc: Doc::default(), ids: 0, items: Vec::new(), quoted: false };
    let mut rest = text;
    while let Some((start, end)) = fence(formatting, rest) {
        let before = &rest[..start];
        if !before.is_empty() {
            reader.lines(before.strip_suffix('\n').unwrap_or(before));
        }
        reader.code(&rest[start + FENCE.len()..end]);
        rest = &rest[end + FENCE.len()..];
        rest = rest.strip_prefix('\n').unwrap_or(rest);
        if rest.is_empty() {
            return reader.doc;
        }
    }
    reader.lines(rest);
    reader.doc
}

/// Where the next block of code begins and ends.
fn fence(formatting: Formatting, text: &str) -> Option<(usize, usize)> {
    let mut from = 0;
    while let Some(start) = text.get(from..)?.find(FENCE).map(|at| at + from) {
        let escapes = text[..start].len() - text[..start].trim_end_matches('\\').len();
        if formatting == Formatting::Markdown && escapes % 2 == 1 {
            from = start + 1;
            continue;
        }
        let inside = start + FENCE.len();
        let end = text[inside..].find(FENCE)? + inside;
        if !text[inside..end].trim().is_empty() {
            return Some((start, end));
        }
        from = end + FENCE.len();
    }
    None
}

struct Reader {
    formatting: Formatting,
    doc: Doc,
    ids: u32,
    /// The items that a nested list is in, outermost first.
    items: Vec<(u32, u32, Option<u32>)>,
    /// All that follows is quoted (Discord's `>>>`).
    quoted: bool,
}

impl Reader {
    fn id(&mut self) -> u32 {
        self.ids += 1;
        self.ids
    }

    fn code(&mut self, text: &str) {
        let mut text = text;
        let mut language = None;
        if let Some((word, rest)) = text.split_once('\n') {
            let is_word = word.chars().all(|letter| letter.is_ascii_alphanumeric() || "+-#_.".contains(letter));
            if word.trim().is_empty() {
                text = rest;
            } else if self.formatting == Formatting::Markdown && is_word && word.len() <= 20 && !rest.trim().is_empty()
            {
                language = Some(word.to_owned());
                text = rest;
            }
        }
        self.doc.languages.push(language);
        let block = self.doc.languages.len() - 1;
        for text in text.strip_suffix('\n').unwrap_or(text).split('\n') {
            let mut line = Line::new(Vec::new(), Kind::Code(block));
            let text = if self.formatting == Formatting::Slack { tokens::decode(text) } else { text.to_owned() };
            line.push(&text.replace(&format!("``{JOINER}`"), FENCE), Style::NONE, None);
            self.doc.lines.push(line);
        }
    }

    fn lines(&mut self, text: &str) {
        for text in text.split('\n') {
            self.line(text);
        }
    }

    fn line(&mut self, text: &str) {
        let (mut path, mut rest) = (Vec::new(), text);
        while path.len() < DEEPEST {
            let Some(inside) = self.quote(rest, path.len()) else { break };
            let before = self.doc.lines.last().and_then(|line| line.path.get(path.len())).copied();
            let id = match before {
                Some(Container::Quote { id }) => id,
                _ => self.id(),
            };
            path.push(Container::Quote { id });
            rest = inside;
        }
        let mut kind = Kind::Text;
        if self.formatting == Formatting::Markdown {
            if let Some((depth, number, inside)) = item(rest) {
                self.enter(depth, number);
                path.extend(self.items.iter().map(|(list, id, number)| Container::Item {
                    list: *list,
                    id: *id,
                    number: *number,
                }));
                rest = inside;
            } else {
                self.items.clear();
                if let Some((level, inside)) = heading(rest) {
                    kind = Kind::Heading(level);
                    rest = inside;
                }
            }
        }
        let mut line = Line::new(path, kind);
        let inline = Inline { formatting: self.formatting, text: rest };
        inline.read(0, rest.len(), Style::NONE, &mut line, &mut self.doc);
        self.doc.lines.push(line);
    }

    /// What is quoted in a line, if it is.
    fn quote<'a>(&mut self, text: &'a str, depth: usize) -> Option<&'a str> {
        match self.formatting {
            Formatting::Markdown if depth > 0 => None,
            Formatting::Markdown => {
                if let Some(rest) = text.strip_prefix(">>> ") {
                    self.quoted = true;
                    return Some(rest);
                }
                text.strip_prefix("> ").or(self.quoted.then_some(text))
            }
            Formatting::Slack if depth > 0 => None,
            Formatting::Slack => {
                let rest = text.strip_prefix("&gt;").or_else(|| text.strip_prefix('>'))?;
                Some(rest.strip_prefix(' ').unwrap_or(rest))
            }
            _ => text.strip_prefix("> ").or_else(|| Some("").filter(|_| text == ">")),
        }
    }

    /// Begins an item of a list so deep.
    fn enter(&mut self, depth: usize, number: Option<u32>) {
        let depth = depth.min(self.items.len()).min(DEEPEST);
        let id = self.id();
        let same = self.items.get(depth).filter(|item| item.2.is_some() == number.is_some()).map(|item| item.0);
        let list = same.unwrap_or_else(|| self.id());
        self.items.truncate(depth);
        self.items.push((list, id, number));
    }
}

/// The depth, number and text of an item of a list.
fn item(text: &str) -> Option<(usize, Option<u32>, &str)> {
    let rest = text.trim_start_matches(' ');
    let depth = (text.len() - rest.len()) / 2;
    let digits = rest.len() - rest.trim_start_matches(|letter: char| letter.is_ascii_digit()).len();
    let (number, rest) = if digits > 0 {
        (Some(rest[..digits].parse().ok()?), rest[digits..].strip_prefix(". ")?)
    } else {
        (None, rest.strip_prefix("- ").or_else(|| rest.strip_prefix("* "))?)
    };
    (!rest.trim().is_empty()).then_some((depth, number, rest))
}

fn heading(text: &str) -> Option<(u8, &str)> {
    let signs = ["# ", "## ", "### "];
    let (level, rest) = (1..).zip(signs).find_map(|(level, sign)| Some((level, text.strip_prefix(sign)?)))?;
    (!rest.trim().is_empty()).then_some((level, rest))
}

/// One line's text without what is before it.
struct Inline<'a> {
    formatting: Formatting,
    text: &'a str,
}

impl Inline<'_> {
    fn letter(&self, at: usize) -> Option<char> {
        self.text.get(at..)?.chars().next()
    }

    fn before(&self, at: usize) -> Option<char> {
        self.text.get(..at)?.chars().next_back()
    }

    fn is(&self, formatting: Formatting) -> bool {
        self.formatting == formatting
    }

    fn push(&self, text: &str, style: Style, line: &mut Line) {
        if self.is(Formatting::Slack) {
            line.push(&tokens::decode(text), style, None);
        } else {
            line.push(text, style, None);
        }
    }

    /// Reads from `at` to `end`; both lie between letters.
    fn read(&self, mut at: usize, end: usize, style: Style, line: &mut Line, doc: &mut Doc) {
        let mut lonely = [false; 8];
        while let Some(letter) = self.letter(at).filter(|_| at < end) {
            if let Some(next) = self.escaped(at).filter(|next| *next <= end) {
                let sign = at + letter.len_utf8();
                self.push(&self.text[sign..next], style, line);
                at = next;
            } else if let Some(stop) = bare_url(self.text, at).filter(|stop| *stop <= end) {
                self.push(&self.text[at..stop], style, line);
                at = stop;
            } else if let Some((inside, stop)) = self.code(at).filter(|(_, stop)| *stop <= end) {
                self.push(inside, style.with(Style::CODE), line);
                at = stop;
            } else if let Some((token, stop)) = self.token(at, end) {
                let link = token.link.filter(|url| is_safe(url)).map(|url| doc.link(Link::Url(url)));
                line.push(&token.text, style, link);
                at = stop;
            } else if let Some((mark, inside, stop)) = self.style(at, end, style, &mut lonely) {
                self.read(inside, stop, style.with(mark.0), line, doc);
                at = stop + mark.1.len();
            } else {
                let mut next = at + letter.len_utf8();
                if self.is(Formatting::Slack) && letter == '&' {
                    // An entity is taken as a whole.
                    next = tokens::entity(&self.text[at..end]).map_or(next, |length| at + length);
                }
                self.push(&self.text[at..next], style, line);
                at = next;
            }
        }
    }

    /// Whether something escaped begins here; gives where it ends.
    fn escaped(&self, at: usize) -> Option<usize> {
        let sign = self.letter(at)?;
        let next = at + sign.len_utf8();
        let escaped = self.letter(next)?;
        match (self.formatting, sign) {
            (Formatting::Markdown, '\\') if escaped.is_ascii_punctuation() => Some(next + 1),
            (Formatting::Slack, JOINER) if self.text[next..].starts_with("&gt;") => Some(next + 4),
            (Formatting::Slack | Formatting::WhatsApp, JOINER) if "*_~`>".contains(escaped) => Some(next + 1),
            _ => None,
        }
    }

    /// Inline code that begins here, and its end.
    fn code(&self, at: usize) -> Option<(&str, usize)> {
        let rest = self.text.get(at..)?;
        let signs = rest.len() - rest.trim_start_matches('`').len();
        if signs == 0 || signs > 2 || (signs == 2 && !self.is(Formatting::Markdown)) {
            return None;
        }
        let sign = &rest[..signs];
        let mut from = signs;
        loop {
            let found = rest.get(from..)?.find(sign)? + from;
            let run = rest[found..].len() - rest[found..].trim_start_matches('`').len();
            let is_joined = rest[..found].ends_with(JOINER);
            if run == signs && found > signs && !is_joined {
                let inside = &rest[signs..found];
                let inside = if signs == 2 { inside.trim_matches(' ') } else { inside };
                return (!inside.trim().is_empty()).then_some((inside, at + found + run));
            }
            from = found + run;
        }
    }

    fn token(&self, at: usize, end: usize) -> Option<(tokens::Token, usize)> {
        let rest = self.text.get(at..end)?;
        let (token, length) = match self.formatting {
            Formatting::Slack => tokens::slack(rest)?,
            Formatting::Markdown => tokens::discord(rest)?,
            _ => return None,
        };
        Some((token, at + length))
    }

    /// A style that begins here: its sign, where its inside begins, where it ends.
    fn style(
        &self,
        at: usize,
        end: usize,
        around: Style,
        lonely: &mut [bool; 8],
    ) -> Option<((Style, &'static str), usize, usize)> {
        for (number, mark) in marks::read(self.formatting).iter().enumerate() {
            let inside = at + mark.1.len();
            if around.has(mark.0) || lonely[number] || !self.text[at..end].starts_with(mark.1) {
                continue;
            }
            let by_word = marks::is_by_word(self.formatting);
            let before = self.before(at);
            let begins =
                if by_word { is_edge(before) } else { mark.1 != "_" || !before.is_some_and(char::is_alphanumeric) };
            let is_close = self.letter(inside).filter(|_| inside < end).is_some_and(|next| !next.is_whitespace());
            if !begins || !is_close {
                continue;
            }
            match self.closer(inside, end, mark.1) {
                Some(stop) => return Some((*mark, inside, stop)),
                None => lonely[number] = true,
            }
        }
        None
    }

    /// Where a sign closes what began before `from`.
    fn closer(&self, from: usize, end: usize, sign: &str) -> Option<usize> {
        let mut at = from;
        while let Some(letter) = self.letter(at).filter(|_| at < end) {
            if let Some(next) = self.escaped(at) {
                at = next;
            } else if let Some(stop) = bare_url(self.text, at) {
                at = stop;
            } else if let Some((_, stop)) = self.code(at) {
                at = stop;
            } else if let Some((_, stop)) = self.token(at, end) {
                at = stop;
            } else if self.text[at..end].starts_with(sign) {
                let run = self.text[at..end].len() - self.text[at..end].trim_start_matches(letter).len();
                if let Some(stop) = self.closes(at, end, sign, run).filter(|stop| *stop > from) {
                    return Some(stop);
                }
                at += run.max(1);
            } else {
                at += letter.len_utf8();
            }
        }
        None
    }

    /// Whether a run of signs closes a style, and where.
    fn closes(&self, at: usize, end: usize, sign: &str, run: usize) -> Option<usize> {
        if self.before(at).is_none_or(char::is_whitespace) {
            return None;
        }
        if marks::is_by_word(self.formatting) {
            let after = self.letter(at + sign.len()).filter(|_| at + sign.len() < end);
            return is_edge(after).then_some(at);
        }
        match sign.len() {
            // A pair belongs to the style that is written by pairs; a third closes.
            1 if run == 2 => None,
            1 => {
                let stop = at + run - 1;
                let after = self.letter(stop + 1).filter(|_| stop + 1 < end);
                (sign != "_" || !after.is_some_and(char::is_alphanumeric)).then_some(stop)
            }
            _ => (run >= 2).then_some(at + run - 2),
        }
    }
}
