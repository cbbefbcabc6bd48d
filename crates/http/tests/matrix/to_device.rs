use http::Method;
use serde_json::{Value, json};
use unisono_testkit::TestServer;

use crate::person::Person;

/// The messages to the device in a sync.
fn messages(sync: &Value) -> &[Value] {
    sync["to_device"]["events"].as_array().map_or(&[], Vec::as_slice)
}

#[tokio::test]
async fn a_message_to_a_device_comes_once_and_again_until_acknowledged() {
    let server = TestServer::start().await;
    let (anna, ben) = (Person::register(&server, "anna").await, Person::register(&server, "ben").await);
    let body = json!({ "messages": { ben.user_id.as_str(): { "*": { "n": 1 } } } });
    for _ in 0..2 {
        anna.put("sendToDevice/m.test/txn", body.clone()).await;
    }
    let expected = [json!({ "type": "m.test", "sender": anna.user_id, "content": { "n": 1 } })];
    let first = ben.sync(None).await;
    assert_eq!(messages(&first), expected);
    assert_eq!(messages(&ben.sync(None).await), expected, "the answer may have been lost");
    let second = ben.sync(Some(&first)).await;
    assert!(messages(&second).is_empty());
    assert!(messages(&ben.sync(None).await).is_empty(), "it was acknowledged");
}

#[tokio::test]
async fn more_than_a_page_of_messages_comes_page_by_page() {
    let server = TestServer::start().await;
    let (anna, ben) = (Person::register(&server, "anna").await, Person::register(&server, "ben").await);
    for n in 0..130 {
        let body = json!({ "messages": { ben.user_id.as_str(): { "*": { "n": n } } } });
        anna.put(&format!("sendToDevice/m.test/{n}"), body).await;
    }
    let mut got = Vec::new();
    let mut sync = ben.sync(None).await;
    while !messages(&sync).is_empty() {
        got.extend(messages(&sync).iter().map(|event| event["content"]["n"].as_i64().unwrap()));
        sync = ben.sync(Some(&sync)).await;
    }
    assert_eq!(got, (0..130).collect::<Vec<_>>());
}

#[tokio::test]
async fn too_large_and_malformed_messages_are_refused() {
    let server = TestServer::start().await;
    let anna = Person::register(&server, "anna").await;
    let message = |content: Value| Some(json!({ "messages": { anna.user_id.as_str(): { "*": content } } }));
    let large = message(json!({ "text": "x".repeat(70_000) }));
    anna.refused(Method::PUT, "sendToDevice/m.test/a", large, 413, "M_TOO_LARGE").await;
    anna.refused(Method::PUT, "sendToDevice/m.test/b", message(json!(1)), 400, "M_BAD_JSON").await;
    anna.refused(Method::PUT, "sendToDevice/m.test/c", Some(json!({})), 400, "M_BAD_JSON").await;
    assert!(messages(&anna.sync(None).await).is_empty());
}
