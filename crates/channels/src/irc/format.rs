//! Formatting by control codes (<https://modern.ircdocs.horse/formatting>) from and to HTML, and texts
//! as lines that fit.

use std::cell::RefCell;

use html5ever::{
    TokenizerResult,
    tendril::StrTendril,
    tokenizer::{BufferQueue, Tag, TagKind, Token, TokenSink, TokenSinkResult, Tokenizer},
};

const BOLD: char = '\x02';
const ITALIC: char = '\x1d';
const UNDERLINE: char = '\x1f';
const STRIKE: char = '\x1e';
const MONOSPACE: char = '\x11';
const RESET: char = '\x0f';
/// The codes that we carry, with their elements in Matrix.
const CODES: [(char, &str); 5] = [(BOLD, "b"), (ITALIC, "i"), (UNDERLINE, "u"), (STRIKE, "del"), (MONOSPACE, "code")];

/// A text as it came: plain, and as HTML where it is formatted. Colours are left out.
pub fn read(text: &str) -> (String, Option<String>) {
    let (mut plain, mut html) = (String::new(), String::new());
    let mut on: Vec<char> = Vec::new();
    let mut open: Vec<char> = Vec::new();
    let mut formatted = false;
    let mut chars = text.chars().peekable();
    while let Some(char) = chars.next() {
        match char {
            BOLD | ITALIC | UNDERLINE | STRIKE | MONOSPACE => match on.iter().position(|code| *code == char) {
                Some(at) => drop(on.remove(at)),
                None => on.push(char),
            },
            RESET => on.clear(),
            '\x03' => skip_colour(&mut chars, 2, char::is_ascii_digit),
            '\x04' => skip_colour(&mut chars, 6, char::is_ascii_hexdigit),
            // Reverse and what no text needs.
            char if char.is_control() => {}
            char => {
                if on != open {
                    close(&mut html, &open);
                    on.iter().for_each(|code| html.push_str(&format!("<{}>", element(*code))));
                    open.clone_from(&on);
                    formatted = true;
                }
                plain.push(char);
                match char {
                    '<' => html.push_str("&lt;"),
                    '>' => html.push_str("&gt;"),
                    '&' => html.push_str("&amp;"),
                    '"' => html.push_str("&quot;"),
                    char => html.push(char),
                }
            }
        }
    }
    close(&mut html, &open);
    (plain, formatted.then_some(html))
}

fn element(code: char) -> &'static str {
    CODES.iter().find(|(known, _)| *known == code).map_or("span", |(_, element)| element)
}

fn close(html: &mut String, open: &[char]) {
    open.iter().rev().for_each(|code| html.push_str(&format!("</{}>", element(*code))));
}

fn skip_colour(chars: &mut std::iter::Peekable<std::str::Chars<'_>>, most: usize, fits: fn(&char) -> bool) {
    let skip = |chars: &mut std::iter::Peekable<std::str::Chars<'_>>| {
        (0..most).take_while(|_| chars.next_if(fits).is_some()).count()
    };
    if skip(chars) == 0 {
        return;
    }
    let mut after = chars.clone();
    if after.next() == Some(',') && after.peek().is_some_and(fits) {
        chars.next();
        skip(chars);
    }
}

/// HTML as a text with control codes. Line ends stay.
pub fn write(html: &str) -> String {
    let queue = BufferQueue::default();
    queue.push_back(StrTendril::from(html));
    let tokenizer = Tokenizer::new(Writer::default(), html5ever::tokenizer::TokenizerOpts::default());
    // It pauses at scripts and declared encodings, neither of which is a matter of ours.
    while !matches!(tokenizer.feed(&queue), TokenizerResult::Done) {}
    tokenizer.end();
    let out = tokenizer.sink.0.into_inner().out;
    out.trim().to_owned()
}

#[derive(Default)]
struct Writer(RefCell<Written>);

#[derive(Default)]
struct Written {
    out: String,
    /// How deep we are in each of [`CODES`].
    depth: [usize; CODES.len()],
    /// The address of the link that we are in, and where its words begin.
    link: Option<(String, usize)>,
    /// In what nobody sees.
    hidden: usize,
    preformatted: usize,
}

impl TokenSink for Writer {
    type Handle = ();

    fn process_token(&self, token: Token, _line: u64) -> TokenSinkResult<()> {
        let mut written = self.0.borrow_mut();
        match token {
            Token::CharacterTokens(text) if written.hidden == 0 => written.text(&text),
            Token::TagToken(tag) => written.tag(&tag),
            _ => {}
        }
        TokenSinkResult::Continue
    }
}

impl Written {
    fn text(&mut self, text: &str) {
        for char in text.chars() {
            match char {
                '\n' if self.preformatted > 0 => self.out.push('\n'),
                char if char.is_whitespace() => {
                    if self.preformatted > 0 || !self.out.ends_with([' ', '\n']) {
                        self.out.push(' ');
                    }
                }
                char if char.is_control() => {}
                char => self.out.push(char),
            }
        }
    }

    fn tag(&mut self, tag: &Tag) {
        let start = tag.kind == TagKind::StartTag;
        let attribute = |name: &str| {
            tag.attrs
                .iter()
                .find(|attribute| &*attribute.name.local == name)
                .map(|attribute| attribute.value.to_string())
        };
        let name: &str = &tag.name;
        if let Some(code) = code_of(name) {
            let depth = &mut self.depth[code];
            let before = *depth;
            *depth = if start { before + 1 } else { before.saturating_sub(1) };
            if (before == 0) != (*depth == 0) {
                self.out.push(CODES[code].0);
            }
        }
        match name {
            "br" => self.out.push('\n'),
            "script" | "style" | "mx-reply" | "title" => {
                self.hidden = if start { self.hidden + 1 } else { self.hidden.saturating_sub(1) };
            }
            "pre" => {
                self.new_line();
                self.preformatted = if start { self.preformatted + 1 } else { self.preformatted.saturating_sub(1) };
            }
            "li" if start => {
                self.new_line();
                self.out.push_str("- ");
            }
            "blockquote" if start => {
                self.new_line();
                self.out.push_str("> ");
            }
            "img" if start => {
                let words = attribute("alt").unwrap_or_default();
                self.text(&words);
            }
            "a" if start => self.link = attribute("href").map(|address| (address, self.out.len())),
            "a" => {
                if let Some((address, from)) = self.link.take()
                    && self.out.get(from..).is_some_and(|words| words.trim() != address)
                    && ["http:", "https:", "mailto:", "irc:", "ircs:"].iter().any(|scheme| address.starts_with(scheme))
                {
                    let address: String = address.chars().filter(|char| !char.is_control()).collect();
                    self.out.push_str(&format!(" ({address})"));
                }
            }
            "p" | "div" | "ul" | "ol" | "li" | "tr" | "table" | "blockquote" | "h1" | "h2" | "h3" | "h4" | "h5"
            | "h6" => self.new_line(),
            _ => {}
        }
    }

    fn new_line(&mut self) {
        let bare = self.out.trim_end_matches(' ').len();
        self.out.truncate(bare);
        let line = self.out.rsplit('\n').next().unwrap_or_default();
        if line.chars().any(|char| !char.is_control()) {
            self.out.push('\n');
        }
    }
}

fn code_of(name: &str) -> Option<usize> {
    let code = match name {
        "b" | "strong" | "h1" | "h2" | "h3" | "h4" | "h5" | "h6" | "th" => BOLD,
        "i" | "em" => ITALIC,
        "u" | "ins" => UNDERLINE,
        "s" | "del" | "strike" => STRIKE,
        "code" | "tt" | "pre" | "kbd" => MONOSPACE,
        _ => return None,
    };
    CODES.iter().position(|(known, _)| *known == code)
}

/// A text as lines of at most `most` bytes each, cut at line ends, else between words, else between
/// characters. What is formatted goes on being so on the next line, which IRC by itself forgets.
pub fn lines(text: &str, most: usize) -> Vec<String> {
    let most = most.max(16);
    let mut lines = Vec::new();
    let mut on: Vec<char> = Vec::new();
    for line in text.split(['\n', '\r']) {
        let mut rest = line;
        loop {
            let mut out: String = on.iter().collect();
            let room = most - out.len();
            let end = if rest.len() <= room {
                rest.len()
            } else {
                let end = (0..=room).rev().find(|at| rest.is_char_boundary(*at)).unwrap_or(0);
                rest[..end].rfind(' ').filter(|at| *at > end / 2).unwrap_or(end)
            };
            let (piece, after) = rest.split_at(end);
            out.push_str(piece);
            for code in piece.chars().filter(|char| CODES.iter().any(|(code, _)| code == char)) {
                match on.iter().position(|known| *known == code) {
                    Some(at) => drop(on.remove(at)),
                    None => on.push(code),
                }
            }
            if out.chars().any(|char| !char.is_whitespace() && !char.is_control()) {
                lines.push(out.trim_end_matches(' ').to_owned());
            }
            rest = after.trim_start_matches(' ');
            if rest.is_empty() {
                break;
            }
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_codes_become_html_and_colours_go() {
        assert_eq!(read("plain & simple"), ("plain & simple".to_owned(), None));
        assert_eq!(
            read("\x02bold \x1dboth\x02 italic\x0f none \x034,12red\x03 <\x11x\x11>"),
            (
                "bold both italic none red <x>".to_owned(),
                Some("<b>bold </b><b><i>both</i></b><i> italic</i> none red &lt;<code>x</code>&gt;".to_owned())
            )
        );
        assert_eq!(read("\x03,5 a \x031,b \x04ff00ff,00ff00c\x16d\x07").0, ",5 a ,b cd");
    }

    #[test]
    fn html_becomes_control_codes() {
        assert_eq!(
            write("a <strong>b <em>c</em></strong> <del>d</del> <code>e</code> <u>f</u>"),
            "a \x02b \x1dc\x1d\x02 \x1ed\x1e \x11e\x11 \x1ff\x1f"
        );
        assert_eq!(
            write("<p>one<br>two &lt;3</p><ul><li>x</li><li><b>y</b></li></ul>"),
            "one\ntwo <3\n- x\n- \x02y\x02"
        );
        assert_eq!(
            write("<a href=\"https://a.example/\">here</a> <a href=\"https://b\">https://b</a>"),
            "here (https://a.example/) https://b"
        );
        assert_eq!(write("<mx-reply>old</mx-reply><script>x</script>new\n line\x03\x01"), "new line");
        assert_eq!(write("<pre><code>a\n  b</code></pre>"), "\x11a\n  b\x11");
    }

    #[test]
    fn what_goes_out_formatted_comes_back_so() {
        let html = "a <b>b <i>c</i></b> d";
        assert_eq!(read(&write(html)).1.as_deref(), Some("a <b>b </b><b><i>c</i></b> d"));
    }

    #[test]
    fn long_lines_are_cut_between_words_and_characters_and_stay_formatted() {
        let text = format!("{} {}", "ä".repeat(30), "word ".repeat(30));
        let pieces = lines(&text, 40);
        assert!(pieces.iter().all(|piece| piece.len() <= 40), "{pieces:?}");
        assert_eq!(pieces.concat().replace(' ', ""), text.replace(' ', ""));
        assert_eq!(lines("\x02one two three\nfour\x02 five\n\n \n", 16), ["\x02one two three", "\x02four\x02 five"]);
        assert_eq!(lines("\x02one two three four", 16), ["\x02one two three", "\x02four"]);
    }

    proptest::proptest! {
        #[test]
        fn whatever_comes_or_goes_does_no_harm(text in ".*", most in 0usize..600) {
            let _ = read(&text);
            let written = write(&text);
            for line in lines(&written, most) {
                assert!(line.len() <= most.max(16));
                assert!(!line.contains(['\r', '\n']));
            }
        }
    }
}
