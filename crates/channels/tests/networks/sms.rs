//! What the tests of all SMS networks share.

use unisono_domain::channel::{AccountId, Outbound, OutboundBody, Part, PortalKey};

/// The number of a person of the conformance suite: their name in digits.
pub fn number_of(person: &str) -> String {
    let name: String = person.bytes().take(4).map(|letter| (letter % 10 + b'0') as char).collect();
    format!("+49170{name}567")
}

/// The person of a number, with or without `+`.
pub fn person_of(number: &str) -> String {
    let plain = number.trim_start_matches('+');
    let known = ["anna", "bert", "carl", "dora"].into_iter().find(|person| &number_of(person)[1..] == plain);
    known.unwrap_or(number).to_owned()
}

/// A text to a chat.
pub fn outbound(chat: &str, text: &str) -> Outbound {
    message(chat, Part::text("0", text))
}

pub fn message(chat: &str, part: Part) -> Outbound {
    Outbound {
        portal: PortalKey::private(AccountId(1), chat),
        txn: format!("$event of {}", part.text),
        sent_at: 1_795_435_200_000,
        sender_name: None,
        subject: None,
        body: OutboundBody::Message { parts: vec![part], reply_to: None },
        last: None,
        last_received: None,
    }
}
