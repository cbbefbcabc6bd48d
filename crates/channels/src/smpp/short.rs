//! A short message as it comes in: its text in whatever coding, and the place of a piece in a long one.

use rusmpp::{pdus::DeliverSm, tlvs::TlvValue, values::MessageType};

use crate::{
    sms_text,
    verify::{hex, hmac_sha256},
};

/// The message, or one piece of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Short {
    /// The sender; empty where none is given.
    pub from: String,
    pub to: String,
    pub coding: u8,
    /// Without the header.
    pub octets: Vec<u8>,
    pub piece: Option<Piece>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Piece {
    pub reference: u16,
    pub total: u8,
    /// From 1.
    pub number: u8,
}

/// What kind of delivery it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Message,
    Receipt,
    /// On its way: no news.
    Progress,
}

pub(super) fn kind(sm: &DeliverSm) -> Kind {
    let named = sm.tlvs().iter().any(|tlv| matches!(tlv.value(), Some(TlvValue::ReceiptedMessageId(_))));
    match sm.esm_class.message_type {
        MessageType::ShortMessageContainsMCDeliveryReceipt => Kind::Receipt,
        MessageType::ShortMessageContainsIntermediateDeliveryNotification => Kind::Progress,
        _ if named => Kind::Receipt,
        _ => Kind::Message,
    }
}

impl Short {
    pub(super) fn read(sm: &DeliverSm) -> Self {
        let mut octets: &[u8] = sm.short_message().as_ref();
        let (mut reference, mut total, mut number) = (None, None, None);
        for tlv in sm.tlvs() {
            match tlv.value() {
                Some(TlvValue::MessagePayload(payload)) => octets = payload.value.as_ref(),
                Some(TlvValue::SarMsgRefNum(value)) => reference = Some(*value),
                Some(TlvValue::SarTotalSegments(value)) => total = Some(*value),
                Some(TlvValue::SarSegmentSeqnum(value)) => number = Some(*value),
                _ => {}
            }
        }
        let mut piece = match (reference, total, number) {
            (Some(reference), Some(total), Some(number)) => Some(Piece { reference, total, number }),
            _ => None,
        };
        let has_header = u8::from(sm.esm_class) & 0x40 != 0;
        if has_header && let Some((length, rest)) = octets.split_first() {
            let (header, text) = rest.split_at(usize::from(*length).min(rest.len()));
            piece = piece_in(header).or(piece);
            octets = text;
        }
        Self {
            from: sms_text::address(sm.source_addr.as_str()).unwrap_or_default(),
            to: sm.destination_addr.as_str().to_owned(),
            coding: u8::from(sm.data_coding),
            octets: octets.to_vec(),
            piece: piece.filter(|piece| piece.total > 1 && (1..=piece.total).contains(&piece.number)),
        }
    }

    /// Tells deliveries apart, as the protocol gives incoming messages no ids.
    pub(super) fn fingerprint(&self) -> String {
        let piece = format!("{:?}", self.piece);
        let pieces: [&[u8]; 7] =
            [self.from.as_bytes(), &[0], self.to.as_bytes(), &[0, self.coding], piece.as_bytes(), &[0], &self.octets];
        hex(&hmac_sha256(b"smpp", &pieces)).chars().take(24).collect()
    }
}

/// The place in a long message, from a user data header (3GPP TS 23.040, sections 9.2.3.24.1 and .8).
fn piece_in(mut header: &[u8]) -> Option<Piece> {
    while let [kind, length, rest @ ..] = header {
        let (value, after) = rest.split_at_checked(usize::from(*length))?;
        match (kind, value) {
            (0x00, [reference, total, number]) => {
                return Some(Piece { reference: u16::from(*reference), total: *total, number: *number });
            }
            (0x08, [high, low, total, number]) => {
                let reference = u16::from_be_bytes([*high, *low]);
                return Some(Piece { reference, total: *total, number: *number });
            }
            _ => header = after,
        }
    }
    None
}

/// The text in a coding (SMPP 3.4, section 5.2.19; 3GPP TS 23.038, section 4). `None`: it is no text.
pub(super) fn text(coding: u8, octets: &[u8]) -> Option<String> {
    // General groups and message classes carry the alphabet in bits 3 and 2.
    let by_class = |bits: u8| match bits & 0x0c {
        0x00 => Some(sms_text::read_gsm7(octets)),
        0x08 => Some(sms_text::read_ucs2(octets)),
        _ => None,
    };
    match coding {
        0x00 => Some(sms_text::read_gsm7(octets)),
        0x01 | 0x03 => Some(octets.iter().map(|octet| char::from(*octet)).collect()),
        0x08 => Some(sms_text::read_ucs2(octets)),
        0x02..=0x0f => None,
        0x10..=0x3f => by_class(coding),
        0xf0..=0xff => by_class(coding & 0x04),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn both_headers_of_long_messages_are_read_among_others() {
        assert_eq!(piece_in(&[0, 3, 7, 2, 1]), Some(Piece { reference: 7, total: 2, number: 1 }));
        assert_eq!(piece_in(&[8, 4, 1, 2, 3, 3]), Some(Piece { reference: 258, total: 3, number: 3 }));
        assert_eq!(piece_in(&[0x24, 1, 1, 0, 3, 7, 2, 1]), Some(Piece { reference: 7, total: 2, number: 1 }));
        assert_eq!(piece_in(&[0, 9, 7]), None);
        assert_eq!(piece_in(&[]), None);
    }

    #[test]
    fn every_coding_that_phones_use_is_read() {
        assert_eq!(text(0, &[0x1b, 0x65, 0x41]).as_deref(), Some("€A"));
        assert_eq!(text(3, &[0xe4]).as_deref(), Some("ä"));
        assert_eq!(text(8, &[0x04, 0x36]).as_deref(), Some("ж"));
        assert_eq!(text(0x18, &[0x04, 0x36]).as_deref(), Some("ж"));
        assert_eq!(text(0xf1, b"A").as_deref(), Some("A"));
        assert_eq!(text(4, &[1, 2]), None);
    }

    proptest! {
        #[test]
        fn no_octets_break_the_readers(coding: u8, octets in proptest::collection::vec(any::<u8>(), 0..200)) {
            piece_in(&octets);
            text(coding, &octets);
        }
    }
}
