//! Our events as what a network takes: collected in a transaction, then fitted to what the network
//! can carry. What it cannot carry is made simpler or refused with the reason, never dropped.

use std::collections::HashSet;

use ruma::{EventId, MxcUri, OwnedEventId};
use serde_json::{Map, Value};
use unisono_domain::{
    Millis,
    channel::{
        AccountId, Capabilities, ChatId, Formatting, Media, MediaSource, MessageRef, Outbound, OutboundBody, Part,
        PartKind, PortalKey, RemoteId, Support,
    },
    room::Pdu,
    text::Text,
};
use unisono_store::{
    Tx,
    hub::{
        accounts::{self, AccountRow},
        messages::{self, MessageRow},
        outbox::OutboxRow,
        portals,
    },
    profiles,
    rooms::{events, room, state},
};

use super::{cards, content::EMOTE, outcome::Noted};
use crate::{Engine, Error, Result};

/// What is to be sent, as far as the store knows it.
#[derive(Clone, Debug)]
pub(super) struct Draft {
    pub account: AccountRow,
    portal: PortalKey,
    kind: String,
    content: Value,
    sent_at: Millis,
    sender_name: Option<String>,
    subject: Option<String>,
    /// What the event edits, reacts to or removes.
    target: Option<Target>,
    reply_to: Option<MessageRef>,
    last: Option<MessageRef>,
    last_received: Option<MessageRef>,
    /// Pieces that were sent before a crash.
    pub done: HashSet<String>,
}

#[derive(Clone, Debug)]
struct Target {
    row: MessageRow,
    message: MessageRef,
}

/// One call of [`unisono_domain::channel::Session::send`].
#[derive(Clone, Debug)]
pub(super) struct Piece {
    pub outbound: Outbound,
    pub noted: Noted,
}

#[derive(Clone, Debug)]
pub(super) enum Composed {
    Send(Vec<Piece>),
    Refuse(Text),
    /// There is nothing to send (any more).
    Nothing,
}

/// A stored message as its adapter knows it.
pub(super) fn message_ref(row: &MessageRow) -> MessageRef {
    let data = row.data.as_deref().and_then(|data| serde_json::from_str(data).ok()).unwrap_or_default();
    MessageRef { id: RemoteId::new(&row.remote_id), data }
}

/// The same from any part: the notes are on the first.
fn whole_message(tx: &mut Tx<'_>, row: &MessageRow) -> Result<MessageRef> {
    if row.data.is_some() {
        return Ok(message_ref(row));
    }
    let parts = messages::list(tx, row.portal_no, &row.remote_id, "message")?;
    Ok(message_ref(parts.iter().find(|part| part.data.is_some()).unwrap_or(row)))
}

#[derive(Default, serde::Deserialize)]
struct Relating {
    #[serde(rename = "m.relates_to", default)]
    relates_to: Relation,
    redacts: Option<OwnedEventId>,
}

#[derive(Default, serde::Deserialize)]
struct Relation {
    rel_type: Option<String>,
    event_id: Option<OwnedEventId>,
    #[serde(rename = "m.in_reply_to")]
    in_reply_to: Option<ReplyTo>,
}

#[derive(serde::Deserialize)]
struct ReplyTo {
    event_id: Option<OwnedEventId>,
}

/// Reads everything that sending a row needs. `None`: the event is gone.
pub(super) fn collect(tx: &mut Tx<'_>, row: &OutboxRow) -> Result<Option<Draft>> {
    let account = accounts::get(tx, row.account_id)?;
    let portal = portals::get(tx, row.portal_no)?;
    let Some(event) = events::find(tx, &row.event_id)? else { return Ok(None) };
    if event.redacted_by.is_some() && row.kind != "read" {
        return Ok(None);
    }
    let pdu = Pdu::parse(event.event_id.clone(), &event.pdu).map_err(Error::internal)?;
    let content: Value = pdu.content_as().map_err(Error::internal)?;
    let relating: Relating = serde_json::from_value(content.clone()).unwrap_or_default();
    let relation = relating.relates_to;

    let target = match event.kind.as_str() {
        "m.room.redaction" => pdu.redacts.or(relating.redacts),
        _ if matches!(relation.rel_type.as_deref(), Some("m.replace" | "m.annotation")) => relation.event_id,
        _ => None,
    };
    let target = match &target {
        Some(target) => find_target(tx, target)?,
        None => None,
    };
    let reply_to = match relation.in_reply_to.and_then(|reply| reply.event_id) {
        Some(event_id) => match messages::find_event(tx, &event_id)?.filter(|row| row.kind == "message") {
            Some(row) => Some(whole_message(tx, &row)?),
            None => None,
        },
        None => None,
    };
    let last = messages::find_newest(tx, row.portal_no, row.position)?;
    let last_received = messages::list_received(tx, row.portal_no, row.position, 1)?;
    // A read mark names an event that is known already, and is no piece of it.
    let done = match row.kind.as_str() {
        "read" => HashSet::new(),
        _ => messages::list_parts_of_event(tx, &row.event_id)?.into_iter().collect(),
    };
    let sender_name = if event.sender == account.owner {
        None
    } else {
        profiles::find(tx, &event.sender)?.and_then(|profile| profile.display_name)
    };
    Ok(Some(Draft {
        portal: PortalKey {
            chat: ChatId::new(&portal.chat),
            receiver: (portal.receiver != 0).then_some(AccountId(portal.receiver)),
        },
        kind: if row.kind == "read" { "read".to_owned() } else { event.kind },
        content,
        sent_at: i64::from(pdu.origin_server_ts.get()),
        sender_name,
        subject: room_name(tx, portal.room_no)?,
        target,
        reply_to,
        last: last.as_ref().map(message_ref),
        last_received: last_received.first().map(message_ref),
        done,
        account,
    }))
}

fn find_target(tx: &mut Tx<'_>, event_id: &EventId) -> Result<Option<Target>> {
    let Some(row) = messages::find_event(tx, event_id)? else { return Ok(None) };
    let message = match row.kind.as_str() {
        "message" => whole_message(tx, &row)?,
        // A reaction's row carries its target's id.
        _ => match messages::list(tx, row.portal_no, &row.remote_id, "message")?.first() {
            Some(first) => whole_message(tx, first)?,
            None => message_ref(&row),
        },
    };
    Ok(Some(Target { row, message }))
}

fn room_name(tx: &mut Tx<'_>, room_no: Option<i64>) -> Result<Option<String>> {
    let Some(room_no) = room_no else { return Ok(None) };
    let row = room::get(tx, room_no)?;
    let Some((event_id, json)) = state::find_pdu(tx, row.room_no, "m.room.name", "")? else { return Ok(None) };
    let pdu = Pdu::parse(event_id, &json).map_err(Error::internal)?;
    let content: Value = pdu.content_as().map_err(Error::internal)?;
    Ok(content["name"].as_str().map(ToOwned::to_owned).filter(|name| !name.is_empty()))
}

const NEVER_SENT: Text =
    Text::new("What this refers to is not known to the network.", "Worauf sich das bezieht, kennt das Netz nicht.");
const ENCRYPTED: Text = Text::new(
    "Encrypted messages cannot be carried to this network.",
    "Verschlüsselte Nachrichten können nicht in dieses Netz getragen werden.",
);
const NO_EDITS: Text = Text::new(
    "On this network a message cannot be changed once it is sent.",
    "In diesem Netz lässt sich eine gesendete Nachricht nicht mehr ändern.",
);
const NO_REACTIONS: Text = Text::new("This network has no reactions.", "Dieses Netz kennt keine Reaktionen.");
const NO_DELETION: Text = Text::new(
    "On this network a sent message cannot be taken back; it was removed only here.",
    "In diesem Netz lässt sich eine gesendete Nachricht nicht zurückholen; sie wurde nur hier entfernt.",
);
const NO_FILES: Text =
    Text::new("This network cannot carry this kind of file.", "Dieses Netz kann diese Art von Datei nicht übertragen.");
const EMPTY: Text = Text::new("The message is empty.", "Die Nachricht ist leer.");
const LOST_FILE: Text = Text::new("The file is not here any more.", "Die Datei ist nicht mehr da.");

impl Engine {
    /// Fits a draft to what the network can carry, with the files in it.
    pub(super) async fn compose(&self, row: &OutboxRow, draft: &Draft, able: &Capabilities) -> Result<Composed> {
        let bodies = match self.bodies(draft, able).await? {
            Ok(bodies) => bodies,
            Err(refusal) => return Ok(refusal),
        };
        let pieces = bodies.into_iter().enumerate().map(|(number, (body, noted))| Piece {
            outbound: Outbound {
                portal: draft.portal.clone(),
                txn: if number == 0 { row.txn.clone() } else { format!("{}.{number}", row.txn) },
                sent_at: draft.sent_at,
                sender_name: draft.sender_name.clone(),
                subject: draft.subject.clone(),
                body,
                last: draft.last.clone(),
                last_received: draft.last_received.clone(),
            },
            noted,
        });
        Ok(Composed::Send(pieces.collect()))
    }

    async fn bodies(&self, draft: &Draft, able: &Capabilities) -> Result<std::result::Result<Bodies, Composed>> {
        let refuse = |text: Text| Ok(Err(Composed::Refuse(text)));
        match draft.kind.as_str() {
            "read" => Ok(match &draft.last_received {
                Some(up_to) if able.read_receipts => {
                    Ok(vec![(OutboundBody::Read { up_to: up_to.clone() }, Noted::Nothing)])
                }
                _ => Err(Composed::Nothing),
            }),
            "m.room.encrypted" => refuse(ENCRYPTED),
            "m.reaction" => Ok(reaction(draft, able)),
            "m.room.redaction" => Ok(redaction(draft, able)),
            _ if draft.content["m.relates_to"]["rel_type"] == "m.replace" => {
                let Some(target) = &draft.target else { return refuse(NEVER_SENT) };
                if able.edit == Support::Rejected {
                    return refuse(NO_EDITS);
                }
                let parts = match self.parts(&draft.content["m.new_content"], able).await? {
                    Ok(parts) => parts,
                    Err(text) => return refuse(text),
                };
                Ok(Ok(if able.edit == Support::Full {
                    vec![(OutboundBody::Edit { target: target.message.clone(), parts }, Noted::Edit)]
                } else {
                    split(parts, able, Some(target.message.clone()))
                }))
            }
            _ => match self.parts(&draft.content, able).await? {
                Ok(parts) => {
                    let reply_to = draft.reply_to.clone().filter(|_| able.reply != Support::Rejected);
                    Ok(Ok(split(parts, able, reply_to)))
                }
                Err(text) => refuse(text),
            },
        }
    }

    /// The parts of an `m.room.message`: a text, or a file with its caption.
    async fn parts(&self, content: &Value, able: &Capabilities) -> Result<std::result::Result<Vec<Part>, Text>> {
        let text = |key: &str| content[key].as_str().unwrap_or_default();
        let Some(url) = content["url"].as_str() else {
            let fallback = [text("body"), text("org.matrix.msc1767.text")];
            let body = fallback.into_iter().find(|text| !text.is_empty()).unwrap_or_default();
            let body = without_fallback(body);
            if body.trim().is_empty() {
                return Ok(Err(EMPTY));
            }
            let mut part = Part::text("0", body);
            if text("msgtype") == "m.emote" {
                // Who knows such a thing takes it from the key.
                part = part.with(EMOTE, body);
                part.text = format!("* {}", part.text);
            } else if able.formatting != Formatting::Plain && text("format") == "org.matrix.custom.html" {
                part.html = Some(without_mx_reply(text("formatted_body")));
            }
            cards::carry(content, able, &mut part);
            if let Some(geo) = content["geo_uri"].as_str() {
                if able.parts.contains(&PartKind::Location) {
                    part.kind = PartKind::Location;
                    part.extra = Map::from_iter([("geo_uri".to_owned(), Value::from(geo))]);
                } else {
                    part.text = format!("{}\n{geo}", part.text);
                }
            }
            return Ok(Ok(vec![part]));
        };
        let (media, bytes) = match self.read_media(<&MxcUri>::from(url)).await {
            Ok(found) => found,
            Err(Error::NotFound(_)) => return Ok(Err(LOST_FILE)),
            Err(error) => return Err(error),
        };
        if let Some(most) = able.max_file.filter(|most| bytes.len() as u64 > *most) {
            return Ok(Err(too_large(bytes.len() as u64, most)));
        }
        let Some(kind) = carried_kind(content, able) else { return Ok(Err(NO_FILES)) };
        let body = text("body");
        let named = text("filename");
        let name = [named, media.name.as_deref().unwrap_or_default(), body, "file"];
        let name = name.into_iter().find(|name| !name.is_empty()).unwrap_or_default().to_owned();
        let caption = if !named.is_empty() && named != body { body } else { "" };
        let mut part = Part::text("0", caption);
        part.kind = kind;
        part.media = Some(Media {
            size: Some(bytes.len() as u64),
            source: MediaSource::Bytes(bytes),
            name,
            mime: content["info"]["mimetype"].as_str().map_or(media.mime, ToOwned::to_owned),
            content_id: None,
        });
        if !caption.is_empty() && able.formatting != Formatting::Plain && text("format") == "org.matrix.custom.html" {
            part.html = Some(without_mx_reply(text("formatted_body")));
        }
        Ok(Ok(vec![part]))
    }
}

type Bodies = Vec<(OutboundBody, Noted)>;

fn reaction(draft: &Draft, able: &Capabilities) -> std::result::Result<Bodies, Composed> {
    let Some(target) = &draft.target else { return Err(Composed::Refuse(NEVER_SENT)) };
    let key = draft.content["m.relates_to"]["key"].as_str().unwrap_or_default().to_owned();
    match able.reaction {
        Support::Full => {
            let noted = Noted::Reaction { target: target.message.id.clone(), key: key.clone() };
            Ok(vec![(OutboundBody::Reaction { target: target.message.clone(), key }, noted)])
        }
        Support::Degraded => Ok(split(vec![Part::text("0", key)], able, Some(target.message.clone()))),
        Support::Rejected => Err(Composed::Refuse(NO_REACTIONS)),
    }
}

fn redaction(draft: &Draft, able: &Capabilities) -> std::result::Result<Bodies, Composed> {
    // What others wrote, and what never went out, is removed here alone.
    let Some(target) = draft.target.as_ref().filter(|target| target.row.mine) else { return Err(Composed::Nothing) };
    let message = target.message.clone();
    if target.row.kind == "reaction" {
        let key = target.row.part.split_once('\n').map(|(_, key)| key.to_owned()).unwrap_or_default();
        return Ok(vec![(OutboundBody::ReactionRemove { target: message, key }, Noted::Nothing)]);
    }
    match able.delete {
        Support::Full => Ok(vec![(OutboundBody::Delete { target: message }, Noted::Nothing)]),
        Support::Degraded | Support::Rejected => Err(Composed::Refuse(NO_DELETION)),
    }
}

fn too_large(size: u64, most: u64) -> Text {
    // Rounded so that the file never looks smaller than what is allowed.
    let (size, most) = (size.div_ceil(1_000_000), most / 1_000_000);
    Text::owned(
        format!("The file has {size} MB; this network carries at most {most} MB."),
        format!("Die Datei hat {size} MB; dieses Netz überträgt höchstens {most} MB."),
    )
}

/// As what a file is carried: as what it is, else as a plain file.
fn carried_kind(content: &Value, able: &Capabilities) -> Option<PartKind> {
    let voice = !content["org.matrix.msc3245.voice"].is_null();
    let wishes: &[PartKind] = match content["msgtype"].as_str() {
        Some("m.image") | None => &[PartKind::Image, PartKind::File],
        Some("m.audio") if voice => &[PartKind::Voice, PartKind::Audio, PartKind::File],
        Some("m.audio") => &[PartKind::Audio, PartKind::File],
        Some("m.video") => &[PartKind::Video, PartKind::File],
        Some(_) if content["info"]["mimetype"] == "text/vcard" => &[PartKind::Contact, PartKind::File],
        Some(_) => &[PartKind::File],
    };
    wishes.iter().copied().find(|kind| able.parts.contains(kind))
}

/// Splits what the network does not take in one message.
fn split(parts: Vec<Part>, able: &Capabilities, mut reply_to: Option<MessageRef>) -> Bodies {
    let mut messages: Vec<Part> = Vec::new();
    for mut part in parts {
        let long = able.max_caption.is_some_and(|most| part.text.chars().count() > most);
        if part.media.is_some() && !part.text.is_empty() && (!able.captions || long) {
            let caption = std::mem::take(&mut part.text);
            part.html = None;
            messages.push(part);
            messages.extend(chunks(&caption, able.max_text).into_iter().map(|chunk| Part::text("0", chunk)));
        } else if part.media.is_none() && able.max_text.is_some_and(|most| part.text.chars().count() > most) {
            messages.extend(chunks(&part.text, able.max_text).into_iter().map(|chunk| Part::text("0", chunk)));
        } else {
            messages.push(part);
        }
    }
    let messages = messages.into_iter().enumerate().map(|(piece, part)| {
        // Only the first one answers.
        let reply_to = reply_to.take();
        (OutboundBody::Message { parts: vec![part], reply_to }, Noted::Message { piece })
    });
    messages.collect()
}

/// Cuts a text at line ends or blanks into pieces of at most `most` characters.
fn chunks(text: &str, most: Option<usize>) -> Vec<String> {
    let most = most.unwrap_or(usize::MAX).max(1);
    let mut chunks = Vec::new();
    let mut rest = text;
    while let Some((end, _)) = rest.char_indices().nth(most) {
        let piece = &rest[..end];
        let at = piece.rfind('\n').or_else(|| piece.rfind(' ')).filter(|at| *at > end / 2).map_or(end, |at| at + 1);
        chunks.push(rest[..at].trim_end().to_owned());
        rest = &rest[at..];
    }
    if !rest.is_empty() {
        chunks.push(rest.to_owned());
    }
    chunks
}

/// Older clients put the answered message before the answer (specification before v1.13).
fn without_fallback(body: &str) -> &str {
    let mut rest = body;
    if !rest.starts_with("> <") {
        return body;
    }
    while rest.starts_with('>') {
        match rest.split_once('\n') {
            Some((_, after)) => rest = after,
            None => return body,
        }
    }
    rest.trim_start_matches('\n')
}

fn without_mx_reply(html: &str) -> String {
    match (html.find("<mx-reply>"), html.find("</mx-reply>")) {
        (Some(start), Some(end)) if start < end => format!("{}{}", &html[..start], &html[end + "</mx-reply>".len()..]),
        _ => html.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_text_is_cut_between_words_and_nothing_is_lost() {
        let text = "one two three four five six seven";
        let pieces = chunks(text, Some(12));
        assert!(pieces.iter().all(|piece| piece.chars().count() <= 12), "{pieces:?}");
        assert_eq!(pieces.join(" "), text);
        assert_eq!(chunks("ääääää", Some(4)), ["ääää", "ää"]);
    }

    #[test]
    fn a_caption_that_is_too_long_follows_its_file() {
        let able = Capabilities { captions: true, max_caption: Some(5), ..Capabilities::TEXT };
        let file = |caption: &str| Part::media("0", PartKind::File, Media::bytes("x", "a.txt", "text/plain"), caption);
        let texts = |caption: &str| -> Vec<String> {
            let bodies = split(vec![file(caption)], &able, None).into_iter();
            bodies
                .map(|(body, _)| match body {
                    OutboundBody::Message { parts, .. } => parts[0].text.clone(),
                    _ => String::new(),
                })
                .collect()
        };
        assert_eq!(texts("short"), ["short"]);
        assert_eq!(texts("longer"), ["", "longer"]);
    }

    #[test]
    fn the_quote_that_older_clients_add_does_not_go_out() {
        assert_eq!(without_fallback("> <@a:b> hi\n> there\n\nyes"), "yes");
        assert_eq!(without_fallback("> I quote myself"), "> I quote myself");
        assert_eq!(without_mx_reply("<mx-reply>x</mx-reply><b>yes</b>"), "<b>yes</b>");
    }
}
