//! A host that only remembers: for tests of a session without a hub.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use bytes::Bytes;
use serde_json::Value;
use unisono_domain::{
    Millis,
    channel::{AccountId, AccountState, BoxFuture, Host, HostError, Inbound, PortalKey, RemoteId, Said},
    net::OutboundGuard,
};

/// When it is, as long as nobody says otherwise: 2026-11-23 12:00 UTC.
pub const NOW: Millis = 1_795_435_200_000;

/// What a session gave and said.
pub struct TestHost {
    guard: OutboundGuard,
    state: Mutex<State>,
    news: tokio::sync::Notify,
}

#[derive(Default)]
struct State {
    now: Option<Millis>,
    events: Vec<Inbound>,
    cursor: Option<Value>,
    reports: Vec<AccountState>,
    said: HashMap<String, Said>,
    media: HashMap<String, Bytes>,
}

impl Default for TestHost {
    fn default() -> Self {
        let loopback = ["127.0.0.0/8", "::1/128"].iter().filter_map(|net| net.parse().ok()).collect();
        Self { guard: OutboundGuard::new(loopback), state: Mutex::default(), news: tokio::sync::Notify::new() }
    }
}

impl TestHost {
    /// A host that lets sessions reach this machine.
    pub fn start() -> Arc<Self> {
        Arc::new(Self::default())
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Everything delivered so far.
    pub fn events(&self) -> Vec<Inbound> {
        self.state().events.clone()
    }

    /// Waits until so many events have been delivered; gives them all.
    pub async fn wait_for(&self, count: usize) -> Vec<Inbound> {
        loop {
            let news = self.news.notified();
            let events = self.events();
            if events.len() >= count {
                return events;
            }
            news.await;
        }
    }

    /// Waits until the session has reported how it is.
    pub async fn wait_for_report(&self) {
        loop {
            let news = self.news.notified();
            if !self.reports().is_empty() {
                return;
            }
            news.await;
        }
    }

    /// What was reported, in order.
    pub fn reports(&self) -> Vec<AccountState> {
        self.state().reports.clone()
    }

    /// Something that was said in a room, by its event's id.
    pub fn put_said(&self, event_id: &str, said: Said) {
        self.state().said.insert(event_id.to_owned(), said);
    }

    pub fn put_media(&self, uri: &str, bytes: &'static [u8]) {
        self.state().media.insert(uri.to_owned(), Bytes::from_static(bytes));
    }

    pub fn set_now(&self, now: Millis) {
        self.state().now = Some(now);
    }

    pub fn set_cursor(&self, cursor: Value) {
        self.state().cursor = Some(cursor);
    }
}

impl Host for TestHost {
    fn deliver(&self, events: Vec<Inbound>, cursor: Option<Value>) -> BoxFuture<'_, Result<(), HostError>> {
        let mut state = self.state();
        state.events.extend(events);
        if cursor.is_some() {
            state.cursor = cursor;
        }
        drop(state);
        self.news.notify_waiters();
        Box::pin(async { Ok(()) })
    }

    fn cursor(&self) -> BoxFuture<'_, Result<Option<Value>, HostError>> {
        let cursor = self.state().cursor.clone();
        Box::pin(async { Ok(cursor) })
    }

    fn find_portals<'a>(
        &'a self,
        messages: &'a [RemoteId],
    ) -> BoxFuture<'a, Result<Vec<(RemoteId, PortalKey)>, HostError>> {
        let events = self.events();
        let found = messages.iter().filter_map(|id| {
            let event = events.iter().find(|event| event.id == *id)?;
            Some((id.clone(), event.portal.clone()))
        });
        let found = found.collect();
        Box::pin(async { Ok(found) })
    }

    fn said<'a>(&'a self, _: &'a PortalKey, id: &'a RemoteId) -> BoxFuture<'a, Result<Option<Said>, HostError>> {
        let said = self.state().said.get(id.as_str()).cloned();
        Box::pin(async { Ok(said) })
    }

    fn media<'a>(&'a self, uri: &'a str) -> BoxFuture<'a, Result<Bytes, HostError>> {
        let found = self.state().media.get(uri).cloned();
        Box::pin(async { found.ok_or_else(|| HostError("there is no such file".to_owned())) })
    }

    fn report(&self, state: AccountState) {
        self.state().reports.push(state);
        self.news.notify_waiters();
    }

    fn guard(&self) -> &OutboundGuard {
        &self.guard
    }

    fn now(&self) -> Millis {
        self.state().now.unwrap_or(NOW)
    }
}

/// An account as the hub opens it, numbered 1.
pub fn account(credentials: Value) -> unisono_domain::channel::Account {
    unisono_domain::channel::Account {
        id: AccountId(1),
        remote_id: "me".to_owned(),
        display_name: "Me".to_owned(),
        credentials,
        settings: Value::Null,
        hook: "0123456789abcdef".to_owned(),
        hook_url: "https://unisono.example/_unisono/hooks/0123456789abcdef".parse().ok(),
    }
}
