use http::Method;
use serde_json::json;
use unisono_testkit::TestServer;

use crate::person::Person;

#[tokio::test]
async fn account_data_is_kept_and_synced_globally_and_by_room() {
    let server = TestServer::start().await;
    let anna = Person::register(&server, "anna").await;
    let room = anna.room(&[]).await;
    let since = anna.sync(None).await;
    let (global, local) = (
        format!("user/{}/account_data/org.example", anna.user_id),
        format!("user/{}/rooms/{room}/account_data/org.example", anna.user_id),
    );
    anna.put(&global, json!({ "a": 1 })).await;
    anna.put(&local, json!({ "b": 2 })).await;
    assert_eq!(anna.get(&global).await, json!({ "a": 1 }));
    assert_eq!(anna.get(&local).await, json!({ "b": 2 }));
    let news = anna.sync(Some(&since)).await;
    assert_eq!(news["account_data"]["events"], json!([{ "type": "org.example", "content": { "a": 1 } }]));
    let of_room = &news["rooms"]["join"][&room]["account_data"]["events"];
    assert_eq!(*of_room, json!([{ "type": "org.example", "content": { "b": 2 } }]));
}

#[tokio::test]
async fn refusals_of_account_data_have_their_codes() {
    let server = TestServer::start().await;
    let (anna, ben) = (Person::register(&server, "anna").await, Person::register(&server, "ben").await);
    let room = anna.room(&[]).await;
    let own = format!("user/{}/account_data", anna.user_id);
    let in_room = format!("user/{}/rooms/{room}", anna.user_id);
    anna.refused(Method::GET, &format!("{own}/org.none"), None, 404, "M_NOT_FOUND").await;
    anna.refused(Method::GET, &format!("{in_room}/account_data/org.none"), None, 404, "M_NOT_FOUND").await;
    anna.refused(Method::PUT, &format!("{own}/m.push_rules"), Some(json!({})), 405, "M_BAD_JSON").await;
    let fully_read = format!("{in_room}/account_data/m.fully_read");
    anna.refused(Method::PUT, &fully_read, Some(json!({ "event_id": "$a" })), 405, "M_BAD_JSON").await;
    anna.refused(Method::PUT, &format!("{own}/org.example"), Some(json!([])), 400, "M_BAD_JSON").await;
    for (method, path, body) in [
        (Method::GET, format!("{own}/org.example"), None),
        (Method::PUT, format!("{own}/org.example"), Some(json!({}))),
        (Method::GET, format!("{in_room}/tags"), None),
        (Method::PUT, format!("{in_room}/tags/u.x"), Some(json!({}))),
        (Method::DELETE, format!("{in_room}/tags/u.x"), None),
        (Method::POST, format!("user/{}/filter", anna.user_id), Some(json!({}))),
        (Method::GET, format!("user/{}/filter/1", anna.user_id), None),
    ] {
        ben.refused(method, &path, body, 403, "M_FORBIDDEN").await;
    }
}

#[tokio::test]
async fn tags_and_filters_are_kept() {
    let server = TestServer::start().await;
    let anna = Person::register(&server, "anna").await;
    let room = anna.room(&[]).await;
    let tags = format!("user/{}/rooms/{room}/tags", anna.user_id);
    anna.put(&format!("{tags}/m.favourite"), json!({ "order": 0.25 })).await;
    assert_eq!(anna.get(&tags).await, json!({ "tags": { "m.favourite": { "order": 0.25 } } }));
    anna.delete(&format!("{tags}/m.favourite")).await;
    assert_eq!(anna.get(&tags).await, json!({ "tags": {} }));

    let filters = format!("user/{}/filter", anna.user_id);
    let definition = json!({ "room": { "timeline": { "limit": 7 } } });
    let made = anna.post(&filters, definition.clone()).await;
    let id = made["filter_id"].as_str().unwrap();
    assert_eq!(anna.get(&format!("{filters}/{id}")).await, definition);
    anna.refused(Method::GET, &format!("{filters}/99"), None, 404, "M_NOT_FOUND").await;
    let wrong = json!({ "room": { "timeline": { "limit": "seven" } } });
    anna.refused(Method::POST, &filters, Some(wrong), 400, "M_BAD_JSON").await;
}
