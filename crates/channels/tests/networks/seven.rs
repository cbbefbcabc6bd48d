//! seven.io.

use std::sync::Arc;

use bytes::Bytes;
use md5::{Digest as _, Md5};
use serde_json::{Value, json};
use unisono_channels::{seven::Seven, verify};
use unisono_domain::channel::{
    AccountId, Channel, FindSent, Inbound, InboundBody, MessageRef, Outbound, OutboundBody, Part, RemoteId,
    SendOutcome, WebhookRequest, login::NewAccount,
};
use unisono_testkit::{
    prism::{Prism, spec},
    test_host::{TestHost, account},
    vendor::{Asked, Script, Told, Vendor},
    webhook_conformance,
    webhook_network::{WebhookVendor, empty_call},
};

use crate::sms::{number_of, outbound, person_of};

const KEY: &str = "the signing key";

struct Gateway {
    journal: Value,
}

const GATEWAY: Gateway = Gateway { journal: Value::Null };

impl Script for Gateway {
    fn message(&self, asked: &Asked) -> Option<(String, String)> {
        (asked.path == "/sms").then_some(())?;
        Some((person_of(&asked.form("to")?), asked.form("text")?))
    }

    fn taken(&self, asked: &Asked, number: usize) -> Told {
        Told::json(&json!({ "success": "100", "total_price": 0.075, "balance": 3.1, "debug": "false", "messages": [{
            "id": format!("7700{number}"), "success": true, "error": null, "error_text": null, "parts": 1,
            "sender": asked.form("from"), "recipient": asked.form("to"), "text": asked.form("text"),
            "encoding": "gsm" }] }))
    }

    fn other(&self, asked: &Asked) -> Told {
        match (asked.method.as_str(), asked.path.as_str()) {
            ("GET", "/balance") => Told::json(&json!({ "amount": 3.1, "currency": "EUR" })),
            ("GET", "/hooks") => Told::json(&json!({ "success": true, "hooks": [] })),
            ("POST", "/hooks") => Told::json(&json!({ "success": true, "id": 1 })),
            ("GET", "/journal/outbound") => Told::json(&self.journal),
            _ => Told::status(404, &json!({})),
        }
    }

    /// seven.io refuses with HTTP 200.
    fn refused(&self) -> Told {
        Told::json(&json!({ "success": "202", "messages": [{ "success": false, "error": 202 }] }))
    }

    fn expired(&self) -> Told {
        Told::json(&json!(900))
    }
}

impl WebhookVendor for Gateway {
    fn channel(&self) -> Arc<dyn Channel> {
        Arc::new(Seven)
    }

    fn account(&self, base: &str) -> NewAccount {
        NewAccount {
            remote_id: "+4930123456".to_owned(),
            display_name: "+49 30 123456".to_owned(),
            credentials: json!({ "key": "k", "from": "+4930123456", "signing_key": KEY, "api": base }),
            settings: json!({}),
        }
    }

    fn payload(&self, person: &str, text: &str, number: usize) -> Bytes {
        let call = json!({ "webhook_event": "sms_mo", "webhook_timestamp": "2026-11-23 12:00:00", "data": {
            "id": number.to_string(), "sender": number_of(person).trim_start_matches('+'), "system": "4930123456",
            "text": text, "time": (1_795_435_200 + number).to_string(), "message_type": "SMS" } });
        call.to_string().into()
    }

    fn sign(&self, url: &str, _: &str, payload: Bytes) -> WebhookRequest {
        let body = verify::hex(&Md5::digest(&payload));
        let signed = format!("1795435200\nfpPRhAd1s8GXacfR39mWqKPynmmXfJnc\nPOST\n{url}\n{body}");
        let signature = verify::hex(&verify::hmac_sha256(KEY.as_bytes(), &[signed.as_bytes()]));
        let mut call = empty_call(url, payload);
        call.headers = vec![
            ("x-timestamp".to_owned(), "1795435200".to_owned()),
            ("x-nonce".to_owned(), "fpPRhAd1s8GXacfR39mWqKPynmmXfJnc".to_owned()),
            ("x-signature".to_owned(), signature),
        ];
        call
    }

    fn ghost(&self, person: &str) -> String {
        format!("seven_{}", number_of(person))
    }
}

webhook_conformance!(GATEWAY);

fn convert(call: &Value) -> Vec<Inbound> {
    let request = empty_call("https://unisono.example/", Bytes::from(call.to_string()));
    let mut account = account(json!({ "key": "k", "from": "+4930123456" }));
    account.id = AccountId(1);
    Seven.webhook(&request, &account).unwrap().events
}

/// The examples and types of <https://docs.seven.io/en/rest-api/webhooks>.
#[test]
fn every_kind_of_call_is_understood() {
    let rcs = |kind: &str, content: Value| {
        let mut data = json!({ "id": 5, "agent_id": "shop", "sender": "491771783130", "time": 1_605_878_104,
            "message_type": "RCS", "content_type": kind });
        data[kind] = content;
        json!({ "webhook_event": "rcs", "webhook_timestamp": "2020-12-02 11:55:44", "data": data })
    };
    let calls = [
        json!({ "webhook_event": "sms_mo", "webhook_timestamp": "2020-12-02 11:55:44", "data": { "id": "681590",
            "sender": "491771783130", "system": "4915735989999", "text": "Hello World", "time": "1605878104",
            "message_type": "SMS" } }),
        rcs("text", json!("Hello RCS")),
        rcs("suggestion_response", json!({ "postbackData": "yes", "text": "Yes, please", "type": "REPLY" })),
        rcs("location", json!({ "latitude": 54.32, "longitude": 10.13 })),
        rcs(
            "user_file",
            json!({ "payload": { "fileName": "../cat.jpg", "fileSizeBytes": 12, "mimeType": "image/jpeg",
            "fileUri": "https://rcs.example/cat" } }),
        ),
        rcs("carousel", json!({})),
        json!({ "webhook_event": "rcs", "data": { "status": "READ", "msg_id": "77", "sender": "491771783130" } }),
        json!({ "webhook_event": "rcs", "data": { "status": "IS_TYPING", "msg_id": null, "sender": "491771783130" } }),
        json!({ "webhook_event": "tracking", "data": { "type": "click" } }),
    ];
    let events: Vec<Vec<Inbound>> = calls.iter().map(convert).collect();
    insta::assert_json_snapshot!(events);
}

/// seven.io says only the number of the message; the hub knows whose chat it is in.
#[tokio::test]
async fn a_bare_status_finds_its_chat() {
    let vendor = Vendor::start(Arc::new(GATEWAY));
    let host = TestHost::start();
    let account = account(json!({ "key": "k", "from": "Shop", "api": vendor.base() }));
    let session = Seven.connect(account, host.clone()).unwrap();
    host.events();
    let sent = Inbound::new(
        unisono_domain::channel::PortalKey::private(AccountId(1), "+491701234567"),
        unisono_domain::channel::Sender::Me,
        "77149843739",
        1,
        InboundBody::message(vec![Part::text("0", "hi")]),
    );
    unisono_domain::channel::Host::deliver(&*host, vec![sent], None).await.unwrap();
    let call = json!({ "webhook_event": "dlr", "webhook_timestamp": "2021-08-24T08:08:00+02:00", "data": {
        "msg_id": "77149843739", "status": "NOTDELIVERED", "timestamp": "2021-08-24 08:08:00.000000" } });
    let request = empty_call("https://unisono.example/", Bytes::from(call.to_string()));
    assert_eq!(session.serve(&request).await.unwrap().status, 200);
    let told = host.wait_for(2).await;
    assert_eq!(told[1].portal.chat.as_str(), "+491701234567");
    assert!(matches!(&told[1].body, InboundBody::Failed { target, .. } if target.as_str() == "77149843739"));
}

#[tokio::test]
async fn a_lost_answer_is_looked_up_in_the_journal() {
    let vendor = Vendor::start(Arc::new(GATEWAY));
    let account = account(json!({ "key": "k", "from": "Shop", "api": vendor.base() }));
    let session = Seven.connect(account.clone(), TestHost::start()).unwrap();
    let message = outbound("+491701234567", "hi");
    assert!(matches!(session.send(message.clone()).await, SendOutcome::Sent { .. }));
    assert!(matches!(session.find_sent(&message).await.unwrap(), FindSent::CannotTell));

    let foreign_id = vendor.asked()[0].form("foreign_id");
    let journal = json!([{ "id": "1", "foreign_id": "another" }, { "id": "2", "foreign_id": foreign_id }]);
    let vendor = Vendor::start(Arc::new(Gateway { journal }));
    let mut account = account;
    account.credentials["api"] = json!(vendor.base());
    let session = Seven.connect(account, TestHost::start()).unwrap();
    let found = session.find_sent(&message).await.unwrap();
    assert!(matches!(found, FindSent::Sent(message) if message.id.as_str() == "2"));
}

/// The vendor's description names only OAuth; its pages name the header `X-Api-Key`, which the mock
/// is taught to ask for.
#[tokio::test]
async fn the_mock_from_the_vendors_description_takes_everything() {
    let Some(file) = spec("seven/openapi.json") else { return };
    let mut description: Value = serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap();
    description["components"]["securitySchemes"]["oauth2_auth"] =
        json!({ "type": "apiKey", "in": "header", "name": "X-Api-Key" });
    let folder = tempfile::tempdir().unwrap();
    let mended = folder.path().join("seven.json");
    std::fs::write(&mended, description.to_string()).unwrap();
    let Some(prism) = Prism::serve(&mended) else { return };

    for (agent, words) in [(Value::Null, "SMS: ä€{} 🙂"), (json!("shop"), "RCS")] {
        let host = TestHost::start();
        let account = account(json!({ "key": "k", "from": "Shop", "agent": agent, "api": prism.base() }));
        let session = Seven.connect(account, host.clone()).unwrap();
        tokio::select! {
            ended = session.run() => panic!("the session ended: {ended:?}"),
            () = host.wait_for_report() => {}
        }
        // Its generated answer says that the message was not sent; what counts is that it took the request.
        let outcome = session.send(outbound("+491701234567", words)).await;
        assert!(!matches!(outcome, SendOutcome::Retry { .. }), "{outcome:?}");
        if let SendOutcome::Rejected { reason } = &outcome {
            assert!(!reason.en.contains("UNPROCESSABLE") && !reason.en.contains("40"), "{reason:?}");
        }
        assert!(!matches!(session.find_sent(&outbound("+491701234567", words)).await, Err(error) if panic_on(&error)));
        if agent.is_null() {
            continue;
        }
        let read = MessageRef { id: RemoteId::new("in.rcs.5"), data: json!({ "rcs": true, "id": "5" }) };
        for body in [OutboundBody::Typing { typing: true }, OutboundBody::Read { up_to: read }] {
            let outcome = session.send(Outbound { body, ..outbound("+491701234567", "") }).await;
            assert!(matches!(outcome, SendOutcome::Sent { .. }), "{outcome:?}");
        }
    }
}

fn panic_on(error: &unisono_domain::channel::SessionError) -> bool {
    panic!("{error}")
}
