//! What is stored of a connected mailbox.

use serde::{Deserialize, Serialize};
use unisono_domain::channel::Account;

use super::message::normalise;

/// How a connection is protected.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Security {
    /// TLS from the first byte.
    Tls,
    StartTls,
    /// Unencrypted: only within this machine or a private network that the operator opened.
    None,
}

impl Security {
    pub fn parse(word: &str) -> Option<Self> {
        match word.to_ascii_lowercase().as_str() {
            "tls" | "ssl" => Some(Self::Tls),
            "starttls" => Some(Self::StartTls),
            "none" | "plain" => Some(Self::None),
            _ => None,
        }
    }

    pub fn word(self) -> &'static str {
        match self {
            Self::Tls => "tls",
            Self::StartTls => "starttls",
            Self::None => "none",
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Server {
    pub host: String,
    pub port: u16,
    pub security: Security,
    pub username: String,
}

/// Kept encrypted by the hub.
#[derive(Clone, Serialize, Deserialize)]
pub struct Credentials {
    pub address: String,
    pub password: String,
    pub imap: Server,
    pub smtp: Server,
}

/// How mails become conversations.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Threading {
    /// By References and In-Reply-To.
    Thread,
    /// By the people in it.
    #[default]
    Correspondent,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Settings {
    pub threading: Threading,
    pub display_name: String,
    pub signature: String,
    /// Further addresses of the owner, separated by commas or blanks.
    pub aliases: String,
}

/// A mailbox with everything needed to work for it.
#[derive(Clone)]
pub struct Mailbox {
    pub account: unisono_domain::channel::AccountId,
    pub credentials: Credentials,
    pub settings: Settings,
}

impl Mailbox {
    /// Reads a stored account; the error names the field that is wrong, never a value.
    pub fn read(account: &Account) -> Result<Self, serde_json::Error> {
        Ok(Self {
            account: account.id,
            credentials: serde_json::from_value(account.credentials.clone())?,
            settings: serde_json::from_value(account.settings.clone()).unwrap_or_default(),
        })
    }

    pub fn owner(&self) -> Owner {
        let mut addresses = vec![normalise(&self.credentials.address)];
        for word in [self.credentials.imap.username.as_str(), self.credentials.smtp.username.as_str()]
            .into_iter()
            .chain(self.settings.aliases.split([',', ' ', ';', '\n']))
        {
            let address = normalise(word);
            if address.contains('@') && !addresses.contains(&address) {
                addresses.push(address);
            }
        }
        Owner { account: self.account, threading: self.settings.threading, addresses }
    }
}

/// Who the mailbox belongs to, as far as conversations depend on it.
#[derive(Clone, Debug)]
pub struct Owner {
    pub account: unisono_domain::channel::AccountId,
    pub threading: Threading,
    /// Normalised; the main one first.
    pub addresses: Vec<String>,
}

impl Owner {
    pub fn has(&self, address: &str) -> bool {
        let address = normalise(address);
        self.addresses.contains(&address)
    }
}
