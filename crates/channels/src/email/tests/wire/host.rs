//! A hub that remembers what it is given.

use std::{
    collections::HashSet,
    sync::{Mutex, MutexGuard},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use serde_json::Value;
use tokio::sync::watch;
use unisono_domain::{
    channel::{
        AccountState, BoxFuture, Host, HostError, Inbound, InboundBody, MessageRef, PortalKey, RemoteId, Sender,
        Session,
    },
    net::OutboundGuard,
};

/// Long enough for a slow machine under load; a passing test never waits so long.
const PATIENCE: Duration = Duration::from_secs(120);

pub struct FakeHost {
    stored: Mutex<Stored>,
    changes: watch::Sender<u64>,
    guard: OutboundGuard,
    /// Refuses further deliveries after so many, as a killed hub would.
    dies_after: Option<usize>,
}

#[derive(Default)]
struct Stored {
    events: Vec<Inbound>,
    /// How often something was given that was there already.
    repeated: usize,
    keys: HashSet<(String, &'static str)>,
    cursor: Option<Value>,
    states: Vec<AccountState>,
    deliveries: usize,
}

impl FakeHost {
    pub fn new() -> std::sync::Arc<Self> {
        Self::continuing(None, None)
    }

    /// Goes on where another one stopped.
    pub fn continuing(earlier: Option<&Self>, dies_after: Option<usize>) -> std::sync::Arc<Self> {
        let stored = earlier.map_or_else(Stored::default, |earlier| {
            let earlier = earlier.lock();
            Stored {
                events: earlier.events.clone(),
                keys: earlier.keys.clone(),
                cursor: earlier.cursor.clone(),
                ..Stored::default()
            }
        });
        std::sync::Arc::new(Self {
            stored: Mutex::new(stored),
            changes: watch::channel(0).0,
            guard: OutboundGuard::new(vec!["127.0.0.0/8".parse().unwrap(), "::1".parse().unwrap()]),
            dies_after,
        })
    }

    fn lock(&self) -> MutexGuard<'_, Stored> {
        self.stored.lock().unwrap()
    }

    pub fn messages(&self) -> Vec<Inbound> {
        let is_message = |event: &&Inbound| matches!(event.body, InboundBody::Message { .. });
        self.lock().events.iter().filter(is_message).cloned().collect()
    }

    pub fn events(&self) -> Vec<Inbound> {
        self.lock().events.clone()
    }

    pub fn states(&self) -> Vec<AccountState> {
        self.lock().states.clone()
    }

    pub fn repeated(&self) -> usize {
        self.lock().repeated
    }

    /// Runs the session until the condition holds.
    pub async fn run_until(&self, session: &dyn Session, condition: impl Fn(&Self) -> bool) {
        let mut changes = self.changes.subscribe();
        let waiting = async {
            while !condition(self) {
                changes.changed().await.unwrap();
            }
        };
        tokio::select! {
            biased;
            () = waiting => {}
            ended = session.run() => panic!("the session ended: {ended:?}"),
            () = tokio::time::sleep(PATIENCE) => panic!("it did not happen; states: {:?}", self.states()),
        }
    }

    pub async fn run_until_connected(&self, session: &dyn Session) {
        self.run_until(session, |host| host.states().last() == Some(&AccountState::Connected)).await;
    }
}

impl Host for FakeHost {
    fn deliver(&self, events: Vec<Inbound>, cursor: Option<Value>) -> BoxFuture<'_, Result<(), HostError>> {
        Box::pin(async move {
            let mut stored = self.lock();
            stored.deliveries += 1;
            if self.dies_after.is_some_and(|limit| stored.deliveries > limit) {
                return Err(HostError("killed".into()));
            }
            for event in events {
                if stored.keys.insert((event.id.as_str().to_owned(), event.body.kind())) {
                    stored.events.push(event);
                } else {
                    stored.repeated += 1;
                }
            }
            if let Some(cursor) = cursor {
                stored.cursor = Some(cursor);
            }
            drop(stored);
            self.changes.send_modify(|count| *count += 1);
            Ok(())
        })
    }

    fn cursor(&self) -> BoxFuture<'_, Result<Option<Value>, HostError>> {
        Box::pin(async { Ok(self.lock().cursor.clone()) })
    }

    fn find_portals<'a>(
        &'a self,
        messages: &'a [RemoteId],
    ) -> BoxFuture<'a, Result<Vec<(RemoteId, PortalKey)>, HostError>> {
        Box::pin(async move {
            let stored = self.messages();
            let find = |id: &RemoteId| stored.iter().find(|event| event.id == *id).map(|event| event.portal.clone());
            Ok(messages.iter().filter_map(|id| Some((id.clone(), find(id)?))).collect())
        })
    }

    fn messages_up_to<'a>(
        &'a self,
        portal: &'a PortalKey,
        up_to: &'a RemoteId,
        limit: usize,
    ) -> BoxFuture<'a, Result<Vec<MessageRef>, HostError>> {
        Box::pin(async move {
            let mut found: Vec<MessageRef> = Vec::new();
            for event in self.messages().iter().filter(|event| event.portal == *portal && event.sender != Sender::Me) {
                found.push(MessageRef { id: event.id.clone(), data: event.data.clone() });
                if event.id == *up_to {
                    break;
                }
            }
            found.reverse();
            found.truncate(limit);
            Ok(found)
        })
    }

    fn report(&self, state: AccountState) {
        self.lock().states.push(state);
        self.changes.send_modify(|count| *count += 1);
    }

    fn guard(&self) -> &OutboundGuard {
        &self.guard
    }

    #[expect(clippy::disallowed_methods, reason = "the mail server runs by the real clock")]
    fn now(&self) -> i64 {
        SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis() as i64
    }
}
