//! The gateway: one socket over which everything comes in
//! (<https://discord.com/developers/docs/events/gateway>). A session that was cut off is resumed with the
//! number of the last event that is on disk, also after a restart of ours, so nothing is lost.

use std::{sync::PoisonError, time::Duration};

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tokio::time::Instant;
use unisono_domain::{
    channel::{AccountState, Inbound, InboundBody, SessionError},
    text::Text,
};
use url::Url;

use super::{api::ERROR, convert, session::DiscordSession};
use crate::{net::NetError, socket::Socket};

/// Servers and channels, messages, reactions and typing there and in private, and what is said.
const INTENTS: u64 = 1 | 1 << 9 | 1 << 10 | 1 << 11 | 1 << 12 | 1 << 13 | 1 << 14 | 1 << 15;
/// Private chats that are remembered: Discord lists them nowhere.
const DIRECT: usize = 1_000;
const HELLO_WITHIN: Duration = Duration::from_secs(30);

pub(super) const NO_CONTENT: Text = Text::new(
    "Discord does not let this bot read messages. Switch on “Message Content Intent” in the Developer Portal under \
     Bot, then connect again.",
    "Discord lässt diesen Bot keine Nachrichten lesen. Schalte im Developer Portal unter Bot „Message Content \
     Intent“ ein und verbinde neu.",
);
const BAD_TOKEN: Text =
    Text::new("Discord does not accept the token any more.", "Discord nimmt das Token nicht mehr an.");
const TOO_MANY_SERVERS: Text = Text::new(
    "This bot is in too many servers for one connection.",
    "Dieser Bot ist in zu vielen Servern für eine einzige Verbindung.",
);

/// Where we are; stored with the events.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct Position {
    #[serde(default)]
    session: Option<Resumable>,
    /// The number of the newest message.
    #[serde(default)]
    pub last: u64,
    #[serde(default)]
    direct: Vec<String>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Resumable {
    id: String,
    url: String,
    seq: u64,
}

/// How a connection ended.
#[derive(Debug, PartialEq, Eq)]
enum Ended {
    /// At once again.
    Again,
    /// With a pause before the next one.
    Closed,
}

/// The heart of one connection.
struct Heart {
    every: Duration,
    next: Instant,
    answered: bool,
}

impl DiscordSession {
    pub(super) async fn run_gateway(&self) -> Result<(), SessionError> {
        let stored = self.host.cursor().await?.and_then(|cursor| serde_json::from_value(cursor).ok());
        let stored: Position = stored.unwrap_or_default();
        self.position().clone_from(&stored);
        tokio::select! {
            ended = self.stay_connected() => ended,
            failed = self.catch_up() => Err(failed),
        }
    }

    async fn stay_connected(&self) -> Result<(), SessionError> {
        while self.connect().await? == Ended::Again {}
        Ok(())
    }

    async fn connect(&self) -> Result<Ended, SessionError> {
        let session = self.position().session.clone();
        let url = match &session {
            Some(session) => session.url.clone(),
            None => {
                let gateway = self.api.get("gateway/bot").await.map_err(|error| error.session(ERROR))?;
                gateway["url"].as_str().unwrap_or_default().to_owned()
            }
        };
        let mut url: Url = url.parse().map_err(|_| trouble("no address to connect to"))?;
        url.query_pairs_mut().clear().append_pair("v", "10").append_pair("encoding", "json");
        let mut socket = match Socket::open(self.host.guard(), &url, &[]).await {
            Ok(socket) => socket,
            Err(error) => {
                // The address for resuming may be gone; the general one is tried next.
                self.position().session = None;
                return Err(lost(&error));
            }
        };
        let hello = tokio::time::timeout(HELLO_WITHIN, next(&mut socket));
        let hello = hello.await.map_err(|_| trouble("Discord did not say hello"))??;
        let Some(hello) = hello.filter(|hello| hello["op"] == 10) else { return self.closed(&socket) };
        let every = hello["d"]["heartbeat_interval"].as_u64().unwrap_or(41_250).clamp(1_000, 300_000);
        let every = Duration::from_millis(every);
        let greeting = match &session {
            Some(session) => json!({ "op": 6, "d": { "token": self.credentials.token, "session_id": session.id,
                "seq": session.seq } }),
            None => json!({ "op": 2, "d": { "token": self.credentials.token, "intents": INTENTS, "properties": {
                "os": "linux", "browser": "unisono", "device": "unisono" } } }),
        };
        say(&mut socket, &greeting).await?;
        // Not all at the same time after an outage of theirs.
        let first = every.mul_f64(rand::random_range(0.0..1.0));
        let mut heart = Heart { every, next: Instant::now() + first, answered: true };
        loop {
            let news = tokio::select! {
                () = tokio::time::sleep_until(heart.next) => {
                    if !heart.answered {
                        return Ok(Ended::Again);
                    }
                    heart.answered = false;
                    heart.next = Instant::now() + heart.every;
                    self.beat(&mut socket).await?;
                    continue;
                }
                news = next(&mut socket) => news?,
            };
            let Some(news) = news else { return self.closed(&socket) };
            match news["op"].as_u64() {
                Some(0) => self.dispatch(&news).await?,
                Some(1) => self.beat(&mut socket).await?,
                Some(7) => return Ok(Ended::Again),
                Some(9) => {
                    if news["d"] != true {
                        self.position().session = None;
                    }
                    // Asked for by Discord: between one and five seconds.
                    tokio::time::sleep(Duration::from_millis(rand::random_range(1_000..5_000))).await;
                    return Ok(Ended::Again);
                }
                Some(11) => heart.answered = true,
                _ => {}
            }
        }
    }

    async fn beat(&self, socket: &mut Socket) -> Result<(), SessionError> {
        let seq = self.position().session.as_ref().map(|session| session.seq);
        say(socket, &json!({ "op": 1, "d": seq })).await
    }

    /// What a close means
    /// (<https://discord.com/developers/docs/topics/opcodes-and-status-codes#gateway-gateway-close-event-codes>).
    fn closed(&self, socket: &Socket) -> Result<Ended, SessionError> {
        match socket.code {
            Some(4_004) => Err(SessionError::BadCredentials(BAD_TOKEN)),
            Some(4_013 | 4_014) => Err(SessionError::BadCredentials(NO_CONTENT)),
            Some(4_010..=4_012) => Err(SessionError::BadCredentials(TOO_MANY_SERVERS)),
            Some(4_003 | 4_007 | 4_009 | 1_000 | 1_001) => {
                self.position().session = None;
                Ok(Ended::Closed)
            }
            _ => Ok(Ended::Closed),
        }
    }

    async fn dispatch(&self, news: &Value) -> Result<(), SessionError> {
        let (kind, data) = (news["t"].as_str().unwrap_or_default(), &news["d"]);
        if let Some(session) = self.position().session.as_mut() {
            session.seq = news["s"].as_u64().unwrap_or(session.seq);
        }
        match kind {
            "READY" => self.ready(data, news["s"].as_u64().unwrap_or_default()),
            "RESUMED" => self.host.report(AccountState::Connected),
            "GUILD_CREATE" => {
                let channels = self.places().note_guild(data);
                self.wish(channels);
            }
            "CHANNEL_CREATE" | "CHANNEL_UPDATE" | "THREAD_CREATE" | "THREAD_UPDATE" => {
                // Its server's name comes with the next answer of the server.
                self.places().note_channel(data, None);
            }
            "CHANNEL_DELETE" | "THREAD_DELETE" => {
                self.places().forget(data["id"].as_str().unwrap_or_default());
            }
            _ => {}
        }
        if let (Some(name), Some(id)) = (data["emoji"]["name"].as_str(), data["emoji"]["id"].as_str()) {
            self.places().emoji.insert(name.to_owned(), id.to_owned());
        }
        let stamp = {
            let position = self.position();
            let session = position.session.as_ref();
            session.map(|session| format!("{}.{}", session.id, session.seq)).unwrap_or_default()
        };
        let events = convert::dispatch(&self.me, kind, data, &stamp, &self.places().clone());
        if !events.is_empty() {
            self.store(data, events).await?;
        }
        if kind == "INTERACTION_CREATE" {
            self.acknowledge(data).await;
        }
        Ok(())
    }

    /// Stores events with our place in the session.
    async fn store(&self, data: &Value, events: Vec<Inbound>) -> Result<(), SessionError> {
        let is_message = events.iter().any(|event| matches!(event.body, InboundBody::Message { .. }));
        let cursor = {
            let mut position = self.position();
            if is_message {
                let id = data["id"].as_str().and_then(|id| id.parse().ok()).unwrap_or_default();
                position.last = position.last.max(id);
                if let Some(channel) = data["channel_id"].as_str().filter(|_| data["guild_id"].is_null())
                    && !position.direct.iter().any(|known| known == channel)
                {
                    position.direct.push(channel.to_owned());
                    if position.direct.len() > DIRECT {
                        position.direct.remove(0);
                    }
                }
            }
            json!(*position)
        };
        Ok(self.host.deliver(events, Some(cursor)).await?)
    }

    fn ready(&self, data: &Value, seq: u64) {
        let text = |key: &str| data[key].as_str().unwrap_or_default().to_owned();
        let (direct, since) = {
            let mut position = self.position();
            position.session = Some(Resumable { id: text("session_id"), url: text("resume_gateway_url"), seq });
            (position.direct.clone(), position.last)
        };
        *self.since.lock().unwrap_or_else(PoisonError::into_inner) = since;
        self.host.report(AccountState::Connected);
        // A session of its own begins: what happened since the last one is asked for.
        self.wish(direct.into_iter().map(|channel| (channel, u64::MAX)).collect());
    }

    /// Discord shows a failure where a button was pressed if it hears nothing within three seconds.
    async fn acknowledge(&self, data: &Value) {
        let (Some(id), Some(token)) = (data["id"].as_str(), data["token"].as_str()) else { return };
        let path = format!("interactions/{}/{}/callback", plain(id), plain(token));
        // 6: nothing changes for now.
        let told = self.api.put(reqwest::Method::POST, &path, Some(&json!({ "type": 6 })), true).await;
        if let Err(error) = told {
            tracing::info!(error = %error, "a choice could not be acknowledged");
        }
    }
}

/// An id from outside, fit for a path.
pub(super) fn plain(id: &str) -> String {
    id.chars().filter(|letter| letter.is_ascii_alphanumeric() || "-_.".contains(*letter)).collect()
}

async fn next(socket: &mut Socket) -> Result<Option<Value>, SessionError> {
    let text = socket.next().await.map_err(|error| lost(&error))?;
    Ok(text.map(|text| serde_json::from_str(&text).unwrap_or_default()))
}

async fn say(socket: &mut Socket, what: &Value) -> Result<(), SessionError> {
    socket.send(what.to_string()).await.map_err(|error| lost(&error))
}

fn trouble(reason: &str) -> SessionError {
    SessionError::Trouble { reason: Text::verbatim(reason), retry_after: None }
}

fn lost(error: &NetError) -> SessionError {
    trouble(&error.to_string())
}
