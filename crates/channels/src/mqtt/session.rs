//! A broker at work, as the hub sees it.

use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::{mpsc, oneshot};
use unisono_domain::{
    channel::{BoxFuture, Host, Outbound, OutboundBody, SendOutcome, Session, SessionError},
    text::Text,
};

use super::{
    config::Login,
    connection::{Ask, Connection, LOST},
};

pub struct MqttSession {
    login: Login,
    host: Arc<dyn Host>,
    /// To the connection, while there is one.
    asks: Mutex<Option<mpsc::Sender<Ask>>>,
}

/// Takes the way to the connection away when it ends, however it does.
struct Open<'a>(&'a MqttSession);

impl Drop for Open<'_> {
    fn drop(&mut self) {
        *self.0.asks.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }
}

impl MqttSession {
    pub fn new(login: Login, host: Arc<dyn Host>) -> Self {
        Self { login, host, asks: Mutex::default() }
    }

    async fn work(&self) -> Result<(), SessionError> {
        let mut connection = Connection::open(&self.login, &*self.host).await?;
        let (asks, mut asked) = mpsc::channel(64);
        *self.asks.lock().unwrap_or_else(PoisonError::into_inner) = Some(asks);
        let _open = Open(self);
        connection.work(&mut asked).await
    }

    async fn publish(&self, outbound: &Outbound) -> SendOutcome {
        let OutboundBody::Message { parts, .. } = &outbound.body else { return SendOutcome::Unsupported };
        let [part] = parts.as_slice() else { return SendOutcome::Unsupported };
        if part.media.is_some() {
            let reason = Text::new("Devices take no files.", "Geräte nehmen keine Dateien an.");
            return SendOutcome::Rejected { reason };
        }
        let asks = self.asks.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let Some(asks) = asks else { return SendOutcome::Retry { after: None, reason: LOST } };
        let (done, outcome) = oneshot::channel();
        let choice = part.extra.get("org.unisono.choice").and_then(|choice| choice["id"].as_str());
        let ask = Ask {
            chat: outbound.portal.chat.as_str().to_owned(),
            text: part.text.clone(),
            choice: choice.map(ToOwned::to_owned),
            done,
        };
        if asks.send(ask).await.is_err() {
            return SendOutcome::Retry { after: None, reason: LOST };
        }
        outcome.await.unwrap_or(SendOutcome::Unknown { reason: LOST })
    }
}

impl Session for MqttSession {
    fn run(&self) -> BoxFuture<'_, Result<(), SessionError>> {
        Box::pin(self.work())
    }

    fn send(&self, outbound: Outbound) -> BoxFuture<'_, SendOutcome> {
        Box::pin(async move { self.publish(&outbound).await })
    }
}
