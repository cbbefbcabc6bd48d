//! Bytes to [`Mail`] (RFC 5322, RFC 2045 ff.). Never fails: what is broken is shown as it is.

use std::borrow::Cow;

use bytes::Bytes;
use mail_parser::{
    Address, Encoding, HeaderValue, Message, MessageParser, MessagePart, MimeHeaders, PartType,
    decoders::{base64::base64_decode, charsets::map::charset_decoder, quoted_printable::quoted_printable_decode},
};
use sha2::{Digest, Sha256};
use unisono_domain::Millis;

use super::{
    charset,
    message::{Attachment, List, Mail, Person, normalise},
    report,
};

const DAY: Millis = 86_400_000;
/// 1990-01-01: before it, a mail's own date is an error.
const OLDEST: Millis = 631_152_000_000;
/// Longer ids are somebody's mistake and would not fit where ids are kept.
const LONGEST_ID: usize = 400;

/// Reads a mail. `received` is when our server got it: the date if the mail's own is missing or absurd.
pub fn parse(raw: &[u8], received: Millis) -> Mail {
    let readable = charset::with_readable_header(raw);
    match MessageParser::default().parse(readable.as_ref()) {
        Some(message) => read(&message, &readable, raw, received),
        None => unreadable(raw, received),
    }
}

/// A mail of which nothing can be understood: its bytes as a file.
pub fn unreadable(raw: &[u8], received: Millis) -> Mail {
    Mail {
        id: hash(raw),
        has_message_id: false,
        from: Vec::new(),
        reply_to: Vec::new(),
        to: Vec::new(),
        cc: Vec::new(),
        followup_to: Vec::new(),
        delivered_to: Vec::new(),
        subject: String::new(),
        date: received,
        in_reply_to: Vec::new(),
        references: Vec::new(),
        text: String::new(),
        html: None,
        attachments: vec![Attachment {
            place: 0,
            name: "mail.eml".to_owned(),
            mime: "message/rfc822".to_owned(),
            bytes: Bytes::copy_from_slice(raw),
            content_id: None,
        }],
        list: None,
        auto: false,
        report: None,
    }
}

/// The id of a mail that has none of its own.
pub fn hash(raw: &[u8]) -> String {
    let digest = Sha256::digest(raw);
    let mut id = String::from("sha256:");
    for byte in digest.iter().take(20) {
        id.push_str(&format!("{byte:02x}"));
    }
    id
}

fn read(message: &Message<'_>, readable: &[u8], raw: &[u8], received: Millis) -> Mail {
    let message_id = ids(message.header("Message-ID")).into_iter().next();
    let (text, html) = bodies(message, readable);
    let mut mail = Mail {
        has_message_id: message_id.is_some(),
        id: message_id.unwrap_or_else(|| hash(raw)),
        from: people(message.from()),
        reply_to: people(message.reply_to()),
        to: message.all_to().flat_map(|field| people(Some(field))).collect(),
        cc: message.all_cc().flat_map(|field| people(Some(field))).collect(),
        followup_to: raw_addresses(message, "Mail-Followup-To"),
        delivered_to: ["Delivered-To", "X-Original-To", "X-Delivered-To", "Envelope-To"]
            .into_iter()
            .filter_map(|name| message.header_raw(name))
            .map(normalise)
            .filter(|address| address.contains('@'))
            .collect(),
        subject: message.subject().map(one_line).unwrap_or_default(),
        date: date(message, received),
        in_reply_to: ids(message.header("In-Reply-To")),
        references: ids(message.header("References")),
        text,
        html,
        attachments: attachments(message, readable),
        list: list(message),
        auto: is_auto(message),
        report: None,
    };
    if mail.from.is_empty() {
        mail.from = people(message.sender());
    }
    mail.report = report::read(message, &mail);
    mail
}

/// All `<ids>` of a field, in order, without repetitions.
fn ids(value: Option<&HeaderValue<'_>>) -> Vec<String> {
    let list: Vec<&str> = match value {
        Some(HeaderValue::Text(id)) => vec![id],
        Some(HeaderValue::TextList(ids)) => ids.iter().map(AsRef::as_ref).collect(),
        _ => Vec::new(),
    };
    let mut found = Vec::new();
    for id in list {
        let id = clean_id(id);
        if !id.is_empty() && !found.contains(&id) {
            found.push(id);
        }
    }
    found
}

/// A message id as we compare it; an oversized one is replaced by its hash, alike everywhere.
pub fn clean_id(id: &str) -> String {
    let id: String =
        id.trim().trim_matches(['<', '>']).chars().filter(|char| !char.is_whitespace() && !char.is_control()).collect();
    if id.len() > LONGEST_ID { hash(id.as_bytes()) } else { id }
}

fn people(field: Option<&Address<'_>>) -> Vec<Person> {
    let mut found: Vec<Person> = Vec::new();
    for entry in field.into_iter().flat_map(Address::iter) {
        let Some(address) = entry.address.as_deref().map(str::trim).filter(|address| !address.is_empty()) else {
            continue;
        };
        let person = Person {
            name: entry.name.as_deref().map(one_line).filter(|name| !name.is_empty()),
            address: address.chars().filter(|char| !char.is_control() && *char != ' ').take(320).collect(),
        };
        if !found.iter().any(|known| known.key() == person.key()) {
            found.push(person);
        }
    }
    found
}

/// Reads an address field that the parser does not know as one.
fn raw_addresses(message: &Message<'_>, name: &str) -> Vec<Person> {
    let Some(value) = message.header_raw(name) else { return Vec::new() };
    let synthetic = format!("To: {}\r\n\r\n", value.trim());
    MessageParser::default().parse(synthetic.as_bytes()).map(|parsed| people(parsed.to())).unwrap_or_default()
}

fn date(message: &Message<'_>, received: Millis) -> Millis {
    let own = message.date().filter(|date| date.is_valid()).map(|date| date.to_timestamp().saturating_mul(1000));
    match own {
        Some(date) if date >= OLDEST && date <= received.saturating_add(DAY) => date,
        _ => received,
    }
}

/// A header's text without line ends and other control characters.
pub fn one_line(text: &str) -> String {
    let spaced: String = text.chars().map(|char| if char.is_control() { ' ' } else { char }).collect();
    spaced.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn list(message: &Message<'_>) -> Option<List> {
    let id_field = message.header_raw("List-Id").map(one_line);
    let unsubscribe = message.header_raw("List-Unsubscribe").map(one_line).filter(|value| !value.is_empty());
    if id_field.is_none() && unsubscribe.is_none() {
        return None;
    }
    let id_field = id_field.unwrap_or_default();
    let (name, id) = match (id_field.rfind('<'), id_field.rfind('>')) {
        (Some(open), Some(close)) if open < close => (id_field[..open].trim(), &id_field[open + 1..close]),
        _ => ("", id_field.as_str()),
    };
    let name = name.trim_matches('"').trim();
    Some(List {
        id: id.trim().to_lowercase(),
        name: (!name.is_empty()).then(|| decode_words(name)),
        post: message.header_raw("List-Post").and_then(|value| {
            let start = value.find("mailto:")? + 7;
            value[start..].split(['>', '?', ',']).next().map(normalise).filter(|address| address.contains('@'))
        }),
        unsubscribe,
    })
}

fn decode_words(text: &str) -> String {
    let synthetic = format!("Subject: {text}\r\n\r\n");
    MessageParser::default()
        .parse(synthetic.as_bytes())
        .and_then(|parsed| parsed.subject().map(one_line))
        .unwrap_or_else(|| text.to_owned())
}

/// RFC 3834 section 2, and what vendors did before it.
fn is_auto(message: &Message<'_>) -> bool {
    let field = |name: &str| message.header_raw(name).map(|value| value.trim().to_ascii_lowercase());
    field("Auto-Submitted").is_some_and(|value| value != "no")
        || field("X-Auto-Response-Suppress").is_some_and(|value| value != "none")
        || field("X-Autoreply").is_some()
        || field("X-Autorespond").is_some()
        || field("Precedence").is_some_and(|value| ["bulk", "junk", "list", "auto_reply"].contains(&value.as_str()))
        || field("Return-Path").is_some_and(|value| value == "<>")
        || field("List-Id").is_some()
        || field("List-Unsubscribe").is_some()
}

/// The text, and the HTML if the sender wrote any.
fn bodies(message: &Message<'_>, readable: &[u8]) -> (String, Option<String>) {
    let shown = |ids: &[u32]| -> Vec<&MessagePart<'_>> {
        ids.iter().filter_map(|id| message.parts.get(*id as usize)).filter(|part| is_body(part)).collect()
    };
    let text_parts = shown(&message.text_body);
    let html_parts = shown(&message.html_body);
    let join = |pieces: Vec<String>| pieces.into_iter().filter(|piece| !piece.trim().is_empty()).collect::<Vec<_>>();

    let text = join(
        text_parts
            .iter()
            .map(|part| match &part.body {
                PartType::Html(html) => super::html::to_text(&decoded(part, html, readable)),
                PartType::Text(text) => decoded(part, text, readable).into_owned(),
                _ => String::new(),
            })
            .collect(),
    )
    .join("\n");
    let has_html = html_parts.iter().any(|part| matches!(part.body, PartType::Html(_)));
    let html = has_html.then(|| {
        join(
            html_parts
                .iter()
                .map(|part| match &part.body {
                    PartType::Html(html) => decoded(part, html, readable).into_owned(),
                    PartType::Text(text) => super::html::from_text(&decoded(part, text, readable)),
                    _ => String::new(),
                })
                .collect(),
        )
        .join("<br>")
    });
    let text = match (&html, text.trim().is_empty()) {
        (Some(html), true) => super::html::to_text(html),
        _ => text,
    };
    (tidy_text(&text), html.filter(|html| !html.trim().is_empty()))
}

/// Line ends as `\n`, no control characters, no blank lines at the ends.
fn tidy_text(text: &str) -> String {
    let unix = text.replace("\r\n", "\n").replace('\r', "\n");
    let clean: String = unix.chars().filter(|char| !char.is_control() || matches!(char, '\n' | '\t')).collect();
    clean.trim_matches('\n').trim_end().to_owned()
}

/// Whether a part is text to be read, as opposed to a file that happens to be text.
fn is_body(part: &MessagePart<'_>) -> bool {
    let readable_type = match part.content_type() {
        None => true,
        Some(kind) => {
            !kind.c_type.eq_ignore_ascii_case("text")
                || kind.c_subtype.as_deref().is_none_or(|subtype| {
                    ["plain", "html", "enriched", "richtext"].iter().any(|known| subtype.eq_ignore_ascii_case(known))
                })
        }
    };
    let attached = part.content_disposition().is_some_and(mail_parser::ContentType::is_attachment);
    matches!(part.body, PartType::Text(_) | PartType::Html(_)) && readable_type && !attached
}

/// A text part's content. The parser replaces what it cannot decode by U+FFFD; then its charset is
/// unknown or wrong, and we try again.
fn decoded<'a>(part: &MessagePart<'_>, text: &'a str, readable: &[u8]) -> Cow<'a, str> {
    if !text.contains(is_lost) {
        return Cow::Borrowed(text);
    }
    let Some(raw) = readable.get(part.offset_body as usize..part.offset_end as usize) else {
        return Cow::Borrowed(text);
    };
    let bytes = match part.encoding {
        Encoding::None => Some(raw.to_vec()),
        Encoding::QuotedPrintable => quoted_printable_decode(raw),
        Encoding::Base64 => base64_decode(raw),
    };
    let Some(bytes) = bytes else { return Cow::Borrowed(text) };
    let charset = part.content_type().and_then(|kind| kind.attribute("charset"));
    let by_name = charset
        .filter(|name| !name.eq_ignore_ascii_case("utf-8") && !name.eq_ignore_ascii_case("us-ascii"))
        .and_then(|name| charset_decoder(name.as_bytes()))
        .map(|decode| decode(&bytes))
        .filter(|text| !text.contains(is_lost));
    Cow::Owned(by_name.unwrap_or_else(|| charset::decode(&bytes).into_owned()))
}

/// What decoders put where they cannot decode; the private letters are those of `x-user-defined`.
fn is_lost(char: char) -> bool {
    matches!(char, '\u{fffd}' | '\u{f780}'..='\u{f7ff}')
}

fn attachments(message: &Message<'_>, readable: &[u8]) -> Vec<Attachment> {
    let mut found = Vec::new();
    for (place, part) in (0u32..).zip(&message.parts) {
        let shown = (message.text_body.contains(&place) || message.html_body.contains(&place)) && is_body(part);
        if shown || matches!(part.body, PartType::Multipart(_)) {
            continue;
        }
        let mime = mime(part);
        // Duplicates of the body for watches and animated mail, and the parts of a report.
        if ["text/x-amp-html", "text/watch-html", "message/delivery-status", "message/disposition-notification"]
            .contains(&mime.as_str())
        {
            continue;
        }
        let bytes = content(part, readable);
        if bytes.is_empty() && part.attachment_name().is_none() {
            continue;
        }
        found.push(Attachment {
            place,
            name: file_name(part, &mime, place),
            mime,
            bytes,
            content_id: part.content_id().map(clean_id).filter(|id| !id.is_empty()),
        });
    }
    found
}

fn content(part: &MessagePart<'_>, readable: &[u8]) -> Bytes {
    match &part.body {
        PartType::Message(nested) => {
            let root = nested.root_part();
            let range = root.offset_header as usize..root.offset_end as usize;
            Bytes::copy_from_slice(nested.raw_message.get(range).unwrap_or(&nested.raw_message))
        }
        // A text file stays the bytes that it is, in whatever charset.
        PartType::Text(_) | PartType::Html(_) if part.encoding == Encoding::None => Bytes::copy_from_slice(
            readable.get(part.offset_body as usize..part.offset_end as usize).unwrap_or(part.contents()),
        ),
        PartType::Text(_) | PartType::Html(_) => {
            let raw = readable.get(part.offset_body as usize..part.offset_end as usize).unwrap_or_default();
            let decoded = match part.encoding {
                Encoding::Base64 => base64_decode(raw),
                _ => quoted_printable_decode(raw),
            };
            decoded.map_or_else(|| Bytes::copy_from_slice(part.contents()), Bytes::from)
        }
        _ => Bytes::copy_from_slice(part.contents()),
    }
}

fn mime(part: &MessagePart<'_>) -> String {
    let kind = match part.content_type() {
        Some(kind) => format!("{}/{}", kind.c_type, kind.c_subtype.as_deref().unwrap_or("octet-stream")),
        None => match part.body {
            PartType::Text(_) => "text/plain".to_owned(),
            PartType::Message(_) => "message/rfc822".to_owned(),
            _ => "application/octet-stream".to_owned(),
        },
    };
    let kind = kind.to_ascii_lowercase();
    if is_mime(&kind) { kind } else { "application/octet-stream".to_owned() }
}

/// Whether a text is a media type as headers may carry it (RFC 2045, section 5.1).
pub fn is_mime(kind: &str) -> bool {
    let token = |part: &str| {
        !part.is_empty() && part.chars().all(|char| char.is_ascii_alphanumeric() || "!#$&^_.+-".contains(char))
    };
    kind.len() < 100 && kind.split_once('/').is_some_and(|(main, sub)| token(main) && token(sub))
}

/// The file's name without any path, or one made up from its kind.
fn file_name(part: &MessagePart<'_>, mime: &str, place: u32) -> String {
    let given = part.attachment_name().map(|name| {
        // Against RFC 2231, and usual: an encoded word as a parameter.
        let name = if name.contains("=?") { decode_words(name) } else { name.to_owned() };
        let name = name.rsplit(['/', '\\']).next().unwrap_or_default().trim().to_owned();
        name.chars().filter(|char| !char.is_control()).take(200).collect::<String>()
    });
    if let Some(name) = given.filter(|name| !name.is_empty() && name != "." && name != "..") {
        return name;
    }
    if let PartType::Message(nested) = &part.body {
        let subject = nested.subject().map(one_line).unwrap_or_default().replace(['/', '\\'], "-");
        let subject: String = subject.chars().take(80).collect();
        return if subject.is_empty() { "mail.eml".to_owned() } else { format!("{subject}.eml") };
    }
    let extension = match mime {
        "image/jpeg" => "jpg",
        "image/png" => "png",
        "image/gif" => "gif",
        "image/webp" => "webp",
        "image/svg+xml" => "svg",
        "application/pdf" => "pdf",
        "text/calendar" => "ics",
        "text/plain" => "txt",
        "text/html" => "html",
        "text/csv" => "csv",
        "text/vcard" | "text/x-vcard" => "vcf",
        "application/ms-tnef" => "dat",
        "application/pgp-signature" => "asc",
        _ => "bin",
    };
    format!("attachment-{place}.{extension}")
}
