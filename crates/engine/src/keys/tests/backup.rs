use proptest::prelude::*;
use ruma::{OwnedRoomId, OwnedUserId};
use serde_json::{Value, json, value::RawValue};

use crate::{
    Error, Result,
    fixture::{Fixture, code},
    keys::{BackupCounts, KeySelection, RoomKeys},
};

fn boxed(value: &Value) -> Box<RawValue> {
    serde_json::value::to_raw_value(value).unwrap()
}

fn description() -> Box<RawValue> {
    boxed(&json!({ "algorithm": "m.megolm_backup.v1.curve25519-aes-sha2", "auth_data": { "public_key": "abc" } }))
}

fn room(name: &str) -> OwnedRoomId {
    OwnedRoomId::try_from(format!("!{name}:test.local")).unwrap()
}

fn key(verified: bool, first: u32, forwarded: u32) -> Value {
    json!({
        "is_verified": verified,
        "first_message_index": first,
        "forwarded_count": forwarded,
        "session_data": { "ciphertext": format!("{verified} {first} {forwarded}") },
    })
}

fn keys<const N: usize>(list: [(&str, &str, Value); N]) -> RoomKeys {
    let mut keys = RoomKeys::new();
    for (room_name, session, key) in list {
        keys.entry(room(room_name)).or_default().insert(session.to_owned(), boxed(&key));
    }
    keys
}

struct Backup {
    fixture: Fixture,
    anna: OwnedUserId,
    version: String,
}

impl Backup {
    async fn new() -> Self {
        let fixture = Fixture::open().await;
        let anna = fixture.person("anna").await;
        let version = fixture.engine.create_backup(anna.clone(), description()).await.unwrap();
        Self { fixture, anna, version }
    }

    async fn add(&self, keys: RoomKeys) -> Result<BackupCounts> {
        self.fixture.engine.add_backup_keys(self.anna.clone(), self.version.clone(), keys).await
    }

    async fn get(&self, selection: KeySelection) -> Result<RoomKeys> {
        self.fixture.engine.backup_keys(self.anna.clone(), self.version.clone(), selection).await
    }

    async fn delete(&self, selection: KeySelection) -> BackupCounts {
        self.fixture.engine.delete_backup_keys(self.anna.clone(), self.version.clone(), selection).await.unwrap()
    }

    async fn kept(&self) -> Value {
        let keys = self.get(KeySelection::Session(room("r"), "s".to_owned())).await.unwrap();
        serde_json::from_str(keys[&room("r")]["s"].get()).unwrap()
    }
}

#[tokio::test]
async fn keys_are_added_counted_read_and_deleted() {
    let backup = Backup::new().await;
    let first = backup.add(keys([("a", "1", key(false, 0, 0)), ("a", "2", key(false, 0, 0))])).await.unwrap();
    assert_eq!(first.count, 2);
    let second = backup.add(keys([("b", "3", key(false, 0, 0))])).await.unwrap();
    assert_eq!(second.count, 3);
    assert_ne!(first.etag, second.etag);
    let same = backup.add(keys([("b", "3", key(false, 0, 0))])).await.unwrap();
    assert_eq!(same, second, "nothing changed");
    assert_eq!(backup.get(KeySelection::All).await.unwrap().len(), 2);
    assert_eq!(backup.get(KeySelection::Room(room("a"))).await.unwrap()[&room("a")].len(), 2);
    assert!(backup.get(KeySelection::Room(room("none"))).await.unwrap().is_empty());
    assert_eq!(code(backup.get(KeySelection::Session(room("a"), "9".to_owned())).await), "M_NOT_FOUND");

    assert_eq!(backup.delete(KeySelection::Session(room("a"), "1".to_owned())).await.count, 2);
    assert_eq!(backup.delete(KeySelection::Room(room("a"))).await.count, 1);
    let empty = backup.delete(KeySelection::All).await;
    assert_eq!(empty.count, 0);
    assert_eq!(backup.delete(KeySelection::All).await, empty, "nothing changed");
}

#[tokio::test]
async fn only_the_newest_version_takes_keys() {
    let backup = Backup::new().await;
    let engine = &backup.fixture.engine;
    let newer = engine.create_backup(backup.anna.clone(), description()).await.unwrap();
    match backup.add(keys([("r", "s", key(false, 0, 0))])).await {
        Err(Error::WrongBackup { current_version }) => assert_eq!(current_version, newer),
        other => panic!("{other:?}"),
    }
    engine.delete_backup(backup.anna.clone(), newer.clone()).await.unwrap();
    backup.add(keys([("r", "s", key(false, 0, 0))])).await.unwrap();
    let next = engine.create_backup(backup.anna.clone(), description()).await.unwrap();
    assert_ne!(next, newer, "the number of a deleted version is not given again");
}

#[tokio::test]
async fn a_deleted_version_is_gone_with_its_keys() {
    let backup = Backup::new().await;
    let engine = &backup.fixture.engine;
    backup.add(keys([("r", "s", key(false, 0, 0))])).await.unwrap();
    engine.delete_backup(backup.anna.clone(), backup.version.clone()).await.unwrap();
    assert_eq!(code(engine.backup(backup.anna.clone(), None).await), "M_NOT_FOUND");
    assert_eq!(code(engine.backup(backup.anna.clone(), Some(backup.version.clone())).await), "M_NOT_FOUND");
    assert_eq!(code(backup.get(KeySelection::All).await), "M_NOT_FOUND");
    assert_eq!(code(backup.add(RoomKeys::new()).await), "M_NOT_FOUND");
    let again = engine.delete_backup(backup.anna.clone(), backup.version.clone()).await;
    assert_eq!(code(again), "M_NOT_FOUND");
}

#[tokio::test]
async fn what_a_backup_says_about_itself_can_change_but_not_its_algorithm() {
    let backup = Backup::new().await;
    let update =
        |body: Value| backup.fixture.engine.update_backup(backup.anna.clone(), backup.version.clone(), boxed(&body));
    let algorithm = "m.megolm_backup.v1.curve25519-aes-sha2";
    update(json!({ "algorithm": algorithm, "auth_data": { "public_key": "new" } })).await.unwrap();
    let info = backup.fixture.engine.backup(backup.anna.clone(), None).await.unwrap();
    assert_eq!(info.auth_data.get(), r#"{"public_key":"new"}"#);
    let other = update(json!({ "algorithm": "other", "auth_data": {} })).await;
    assert_eq!(code(other), "M_INVALID_PARAM");
    let other = update(json!({ "algorithm": algorithm, "auth_data": {}, "version": "99" })).await;
    assert_eq!(code(other), "M_INVALID_PARAM");
    assert_eq!(code(update(json!({ "algorithm": algorithm })).await), "M_BAD_JSON");
}

#[tokio::test]
async fn a_malformed_key_spoils_the_whole_upload() {
    let backup = Backup::new().await;
    let bad = keys([("r", "good", key(false, 0, 0)), ("r", "bad", json!({ "session_data": {} }))]);
    assert_eq!(code(backup.add(bad).await), "M_BAD_JSON");
    assert!(backup.get(KeySelection::All).await.unwrap().is_empty());
}

#[tokio::test]
async fn others_cannot_see_my_backup() {
    let backup = Backup::new().await;
    let ben = backup.fixture.person("ben").await;
    let theirs = backup.fixture.engine.backup_keys(ben, backup.version.clone(), KeySelection::All).await;
    assert_eq!(code(theirs), "M_NOT_FOUND");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 16, ..ProptestConfig::default() })]

    /// In whatever order copies of a key come, the best one is kept: verified, then from the earliest
    /// message on, then least forwarded.
    #[test]
    fn the_best_copy_of_a_key_is_kept(copies in prop::collection::vec((any::<bool>(), 0_u32..4, 0_u32..4), 1..8)) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let (kept, count) = runtime.block_on(async {
            let backup = Backup::new().await;
            let mut count = 0;
            for (verified, first, forwarded) in &copies {
                let counts = backup.add(keys([("r", "s", key(*verified, *first, *forwarded))])).await.unwrap();
                count = counts.count;
            }
            (backup.kept().await, count)
        });
        let (verified, first, forwarded) =
            copies.into_iter().min_by_key(|(verified, first, forwarded)| (!verified, *first, *forwarded)).unwrap();
        prop_assert_eq!(kept, key(verified, first, forwarded));
        prop_assert_eq!(count, 1);
    }
}
