//! What all networks of text messages (SMS) share: numbers as chats and people, the alphabets and
//! how many messages a text is paid as. The vendors' own folders hold only their interfaces.

mod alphabet;

use serde_json::{Value, json};
use unisono_domain::{
    Millis,
    channel::{
        AccountId, Capabilities, ChatInfo, Inbound, InboundBody, OutboundBody, Part, PortalKey, RemoteUser,
        RequestError, ResolvedChat, SendOutcome, Sender,
    },
    text::Text,
};

pub use self::alphabet::{Alphabet, Encoded, encode, read_gsm7, read_ucs2};
use crate::phone;

/// Longest name or number of a sender that is believed.
const LONGEST: usize = 64;
/// Numbers with fewer digits are short codes, which have no country.
const SHORTEST_NUMBER: usize = 7;

/// What SMS can do, whoever carries it.
pub fn capabilities() -> Capabilities {
    Capabilities { delivery_receipts: true, start_chat: true, ..Capabilities::TEXT }
}

const NO_NUMBER: Text = Text::new(
    "This is not a telephone number. Please write it with its country code, such as +49 170 1234567.",
    "Das ist keine Telefonnummer. Bitte schreib sie mit Landesvorwahl, etwa +49 170 1234567.",
);
/// Why nothing goes out to a name.
pub const NO_ANSWER: Text = Text::new(
    "This sender has no telephone number, so it cannot be answered.",
    "Dieser Absender hat keine Telefonnummer, darum kann man ihm nicht antworten.",
);
const ONLY_TEXT: Text = Text::new("SMS carries only text.", "SMS überträgt nur Text.");

/// A sender as vendors write it, in one form: `+491701234567` for numbers, short codes and names
/// (`Bank`) as they are. `None` if nothing is left.
pub fn address(written: &str) -> Option<String> {
    let written: String = written.chars().filter(|c| !c.is_control()).take(LONGEST).collect();
    let written = written.trim();
    let digits: String = written.chars().filter(|c| !matches!(c, ' ' | '-' | '(' | ')' | '/' | '.')).collect();
    let (international, digits) = match digits.strip_prefix('+').or_else(|| digits.strip_prefix("00")) {
        Some(rest) => (true, rest.to_owned()),
        None => (false, digits),
    };
    let numeric = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    match numeric {
        true if international || digits.len() >= SHORTEST_NUMBER => Some(format!("+{digits}")),
        true => Some(digits),
        false => Some(written.to_owned()).filter(|name| !name.is_empty()),
    }
}

/// An address without the network that some vendors write before it (`rcs:+49...`).
pub fn bare(address: &str) -> &str {
    match address.split_once(':') {
        Some(("rcs" | "whatsapp", bare)) => bare,
        _ => address,
    }
}

/// The digits of an address that can be written to: a number or a short code, without `+`.
pub fn digits(address: &str) -> Option<&str> {
    let address = bare(address);
    let digits = address.strip_prefix('+').unwrap_or(address);
    (!digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())).then_some(digits)
}

/// The person behind an address.
pub fn person(address: &str) -> RemoteUser {
    let address = bare(address);
    let user = RemoteUser::new(address);
    if address.starts_with('+') { user.reached_by(format!("tel:{address}")) } else { user }
}

pub fn portal(account: AccountId, address: &str) -> PortalKey {
    PortalKey::private(account, address)
}

/// Something that a person did.
pub fn from(account: AccountId, address: &str, id: String, at: Millis, body: InboundBody) -> Inbound {
    let user = person(address);
    Inbound::new(portal(account, address), Sender::Remote(user.clone()), id, at, body).in_chat(ChatInfo::direct(user))
}

/// What became of a message of ours that an address got.
#[derive(Clone, Debug, PartialEq)]
pub enum Fate {
    Delivered,
    Read,
    Failed(Text),
}

impl Fate {
    /// The event that tells it.
    pub fn tell(self, account: AccountId, address: &str, message: &str, at: Millis) -> Inbound {
        let target = unisono_domain::channel::RemoteId::new(message);
        let (word, body) = match self {
            Self::Delivered => ("delivered", InboundBody::Delivered { target }),
            Self::Read => ("read", InboundBody::Read { up_to: target }),
            Self::Failed(reason) => ("failed", InboundBody::Failed { target, reason }),
        };
        Inbound::new(portal(account, address), Sender::Remote(person(address)), format!("{message}.{word}"), at, body)
    }
}

/// The chat with a number that a user typed. `own`: a number of the account's, whose country counts
/// where none was typed.
pub fn resolve(account: AccountId, own: &str, typed: &str) -> Result<ResolvedChat, RequestError> {
    let number = phone::e164(typed, country(own).as_deref()).ok_or(RequestError::Invalid(NO_NUMBER))?;
    let user = person(&number);
    Ok(ResolvedChat { portal: portal(account, &number), info: ChatInfo::direct(user.clone()), user })
}

fn country(own: &str) -> Option<String> {
    let number = phonenumber::parse(None, format!("+{}", digits(own)?)).ok()?;
    number.country().id().map(|id| id.as_ref().to_owned())
}

/// The text of a message to an address that takes texts; else why it cannot be sent.
pub fn outgoing<'a>(portal: &'a PortalKey, body: &'a OutboundBody) -> Result<(&'a str, &'a str), SendOutcome> {
    let address = portal.chat.as_str();
    let number = digits(address).ok_or(SendOutcome::Rejected { reason: NO_ANSWER })?;
    match body {
        OutboundBody::Message { parts, .. } => match parts.as_slice() {
            [part] if part.media.is_none() => Ok((number, &part.text)),
            _ => Err(SendOutcome::Rejected { reason: ONLY_TEXT }),
        },
        _ => Err(SendOutcome::Unsupported),
    }
}

/// What a text costs, as a note on the message: the alphabet, and how many messages it is paid as.
pub fn note(text: &str) -> Value {
    let encoded = encode(text);
    json!({ "alphabet": encoded.alphabet.name(), "segments": encoded.pieces.len() })
}

/// A text that came in.
pub fn text(text: &str) -> InboundBody {
    InboundBody::message(vec![Part::text("0", text)])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_way_to_write_a_number_is_one_chat() {
        for written in ["491701234567", "+491701234567", "00491701234567", "+49 (170) 123-4567", " +49170 1234567\n"] {
            assert_eq!(address(written).as_deref(), Some("+491701234567"), "{written}");
        }
        assert_eq!(address("72404").as_deref(), Some("72404"));
        assert_eq!(address("Bank 24").as_deref(), Some("Bank 24"));
        assert_eq!(address(" \u{0}"), None);
        assert_eq!(address(&"x".repeat(1_000)).map(|name| name.len()), Some(LONGEST));
    }

    #[test]
    fn a_name_is_no_number_to_answer_to() {
        assert_eq!(digits("+491701234567"), Some("491701234567"));
        assert_eq!(digits("72404"), Some("72404"));
        assert_eq!(digits("Bank"), None);
        assert!(person("Bank").handles.is_empty());
        assert_eq!(person("+4917").handles, ["tel:+4917"]);
    }

    #[test]
    fn a_number_without_country_is_in_that_of_the_account() {
        let chat = |typed| resolve(AccountId(1), "+4930123456", typed).map(|found| found.portal.chat.to_string());
        assert_eq!(chat("0170 1234567").unwrap(), "+491701234567");
        assert_eq!(chat("+43 664 1234567").unwrap(), "+436641234567");
        assert!(matches!(chat("anna"), Err(RequestError::Invalid(_))));
    }
}
