use http::{Method, StatusCode};
use serde_json::{Value, json};
use unisono_testkit::{Answer, TestServer};

const RULES: &str = "/_matrix/client/v3/pushrules";

struct Person {
    server: TestServer,
    token: String,
}

impl Person {
    async fn start() -> Self {
        let server = TestServer::start().await;
        let (_, token) = server.register("anna").await;
        Self { server, token }
    }

    async fn call(&self, method: Method, path: &str, body: Option<Value>) -> Answer {
        self.server.call(method, path, Some(&self.token), body).await
    }

    async fn content_rules(&self) -> Vec<String> {
        let rules = self.call(Method::GET, &format!("{RULES}/"), None).await.ok();
        let rules = rules["global"]["content"].as_array().cloned().unwrap_or_default();
        rules.iter().map(|rule| rule["rule_id"].as_str().unwrap().to_owned()).collect()
    }
}

#[tokio::test]
async fn the_rules_of_the_specification_are_there_from_the_beginning_also_in_sync() {
    let anna = Person::start().await;
    let rules = anna.call(Method::GET, &format!("{RULES}/"), None).await.ok();
    assert_eq!(rules["global"]["override"][0]["rule_id"], json!(".m.rule.master"));
    let sync = anna.call(Method::GET, "/_matrix/client/v3/sync", None).await.ok();
    let events = sync["account_data"]["events"].as_array().unwrap();
    assert!(events.iter().any(|event| event["type"] == "m.push_rules"));
}

#[tokio::test]
async fn a_rule_is_made_changed_switched_and_removed() {
    let anna = Person::start().await;
    let rule = format!("{RULES}/global/content/beans");
    anna.call(Method::PUT, &rule, Some(json!({ "pattern": "beans", "actions": ["notify"] }))).await.ok();
    anna.call(Method::PUT, &format!("{rule}/enabled"), Some(json!({ "enabled": false }))).await.ok();
    anna.call(Method::PUT, &format!("{rule}/actions"), Some(json!({ "actions": [] }))).await.ok();
    let made = anna.call(Method::GET, &rule, None).await.ok();
    assert_eq!((&made["pattern"], &made["enabled"], &made["actions"]), (&json!("beans"), &json!(false), &json!([])));
    assert_eq!(anna.call(Method::GET, &format!("{rule}/enabled"), None).await.ok(), json!({ "enabled": false }));
    anna.call(Method::DELETE, &rule, None).await.ok();
    for (method, path) in
        [(Method::GET, rule.clone()), (Method::DELETE, rule.clone()), (Method::GET, rule + "/actions")]
    {
        let gone = anna.call(method, &path, None).await;
        assert_eq!((gone.status, gone.errcode()), (StatusCode::NOT_FOUND, "M_NOT_FOUND"));
    }
}

#[tokio::test]
async fn the_order_is_chosen_with_before_and_after() {
    let anna = Person::start().await;
    let body = || Some(json!({ "pattern": "x", "actions": [] }));
    for path in ["one", "two", "three?after=one", "four?before=two"] {
        anna.call(Method::PUT, &format!("{RULES}/global/content/{path}"), body()).await.ok();
    }
    assert_eq!(anna.content_rules().await, ["four", "two", "one", "three"]);
    let lost = anna.call(Method::PUT, &format!("{RULES}/global/content/five?after=none"), body()).await;
    assert_eq!((lost.status, lost.errcode()), (StatusCode::NOT_FOUND, "M_NOT_FOUND"));
    let dotted = anna.call(Method::PUT, &format!("{RULES}/global/content/.mine"), body()).await;
    assert_eq!((dotted.status, dotted.errcode()), (StatusCode::BAD_REQUEST, "M_INVALID_PARAM"));
    let kind = anna.call(Method::PUT, &format!("{RULES}/global/odd/five"), body()).await;
    assert_eq!((kind.status, kind.errcode()), (StatusCode::BAD_REQUEST, "M_INVALID_PARAM"));
    assert_eq!(anna.content_rules().await.len(), 4);
}

#[tokio::test]
async fn a_pusher_is_kept_replaced_and_removed() {
    let anna = Person::start().await;
    let pusher = |name: &str| {
        json!({
            "kind": "http", "app_id": "org.example", "pushkey": "key", "app_display_name": name, "lang": "de",
            "device_display_name": "Phone", "data": { "url": "https://push.example.org/_matrix/push/v1/notify" },
        })
    };
    let set = "/_matrix/client/v3/pushers/set";
    for name in ["App", "Better app"] {
        anna.call(Method::POST, set, Some(pusher(name))).await.ok();
    }
    let kept = anna.call(Method::GET, "/_matrix/client/v3/pushers", None).await.ok();
    assert_eq!(kept["pushers"].as_array().map(Vec::len), Some(1));
    assert_eq!(kept["pushers"][0]["app_display_name"], json!("Better app"));
    let gone = json!({ "kind": null, "app_id": "org.example", "pushkey": "key" });
    anna.call(Method::POST, set, Some(gone)).await.ok();
    assert_eq!(anna.call(Method::GET, "/_matrix/client/v3/pushers", None).await.ok(), json!({ "pushers": [] }));
}
