use http::Method;
use serde_json::{Value, json};
use unisono_testkit::TestServer;

use crate::person::Person;

fn device_keys(person: &Person<'_>) -> Value {
    let device = &person.device_id;
    json!({
        "user_id": person.user_id,
        "device_id": device,
        "algorithms": ["m.olm.v1.curve25519-aes-sha2"],
        "keys": { format!("curve25519:{device}"): "curve", format!("ed25519:{device}"): "ed" },
        "signatures": { person.user_id.as_str(): { format!("ed25519:{device}"): "signature" } },
    })
}

fn one_time(name: &str, key: &str) -> Value {
    json!({ format!("signed_curve25519:{name}"): { "key": key, "signatures": {} } })
}

#[tokio::test]
async fn keys_are_uploaded_queried_claimed_and_told_by_sync() {
    let server = TestServer::start().await;
    let (anna, ben) = (Person::register(&server, "anna").await, Person::register(&server, "ben").await);
    anna.room(&[&ben]).await;
    let since = ben.sync(None).await;
    let upload = json!({ "device_keys": device_keys(&anna), "one_time_keys": one_time("A", "a"),
        "fallback_keys": one_time("F", "f") });
    let counts = anna.post("keys/upload", upload).await;
    assert_eq!(counts, json!({ "one_time_key_counts": { "signed_curve25519": 1 } }));

    let news = ben.sync(Some(&since)).await;
    assert_eq!(news["device_lists"]["changed"], json!([anna.user_id]));
    let path = |from: &Value, to: &Value| {
        let token = |sync: &Value| sync["next_batch"].as_str().unwrap().to_owned();
        format!("keys/changes?from={}&to={}", token(from), token(to))
    };
    assert_eq!(ben.get(&path(&since, &news)).await["changed"], json!([anna.user_id]));

    let found = ben.post("keys/query", json!({ "device_keys": { anna.user_id.as_str(): [] } })).await;
    let seen = &found["device_keys"][&anna.user_id][&anna.device_id];
    assert_eq!(seen["keys"], device_keys(&anna)["keys"]);
    assert_eq!(seen["signatures"], device_keys(&anna)["signatures"]);

    let wish = json!({ "one_time_keys": { anna.user_id.as_str(): { anna.device_id.as_str(): "signed_curve25519" } } });
    for key in [one_time("A", "a"), one_time("F", "f"), one_time("F", "f")] {
        let claimed = ben.post("keys/claim", wish.clone()).await;
        assert_eq!(claimed["one_time_keys"][&anna.user_id][&anna.device_id], key);
    }
    let own = anna.sync(None).await;
    assert_eq!(own["device_one_time_keys_count"], json!({ "signed_curve25519": 0 }));
    assert_eq!(own["device_unused_fallback_key_types"], json!([]));
}

#[tokio::test]
async fn refusals_of_keys_have_their_codes() {
    let server = TestServer::start().await;
    let anna = Person::register(&server, "anna").await;
    anna.post("keys/upload", json!({ "one_time_keys": one_time("A", "a") })).await;
    let other = json!({ "one_time_keys": one_time("A", "other") });
    anna.refused(Method::POST, "keys/upload", Some(other), 400, "M_INVALID_PARAM").await;
    let mut foreign = device_keys(&anna);
    foreign["device_id"] = json!("OTHER");
    let foreign = json!({ "device_keys": foreign });
    anna.refused(Method::POST, "keys/upload", Some(foreign), 400, "M_INVALID_PARAM").await;
    anna.refused(Method::GET, "keys/changes?from=a&to=b", None, 400, "M_INVALID_PARAM").await;
    anna.refused(Method::GET, "keys/changes?from=s1_1", None, 400, "M_MISSING_PARAM").await;
    anna.refused(Method::POST, "keys/query", Some(json!({ "device_keys": [] })), 400, "M_BAD_JSON").await;
    let unsigned = json!({ "self_signing_key": { "user_id": anna.user_id, "usage": ["self_signing"], "keys": {} } });
    anna.refused(Method::POST, "keys/device_signing/upload", Some(unsigned), 400, "M_MISSING_PARAM").await;
    let answer = server.call(Method::POST, "/_matrix/client/v3/keys/upload", None, Some(json!({}))).await;
    assert_eq!((answer.status.as_u16(), answer.errcode()), (401, "M_MISSING_TOKEN"));
}

#[tokio::test]
async fn other_servers_are_named_as_failures() {
    let server = TestServer::start().await;
    let anna = Person::register(&server, "anna").await;
    let found = anna.post("keys/query", json!({ "device_keys": { "@carl:elsewhere.org": [] } })).await;
    assert!(found["failures"]["elsewhere.org"].is_object());
    let wish = json!({ "one_time_keys": { "@carl:elsewhere.org": { "X": "signed_curve25519" } } });
    assert!(anna.post("keys/claim", wish).await["failures"]["elsewhere.org"].is_object());
}

#[tokio::test]
async fn other_cross_signing_keys_ask_for_the_password() {
    let server = TestServer::start().await;
    let anna = Person::register(&server, "anna").await;
    let master =
        |key: &str| json!({ "user_id": anna.user_id, "usage": ["master"], "keys": { format!("ed25519:{key}"): key } });
    let (first, second) =
        ("11111111111111111111111111111111111111111111", "3333333333333333333333333333333333333333333");
    let (first, second) = (&first[..43], &second[..43]);
    let path = "keys/device_signing/upload";
    anna.post(path, json!({ "master_key": master(first) })).await;
    anna.post(path, json!({ "master_key": master(first) })).await;
    let asked = anna.call(Method::POST, path, Some(json!({ "master_key": master(second) }))).await;
    assert_eq!(asked.status.as_u16(), 401, "{}", asked.body);
    let auth = json!({
        "type": "m.login.password", "session": asked.body["session"],
        "identifier": { "type": "m.id.user", "user": "anna" }, "password": "correct horse battery",
    });
    anna.post(path, json!({ "master_key": master(second), "auth": auth })).await;
    let found = anna.post("keys/query", json!({ "device_keys": { anna.user_id.as_str(): [] } })).await;
    assert_eq!(found["master_keys"][&anna.user_id], master(second));
}

#[tokio::test]
async fn signatures_that_are_not_taken_are_named() {
    let server = TestServer::start().await;
    let anna = Person::register(&server, "anna").await;
    let body = json!({ anna.user_id.as_str(): { "NONE": device_keys(&anna) } });
    let answer = anna.post("keys/signatures/upload", body).await;
    assert_eq!(answer["failures"][&anna.user_id]["NONE"]["errcode"], "M_NOT_FOUND");
}
