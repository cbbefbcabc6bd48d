use ruma::OwnedRoomId;
use serde_json::{Value, json, value::RawValue};

use super::AccountDataNews;
use crate::fixture::{Fixture, code};

fn boxed(value: &Value) -> Box<RawValue> {
    serde_json::value::to_raw_value(value).unwrap()
}

async fn news(fixture: &Fixture, user_id: &ruma::OwnedUserId, since: i64) -> AccountDataNews {
    let (user_id, until) = (user_id.clone(), fixture.position());
    fixture.engine.db.read(move |tx| super::sync(tx, &user_id, since, until)).await.unwrap()
}

fn room() -> OwnedRoomId {
    OwnedRoomId::try_from("!r:test.local").unwrap()
}

#[tokio::test]
async fn account_data_comes_back_as_it_was_and_by_sync() {
    let fixture = Fixture::open().await;
    let anna = fixture.person("anna").await;
    let content = json!({ "theme": "dark", "nested": [1, { "a": null }], "order": 0.25 });
    fixture.engine.set_account_data(anna.clone(), None, "org.example".to_owned(), boxed(&content)).await.unwrap();
    let kept = fixture.engine.account_data(anna.clone(), None, "org.example".to_owned()).await.unwrap();
    assert_eq!(serde_json::from_str::<Value>(kept.get()).unwrap(), content);
    let all = news(&fixture, &anna, 0).await;
    let event: Value = serde_json::from_str(all.global[0].json().get()).unwrap();
    assert_eq!(event, json!({ "type": "org.example", "content": content }));
    assert!(news(&fixture, &anna, fixture.position()).await.global.is_empty());
}

#[tokio::test]
async fn what_belongs_to_a_room_stays_there() {
    let fixture = Fixture::open().await;
    let anna = fixture.person("anna").await;
    let kind = || "org.example".to_owned();
    fixture.engine.set_account_data(anna.clone(), Some(room()), kind(), boxed(&json!({}))).await.unwrap();
    assert!(fixture.engine.account_data(anna.clone(), Some(room()), kind()).await.is_ok());
    assert_eq!(code(fixture.engine.account_data(anna.clone(), None, kind()).await), "M_NOT_FOUND");
    let news = news(&fixture, &anna, 0).await;
    assert!(news.global.is_empty());
    assert_eq!(news.rooms[&room()].len(), 1);
}

#[tokio::test]
async fn what_the_server_keeps_itself_and_what_is_no_object_is_refused() {
    let fixture = Fixture::open().await;
    let anna = fixture.person("anna").await;
    let set = |kind: &str, content: Value| {
        fixture.engine.set_account_data(anna.clone(), None, kind.to_owned(), boxed(&content))
    };
    for kind in ["m.fully_read", "m.push_rules"] {
        assert!(matches!(set(kind, json!({})).await, Err(crate::Error::NotAllowed { .. })));
    }
    assert_eq!(code(set("org.example", json!([])).await), "M_BAD_JSON");
    assert_eq!(code(set(&"x".repeat(256), json!({})).await), "M_INVALID_PARAM");
}

#[tokio::test]
async fn tags_are_added_and_removed_one_by_one() {
    let fixture = Fixture::open().await;
    let anna = fixture.person("anna").await;
    let info = |order: f64| serde_json::from_value(json!({ "order": order })).unwrap();
    fixture.engine.set_tag(anna.clone(), room(), "m.favourite".to_owned(), info(0.25)).await.unwrap();
    fixture.engine.set_tag(anna.clone(), room(), "u.work".to_owned(), info(0.5)).await.unwrap();
    let tags = fixture.engine.tags(anna.clone(), room()).await.unwrap();
    assert_eq!(Value::Object(tags), json!({ "m.favourite": { "order": 0.25 }, "u.work": { "order": 0.5 } }));
    fixture.engine.remove_tag(anna.clone(), room(), "m.favourite".to_owned()).await.unwrap();
    fixture.engine.remove_tag(anna.clone(), room(), "never.there".to_owned()).await.unwrap();
    let tags = fixture.engine.tags(anna.clone(), room()).await.unwrap();
    assert_eq!(Value::Object(tags), json!({ "u.work": { "order": 0.5 } }));
    assert_eq!(code(fixture.engine.set_tag(anna, room(), "x".repeat(256), info(0.0)).await), "M_INVALID_PARAM");
}

#[tokio::test]
async fn the_same_filter_has_the_same_number_and_is_its_owners() {
    let fixture = Fixture::open().await;
    let (anna, ben) = (fixture.person("anna").await, fixture.person("ben").await);
    let filter = |limit: u32| serde_json::from_value(json!({ "room": { "timeline": { "limit": limit } } })).unwrap();
    let one = fixture.engine.create_filter(anna.clone(), filter(1)).await.unwrap();
    assert_eq!(fixture.engine.create_filter(anna.clone(), filter(1)).await.unwrap(), one);
    assert_ne!(fixture.engine.create_filter(anna.clone(), filter(2)).await.unwrap(), one);
    let kept = fixture.engine.filter(anna.clone(), one.clone()).await.unwrap();
    assert_eq!(kept.room.timeline.limit, Some(ruma::UInt::from(1_u8)));
    for (who, id) in [(&ben, one.as_str()), (&anna, "99"), (&anna, "nonsense")] {
        assert_eq!(code(fixture.engine.filter(who.clone(), id.to_owned()).await), "M_NOT_FOUND");
    }
    let odd = serde_json::from_value(json!({ "event_format": "odd" })).unwrap();
    assert_eq!(code(fixture.engine.create_filter(anna, odd).await), "M_INVALID_PARAM");
}
