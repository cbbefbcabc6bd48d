//! Which files visitors may send, and how files are given to pages. The type is ours, by the name's
//! ending and the first bytes; what the browser claims does not count.

use unisono_domain::channel::PartKind;

/// Endings with their types. Nothing here runs when it is opened.
pub(super) const ENDINGS: [(&str, &str); 28] = [
    ("png", "image/png"),
    ("jpg", "image/jpeg"),
    ("jpeg", "image/jpeg"),
    ("gif", "image/gif"),
    ("webp", "image/webp"),
    ("heic", "image/heic"),
    ("pdf", "application/pdf"),
    ("txt", "text/plain"),
    ("csv", "text/csv"),
    ("rtf", "application/rtf"),
    ("doc", "application/msword"),
    ("docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
    ("xls", "application/vnd.ms-excel"),
    ("xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    ("ppt", "application/vnd.ms-powerpoint"),
    ("pptx", "application/vnd.openxmlformats-officedocument.presentationml.presentation"),
    ("odt", "application/vnd.oasis.opendocument.text"),
    ("ods", "application/vnd.oasis.opendocument.spreadsheet"),
    ("odp", "application/vnd.oasis.opendocument.presentation"),
    ("zip", "application/zip"),
    ("vcf", "text/vcard"),
    ("ics", "text/calendar"),
    ("mp3", "audio/mpeg"),
    ("m4a", "audio/mp4"),
    ("ogg", "audio/ogg"),
    ("mp4", "video/mp4"),
    ("webm", "video/webm"),
    ("mov", "video/quicktime"),
];
/// What a page may show by itself; everything else is saved.
const SHOWN: [&str; 10] = [
    "image/png",
    "image/jpeg",
    "image/gif",
    "image/webp",
    "audio/mpeg",
    "audio/mp4",
    "audio/ogg",
    "audio/webm",
    "video/mp4",
    "video/webm",
];
const LONGEST_NAME: usize = 120;

/// A file's name without folders and without what is not to be seen.
pub(super) fn tame_name(name: &str) -> String {
    let name = name.rsplit(['/', '\\']).next().unwrap_or_default();
    let hidden = |letter: &char| {
        letter.is_control()
            || matches!(letter, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    let name: String = name.chars().filter(|letter| !hidden(letter)).collect();
    let name = name.trim().trim_start_matches('.');
    let count = name.chars().count();
    // The ending is what counts, so a long name loses its beginning.
    name.chars().skip(count.saturating_sub(LONGEST_NAME)).collect()
}

/// What a file is, if visitors may send it.
pub(super) fn kind_of(name: &str, bytes: &[u8]) -> Option<(PartKind, &'static str)> {
    let ending = name.rsplit_once('.')?.1.to_ascii_lowercase();
    let mime = ENDINGS.iter().find(|(known, _)| *known == ending)?.1;
    let fits = match mime {
        "image/png" => bytes.starts_with(b"\x89PNG\r\n\x1a\n"),
        "image/jpeg" => bytes.starts_with(b"\xff\xd8\xff"),
        "image/gif" => bytes.starts_with(b"GIF8"),
        "image/webp" => bytes.starts_with(b"RIFF") && bytes.get(8..12) == Some(b"WEBP"),
        "application/pdf" => bytes.starts_with(b"%PDF-"),
        _ => true,
    };
    // Programs of Windows and Linux, whatever they are called.
    if !fits || bytes.starts_with(b"MZ") || bytes.starts_with(b"\x7fELF") {
        return None;
    }
    Some(match mime.split('/').next() {
        Some("image") if mime != "image/heic" => (PartKind::Image, mime),
        Some("audio") => (PartKind::Audio, mime),
        Some("video") => (PartKind::Video, mime),
        _ => (PartKind::File, mime),
    })
}

/// Type and disposition with which a file is given out (RFC 6266).
pub(super) fn headers(name: &str, mime: &str) -> Vec<(String, String)> {
    let shown = SHOWN.contains(&mime);
    let mut encoded = String::new();
    for byte in tame_name(name).bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'.' | b'-' | b'_' => encoded.push(char::from(byte)),
            other => encoded.push_str(&format!("%{other:02X}")),
        }
    }
    let disposition = if shown { "inline" } else { "attachment" };
    [
        ("content-type", if shown { mime.to_owned() } else { "application/octet-stream".to_owned() }),
        ("content-disposition", format!("{disposition}; filename*=UTF-8''{encoded}")),
        ("content-security-policy", "default-src 'none'; sandbox".to_owned()),
        ("cross-origin-resource-policy", "cross-origin".to_owned()),
        ("cache-control", "private, max-age=43200".to_owned()),
    ]
    .map(|(name, value)| (name.to_owned(), value))
    .to_vec()
}
