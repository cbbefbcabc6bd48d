//! The engine with its hub on a folder that survives, for tests of channels.

#![expect(clippy::expect_used, reason = "a test ends here with the reason")]

use std::{
    cell::Cell,
    future::Future,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

use ruma::{CanonicalJsonObject, OwnedUserId};
pub use ruma::{OwnedEventId, OwnedRoomId};
use serde_json::{Value, json};
use unisono_domain::{
    channel::{Channel, Served, WebhookRequest},
    net::OutboundGuard,
};
use unisono_engine::{
    Clock, Config, Engine, Error, SystemClock,
    hub::{AccountView, HubHandle},
    rooms::{ClientTxn, content_from_json},
};
use unisono_store::{
    hub::{accounts, ghosts, inbox, messages},
    rooms::{events, memberships, receipts, room},
};

/// The runtime's clock, which stands still but for what [`eventually`] moves it on (`start_paused`).
/// Kept in a number, as the database's threads do not belong to the runtime and would see real time.
#[derive(Clone, Default)]
pub struct RuntimeClock(Arc<AtomicI64>);

impl RuntimeClock {
    /// Follows the time of the runtime that this is called in.
    pub fn start() -> Self {
        let clock = Self(Arc::new(AtomicI64::new(BEGINNING)));
        let (began, shown) = (tokio::time::Instant::now(), Arc::clone(&clock.0));
        tokio::spawn(async move {
            loop {
                let passed = i64::try_from(began.elapsed().as_millis()).unwrap_or_default();
                shown.store(BEGINNING + passed, Ordering::Relaxed);
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
        });
        clock
    }
}

impl Clock for RuntimeClock {
    fn now(&self) -> i64 {
        self.0.load(Ordering::Relaxed)
    }
}

const BEGINNING: i64 = 1_700_000_000_000;

/// Longest real time that something may take.
const PATIENCE: Duration = Duration::from_secs(60);

/// An engine, its hub, and one person with accounts.
pub struct Bench {
    pub engine: Engine,
    pub hub: HubHandle,
    pub owner: OwnedUserId,
}

/// A message as it lies in a room.
#[derive(Clone, Debug)]
pub struct Said {
    pub room_no: i64,
    pub event_id: OwnedEventId,
    pub sender: OwnedUserId,
    pub content: Value,
    pub position: i64,
}

impl Said {
    pub fn body(&self) -> &str {
        self.content["body"].as_str().unwrap_or_default()
    }
}

thread_local! {
    /// Whether the clock of this thread's runtime is ours to move.
    static PAUSED: Cell<bool> = const { Cell::new(false) };
}

/// Like [`life`], in real time: for networks that are real programs.
pub fn real_life<T, F>(folder: &Path, channels: Vec<Arc<dyn Channel>>, body: impl FnOnce(Bench) -> F) -> T
where
    F: Future<Output = T>,
{
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let mut config = crate::server::config();
    config.max_upload = 50 * 1024 * 1024;
    config.guard = OutboundGuard::new(["127.0.0.0/8", "::1/128"].map(|net| net.parse().expect("a network")).to_vec());
    let result = runtime.block_on(async {
        let bench = Bench::open_with(folder, channels, config, Arc::new(SystemClock)).await;
        body(bench).await
    });
    drop(runtime);
    pass(Duration::from_millis(50));
    result
}

/// Runs one life of the server on a folder and ends it without notice, as `kill -9` would: tasks are
/// dropped wherever they are. `body` may close the bench by itself.
pub fn life<T, F>(folder: &Path, channels: Vec<Arc<dyn Channel>>, body: impl FnOnce(Bench) -> F) -> T
where
    F: Future<Output = T>,
{
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build().expect("a runtime");
    // While a blocking task runs, the runtime does not let its clock jump by itself: waiting for the
    // database's threads would look like idleness to it. `eventually` moves the clock instead.
    let (end, ended) = std::sync::mpsc::channel::<()>();
    PAUSED.set(true);
    runtime.spawn_blocking(move || {
        let _ = ended.recv();
    });
    let result = runtime.block_on(async {
        let bench = Bench::open(folder, channels).await;
        body(bench).await
    });
    drop(end);
    drop(runtime);
    PAUSED.set(false);
    // The database's own thread ends what it was given; nothing tells when, so give it a moment.
    pass(Duration::from_millis(50));
    result
}

impl Bench {
    /// Opens the folder and starts the hub with the given networks.
    pub async fn open(folder: &Path, channels: Vec<Arc<dyn Channel>>) -> Self {
        Self::open_with(folder, channels, crate::server::config(), Arc::new(RuntimeClock::start())).await
    }

    pub async fn open_with(
        folder: &Path,
        channels: Vec<Arc<dyn Channel>>,
        config: Config,
        clock: Arc<dyn Clock>,
    ) -> Self {
        let engine = Engine::open(folder, config, clock).await.expect("the engine opens");
        let owner = ruma::owned_user_id!("@owner:test.local");
        let person = owner.clone();
        engine
            .db
            .write(move |tx| Ok::<_, Error>(ghosts::insert_user(tx, &person, "person", Some("Owner"), 0)?))
            .await
            .expect("a person");
        let hub = engine.start_hub(channels).await.expect("the hub starts");
        Self { engine, hub, owner }
    }

    /// Connects an account of the fake network.
    pub async fn connect(&self, token: &str) -> i64 {
        let fields = [("token".to_owned(), token.to_owned())].into();
        self.engine.login_with_fields(self.owner.clone(), "fake", "token", fields).await.expect("a login")
    }

    /// All messages in all portals, in the order of the timeline.
    pub async fn said(&self) -> Vec<Said> {
        self.list("m.room.message").await
    }

    /// All events of a type in all rooms of the owner, in the order of the timeline.
    pub async fn list(&self, kind: &str) -> Vec<Said> {
        let (owner, kind) = (self.owner.clone(), kind.to_owned());
        let rows = self
            .engine
            .db
            .read(move |tx| {
                let mut rows = Vec::new();
                for room in memberships::list_of_user(tx, &owner)? {
                    rows.extend(events::list_after(tx, room.room_no, i64::MIN + 1, i64::MAX, 1_000_000)?);
                }
                rows.retain(|row| row.kind == kind);
                rows.sort_by_key(|row| row.position);
                Ok::<_, Error>(rows)
            })
            .await
            .expect("events");
        rows.into_iter()
            .map(|row| {
                let pdu: Value = serde_json::from_str(&row.pdu).expect("JSON");
                Said {
                    room_no: row.room_no,
                    event_id: row.event_id,
                    sender: row.sender,
                    content: pdu["content"].clone(),
                    position: row.position,
                }
            })
            .collect()
    }

    /// The texts of all messages that somebody wrote, by the local part of their user id.
    pub async fn texts_of(&self, localpart: &str) -> Vec<String> {
        let said = self.said().await;
        said.iter().filter(|said| said.sender.localpart() == localpart).map(|said| said.body().to_owned()).collect()
    }

    /// The room where a text was said.
    pub async fn room_of(&self, text: &str) -> OwnedRoomId {
        let room_no = eventually(text, async || {
            self.said().await.into_iter().find(|said| said.body() == text).map(|said| said.room_no)
        })
        .await;
        self.engine.db.read(move |tx| Ok::<_, Error>(room::get(tx, room_no)?.room_id)).await.expect("a room")
    }

    /// The owner writes from their client.
    pub async fn say(&self, room_id: &OwnedRoomId, text: &str) -> OwnedEventId {
        self.send(room_id, "m.room.message", json!({ "msgtype": "m.text", "body": text })).await
    }

    pub async fn send(&self, room_id: &OwnedRoomId, kind: &str, content: Value) -> OwnedEventId {
        let content: CanonicalJsonObject = content_from_json(&content.to_string()).expect("content");
        let txn = ClientTxn { device_id: "DEVICE".into(), txn_id: format!("{:x}", random()) };
        self.engine
            .send_message(room_id.clone(), self.owner.clone(), kind.to_owned(), content, txn)
            .await
            .expect("sent")
    }

    pub async fn redact(&self, room_id: &OwnedRoomId, target: &OwnedEventId) {
        let txn = ClientTxn { device_id: "DEVICE".into(), txn_id: format!("{:x}", random()) };
        self.engine
            .redact_event(room_id.clone(), self.owner.clone(), target.clone(), None, txn)
            .await
            .expect("redacted");
    }

    /// What the owner was told of an event's fate, in order.
    pub async fn fates(&self, event_id: &OwnedEventId) -> Vec<String> {
        let told = self.list("com.beeper.message_send_status").await;
        told.iter()
            .filter(|told| told.content["m.relates_to"]["event_id"] == event_id.as_str())
            .map(|told| told.content["status"].as_str().unwrap_or_default().to_owned())
            .collect()
    }

    /// How many messages are waiting to be worked in for an account.
    pub async fn waiting(&self, account_id: i64) -> i64 {
        self.engine.db.read(move |tx| Ok::<_, Error>(inbox::count(tx, account_id)?)).await.expect("a count")
    }

    /// The remote id that an event is known by.
    pub async fn remote_id(&self, event_id: &OwnedEventId) -> Option<String> {
        let event_id = event_id.clone();
        self.engine
            .db
            .read(move |tx| Ok::<_, Error>(messages::find_event(tx, &event_id)?.map(|row| row.remote_id)))
            .await
            .expect("a look-up")
    }

    /// The secret end of an account's own address.
    pub async fn hook_of(&self, account_id: i64) -> String {
        let row = self.engine.db.read(move |tx| Ok::<_, Error>(accounts::get(tx, account_id)?)).await;
        row.expect("the account").hook.expect("an address")
    }

    /// Calls of accounts' own addresses, for networks that outlive what a test gets.
    pub fn caller(&self) -> Caller {
        Caller(self.engine.clone())
    }

    /// Whether somebody, by the local part of their user id, has read a room up to an event.
    pub async fn is_read(&self, room_id: &OwnedRoomId, localpart: &str, event_id: &OwnedEventId) -> bool {
        let (room_id, viewer) = (room_id.clone(), self.owner.clone());
        let rows = self.engine.db.read(move |tx| {
            let room = room::find(tx, &room_id)?.expect("the room");
            Ok::<_, Error>(receipts::list_of_room(tx, room.room_no, &viewer, i64::MIN, i64::MAX)?)
        });
        let rows = rows.await.expect("receipts");
        rows.iter().any(|row| row.user_id.localpart() == localpart && row.event_id == *event_id)
    }

    pub async fn account(&self, id: i64) -> AccountView {
        let accounts = self.engine.list_accounts(self.owner.clone()).await.expect("accounts");
        accounts.into_iter().find(|account| account.id == id).expect("the account")
    }
}

/// Whoever calls accounts' own addresses.
#[derive(Clone)]
pub struct Caller(Engine);

impl Caller {
    pub async fn call(&self, hook: &str, request: WebhookRequest) -> Served {
        self.0.answer_hook(hook, request).await.expect("an answer")
    }
}

/// Only has to be different each time.
fn random() -> u64 {
    use std::hash::{BuildHasher, Hasher, RandomState};
    RandomState::new().build_hasher().finish()
}

/// Lets real time pass.
fn pass(time: Duration) {
    let (_keep, never) = std::sync::mpsc::channel::<()>();
    let _ = never.recv_timeout(time);
}

/// Looks again until there is what the test waits for. After a moment it moves the clock on, too:
/// faster and faster, so that an hour's wait is over in seconds.
pub async fn eventually<T>(what: &str, mut look: impl AsyncFnMut() -> Option<T>) -> T {
    let began = std::time::Instant::now();
    let mut step = Duration::from_millis(10);
    loop {
        if let Some(found) = look().await {
            return found;
        }
        assert!(began.elapsed() < PATIENCE, "did not happen: {what}");
        let _ = tokio::task::spawn_blocking(|| pass(Duration::from_millis(2))).await;
        if PAUSED.get() && began.elapsed() > Duration::from_millis(150) {
            tokio::time::advance(step).await;
            step = (step * 2).min(Duration::from_secs(20));
        }
    }
}

/// Looks again until a condition holds.
pub async fn until(what: &str, mut holds: impl AsyncFnMut() -> bool) {
    eventually(what, async || holds().await.then_some(())).await;
}
