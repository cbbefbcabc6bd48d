//! The alphabets of SMS (3GPP TS 23.038) and the pieces that a long text goes out in (3GPP TS 23.040,
//! section 9.2.3.24.1: a header of six octets in each).

/// The default alphabet, by its codes. `\u{1b}` leads to the extension.
const GSM7: &str = "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞ\u{1b}ÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà";
const EXTENSION: [(u8, char); 10] = [
    (0x0a, '\u{c}'),
    (0x14, '^'),
    (0x28, '{'),
    (0x29, '}'),
    (0x2f, '\\'),
    (0x3c, '['),
    (0x3d, '~'),
    (0x3e, ']'),
    (0x40, '|'),
    (0x65, '€'),
];
const ESCAPE: u8 = 0x1b;
/// Characters of a text in one message, and in each of several.
const SEPTETS: (usize, usize) = (160, 153);
const UNITS: (usize, usize) = (70, 67);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Alphabet {
    Gsm7,
    Ucs2,
}

impl Alphabet {
    pub fn name(self) -> &'static str {
        match self {
            Self::Gsm7 => "GSM-7",
            Self::Ucs2 => "UCS-2",
        }
    }
}

/// A text as SMS carries it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Encoded {
    pub alphabet: Alphabet,
    /// One message each. GSM-7: a septet in every octet; UCS-2: two octets a unit, the higher first.
    pub pieces: Vec<Vec<u8>>,
}

/// Chooses the alphabet, and cuts what is too long for one message. No character is cut in two.
pub fn encode(text: &str) -> Encoded {
    if let Some(characters) = text.chars().map(gsm7_character).collect::<Option<Vec<_>>>() {
        return Encoded { alphabet: Alphabet::Gsm7, pieces: pieces(&characters, SEPTETS) };
    }
    let characters: Vec<Vec<u8>> = text
        .chars()
        .map(|c| c.encode_utf16(&mut [0; 2]).iter().flat_map(|unit| unit.to_be_bytes()).collect())
        .collect();
    Encoded { alphabet: Alphabet::Ucs2, pieces: pieces(&characters, (UNITS.0 * 2, UNITS.1 * 2)) }
}

fn pieces(characters: &[Vec<u8>], (single, each): (usize, usize)) -> Vec<Vec<u8>> {
    let total: usize = characters.iter().map(Vec::len).sum();
    let most = if total <= single { single } else { each };
    let mut pieces = vec![Vec::new()];
    for character in characters {
        match pieces.last_mut() {
            Some(piece) if piece.len() + character.len() <= most => piece.extend_from_slice(character),
            _ => pieces.push(character.clone()),
        }
    }
    pieces
}

fn gsm7_character(wanted: char) -> Option<Vec<u8>> {
    if let Some((code, _)) = EXTENSION.iter().find(|(_, c)| *c == wanted) {
        return Some(vec![ESCAPE, *code]);
    }
    if wanted == '\u{1b}' {
        return None;
    }
    let code = GSM7.chars().position(|c| c == wanted)?;
    u8::try_from(code).ok().map(|code| vec![code])
}

/// A text of septets, one in every octet. What the tables do not have becomes a blank, as phones do.
pub fn read_gsm7(septets: &[u8]) -> String {
    let basic = |code: u8| GSM7.chars().nth(usize::from(code & 0x7f)).unwrap_or(' ');
    let mut text = String::new();
    let mut codes = septets.iter().copied();
    while let Some(code) = codes.next() {
        if code & 0x7f != ESCAPE {
            text.push(basic(code));
            continue;
        }
        let Some(code) = codes.next() else { break };
        let extended = EXTENSION.iter().find(|(known, _)| *known == code).map(|(_, c)| *c);
        text.push(extended.unwrap_or_else(|| basic(code)));
    }
    text
}

/// A text of 16-bit units, the higher octet first; in truth UTF-16.
pub fn read_ucs2(octets: &[u8]) -> String {
    let units = octets.chunks(2).map(|pair| u16::from_be_bytes([pair[0], pair.get(1).copied().unwrap_or_default()]));
    char::decode_utf16(units).map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER)).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_table_has_its_128_places() {
        assert_eq!(GSM7.chars().count(), 128);
        assert_eq!(encode("@").pieces, [vec![0]]);
        assert_eq!(encode("Aà").pieces, [vec![0x41, 0x7f]]);
        assert_eq!(encode("€").pieces, [vec![0x1b, 0x65]]);
    }

    #[test]
    fn what_one_more_character_costs() {
        let count = |text: &str| encode(text).pieces.len();
        assert_eq!((count(&"a".repeat(160)), count(&"a".repeat(161)), count(&"a".repeat(307))), (1, 2, 3));
        // The euro sign counts twice, and is not torn apart.
        assert_eq!((count(&"€".repeat(80)), count(&"€".repeat(81))), (1, 2));
        assert!(encode(&"€".repeat(100)).pieces.iter().all(|piece| piece.len() % 2 == 0));
        assert_eq!((count(&"ж".repeat(70)), count(&"ж".repeat(71))), (1, 2));
        assert_eq!(encode("a🙂").alphabet, Alphabet::Ucs2);
        let smiles = encode(&"🙂".repeat(50));
        assert!(smiles.pieces.iter().all(|piece| piece.len() % 4 == 0), "no emoji is cut in two");
        assert_eq!(count(""), 1);
    }

    proptest! {
        #[test]
        fn what_is_written_can_be_read(text in "\\PC{0,400}") {
            let encoded = encode(&text);
            let read = match encoded.alphabet {
                Alphabet::Gsm7 => encoded.pieces.iter().map(|piece| read_gsm7(piece)).collect::<String>(),
                Alphabet::Ucs2 => encoded.pieces.iter().map(|piece| read_ucs2(piece)).collect(),
            };
            prop_assert_eq!(read, text);
        }

        #[test]
        fn no_octets_break_the_reader(octets in proptest::collection::vec(any::<u8>(), 0..300)) {
            read_gsm7(&octets);
            read_ucs2(&octets);
        }
    }
}
