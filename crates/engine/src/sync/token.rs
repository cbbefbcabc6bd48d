//! How far a client has read.

use std::{fmt, str::FromStr};

use crate::Error;

/// `s<position>_<typing>`: the stream position, and the counter of typing notices, which are not
/// stored. Clients treat it as opaque.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Token {
    pub position: i64,
    pub typing: u64,
}

impl fmt::Display for Token {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "s{}_{}", self.position, self.typing)
    }
}

impl FromStr for Token {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let parse = || {
            let (position, typing) = text.strip_prefix('s')?.split_once('_')?;
            Some(Self { position: position.parse().ok()?, typing: typing.parse().ok()? })
        };
        parse().ok_or_else(|| Error::invalid(format!("`{text}` is no token that this server gave out")))
    }
}
