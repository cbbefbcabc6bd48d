//! A mail as we understand it, whatever way it was written down.

use bytes::Bytes;
use unisono_domain::Millis;

/// Somebody in an address field.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Person {
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub name: Option<String>,
    pub address: String,
}

impl Person {
    /// The address as we compare it: domains never have a case, and mailboxes with one do not occur.
    pub fn key(&self) -> String {
        normalise(&self.address)
    }
}

/// An address as we compare it.
pub fn normalise(address: &str) -> String {
    address.trim().trim_matches(['<', '>']).to_lowercase()
}

/// An attached or embedded file.
#[derive(Clone, Debug, PartialEq)]
pub struct Attachment {
    /// Its place in the MIME tree: stable when the mail is read again.
    pub place: u32,
    pub name: String,
    pub mime: String,
    pub bytes: Bytes,
    pub content_id: Option<String>,
}

/// Header fields of a mailing list (RFC 2369, RFC 2919).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct List {
    pub id: String,
    pub name: Option<String>,
    pub post: Option<String>,
    pub unsubscribe: Option<String>,
}

/// A machine's word on a mail of ours (RFC 3464, RFC 8098).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// Message-ID of the mail that it is about.
    pub about: String,
    pub recipient: Option<String>,
    pub fate: Fate,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fate {
    /// With the words of the server that refused it.
    Failed(String),
    Delayed,
    Delivered,
    Read,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Mail {
    /// The Message-ID without brackets, else a hash of the mail's bytes.
    pub id: String,
    /// Whether `id` is a Message-ID that others know, too.
    pub has_message_id: bool,
    pub from: Vec<Person>,
    pub reply_to: Vec<Person>,
    pub to: Vec<Person>,
    pub cc: Vec<Person>,
    pub followup_to: Vec<Person>,
    /// Whom the servers on the way handed it to: our own other addresses.
    pub delivered_to: Vec<String>,
    pub subject: String,
    pub date: Millis,
    pub in_reply_to: Vec<String>,
    pub references: Vec<String>,
    pub text: String,
    /// As the sender wrote it: not safe to show.
    pub html: Option<String>,
    pub attachments: Vec<Attachment>,
    pub list: Option<List>,
    /// Written by a machine (RFC 3834): never to be answered by one.
    pub auto: bool,
    pub report: Option<Report>,
}

impl Mail {
    /// The ids by which this mail says what it answers, oldest first.
    pub fn ancestors(&self) -> Vec<&str> {
        let mut ancestors: Vec<&str> = self.references.iter().map(String::as_str).collect();
        for id in &self.in_reply_to {
            if !ancestors.contains(&id.as_str()) {
                ancestors.push(id);
            }
        }
        ancestors.retain(|id| *id != self.id);
        ancestors
    }
}
