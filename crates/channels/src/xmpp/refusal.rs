//! Errors that the network answers (RFC 6120, 8.3), and what they mean to a person.

use unisono_domain::text::Text;
use xmpp_parsers::{
    minidom::Element,
    stanza_error::{ErrorType, StanzaError},
};

/// An error that the network answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// As in RFC 6120, 8.3.3: `item-not-found` ...
    pub condition: String,
    pub text: Option<String>,
    /// Worth trying again later.
    pub passing: bool,
}

impl std::fmt::Display for Refusal {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.text {
            Some(text) => write!(formatter, "{text} ({})", self.condition),
            None => formatter.write_str(&self.condition),
        }
    }
}

impl From<StanzaError> for Refusal {
    fn from(error: StanzaError) -> Self {
        let condition = Element::from(error.defined_condition).name().to_owned();
        let text = error.texts.into_values().find(|text| !text.trim().is_empty());
        Self { condition, text, passing: matches!(error.type_, ErrorType::Wait) }
    }
}

/// A refusal in words for the user.
pub fn refused(refusal: &Refusal) -> Text {
    let known = match refusal.condition.as_str() {
        "service-unavailable" | "item-not-found" => Some((
            "there is nobody with this address, or they take no messages from you",
            "unter dieser Adresse gibt es niemanden, oder sie nimmt von dir keine Nachrichten an",
        )),
        "remote-server-not-found" | "remote-server-timeout" => {
            Some(("the other side's server cannot be reached", "der Server der Gegenseite ist nicht erreichbar"))
        }
        "not-acceptable" => Some(("you are not in this room", "du bist nicht in diesem Raum")),
        "forbidden" | "not-allowed" | "not-authorized" | "policy-violation" => {
            Some(("it is not allowed", "es ist nicht erlaubt"))
        }
        _ => None,
    };
    match known {
        Some((en, de)) => Text::owned(
            format!("The network did not take it: {en} ({refusal})."),
            format!("Das Netz hat es nicht angenommen: {de} ({refusal})."),
        ),
        None => Text::owned(
            format!("The network did not take it: {refusal}."),
            format!("Das Netz hat es nicht angenommen: {refusal}."),
        ),
    }
}
