//! What a server says of itself (`RPL_ISUPPORT`, capabilities), and when two names are one.

use std::collections::HashSet;

/// What this connection can do.
#[derive(Clone, Debug)]
pub struct Features {
    /// Capabilities that the server has acknowledged.
    pub caps: HashSet<String>,
    casemapping: Casemapping,
    channel_types: String,
    /// Marks before a channel that address only some of its people (`@#channel`).
    status_marks: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Casemapping {
    Ascii,
    Rfc1459,
    /// Without `~` and `^`.
    Strict,
}

impl Default for Features {
    fn default() -> Self {
        Self {
            caps: HashSet::new(),
            casemapping: Casemapping::Rfc1459,
            channel_types: "#&".to_owned(),
            status_marks: String::new(),
        }
    }
}

impl Features {
    pub fn has(&self, cap: &str) -> bool {
        self.caps.contains(cap)
    }

    /// Takes in the words of one `RPL_ISUPPORT` (<https://modern.ircdocs.horse/#rplisupport-005>).
    pub fn learn(&mut self, words: &[String]) {
        for word in words {
            match word.split_once('=') {
                Some(("CASEMAPPING", "ascii")) => self.casemapping = Casemapping::Ascii,
                Some(("CASEMAPPING", "strict-rfc1459" | "rfc1459-strict")) => self.casemapping = Casemapping::Strict,
                Some(("CASEMAPPING", _)) => self.casemapping = Casemapping::Rfc1459,
                Some(("CHANTYPES", types)) => types.clone_into(&mut self.channel_types),
                Some(("STATUSMSG", marks)) => marks.clone_into(&mut self.status_marks),
                _ => {}
            }
        }
    }

    /// A name as it is compared: RFC 1459 (section 2.2) takes `{}|~` for the small letters of `[]\^`.
    pub fn fold(&self, name: &str) -> String {
        let fold = |char: char| match (char, self.casemapping) {
            ('[', Casemapping::Rfc1459 | Casemapping::Strict) => '{',
            (']', Casemapping::Rfc1459 | Casemapping::Strict) => '}',
            ('\\', Casemapping::Rfc1459 | Casemapping::Strict) => '|',
            ('^', Casemapping::Rfc1459) => '~',
            (other, _) => other.to_ascii_lowercase(),
        };
        name.chars().map(fold).collect()
    }

    pub fn is_channel(&self, target: &str) -> bool {
        target.starts_with(|first| self.channel_types.contains(first))
    }

    /// A target without the mark for some of a channel's people.
    pub fn without_mark<'a>(&self, target: &'a str) -> &'a str {
        let bare = target.trim_start_matches(|mark| self.status_marks.contains(mark));
        if self.is_channel(bare) { bare } else { target }
    }
}

/// Whether somebody could have this name: one word, and no channel or command in it.
pub fn is_nick(name: &str) -> bool {
    let odd = |char: char| char.is_whitespace() || char.is_control() || ":,!@*?".contains(char);
    !name.is_empty() && name.len() <= 64 && !name.starts_with(['#', '&', '+', '$']) && !name.contains(odd)
}

/// Whether a channel could have this name (RFC 2812 section 1.3).
pub fn is_channel_name(name: &str) -> bool {
    let odd = |char: char| char.is_whitespace() || char.is_control() || char == ',';
    name.len() > 1 && name.len() <= 200 && name.starts_with(['#', '&', '+', '!']) && !name.contains(odd)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_compared_as_the_server_does() {
        let mut features = Features::default();
        assert_eq!(features.fold("Nick[Away]^"), "nick{away}~");
        features.learn(&["CASEMAPPING=strict-rfc1459".to_owned()]);
        assert_eq!(features.fold("Nick[Away]^"), "nick{away}^");
        features.learn(&["CASEMAPPING=ascii".to_owned(), "STATUSMSG=@+".to_owned()]);
        assert_eq!(features.fold("Nick[Away]^"), "nick[away]^");
        assert_eq!(features.without_mark("@#ops"), "#ops");
        assert_eq!(features.without_mark("+voice"), "+voice");
    }

    #[test]
    fn what_would_be_another_command_is_no_name() {
        for name in ["", "two words", "a\r\nQUIT", "a,b", ":x", "#room", "a!b"] {
            assert!(!is_nick(name), "{name:?}");
        }
        assert!(is_nick("ÄnnaÖ|away"));
        for name in ["#", "room", "#a,b", "#a b", "#a\nb"] {
            assert!(!is_channel_name(name), "{name:?}");
        }
    }
}
