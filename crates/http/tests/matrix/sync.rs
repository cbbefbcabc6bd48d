//! What /sync tells, and that it tells it once.

use http::Method;
use serde_json::{Value, json};
use unisono_testkit::TestServer;

use crate::person::Person;

fn events(section: &Value) -> Vec<&str> {
    section["events"].as_array().unwrap().iter().map(|event| event["event_id"].as_str().unwrap_or("?")).collect()
}

#[tokio::test]
async fn each_event_comes_once_however_syncs_and_messages_interleave() {
    let server = TestServer::start().await;
    let (anna, ben) = (Person::register(&server, "anna").await, Person::register(&server, "ben").await);
    let room = anna.create_room(json!({ "invite": [ben.user_id] })).await;
    ben.post(&format!("rooms/{room}/join"), json!({})).await;
    let mut since = ben.sync(None).await;
    let mut sent = Vec::new();
    let mut got: Vec<String> = Vec::new();
    for number in 0..20 {
        for part in 0..number % 3 {
            sent.push(anna.say(&room, &format!("{number}-{part}")).await);
        }
        since = ben.sync(Some(&since)).await;
        if let Some(joined) = since["rooms"]["join"].get(&room) {
            got.extend(events(&joined["timeline"]).into_iter().map(ToOwned::to_owned));
            assert_eq!(joined["timeline"]["limited"], false);
        }
    }
    assert_eq!(got, sent);
}

#[tokio::test]
async fn a_gap_is_said_and_can_be_filled_without_loss() {
    let server = TestServer::start().await;
    let anna = Person::register(&server, "anna").await;
    let room = anna.create_room(json!({})).await;
    let since = anna.sync(None).await["next_batch"].as_str().unwrap().to_owned();
    let mut sent = Vec::new();
    for number in 0..25 {
        sent.push(anna.say(&room, &number.to_string()).await);
    }
    let filter = "%7B%22room%22%3A%7B%22timeline%22%3A%7B%22limit%22%3A5%7D%7D%7D";
    let timeline =
        anna.get(&format!("sync?since={since}&filter={filter}")).await["rooms"]["join"][&room]["timeline"].clone();
    assert_eq!(timeline["limited"], true);
    let mut known: Vec<String> = events(&timeline).into_iter().map(ToOwned::to_owned).collect();
    assert_eq!(known, sent[20..]);
    let from = timeline["prev_batch"].as_str().unwrap();
    let page = anna.get(&format!("rooms/{room}/messages?dir=b&limit=20&from={from}")).await;
    for event in page["chunk"].as_array().unwrap() {
        known.insert(0, event["event_id"].as_str().unwrap().to_owned());
    }
    assert_eq!(known, sent);
}

#[tokio::test]
async fn the_sender_finds_its_own_transaction_and_nobody_else_does() {
    let server = TestServer::start().await;
    let (anna, ben) = (Person::register(&server, "anna").await, Person::register(&server, "ben").await);
    let room = anna.create_room(json!({ "invite": [ben.user_id] })).await;
    ben.post(&format!("rooms/{room}/join"), json!({})).await;
    let path = format!("rooms/{room}/send/m.room.message/my-txn");
    anna.call(Method::PUT, &path, Some(json!({ "msgtype": "m.text", "body": "hi" }))).await.ok();
    let last =
        |answer: &Value| answer["rooms"]["join"][&room]["timeline"]["events"].as_array().unwrap().last().cloned();
    assert_eq!(last(&anna.sync(None).await).unwrap()["unsigned"]["transaction_id"], "my-txn");
    assert_eq!(last(&ben.sync(None).await).unwrap()["unsigned"].get("transaction_id"), None);
}

#[tokio::test]
async fn who_comes_back_gets_the_room_anew_and_who_leaves_its_end() {
    let server = TestServer::start().await;
    let (anna, ben) = (Person::register(&server, "anna").await, Person::register(&server, "ben").await);
    let room = anna.create_room(json!({ "preset": "public_chat", "name": "open" })).await;
    ben.post(&format!("rooms/{room}/join"), json!({})).await;
    let inside = ben.sync(None).await;
    let said = anna.say(&room, "last-words").await;
    ben.post(&format!("rooms/{room}/leave"), json!({})).await;
    let unseen = anna.say(&room, "behind-his-back").await;
    let answer = ben.sync(Some(&inside)).await;
    let left = events(&answer["rooms"]["leave"][&room]["timeline"]);
    assert!(left.contains(&said.as_str()) && !left.contains(&unseen.as_str()));
    ben.post(&format!("rooms/{room}/join"), json!({})).await;
    let joined = ben.sync(Some(&answer)).await["rooms"]["join"][&room].clone();
    let all: Vec<&Value> =
        ["state", "timeline"].iter().flat_map(|part| joined[part]["events"].as_array().unwrap()).collect();
    assert!(all.iter().any(|event| event["type"] == "m.room.name"), "the whole state comes again");
    assert!(all.iter().any(|event| event["event_id"] == json!(unseen)), "shared history can be seen");
}

#[tokio::test]
async fn a_waiting_sync_wakes_for_a_message() {
    let server = TestServer::start().await;
    let (anna, ben) = (Person::register(&server, "anna").await, Person::register(&server, "ben").await);
    let room = anna.create_room(json!({ "invite": [ben.user_id] })).await;
    ben.post(&format!("rooms/{room}/join"), json!({})).await;
    let since = ben.sync(None).await["next_batch"].as_str().unwrap().to_owned();
    let path = format!("sync?since={since}&timeout=30000");
    let (answer, sent) = tokio::join!(ben.get(&path), anna.say(&room, "wake-up"));
    assert_eq!(events(&answer["rooms"]["join"][&room]["timeline"]), [sent.as_str()]);
}

#[tokio::test]
async fn a_token_of_another_server_is_refused() {
    let server = TestServer::start().await;
    let anna = Person::register(&server, "anna").await;
    let answer = anna.call(Method::GET, "sync?since=elsewhere", None).await;
    assert_eq!(answer.errcode(), "M_INVALID_PARAM");
}
