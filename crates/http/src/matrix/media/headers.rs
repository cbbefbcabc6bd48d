//! The headers of files: what they are, how long they hold, that nothing in them may run.

use std::{fmt::Write as _, ops::Range};

use http::{HeaderMap, HeaderName, HeaderValue, header};
use unisono_engine::media::Media;

/// Types that a browser may show in place. Nothing among them can hold a script.
const SHOWN_IN_PLACE: [&str; 23] = [
    "image/png",
    "image/apng",
    "image/jpeg",
    "image/gif",
    "image/webp",
    "image/avif",
    "image/heic",
    "image/bmp",
    "video/mp4",
    "video/webm",
    "video/ogg",
    "video/quicktime",
    "video/3gpp",
    "audio/mp4",
    "audio/webm",
    "audio/aac",
    "audio/mpeg",
    "audio/ogg",
    "audio/wav",
    "audio/x-wav",
    "audio/flac",
    "text/plain",
    "application/pdf",
];

/// The specification's, section "Serving inline content".
const POLICY: HeaderValue = HeaderValue::from_static(
    "sandbox; default-src 'none'; script-src 'none'; style-src 'unsafe-inline'; media-src 'self'; object-src 'self'",
);

/// The range lies outside the file.
#[derive(Debug, PartialEq)]
pub(super) struct Unsatisfiable;

/// Content never changes under its hash.
pub(super) fn etag(media: &Media) -> String {
    format!("\"{}\"", &media.blob.to_hex()[..32])
}

/// The one range that is asked for. Several at once, other units and what is malformed count as
/// none, as RFC 9110 section 14.2 allows.
pub(super) fn range(request: &HeaderMap, etag: &str, size: u64) -> Result<Option<Range<u64>>, Unsatisfiable> {
    let text = |name| request.get(name).and_then(|value: &HeaderValue| value.to_str().ok());
    if text(header::IF_RANGE).is_some_and(|known| known != etag) {
        return Ok(None);
    }
    let Some((first, last)) = text(header::RANGE)
        .and_then(|text| text.strip_prefix("bytes="))
        .filter(|text| !text.contains(','))
        .and_then(|text| text.split_once('-'))
    else {
        return Ok(None);
    };
    let number = |text: &str| text.trim().parse::<u64>().ok();
    let range = match (number(first), number(last)) {
        (Some(first), Some(last)) if first <= last => first..size.min(last.saturating_add(1)),
        (Some(first), None) if last.trim().is_empty() => first..size,
        (None, Some(count)) if first.trim().is_empty() => size.saturating_sub(count)..size,
        _ => return Ok(None),
    };
    if range.start >= range.end { Err(Unsatisfiable) } else { Ok(Some(range)) }
}

/// Everything that is said about a file.
pub(super) fn describe(headers: &mut HeaderMap, media: &Media, etag: &str) {
    let essence = media.mime.split(';').next().unwrap_or_default();
    let disposition = if SHOWN_IN_PLACE.contains(&essence) { "inline" } else { "attachment" };
    insert(headers, header::CONTENT_TYPE, &media.mime);
    insert(headers, header::CONTENT_DISPOSITION, &content_disposition(disposition, media.name.as_deref()));
    insert(headers, header::ETAG, etag);
    headers.insert(header::ACCEPT_RANGES, HeaderValue::from_static("bytes"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("private, max-age=31536000, immutable"));
    headers.insert(header::CONTENT_SECURITY_POLICY, POLICY);
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert("cross-origin-resource-policy", HeaderValue::from_static("cross-origin"));
}

/// Leaves out what is no header value; stored types and names are checked when they come in.
pub(super) fn insert(headers: &mut HeaderMap, name: HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        headers.insert(name, value);
    }
}

/// RFC 6266, with the name in UTF-8 (RFC 8187) where ASCII cannot hold it.
fn content_disposition(disposition: &str, name: Option<&str>) -> String {
    let Some(name) = name else { return disposition.to_owned() };
    let ascii: String = name
        .chars()
        .map(|c| if (c.is_ascii_graphic() || c == ' ') && !"\"\\%".contains(c) { c } else { '_' })
        .collect();
    let mut value = format!("{disposition}; filename=\"{ascii}\"");
    if ascii != name {
        value.push_str("; filename*=UTF-8''");
        for byte in name.bytes() {
            if byte.is_ascii_alphanumeric() || b"!#$&+-.^_`|~".contains(&byte) {
                value.push(char::from(byte));
            } else {
                // Writing to a String cannot fail.
                let _ = write!(value, "%{byte:02X}");
            }
        }
    }
    value
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(range: &'static str) -> Result<Option<Range<u64>>, Unsatisfiable> {
        let mut headers = HeaderMap::new();
        headers.insert(header::RANGE, HeaderValue::from_static(range));
        super::range(&headers, "\"etag\"", 100)
    }

    #[test]
    fn ranges_are_read_as_rfc_9110_writes_them() {
        assert_eq!(asked("bytes=0-9"), Ok(Some(0..10)));
        assert_eq!(asked("bytes=90-"), Ok(Some(90..100)));
        assert_eq!(asked("bytes=-5"), Ok(Some(95..100)));
        assert_eq!(asked("bytes=-500"), Ok(Some(0..100)));
        assert_eq!(asked("bytes=50-5000"), Ok(Some(50..100)));
        assert_eq!(asked("bytes=100-"), Err(Unsatisfiable));
        assert_eq!(asked("bytes=-0"), Err(Unsatisfiable));
        for ignored in ["bytes=0-1,5-6", "items=0-1", "bytes=9-3", "bytes=", "bytes=-", "bytes=a-b"] {
            assert_eq!(asked(ignored), Ok(None), "{ignored}");
        }
    }

    #[test]
    fn a_name_cannot_break_out_of_its_header() {
        assert_eq!(content_disposition("inline", Some("a.png")), "inline; filename=\"a.png\"");
        assert_eq!(
            content_disposition("attachment", Some("grüße\"\r\n.txt")),
            "attachment; filename=\"gr__e___.txt\"; filename*=UTF-8''gr%C3%BC%C3%9Fe%22%0D%0A.txt"
        );
    }
}
