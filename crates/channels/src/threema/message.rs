//! What is inside a box: a byte for the kind, contents, padding
//! (<https://gateway.threema.ch/en/developer/e2e>).

use serde::{Deserialize, Serialize};

use super::boxes::{self, Nonce};

/// The most bytes of a text.
pub(super) const LONGEST_TEXT: usize = 3_500;

/// Whether this is a Threema ID: eight letters or digits, the first of a Gateway ID a `*`.
pub(super) fn is_id(id: &str) -> bool {
    let rest = id.strip_prefix('*').unwrap_or(id);
    id.len() == 8 && rest.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit())
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Message {
    Text(String),
    /// An image as older apps send it: a blob, sealed as a box between the two keys.
    Image {
        blob: [u8; 16],
        nonce: Nonce,
    },
    Location {
        latitude: f64,
        longitude: f64,
        label: Option<String>,
    },
    File(Box<File>),
    Receipt {
        status: Status,
        ids: Vec<String>,
    },
    Typing(bool),
    /// Said to a group, which a Gateway ID cannot be in.
    Group,
    /// A kind that we do not show, such as a poll.
    Other(u8),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Status {
    Received,
    Read,
    Agreed,
    Declined,
}

/// The JSON of a file message.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct File {
    /// The blob's id and its key, in hexadecimal digits.
    pub b: String,
    pub k: String,
    /// MIME type, name, size in bytes, caption.
    pub m: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub n: Option<String>,
    #[serde(default)]
    pub s: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub d: Option<String>,
    /// How it is shown: 0 as a file, 1 as media. `i` is what older apps read.
    #[serde(default)]
    pub j: u8,
    #[serde(default)]
    pub i: u8,
}

impl Message {
    pub(super) fn write(&self, random: u8) -> Vec<u8> {
        let data = match self {
            Self::Text(text) => [&[0x01], text.as_bytes()].concat(),
            Self::Location { latitude, longitude, label } => {
                let mut text = format!("{latitude:.6},{longitude:.6}");
                if let Some(label) = label {
                    text.push('\n');
                    text.push_str(&label.replace('\n', "\\n"));
                }
                [&[0x10], text.as_bytes()].concat()
            }
            Self::File(file) => [&[0x17], serde_json::json!(file).to_string().as_bytes()].concat(),
            Self::Receipt { status, ids } => {
                let ids = ids.iter().filter_map(|id| boxes::unhex::<8>(id)).flatten();
                [0x80, status.code()].into_iter().chain(ids).collect()
            }
            Self::Typing(typing) => vec![0x90, u8::from(*typing)],
            // Never written.
            Self::Image { .. } | Self::Group | Self::Other(_) => vec![0xff],
        };
        boxes::pad(data, random)
    }

    /// `None`: it makes no sense.
    pub(super) fn read(padded: &[u8]) -> Option<Self> {
        let (kind, data) = boxes::unpad(padded)?.split_first()?;
        let text = || String::from_utf8_lossy(data).into_owned();
        Some(match kind {
            0x01 => Self::Text(text()),
            0x02 => Self::Image { blob: data.get(..16)?.try_into().ok()?, nonce: data.get(20..44)?.try_into().ok()? },
            0x10 => read_location(&text())?,
            0x17 => Self::File(serde_json::from_slice(data).ok()?),
            0x80 => {
                let (status, ids) = data.split_first()?;
                let ids = ids.chunks_exact(8).take(1_000).map(crate::verify::hex).collect();
                Self::Receipt { status: Status::of(*status)?, ids }
            }
            0x90 => Self::Typing(data.first() == Some(&1)),
            0x41..=0x5f | 0x81 => Self::Group,
            other => Self::Other(*other),
        })
    }
}

impl Status {
    fn code(self) -> u8 {
        match self {
            Self::Received => 1,
            Self::Read => 2,
            Self::Agreed => 3,
            Self::Declined => 4,
        }
    }

    fn of(code: u8) -> Option<Self> {
        [Self::Received, Self::Read, Self::Agreed, Self::Declined].into_iter().find(|status| status.code() == code)
    }
}

/// `latitude,longitude[,accuracy]`, then name and address, a line each.
fn read_location(text: &str) -> Option<Message> {
    let mut lines = text.split('\n');
    let mut numbers = lines.next()?.split(',').map(|number| number.trim().parse::<f64>().ok());
    let (latitude, longitude) = (numbers.next()??, numbers.next()??);
    let label =
        lines.map(|line| line.replace("\\n", ", ")).filter(|line| !line.is_empty()).collect::<Vec<_>>().join(", ");
    let place = (-90.0..=90.0).contains(&latitude) && (-180.0..=180.0).contains(&longitude);
    place.then_some(Message::Location { latitude, longitude, label: Some(label).filter(|label| !label.is_empty()) })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_is_written_can_be_read() {
        let file = File {
            b: "00".repeat(16),
            k: "11".repeat(32),
            m: "image/png".to_owned(),
            n: Some("cat.png".to_owned()),
            s: 7,
            d: None,
            j: 1,
            i: 1,
        };
        let messages = [
            Message::Text("Grüezi".to_owned()),
            Message::Location { latitude: 47.5, longitude: 8.25, label: Some("Pfäffikon".to_owned()) },
            Message::File(Box::new(file)),
            Message::Receipt { status: Status::Agreed, ids: vec!["0102030405060708".to_owned()] },
            Message::Typing(true),
        ];
        for message in messages {
            assert_eq!(Message::read(&message.write(5)), Some(message));
        }
        assert_eq!(Message::read(&boxes::pad(b"\x41to a group".to_vec(), 1)), Some(Message::Group));
    }

    proptest! {
        #[test]
        fn no_bytes_break_the_reader(kind: u8, data in proptest::collection::vec(any::<u8>(), 0..100)) {
            Message::read(&boxes::pad([&[kind], data.as_slice()].concat(), 1));
        }
    }
}
