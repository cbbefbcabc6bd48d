//! What an account is made of.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use unisono_domain::channel::{Account, AccountId};

use super::names::is_channel_name;

/// How to get in. Stored encrypted.
#[derive(Clone, Serialize, Deserialize)]
pub struct Credentials {
    pub host: String,
    pub port: u16,
    pub tls: bool,
    pub nick: String,
    pub real_name: String,
    /// Of the server itself, as private ones and bouncers want it.
    pub server_password: Option<String>,
    /// Of the account that the nick is registered to.
    pub account: Option<String>,
    pub password: Option<String>,
}

/// What the user may change later.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Settings {
    /// Channels to be in, with their keys: `#one, #two key`.
    pub channels: String,
    /// Masks of people whose messages are dropped.
    pub ignore: String,
}

impl Settings {
    pub fn read(value: &Value) -> Self {
        serde_json::from_value(value.clone()).unwrap_or_default()
    }

    /// The channels with their keys.
    pub fn channels(&self) -> Vec<(String, Option<String>)> {
        self.channels.split([',', ';', '\n']).filter_map(channel_and_key).collect()
    }

    pub fn ignored(&self) -> impl Iterator<Item = &str> {
        self.ignore.split([',', ';', '\n', ' ']).map(str::trim).filter(|mask| !mask.is_empty())
    }
}

/// Reads `#channel` or `#channel key`.
pub fn channel_and_key(words: &str) -> Option<(String, Option<String>)> {
    let mut words = words.split_whitespace();
    let name = words.next().filter(|name| is_channel_name(name))?;
    let key = words.next().map(ToOwned::to_owned);
    // `,` would begin another channel's key.
    let fits = words.next().is_none() && !key.as_deref().is_some_and(|key| key.contains(',') || key.starts_with(':'));
    fits.then(|| (name.to_owned(), key))
}

/// An account, ready for use.
#[derive(Clone)]
pub struct Login {
    pub id: AccountId,
    pub credentials: Credentials,
    pub settings: Settings,
}

impl Login {
    pub fn read(account: &Account) -> Result<Self, serde_json::Error> {
        Ok(Self {
            id: account.id,
            credentials: serde_json::from_value(account.credentials.clone())?,
            settings: Settings::read(&account.settings),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn channels_are_read_as_people_write_them() {
        let settings =
            Settings { channels: "#one, #two key;\n#three  , nonsense, #a b c".to_owned(), ..Settings::default() };
        let expected = [("#one", None), ("#two", Some("key")), ("#three", None)];
        let expected: Vec<_> =
            expected.iter().map(|(name, key)| ((*name).to_owned(), key.map(ToOwned::to_owned))).collect();
        assert_eq!(settings.channels(), expected);
    }
}
