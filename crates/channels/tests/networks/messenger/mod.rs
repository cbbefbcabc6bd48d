//! Messenger and Instagram: the suite for both, calls from Meta's documentation, and what we send.

mod calls;
mod contract;

use std::sync::Arc;

use bytes::Bytes;
use serde_json::{Value, json};
use unisono_channels::messenger::{INSTAGRAM, MESSENGER, PageChannel};
use unisono_domain::channel::{Channel, WebhookRequest, login::NewAccount};
use unisono_testkit::{
    bench::{real_life, until},
    conformance::Network as _,
    vendor::{Asked, Script, Told},
    webhook_network::{WebhookNetwork, WebhookVendor},
};

use super::whatsapp::{millis_now, number_of, signed};

const PAGE: &str = "1906385232743451";
const INSTAGRAM_ID: &str = "17841400008460056";
/// Somebody who wrote before the account was connected.
const OLD: &str = "555";

/// Meta, for one page.
struct Meta(PageChannel);

impl Meta {
    fn id(&self) -> &'static str {
        self.0.meta().id
    }

    /// By which id Meta means the account in its calls.
    fn own(&self) -> &'static str {
        if self.id() == "instagram" { INSTAGRAM_ID } else { PAGE }
    }
}

fn credentials(api: &str) -> Value {
    json!({ "token": "EAAG-page", "secret": "app secret", "api": api, "page_id": PAGE, "instagram_id": INSTAGRAM_ID })
}

/// One event as a whole call.
fn call(object: &str, own: &str, events: &Value) -> Value {
    json!({ "object": object, "entry": [{ "id": own, "time": 1_569_262_486_134_i64, "messaging": events }] })
}

impl Script for Meta {
    fn message(&self, asked: &Asked) -> Option<(String, String)> {
        let message = asked.json();
        let person = ["anna", "bert", "carla", "dora"]
            .into_iter()
            .find(|person| message["recipient"]["id"] == number_of(person))?;
        Some((person.to_owned(), message["message"]["text"].as_str()?.to_owned()))
    }

    fn taken(&self, asked: &Asked, number: usize) -> Told {
        Told::json(&json!({ "recipient_id": asked.json()["recipient"]["id"], "message_id": format!("m_OUT{number}") }))
    }

    fn other(&self, asked: &Asked) -> Told {
        let instagram = json!({ "id": INSTAGRAM_ID, "username": "jaspers.market" });
        let page = json!({ "id": PAGE, "name": "Jasper's Market", "category": "Shop",
            "instagram_business_account": instagram, "access_token": "EAAG-of-the-page" });
        let of_a_person = asked.headers["authorization"].to_str().unwrap().contains("system-user");
        match asked.path.trim_start_matches('/') {
            "me" if of_a_person => Told::status(
                400,
                &json!({ "error": { "code": 100, "type": "OAuthException",
                "message": "(#100) Tried accessing nonexisting field (category) on node type (User)" } }),
            ),
            "me/accounts" => Told::json(&json!({ "data": [page, { "id": "2", "name": "Other", "category": "Shop" }] })),
            "me" | PAGE => {
                let mut page = page;
                page.as_object_mut().unwrap().remove("access_token");
                Told::json(&page)
            }
            path if path.ends_with("/conversations") => {
                let message = |number: usize, from: &str, to: &str| {
                    json!({ "id": format!("m_H{number}"),
                    "created_time": format!("2026-11-20T10:00:{number:02}+0000"), "message": format!("before {number}"),
                    "from": { "id": from, "name": "Old Anna" }, "to": { "data": [{ "id": to }] } })
                };
                let messages = json!({ "data": [message(2, PAGE, OLD), message(1, OLD, PAGE)],
                    "paging": { "cursors": { "after": "older" }, "next": "https://graph.facebook.com/x" } });
                Told::json(&json!({ "data": [{ "id": "t_1", "messages": messages }] }))
            }
            "t_1/messages" => Told::json(&json!({ "data": [{ "id": "m_H0", "created_time": "2026-11-19T10:00:00+0000",
                "message": "", "from": { "id": OLD }, "to": { "data": [{ "id": PAGE }] },
                "attachments": { "data": [{ "id": "1", "mime_type": "image/jpeg", "name": "a.jpg",
                    "image_data": { "url": "https://scontent.example/a.jpg" } }] } }] })),
            "491789" => Told::json(&json!({ "id": "491789", "name": "Anna Muster", "username": "anna",
                "profile_pic": "https://scontent.example/p.jpg" })),
            path if path.ends_with("/message_attachments") => {
                Told::json(&json!({ "attachment_id": "1857777774821032" }))
            }
            path if path.ends_with("/messages") && asked.json()["message"].is_null() => {
                Told::json(&json!({ "recipient_id": asked.json()["recipient"]["id"] }))
            }
            path if path.ends_with("/messages") => {
                Told::json(&json!({ "recipient_id": asked.json()["recipient"]["id"], "message_id": "m_OUT" }))
            }
            _ => Told::json(&json!({ "success": true })),
        }
    }

    fn refused(&self) -> Told {
        Told::status(
            400,
            &json!({ "error": { "message": "(#551) This person isn't available right now.", "code": 551 } }),
        )
    }

    /// As Meta says it: by the code.
    fn too_many(&self, _: u64) -> Told {
        Told::status(
            400,
            &json!({ "error": { "message": "(#613) Calls to this api have exceeded the rate limit.", "code": 613 } }),
        )
    }

    fn expired(&self) -> Told {
        let error = json!({ "message": "Error validating access token", "type": "OAuthException", "code": 190 });
        Told::status(400, &json!({ "error": error }))
    }
}

impl WebhookVendor for Meta {
    fn channel(&self) -> Arc<dyn Channel> {
        Arc::new(self.0)
    }

    fn account(&self, base: &str) -> NewAccount {
        NewAccount {
            remote_id: self.own().to_owned(),
            display_name: "Jasper's Market".to_owned(),
            credentials: credentials(base),
            settings: json!({}),
        }
    }

    fn payload(&self, person: &str, text: &str, number: usize) -> Bytes {
        let object = if self.id() == "instagram" { "instagram" } else { "page" };
        let event = json!({ "sender": { "id": number_of(person) }, "recipient": { "id": self.own() },
            "timestamp": millis_now(), "message": { "mid": format!("m_IN{number}"), "text": text } });
        call(object, self.own(), &json!([event])).to_string().into()
    }

    fn sign(&self, url: &str, _: &str, payload: Bytes) -> WebhookRequest {
        signed(url, payload)
    }

    fn ghost(&self, person: &str) -> String {
        format!("{}_{}", self.id(), number_of(person))
    }
}

mod on_messenger {
    use super::{MESSENGER, Meta};

    unisono_testkit::webhook_conformance!(Meta(MESSENGER));
}

mod on_instagram {
    use super::{INSTAGRAM, Meta};

    unisono_testkit::webhook_conformance!(Meta(INSTAGRAM));
}

#[test]
fn an_answer_is_there_once_whether_it_was_written_here_or_in_the_pages_own_inbox() {
    let network = WebhookNetwork::new(Meta(MESSENGER));
    let home = tempfile::tempdir().unwrap();
    real_life(home.path(), vec![network.script.channel()], async |bench| {
        network.connect(&bench).await;
        network.write(&bench, "anna", "hello").await;
        let room = bench.room_of("hello").await;
        let echo = |mid: &str, text: &str| {
            let event = json!({ "sender": { "id": PAGE }, "recipient": { "id": number_of("anna") },
                "timestamp": millis_now(),
                "message": { "is_echo": true, "app_id": 1_517_776_481_860_111_i64, "mid": mid, "text": text } });
            Bytes::from(call("page", PAGE, &json!([event])).to_string())
        };
        bench.say(&room, "from here").await;
        until("it is taken", async || network.vendor.taken("anna") == ["from here"]).await;
        network.post(&bench, echo("m_OUT1", "from here")).await.unwrap();
        network.post(&bench, echo("m_THERE", "from the inbox")).await.unwrap();
        bench.room_of("from the inbox").await;
        let own: Vec<String> = bench
            .said()
            .await
            .into_iter()
            .filter(|said| said.sender == bench.owner && !said.body().starts_with("before"))
            .map(|said| said.body().to_owned())
            .collect();
        assert_eq!(own, ["from here", "from the inbox"]);
    });
}
