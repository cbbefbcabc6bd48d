//! Lines of the protocol: read from the connection within a limit, taken apart, and built.
//!
//! `irc-proto` gives the types. Its own way of taking a line apart is not used: it stumbles over
//! runs of blanks and unusual tags (the vectors in `vectors/` are what counts here), and its codec
//! gives up the whole connection at the first byte that is not UTF-8, as old networks still send.

use bytes::{Buf as _, BytesMut};
use irc_proto::{Command, Message, message::Tag};
use tokio_util::codec::Decoder;

/// Longest line that is read: 8,191 bytes of tags (IRCv3 "Message Tags") and a generous rest.
const LONGEST: usize = 16 * 1024;

/// Cuts the stream into lines. What is longer than allowed is skipped.
#[derive(Debug, Default)]
pub struct Lines {
    /// How far the buffer has been searched.
    seen: usize,
    skipping: bool,
}

impl Decoder for Lines {
    type Item = String;
    type Error = std::io::Error;

    fn decode(&mut self, buffer: &mut BytesMut) -> Result<Option<String>, std::io::Error> {
        loop {
            let Some(found) = buffer[self.seen..].iter().position(|byte| *byte == b'\n') else {
                self.seen = buffer.len();
                if self.seen > LONGEST {
                    buffer.clear();
                    (self.seen, self.skipping) = (0, true);
                }
                return Ok(None);
            };
            let line = buffer.split_to(self.seen + found);
            buffer.advance(1);
            self.seen = 0;
            if !std::mem::take(&mut self.skipping) && line.len() <= LONGEST {
                return Ok(Some(text(&line)));
            }
        }
    }
}

/// UTF-8, or else Latin-1, as old programs write it.
fn text(bytes: &[u8]) -> String {
    let bytes = bytes.strip_suffix(b"\r").unwrap_or(bytes);
    match std::str::from_utf8(bytes) {
        Ok(text) => text.to_owned(),
        Err(_) => bytes.iter().copied().map(char::from).collect(),
    }
}

/// A line in its pieces (RFC 1459 section 2.3.1, IRCv3 "Message Tags").
#[derive(Debug, PartialEq, Eq)]
struct Split<'a> {
    tags: Vec<(&'a str, String)>,
    source: Option<&'a str>,
    verb: &'a str,
    params: Vec<&'a str>,
}

fn split(line: &str) -> Option<Split<'_>> {
    let mut rest = line.trim_end_matches(['\r', '\n']);
    let mut word = |mark: char| {
        let (word, after) = rest.strip_prefix(mark)?.split_once(' ')?;
        rest = after.trim_start_matches(' ');
        Some(word)
    };
    let tags = word('@').map(|tags| tags.split(';').filter(|tag| !tag.is_empty()).map(tag).collect());
    let source = word(':');
    let (verb, mut rest) = rest.split_once(' ').unwrap_or((rest, ""));
    let mut params = Vec::new();
    loop {
        rest = rest.trim_start_matches(' ');
        if let Some(last) = rest.strip_prefix(':') {
            params.push(last);
            break;
        }
        let (param, after) = rest.split_once(' ').unwrap_or((rest, ""));
        if param.is_empty() {
            break;
        }
        params.push(param);
        rest = after;
    }
    (!verb.is_empty()).then(|| Split { tags: tags.unwrap_or_default(), source, verb, params })
}

fn tag(tag: &str) -> (&str, String) {
    let (key, escaped) = tag.split_once('=').unwrap_or((tag, ""));
    let mut value = String::with_capacity(escaped.len());
    let mut chars = escaped.chars();
    while let Some(char) = chars.next() {
        if char != '\\' {
            value.push(char);
            continue;
        }
        match chars.next() {
            Some(':') => value.push(';'),
            Some('s') => value.push(' '),
            Some('r') => value.push('\r'),
            Some('n') => value.push('\n'),
            Some(other) => value.push(other),
            None => {}
        }
    }
    (key, value)
}

/// Reads a line. `None` where there is none in it.
pub fn parse(line: &str) -> Option<Message> {
    let Split { tags, source, verb, params } = split(line)?;
    let tags = tags.into_iter().map(|(key, value)| Tag(key.to_owned(), Some(value))).collect::<Vec<_>>();
    let raw = || Command::Raw(verb.to_ascii_uppercase(), params.iter().map(|param| (*param).to_owned()).collect());
    // Modes are no matter of ours, and not every one is known to the library.
    let command = if verb.eq_ignore_ascii_case("MODE") {
        raw()
    } else {
        Command::new(verb, params.clone()).unwrap_or_else(|_| raw())
    };
    Some(Message { tags: (!tags.is_empty()).then_some(tags), prefix: source.map(Into::into), command })
}

/// The value of a tag.
pub fn find_tag<'a>(message: &'a Message, key: &str) -> Option<&'a str> {
    message.tags.as_ref()?.iter().find(|tag| tag.0 == key)?.1.as_deref()
}

/// The number and the words of a numeric answer, without our own name before them.
pub fn numeric(message: &Message) -> Option<(u16, &[String])> {
    let (number, words) = match &message.command {
        Command::Response(response, words) => (*response as u16, words),
        Command::Raw(verb, words) if verb.len() == 3 => (verb.parse().ok()?, words),
        _ => return None,
    };
    Some((number, words.get(1..).unwrap_or_default()))
}

/// A line to be sent. Line ends within what it is made of cannot smuggle in a second one.
pub fn build(tags: &[(&str, &str)], verb: &str, params: &[&str]) -> String {
    let tags: Vec<Tag> = tags.iter().map(|(key, value)| Tag((*key).to_owned(), Some((*value).to_owned()))).collect();
    let params = params.iter().map(|param| param.replace(['\r', '\n', '\0'], " ")).collect();
    let command = Command::Raw(verb.to_owned(), params);
    Message { tags: (!tags.is_empty()).then_some(tags), prefix: None, command }.to_string()
}

/// Whether `nick!user@host` fits a mask with `*` and `?` (RFC 2812 section 2.5).
pub fn fits(mask: &str, text: &str) -> bool {
    let (mask, text): (Vec<char>, Vec<char>) =
        (mask.to_lowercase().chars().collect(), text.to_lowercase().chars().collect());
    let (mut at, mut seen) = (0, 0);
    // Where the last star was, and up to where it has eaten.
    let mut star: Option<(usize, usize)> = None;
    while seen < text.len() {
        match mask.get(at) {
            Some('*') => {
                star = Some((at, seen));
                at += 1;
            }
            Some(char) if *char == '?' || *char == text[seen] => {
                at += 1;
                seen += 1;
            }
            _ => match star {
                Some((back, eaten)) => {
                    star = Some((back, eaten + 1));
                    (at, seen) = (back + 1, eaten + 1);
                }
                None => return false,
            },
        }
    }
    mask[at..].iter().all(|char| *char == '*')
}

#[cfg(test)]
mod tests {
    use irc_proto::Prefix;
    use serde_json::Value;

    use super::*;

    /// The vectors of ircdocs/parser-tests (CC0), as JSON.
    fn vectors(json: &str) -> Vec<Value> {
        let vectors: Value = serde_json::from_str(json).unwrap();
        vectors["tests"].as_array().unwrap().clone()
    }

    fn strings(value: &Value) -> Vec<String> {
        value.as_array().into_iter().flatten().map(|text| text.as_str().unwrap().to_owned()).collect()
    }

    #[test]
    fn lines_are_taken_apart_as_everybody_does() {
        for vector in vectors(include_str!("vectors/msg-split.json")) {
            let (input, atoms) = (vector["input"].as_str().unwrap(), &vector["atoms"]);
            let split = split(input).unwrap();
            let mut tags: Vec<_> = split.tags.iter().map(|(key, value)| ((*key).to_owned(), value.clone())).collect();
            let expected = atoms["tags"].as_object().into_iter().flatten();
            let mut expected: Vec<_> =
                expected.map(|(key, value)| (key.clone(), value.as_str().unwrap_or_default().to_owned())).collect();
            // Of a tag that is there twice the last one counts.
            tags.reverse();
            tags.sort_by(|one, other| one.0.cmp(&other.0));
            tags.dedup_by(|one, other| one.0 == other.0);
            expected.sort();
            assert_eq!(tags, expected, "{input:?}");
            assert_eq!(split.source, atoms["source"].as_str(), "{input:?}");
            assert_eq!(Some(split.verb), atoms["verb"].as_str(), "{input:?}");
            assert_eq!(split.params, strings(&atoms["params"]), "{input:?}");
        }
    }

    #[test]
    fn lines_are_built_as_everybody_reads_them() {
        for vector in vectors(include_str!("vectors/msg-join.json")) {
            let atoms = &vector["atoms"];
            // We never name a source: only servers do.
            if atoms["source"].is_string() {
                continue;
            }
            let tags: Vec<(&str, &str)> = atoms["tags"]
                .as_object()
                .into_iter()
                .flatten()
                .map(|(key, value)| (key.as_str(), value.as_str().unwrap_or_default()))
                .collect();
            let params = strings(&atoms["params"]);
            let params: Vec<&str> = params.iter().map(String::as_str).collect();
            let line = build(&tags, atoms["verb"].as_str().unwrap(), &params);
            let matches = strings(&vector["matches"]);
            assert!(matches.iter().any(|known| *known == line.trim_end_matches("\r\n")), "{line:?}: {matches:?}");
        }
    }

    #[test]
    fn masks_fit_what_they_should() {
        for vector in vectors(include_str!("vectors/mask-match.json")) {
            let mask = vector["mask"].as_str().unwrap();
            for text in strings(&vector["matches"]) {
                assert!(fits(mask, &text), "{mask} {text}");
            }
            for text in strings(&vector["fails"]) {
                assert!(!fits(mask, &text), "{mask} {text}");
            }
        }
    }

    #[test]
    fn sources_are_taken_apart() {
        for vector in vectors(include_str!("vectors/userhost-split.json")) {
            let source = vector["source"].as_str().unwrap();
            let (nick, user, host) = match Prefix::new_from_str(source) {
                Prefix::Nickname(nick, user, host) => (nick, user, host),
                Prefix::ServerName(name) => (name, String::new(), String::new()),
            };
            let expected = ["nick", "user", "host"].map(|key| vector["atoms"][key].as_str().unwrap_or_default());
            assert_eq!([nick.as_str(), &user, &host], expected, "{source:?}");
        }
    }

    #[test]
    fn a_line_end_in_a_text_makes_no_second_command() {
        assert_eq!(build(&[], "PRIVMSG", &["anna", "hi\r\nQUIT"]), "PRIVMSG anna :hi  QUIT\r\n");
    }

    #[test]
    fn endless_lines_and_old_letters_do_no_harm() {
        let (mut lines, mut buffer) = (Lines::default(), BytesMut::new());
        buffer.extend_from_slice(&[b'x'; LONGEST + 1]);
        assert_eq!(lines.decode(&mut buffer).unwrap(), None);
        buffer.extend_from_slice(b"rest of it\r\nPING :\xfc\r\nhalf");
        assert_eq!(lines.decode(&mut buffer).unwrap().as_deref(), Some("PING :ü"));
        assert_eq!(lines.decode(&mut buffer).unwrap(), None);
        for line in ["", " ", ":", "@", ":only", "@a=b", "@a=b :c", "BATCH", "CAP", "MODE", "MODE #a +", "PRIVMSG #a"] {
            let _ = parse(line);
        }
    }
}
