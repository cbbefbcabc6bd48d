//! What the gateway tells of servers and channels, so that chats have names.

use std::collections::HashMap;

use serde_json::Value;
use unisono_domain::channel::{ChatInfo, ChatKind, RemoteUser};

/// Channels kept.
const MOST: usize = 100_000;

#[derive(Clone, Debug, Default)]
pub(super) struct Places {
    channels: HashMap<String, ChatInfo>,
    /// Servers, for looking up people by name.
    pub guilds: Vec<String>,
    /// A server's own emoji that were seen, by name.
    pub emoji: HashMap<String, String>,
}

impl Places {
    pub(super) fn find(&self, channel: &str) -> Option<&ChatInfo> {
        self.channels.get(channel)
    }

    /// A server with its channels and threads; gives the channels that people write in, with their
    /// newest message.
    pub(super) fn note_guild(&mut self, guild: &Value) -> Vec<(String, u64)> {
        let name = guild["name"].as_str();
        if let Some(id) = guild["id"].as_str()
            && !self.guilds.iter().any(|known| known == id)
        {
            self.guilds.push(id.to_owned());
        }
        let mut found = Vec::new();
        for list in [&guild["channels"], &guild["threads"]] {
            for channel in list.as_array().into_iter().flatten() {
                self.note_channel(channel, name);
                let newest = channel["last_message_id"].as_str().and_then(|id| id.parse().ok());
                if let (Some(id), Some(newest)) = (channel["id"].as_str(), newest) {
                    found.push((id.to_owned(), newest));
                }
            }
        }
        found
    }

    pub(super) fn note_channel(&mut self, channel: &Value, guild: Option<&str>) {
        if let Some(id) = channel["id"].as_str()
            && self.channels.len() < MOST
        {
            self.channels.insert(id.to_owned(), chat(channel, guild));
        }
    }

    pub(super) fn forget(&mut self, channel: &str) {
        self.channels.remove(channel);
    }
}

/// A channel as a chat (<https://discord.com/developers/docs/resources/channel>).
pub(super) fn chat(channel: &Value, guild: Option<&str>) -> ChatInfo {
    let recipients = channel["recipients"].as_array().into_iter().flatten().filter_map(user);
    let members: Vec<RemoteUser> = recipients.collect();
    if channel["type"] == 1 {
        return ChatInfo { kind: ChatKind::Direct, name: None, topic: None, avatar: None, members };
    }
    let name = channel["name"].as_str().filter(|name| !name.is_empty());
    let name = match (name, guild) {
        (Some(name), Some(guild)) => Some(format!("#{name} · {guild}")),
        (Some(name), None) => Some(format!("#{name}")),
        (None, _) => None,
    };
    let topic = channel["topic"].as_str().filter(|topic| !topic.is_empty()).map(ToOwned::to_owned);
    ChatInfo { kind: ChatKind::Group, name, topic, avatar: None, members }
}

/// A user by the name that they chose.
pub(super) fn user(user: &Value) -> Option<RemoteUser> {
    let id = user["id"].as_str().filter(|id| !id.is_empty())?;
    Some(RemoteUser::new(id).named(name(user)))
}

pub(super) fn name(user: &Value) -> Option<&str> {
    user["global_name"].as_str().filter(|name| !name.is_empty()).or_else(|| user["username"].as_str())
}
