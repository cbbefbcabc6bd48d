use http::Method;
use serde_json::{Value, json};
use unisono_testkit::TestServer;

use crate::person::Person;

fn ephemeral<'a>(sync: &'a Value, room: &str, kind: &str) -> Option<&'a Value> {
    let events = sync["rooms"]["join"][room]["ephemeral"]["events"].as_array()?;
    events.iter().find(|event| event["type"] == kind).map(|event| &event["content"])
}

#[tokio::test]
async fn reading_is_seen_by_others_and_ends_the_unread_count() {
    let server = TestServer::start().await;
    let (anna, ben) = (Person::register(&server, "anna").await, Person::register(&server, "ben").await);
    let room = anna.room(&[&ben]).await;
    let event = anna.say(&room, "one").await;
    let unread = |sync: &Value| sync["rooms"]["join"][&room]["unread_notifications"]["notification_count"].clone();
    assert_eq!(unread(&ben.sync(None).await), 1);
    let since = anna.sync(None).await;
    ben.post(&format!("rooms/{room}/receipt/m.read/{event}"), json!({})).await;
    let news = anna.sync(Some(&since)).await;
    let receipts = ephemeral(&news, &room, "m.receipt").unwrap();
    assert!(receipts[&event]["m.read"][&ben.user_id]["ts"].is_i64());
    assert_eq!(unread(&ben.sync(None).await), 0);
}

#[tokio::test]
async fn read_markers_set_all_that_they_name() {
    let server = TestServer::start().await;
    let (anna, ben) = (Person::register(&server, "anna").await, Person::register(&server, "ben").await);
    let room = anna.room(&[&ben]).await;
    let event = anna.say(&room, "one").await;
    let since = anna.sync(None).await;
    let marks = json!({ "m.fully_read": event, "m.read.private": event });
    ben.post(&format!("rooms/{room}/read_markers"), marks).await;
    let his = ben.sync(None).await;
    let data = his["rooms"]["join"][&room]["account_data"]["events"].as_array().unwrap();
    assert!(data.contains(&json!({ "type": "m.fully_read", "content": { "event_id": event } })));
    assert!(ephemeral(&his, &room, "m.receipt").unwrap()[&event]["m.read.private"][&ben.user_id].is_object());
    assert!(ephemeral(&anna.sync(Some(&since)).await, &room, "m.receipt").is_none());
}

#[tokio::test]
async fn typing_is_told_and_ends() {
    let server = TestServer::start().await;
    let (anna, ben) = (Person::register(&server, "anna").await, Person::register(&server, "ben").await);
    let room = anna.room(&[&ben]).await;
    let since = anna.sync(None).await;
    let path = format!("rooms/{room}/typing/{}", ben.user_id);
    ben.put(&path, json!({ "typing": true, "timeout": 30_000 })).await;
    let begun = anna.sync(Some(&since)).await;
    assert_eq!(ephemeral(&begun, &room, "m.typing").unwrap()["user_ids"], json!([ben.user_id]));
    assert!(ephemeral(&anna.sync(Some(&begun)).await, &room, "m.typing").is_none(), "told once");
    ben.put(&path, json!({ "typing": false })).await;
    let ended = anna.sync(Some(&begun)).await;
    assert_eq!(ephemeral(&ended, &room, "m.typing").unwrap()["user_ids"], json!([]));
}

#[tokio::test]
async fn refusals_of_receipts_and_typing_have_their_codes() {
    let server = TestServer::start().await;
    let (anna, ben) = (Person::register(&server, "anna").await, Person::register(&server, "ben").await);
    let room = anna.room(&[]).await;
    let event = anna.say(&room, "one").await;
    let receipt = |kind: &str, event: &str| format!("rooms/{room}/receipt/{kind}/{event}");
    let post = |body| (Method::POST, Some(body));
    for (person, path, body, status, code) in [
        (&anna, receipt("m.nonsense", &event), json!({}), 400, "M_INVALID_PARAM"),
        (&anna, receipt("m.read", &event), json!({ "thread_id": "" }), 400, "M_INVALID_PARAM"),
        (&anna, receipt("m.fully_read", &event), json!({ "thread_id": "main" }), 400, "M_INVALID_PARAM"),
        (&anna, receipt("m.read", "$none"), json!({}), 404, "M_NOT_FOUND"),
        (&ben, receipt("m.read", &event), json!({}), 403, "M_FORBIDDEN"),
        (&ben, format!("rooms/{room}/read_markers"), json!({ "m.read": event }), 403, "M_FORBIDDEN"),
    ] {
        let (method, body) = post(body);
        person.refused(method, &path, body, status, code).await;
    }
    let typing = |person: &Person<'_>| format!("rooms/{room}/typing/{}", person.user_id);
    let body = || Some(json!({ "typing": true, "timeout": 1000 }));
    anna.refused(Method::PUT, &typing(&ben), body(), 403, "M_FORBIDDEN").await;
    ben.refused(Method::PUT, &typing(&ben), body(), 403, "M_FORBIDDEN").await;
}
