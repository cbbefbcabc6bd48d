//! Messages from before: after an outage that was too long to resume, for a new account, and when
//! somebody scrolls back (<https://discord.com/developers/docs/resources/message#get-channel-messages>).

use std::{sync::PoisonError, time::Duration};

use serde_json::Value;
use unisono_domain::channel::{Inbound, RequestError, SessionError};

use super::{api::ERROR, convert, gateway::plain, session::DiscordSession};
use crate::rest::RestError;

/// Channels whose end is imported for a new account, and messages of each.
const FIRST_CHANNELS: usize = 50;
const FIRST: usize = 30;
const PAGES: usize = 10;

impl DiscordSession {
    /// Notes channels that may have news, with the number of their newest message.
    pub(super) fn wish(&self, mut channels: Vec<(String, u64)>) {
        let since = *self.since.lock().unwrap_or_else(PoisonError::into_inner);
        channels.retain(|(_, newest)| *newest > since);
        channels.sort_by_key(|(_, newest)| std::cmp::Reverse(*newest));
        let mut wishes = self.wishes.lock().unwrap_or_else(PoisonError::into_inner);
        if since == 0 {
            channels.truncate(FIRST_CHANNELS.saturating_sub(wishes.len()));
        }
        wishes.extend(channels.into_iter().map(|(channel, _)| (channel, since)));
        drop(wishes);
        self.wished.notify_one();
    }

    /// Fetches what was wished for, beside the gateway: its heart must not wait.
    pub(super) async fn catch_up(&self) -> SessionError {
        loop {
            let wish = self.wishes.lock().unwrap_or_else(PoisonError::into_inner).pop_front();
            let Some((channel, since)) = wish else {
                self.wished.notified().await;
                continue;
            };
            let fetched = match since {
                0 => self.page(&channel, "limit", FIRST, None).await.map(historical),
                since => self.since(&channel, since).await,
            };
            match fetched {
                Ok(events) if events.is_empty() => {}
                Ok(events) => {
                    if let Err(error) = self.host.deliver(events, None).await {
                        return error.into();
                    }
                }
                // A channel that the bot may not read has no history for it.
                Err(error) => tracing::info!(error = %error.reason(ERROR).en, "a channel's history is not given"),
            }
        }
    }

    async fn since(&self, channel: &str, since: u64) -> Result<Vec<Inbound>, RestError> {
        let (mut events, mut after) = (Vec::new(), since);
        for _ in 0..PAGES {
            let page = self.page(channel, "after", 100, Some(after)).await?;
            let newest = page.iter().filter_map(|event| event.id.as_str().parse().ok()).max();
            let is_last = page.len() < 100;
            events.extend(page);
            match newest.filter(|newest| *newest > after && !is_last) {
                Some(newest) => after = newest,
                None => break,
            }
        }
        Ok(events)
    }

    /// One page, oldest first.
    async fn page(&self, channel: &str, by: &str, limit: usize, at: Option<u64>) -> Result<Vec<Inbound>, RestError> {
        let mut path = format!("channels/{}/messages?limit={limit}", plain(channel));
        if let Some(at) = at {
            path.push_str(&format!("&{by}={at}"));
        }
        let list = self.patiently(&path).await?;
        let places = self.places().clone();
        let is_group = places.find(channel).is_some();
        let mut events = Vec::new();
        for message in list.as_array().into_iter().flatten().rev() {
            let mut event = convert::message(&self.me, message, &places);
            // The history does not say whether it is a server's.
            if let Some(event) = event.as_mut().filter(|_| is_group) {
                event.chat = places.find(channel).cloned();
            }
            events.extend(event);
        }
        Ok(events)
    }

    pub(super) async fn earlier(&self, channel: &str, limit: usize) -> Result<Vec<Inbound>, RequestError> {
        for _ in 0..PAGES {
            let before = self.oldest.lock().unwrap_or_else(PoisonError::into_inner).get(channel).copied();
            let page = self.page(channel, "before", limit.clamp(1, 100), before).await;
            let events = page.map_err(|error| error.request(ERROR))?;
            let Some(oldest) = events.iter().filter_map(|event| event.id.as_str().parse::<u64>().ok()).min() else {
                return Ok(Vec::new());
            };
            self.oldest.lock().unwrap_or_else(PoisonError::into_inner).insert(channel.to_owned(), oldest);
            let ids: Vec<_> = events.iter().map(|event| event.id.clone()).collect();
            let known = self.host.find_portals(&ids).await;
            let known = known.map_err(|error| RequestError::Unavailable(error.to_string()))?;
            if known.len() < events.len() {
                return Ok(historical(events));
            }
        }
        Ok(Vec::new())
    }

    async fn patiently(&self, path: &str) -> Result<Value, RestError> {
        loop {
            match self.api.get(path).await {
                Err(RestError::Refused { status, retry_after, .. }) if status.as_u16() == 429 => {
                    let pause = retry_after.unwrap_or(5_000).clamp(500, 120_000);
                    tokio::time::sleep(Duration::from_millis(pause)).await;
                }
                // Our own count of the limit.
                Err(RestError::Unsent(_)) => tokio::time::sleep(Duration::from_secs(5)).await,
                other => return other,
            }
        }
    }
}

fn historical(mut events: Vec<Inbound>) -> Vec<Inbound> {
    for event in &mut events {
        event.historical = true;
        event.seen = true;
    }
    events
}
