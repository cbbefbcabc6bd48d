//! Somebody with an access token.

use http::{Method, StatusCode};
use serde_json::{Value, json};
use unisono_testkit::{Answer, TestServer};

pub(crate) struct Person<'s> {
    pub(crate) server: &'s TestServer,
    pub(crate) user_id: String,
    pub(crate) device_id: String,
    token: String,
}

impl<'s> Person<'s> {
    pub(crate) async fn register(server: &'s TestServer, name: &str) -> Self {
        let (user_id, token) = server.register(name).await;
        let mut person = Self { server, user_id, device_id: String::new(), token };
        let whoami = person.get("account/whoami").await;
        whoami["device_id"].as_str().unwrap().clone_into(&mut person.device_id);
        person
    }

    /// Makes a request; `path` is what follows `/_matrix/client/v3/`.
    pub(crate) async fn call(&self, method: Method, path: &str, body: Option<Value>) -> Answer {
        self.server.call(method, &format!("/_matrix/client/v3/{path}"), Some(&self.token), body).await
    }

    pub(crate) async fn get(&self, path: &str) -> Value {
        self.call(Method::GET, path, None).await.ok()
    }

    pub(crate) async fn put(&self, path: &str, body: Value) -> Value {
        self.call(Method::PUT, path, Some(body)).await.ok()
    }

    pub(crate) async fn post(&self, path: &str, body: Value) -> Value {
        self.call(Method::POST, path, Some(body)).await.ok()
    }

    pub(crate) async fn delete(&self, path: &str) -> Value {
        self.call(Method::DELETE, path, None).await.ok()
    }

    /// Makes a request that must be refused.
    #[track_caller]
    pub(crate) fn refused(
        &self,
        method: Method,
        path: &str,
        body: Option<Value>,
        status: u16,
        code: &str,
    ) -> impl Future<Output = Value> {
        let place = std::panic::Location::caller();
        async move {
            let answer = self.call(method, path, body).await;
            let got = (answer.status, answer.errcode());
            assert_eq!(got, (StatusCode::from_u16(status).unwrap(), code), "{place}: {}", answer.body);
            answer.body
        }
    }

    pub(crate) async fn create_room(&self, body: Value) -> String {
        self.post("createRoom", body).await["room_id"].as_str().unwrap().to_owned()
    }

    pub(crate) async fn room(&self, guests: &[&Person<'_>]) -> String {
        let room = self.post("createRoom", json!({ "preset": "public_chat" })).await;
        let room = room["room_id"].as_str().unwrap().to_owned();
        for guest in guests {
            guest.post(&format!("join/{room}"), json!({})).await;
        }
        room
    }

    pub(crate) async fn say(&self, room: &str, txn: &str) -> String {
        let path = format!("rooms/{room}/send/m.room.message/{txn}");
        let sent = self.put(&path, json!({ "msgtype": "m.text", "body": txn })).await;
        sent["event_id"].as_str().unwrap().to_owned()
    }

    /// One sync without waiting.
    pub(crate) async fn sync(&self, since: Option<&Value>) -> Value {
        match since {
            Some(since) => self.get(&format!("sync?timeout=0&since={}", since["next_batch"].as_str().unwrap())).await,
            None => self.get("sync?timeout=0").await,
        }
    }
}
