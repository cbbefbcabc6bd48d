//! An outgoing message as a mail (RFC 5322, MIME).

use mail_builder::{
    MessageBuilder,
    headers::{address::Address, date::Date},
    mime::{BodyPart, MimePart},
};
use sha2::{Digest, Sha256};
use unisono_domain::{
    channel::{Media, MediaSource, MessageRef, Outbound, Part},
    text::Text,
};

use super::{
    config::{Mailbox, Owner},
    html::from_text,
    message::Person,
    notes::{Notes, limited},
    parse::{clean_id, is_mime},
    reply,
};

/// What a file is when nobody knows.
const UNKNOWN: &str = "application/octet-stream";

/// A mail ready to be sent.
#[derive(Clone, Debug)]
pub struct Composed {
    pub id: String,
    pub raw: Vec<u8>,
    pub sender: String,
    pub recipients: Vec<String>,
    pub notes: Notes,
}

/// The Message-ID of a transaction: the same at every try, so that nobody gets a mail twice who
/// recognises mails by it.
pub fn message_id(txn: &str, address: &str) -> String {
    let domain = address.rsplit_once('@').map_or("unisono.invalid", |(_, domain)| domain);
    let digest = Sha256::new().chain_update(address).chain_update([0]).chain_update(txn).finalize();
    let mut id = String::from("unisono.");
    for byte in digest.iter().take(16) {
        id.push_str(&format!("{byte:02x}"));
    }
    format!("{id}@{domain}")
}

/// Writes the mail. The error says why it cannot be one.
pub fn compose(
    mailbox: &Mailbox,
    owner: &Owner,
    outbound: &Outbound,
    parts: &[Part],
    reply_to: Option<&MessageRef>,
) -> Result<Composed, Text> {
    let address = mailbox.credentials.address.clone();
    let explicit = reply_to.map(Notes::read);
    let last = outbound.last.as_ref().map(Notes::read);
    let last_received = outbound.last_received.as_ref().map(Notes::read);
    let answered = explicit.clone().or(last);
    let basis = explicit.filter(|notes| !notes.own).or(last_received).or_else(|| answered.clone());
    let recipients = reply::recipients(&outbound.portal, basis.as_ref(), owner);
    if recipients.to.is_empty() {
        return Err(Text::new(
            "This conversation has no address to write to.",
            "Zu dieser Unterhaltung gibt es keine Adresse.",
        ));
    }

    let text = written(parts);
    let quotation = answered.as_ref().and_then(|notes| reply::quotation(notes, &text));
    let (subject, mut references) = match &answered {
        Some(notes) => (reply::subject(&notes.subject), notes.references.clone()),
        None => (first_subject(outbound, &text, parts), Vec::new()),
    };
    let in_reply_to = answered.as_ref().and_then(|notes| notes.message_id.clone());
    references.extend(in_reply_to.clone());
    let references = limited(references);

    let id = message_id(&outbound.txn, &address);
    let name = outbound.sender_name.clone().unwrap_or_else(|| mailbox.settings.display_name.clone());
    let from = Person { name: Some(name).filter(|name| !name.trim().is_empty()), address: address.clone() };
    let mut mail = MessageBuilder::new()
        .from(header_address(&from))
        .to(header_addresses(&recipients.to))
        .subject(subject.clone())
        .date(Date::new(reply::seconds(outbound.sent_at)))
        .message_id(id.clone());
    if !recipients.cc.is_empty() {
        mail = mail.cc(header_addresses(&recipients.cc));
    }
    if let Some(id) = in_reply_to {
        mail = mail.in_reply_to(id);
    }
    if !references.is_empty() {
        mail = mail.references(references.clone());
    }
    let raw = mail
        .body(body(mailbox, parts, &text, quotation.as_ref())?)
        .write_to_vec()
        .map_err(|error| Text::verbatim(&error.to_string()))?;

    let recipients_all = recipients.to.iter().chain(&recipients.cc).map(|person| person.address.clone()).collect();
    let notes = Notes {
        message_id: Some(id.clone()),
        references,
        subject,
        own: true,
        from: vec![from],
        to: recipients.to,
        cc: recipients.cc,
        date: outbound.sent_at,
        text: text.chars().take(2_000).collect(),
        ..Notes::default()
    };
    Ok(Composed { id, raw, sender: address, recipients: recipients_all, notes })
}

fn header_address(person: &Person) -> Address<'static> {
    Address::new_address(person.name.clone(), person.address.clone())
}

fn header_addresses(people: &[Person]) -> Address<'static> {
    Address::new_list(people.iter().map(header_address).collect())
}

/// The words of all parts, captions included.
fn written(parts: &[Part]) -> String {
    parts.iter().map(|part| part.text.trim_end()).filter(|text| !text.is_empty()).collect::<Vec<_>>().join("\n\n")
}

/// What a first mail is about, if nobody said: its first words, or its file.
fn first_subject(outbound: &Outbound, text: &str, parts: &[Part]) -> String {
    if let Some(subject) = outbound.subject.as_deref().map(super::parse::one_line).filter(|subject| !subject.is_empty())
    {
        return subject;
    }
    let first = text.lines().map(str::trim).find(|line| !line.is_empty());
    let source = first.or_else(|| parts.iter().find_map(|part| part.media.as_ref()).map(|media| media.name.as_str()));
    let words = super::parse::one_line(source.unwrap_or_default());
    if words.chars().count() <= 70 { words } else { format!("{}…", words.chars().take(69).collect::<String>()) }
}

/// Alternative, related and mixed, each only where it is needed.
fn body(
    mailbox: &Mailbox,
    parts: &[Part],
    text: &str,
    quotation: Option<&(String, String)>,
) -> Result<MimePart<'static>, Text> {
    let signature = mailbox.settings.signature.trim();
    let mut plain = text.to_owned();
    if !signature.is_empty() {
        plain.push_str(&format!("\n\n-- \n{signature}"));
    }
    if let Some((quoted, _)) = quotation {
        plain.push_str(&format!("\n\n{quoted}"));
    }
    plain.push('\n');

    let mut inline = Vec::new();
    let mut files = Vec::new();
    let html = parts.iter().any(|part| part.html.is_some()).then(|| {
        let written: Vec<String> = parts
            .iter()
            .filter(|part| part.html.is_some() || !part.text.trim().is_empty())
            .map(|part| format!("<div>{}</div>", part.html.clone().unwrap_or_else(|| from_text(&part.text))))
            .collect();
        let mut html = written.join("\n");
        if !signature.is_empty() {
            html.push_str(&format!("<div><br>-- <br>{}</div>", from_text(signature)));
        }
        if let Some((_, quoted)) = quotation {
            html.push_str("<br>");
            html.push_str(quoted);
        }
        format!("<!doctype html><html><head><meta charset=\"utf-8\"></head><body>{html}</body></html>")
    });
    for media in parts.iter().filter_map(|part| part.media.as_ref()) {
        let bytes = bytes_of(media)?;
        match (&media.content_id, &html) {
            (Some(id), Some(html)) if html.contains(&format!("cid:{id}")) => {
                inline.push(MimePart::new(mime(media), BodyPart::Binary(bytes.into())).inline().cid(clean_id(id)));
            }
            _ => files.push(attachment(media, bytes)),
        }
    }

    let plain = MimePart::new("text/plain", BodyPart::Text(plain.into()));
    let readable = match html {
        None => plain,
        Some(html) => {
            let html = MimePart::new("text/html", BodyPart::Text(html.into()));
            let html = if inline.is_empty() {
                html
            } else {
                let mut related = vec![html];
                related.append(&mut inline);
                MimePart::new("multipart/related", related)
            };
            MimePart::new("multipart/alternative", vec![plain, html])
        }
    };
    if files.is_empty() {
        return Ok(readable);
    }
    let mut mixed = vec![readable];
    mixed.append(&mut files);
    Ok(MimePart::new("multipart/mixed", mixed))
}

fn attachment(media: &Media, bytes: Vec<u8>) -> MimePart<'static> {
    let name: String = media.name.chars().filter(|char| !char.is_control()).collect();
    let name = if name.is_empty() { "file".to_owned() } else { name };
    // A mail within a mail must not be base64 (RFC 2046, section 5.2.1), and ours may not be ASCII.
    let nested = media.mime.starts_with("message/") || media.mime.starts_with("multipart/");
    let mime = if nested { UNKNOWN.to_owned() } else { mime(media) };
    MimePart::new(mime, BodyPart::Binary(bytes.into())).attachment(name)
}

fn mime(media: &Media) -> String {
    if is_mime(&media.mime) { media.mime.clone() } else { UNKNOWN.to_owned() }
}

fn bytes_of(media: &Media) -> Result<Vec<u8>, Text> {
    match &media.source {
        MediaSource::Bytes(bytes) => Ok(bytes.to_vec()),
        MediaSource::Lazy(_) | MediaSource::Stored(_) => {
            Err(Text::new("The file could not be read.", "Die Datei konnte nicht gelesen werden."))
        }
    }
}
