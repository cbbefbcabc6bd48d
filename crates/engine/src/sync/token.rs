//! How far a client has read.

use std::{fmt, str::FromStr};

use crate::Error;

/// `s<position>_<typing>`: the stream position, and the counter of typing notices, which are not
/// stored; `_<position>` behind it if not all messages to the device up to there fitted into the
/// answer. Clients treat it as opaque.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Token {
    pub position: i64,
    pub typing: u64,
    /// Up to where messages to the device were given out.
    pub to_device: i64,
}

impl fmt::Display for Token {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "s{}_{}", self.position, self.typing)?;
        if self.to_device != self.position {
            write!(formatter, "_{}", self.to_device)?;
        }
        Ok(())
    }
}

impl FromStr for Token {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let parse = || {
            let mut parts = text.strip_prefix('s')?.split('_');
            let position = parts.next()?.parse().ok()?;
            let typing = parts.next()?.parse().ok()?;
            let to_device = parts.next().map_or(Some(position), |part| part.parse().ok())?;
            parts.next().is_none().then_some(Self { position, typing, to_device })
        };
        parse().ok_or_else(|| unknown(text))
    }
}

/// `t<position>`: a place between two events of a timeline, just before the one at that position.
/// Pages begin and end at such places.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Gap(pub i64);

impl fmt::Display for Gap {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "t{}", self.0)
    }
}

impl FromStr for Gap {
    type Err = Error;

    /// Also takes a [`Token`]: the place behind everything that it covers.
    fn from_str(text: &str) -> Result<Self, Error> {
        match text.strip_prefix('t') {
            Some(position) => position.parse().map(Self).map_err(|_| unknown(text)),
            None => text.parse::<Token>().map(|token| Self(token.position + 1)),
        }
    }
}

fn unknown(text: &str) -> Error {
    Error::invalid(format!("`{text}` is no token that this server gave out"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_come_back_as_they_were() {
        for to_device in [12, 7] {
            let token = Token { position: 12, typing: 3, to_device };
            assert_eq!(token.to_string().parse::<Token>().unwrap(), token);
        }
        assert_eq!("t-4".parse::<Gap>().unwrap(), Gap(-4));
        assert_eq!("s12_3".parse::<Gap>().unwrap(), Gap(13));
    }

    #[test]
    fn foreign_tokens_are_refused() {
        for text in ["", "s", "s1", "s_1", "sx_1", "t", "t1x", "12", "s1_-1", "s1_1_1_1"] {
            assert!(text.parse::<Token>().is_err() && text.parse::<Gap>().is_err(), "{text}");
        }
    }
}
