//! WhatsApp: the suite, Meta's own examples, and the contract.

pub mod calls;
mod contract;

use std::sync::Arc;

use bytes::Bytes;
use serde_json::{Value, json};
use unisono_channels::{
    verify::{hex, hmac_sha256},
    whatsapp::WhatsApp,
};
use unisono_domain::channel::{Channel, WebhookRequest, login::NewAccount};
use unisono_testkit::{
    bench::{real_life, until},
    vendor::{Asked, Script, Told},
    webhook_conformance,
    webhook_network::{WebhookNetwork, WebhookVendor, empty_call},
};

const SECRET: &[u8] = b"app secret";
/// The number of the examples.
const NUMBER: &str = "106540352242922";

/// Meta, for one number.
struct Meta;

/// People's numbers: what the suite calls them is no number.
pub fn number_of(person: &str) -> String {
    person.bytes().fold("4917".to_owned(), |number, byte| format!("{number}{}", byte % 10))
}

pub fn signed(url: &str, payload: Bytes) -> WebhookRequest {
    let signature = hex(&hmac_sha256(SECRET, &[&payload]));
    let mut call = empty_call(url, payload);
    call.headers = vec![("x-hub-signature-256".to_owned(), format!("sha256={signature}"))];
    call
}

fn credentials(api: &str) -> Value {
    json!({ "token": "EAAJB-token", "secret": "app secret", "api": api, "phone_number_id": NUMBER,
        "waba_id": "102290129340398", "number": "+49 170 0000000" })
}

/// The value of one change, as a whole call.
fn call(field: &str, value: Value) -> Value {
    let mut value = value;
    value["messaging_product"] = json!("whatsapp");
    value["metadata"] = json!({ "display_phone_number": "15550783881", "phone_number_id": NUMBER });
    json!({ "object": "whatsapp_business_account",
        "entry": [{ "id": "102290129340398", "changes": [{ "value": value, "field": field }] }] })
}

fn now() -> i64 {
    millis_now().div_euclid(1_000)
}

/// The suite runs in real time, and the window for answers with it.
pub fn millis_now() -> i64 {
    let since = std::time::UNIX_EPOCH.elapsed().unwrap();
    i64::try_from(since.as_millis()).unwrap()
}

impl Script for Meta {
    fn message(&self, asked: &Asked) -> Option<(String, String)> {
        let message = asked.json();
        let person = ["anna", "bert", "carla", "dora"]
            .into_iter()
            .find(|person| message["to"] == format!("+{}", number_of(person)))?;
        Some((person.to_owned(), message["text"]["body"].as_str()?.to_owned()))
    }

    fn taken(&self, asked: &Asked, number: usize) -> Told {
        let message = asked.json();
        Told::json(&json!({ "messaging_product": "whatsapp", "messages": [{ "id": format!("wamid.OUT{number}") }],
            "contacts": [{ "input": message["to"], "wa_id": message["to"].as_str().unwrap().trim_start_matches('+') }] }))
    }

    fn other(&self, asked: &Asked) -> Told {
        let path = asked.path.trim_start_matches('/');
        Told::json(&match path {
            NUMBER if asked.method == "GET" => {
                json!({ "id": NUMBER, "display_phone_number": "+49 170 0000000", "verified_name": "Jasper's Market" })
            }
            "Y2FwaV9ncm91cDox" => json!({ "id": "Y2FwaV9ncm91cDox", "subject": "Neighbours",
                "participants": [{ "wa_id": "16505551234" }, { "wa_id": "16505551235" }] }),
            "102290129340398/phone_numbers" => json!({ "data": [{ "id": NUMBER }] }),
            "102290129340398/message_templates" if asked.query.contains("after=") => json!({ "data": [
                template("last", "de", &json!([{ "type": "BODY", "text": "Bis bald" }])) ] }),
            "102290129340398/message_templates" => json!({
                "data": [template("order", "de", &json!([{ "type": "BODY", "text": "Hallo {{1}}, Paket {{2}} ist da." }]))],
                "paging": { "cursors": { "after": "x" }, "next": "https://graph.facebook.com/x" } }),
            _ => json!({ "success": true, "id": "1003383421387256" }),
        })
    }

    fn refused(&self) -> Told {
        Told::status(400, &json!({ "error": { "message": "(#131026) Message undeliverable", "code": 131_026 } }))
    }

    /// As Meta says it: by the code.
    fn expired(&self) -> Told {
        let error = json!({ "message": "Error validating access token", "type": "OAuthException", "code": 190 });
        Told::status(400, &json!({ "error": error }))
    }
}

fn template(name: &str, language: &str, components: &Value) -> Value {
    json!({ "name": name, "language": language, "status": "APPROVED", "category": "UTILITY", "components": components })
}

impl WebhookVendor for Meta {
    fn channel(&self) -> Arc<dyn Channel> {
        Arc::new(WhatsApp)
    }

    fn account(&self, base: &str) -> NewAccount {
        NewAccount {
            remote_id: NUMBER.to_owned(),
            display_name: "Jasper's Market".to_owned(),
            credentials: credentials(base),
            settings: json!({}),
        }
    }

    fn payload(&self, person: &str, text: &str, number: usize) -> Bytes {
        let wa_id = number_of(person);
        let message = json!({ "from": wa_id, "id": format!("wamid.IN{number}"), "timestamp": now().to_string(),
            "type": "text", "text": { "body": text } });
        let contacts = json!([{ "profile": { "name": person }, "wa_id": wa_id }]);
        call("messages", json!({ "contacts": contacts, "messages": [message] })).to_string().into()
    }

    fn sign(&self, url: &str, _: &str, payload: Bytes) -> WebhookRequest {
        signed(url, payload)
    }

    fn ghost(&self, person: &str) -> String {
        format!("whatsapp_{}", number_of(person))
    }
}

webhook_conformance!(Meta);

#[test]
fn outside_of_the_window_only_a_template_goes_and_meta_is_not_even_asked() {
    let network = WebhookNetwork::new(Meta);
    let home = tempfile::tempdir().unwrap();
    real_life(home.path(), vec![WebhookVendor::channel(&Meta)], async |bench| {
        use unisono_testkit::conformance::Network as _;
        network.connect(&bench).await;
        let old = |id: &str, at: i64, extra: Value| {
            let mut message = json!({ "from": number_of("anna"), "id": id, "timestamp": at.to_string(), "type": "text",
                "text": { "body": id } });
            message["referral"] = extra;
            Bytes::from(call("messages", json!({ "messages": [message] })).to_string())
        };
        network.post(&bench, old("late", now() - 24 * 3_600, Value::Null)).await.unwrap();
        let room = bench.room_of("late").await;
        let refused = bench.say(&room, "too late").await;
        until("it is refused", async || !bench.fates(&refused).await.is_empty()).await;
        assert_eq!(bench.fates(&refused).await, ["FAIL_PERMANENT"]);

        let wish = json!({ "name": "order", "language": "de", "parameters": ["Anna", "17"] });
        let content =
            json!({ "msgtype": "m.text", "body": "Hallo Anna, Paket 17 ist da.", "org.unisono.template": wish });
        bench.send(&room, "m.room.message", content).await;
        let sent =
            || network.vendor.asked().into_iter().filter(|asked| asked.path.ends_with("/messages")).collect::<Vec<_>>();
        until("the template is out", async || sent().len() == 1).await;
        assert_eq!(
            sent()[0].json()["template"]["components"],
            json!([{ "type": "body", "parameters": [{ "type": "text", "text": "Anna" }, { "type": "text", "text": "17" }] }])
        );

        // What came by an advertisement has two parts, and opens the window all the same.
        let referral = json!({ "headline": "Chat with us", "source_url": "https://fb.me/x" });
        network.post(&bench, old("again", now(), referral)).await.unwrap();
        bench.room_of("again").await;
        bench.say(&room, "in time").await;
        until("it is taken", async || network.vendor.taken("anna") == ["in time"]).await;
    });
}

#[test]
fn a_new_reaction_takes_the_place_of_the_old_one() {
    let network = WebhookNetwork::new(Meta);
    let home = tempfile::tempdir().unwrap();
    real_life(home.path(), vec![WebhookVendor::channel(&Meta)], async |bench| {
        use unisono_testkit::conformance::Network as _;
        network.connect(&bench).await;
        network.write(&bench, "anna", "hello").await;
        for (id, emoji) in [("r1", "👍"), ("r2", "🎉"), ("r3", "")] {
            let reaction = json!({ "message_id": "wamid.IN1", "emoji": emoji });
            let message = json!({ "from": number_of("anna"), "id": id, "timestamp": now().to_string(),
                "type": "reaction", "reaction": reaction });
            let payload = call("messages", json!({ "messages": [message] })).to_string();
            network.post(&bench, payload.into()).await.unwrap();
        }
        until("all are gone again", async || bench.list("m.room.redaction").await.len() == 2).await;
        assert_eq!(bench.list("m.reaction").await.len(), 2);
    });
}
