//! Logging in and registering, as clients see it.

use http::Method;
use serde_json::{Value, json};
use unisono_testkit::TestServer;

const V3: &str = "/_matrix/client/v3";

async fn post(server: &TestServer, path: &str, token: Option<&str>, body: Value) -> unisono_testkit::Answer {
    server.call(Method::POST, &format!("{V3}{path}"), token, Some(body)).await
}

#[tokio::test]
async fn a_login_without_a_type_is_refused_and_not_a_crash() {
    let server = TestServer::start().await;
    let answer = post(&server, "/login", None, json!({})).await;
    assert_eq!((answer.status.as_u16(), answer.errcode()), (400, "M_BAD_JSON"));
    let answer = post(&server, "/login", None, json!({ "type": "m.login.password" })).await;
    assert_eq!((answer.status.as_u16(), answer.errcode()), (400, "M_MISSING_PARAM"));
}

#[tokio::test]
async fn registration_asks_with_401_and_goes_on_with_the_session() {
    let server = TestServer::start().await;
    let body = json!({ "username": "anna", "password": "correct horse", "inhibit_login": true });
    let asked = post(&server, "/register", None, body.clone()).await;
    assert_eq!(asked.status.as_u16(), 401);
    assert_eq!(asked.body["flows"], json!([{ "stages": ["m.login.dummy"] }]));
    let mut answered = body;
    answered["auth"] = json!({ "type": "m.login.dummy", "session": asked.body["session"] });
    assert_eq!(post(&server, "/register", None, answered).await.ok(), json!({ "user_id": "@anna:test.local" }));
}

#[tokio::test]
async fn guests_are_refused_with_their_own_code() {
    let server = TestServer::start().await;
    let answer = post(&server, "/register?kind=guest", None, json!({})).await;
    assert_eq!((answer.status.as_u16(), answer.errcode()), (403, "M_GUEST_ACCESS_FORBIDDEN"));
}

#[tokio::test]
async fn capabilities_say_what_ruma_would_leave_out() {
    let server = TestServer::start().await;
    let (_, token) = server.register("anna").await;
    let path = format!("{V3}/capabilities");
    let answer = server.call(Method::GET, &path, Some(&token), None).await.ok();
    assert_eq!(answer["capabilities"]["m.change_password"]["enabled"], true);
    let path = format!("{V3}/account/3pid");
    assert_eq!(server.call(Method::GET, &path, Some(&token), None).await.ok(), json!({ "threepids": [] }));
}

#[tokio::test]
async fn a_device_is_deleted_with_the_password_only() {
    let server = TestServer::start().await;
    let (user_id, token) = server.register("anna").await;
    let login = json!({
        "type": "m.login.password", "identifier": { "type": "m.id.user", "user": "anna" },
        "password": "correct horse battery", "device_id": "SPARE",
    });
    let spare = post(&server, "/login", None, login).await.ok();
    let path = format!("{V3}/devices/SPARE");
    let asked = server.call(Method::DELETE, &path, Some(&token), Some(json!({}))).await;
    assert_eq!(asked.status.as_u16(), 401);
    let auth = |password: &str| {
        json!({ "auth": {
            "type": "m.login.password", "session": asked.body["session"], "password": password,
            "identifier": { "type": "m.id.user", "user": user_id },
        } })
    };
    let wrong = server.call(Method::DELETE, &path, Some(&token), Some(auth("wrong"))).await;
    assert_eq!((wrong.status.as_u16(), wrong.errcode()), (401, "M_FORBIDDEN"));
    server.call(Method::DELETE, &path, Some(&token), Some(auth("correct horse battery"))).await.ok();
    let whoami = format!("{V3}/account/whoami");
    let ended = server.call(Method::GET, &whoami, spare["access_token"].as_str(), None).await;
    assert_eq!((ended.status.as_u16(), ended.errcode()), (401, "M_UNKNOWN_TOKEN"));
}
