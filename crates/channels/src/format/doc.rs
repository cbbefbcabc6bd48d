//! What every way of writing has in common: lines of styled runs, each line in its quotes and lists.

/// Styles of a run, as a set.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Style(u8);

impl Style {
    pub const NONE: Self = Self(0);
    pub const SPOILER: Self = Self(1);
    pub const BOLD: Self = Self(2);
    pub const UNDERLINE: Self = Self(4);
    pub const ITALIC: Self = Self(8);
    pub const STRIKE: Self = Self(16);
    pub const CODE: Self = Self(32);

    pub fn has(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    pub fn with(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    pub fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    /// What both have.
    pub fn and(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }
}

/// A piece of a line that looks the same throughout.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Run {
    pub text: String,
    pub style: Style,
    /// Which of [`Doc::links`] it belongs to.
    pub link: Option<usize>,
}

/// What a line stands in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Container {
    Quote { id: u32 },
    Item { list: u32, id: u32, number: Option<u32> },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Text,
    /// 1 to 6.
    Heading(u8),
    /// One line of a block, which [`Doc::languages`] numbers.
    Code(usize),
    Rule,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    pub path: Vec<Container>,
    pub kind: Kind,
    pub runs: Vec<Run>,
    /// A new paragraph begins here.
    pub gap: bool,
}

impl Line {
    pub fn new(path: Vec<Container>, kind: Kind) -> Self {
        Self { path, kind, runs: Vec::new(), gap: false }
    }

    /// Adds text at the end.
    pub fn push(&mut self, text: &str, style: Style, link: Option<usize>) {
        match self.runs.last_mut() {
            Some(last) if last.style == style && last.link == link => last.text.push_str(text),
            _ if text.is_empty() => {}
            _ => self.runs.push(Run { text: text.to_owned(), style, link }),
        }
    }

    pub fn text(&self) -> String {
        self.runs.iter().map(|run| run.text.as_str()).collect()
    }
}

/// Where a link leads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Link {
    Url(String),
    /// A person, by their Matrix id.
    Person(String),
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Doc {
    pub lines: Vec<Line>,
    pub links: Vec<Link>,
    /// The programming languages of the code blocks.
    pub languages: Vec<Option<String>>,
}

impl Doc {
    /// A text without any formatting.
    pub fn plain(text: &str) -> Self {
        let lines = text.split('\n').map(|text| {
            let mut line = Line::new(Vec::new(), Kind::Text);
            line.push(text, Style::NONE, None);
            line
        });
        Self { lines: lines.collect(), ..Self::default() }
    }

    /// Whether the text alone says it all.
    pub fn is_plain(&self) -> bool {
        let bare = |run: &Run| {
            run.style == Style::NONE
                && run.link.is_none_or(|link| match self.links.get(link) {
                    Some(Link::Url(url)) => url.strip_prefix("mailto:").unwrap_or(url) == run.text,
                    Some(Link::Person(_)) | None => true,
                })
        };
        self.lines
            .iter()
            .all(|line| line.path.is_empty() && line.kind == Kind::Text && !line.gap && line.runs.iter().all(bare))
    }

    /// Adds a link and gives its number.
    pub fn link(&mut self, link: Link) -> usize {
        self.links.push(link);
        self.links.len() - 1
    }
}

/// Whether an address may be linked to.
pub fn is_safe(url: &str) -> bool {
    let scheme = url.split_once(':').map(|(scheme, _)| scheme.to_ascii_lowercase());
    matches!(scheme.as_deref(), Some("http" | "https" | "mailto" | "tel"))
        && !url.chars().any(|letter| letter.is_whitespace() || letter.is_control())
        && url::Url::parse(url).is_ok()
}

/// The end of a bare address that begins at `start`; `None` where none does. What ends a sentence
/// or a style is no part of it.
pub fn bare_url(text: &str, start: usize) -> Option<usize> {
    let rest = text.get(start..)?;
    let scheme = ["https://", "http://"].into_iter().find(|scheme| rest.starts_with(scheme))?;
    if text[..start].chars().next_back().is_some_and(char::is_alphanumeric) {
        return None;
    }
    let ends = |letter: char| letter.is_whitespace() || "<>\"`\u{2060}".contains(letter);
    let end = rest.find(ends).unwrap_or(rest.len());
    // Not the semicolon: it may end one of Slack's entities.
    let url = rest[..end].trim_end_matches(|letter| ".,:!?'()[]{}*_~`|\\".contains(letter));
    (url.len() > scheme.len()).then_some(start + url.len())
}
