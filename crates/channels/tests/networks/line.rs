//! LINE: called by its webhook, against a scripted server; every call against the description.

mod contract;
mod events;

use std::sync::Arc;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use bytes::Bytes;
use serde_json::json;
use unisono_channels::{line::Line, verify::hmac_sha256};
use unisono_domain::channel::{Channel, WebhookRequest, login::NewAccount};
use unisono_testkit::{
    vendor::{Asked, Script, Told},
    webhook_conformance,
    webhook_network::{WebhookVendor, empty_call},
};

pub const SECRET: &str = "0123456789abcdef0123456789abcdef";

struct Server;

fn user_of(person: &str) -> String {
    format!("U{:032x}", person.bytes().fold(7_u64, |sum, byte| sum * 31 + u64::from(byte)))
}

impl Script for Server {
    fn message(&self, asked: &Asked) -> Option<(String, String)> {
        if asked.path != "/v2/bot/message/push" {
            return None;
        }
        let push = asked.json();
        let person = ["anna", "bert"].into_iter().find(|person| push["to"] == user_of(person))?;
        Some((person.to_owned(), push["messages"][0]["text"].as_str()?.to_owned()))
    }

    fn key(&self, asked: &Asked) -> Option<String> {
        Some(asked.headers.get("x-line-retry-key")?.to_str().ok()?.to_owned())
    }

    fn taken(&self, _: &Asked, number: usize) -> Told {
        let sent = json!({ "id": format!("46123061001{number:04}"), "quoteToken": format!("q{number}") });
        Told::json(&json!({ "sentMessages": [sent] }))
    }

    fn other(&self, asked: &Asked) -> Told {
        match (asked.method.as_str(), asked.path.as_str()) {
            ("GET", "/v2/bot/info") => Told::json(&json!({ "userId": "Ubot", "displayName": "Bakery" })),
            ("GET", "/v2/bot/channel/webhook/endpoint") => Told::json(&json!({ "endpoint": "x", "active": true })),
            ("GET", path) if path.starts_with("/v2/bot/profile/") => Told::json(&json!({ "displayName": "Anna" })),
            _ => Told::json(&json!({})),
        }
    }

    fn refused(&self) -> Told {
        Told::status(400, &json!({ "message": "Failed to send messages" }))
    }

    fn too_many(&self, _: u64) -> Told {
        Told::status(429, &json!({ "message": "The API rate limit has been exceeded. Try again later." }))
    }

    fn expired(&self) -> Told {
        Told::status(401, &json!({ "message": "Authentication failed. Confirm that the access token is valid." }))
    }
}

impl WebhookVendor for Server {
    fn channel(&self) -> Arc<dyn Channel> {
        Arc::new(Line)
    }

    fn account(&self, base: &str) -> NewAccount {
        NewAccount {
            remote_id: "Ubot".to_owned(),
            display_name: "Bakery (@bakery)".to_owned(),
            credentials: json!({ "token": "token", "secret": SECRET, "api": base }),
            settings: json!({ "replies": "safe" }),
        }
    }

    fn payload(&self, person: &str, text: &str, number: usize) -> Bytes {
        let event = json!({
            "type": "message", "mode": "active", "timestamp": 1_795_435_200_000_i64 + number as i64,
            "webhookEventId": format!("01FZ74A0TDDPYRVKNK77XKC3{number:02}"), "replyToken": "token",
            "deliveryContext": { "isRedelivery": false }, "source": { "type": "user", "userId": user_of(person) },
            "message": { "type": "text", "id": format!("444573844083{number:05}"), "text": text, "quoteToken": "q3" },
        });
        json!({ "destination": "Ubot", "events": [event] }).to_string().into()
    }

    fn sign(&self, url: &str, _: &str, payload: Bytes) -> WebhookRequest {
        let signature = STANDARD.encode(hmac_sha256(SECRET.as_bytes(), &[&payload]));
        let mut call = empty_call(url, payload);
        call.headers = vec![("x-line-signature".to_owned(), signature)];
        call
    }

    fn ghost(&self, person: &str) -> String {
        format!("line_=55{}", &user_of(person)[1..])
    }

    fn can_be_asked(&self) -> bool {
        true
    }
}

webhook_conformance!(Server);
