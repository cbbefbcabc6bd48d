use std::time::Duration;

use super::Typing;
use crate::fixture::{Fixture, code};

#[test]
fn typing_is_news_once_and_ends() {
    let (room, anna) = (ruma::room_id!("!r:test.local"), ruma::user_id!("@anna:test.local"));
    let typing = Typing::new(1000);
    let start = typing.counter();
    assert_eq!(typing.sync(room, None), None);
    assert!(typing.set(room, anna, Some(50)));
    assert_eq!(typing.sync(room, Some(start)).unwrap(), [anna]);
    assert_eq!(typing.sync(room, None).unwrap(), [anna], "a first sync hears of it");
    let since = typing.counter();
    assert!(!typing.set(room, anna, Some(60)), "going on is no news");
    assert_eq!(typing.sync(room, Some(since)), None);
    assert!(!typing.any_news([room].into_iter(), since));
    assert!(typing.set(room, anna, None));
    assert!(typing.any_news([room].into_iter(), since));
    assert!(typing.sync(room, Some(since)).unwrap().is_empty());
    assert!(!typing.set(room, anna, None), "who does not type cannot stop");
}

#[test]
fn typing_expires_unless_it_goes_on() {
    let (room, anna) = (ruma::room_id!("!r:test.local"), ruma::user_id!("@anna:test.local"));
    let typing = Typing::new(0);
    typing.set(room, anna, Some(30));
    typing.set(room, anna, Some(50));
    assert!(!typing.expire(room, 30));
    let since = typing.counter();
    assert!(typing.expire(room, 50));
    assert!(typing.sync(room, Some(since)).unwrap().is_empty());
}

#[tokio::test]
async fn the_others_in_the_room_are_woken() {
    let fixture = Fixture::open().await;
    let (anna, ben) = (fixture.person("anna").await, fixture.person("ben").await);
    let room = fixture.room(&[&anna, &ben]).await;
    let mut subscription = fixture.engine.bus.subscribe(&ben);
    let time = Some(Duration::from_secs(30));
    fixture.engine.set_typing(room.clone(), anna.clone(), time).await.unwrap();
    tokio::time::timeout(Duration::from_secs(5), subscription.changed()).await.unwrap();
    assert_eq!(fixture.engine.typing.sync(&room, None).unwrap(), [anna]);
}

#[tokio::test]
async fn who_is_not_in_the_room_does_not_type_there() {
    let fixture = Fixture::open().await;
    let (anna, ben) = (fixture.person("anna").await, fixture.person("ben").await);
    let room = fixture.room(&[&anna]).await;
    let time = Some(Duration::from_secs(30));
    assert_eq!(code(fixture.engine.set_typing(room, ben, time).await), "M_FORBIDDEN");
}
