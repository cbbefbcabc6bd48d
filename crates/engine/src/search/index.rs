//! Which words of an event can be searched for, kept up to date with edits and redactions.

use ruma::OwnedEventId;
use serde::Deserialize;
use unisono_domain::room::Pdu;
use unisono_store::{
    Tx,
    rooms::events::{self, EventRow},
    search::{self, Entry, Words},
};

use crate::{Error, Result};

/// Longer texts are searched only so far, in bytes.
const MAX_TEXT: usize = 64 * 1024;

#[derive(Default, Deserialize)]
struct Content {
    body: Option<String>,
    filename: Option<String>,
    name: Option<String>,
    topic: Option<String>,
    #[serde(rename = "org.unisono.email")]
    email: Option<Email>,
    #[serde(rename = "m.new_content")]
    new_content: Option<Box<Self>>,
    #[serde(rename = "m.relates_to")]
    relates_to: Option<Relation>,
}

#[derive(Deserialize)]
struct Email {
    subject: Option<String>,
}

#[derive(Deserialize)]
struct Relation {
    rel_type: Option<String>,
    event_id: Option<OwnedEventId>,
}

impl Content {
    /// The event that this one is an edit of.
    fn replaces(&self) -> Option<&OwnedEventId> {
        let relation = self.relates_to.as_ref()?;
        relation.event_id.as_ref().filter(|_| relation.rel_type.as_deref() == Some("m.replace"))
    }

    fn words(self) -> Words {
        let subject = self.email.and_then(|email| email.subject);
        let filename = self.filename.filter(|name| Some(name) != self.body.as_ref());
        let body: Vec<String> = [subject, self.body, filename].into_iter().flatten().collect();
        Words {
            body: cut(body.join("\n")),
            name: cut(self.name.unwrap_or_default()),
            topic: cut(self.topic.unwrap_or_default()),
        }
    }
}

fn cut(mut text: String) -> String {
    let mut end = text.len().min(MAX_TEXT);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.truncate(end);
    text
}

/// Makes an event findable, if it says anything in the clear; an edit changes by which words its
/// original is found. Malformed content is not found, and no error.
pub(crate) fn add(tx: &mut Tx<'_>, row: &EventRow, pdu: &Pdu) -> Result<()> {
    let Some(content) = read(row, pdu) else { return Ok(()) };
    match content.replaces().cloned() {
        None => put(tx, row, pdu, content),
        Some(original) => {
            let Some(original) = events::find(tx, &original)? else { return Ok(()) };
            if original.sender != row.sender || original.room_no != row.room_no || original.redacted_by.is_some() {
                return Ok(());
            }
            let Some(new_content) = content.new_content else { return Ok(()) };
            let pdu = Pdu::parse(original.event_id.clone(), &original.pdu).map_err(Error::internal)?;
            put(tx, &original, &pdu, *new_content)
        }
    }
}

/// Makes an event unfindable that is being redacted. Taking back an edit brings back the words of
/// its original.
pub(crate) fn remove(tx: &mut Tx<'_>, row: &EventRow) -> Result<()> {
    search::delete(tx, row.position)?;
    let pdu = Pdu::parse(row.event_id.clone(), &row.pdu).map_err(Error::internal)?;
    let Some(original) = read(row, &pdu).and_then(|content| content.replaces().cloned()) else { return Ok(()) };
    match events::find(tx, &original)? {
        Some(original) if original.room_no == row.room_no && original.redacted_by.is_none() => {
            let pdu = Pdu::parse(original.event_id.clone(), &original.pdu).map_err(Error::internal)?;
            add(tx, &original, &pdu)
        }
        _ => Ok(()),
    }
}

fn read(row: &EventRow, pdu: &Pdu) -> Option<Content> {
    let findable = match row.kind.as_str() {
        "m.room.message" => row.state_key.is_none(),
        "m.room.name" | "m.room.topic" => row.state_key.as_deref() == Some(""),
        _ => false,
    };
    if findable { pdu.content_as().ok() } else { None }
}

fn put(tx: &mut Tx<'_>, row: &EventRow, pdu: &Pdu, content: Content) -> Result<()> {
    let words = content.words();
    if words == Words::default() {
        return Ok(());
    }
    let at = i64::try_from(u64::from(pdu.origin_server_ts.0)).map_err(Error::internal)?;
    let entry = Entry { position: row.position, room_no: row.room_no, sender: &row.sender, at };
    Ok(search::set(tx, entry, &words)?)
}
