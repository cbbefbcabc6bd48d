//! Messages of ours as `submit_sm` (SMPP 3.4, section 4.4).

use std::str::FromStr as _;

use rusmpp::{
    pdus::SubmitSm,
    tlvs::MessageSubmissionRequestTlvValue,
    types::{AnyOctetString, COctetString, OctetString},
    values::{DataCoding, EsmClass, MessagePayload, Npi, RegisteredDelivery, Ton},
};

use crate::sms_text::{self, Alphabet, Encoded};

/// A user data header is there (section 5.2.12).
const HEADER: u8 = 0x40;
/// A receipt is wanted, whatever comes of it (section 5.2.17).
const RECEIPT: u8 = 0x01;

/// How an address is written on the wire: its kind, and its digits or letters.
pub(super) fn address(address: &str) -> Option<(Ton, Npi, COctetString<1, 21>)> {
    let octets = |text: &str| COctetString::from_str(text).ok();
    if let Some(number) = address.strip_prefix('+') {
        return Some((Ton::International, Npi::Isdn, octets(number)?));
    }
    if sms_text::digits(address).is_some() {
        return Some((Ton::Unknown, Npi::Unknown, octets(address)?));
    }
    let is_name = address.len() <= 11 && address.bytes().all(|byte| byte.is_ascii_graphic() || byte == b' ');
    if is_name { Some((Ton::Alphanumeric, Npi::Unknown, octets(address)?)) } else { None }
}

/// The messages that a text goes out as. `reference` ties the pieces of a long one together; `whole`:
/// the other side cuts it. `None` if an address cannot be written.
pub(super) fn messages(from: &str, to: &str, text: &str, reference: u8, whole: bool) -> Option<Vec<SubmitSm>> {
    let (from, to) = (address(from)?, address(to)?);
    let Encoded { alphabet, pieces } = sms_text::encode(text);
    let message = |esm_class: u8| {
        SubmitSm::builder()
            .source_addr_ton(from.0)
            .source_addr_npi(from.1)
            .source_addr(from.2.clone())
            .dest_addr_ton(to.0)
            .dest_addr_npi(to.1)
            .destination_addr(to.2.clone())
            // From a number: the default of the type is not zero.
            .esm_class(EsmClass::from(esm_class))
            .registered_delivery(RegisteredDelivery::from(RECEIPT))
            .data_coding(match alphabet {
                Alphabet::Gsm7 => DataCoding::McSpecific,
                Alphabet::Ucs2 => DataCoding::Ucs2,
            })
    };
    if whole && pieces.len() > 1 {
        let mut message = message(0).build();
        let payload = MessagePayload::new(AnyOctetString::from_vec(pieces.concat()));
        message.push_tlv(MessageSubmissionRequestTlvValue::MessagePayload(payload));
        return Some(vec![message]);
    }
    let total = u8::try_from(pieces.len()).ok()?;
    (1..=total)
        .zip(pieces)
        .map(|(number, piece)| {
            if total == 1 {
                return Some(message(0).short_message(OctetString::from_vec(piece).ok()?).build());
            }
            let octets = [&[5, 0, 3, reference, total, number], piece.as_slice()].concat();
            Some(message(HEADER).short_message(OctetString::from_vec(octets).ok()?).build())
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_text_goes_out_in_pieces_with_headers() {
        let messages = messages("Shop", "+491701234567", &"ä".repeat(200), 9, false).unwrap();
        let octets: Vec<&[u8]> = messages.iter().map(|message| message.short_message().as_ref()).collect();
        assert_eq!((octets.len(), octets[0].len(), octets[1].len()), (2, 6 + 153, 6 + 47));
        assert_eq!((&octets[0][..6], &octets[1][..6]), (&[5, 0, 3, 9, 2, 1][..], &[5, 0, 3, 9, 2, 2][..]));
        assert_eq!(u8::from(messages[0].esm_class), HEADER);
        assert_eq!((messages[0].source_addr_ton, messages[0].dest_addr_ton), (Ton::Alphanumeric, Ton::International));
        assert_eq!(messages[0].destination_addr.as_str(), "491701234567");
    }

    #[test]
    fn a_short_text_has_nothing_around_it() {
        let messages = messages("72404", "+491701234567", "{ж}", 9, false).unwrap();
        assert_eq!(messages[0].short_message().as_ref(), [0, 0x7b, 4, 0x36, 0, 0x7d]);
        assert_eq!((u8::from(messages[0].esm_class), messages[0].data_coding), (0, DataCoding::Ucs2));
        assert!(super::messages("A name that is too long", "+491701234567", "x", 9, false).is_none());
    }
}
