//! What was said before: on connecting, after an outage, and when somebody scrolls back
//! (<https://docs.slack.dev/reference/methods/conversations.history>).

use std::{sync::PoisonError, time::Duration};

use serde_json::{Value, json};
use unisono_domain::channel::{AccountState, Inbound, SessionError};

use super::{
    api::{self, ERROR},
    convert,
    session::SlackSession,
};
use crate::rest::RestError;

/// Channels that are looked into, and messages of each when the account is new.
const CHANNELS: usize = 200;
const FIRST: &str = "30";
const PAGES: usize = 10;
/// Slack's order of events is not that of their times.
const OVERLAP: i64 = 60;

impl SlackSession {
    /// Brings what happened while we were away; for a new account the end of every conversation.
    pub(super) async fn catch_up(&self) -> Result<(), SessionError> {
        let since = self.host.cursor().await?.and_then(|cursor| cursor["at"].as_i64());
        let began = self.host.now();
        let channels = match self.channels().await {
            Ok(channels) => channels,
            // Without the permission to list there is no history, but there may be chats.
            Err(error) if error.status() == Some(400) => Vec::new(),
            Err(error) => return Err(error.session(ERROR)),
        };
        let total = channels.len() as u64;
        for (done, channel) in (0..).zip(&channels) {
            if since.is_none() {
                self.host.report(AccountState::Backfilling { done, total });
            }
            match self.catch_up_channel(channel, since).await {
                Ok(events) if events.is_empty() => {}
                Ok(events) => self.host.deliver(events, None).await?,
                Err(error) if matches!(error.status(), Some(400 | 404)) => {
                    tracing::info!(error = api::word(&error), "a channel's history is not given");
                }
                Err(error) => return Err(error.session(ERROR)),
            }
        }
        self.host.deliver(Vec::new(), Some(json!({ "at": since.unwrap_or(began).max(began) }))).await?;
        Ok(())
    }

    async fn channels(&self) -> Result<Vec<String>, RestError> {
        let (mut found, mut cursor) = (Vec::new(), String::new());
        loop {
            let mut query = vec![
                ("types", "public_channel,private_channel,mpim,im"),
                ("exclude_archived", "true"),
                ("limit", "200"),
            ];
            if !cursor.is_empty() {
                query.push(("cursor", &cursor));
            }
            let answer = self.patiently("users.conversations", &query).await?;
            for channel in answer["channels"].as_array().into_iter().flatten() {
                self.people.note_chat(channel);
                found.extend(channel["id"].as_str().map(ToOwned::to_owned));
            }
            answer["response_metadata"]["next_cursor"].as_str().unwrap_or_default().clone_into(&mut cursor);
            if cursor.is_empty() || found.len() >= CHANNELS {
                return Ok(found);
            }
        }
    }

    async fn catch_up_channel(&self, channel: &str, since: Option<i64>) -> Result<Vec<Inbound>, RestError> {
        let oldest = since.map(|at| (at / 1_000 - OVERLAP).to_string());
        let (mut events, mut cursor) = (Vec::new(), String::new());
        for _ in 0..PAGES {
            let mut query = vec![("channel", channel), ("include_all_metadata", "true")];
            match &oldest {
                Some(oldest) => query.extend([("oldest", oldest.as_str()), ("limit", "200")]),
                None => query.push(("limit", FIRST)),
            }
            if !cursor.is_empty() {
                query.push(("cursor", &cursor));
            }
            let answer = self.patiently("conversations.history", &query).await?;
            events.extend(self.converted(channel, &answer, since.is_none()).await);
            answer["response_metadata"]["next_cursor"].as_str().unwrap_or_default().clone_into(&mut cursor);
            if cursor.is_empty() || oldest.is_none() {
                break;
            }
        }
        events.sort_by_key(|event| event.sent_at);
        Ok(events)
    }

    /// A page as events, oldest first.
    async fn converted(&self, channel: &str, answer: &Value, historical: bool) -> Vec<Inbound> {
        let messages: Vec<&Value> = answer["messages"].as_array().into_iter().flatten().collect();
        let mut users = Vec::new();
        for message in &messages {
            users.extend(convert::named(message).0);
        }
        let chats: Vec<String> =
            Some(channel.to_owned()).filter(|channel| !channel.starts_with('D')).into_iter().collect();
        let names = self.people.learn(&self.api, &users, &chats).await;
        let events = messages.iter().rev().filter_map(|message| convert::message(&self.me, channel, message, &names));
        let mut events: Vec<Inbound> = events.collect();
        for event in &mut events {
            event.historical = historical;
            event.seen = historical;
        }
        events
    }

    /// One page of what is older than all that was given.
    pub(super) async fn earlier(&self, channel: &str, limit: usize) -> Result<Vec<Inbound>, RestError> {
        let limit = limit.clamp(1, 200).to_string();
        for _ in 0..PAGES {
            let latest = self.oldest.lock().unwrap_or_else(PoisonError::into_inner).get(channel).cloned();
            let mut query = vec![("channel", channel), ("limit", limit.as_str())];
            if let Some(latest) = &latest {
                query.push(("latest", latest));
            }
            let answer = self.patiently("conversations.history", &query).await?;
            let events = self.converted(channel, &answer, true).await;
            let Some(oldest) = answer["messages"].as_array().and_then(|list| list.last()?["ts"].as_str()) else {
                return Ok(Vec::new());
            };
            self.oldest.lock().unwrap_or_else(PoisonError::into_inner).insert(channel.to_owned(), oldest.to_owned());
            let ids: Vec<_> = events.iter().map(|event| event.id.clone()).collect();
            let have = self.host.find_portals(&ids).await.map_err(|error| RestError::Unsent(error.to_string()))?;
            if have.len() < events.len() {
                return Ok(events);
            }
        }
        Ok(Vec::new())
    }

    /// Asks again when Slack wants us to slow down.
    async fn patiently(&self, method: &str, query: &[(&str, &str)]) -> Result<Value, RestError> {
        loop {
            match self.api.ask(method, query).await {
                Err(RestError::Refused { status, retry_after, .. }) if status.as_u16() == 429 => {
                    let pause = retry_after.unwrap_or(30_000).clamp(1_000, 120_000);
                    tokio::time::sleep(Duration::from_millis(pause)).await;
                }
                other => return other,
            }
        }
    }
}
