//! Signing in to a network: a step machine that the web wizard, the REST API and the command line
//! drive alike. Its state is a JSON value, so a login survives a restart of the server.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use url::Url;

use super::RequestError;
use crate::{net::OutboundGuard, text::Text};

/// One way to sign in ("address and password", "QR code").
#[derive(Clone, Debug, Serialize)]
pub struct LoginFlow {
    pub id: &'static str,
    pub name: Text,
}

/// What the user does next.
#[derive(Clone, Debug)]
pub enum LoginInput {
    Start {
        flow: String,
    },
    Submit(BTreeMap<String, String>),
    /// Waits for something outside, such as a QR code being scanned. Returns within 30 seconds,
    /// with the same step if nothing happened.
    Wait,
}

/// What a login may use.
#[derive(Clone, Debug)]
pub struct LoginContext {
    pub guard: OutboundGuard,
    /// Present time, milliseconds since 1970.
    pub now: crate::Millis,
    /// Where the network reaches us from outside, for webhooks and OAuth; `None` on a private machine.
    pub public_url: Option<Url>,
}

/// The next step and what is needed to go on from it.
#[derive(Clone, Debug)]
pub struct LoginReply {
    pub state: serde_json::Value,
    pub step: LoginStep,
}

#[derive(Clone, Debug, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum LoginStep {
    /// Asks for input. `message` explains, for example why manual fields are needed now.
    Fields {
        title: Text,
        message: Option<Text>,
        fields: Vec<LoginField>,
    },
    /// Shows a QR code or a code and waits.
    Show {
        title: Text,
        message: Text,
        display: Display,
    },
    /// Opens a page of the vendor (OAuth) and waits.
    OpenPage {
        title: Text,
        url: Url,
    },
    Done(#[serde(skip)] NewAccount),
}

#[derive(Clone, Debug, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Display {
    Qr { data: String },
    Code { data: String },
}

#[derive(Clone, Debug, Serialize)]
pub struct LoginField {
    pub id: &'static str,
    pub kind: FieldKind,
    pub label: Text,
    pub hint: Option<Text>,
    /// What the field holds at first.
    pub value: Option<String>,
    pub required: bool,
    /// For [`FieldKind::Select`].
    pub options: Vec<FieldOption>,
}

impl LoginField {
    /// A field that has to be filled in.
    pub fn new(id: &'static str, kind: FieldKind, label: Text) -> Self {
        Self { id, kind, label, hint: None, value: None, required: true, options: Vec::new() }
    }

    pub fn text(id: &'static str, label: Text) -> Self {
        Self::new(id, FieldKind::Text, label)
    }

    pub fn secret(id: &'static str, label: Text) -> Self {
        Self::new(id, FieldKind::Secret, label)
    }

    /// The same with a word on what belongs there.
    #[must_use]
    pub fn hint(self, hint: Text) -> Self {
        Self { hint: Some(hint), ..self }
    }

    /// The same, filled in already.
    #[must_use]
    pub fn value(self, value: impl Into<String>) -> Self {
        Self { value: Some(value.into()), ..self }
    }

    /// The same, to be left empty if one likes.
    #[must_use]
    pub fn optional(self) -> Self {
        Self { required: false, ..self }
    }
}

#[derive(Clone, Debug, Serialize)]
pub struct FieldOption {
    pub value: &'static str,
    pub label: Text,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum FieldKind {
    Text,
    Secret,
    Phone,
    Email,
    Url,
    Number,
    Select,
    Code,
}

/// A finished login, to be stored.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct NewAccount {
    /// The account's own id on the network (mail address, phone number, bot id). Logging in again
    /// with the same one renews the account instead of adding a second.
    pub remote_id: String,
    pub display_name: String,
    /// Passwords, tokens, servers: stored encrypted, given back to the channel in [`super::Account`].
    pub credentials: serde_json::Value,
    /// What the user can change later and may be shown, such as how mails become conversations.
    pub settings: serde_json::Value,
}

/// A step failed. The user stays where they are and sees why.
#[derive(Debug, thiserror::Error)]
pub enum LoginError {
    /// The input is wrong; `field` says which.
    #[error("{}", message.en)]
    Invalid { field: Option<&'static str>, message: Text },
    #[error("{}", .0.en)]
    BadCredentials(Text),
    #[error("{}", .0.en)]
    Unavailable(Text),
    #[error("there is no such login flow or step")]
    NoSuchStep,
}

impl From<RequestError> for LoginError {
    fn from(error: RequestError) -> Self {
        Self::Unavailable(Text::verbatim(&error.to_string()))
    }
}
