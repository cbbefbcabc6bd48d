//! Delivery receipts: as parameters, and as the text that everybody writes though it is only a
//! suggestion (SMPP 3.4, appendix B).

use rusmpp::{pdus::DeliverSm, tlvs::TlvValue, values::MessageState};
use unisono_domain::text::Text;

use crate::sms_text::Fate;

#[derive(Clone, Debug, PartialEq)]
pub(super) struct Receipt {
    /// The message's id as the receipt writes it.
    pub message: String,
    /// `None`: on its way.
    pub fate: Option<Fate>,
}

impl Receipt {
    /// `None` if it does not say which message it is about.
    pub(super) fn read(sm: &DeliverSm, text: &str) -> Option<Self> {
        let (mut message, mut state) = (None, None);
        for tlv in sm.tlvs() {
            match tlv.value() {
                Some(TlvValue::ReceiptedMessageId(id)) => message = Some(id.as_str().to_owned()),
                Some(TlvValue::MessageState(value)) => state = Some(word(*value)),
                _ => {}
            }
        }
        let message = message.or_else(|| field(text, "id:").map(ToOwned::to_owned)).filter(|id| !id.is_empty())?;
        let state = state.or_else(|| field(text, "stat:")).unwrap_or_default();
        Some(Self { message, fate: fate(state, field(text, "err:")) })
    }

    /// The id as the answer to the message may have written it: some say it in hexadecimal digits
    /// there and in decimal ones here, or the other way round.
    pub(super) fn ids(&self) -> Vec<String> {
        let mut ids = vec![self.message.clone()];
        if let Ok(number) = self.message.parse::<u64>() {
            ids.extend([format!("{number:x}"), format!("{number:X}"), number.to_string()]);
        }
        if let Ok(number) = u64::from_str_radix(&self.message, 16) {
            ids.extend([number.to_string(), format!("{number:010}")]);
        }
        ids.dedup();
        ids
    }
}

/// What follows a name, up to the next blank.
fn field<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    let at = text.match_indices(name).map(|(at, _)| at).find(|at| *at == 0 || text.as_bytes()[at - 1] == b' ')?;
    text[at + name.len()..].split(' ').next().map(str::trim)
}

fn word(state: MessageState) -> &'static str {
    match state {
        MessageState::Delivered => "DELIVRD",
        MessageState::Expired => "EXPIRED",
        MessageState::Deleted => "DELETED",
        MessageState::Undeliverable => "UNDELIV",
        MessageState::Rejected => "REJECTD",
        _ => "ENROUTE",
    }
}

fn fate(state: &str, error: Option<&str>) -> Option<Fate> {
    let (en, de) = match state {
        "DELIVRD" => return Some(Fate::Delivered),
        "EXPIRED" => ("The phone was not reached in time.", "Das Telefon war nicht rechtzeitig zu erreichen."),
        "DELETED" => ("The provider has deleted it.", "Der Anbieter hat sie gelöscht."),
        "UNDELIV" => ("It could not be delivered.", "Sie konnte nicht zugestellt werden."),
        "REJECTD" => ("The phone company refused it.", "Die Telefongesellschaft hat sie abgelehnt."),
        _ => return None,
    };
    Some(Fate::Failed(match error.map(|error| error.trim_matches('0')) {
        Some(code) if !code.is_empty() && code.len() < 10 => {
            Text::owned(format!("{en} (error {code})"), format!("{de} (Fehler {code})"))
        }
        _ => Text::new(en, de),
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "id:0123456789 sub:001 dlvrd:000 submit date:2611231200 done date:2611231201 stat:UNDELIV \
                        err:011 text:an id:evil stat:DELIVRD";

    #[test]
    fn the_text_that_everybody_writes_is_read() {
        let receipt = Receipt::read(&DeliverSm::default(), TEXT).unwrap();
        assert_eq!(receipt.message, "0123456789");
        assert!(matches!(&receipt.fate, Some(Fate::Failed(reason)) if reason.en.contains("error 11")));
        assert_eq!(Receipt::read(&DeliverSm::default(), "stat:DELIVRD"), None);
        assert_eq!(Receipt::read(&DeliverSm::default(), "id:1 stat:ACCEPTD").unwrap().fate, None);
    }

    #[test]
    fn an_id_is_found_in_either_kind_of_digits() {
        let ids = |message: &str| Receipt { message: message.to_owned(), fate: None }.ids();
        assert!(ids("255").contains(&"ff".to_owned()));
        assert!(ids("0000000255").contains(&"255".to_owned()));
        assert!(ids("FF").contains(&"255".to_owned()));
        assert_eq!(ids("a-b"), ["a-b"]);
    }
}
