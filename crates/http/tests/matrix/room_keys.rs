use http::Method;
use serde_json::{Value, json};
use unisono_testkit::TestServer;

use crate::person::Person;

fn description() -> Value {
    json!({ "algorithm": "m.megolm_backup.v1.curve25519-aes-sha2", "auth_data": { "public_key": "abc", "signatures": {} } })
}

fn key(first: u32) -> Value {
    json!({ "first_message_index": first, "forwarded_count": 0, "is_verified": false, "session_data": { "n": first } })
}

#[tokio::test]
async fn a_backup_keeps_keys_of_one_session_a_room_and_all() {
    let server = TestServer::start().await;
    let anna = Person::register(&server, "anna").await;
    let made = anna.post("room_keys/version", description()).await;
    let version = made["version"].as_str().unwrap();
    let path = |rest: &str| format!("room_keys/keys{rest}?version={version}");
    let one = anna.put(&path("/!a:b/S1"), key(5)).await;
    assert_eq!(one["count"], 1);
    anna.put(&path("/!a:b"), json!({ "sessions": { "S2": key(0) } })).await;
    let all = anna.put(&path(""), json!({ "rooms": { "!c:d": { "sessions": { "S3": key(0) } } } })).await;
    assert_eq!(all["count"], 3);
    assert_ne!(all["etag"], one["etag"]);

    let info = anna.get("room_keys/version").await;
    assert_eq!(info["version"], version);
    assert_eq!(info["count"], 3);
    assert_eq!(info["etag"], all["etag"]);
    assert_eq!(info["auth_data"], description()["auth_data"]);
    assert_eq!(anna.get(&format!("room_keys/version/{version}")).await, info);

    assert_eq!(anna.get(&path("/!a:b/S1")).await, key(5));
    assert_eq!(anna.get(&path("/!a:b")).await, json!({ "sessions": { "S1": key(5), "S2": key(0) } }));
    assert_eq!(anna.get(&path("/!none:b")).await, json!({ "sessions": {} }));
    assert_eq!(anna.get(&path("")).await["rooms"].as_object().unwrap().len(), 2);

    assert_eq!(anna.delete(&path("/!a:b/S1")).await["count"], 2);
    assert_eq!(anna.delete(&path("/!a:b")).await["count"], 1);
    assert_eq!(anna.delete(&path("")).await["count"], 0);
}

#[tokio::test]
async fn what_a_backup_says_about_itself_can_change() {
    let server = TestServer::start().await;
    let anna = Person::register(&server, "anna").await;
    let made = anna.post("room_keys/version", description()).await;
    let version = made["version"].as_str().unwrap();
    let mut changed = description();
    changed["auth_data"]["signatures"] = json!({ "a": {} });
    anna.put(&format!("room_keys/version/{version}"), changed.clone()).await;
    assert_eq!(anna.get("room_keys/version").await["auth_data"], changed["auth_data"]);
}

#[tokio::test]
async fn refusals_of_backups_have_their_codes() {
    let server = TestServer::start().await;
    let anna = Person::register(&server, "anna").await;
    anna.refused(Method::GET, "room_keys/version", None, 404, "M_NOT_FOUND").await;
    anna.refused(Method::PUT, "room_keys/keys/!a:b/S?version=1", Some(key(0)), 404, "M_NOT_FOUND").await;
    anna.refused(Method::POST, "room_keys/version", Some(json!({})), 400, "M_BAD_JSON").await;
    let old = anna.post("room_keys/version", description()).await["version"].as_str().unwrap().to_owned();
    let new = anna.post("room_keys/version", description()).await["version"].as_str().unwrap().to_owned();

    let keys = |rest: &str, version: &str| format!("room_keys/keys{rest}?version={version}");
    let wrong = anna.refused(Method::PUT, &keys("/!a:b/S", &old), Some(key(0)), 403, "M_WRONG_ROOM_KEYS_VERSION").await;
    assert_eq!(wrong["current_version"], new);
    anna.refused(Method::PUT, "room_keys/keys/!a:b/S", Some(key(0)), 400, "M_MISSING_PARAM").await;
    anna.refused(Method::PUT, &keys("/!a:b/S", &new), Some(json!({})), 400, "M_BAD_JSON").await;
    anna.refused(Method::GET, &keys("/!a:b/S", &new), None, 404, "M_NOT_FOUND").await;
    for method in [Method::GET, Method::DELETE] {
        anna.refused(method.clone(), &keys("", "99"), None, 404, "M_NOT_FOUND").await;
        anna.refused(method, "room_keys/version/99", None, 404, "M_NOT_FOUND").await;
    }
    let other = json!({ "algorithm": "other", "auth_data": {} });
    anna.refused(Method::PUT, &format!("room_keys/version/{new}"), Some(other), 400, "M_INVALID_PARAM").await;
    anna.delete(&format!("room_keys/version/{new}")).await;
    anna.refused(Method::DELETE, &format!("room_keys/version/{new}"), None, 404, "M_NOT_FOUND").await;
}
