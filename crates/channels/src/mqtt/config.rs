//! What an account is made of.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use unisono_domain::channel::{Account, AccountId};

use super::pattern::Pattern;

/// How to get in. Stored encrypted.
#[derive(Clone, Serialize, Deserialize)]
pub struct Credentials {
    pub host: String,
    pub port: u16,
    pub tls: bool,
    pub username: Option<String>,
    pub password: Option<String>,
}

/// What the user may change later. Several patterns are separated by commas.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default)]
pub struct Settings {
    /// `home/{room}/{device}/state`
    pub topics: String,
    /// `home/{room}/{device}/set`
    pub command: String,
    /// What is published there; `{text}` is the message.
    pub template: String,
    /// `home/{room}/{device}/online`
    pub availability: String,
    /// `yes`: values are told that have not changed, too.
    pub repeat: String,
    /// Where Home Assistant's discovery is; empty: it is not looked at.
    pub discovery: String,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            topics: String::new(),
            command: String::new(),
            template: String::new(),
            availability: String::new(),
            repeat: "no".to_owned(),
            discovery: "homeassistant".to_owned(),
        }
    }
}

impl Settings {
    pub fn read(value: &Value) -> Self {
        serde_json::from_value(value.clone()).unwrap_or_default()
    }
}

/// The patterns in a setting; what is none is left out.
pub fn patterns(setting: &str) -> Vec<Pattern> {
    setting.split([',', ';', '\n']).filter_map(Pattern::read).collect()
}

/// The first of a setting's patterns that is none.
pub fn find_malformed(setting: &str) -> Option<&str> {
    let mut all = setting.split([',', ';', '\n']).map(str::trim).filter(|text| !text.is_empty());
    all.find(|text| Pattern::read(text).is_none())
}

/// An account, ready for use.
pub struct Login {
    pub id: AccountId,
    pub credentials: Credentials,
    pub client_id: String,
    pub topics: Vec<Pattern>,
    pub commands: Vec<Pattern>,
    pub availability: Vec<Pattern>,
    pub template: String,
    pub repeat: bool,
    pub discovery: Option<String>,
}

impl Login {
    pub fn read(account: &Account) -> Result<Self, serde_json::Error> {
        let settings = Settings::read(&account.settings);
        let discovery = settings.discovery.trim().trim_matches('/');
        // A broker keeps what comes meanwhile for a client that it knows again; 23 letters are what
        // every one takes (MQTT 3.1.1, section 3.1.3.1).
        let name = Sha256::digest(format!("{} {} {}", account.id, account.remote_id, account.hook));
        let client_id = name.iter().take(7).fold("unisono-".to_owned(), |id, byte| format!("{id}{byte:02x}"));
        Ok(Self {
            id: account.id,
            credentials: serde_json::from_value(account.credentials.clone())?,
            client_id,
            topics: patterns(&settings.topics),
            commands: patterns(&settings.command),
            availability: patterns(&settings.availability),
            template: settings.template.trim().to_owned(),
            repeat: settings.repeat == "yes",
            discovery: (!discovery.is_empty() && !discovery.contains(['+', '#'])).then(|| discovery.to_owned()),
        })
    }
}
