//! What we note about every message, to be given back when it is answered or read.

use serde::{Deserialize, Serialize};
use unisono_domain::{Millis, channel::MessageRef};

use super::message::{Mail, Person};

/// More is not needed to quote a mail in the answer to it.
const EXCERPT: usize = 2_000;
/// Long reference lists keep the root and the newest (RFC 5322 section 3.6.4 allows it in practice).
const REFERENCES: usize = 30;

/// Where a mail lies.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    pub folder: String,
    pub uid_validity: u32,
    pub uid: u32,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Notes {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub place: Option<Place>,
    /// `None` if the mail had no Message-ID that an answer could name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message_id: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub references: Vec<String>,
    pub subject: String,
    /// Whether the owner wrote it.
    pub own: bool,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub from: Vec<Person>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub reply_to: Vec<Person>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub followup_to: Vec<Person>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub to: Vec<Person>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub cc: Vec<Person>,
    /// Addresses of ours that it was sent to, beside those that the account knows.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub me: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub list_post: Option<String>,
    pub auto: bool,
    pub date: Millis,
    /// The beginning of its text.
    pub text: String,
}

impl Notes {
    pub fn of(mail: &Mail, own: bool, place: Option<Place>) -> Self {
        Self {
            place,
            message_id: mail.has_message_id.then(|| mail.id.split('#').next().unwrap_or_default().to_owned()),
            references: limited(mail.ancestors().into_iter().map(ToOwned::to_owned).collect()),
            subject: mail.subject.chars().take(500).collect(),
            own,
            from: mail.from.clone(),
            reply_to: mail.reply_to.clone(),
            followup_to: mail.followup_to.clone(),
            to: mail.to.iter().take(100).cloned().collect(),
            cc: mail.cc.iter().take(100).cloned().collect(),
            me: if own { Vec::new() } else { mail.delivered_to.clone() },
            list_post: mail.list.as_ref().and_then(|list| list.post.clone()),
            auto: mail.auto,
            date: mail.date,
            text: super::quote::fold(&mail.text).body.chars().take(EXCERPT).collect(),
        }
    }

    /// Notes that are missing or not ours count as empty.
    pub fn read(message: &MessageRef) -> Self {
        serde_json::from_value(message.data.clone()).unwrap_or_default()
    }

    pub fn to_value(&self) -> serde_json::Value {
        serde_json::to_value(self).unwrap_or_default()
    }
}

/// The root and the newest of a long list.
pub fn limited(mut references: Vec<String>) -> Vec<String> {
    if references.len() > REFERENCES {
        references.drain(1..=references.len() - REFERENCES);
    }
    references
}
