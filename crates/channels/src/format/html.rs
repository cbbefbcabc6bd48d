//! HTML, from strangers and for clients. Read token by token without a tree, so depth and missing ends
//! do no harm; written from the model alone, so that only known elements with known attributes are
//! there, everything else escaped.

use std::cell::RefCell;

use html5ever::{
    tendril::StrTendril,
    tokenizer::{BufferQueue, Tag, TagKind, Token, TokenSink, TokenSinkResult, Tokenizer, TokenizerOpts},
};
use unisono_domain::channel::Formatting;

use super::{
    doc::{Container, Doc, Kind, Line, Link, Style, is_safe},
    inline::Writer,
};

/// Deepest element that is looked at, and deepest quote or list.
const DEEPEST: usize = 64;
const DEEPEST_PATH: usize = 8;
/// Longest text that is read, in bytes.
const LONGEST: usize = 512 * 1024;

/// What becomes of blanks and line ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Space {
    /// One blank, as in web pages.
    Collapsed,
    /// As they are, as in Telegram's texts.
    Kept,
}

pub fn read(html: &str, space: Space) -> Doc {
    let end = (0..=html.len().min(LONGEST)).rev().find(|at| html.is_char_boundary(*at)).unwrap_or(0);
    let tokenizer = Tokenizer::new(Sink(RefCell::new(Reader::new(space))), TokenizerOpts::default());
    let input = BufferQueue::default();
    input.push_back(StrTendril::from_slice(&html[..end]));
    // Nothing here asks the tokenizer to stop.
    let _ = tokenizer.feed(&input);
    tokenizer.end();
    tokenizer.sink.0.into_inner().finish()
}

struct Sink(RefCell<Reader>);

impl TokenSink for Sink {
    type Handle = ();

    fn process_token(&self, token: Token, _: u64) -> TokenSinkResult<()> {
        let mut reader = self.0.borrow_mut();
        match token {
            Token::CharacterTokens(text) => reader.text(&text),
            Token::TagToken(tag) if tag.kind == TagKind::StartTag => reader.open(&tag),
            Token::TagToken(tag) => reader.close(&tag.name),
            _ => {}
        }
        TokenSinkResult::Continue
    }
}

/// An element and what holds within it.
#[derive(Clone)]
struct Element {
    name: String,
    style: Style,
    link: Option<usize>,
    kind: Kind,
    hidden: bool,
    depth: usize,
    /// Numbers the items of an ordered list.
    number: Option<u32>,
    list: u32,
}

struct Reader {
    doc: Doc,
    space: Space,
    stack: Vec<Element>,
    path: Vec<Container>,
    line: Option<Line>,
    gap: bool,
    blank: Option<(Style, Option<usize>)>,
    /// The first line end in a block of code is none of its.
    fresh_code: bool,
    ids: u32,
}

impl Reader {
    fn new(space: Space) -> Self {
        Self {
            doc: Doc::default(),
            space,
            stack: Vec::new(),
            path: Vec::new(),
            line: None,
            gap: false,
            blank: None,
            fresh_code: false,
            ids: 0,
        }
    }

    fn top(&self) -> Element {
        self.stack.last().cloned().unwrap_or(Element {
            name: String::new(),
            style: Style::NONE,
            link: None,
            kind: Kind::Text,
            hidden: false,
            depth: self.path.len(),
            number: None,
            list: 0,
        })
    }

    fn id(&mut self) -> u32 {
        self.ids += 1;
        self.ids
    }

    fn finish(mut self) -> Doc {
        self.end_line();
        self.doc
    }

    /// The line that is being read; a new one takes up the gap before it.
    fn line(&mut self, kind: Kind) -> &mut Line {
        let (path, gap, lines) = (&self.path, &mut self.gap, &self.doc.lines);
        self.line.get_or_insert_with(|| {
            let mut line = Line::new(path.clone(), kind);
            line.gap = std::mem::take(gap) && lines.last().is_some_and(|before| before.path == *path);
            line
        })
    }

    fn end_line(&mut self) {
        self.blank = None;
        if let Some(line) = self.line.take() {
            self.doc.lines.push(line);
        }
    }

    fn text(&mut self, text: &str) {
        let top = self.top();
        if top.hidden {
            return;
        }
        if let Kind::Code(_) = top.kind {
            return self.code(text, top.kind);
        }
        if self.space == Space::Kept {
            for (number, text) in text.split('\n').enumerate() {
                if number > 0 {
                    self.line(top.kind);
                    self.end_line();
                }
                // Even an empty one after a line end is a line.
                self.line(top.kind).push(text, top.style, top.link);
            }
            return;
        }
        let mut rest = text;
        while !rest.is_empty() {
            let word = rest.trim_start_matches([' ', '\n', '\t', '\r', '\u{c}']);
            if word.len() < rest.len() && self.line.as_ref().is_some_and(|line| !line.runs.is_empty()) {
                self.blank = self.blank.or(Some((top.style, top.link)));
            }
            let end = word.find([' ', '\n', '\t', '\r', '\u{c}']).unwrap_or(word.len());
            if end > 0 {
                if let Some((style, link)) = self.blank.take() {
                    self.line(top.kind).push(" ", style, link);
                }
                self.line(top.kind).push(&word[..end], top.style, top.link);
            }
            rest = &word[end..];
        }
    }

    fn code(&mut self, text: &str, kind: Kind) {
        for (number, text) in text.split('\n').enumerate() {
            if number > 0 && !std::mem::take(&mut self.fresh_code) {
                self.line(kind);
                self.end_line();
            }
            if !text.is_empty() {
                self.fresh_code = false;
                self.line(kind).push(text, Style::NONE, None);
            }
        }
    }

    fn open(&mut self, tag: &Tag) {
        let name: &str = &tag.name;
        let mut element = Element { name: name.to_owned(), depth: self.path.len(), ..self.top() };
        let attribute = |name: &str| tag.attrs.iter().find(|attribute| &*attribute.name.local == name);
        match name {
            "br" => {
                if !element.hidden {
                    self.line(element.kind);
                    self.end_line();
                }
                return;
            }
            "hr" => {
                self.end_line();
                if !element.hidden {
                    self.line(Kind::Rule);
                    self.end_line();
                }
                return;
            }
            "img" => {
                let alt = attribute("alt").or(attribute("title")).map(|found| found.value.to_string());
                self.text(&alt.unwrap_or_default());
                return;
            }
            "meta" | "link" | "input" | "source" | "area" | "base" | "col" | "embed" | "track" | "wbr" => return,
            _ => {}
        }
        match name {
            "b" | "strong" | "th" => element.style = element.style.with(Style::BOLD),
            "i" | "em" | "cite" => element.style = element.style.with(Style::ITALIC),
            "u" | "ins" => element.style = element.style.with(Style::UNDERLINE),
            "s" | "del" | "strike" => element.style = element.style.with(Style::STRIKE),
            "tg-spoiler" => element.style = element.style.with(Style::SPOILER),
            "span" if attribute("data-mx-spoiler").is_some() => element.style = element.style.with(Style::SPOILER),
            "span" if attribute("class").is_some_and(|class| &*class.value == "tg-spoiler") => {
                element.style = element.style.with(Style::SPOILER);
            }
            "code" | "tt" | "kbd" | "samp" => {
                if let Kind::Code(block) = element.kind {
                    let class = attribute("class").map(|class| class.value.to_string()).unwrap_or_default();
                    let language = class.split(' ').find_map(|class| class.strip_prefix("language-"));
                    let plain = |word: &&str| {
                        word.len() <= 20 && word.chars().all(|l| l.is_ascii_alphanumeric() || "+-#_".contains(l))
                    };
                    if let Some(slot) = self.doc.languages.get_mut(block) {
                        *slot = slot.take().or(language.filter(plain).map(ToOwned::to_owned));
                    }
                } else {
                    element.style = element.style.with(Style::CODE);
                }
            }
            "a" => {
                if let Some(link) = attribute("href").and_then(|href| link(href.value.trim())) {
                    element.link = Some(self.doc.link(link));
                }
            }
            "script" | "style" | "head" | "title" | "template" | "mx-reply" | "noscript" | "iframe" | "object" => {
                element.hidden = true;
            }
            _ => self.open_block(name, attribute("start").map(|start| &*start.value), &mut element),
        }
        if self.stack.len() < DEEPEST {
            self.stack.push(element);
        } else {
            self.path.truncate(self.top().depth.max(element.depth));
        }
    }

    fn open_block(&mut self, name: &str, start: Option<&str>, element: &mut Element) {
        let is_cell = matches!(name, "td" | "th");
        match name {
            "p" | "div" | "blockquote" | "pre" | "ul" | "ol" | "li" | "h1" | "h2" | "h3" | "h4" | "h5" | "h6"
            | "table" | "tr" | "details" | "summary" | "section" | "article" | "header" | "footer" | "dl" | "dt"
            | "dd" | "figure" | "center" => self.end_line(),
            _ if is_cell && self.line.as_ref().is_some_and(|line| !line.runs.is_empty()) => {
                self.line(element.kind).push(" | ", Style::NONE, None);
                self.blank = None;
            }
            _ => return,
        }
        match name {
            "p" => self.gap = true,
            "h1" | "h2" | "h3" | "h4" | "h5" | "h6" => {
                self.gap = true;
                element.kind = Kind::Heading(name[1..].parse().unwrap_or(6));
            }
            "pre" => {
                self.doc.languages.push(None);
                element.kind = Kind::Code(self.doc.languages.len() - 1);
                self.fresh_code = true;
            }
            "ul" | "ol" => {
                element.list = self.id();
                element.number = (name == "ol").then(|| start.and_then(|start| start.parse().ok()).unwrap_or(1));
            }
            "blockquote" if self.path.len() < DEEPEST_PATH && self.stack.len() < DEEPEST => {
                let id = self.id();
                self.path.push(Container::Quote { id });
            }
            "li" if self.path.len() < DEEPEST_PATH && self.stack.len() < DEEPEST => {
                let id = self.id();
                let list = self.stack.iter_mut().rfind(|element| element.name == "ol" || element.name == "ul");
                let (list, number) = match list {
                    Some(list) => {
                        let number = list.number;
                        list.number = number.map(|number| number.saturating_add(1));
                        (list.list, number)
                    }
                    None => (0, None),
                };
                self.path.push(Container::Item { list, id, number });
            }
            _ => {}
        }
    }

    fn close(&mut self, name: &str) {
        let Some(at) = self.stack.iter().rposition(|element| element.name == name) else { return };
        let is_block = !matches!(
            name,
            "b" | "strong"
                | "th"
                | "td"
                | "i"
                | "em"
                | "cite"
                | "u"
                | "ins"
                | "s"
                | "del"
                | "strike"
                | "span"
                | "code"
                | "tt"
                | "kbd"
                | "samp"
                | "a"
                | "font"
                | "sub"
                | "sup"
                | "small"
                | "big"
                | "mark"
                | "tg-spoiler"
        );
        if is_block {
            self.end_line();
        }
        if matches!(name, "p" | "h1" | "h2" | "h3" | "h4" | "h5" | "h6") {
            self.gap = true;
        }
        if let Some(element) = self.stack.get(at) {
            self.path.truncate(element.depth);
        }
        self.stack.truncate(at);
    }
}

/// Where an `href` leads: a person on Matrix, or a page.
fn link(href: &str) -> Option<Link> {
    let person = href
        .strip_prefix("https://matrix.to/#/")
        .or_else(|| href.strip_prefix("https://matrix.to/#%2F"))
        .map(|id| id.split('?').next().unwrap_or_default().replace("%40", "@").replace("%3A", ":"))
        .filter(|id| id.starts_with('@'))
        .or_else(|| Some(format!("@{}", href.strip_prefix("matrix:u/")?.split('?').next()?)));
    match person {
        Some(id) if id.len() <= 255 => Some(Link::Person(id)),
        _ => is_safe(href).then(|| Link::Url(href.to_owned())),
    }
}

/// Writes a text as safe HTML.
pub fn write(doc: &Doc) -> String {
    let mut writer = Writer::new(Formatting::Html, doc, &|_, _| None);
    let mut out = String::new();
    let mut before: Option<&Line> = None;
    for line in &doc.lines {
        let old: &[Container] = before.map_or(&[], |before| &before.path);
        let same = old.iter().zip(&line.path).take_while(|(old, new)| old == new).count();
        let leaves = before.is_some_and(|before| before.kind != line.kind);
        if let Some(before) = before.filter(|_| leaves || old.len() > same || line.path.len() > same) {
            end_block(before.kind, &mut out);
        }
        containers(old, &line.path, same, &mut out);
        let begins = before.is_none() || leaves || old.len() > same || line.path.len() > same;
        match line.kind {
            Kind::Code(block) if begins => begin_code(doc, block, &mut out),
            Kind::Code(_) => out.push('\n'),
            Kind::Heading(level) => out.push_str(&format!("<h{level}>")),
            Kind::Text if !begins => out.push_str(if line.gap { "<br><br>" } else { "<br>" }),
            Kind::Text | Kind::Rule => {}
        }
        match line.kind {
            Kind::Rule => out.push_str("<hr>"),
            Kind::Code(_) => out.push_str(&super::escape::entities(&line.text())),
            Kind::Text | Kind::Heading(_) => writer.line(line, Style::NONE, &mut out),
        }
        if let Kind::Heading(level) = line.kind {
            out.push_str(&format!("</h{level}>"));
        }
        before = Some(line);
    }
    if let Some(before) = before {
        end_block(before.kind, &mut out);
        containers(&before.path, &[], 0, &mut out);
    }
    out
}

fn begin_code(doc: &Doc, block: usize, out: &mut String) {
    match doc.languages.get(block).and_then(Option::as_deref) {
        Some(language) => {
            out.push_str(&format!("<pre><code class=\"language-{}\">", super::escape::attribute(language)));
        }
        None => out.push_str("<pre><code>"),
    }
}

fn end_block(kind: Kind, out: &mut String) {
    if let Kind::Code(_) = kind {
        out.push_str("</code></pre>");
    }
}

/// Leaves and enters quotes and lists.
fn containers(old: &[Container], new: &[Container], same: usize, out: &mut String) {
    let list = |container: Option<&Container>| match container {
        Some(Container::Item { list, .. }) => Some(*list),
        _ => None,
    };
    // Another item of the same list does not end it.
    let stays = list(old.get(same)).is_some() && list(old.get(same)) == list(new.get(same));
    for (at, container) in old.iter().enumerate().skip(same).rev() {
        match container {
            Container::Quote { .. } => out.push_str("</blockquote>"),
            Container::Item { number, .. } => {
                out.push_str("</li>");
                if at != same || !stays {
                    out.push_str(if number.is_some() { "</ol>" } else { "</ul>" });
                }
            }
        }
    }
    for (at, container) in new.iter().enumerate().skip(same) {
        match container {
            Container::Quote { .. } => out.push_str("<blockquote>"),
            Container::Item { number, .. } => {
                if at != same || !stays {
                    match number {
                        Some(1) => out.push_str("<ol>"),
                        Some(number) => out.push_str(&format!("<ol start=\"{number}\">")),
                        None => out.push_str("<ul>"),
                    }
                }
                out.push_str("<li>");
            }
        }
    }
}
