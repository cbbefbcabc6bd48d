//! How little a plain network takes: a whole adapter, in the same suite as all others.

mod adapter;

use std::sync::Arc;

use bytes::Bytes;
use serde_json::json;
use unisono_channels::verify::{hex, hmac_sha256};
use unisono_domain::channel::{Channel, WebhookRequest, login::NewAccount};
use unisono_testkit::{
    vendor::{Asked, Script, Told},
    webhook_conformance,
    webhook_network::{WebhookVendor, empty_call},
};

struct Vendor;

impl Script for Vendor {
    fn message(&self, asked: &Asked) -> Option<(String, String)> {
        let message = asked.json();
        (asked.path == "/messages")
            .then(|| Some((message["to"].as_str()?.to_owned(), message["text"].as_str()?.to_owned())))?
    }

    fn taken(&self, _: &Asked, number: usize) -> Told {
        Told::json(&json!({ "id": format!("theirs {number}") }))
    }

    fn other(&self, _: &Asked) -> Told {
        Told::json(&json!({ "name": "Shop" }))
    }
}

impl WebhookVendor for Vendor {
    fn channel(&self) -> Arc<dyn Channel> {
        Arc::new(adapter::Plain)
    }

    fn account(&self, base: &str) -> NewAccount {
        NewAccount {
            remote_id: "Shop".to_owned(),
            display_name: "Shop".to_owned(),
            credentials: json!({ "token": "t", "secret": "s", "api": base }),
            settings: json!({}),
        }
    }

    fn payload(&self, person: &str, text: &str, number: usize) -> Bytes {
        let call = json!({ "id": format!("m{number}"), "from": person, "name": person, "type": "text", "text": text,
            "at": 1_795_435_200_000_i64 + number as i64 });
        call.to_string().into()
    }

    fn sign(&self, url: &str, _: &str, payload: Bytes) -> WebhookRequest {
        let signature = hex(&hmac_sha256(b"s", &[&payload]));
        let headers = vec![("x-plain-signature".to_owned(), signature)];
        WebhookRequest { headers, ..empty_call(url, payload) }
    }

    fn ghost(&self, person: &str) -> String {
        format!("plain_{person}")
    }
}

webhook_conformance!(Vendor);
