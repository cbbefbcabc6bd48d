use http::{Method, StatusCode};
use serde_json::json;
use unisono_testkit::TestServer;

#[tokio::test]
async fn an_unset_field_is_empty_and_an_unknown_person_is_not_found() {
    let server = TestServer::start().await;
    let (anna, token) = server.register("anna").await;
    let path = format!("/_matrix/client/v3/profile/{anna}/avatar_url");
    let unset = server.call(Method::GET, &path, Some(&token), None).await;
    assert_eq!((unset.status, unset.body), (StatusCode::OK, json!({})));
    let path = "/_matrix/client/v3/profile/@nobody:test.local";
    let unknown = server.call(Method::GET, path, Some(&token), None).await;
    assert_eq!((unknown.status, unknown.errcode()), (StatusCode::NOT_FOUND, "M_NOT_FOUND"));
}

#[tokio::test]
async fn a_new_name_is_shown_in_all_rooms_and_only_ones_own_can_be_changed() {
    let server = TestServer::start().await;
    let (anna, token) = server.register("anna").await;
    let (_, bens) = server.register("ben").await;
    let room = server.call(Method::POST, "/_matrix/client/v3/createRoom", Some(&token), Some(json!({}))).await.ok();
    let room = room["room_id"].as_str().unwrap().to_owned();
    let path = format!("/_matrix/client/v3/profile/{anna}/displayname");
    server.call(Method::PUT, &path, Some(&token), Some(json!({ "displayname": "Änna" }))).await.ok();
    let refused = server.call(Method::PUT, &path, Some(&bens), Some(json!({ "displayname": "Mallory" }))).await;
    assert_eq!((refused.status, refused.errcode()), (StatusCode::FORBIDDEN, "M_FORBIDDEN"));
    let long = server.call(Method::PUT, &path, Some(&token), Some(json!({ "displayname": "x".repeat(300) }))).await;
    assert_eq!((long.status, long.errcode()), (StatusCode::BAD_REQUEST, "M_INVALID_PARAM"));
    let state = format!("/_matrix/client/v3/rooms/{room}/state/m.room.member/{anna}");
    let member = server.call(Method::GET, &state, Some(&token), None).await.ok();
    assert_eq!((member["displayname"].as_str(), member["membership"].as_str()), (Some("Änna"), Some("join")));
    let found = json!({ "search_term": "änn" });
    let found = server.call(Method::POST, "/_matrix/client/v3/user_directory/search", Some(&bens), Some(found)).await;
    assert_eq!(found.ok()["results"][0]["user_id"], json!(anna));
    server.call(Method::PUT, &path, Some(&token), Some(json!({ "displayname": "" }))).await.ok();
    let member = server.call(Method::GET, &state, Some(&token), None).await.ok();
    assert_eq!(member.get("displayname"), None);
}

#[tokio::test]
async fn presence_is_taken_and_not_kept() {
    let server = TestServer::start().await;
    let (anna, token) = server.register("anna").await;
    let path = format!("/_matrix/client/v3/presence/{anna}/status");
    server.call(Method::PUT, &path, Some(&token), Some(json!({ "presence": "online" }))).await.ok();
    assert_eq!(server.call(Method::GET, &path, Some(&token), None).await.ok()["presence"], json!("offline"));
}
