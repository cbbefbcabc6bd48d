//! Text whose charset is missing, unknown or a lie.

use std::borrow::Cow;

/// What windows-1252 has at 0x80..=0x9f; elsewhere it equals ISO-8859-1, and both are what mails
/// without a charset mean in practice (WHATWG Encoding Standard).
const HIGH_CONTROLS: [char; 32] = [
    '€', '\u{81}', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', '\u{8d}', 'Ž', '\u{8f}', '\u{90}', '‘', '’',
    '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', '\u{9d}', 'ž', 'Ÿ',
];

/// UTF-8 if it is that, else windows-1252, which any bytes are.
pub fn decode(bytes: &[u8]) -> Cow<'_, str> {
    match std::str::from_utf8(bytes) {
        Ok(text) => Cow::Borrowed(text),
        Err(_) => Cow::Owned(bytes.iter().map(|byte| windows_1252(*byte)).collect()),
    }
}

fn windows_1252(byte: u8) -> char {
    match byte {
        0x80..=0x9f => HIGH_CONTROLS[usize::from(byte - 0x80)],
        _ => char::from(byte),
    }
}

/// Rewrites raw 8-bit header lines (against RFC 5322, but common) as UTF-8; leaves the body alone.
pub fn with_readable_header(raw: &[u8]) -> Cow<'_, [u8]> {
    let end = header_end(raw);
    match std::str::from_utf8(&raw[..end]) {
        Ok(_) => Cow::Borrowed(raw),
        Err(_) => {
            let mut fixed = Vec::with_capacity(raw.len() + 64);
            for line in raw[..end].split_inclusive(|byte| *byte == b'\n') {
                fixed.extend_from_slice(decode(line).as_bytes());
            }
            fixed.extend_from_slice(&raw[end..]);
            Cow::Owned(fixed)
        }
    }
}

/// Where the header's last line ends.
pub fn header_end(raw: &[u8]) -> usize {
    let mut at = 0;
    for line in raw.split_inclusive(|byte| *byte == b'\n') {
        if line == b"\n" || line == b"\r\n" {
            return at;
        }
        at += line.len();
    }
    at
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_that_are_no_utf_8_are_windows_1252() {
        assert_eq!(decode(b"Gr\xfc\xdfe \x80"), "Grüße €");
        assert_eq!(decode("Grüße".as_bytes()), "Grüße");
    }

    #[test]
    fn only_the_header_is_rewritten() {
        let raw = b"Subject: Gr\xfc\xdfe\r\n\r\n\xfc";
        assert_eq!(
            with_readable_header(raw).as_ref(),
            "Subject: Grüße\r\n\r\n".as_bytes().iter().chain(b"\xfc").copied().collect::<Vec<_>>()
        );
    }
}
