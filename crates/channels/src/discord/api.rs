//! Discord's REST interface (<https://discord.com/developers/docs/reference>) with its limits
//! (<https://discord.com/developers/docs/topics/rate-limits>).

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use reqwest::{Method, header::HeaderMap};
use serde_json::Value;
use tokio::time::Instant;
use unisono_domain::{
    channel::{Host, SendOutcome},
    text::Text,
};

use crate::rest::{Call, Rest, RestError};

pub(super) const API: &str = "https://discord.com/api/v10";
/// Where its errors have their words.
pub(super) const ERROR: &str = "/message";
/// Largest answer.
const MOST: usize = 8 * 1024 * 1024;
/// Longest wait for a limit within a call.
const PATIENCE: Duration = Duration::from_secs(5);

/// Discord as one bot.
#[derive(Debug)]
pub(super) struct Api {
    pub rest: Rest,
    token: String,
    /// When a route may be used again; limits count per route and channel.
    open_at: Mutex<HashMap<String, Instant>>,
}

impl Api {
    pub(super) fn new(rest: Rest, token: &str) -> Self {
        Self { rest, token: token.to_owned(), open_at: Mutex::default() }
    }

    pub(super) async fn get(&self, path: &str) -> Result<Value, RestError> {
        self.run(path, self.rest.get(path)).await
    }

    /// A call with a body; `idempotent`: Discord does it once, however often it is asked.
    pub(super) async fn put(
        &self,
        method: Method,
        path: &str,
        body: Option<&Value>,
        idempotent: bool,
    ) -> Result<Value, RestError> {
        let call = self.rest.call(method, path);
        let call = match body {
            Some(body) => call.json(body),
            None => call.header("content-length", "0"),
        };
        self.run(path, if idempotent { call.idempotent() } else { call }).await
    }

    pub(super) async fn run(&self, path: &str, call: Call<'_>) -> Result<Value, RestError> {
        let route = route(path);
        self.wait(&route).await?;
        let answer = call.header("authorization", &format!("Bot {}", self.token)).answer(MOST).await?;
        self.note(route, &answer.headers);
        if answer.body.is_empty() {
            return Ok(Value::Null);
        }
        serde_json::from_slice(&answer.body).map_err(|error| RestError::Malformed(error.to_string()))
    }

    async fn wait(&self, route: &str) -> Result<(), RestError> {
        let until = self.open_at.lock().unwrap_or_else(PoisonError::into_inner).get(route).copied();
        let Some(until) = until.filter(|until| *until > Instant::now()) else { return Ok(()) };
        if until - Instant::now() > PATIENCE {
            return Err(RestError::Unsent("the limit of this channel is used up".to_owned()));
        }
        tokio::time::sleep_until(until).await;
        Ok(())
    }

    fn note(&self, route: String, headers: &HeaderMap) {
        let number = |name: &str| headers.get(name)?.to_str().ok()?.parse::<f64>().ok();
        let mut open_at = self.open_at.lock().unwrap_or_else(PoisonError::into_inner);
        match (number("x-ratelimit-remaining"), number("x-ratelimit-reset-after")) {
            (Some(remaining), Some(after)) if remaining < 1.0 && after.is_finite() => {
                let after = Duration::from_secs_f64(after.clamp(0.0, 3_600.0));
                open_at.insert(route, Instant::now() + after);
            }
            _ => drop(open_at.remove(&route)),
        }
        if open_at.len() > 10_000 {
            open_at.retain(|_, until| *until > Instant::now());
        }
    }
}

/// What a limit counts for: the first two pieces of a path, and what is done there.
fn route(path: &str) -> String {
    let mut pieces = path.split('?').next().unwrap_or_default().split('/').filter(|piece| !piece.is_empty());
    let channel = pieces.by_ref().take(2).collect::<Vec<_>>().join("/");
    let rest = pieces.filter(|piece| piece.bytes().any(|byte| byte.is_ascii_alphabetic())).take(2).collect::<Vec<_>>();
    format!("{channel}/{}", rest.join("/"))
}

/// Discord's number for what went wrong
/// (<https://discord.com/developers/docs/topics/opcodes-and-status-codes#json>).
pub(super) fn code(error: &RestError) -> u64 {
    error.json()["code"].as_u64().unwrap_or_default()
}

/// What becomes of a message.
pub(super) fn outcome(error: RestError, host: &dyn Host) -> SendOutcome {
    let (code, body) = (code(&error), error.json());
    match error.outcome(host, ERROR) {
        SendOutcome::Retry { after, reason } => {
            // Told with fractions of a second.
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to a day")]
            let exact =
                body["retry_after"].as_f64().map(|seconds| (seconds.clamp(0.0, 86_400.0) * 1_000.0).ceil() as u64);
            SendOutcome::Retry { after: exact.or(after), reason }
        }
        SendOutcome::Rejected { reason } => SendOutcome::Rejected { reason: explain(code).unwrap_or(reason) },
        other => other,
    }
}

fn explain(code: u64) -> Option<Text> {
    Some(match code {
        50_007 => Text::new(
            "This person takes no direct messages from the bot. They have to share a server with it and allow it.",
            "Diese Person nimmt keine Direktnachrichten des Bots an. Sie muss mit ihm auf einem Server sein und es \
             erlauben.",
        ),
        50_001 | 50_013 => Text::new(
            "The bot lacks the permission for this in this channel.",
            "Dem Bot fehlt in diesem Kanal die Berechtigung dafür.",
        ),
        10_003 => Text::new("This channel is gone.", "Diesen Kanal gibt es nicht mehr."),
        10_008 => Text::new("This message is gone.", "Diese Nachricht gibt es nicht mehr."),
        10_014 => Text::new("The bot cannot use this emoji.", "Dieses Emoji kann der Bot nicht benutzen."),
        40_005 => Text::new("The file is too large for Discord.", "Die Datei ist zu groß für Discord."),
        50_005 => Text::new(
            "Discord lets the bot change only its own messages.",
            "Discord lässt den Bot nur seine eigenen Nachrichten ändern.",
        ),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_count_per_channel_and_deed() {
        assert_eq!(route("channels/1/messages"), route("/channels/1/messages?limit=5"));
        assert_eq!(route("channels/1/messages/7"), route("channels/1/messages/8"));
        assert_ne!(route("channels/1/messages"), route("channels/2/messages"));
        assert_ne!(route("channels/1/typing"), route("channels/1/messages"));
    }
}
