//! Names: Slack's events carry only ids, so they are asked for once and kept.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use serde_json::Value;
use unisono_domain::channel::{ChatInfo, ChatKind, RemoteUser};

use super::api::Api;

/// Slack gives three seconds for an answer to its calls; names may take so much of them.
const WITHIN: Duration = Duration::from_millis(1_500);
/// Names asked for at once.
const MOST: usize = 20;
/// Names kept.
const KEPT: usize = 50_000;

/// Who and what is known by name.
#[derive(Clone, Debug, Default)]
pub(super) struct Names {
    pub users: HashMap<String, RemoteUser>,
    pub chats: HashMap<String, ChatInfo>,
}

impl Names {
    pub(super) fn user(&self, id: &str) -> RemoteUser {
        self.users.get(id).cloned().unwrap_or_else(|| RemoteUser::new(id))
    }
}

#[derive(Debug, Default)]
pub(super) struct People(Mutex<Names>);

impl People {
    fn names(&self) -> MutexGuard<'_, Names> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What is known of these users and chats, after asking for what is not. Whoever cannot be asked
    /// about in time stays without a name.
    pub(super) async fn learn(&self, api: &Api, users: &[String], chats: &[String]) -> Names {
        let (new_users, new_chats) = {
            let names = self.names();
            let users = users.iter().filter(|id| !names.users.contains_key(*id)).take(MOST).cloned();
            let chats = chats.iter().filter(|id| !names.chats.contains_key(*id)).take(MOST).cloned();
            (users.collect::<Vec<_>>(), chats.collect::<Vec<_>>())
        };
        let asking = async {
            for id in new_chats {
                if let Ok(answer) = api.ask("conversations.info", &[("channel", &id)]).await {
                    self.note_chat(&answer["channel"]);
                }
            }
            for id in new_users {
                // Bots that post have ids of their own kind.
                if id.starts_with('B') {
                    continue;
                }
                if let Ok(answer) = api.ask("users.info", &[("user", &id)]).await {
                    self.note_user(&answer["user"]);
                }
            }
        };
        let _ = tokio::time::timeout(WITHIN, asking).await;
        let names = self.names();
        Names {
            users: users.iter().filter_map(|id| Some((id.clone(), names.users.get(id)?.clone()))).collect(),
            chats: chats.iter().filter_map(|id| Some((id.clone(), names.chats.get(id)?.clone()))).collect(),
        }
    }

    pub(super) fn note_user(&self, user: &Value) {
        let Some(id) = user["id"].as_str() else { return };
        let mut names = self.names();
        if names.users.len() < KEPT {
            names.users.insert(id.to_owned(), person(id, user));
        }
    }

    pub(super) fn note_chat(&self, chat: &Value) {
        let (Some(id), false) = (chat["id"].as_str(), chat["is_im"] == true) else { return };
        let mut names = self.names();
        if names.chats.len() < KEPT {
            names.chats.insert(id.to_owned(), group(chat));
        }
    }

    /// Forgets a chat whose name has changed.
    pub(super) fn forget_chat(&self, id: &str) {
        self.names().chats.remove(id);
    }
}

pub(super) fn person(id: &str, user: &Value) -> RemoteUser {
    let profile = &user["profile"];
    let names = [&profile["display_name"], &profile["real_name"], &user["real_name"], &user["name"]];
    let name = names.into_iter().filter_map(Value::as_str).find(|name| !name.trim().is_empty());
    let person = RemoteUser::new(id).named(name);
    match profile["email"].as_str().filter(|email| email.contains('@')) {
        Some(email) => person.reached_by(format!("mailto:{}", email.to_lowercase())),
        None => person,
    }
}

pub(super) fn group(chat: &Value) -> ChatInfo {
    let text = |value: &Value| value.as_str().filter(|text| !text.is_empty()).map(ToOwned::to_owned);
    let name = match (text(&chat["name"]), chat["is_mpim"] == true) {
        // `mpdm-anna--bert--carl-1` is made for programs.
        (Some(name), true) => {
            let people = name.trim_start_matches("mpdm-").trim_end_matches(|letter: char| letter.is_ascii_digit());
            Some(people.trim_end_matches('-').replace("--", ", "))
        }
        (Some(name), false) => Some(format!("#{name}")),
        (None, _) => None,
    };
    let topic = text(&chat["topic"]["value"]).or_else(|| text(&chat["purpose"]["value"]));
    ChatInfo { kind: ChatKind::Group, name, topic, avatar: None, members: Vec::new() }
}
