use ruma::{OwnedUserId, api::client::sync::sync_events::DeviceLists};
use unisono_store::people::{devices, users::UserKind};

use crate::{
    Error,
    fixture::Fixture,
    keys::record_device_removal,
    rooms::MembershipChange::{Join, Leave},
};

/// Changed and left, as names.
async fn lists(fixture: &Fixture, user_id: &OwnedUserId, since: i64) -> (Vec<String>, Vec<String>) {
    let DeviceLists { mut changed, mut left, .. } =
        fixture.engine.key_changes(user_id.clone(), since, fixture.position()).await.unwrap();
    changed.sort();
    left.sort();
    let names = |list: Vec<OwnedUserId>| list.iter().map(|user| user.localpart().to_owned()).collect();
    (names(changed), names(left))
}

fn of<const A: usize, const B: usize>(changed: [&str; A], left: [&str; B]) -> (Vec<String>, Vec<String>) {
    (changed.map(str::to_owned).to_vec(), left.map(str::to_owned).to_vec())
}

#[tokio::test]
async fn new_keys_are_told_to_who_shares_a_room_and_to_nobody_else() {
    let fixture = Fixture::open().await;
    let (anna, ben, carl) = (fixture.person("anna").await, fixture.person("ben").await, fixture.person("carl").await);
    fixture.room(&[&anna, &ben]).await;
    let since = fixture.position();
    fixture.publish(&anna, "PHONE", "key").await;
    assert_eq!(lists(&fixture, &ben, since).await, of(["anna"], []));
    assert_eq!(lists(&fixture, &anna, since).await, of(["anna"], []), "one's own other devices");
    assert_eq!(lists(&fixture, &carl, since).await, of([], []));
    let since = fixture.position();
    fixture.publish(&anna, "PHONE", "key").await;
    assert_eq!(lists(&fixture, &ben, since).await, of([], []), "the same keys are no news");
}

#[tokio::test]
async fn a_removed_device_is_told() {
    let fixture = Fixture::open().await;
    let (anna, ben) = (fixture.person("anna").await, fixture.person("ben").await);
    fixture.room(&[&anna, &ben]).await;
    fixture.publish(&anna, "PHONE", "key").await;
    let since = fixture.position();
    let gone = anna.clone();
    fixture
        .engine
        .db
        .write::<_, Error, _>(move |tx| {
            record_device_removal(tx, &gone, "PHONE".into())?;
            Ok(devices::delete(tx, &gone, "PHONE".into())?)
        })
        .await
        .unwrap();
    assert_eq!(lists(&fixture, &ben, since).await, of(["anna"], []));
    let query = [(anna.clone(), Vec::new())].into();
    let found = fixture.engine.query_keys(ben, query).await.unwrap();
    assert!(found.device_keys[&anna].is_empty());
}

#[tokio::test]
async fn who_comes_into_a_room_is_changed_for_all_in_it_and_they_for_them() {
    let fixture = Fixture::open().await;
    let (anna, ben, carl) = (fixture.person("anna").await, fixture.person("ben").await, fixture.person("carl").await);
    let room = fixture.room(&[&anna, &ben]).await;
    let since = fixture.position();
    fixture.change(&room, &carl, Join).await;
    assert_eq!(lists(&fixture, &anna, since).await, of(["carl"], []));
    assert_eq!(lists(&fixture, &carl, since).await, of(["anna", "ben"], []));
}

#[tokio::test]
async fn who_leaves_the_last_common_room_has_left_for_both() {
    let fixture = Fixture::open().await;
    let (anna, ben, carl) = (fixture.person("anna").await, fixture.person("ben").await, fixture.person("carl").await);
    let room = fixture.room(&[&anna, &ben, &carl]).await;
    fixture.room(&[&anna, &carl]).await;
    let since = fixture.position();
    fixture.change(&room, &anna, Leave).await;
    assert_eq!(lists(&fixture, &ben, since).await, of([], ["anna"]));
    assert_eq!(lists(&fixture, &anna, since).await, of([], ["ben"]), "carl shares another room still");
    assert_eq!(lists(&fixture, &carl, since).await, of([], []));
}

#[tokio::test]
async fn another_common_room_is_no_news() {
    let fixture = Fixture::open().await;
    let (anna, ben) = (fixture.person("anna").await, fixture.person("ben").await);
    fixture.room(&[&anna, &ben]).await;
    let since = fixture.position();
    fixture.room(&[&anna, &ben]).await;
    assert_eq!(lists(&fixture, &ben, since).await, of([], []));
}

#[tokio::test]
async fn who_left_and_came_back_is_changed() {
    let fixture = Fixture::open().await;
    let (anna, ben) = (fixture.person("anna").await, fixture.person("ben").await);
    let room = fixture.room(&[&anna, &ben]).await;
    let since = fixture.position();
    fixture.change(&room, &anna, Leave).await;
    fixture.change(&room, &anna, Join).await;
    assert_eq!(lists(&fixture, &ben, since).await, of(["anna"], []));
}

#[tokio::test]
async fn ghosts_have_no_devices_to_follow() {
    let fixture = Fixture::open().await;
    let anna = fixture.person("anna").await;
    let ghost = fixture.user("email_mueller", UserKind::Ghost).await;
    let room = fixture.room(&[&anna]).await;
    let since = fixture.position();
    fixture.change(&room, &ghost, Join).await;
    assert_eq!(lists(&fixture, &anna, since).await, of([], []));
}

#[tokio::test]
async fn a_first_sync_lists_nobody() {
    let fixture = Fixture::open().await;
    let (anna, ben) = (fixture.person("anna").await, fixture.person("ben").await);
    fixture.room(&[&anna, &ben]).await;
    fixture.publish(&anna, "PHONE", "key").await;
    assert_eq!(lists(&fixture, &ben, 0).await, of([], []));
}
