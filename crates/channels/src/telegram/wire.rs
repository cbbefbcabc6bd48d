//! Reading Telegram's JSON: whatever is missing or of another kind is simply not there.

use serde_json::Value;
use unisono_domain::{Millis, channel::RemoteUser};

/// The last second of the year 9999: later times are no times.
const LAST_SECOND: i64 = 253_402_300_799;

/// A text; empty where there is none.
pub(super) fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    value[key].as_str().unwrap_or_default()
}

/// A Unix time in seconds as ours; 0 where there is none.
pub(super) fn time(value: &Value) -> Millis {
    value.as_i64().unwrap_or_default().clamp(0, LAST_SECOND) * 1_000
}

/// The name of a user or a chat.
pub(super) fn name(who: &Value) -> String {
    let full = [text(who, "title"), text(who, "first_name"), text(who, "last_name")].join(" ");
    let full: String = full.trim().chars().take(200).collect();
    if full.is_empty() { text(who, "username").chars().take(64).collect() } else { full }
}

/// A user, or a chat that speaks for itself.
pub(super) fn user(who: &Value) -> Option<RemoteUser> {
    Some(RemoteUser::new(who["id"].as_i64()?.to_string()).named(Some(name(who))))
}

/// Where a message is: `42` for a chat, `42@CONNECTION` for a chat of the person who has connected
/// the bot to their own account (<https://core.telegram.org/bots/features#bots-for-business>).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Place {
    pub chat: i64,
    pub business: Option<String>,
}

impl Place {
    pub fn of(message: &Value) -> Option<Self> {
        let business = message["business_connection_id"].as_str().filter(|id| !id.is_empty() && id.len() <= 100);
        Some(Self { chat: message["chat"]["id"].as_i64()?, business: business.map(str::to_owned) })
    }

    pub fn parse(id: &str) -> Option<Self> {
        let (chat, business) = id.split_once('@').map_or((id, None), |(chat, business)| (chat, Some(business)));
        Some(Self { chat: chat.parse().ok()?, business: business.map(str::to_owned) })
    }

    /// A message in it. Telegram counts messages by chat.
    pub fn message(&self, number: i64) -> String {
        format!("{self}/{number}")
    }

    /// A message's place and number.
    pub fn parse_message(id: &str) -> Option<(Self, i64)> {
        let (place, number) = id.rsplit_once('/')?;
        Some((Self::parse(place)?, number.parse().ok()?))
    }
}

impl std::fmt::Display for Place {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.business {
            Some(business) => write!(formatter, "{}@{business}", self.chat),
            None => write!(formatter, "{}", self.chat),
        }
    }
}
