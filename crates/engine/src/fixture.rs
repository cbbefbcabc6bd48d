//! What tests of use cases begin with: an engine, a clock that stands still, people with devices.

use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};

use ruma::{CanonicalJsonObject, OwnedEventId, OwnedRoomId, OwnedUserId, UserId};
use tempfile::TempDir;
use unisono_domain::{Millis, net::OutboundGuard, room::Preset};
use unisono_store::people::{
    devices,
    users::{self, NewUser, UserKind},
};

use crate::{
    Clock, Config, Engine, Error, Registration,
    rooms::{ClientTxn, CreateRoom, MembershipChange},
};

/// A clock that moves when it is told to.
pub(crate) struct SetClock(AtomicI64);

impl SetClock {
    pub(crate) fn advance(&self, time: Millis) {
        self.0.fetch_add(time, Ordering::Relaxed);
    }
}

impl Clock for SetClock {
    fn now(&self) -> Millis {
        self.0.load(Ordering::Relaxed)
    }
}

pub(crate) struct Fixture {
    pub(crate) engine: Engine,
    pub(crate) clock: Arc<SetClock>,
    _folder: TempDir,
}

impl Fixture {
    pub(crate) async fn open() -> Self {
        Self::open_with(Registration::Open).await
    }

    pub(crate) async fn open_with(registration: Registration) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let clock = Arc::new(SetClock(AtomicI64::new(1_700_000_000_000)));
        let config = Config {
            server_name: ruma::owned_server_name!("test.local"),
            registration,
            rate_limits: false,
            guard: OutboundGuard::default(),
            public_url: None,
            max_upload: 1024 * 1024,
            trusted_proxies: Default::default(),
        };
        let engine = Engine::open(folder.path(), config, Arc::clone(&clock) as Arc<dyn Clock>).await.unwrap();
        Self { engine, clock, _folder: folder }
    }

    /// A person with the device `PHONE`.
    pub(crate) async fn person(&self, name: &str) -> OwnedUserId {
        let user_id = self.user(name, UserKind::Person).await;
        self.device(&user_id, "PHONE").await;
        user_id
    }

    pub(crate) async fn user(&self, name: &str, kind: UserKind) -> OwnedUserId {
        let user_id = OwnedUserId::try_from(format!("@{name}:test.local")).unwrap();
        let (added, created_at) = (user_id.clone(), self.clock.now());
        self.engine
            .db
            .write::<_, Error, _>(move |tx| {
                let user = NewUser {
                    user_id: &added,
                    kind,
                    admin: false,
                    password_hash: None,
                    display_name: None,
                    created_at,
                };
                Ok(users::insert(tx, user)?)
            })
            .await
            .unwrap();
        user_id
    }

    pub(crate) async fn device(&self, user_id: &UserId, device_id: &'static str) {
        let (user_id, now) = (user_id.to_owned(), self.clock.now());
        self.engine
            .db
            .write::<_, Error, _>(move |tx| {
                Ok(devices::upsert(tx, &user_id, device_id.into(), Some("Phone"), now, None)?)
            })
            .await
            .unwrap();
    }

    /// A public room of the first that all of them have joined.
    pub(crate) async fn room(&self, people: &[&OwnedUserId]) -> OwnedRoomId {
        let room_id = self
            .engine
            .create_room(CreateRoom {
                creator: people[0].clone(),
                version: None,
                preset: Preset::PublicChat,
                name: None,
                topic: None,
                invite: Vec::new(),
                alias: None,
                listed: false,
                direct: false,
                creation_content: CanonicalJsonObject::new(),
                power_levels: None,
                initial_state: Vec::new(),
            })
            .await
            .unwrap();
        for person in &people[1..] {
            self.change(&room_id, person, MembershipChange::Join).await;
        }
        room_id
    }

    pub(crate) async fn change(&self, room_id: &OwnedRoomId, person: &OwnedUserId, change: MembershipChange) {
        self.engine.change_membership(room_id.clone(), person.clone(), person.clone(), change, None).await.unwrap();
    }

    /// Sends a text, as an answer in a thread if `thread` names its root.
    pub(crate) async fn say(
        &self,
        room_id: &OwnedRoomId,
        sender: &OwnedUserId,
        thread: Option<&OwnedEventId>,
    ) -> OwnedEventId {
        let mut content = serde_json::json!({ "msgtype": "m.text", "body": "hello" });
        if let Some(root) = thread {
            content["m.relates_to"] = serde_json::json!({ "rel_type": "m.thread", "event_id": root });
        }
        let content = crate::rooms::content_from_json(&content.to_string()).unwrap();
        let txn = ClientTxn { device_id: "PHONE".into(), txn_id: rand::random::<u64>().to_string() };
        self.engine
            .send_message(room_id.clone(), sender.clone(), "m.room.message".to_owned(), content, txn)
            .await
            .unwrap()
    }

    /// The stream position, as a sync token would hold it.
    pub(crate) fn position(&self) -> i64 {
        self.engine.db.position()
    }
}

/// The Matrix error code of a refusal.
#[track_caller]
pub(crate) fn code<T: std::fmt::Debug>(result: Result<T, Error>) -> &'static str {
    match result.unwrap_err() {
        Error::Invalid { code, .. }
        | Error::Conflict { code, .. }
        | Error::NotAllowed { code, .. }
        | Error::Denied { code, .. }
        | Error::Unauthenticated { code, .. } => code,
        Error::Interactive(_) => "more authentication",
        Error::NotFound(_) => "M_NOT_FOUND",
        Error::Forbidden(_) => "M_FORBIDDEN",
        Error::TooLarge(_) => "M_TOO_LARGE",
        Error::WrongBackup { .. } => "M_WRONG_ROOM_KEYS_VERSION",
        other => panic!("{other}"),
    }
}
