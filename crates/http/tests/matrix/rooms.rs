//! Rooms and events: what is refused leaves nothing behind.

use http::{Method, StatusCode};
use serde_json::{Value, json};
use unisono_testkit::TestServer;

use crate::person::Person;

fn ids(page: &Value) -> Vec<String> {
    let events = page["chunk"].as_array().unwrap().iter();
    events.map(|event| event["event_id"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn a_room_is_made_whole_or_not_at_all() {
    let server = TestServer::start().await;
    let anna = Person::register(&server, "anna").await;
    let body = json!({ "initial_state": [
        { "type": "m.room.topic", "content": { "topic": "first" } },
        { "type": "m.room.member", "state_key": "@ben:test.local", "content": { "membership": "join" } },
    ] });
    let answer = anna.call(Method::POST, "createRoom", Some(body)).await;
    assert_eq!((answer.status, answer.errcode()), (StatusCode::FORBIDDEN, "M_FORBIDDEN"));
    assert_eq!(anna.get("joined_rooms").await["joined_rooms"], json!([]));
}

#[tokio::test]
async fn rooms_are_made_in_versions_11_and_12_and_no_other() {
    let server = TestServer::start().await;
    let anna = Person::register(&server, "anna").await;
    for version in ["11", "12"] {
        let room = anna.create_room(json!({ "room_version": version })).await;
        assert_eq!(room.contains(':'), version == "11", "{room}");
        let create = anna.get(&format!("rooms/{room}/state/m.room.create")).await;
        assert_eq!(create["room_version"], version);
    }
    let answer = anna.call(Method::POST, "createRoom", Some(json!({ "room_version": "1" }))).await;
    assert_eq!(answer.errcode(), "M_UNSUPPORTED_ROOM_VERSION");
}

#[tokio::test]
async fn the_same_transaction_is_the_same_event_also_from_two_requests_at_once() {
    let server = TestServer::start().await;
    let anna = Person::register(&server, "anna").await;
    let room = anna.create_room(json!({})).await;
    let path = format!("rooms/{room}/send/m.room.message/txn1");
    let body = json!({ "msgtype": "m.text", "body": "once" });
    let (one, two) = tokio::join!(
        anna.call(Method::PUT, &path, Some(body.clone())),
        anna.call(Method::PUT, &path, Some(body.clone())),
    );
    assert_eq!(one.ok()["event_id"], two.ok()["event_id"]);
    let page = anna.get(&format!("rooms/{room}/messages?dir=b")).await;
    let messages = page["chunk"].as_array().unwrap().iter().filter(|event| event["type"] == "m.room.message");
    assert_eq!(messages.count(), 1);
}

#[tokio::test]
async fn content_that_no_event_may_have_is_refused_with_the_right_code() {
    let server = TestServer::start().await;
    let anna = Person::register(&server, "anna").await;
    let room = anna.create_room(json!({})).await;
    let before = ids(&anna.get(&format!("rooms/{room}/messages?dir=b")).await);
    let path = format!("rooms/{room}/send/m.room.message");
    let cases = [
        (json!({ "body": "x".repeat(70_000) }), StatusCode::PAYLOAD_TOO_LARGE, "M_TOO_LARGE"),
        (json!({ "body": 1.5 }), StatusCode::BAD_REQUEST, "M_BAD_JSON"),
        (json!({ "body": 9_007_199_254_740_993_i64 }), StatusCode::BAD_REQUEST, "M_BAD_JSON"),
        (json!(["no object"]), StatusCode::BAD_REQUEST, "M_BAD_JSON"),
    ];
    for (number, (body, status, code)) in cases.into_iter().enumerate() {
        let answer = anna.call(Method::PUT, &format!("{path}/txn{number}"), Some(body)).await;
        assert_eq!((answer.status, answer.errcode()), (status, code), "case {number}");
    }
    let long_type = format!("rooms/{room}/send/{}/txn", "t".repeat(300));
    assert_eq!(anna.call(Method::PUT, &long_type, Some(json!({}))).await.errcode(), "M_TOO_LARGE");
    assert_eq!(ids(&anna.get(&format!("rooms/{room}/messages?dir=b")).await), before);
}

#[tokio::test]
async fn who_is_not_in_a_room_can_do_and_see_nothing_there() {
    let server = TestServer::start().await;
    let (anna, ben) = (Person::register(&server, "anna").await, Person::register(&server, "ben").await);
    let room = anna.create_room(json!({ "name": "private" })).await;
    let message = Some(json!({ "msgtype": "m.text", "body": "hello" }));
    for (method, path, body) in [
        (Method::PUT, format!("rooms/{room}/send/m.room.message/1"), message),
        (Method::PUT, format!("rooms/{room}/state/m.room.name"), Some(json!({ "name": "mine" }))),
        (Method::POST, format!("rooms/{room}/join"), None),
        (Method::POST, format!("rooms/{room}/invite"), Some(json!({ "user_id": ben.user_id }))),
        (Method::POST, format!("rooms/{room}/leave"), None),
        (Method::GET, format!("rooms/{room}/messages?dir=b"), None),
        (Method::GET, format!("rooms/{room}/state"), None),
        (Method::GET, format!("rooms/{room}/joined_members"), None),
    ] {
        let answer = ben.call(method, &path, body).await;
        assert_eq!((answer.status, answer.errcode()), (StatusCode::FORBIDDEN, "M_FORBIDDEN"), "{path}");
    }
    assert_eq!(anna.get(&format!("rooms/{room}/state/m.room.name")).await["name"], "private");
}

#[tokio::test]
async fn history_before_an_invitation_is_hidden_where_the_room_says_so() {
    let server = TestServer::start().await;
    let (anna, ben) = (Person::register(&server, "anna").await, Person::register(&server, "ben").await);
    let visibility = json!({ "type": "m.room.history_visibility", "content": { "history_visibility": "invited" } });
    let room = anna.create_room(json!({ "initial_state": [visibility] })).await;
    let hidden = anna.say(&room, "before").await;
    anna.post(&format!("rooms/{room}/invite"), json!({ "user_id": ben.user_id })).await;
    let seen = anna.say(&room, "after-the-invitation").await;
    ben.post(&format!("rooms/{room}/join"), json!({})).await;
    let page = ben.get(&format!("rooms/{room}/messages?dir=b&limit=100")).await;
    assert!(ids(&page).contains(&seen) && !ids(&page).contains(&hidden));
    let answer = ben.call(Method::GET, &format!("rooms/{room}/event/{hidden}"), None).await;
    assert_eq!(answer.errcode(), "M_NOT_FOUND");
}

#[tokio::test]
async fn a_redaction_takes_the_content_and_stays_known() {
    let server = TestServer::start().await;
    let anna = Person::register(&server, "anna").await;
    let room = anna.create_room(json!({})).await;
    let event = anna.say(&room, "oops").await;
    anna.call(Method::PUT, &format!("rooms/{room}/redact/{event}/1"), Some(json!({ "reason": "typo" }))).await.ok();
    let left = anna.get(&format!("rooms/{room}/event/{event}")).await;
    assert_eq!(left["content"], json!({}));
    assert_eq!(left["unsigned"]["redacted_because"]["content"]["reason"], "typo");
}
