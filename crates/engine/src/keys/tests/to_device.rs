use std::collections::BTreeMap;

use ruma::{OwnedUserId, events::AnyToDeviceEventContent, serde::Raw, to_device::DeviceIdOrAllDevices};
use serde_json::{Value, json};

use super::raw;
use crate::{
    Result,
    fixture::{Fixture, code},
    keys::{
        Messages,
        sync::{self, ToDevicePage},
    },
    rooms::ClientTxn,
};

fn one(user_id: &OwnedUserId, device: &str, content: &Value) -> Messages {
    let device = match device {
        "*" => DeviceIdOrAllDevices::AllDevices,
        id => DeviceIdOrAllDevices::DeviceId(id.into()),
    };
    let content: Raw<AnyToDeviceEventContent> = raw(content);
    BTreeMap::from([(user_id.clone(), BTreeMap::from([(device, content)]))])
}

async fn send(fixture: &Fixture, sender: &OwnedUserId, txn: &str, messages: Messages) -> Result<()> {
    let txn = ClientTxn { device_id: "PHONE".into(), txn_id: txn.to_owned() };
    fixture.engine.send_to_device(sender.clone(), txn, "m.test".to_owned(), messages).await
}

async fn page(
    fixture: &Fixture,
    user_id: &OwnedUserId,
    device: &'static str,
    since: i64,
    limit: usize,
) -> ToDevicePage {
    let (user_id, until) = (user_id.clone(), fixture.position());
    fixture.engine.db.read(move |tx| sync::to_device(tx, &user_id, device.into(), since, until, limit)).await.unwrap()
}

/// The numbers of the messages that wait for a device.
async fn waiting(fixture: &Fixture, user_id: &OwnedUserId, device: &'static str) -> Vec<i64> {
    numbers(&page(fixture, user_id, device, 0, 100).await)
}

fn numbers(page: &ToDevicePage) -> Vec<i64> {
    let number = |event: &Raw<_>| event.get_field::<Value>("content").unwrap().unwrap()["n"].as_i64().unwrap();
    page.events.iter().map(number).collect()
}

#[tokio::test]
async fn messages_come_in_order_and_a_repetition_is_none() {
    let fixture = Fixture::open().await;
    let (anna, ben) = (fixture.person("anna").await, fixture.person("ben").await);
    for n in [1, 2, 2, 3] {
        send(&fixture, &anna, &format!("t{n}"), one(&ben, "PHONE", &json!({ "n": n }))).await.unwrap();
    }
    assert_eq!(waiting(&fixture, &ben, "PHONE").await, [1, 2, 3]);
    let page = page(&fixture, &ben, "PHONE", 0, 1).await;
    let event: Value = serde_json::from_str(page.events[0].json().get()).unwrap();
    assert_eq!(event, json!({ "type": "m.test", "sender": anna, "content": { "n": 1 } }));
}

#[tokio::test]
async fn a_star_means_every_device_that_is_not_named() {
    let fixture = Fixture::open().await;
    let (anna, ben) = (fixture.person("anna").await, fixture.person("ben").await);
    fixture.device(&ben, "LAPTOP").await;
    let mut messages = one(&ben, "*", &json!({ "n": 1 }));
    messages.get_mut(&ben).unwrap().extend(one(&ben, "LAPTOP", &json!({ "n": 2 })).remove(&ben).unwrap());
    send(&fixture, &anna, "t", messages).await.unwrap();
    assert_eq!(waiting(&fixture, &ben, "PHONE").await, [1]);
    assert_eq!(waiting(&fixture, &ben, "LAPTOP").await, [2]);
}

#[tokio::test]
async fn who_does_not_exist_gets_nothing_and_stops_nobody() {
    let fixture = Fixture::open().await;
    let (anna, ben) = (fixture.person("anna").await, fixture.person("ben").await);
    let nobody = OwnedUserId::try_from("@nobody:test.local").unwrap();
    let mut messages = one(&ben, "PHONE", &json!({ "n": 1 }));
    messages.extend(one(&nobody, "*", &json!({ "n": 1 })));
    send(&fixture, &anna, "t", messages).await.unwrap();
    send(&fixture, &anna, "u", one(&ben, "NONE", &json!({ "n": 2 }))).await.unwrap();
    assert_eq!(waiting(&fixture, &ben, "PHONE").await, [1]);
}

#[tokio::test]
async fn only_what_was_acknowledged_is_deleted() {
    let fixture = Fixture::open().await;
    let (anna, ben) = (fixture.person("anna").await, fixture.person("ben").await);
    for n in 1..=4 {
        send(&fixture, &anna, &format!("t{n}"), one(&ben, "PHONE", &json!({ "n": n }))).await.unwrap();
    }
    let first = page(&fixture, &ben, "PHONE", 0, 2).await;
    assert_eq!(numbers(&first), [1, 2]);
    assert!(!first.acknowledged);
    let since = first.more_after.unwrap();
    let second = page(&fixture, &ben, "PHONE", since, 2).await;
    assert_eq!(numbers(&second), [3, 4]);
    assert_eq!(second.more_after, None);
    assert!(second.acknowledged);
    fixture.engine.delete_acknowledged(ben.clone(), "PHONE".into(), since).await.unwrap();
    assert_eq!(waiting(&fixture, &ben, "PHONE").await, [3, 4]);
}

#[tokio::test]
async fn a_message_of_the_wrong_form_or_size_is_refused_with_all_others() {
    let fixture = Fixture::open().await;
    let (anna, ben) = (fixture.person("anna").await, fixture.person("ben").await);
    let large = one(&ben, "PHONE", &json!({ "n": 1, "text": "x".repeat(70_000) }));
    assert_eq!(code(send(&fixture, &anna, "t", large).await), "M_TOO_LARGE");
    assert_eq!(code(send(&fixture, &anna, "t", one(&ben, "PHONE", &json!([1]))).await), "M_BAD_JSON");
    assert_eq!(waiting(&fixture, &ben, "PHONE").await, [0; 0]);
}
