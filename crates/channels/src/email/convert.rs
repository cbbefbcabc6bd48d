//! [`Mail`] to what the hub takes. Pure.

use serde_json::{Map, Value, json};
use unisono_domain::{
    channel::{
        Inbound, InboundBody, Media, MediaSource, Part, PartKind, PortalKey, RemoteId, RemoteUser, RemoteUserId, Sender,
    },
    text::Text,
};

use super::{
    config::Owner,
    html,
    message::{Attachment, Fate, Mail, Person, Report},
    notes::{Notes, Place},
    quote,
    thread::{self, Known},
};

// A Matrix event holds 65,536 bytes in all (client-server API, size limits).
const BODY: usize = 20_000;
const FORMATTED: usize = 16_000;
const QUOTE: usize = 6_000;
const SIGNATURE: usize = 1_500;
const PEOPLE: usize = 40;

/// A mail as it lies in a folder.
#[derive(Clone, Debug)]
pub struct Fetched {
    pub mail: Mail,
    pub place: Place,
    pub in_sent: bool,
    pub seen: bool,
    pub historical: bool,
    /// Too large to be fetched whole: this many bytes.
    pub cut_at: Option<u64>,
}

/// Ids whose portals must be looked up before [`convert`].
pub fn asked_for(batch: &[Fetched]) -> Vec<RemoteId> {
    let mut ids: Vec<&str> = batch
        .iter()
        .flat_map(|fetched| {
            let about = fetched.mail.report.as_ref().map(|report| report.about.as_str());
            fetched.mail.ancestors().into_iter().chain(about).chain([fetched.mail.id.as_str()])
        })
        .collect();
    ids.sort_unstable();
    ids.dedup();
    ids.into_iter().map(RemoteId::new).collect()
}

/// All events of a batch, in its order.
pub fn convert(batch: &[Fetched], owner: &Owner, known: &Known) -> Vec<Inbound> {
    let mails: Vec<(&Mail, bool)> =
        batch.iter().map(|fetched| (&fetched.mail, thread::is_own(&fetched.mail, fetched.in_sent, owner))).collect();
    let portals = thread::assign(&mails, owner, known);
    let here: Known = mails.iter().map(|(mail, _)| mail.id.clone()).zip(portals.iter().cloned()).collect();
    batch
        .iter()
        .zip(mails)
        .zip(portals)
        .map(|((fetched, (mail, own)), portal)| {
            let about = mail
                .report
                .as_ref()
                .and_then(|report| Some((report, known.get(&report.about).or_else(|| here.get(&report.about))?)));
            match about.and_then(|(report, portal)| fate(fetched, report, portal)) {
                Some(event) => event,
                None => message(fetched, own, owner, portal),
            }
        })
        .collect()
}

fn fate(fetched: &Fetched, report: &Report, portal: &PortalKey) -> Option<Inbound> {
    let target = RemoteId::new(&report.about);
    let recipient = report.recipient.as_deref().filter(|recipient| recipient.contains('@'));
    let (sender, body) = match &report.fate {
        Fate::Failed(words) => {
            (Sender::System, InboundBody::Failed { target, reason: not_delivered(recipient, words) })
        }
        Fate::Delivered => (Sender::System, InboundBody::Delivered { target }),
        Fate::Read => {
            let reader = fetched.mail.from.first()?;
            (Sender::Remote(thread::user(reader)), InboundBody::Read { up_to: target })
        }
        Fate::Delayed => return None,
    };
    Some(Inbound {
        portal: portal.clone(),
        sender,
        sent_at: fetched.mail.date,
        id: RemoteId::new(&fetched.mail.id),
        body,
        chat: None,
        data: Value::Null,
        original: None,
        seen: true,
        historical: fetched.historical,
    })
}

fn not_delivered(recipient: Option<&str>, words: &str) -> Text {
    match recipient {
        Some(address) => Text::owned(
            format!("Not delivered to {address}: {words}"),
            format!("Nicht zugestellt an {address}: {words}"),
        ),
        None => Text::owned(format!("Not delivered: {words}"), format!("Nicht zugestellt: {words}")),
    }
}

fn message(fetched: &Fetched, own: bool, owner: &Owner, portal: PortalKey) -> Inbound {
    let mail = &fetched.mail;
    let sender = if own { Sender::Me } else { Sender::Remote(sender(mail)) };
    Inbound {
        sender,
        sent_at: mail.date,
        id: RemoteId::new(&mail.id),
        body: InboundBody::Message {
            parts: parts(mail, fetched.cut_at),
            reply_to: mail.in_reply_to.iter().find(|id| **id != mail.id).map(RemoteId::new),
        },
        chat: Some(thread::chat_info(mail, own, owner, &portal)),
        data: Notes::of(mail, own, Some(fetched.place.clone())).to_value(),
        original: mail.html.as_ref().map(|html| Media {
            source: MediaSource::Bytes(html::original(html, &mail.attachments).into()),
            name: "mail.html".to_owned(),
            mime: "text/html".to_owned(),
            size: None,
            content_id: None,
        }),
        seen: fetched.seen || own,
        historical: fetched.historical,
        portal,
    }
}

fn sender(mail: &Mail) -> RemoteUser {
    mail.from
        .first()
        .map_or_else(|| RemoteUser { id: RemoteUserId::new("unknown"), name: None, handles: Vec::new() }, thread::user)
}

/// The parts of a mail: what is written, then its files.
pub fn parts(mail: &Mail, cut_at: Option<u64>) -> Vec<Part> {
    let folded = quote::fold(&mail.text);
    let bubble = mail.html.as_deref().map(|source| html::bubble(source, folded.quote.is_some(), FORMATTED));
    let mut parts = Vec::new();
    let mut about = Map::new();
    about.insert("org.unisono.email".to_owned(), card(mail, &folded, bubble.as_ref()));
    // A cut mail's last files may be cut, too.
    let attachments: &[Attachment] = if cut_at.is_some() { &[] } else { &mail.attachments };

    let body = cut(&folded.body, BODY);
    if !body.is_empty() || attachments.is_empty() {
        let shown = if body.is_empty() { cut(&mail.subject, BODY) } else { body };
        parts.push(Part { html: bubble.and_then(|bubble| bubble.html), ..Part::text("0", shown) });
    }
    if folded.body.len() > BODY {
        parts.push(file("full", "mail.txt", "text/plain", folded.body.clone().into_bytes().into()));
    }
    parts.extend(attachments.iter().map(|attachment| attached(attachment, mail)));
    if let Some(size) = cut_at {
        parts.push(too_large(size));
    }
    if let Some(first) = parts.first_mut() {
        first.extra.extend(about);
    }
    parts
}

fn attached(attachment: &Attachment, mail: &Mail) -> Part {
    let mut part =
        file(&format!("a{}", attachment.place), &attachment.name, &attachment.mime, attachment.bytes.clone());
    part.kind = match attachment.mime.as_str() {
        "image/png" | "image/jpeg" | "image/jpg" | "image/gif" | "image/webp" => PartKind::Image,
        mime if mime.starts_with("audio/") => PartKind::Audio,
        mime if mime.starts_with("video/") => PartKind::Video,
        _ => PartKind::File,
    };
    if let (Some(id), Some(html)) = (&attachment.content_id, &mail.html)
        && html.contains(&format!("cid:{id}"))
    {
        part.extra.insert("org.unisono.email.inline".to_owned(), Value::Bool(true));
    }
    if let Some(media) = &mut part.media {
        media.content_id.clone_from(&attachment.content_id);
    }
    part
}

fn file(id: &str, name: &str, mime: &str, bytes: bytes::Bytes) -> Part {
    let size = bytes.len() as u64;
    Part {
        kind: PartKind::File,
        media: Some(Media {
            size: Some(size),
            source: MediaSource::Bytes(bytes),
            name: name.to_owned(),
            mime: mime.to_owned(),
            content_id: None,
        }),
        ..Part::text(id, "")
    }
}

fn too_large(size: u64) -> Part {
    let megabytes = size / 1_000_000;
    let words = Text::owned(
        format!("This mail has {megabytes} MB. Its files are too large to be fetched; they are in your mailbox."),
        format!("Diese Mail hat {megabytes} MB. Ihre Dateien sind zu groß zum Abholen; sie liegen in deinem Postfach."),
    );
    let mut part = Part::text("cut", words.en.as_ref());
    part.kind = PartKind::Notice;
    part.extra.insert("org.unisono.message".to_owned(), json!(words));
    part
}

/// The content key `org.unisono.email`.
fn card(mail: &Mail, folded: &quote::Folded, bubble: Option<&html::Bubble>) -> Value {
    let mut card = Map::new();
    card.insert("subject".to_owned(), json!(cut(&mail.subject, 500)));
    if let Some(from) = mail.from.first() {
        card.insert("from".to_owned(), json!(from));
    }
    card.insert("to".to_owned(), people(&mail.to));
    card.insert("cc".to_owned(), people(&mail.cc));
    card.insert("date".to_owned(), json!(mail.date));
    card.insert("message_id".to_owned(), json!(mail.id));
    if let Some(quote) = &folded.quote {
        card.insert("quote".to_owned(), json!(cut(quote, QUOTE)));
    }
    if let Some(signature) = &folded.signature {
        card.insert("signature".to_owned(), json!(cut(signature, SIGNATURE)));
    }
    card.insert("has_html".to_owned(), json!(mail.html.is_some()));
    card.insert("has_remote_images".to_owned(), json!(bubble.is_some_and(|bubble| bubble.has_remote_images)));
    if let Some(list) = &mail.list {
        let mut entry = Map::new();
        if !list.id.is_empty() {
            entry.insert("id".to_owned(), json!(cut(&list.id, 300)));
        }
        if let Some(unsubscribe) = &list.unsubscribe {
            entry.insert("unsubscribe".to_owned(), json!(cut(unsubscribe, 1_000)));
        }
        card.insert("list".to_owned(), Value::Object(entry));
    }
    if mail.auto {
        card.insert("auto".to_owned(), json!(true));
    }
    Value::Object(card)
}

fn people(people: &[Person]) -> Value {
    json!(people.iter().take(PEOPLE).collect::<Vec<_>>())
}

/// At most so many bytes, ended by an ellipsis where something is missing.
fn cut(text: &str, bytes: usize) -> String {
    if text.len() <= bytes {
        return text.to_owned();
    }
    let end = (0..=bytes - 3).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
    format!("{}…", &text[..end])
}
