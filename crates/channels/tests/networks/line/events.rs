//! Every kind of webhook event: valid by LINE's description, and what becomes of it.

use serde_json::{Map, Value, json};
use unisono_channels::line::Line;
use unisono_domain::channel::{Channel as _, Inbound};
use unisono_testkit::{prism::Prism, test_host, webhook_network::WebhookVendor as _};

use super::{SECRET, Server};

/// What says nothing that belongs into a conversation.
const SILENT: &[&str] =
    &["verification", "activated", "deactivated", "bot_suspended", "bot_resumed", "module", "delivery"];

fn calls() -> Map<String, Value> {
    serde_json::from_str(include_str!("events.json")).unwrap()
}

fn take(call: &Value) -> Vec<Inbound> {
    let account = test_host::account(json!({ "token": "token", "secret": SECRET }));
    let call = Server.sign("https://unisono.example/", &account.hook, call.to_string().into());
    Line.webhook(&call, &account).unwrap().events
}

/// Without what is the same everywhere.
fn short(event: &Inbound) -> Value {
    let mut json = serde_json::to_value(event).unwrap();
    let map = json.as_object_mut().unwrap();
    map.retain(|_, value| !value.is_null() && value != false);
    map["portal"] = map["portal"]["chat"].take();
    json
}

#[test]
fn every_event_becomes_what_its_snapshot_says() {
    let mut all = Map::new();
    for (name, call) in calls() {
        let events = take(&call);
        assert_eq!(events.is_empty(), SILENT.contains(&name.as_str()), "{name}");
        all.insert(name, events.iter().map(short).collect());
    }
    insta::assert_json_snapshot!("line_events", all);
}

#[test]
fn our_examples_are_valid_by_the_description() {
    let Some(prism) = Prism::start("line/webhook.yml") else { return };
    let rest = unisono_channels::rest::Rest::new(
        unisono_domain::channel::Host::guard(&*test_host::TestHost::start()),
        &prism.base(),
    );
    let rest = rest.unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        for (name, call) in calls().iter().filter(|(name, _)| !name.starts_with("unknown")) {
            let answer = rest.post("callback").json(call).answer(1_000).await;
            assert!(answer.is_ok(), "{name}: {answer:?}");
        }
        let bad = json!({ "destination": "U", "events": [{ "type": "message" }] });
        assert!(rest.post("callback").json(&bad).answer(1_000).await.is_err(), "the check can fail");
    });
}
