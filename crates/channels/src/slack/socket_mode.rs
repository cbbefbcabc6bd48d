//! Socket Mode: events over a WebSocket that we open, so no address of ours is needed
//! (<https://docs.slack.dev/apis/events-api/using-socket-mode>). An envelope is acknowledged when it is
//! on disk; what is not, Slack sends again.

use serde_json::{Value, json};
use unisono_domain::{
    channel::{AccountState, SessionError},
    text::Text,
};
use url::Url;

use super::{
    api::{Api, ERROR},
    session::SlackSession,
};
use crate::{net::NetError, socket::Socket};

const DISABLED: Text = Text::new(
    "Socket Mode is switched off for this app at Slack.",
    "Socket Mode ist für diese App bei Slack ausgeschaltet.",
);

/// How a connection ended.
enum Ended {
    /// Slack wants a new one; nothing is lost in between.
    Refresh,
    Closed,
}

impl SlackSession {
    pub(super) async fn run_socket(&self) -> Result<(), SessionError> {
        self.api.ask("auth.test", &[]).await.map_err(|error| error.session(ERROR))?;
        let mut socket = self.open().await?;
        self.catch_up().await?;
        loop {
            match self.listen(&mut socket).await? {
                // The new connection is there before the old one goes.
                Ended::Refresh => socket = self.open().await?,
                Ended::Closed => return Ok(()),
            }
        }
    }

    async fn open(&self) -> Result<Socket, SessionError> {
        let token = self.credentials.app_token.as_deref().unwrap_or_default();
        let api = Api::new(self.api.rest.clone(), token);
        let answer = api.set("apps.connections.open", &json!({})).await.map_err(|error| error.session(ERROR))?;
        let url = answer["url"].as_str().and_then(|url| url.parse::<Url>().ok());
        let url = url.ok_or_else(|| trouble(&NetError::Http("no address to connect to".to_owned())))?;
        Socket::open(self.host.guard(), &url, &[]).await.map_err(|error| trouble(&error))
    }

    async fn listen(&self, socket: &mut Socket) -> Result<Ended, SessionError> {
        while let Some(text) = socket.next().await.map_err(|error| trouble(&error))? {
            let Ok(envelope) = serde_json::from_str::<Value>(&text) else { continue };
            match envelope["type"].as_str().unwrap_or_default() {
                "hello" => self.host.report(AccountState::Connected),
                "disconnect" if envelope["reason"] == "link_disabled" => {
                    return Err(SessionError::BadCredentials(DISABLED));
                }
                "disconnect" => return Ok(Ended::Refresh),
                kind => {
                    if matches!(kind, "events_api" | "interactive") {
                        self.take(&envelope["payload"]).await?;
                    }
                    if let Some(id) = envelope["envelope_id"].as_str() {
                        let acknowledged = json!({ "envelope_id": id }).to_string();
                        socket.send(acknowledged).await.map_err(|error| trouble(&error))?;
                    }
                }
            }
        }
        Ok(Ended::Closed)
    }
}

fn trouble(error: &NetError) -> SessionError {
    SessionError::Trouble { reason: Text::verbatim(&error.to_string()), retry_after: None }
}
