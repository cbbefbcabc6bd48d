//! One line's runs as a network writes them.

use unisono_domain::channel::Formatting;

use super::{
    Mention,
    doc::{Doc, Line, Link, Run, Style},
    escape::{self, JOINER, Place},
    marks::{self, Mark},
};

/// Writes lines; remembers which links it has written: each stands there once, however many lines
/// and styles it spans, so that nothing grows without bound.
pub struct Writer<'a> {
    pub formatting: Formatting,
    pub doc: &'a Doc,
    pub mention: Mention<'a>,
    pub written: Vec<bool>,
}

impl<'a> Writer<'a> {
    pub fn new(formatting: Formatting, doc: &'a Doc, mention: Mention<'a>) -> Self {
        Self { formatting, doc, mention, written: vec![false; doc.links.len()] }
    }

    /// Writes the runs of a line. `extra`: a style of the whole line.
    pub fn line(&mut self, line: &Line, extra: Style, out: &mut String) {
        let runs = fit(self.formatting, line, extra);
        let signs = marks::of(self.formatting);
        let mut open: Vec<Mark> = Vec::new();
        let mut first = true;
        for run in &runs {
            if let Some(at) = open.iter().position(|mark| !run.style.has(mark.0)) {
                close(&mut open, at, out);
            }
            for mark in signs {
                if run.style.has(mark.0) && !open.iter().any(|other| other.0 == mark.0) {
                    let mark = self.fitting(*mark, run);
                    out.push_str(mark.1);
                    open.push(mark);
                    first = false;
                }
            }
            self.run(run, first, !open.is_empty(), out);
            first = false;
        }
        close(&mut open, 0, out);
    }

    /// Code that has the sign in it needs a longer one.
    fn fitting(&self, mark: Mark, run: &Run) -> Mark {
        if mark.0 == Style::CODE && self.formatting == Formatting::Markdown && run.text.contains('`') {
            return (Style::CODE, "`` ", " ``");
        }
        mark
    }

    fn run(&mut self, run: &Run, first: bool, styled: bool, out: &mut String) {
        let place = Place { first, styled };
        let link = run.link.filter(|number| !std::mem::replace(&mut self.written[*number], true));
        let url = match link.and_then(|number| self.doc.links.get(number)) {
            Some(Link::Person(id)) => match (self.mention)(id, &run.text) {
                Some(mention) => return out.push_str(&mention),
                None if self.formatting == Formatting::Html => Some(format!("https://matrix.to/#/{id}")),
                None => None,
            },
            Some(Link::Url(url)) => Some(url.clone()),
            None => None,
        };
        match url {
            Some(url) => self.link(run, &url, place, out),
            None => self.text(run, place, out),
        }
    }

    fn text(&self, run: &Run, place: Place, out: &mut String) {
        if !run.style.has(Style::CODE) {
            return escape::text(self.formatting, &run.text, place, out);
        }
        match self.formatting {
            Formatting::Html | Formatting::Telegram | Formatting::Slack => out.push_str(&escape::entities(&run.text)),
            Formatting::Plain | Formatting::Markdown | Formatting::WhatsApp => out.push_str(&run.text),
        }
    }

    fn link(&self, run: &Run, url: &str, place: Place, out: &mut String) {
        let bare = url.strip_prefix("mailto:").or_else(|| url.strip_prefix("tel:")).unwrap_or(url);
        let is_bare = run.text.trim() == bare;
        match self.formatting {
            Formatting::Html | Formatting::Telegram => {
                out.push_str(&format!("<a href=\"{}\">", escape::attribute(url)));
                self.text(run, place, out);
                out.push_str("</a>");
            }
            Formatting::Slack => {
                let url = escape::entities(url).replace('|', "%7C");
                let label = escape::entities(&run.text);
                out.push_str(&if is_bare { format!("<{url}>") } else { format!("<{url}|{label}>") });
            }
            // Discord makes links only of web addresses.
            Formatting::Markdown if !is_bare && url.starts_with("http") => {
                out.push('[');
                escape::text(self.formatting, &run.text.replace(']', ")"), place, out);
                let url = url.replace('(', "%28").replace(')', "%29").replace('\\', "%5C");
                out.push_str(&format!("]({url})"));
            }
            _ if is_bare => out.push_str(&run.text),
            _ => {
                self.text(run, place, out);
                out.push_str(&format!(" ({bare})"));
            }
        }
    }
}

fn close(open: &mut Vec<Mark>, down_to: usize, out: &mut String) {
    while open.len() > down_to {
        if let Some(mark) = open.pop() {
            out.push_str(mark.2);
        }
    }
}

/// The runs as the network can show them.
fn fit(formatting: Formatting, line: &Line, extra: Style) -> Vec<Run> {
    let mut runs: Vec<Run> = Vec::new();
    for run in &line.runs {
        let mut style = run.style.with(extra);
        if style.has(Style::CODE) && formatting != Formatting::Html {
            style = Style::CODE;
        }
        match runs.last_mut() {
            // A link is one piece; it has what all of it has.
            Some(last) if run.link.is_some() && last.link == run.link => {
                last.text.push_str(&run.text);
                last.style = last.style.and(style);
            }
            _ => runs.push(Run { text: run.text.clone(), style, link: run.link }),
        }
    }
    if marks::is_signs(formatting) {
        runs = hug(&runs);
        if marks::is_by_word(formatting) {
            for style in [Style::BOLD, Style::ITALIC, Style::STRIKE, Style::CODE] {
                by_word(&mut runs, style);
            }
        } else {
            by_word(&mut runs, Style::ITALIC);
        }
    }
    runs
}

/// Signs of styles stand close to what is styled: blanks at the edges of runs get only what both
/// sides have.
fn hug(runs: &[Run]) -> Vec<Run> {
    let mut hugging = Vec::with_capacity(runs.len());
    for (at, run) in runs.iter().enumerate() {
        if run.link.is_some() || run.style == Style::NONE {
            hugging.push(run.clone());
            continue;
        }
        let side = |other: Option<&Run>| other.map_or(Style::NONE, |other| other.style.and(run.style));
        let before = side(at.checked_sub(1).and_then(|at| runs.get(at)));
        let after = side(runs.get(at + 1));
        let core = run.text.trim();
        let lead = run.text.len() - run.text.trim_start().len();
        let pieces = if core.is_empty() {
            [(run.text.as_str(), before.and(after)), ("", Style::NONE), ("", Style::NONE)]
        } else {
            [(&run.text[..lead], before), (core, run.style), (&run.text[lead + core.len()..], after)]
        };
        // Code has no blanks of its own outside.
        let plain = |style: Style| if style.has(Style::CODE) { Style::NONE } else { style };
        for (number, (text, style)) in pieces.into_iter().enumerate() {
            let style = if number == 1 { style } else { plain(style) };
            if !text.is_empty() {
                hugging.push(Run { text: text.to_owned(), style, link: None });
            }
        }
    }
    hugging
}

/// Takes a style from where it would begin or end within a word: its sign would just stand there.
fn by_word(runs: &mut [Run], style: Style) {
    let mut at = 0;
    while at < runs.len() {
        if !runs[at].style.has(style) {
            at += 1;
            continue;
        }
        let end = (at..runs.len()).find(|end| !runs[*end].style.has(style)).unwrap_or(runs.len());
        let within = |letter: Option<char>| letter.is_some_and(|letter| letter.is_alphanumeric() || letter == JOINER);
        let before = at.checked_sub(1).and_then(|at| runs[at].text.chars().next_back());
        let after = runs.get(end).and_then(|run| run.text.chars().next());
        let has_sign = style == Style::CODE && runs[at..end].iter().any(|run| run.text.contains('`'));
        if within(before) || within(after) || has_sign {
            runs[at..end].iter_mut().for_each(|run| run.style = run.style.without(style));
        }
        at = end;
    }
}
