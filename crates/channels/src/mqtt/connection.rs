//! One connection at work: what arrives is stored and only then acknowledged; what goes out counts as
//! sent when the broker has acknowledged it.

use std::{collections::HashMap, time::Duration};

use rumqttc::mqttbytes::{
    QoS,
    v4::{Packet, PubAck, PubComp, PubRec, Publish, Subscribe, SubscribeFilter, SubscribeReasonCode},
};
use tokio::{
    sync::{mpsc, oneshot},
    time::Instant,
};
use unisono_domain::{
    channel::{AccountState, Host, Inbound, RemoteId, SendOutcome, SessionError},
    text::Text,
};

use super::{
    config::Login,
    devices::{Arrival, Command, Devices},
    wire::{Arrived, KEEP_ALIVE, Link},
};

const PING_EVERY: Duration = Duration::from_secs(KEEP_ALIVE as u64 / 2);
/// So long after a ping without any answer the broker is gone.
const GONE: Duration = Duration::from_secs(KEEP_ALIVE as u64);
const ANSWER_WITHIN: Duration = Duration::from_secs(30);
/// Topics in one subscription.
const AT_ONCE: usize = 50;

/// A text to a device.
pub struct Ask {
    pub chat: String,
    pub text: String,
    pub choice: Option<String>,
    pub done: oneshot::Sender<SendOutcome>,
}

struct Waiting {
    done: oneshot::Sender<SendOutcome>,
    until: Instant,
}

pub struct Connection<'a> {
    login: &'a Login,
    host: &'a dyn Host,
    link: Link,
    devices: Devices<'a>,
    /// Published, not yet acknowledged.
    waiting: HashMap<u16, Waiting>,
    /// Messages of quality 2 that are stored, and not yet released.
    unreleased: Vec<u16>,
    pkid: u16,
    heard: Instant,
    pinged: Instant,
}

impl<'a> Connection<'a> {
    pub async fn open(login: &'a Login, host: &'a dyn Host) -> Result<Self, SessionError> {
        host.report(AccountState::Connecting);
        let cursor = host.cursor().await?.and_then(|cursor| serde_json::from_value(cursor).ok()).unwrap_or_default();
        let link = Link::open(host.guard(), &login.credentials, &login.client_id, true).await?;
        let now = Instant::now();
        let mut connection = Self {
            login,
            host,
            link,
            devices: Devices::new(login, cursor),
            waiting: HashMap::new(),
            unreleased: Vec::new(),
            pkid: 0,
            heard: now,
            pinged: now,
        };
        // Subscribing again brings what the broker keeps, so that devices are known anew.
        let patterns = login.topics.iter().chain(&login.availability).map(super::pattern::Pattern::filter);
        let discovery = login.discovery.iter().map(|prefix| format!("{prefix}/#"));
        connection.subscribe(discovery.chain(patterns).collect()).await?;
        Ok(connection)
    }

    /// Works until the connection is lost.
    pub async fn work(&mut self, asks: &mut mpsc::Receiver<Ask>) -> Result<(), SessionError> {
        self.host.report(AccountState::Connected);
        loop {
            let due = self.waiting.values().map(|waiting| waiting.until).min();
            let wake = due.into_iter().chain([self.pinged + PING_EVERY]).min().unwrap_or(self.pinged);
            tokio::select! {
                arrived = self.link.read() => {
                    self.heard = Instant::now();
                    self.handle(arrived?).await?;
                }
                Some(ask) = asks.recv() => self.publish(ask).await?,
                () = tokio::time::sleep_until(wake) => self.on_time().await?,
            }
        }
    }

    async fn on_time(&mut self) -> Result<(), SessionError> {
        let now = Instant::now();
        let late: Vec<u16> =
            self.waiting.iter().filter(|(_, waiting)| waiting.until <= now).map(|(pkid, _)| *pkid).collect();
        for pkid in late {
            self.end(pkid, SendOutcome::Unknown { reason: SILENT });
        }
        if now >= self.heard + GONE + PING_EVERY {
            return Err(SessionError::Trouble { reason: SILENT, retry_after: None });
        }
        if now >= self.pinged + PING_EVERY {
            self.pinged = now;
            self.link.write(&Packet::PingReq).await?;
        }
        Ok(())
    }

    /// A number that no message on its way has.
    fn next_pkid(&mut self) -> u16 {
        loop {
            self.pkid = self.pkid.checked_add(1).unwrap_or(1);
            if !self.waiting.contains_key(&self.pkid) {
                return self.pkid;
            }
        }
    }

    async fn subscribe(&mut self, filters: Vec<String>) -> Result<(), SessionError> {
        for some in filters.chunks(AT_ONCE) {
            let filters = some.iter().map(|filter| SubscribeFilter::new(filter.clone(), QoS::AtLeastOnce));
            let mut subscribe = Subscribe::new_many(filters);
            subscribe.pkid = self.next_pkid();
            self.link.write(&Packet::Subscribe(subscribe)).await?;
        }
        Ok(())
    }

    async fn handle(&mut self, arrived: Arrived) -> Result<(), SessionError> {
        match arrived {
            Arrived::TooLarge { topic, qos, pkid } => {
                let events = self.devices.too_large(&topic, self.host.now());
                self.deliver(events).await?;
                self.acknowledge(qos, pkid).await
            }
            Arrived::Packet(Packet::Publish(publish)) => self.arrived(&publish).await,
            Arrived::Packet(Packet::PubAck(ack)) => {
                let id = RemoteId::new(format!("{:032x}", rand::random::<u128>()));
                let at = self.host.now();
                self.end(ack.pkid, SendOutcome::Sent { id, at, data: serde_json::Value::Null });
                Ok(())
            }
            Arrived::Packet(Packet::PubRel(release)) => {
                self.unreleased.retain(|pkid| *pkid != release.pkid);
                Ok(self.link.write(&Packet::PubComp(PubComp::new(release.pkid))).await?)
            }
            Arrived::Packet(Packet::SubAck(ack)) => {
                if ack.return_codes.contains(&SubscribeReasonCode::Failure) {
                    tracing::info!(account.id = %self.login.id, "the broker does not allow a subscription");
                }
                Ok(())
            }
            Arrived::Packet(_) => Ok(()),
        }
    }

    async fn arrived(&mut self, publish: &Publish) -> Result<(), SessionError> {
        if publish.qos == QoS::ExactlyOnce && self.unreleased.contains(&publish.pkid) {
            return self.acknowledge(publish.qos, publish.pkid).await;
        }
        let meaning = self.devices.take(&Arrival {
            topic: &publish.topic,
            payload: &publish.payload,
            retain: publish.retain,
            dup: publish.dup,
            pkid: publish.pkid,
            now: self.host.now(),
        });
        if meaning.changed || !meaning.events.is_empty() {
            self.deliver(meaning.events).await?;
        }
        if !meaning.topics.is_empty() {
            self.subscribe(meaning.topics).await?;
        }
        self.acknowledge(publish.qos, publish.pkid).await
    }

    async fn deliver(&mut self, events: Vec<Inbound>) -> Result<(), SessionError> {
        let cursor = serde_json::to_value(&self.devices.cursor).ok();
        Ok(self.host.deliver(events, cursor).await?)
    }

    async fn acknowledge(&mut self, qos: QoS, pkid: u16) -> Result<(), SessionError> {
        match qos {
            QoS::AtMostOnce => {}
            QoS::AtLeastOnce => self.link.write(&Packet::PubAck(PubAck::new(pkid))).await?,
            QoS::ExactlyOnce => {
                if !self.unreleased.contains(&pkid) {
                    self.unreleased.push(pkid);
                }
                self.link.write(&Packet::PubRec(PubRec::new(pkid))).await?;
            }
        }
        Ok(())
    }

    async fn publish(&mut self, ask: Ask) -> Result<(), SessionError> {
        let Ask { chat, text, choice, done } = ask;
        let (topic, payload) = match self.devices.command(&chat, &text, choice.as_deref()) {
            Command::Publish { topic, payload } => (topic, payload),
            Command::Refuse(reason) => {
                // Who asked may have gone away meanwhile, here and below.
                let _ = done.send(SendOutcome::Rejected { reason });
                return Ok(());
            }
        };
        let mut publish = Publish::new(topic, QoS::AtLeastOnce, payload);
        publish.pkid = self.next_pkid();
        self.waiting.insert(publish.pkid, Waiting { done, until: Instant::now() + ANSWER_WITHIN });
        Ok(self.link.write(&Packet::Publish(publish)).await?)
    }

    fn end(&mut self, pkid: u16, outcome: SendOutcome) {
        if let Some(waiting) = self.waiting.remove(&pkid) {
            let _ = waiting.done.send(outcome);
        }
    }
}

impl Drop for Connection<'_> {
    fn drop(&mut self) {
        for (_, waiting) in self.waiting.drain() {
            let _ = waiting.done.send(SendOutcome::Unknown { reason: LOST });
        }
    }
}

const SILENT: Text = Text::new("The broker does not answer.", "Der Broker antwortet nicht.");
/// The connection broke off.
pub const LOST: Text = Text::new("The connection was lost.", "Die Verbindung ist abgerissen.");
