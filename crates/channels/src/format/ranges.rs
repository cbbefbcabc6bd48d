//! Formatting told by ranges beside the text (Signal), counted in UTF-16 units.

use super::doc::{Doc, Kind, Line, Style};

/// A piece of a text that is styled, or that stands for somebody.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Range {
    pub start: usize,
    pub length: usize,
    pub what: What,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum What {
    Bold,
    Italic,
    Strike,
    Code,
    Spoiler,
    /// The name of a person, shown in place of what is there.
    Person(String),
}

impl What {
    fn style(&self) -> Style {
        match self {
            Self::Bold => Style::BOLD,
            Self::Italic => Style::ITALIC,
            Self::Strike => Style::STRIKE,
            Self::Code => Style::CODE,
            Self::Spoiler => Style::SPOILER,
            Self::Person(_) => Style::NONE,
        }
    }
}

/// Most ranges that are looked at.
const MOST: usize = 200;

pub fn read(text: &str, ranges: &[Range]) -> Doc {
    let ranges = &ranges[..ranges.len().min(MOST)];
    let mut doc = Doc::default();
    let mut line = Line::new(Vec::new(), Kind::Text);
    let (mut at, mut named_until) = (0, 0);
    for letter in text.chars() {
        let within = ranges.iter().filter(|range| range.start <= at && at < range.start.saturating_add(range.length));
        let style = within.fold(Style::NONE, |style, range| style.with(range.what.style()));
        let person = ranges.iter().find_map(|range| match &range.what {
            What::Person(name) if range.start == at => Some((name, range.length)),
            _ => None,
        });
        if let Some((name, length)) = person.filter(|_| named_until <= at) {
            line.push(&format!("@{name}"), style, None);
            named_until = at.saturating_add(length);
        }
        if at >= named_until {
            match letter {
                '\n' => doc.lines.push(std::mem::replace(&mut line, Line::new(Vec::new(), Kind::Text))),
                letter => line.push(letter.encode_utf8(&mut [0; 4]), style, None),
            }
        }
        at += letter.len_utf16();
    }
    doc.lines.push(line);
    doc
}

/// Signs of Signal's REST bridge, which knows no way to escape them and one style at a time.
const SIGNS: [(Style, &str); 5] =
    [(Style::CODE, "`"), (Style::SPOILER, "||"), (Style::BOLD, "**"), (Style::ITALIC, "*"), (Style::STRIKE, "~")];

/// The text with its styles as signs; `None` where one of them is in the text itself, or none is
/// needed.
pub fn signed(mut doc: Doc) -> Option<Doc> {
    let mut is_styled = false;
    for line in &mut doc.lines {
        for run in &mut line.runs {
            if run.text.contains(['*', '`', '|', '~', '\\']) {
                return None;
            }
            let sign = SIGNS.iter().find(|(style, _)| run.style.has(*style));
            let core = run.text.trim();
            if let Some((_, sign)) = sign.filter(|_| !core.is_empty()) {
                let lead = run.text.len() - run.text.trim_start().len();
                let tail = &run.text[lead + core.len()..];
                run.text = format!("{}{sign}{core}{sign}{tail}", &run.text[..lead]);
                is_styled = true;
            }
            run.style = Style::NONE;
        }
    }
    is_styled.then_some(doc)
}
