//! The generic API.

use std::sync::Arc;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use bytes::Bytes;
use serde_json::json;
use unisono_channels::{generic::Generic, verify::hmac_sha256};
use unisono_domain::channel::{Channel, WebhookRequest, login::NewAccount};
use unisono_testkit::{
    vendor::{Asked, Script, Told},
    webhook_conformance,
    webhook_network::{WebhookVendor, empty_call},
};

const KEY: &[u8] = b"a key of 32 bytes, as it should.";

/// A system that somebody attached.
struct Attached;

impl Script for Attached {
    fn message(&self, asked: &Asked) -> Option<(String, String)> {
        let event = asked.json();
        let text = event["text"].as_str()?.to_owned();
        Some((event["chat"]["id"].as_str()?.to_owned(), text))
    }

    fn key(&self, asked: &Asked) -> Option<String> {
        Some(asked.headers.get("webhook-id")?.to_str().ok()?.to_owned())
    }

    fn taken(&self, _: &Asked, number: usize) -> Told {
        Told::json(&json!({ "id": format!("theirs {number}") }))
    }

    fn other(&self, _: &Asked) -> Told {
        Told::json(&json!({}))
    }
}

fn secret() -> String {
    format!("whsec_{}", STANDARD.encode(KEY))
}

impl WebhookVendor for Attached {
    fn channel(&self) -> Arc<dyn Channel> {
        Arc::new(Generic)
    }

    fn account(&self, base: &str) -> NewAccount {
        NewAccount {
            remote_id: "shop".to_owned(),
            display_name: "Shop".to_owned(),
            credentials: json!({ "url": base, "secret": secret() }),
            settings: json!({}),
        }
    }

    fn payload(&self, person: &str, text: &str, number: usize) -> Bytes {
        let event = json!({
            "id": format!("m{number}"), "type": "message", "at": 1_795_435_200_000_i64 + number as i64, "text": text,
            "chat": { "id": person }, "sender": { "id": person, "name": person, "handles": ["tel:+491701234567"] },
        });
        event.to_string().into()
    }

    fn sign(&self, url: &str, _: &str, payload: Bytes) -> WebhookRequest {
        let signature = hmac_sha256(KEY, &[b"msg_1.1795435200.", &payload]);
        let mut call = empty_call(url, payload);
        call.headers = vec![
            ("webhook-id".to_owned(), "msg_1".to_owned()),
            ("webhook-timestamp".to_owned(), "1795435200".to_owned()),
            ("webhook-signature".to_owned(), format!("v1,{}", STANDARD.encode(signature))),
        ];
        call
    }

    fn ghost(&self, person: &str) -> String {
        format!("generic_{person}")
    }

    fn can_be_asked(&self) -> bool {
        true
    }
}

webhook_conformance!(Attached);
