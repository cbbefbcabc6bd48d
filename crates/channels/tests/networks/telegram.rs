//! Telegram: fetched and brought, against a scripted server; every call against the description.

mod contract;
mod switch;
mod updates;

use std::{
    sync::{Arc, Condvar, Mutex, PoisonError},
    time::Duration,
};

use bytes::Bytes;
use serde_json::{Value, json};
use unisono_channels::{
    telegram::Telegram,
    verify::{hex, hmac_sha256},
};
use unisono_domain::channel::{Channel, WebhookRequest, login::NewAccount};
use unisono_testkit::{
    bench::Bench,
    conformance::Network,
    fake_channel::Trouble,
    vendor::{Asked, Script, Told, Vendor},
    webhook_network::{WebhookVendor, empty_call},
};

pub const TOKEN: &str = "110201543:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw";

/// Telegram's server: keeps updates until they are confirmed by a later offset.
#[derive(Default)]
struct Server {
    updates: Mutex<Vec<Value>>,
    /// Give everything once more, as if nothing had been confirmed.
    repeat: Mutex<bool>,
    news: Condvar,
}

fn number_of(person: &str) -> i64 {
    if person == "anna" { 1001 } else { 1002 }
}

fn update(person: &str, text: &str, number: usize) -> Value {
    let who = json!({ "id": number_of(person), "is_bot": false, "first_name": person });
    json!({ "update_id": 900_000 + number, "message": {
        "message_id": number, "date": 1_795_435_200 + number, "from": who, "text": text,
        "chat": { "id": number_of(person), "type": "private", "first_name": person } } })
}

impl Server {
    fn put(&self, person: &str, text: &str) {
        let mut updates = self.updates.lock().unwrap_or_else(PoisonError::into_inner);
        let number = updates.len() + 1;
        updates.push(update(person, text, number));
        self.news.notify_all();
    }

    fn give(&self, asked: &Value) -> Told {
        let mut updates = self.updates.lock().unwrap_or_else(PoisonError::into_inner);
        let offset = asked["offset"].as_i64().unwrap_or_default();
        let fresh = |updates: &Vec<Value>| {
            let new = updates.iter().filter(|update| update["update_id"].as_i64() >= Some(offset));
            new.take(100).cloned().collect::<Vec<_>>()
        };
        if std::mem::take(&mut *self.repeat.lock().unwrap_or_else(PoisonError::into_inner)) {
            return Told::json(&json!({ "ok": true, "result": *updates }));
        }
        let patience = Duration::from_millis(if asked["timeout"] == 0 { 0 } else { 300 });
        if fresh(&updates).is_empty() {
            updates = self.news.wait_timeout(updates, patience).unwrap_or_else(PoisonError::into_inner).0;
        }
        Told::json(&json!({ "ok": true, "result": fresh(&updates) }))
    }
}

impl Script for Server {
    fn message(&self, asked: &Asked) -> Option<(String, String)> {
        if !asked.path.ends_with("/sendMessage") {
            return None;
        }
        let call = asked.json();
        let person = if call["chat_id"] == 1001 { "anna" } else { "bert" };
        Some((person.to_owned(), call["text"].as_str()?.to_owned()))
    }

    fn taken(&self, asked: &Asked, number: usize) -> Told {
        let chat = asked.json()["chat_id"].clone();
        let message = json!({ "message_id": 50_000 + number, "date": 1_795_435_300, "chat": { "id": chat } });
        Told::json(&json!({ "ok": true, "result": message }))
    }

    fn other(&self, asked: &Asked) -> Told {
        assert!(asked.path.starts_with(&format!("/bot{TOKEN}/")), "{}", asked.path);
        match asked.path.rsplit('/').next() {
            Some("getUpdates") => self.give(&asked.json()),
            Some("getMe") => Told::json(&json!({ "ok": true, "result": { "id": 110_201_543, "is_bot": true } })),
            _ => Told::json(&json!({ "ok": true, "result": true })),
        }
    }

    fn refused(&self) -> Told {
        let words = "Forbidden: bot was blocked by the user";
        Told::status(403, &json!({ "ok": false, "error_code": 403, "description": words }))
    }

    fn too_many(&self, seconds: u64) -> Told {
        let words = format!("Too Many Requests: retry after {seconds}");
        let parameters = json!({ "retry_after": seconds });
        Told::status(429, &json!({ "ok": false, "error_code": 429, "description": words, "parameters": parameters }))
    }

    fn expired(&self) -> Told {
        Told::status(401, &json!({ "ok": false, "error_code": 401, "description": "Unauthorized" }))
    }
}

fn account(base: &str) -> NewAccount {
    NewAccount {
        remote_id: "110201543".to_owned(),
        display_name: "Bakery (@bakery_bot)".to_owned(),
        credentials: json!({ "token": TOKEN, "api": base }),
        settings: json!({ "receive": "auto" }),
    }
}

fn ghost_of(person: &str) -> String {
    format!("telegram_{}", number_of(person))
}

/// A bot whose updates are fetched: nobody reaches the test from outside.
struct Polled {
    server: Arc<Server>,
    vendor: Vendor,
}

impl Polled {
    fn start() -> Self {
        let server = Arc::new(Server::default());
        Self { vendor: Vendor::start(Arc::clone(&server)), server }
    }
}

impl Network for Polled {
    fn channel(&self) -> Arc<dyn Channel> {
        Arc::new(Telegram)
    }

    fn is_real(&self) -> bool {
        true
    }

    fn can_be_asked(&self) -> bool {
        false
    }

    async fn connect(&self, bench: &Bench) -> i64 {
        let account = account(&self.vendor.base());
        bench.engine.store_account(bench.owner.clone(), "telegram".to_owned(), account).await.expect("an account")
    }

    async fn write(&self, _: &Bench, person: &str, text: &str) {
        self.server.put(person, text);
    }

    async fn repeat(&self, _: &Bench) {
        *self.server.repeat.lock().unwrap() = true;
        self.server.news.notify_all();
    }

    async fn taken(&self, person: &str) -> Vec<String> {
        self.vendor.taken(person)
    }

    fn ghost(&self, person: &str) -> String {
        ghost_of(person)
    }

    fn trouble(&self, person: &str, trouble: Trouble) -> bool {
        self.vendor.trouble(person, trouble);
        true
    }

    fn is_met(&self, person: &str) -> bool {
        self.vendor.is_met(person)
    }
}

mod polled {
    unisono_testkit::conformance_tests!(super::Polled::start());
}

impl WebhookVendor for Server {
    fn channel(&self) -> Arc<dyn Channel> {
        Arc::new(Telegram)
    }

    fn account(&self, base: &str) -> NewAccount {
        account(base)
    }

    fn payload(&self, person: &str, text: &str, number: usize) -> Bytes {
        update(person, text, number).to_string().into()
    }

    fn sign(&self, url: &str, hook: &str, payload: Bytes) -> WebhookRequest {
        let secret = hex(&hmac_sha256(TOKEN.as_bytes(), &[b"telegram webhook ", hook.as_bytes()]));
        let mut call = empty_call(url, payload);
        call.headers = vec![("x-telegram-bot-api-secret-token".to_owned(), secret)];
        call
    }

    fn ghost(&self, person: &str) -> String {
        ghost_of(person)
    }
}

mod called {
    unisono_testkit::webhook_conformance!(super::Server::default());
}
