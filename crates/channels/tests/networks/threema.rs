//! Threema Gateway, with a server that seals and opens as a phone would.

use std::sync::{Arc, Mutex};

use bytes::Bytes;
use crypto_box::{SalsaBox, SecretKey, aead::Aead as _};
use serde_json::{Value, json};
use unisono_channels::{
    threema::Threema,
    verify::{hex, hmac_sha256},
};
use unisono_domain::channel::{
    Channel, Inbound, InboundBody, Media, MediaSource, MessageRef, Outbound, OutboundBody, Part, PartKind, RemoteId,
    SendOutcome, WebhookError, WebhookRequest, login::NewAccount,
};
use unisono_testkit::{
    prism::spec,
    test_host::{TestHost, account},
    vendor::{Asked, Script, Told, Vendor},
    webhook_conformance,
    webhook_network::{WebhookVendor, empty_call},
};

use crate::sms::{message, outbound};

const ID: &str = "*SHOP001";
const SECRET: &str = "the api secret";

fn our_key() -> SecretKey {
    SecretKey::from_bytes([42; 32])
}

/// The ID of a person of the suite, and their key.
fn id_of(person: &str) -> String {
    format!("{:0<8}", person.to_uppercase())
}

fn key_of(id: &str) -> SecretKey {
    let mut key = [7; 32];
    key[..8].copy_from_slice(id.as_bytes());
    SecretKey::from_bytes(key)
}

fn unhex(digits: &str) -> Vec<u8> {
    (0..digits.len()).step_by(2).map(|at| u8::from_str_radix(&digits[at..at + 2], 16).unwrap()).collect()
}

#[derive(Default)]
struct Gateway {
    blobs: Mutex<Vec<Bytes>>,
}

/// What is in the box of a request, without padding.
fn opened(asked: &Asked) -> Option<(String, Vec<u8>)> {
    let to = asked.form("to")?;
    let nonce: [u8; 24] = unhex(&asked.form("nonce")?).try_into().ok()?;
    let open = SalsaBox::new(&our_key().public_key(), &key_of(&to));
    let mut data = open.decrypt(&nonce.into(), &*unhex(&asked.form("box")?)).ok()?;
    let padding = *data.last()?;
    data.truncate(data.len() - usize::from(padding));
    Some((to, data))
}

impl Script for Gateway {
    fn message(&self, asked: &Asked) -> Option<(String, String)> {
        (asked.path == "/send_e2e").then_some(())?;
        let (to, data) = opened(asked)?;
        let text = String::from_utf8_lossy(data.strip_prefix(&[1])?).into_owned();
        Some((to.trim_end_matches('0').to_lowercase(), text))
    }

    fn taken(&self, _: &Asked, number: usize) -> Told {
        Told::file("text/plain", format!("{number:016x}"))
    }

    fn other(&self, asked: &Asked) -> Told {
        let last = asked.path.rsplit('/').next().unwrap_or_default();
        let not_found = || Told::status(404, &Value::Null);
        match asked.path.as_str() {
            "/credits" => Told::file("text/plain", "100"),
            "/send_e2e" => Told::file("text/plain", "00000000000000ff"),
            "/upload_blob" => {
                let body = asked.body.clone();
                let start = body.windows(4).position(|window| window == b"\r\n\r\n").unwrap() + 4;
                let end = body.windows(4).rposition(|window| window == b"\r\n--").unwrap();
                let mut blobs = self.blobs.lock().unwrap();
                blobs.push(body.slice(start..end));
                Told::file("text/plain", format!("{:032x}", blobs.len()))
            }
            path if path.starts_with("/blobs/") => {
                let number = usize::from_str_radix(last, 16).unwrap_or_default();
                let blobs = self.blobs.lock().unwrap();
                blobs.get(number.wrapping_sub(1)).map_or_else(not_found, |blob| Told::file("", blob.clone()))
            }
            path if path.starts_with("/pubkeys/") && last == "NOBODY00" => not_found(),
            path if path.starts_with("/pubkeys/") => {
                Told::file("text/plain", hex(key_of(last).public_key().as_bytes()))
            }
            // The example of the vendor's page: +41791234567.
            "/lookup/phone_hash/ad398f4d7ebe63c6550a486cc6e07f9baa09bd9d8b3d8cb9d9be106d35a7fdbc" => {
                Told::file("text/plain", "ANNA0000")
            }
            _ => not_found(),
        }
    }
}

fn call(from: &str, data: &[u8], number: usize) -> Bytes {
    let mut plain = data.to_vec();
    plain.extend([40; 40]);
    let mut nonce = [0; 24];
    nonce[..8].copy_from_slice(&number.to_le_bytes());
    let sealed = SalsaBox::new(&our_key().public_key(), &key_of(from)).encrypt(&nonce.into(), &*plain).unwrap();
    let fields =
        [from.to_owned(), ID.to_owned(), format!("{number:016x}"), "1795435200".to_owned(), hex(&nonce), hex(&sealed)];
    let mac = hmac_sha256(SECRET.as_bytes(), &fields.each_ref().map(String::as_bytes));
    let mut form = url::form_urlencoded::Serializer::new(String::new());
    for (name, value) in ["from", "to", "messageId", "date", "nonce", "box"].into_iter().zip(&fields) {
        form.append_pair(name, value);
    }
    form.append_pair("mac", &hex(&mac)).append_pair("nickname", "Anna").finish().into()
}

impl WebhookVendor for Gateway {
    fn channel(&self) -> Arc<dyn Channel> {
        Arc::new(Threema)
    }

    fn account(&self, base: &str) -> NewAccount {
        NewAccount {
            remote_id: ID.to_owned(),
            display_name: ID.to_owned(),
            credentials: json!({ "id": ID, "secret": SECRET, "private_key": hex(&our_key().to_bytes()), "api": base }),
            settings: json!({}),
        }
    }

    fn payload(&self, person: &str, text: &str, number: usize) -> Bytes {
        call(&id_of(person), &[&[1], text.as_bytes()].concat(), number)
    }

    /// The signature is in the form.
    fn sign(&self, url: &str, _: &str, payload: Bytes) -> WebhookRequest {
        empty_call(url, payload)
    }

    fn ghost(&self, person: &str) -> String {
        let id = id_of(person);
        let escaped = id.bytes().map(|byte| match byte {
            b'0'..=b'9' => char::from(byte).to_string(),
            other => format!("={other:02x}"),
        });
        format!("threema_{}", escaped.collect::<String>())
    }

    fn is_signed(&self) -> bool {
        false
    }
}

webhook_conformance!(Gateway::default());

fn request(body: Bytes) -> WebhookRequest {
    empty_call("https://unisono.example/", body)
}

#[tokio::test]
async fn a_changed_call_is_refused_and_a_replayed_one_ignored() {
    let vendor = Vendor::start(Arc::new(Gateway::default()));
    let account = account(Gateway::default().account(&vendor.base()).credentials);
    let host = TestHost::start();
    let session = Threema.connect(account.clone(), host.clone()).unwrap();
    let good = call("ANNA0000", b"\x01hello", 1);
    let changed = String::from_utf8_lossy(&good).replace("1795435200", "1795435201");
    let changed = request(changed.into());
    assert!(session.serve(&changed).await.is_none());
    assert!(matches!(Threema.webhook(&changed, &account), Err(WebhookError::BadSignature)));
    assert_eq!(session.serve(&request(good)).await.unwrap().status, 200);
    assert_eq!(host.events().len(), 1);
    let replayed = {
        // The same box under another id, as only Threema itself could sign it.
        let body = call("ANNA0000", b"\x01hello", 1);
        let fields: Vec<(String, String)> = url::form_urlencoded::parse(&body).into_owned().collect();
        let value = |name: &str| match name {
            "messageId" => "00000000000000aa".to_owned(),
            name => fields.iter().find(|(key, _)| key == name).unwrap().1.clone(),
        };
        let names = ["from", "to", "messageId", "date", "nonce", "box"];
        let mac = hmac_sha256(SECRET.as_bytes(), &names.map(value).each_ref().map(String::as_bytes));
        let pairs = names.map(|name| (name, value(name)));
        let mut form = url::form_urlencoded::Serializer::new(String::new());
        form.extend_pairs(pairs).append_pair("mac", &hex(&mac));
        form.finish()
    };
    assert_eq!(session.serve(&request(replayed.into())).await.unwrap().status, 200);
    assert_eq!(host.events().len(), 1);
}

#[tokio::test]
async fn everything_goes_both_ways() {
    let vendor = Vendor::start(Arc::new(Gateway::default()));
    let account = account(Gateway::default().account(&vendor.base()).credentials);
    let host = TestHost::start();
    let session = Threema.connect(account, host.clone()).unwrap();
    let picture = Part::media("0", PartKind::Image, Media::bytes("a picture", "cat.png", "image/png"), "my cat");
    let place = Part::location("0", 47.5, 8.25, Some("Pfäffikon"));
    for part in [Part::text("0", "Grüezi"), picture, place] {
        let outcome = session.send(message("ANNA0000", part)).await;
        assert!(matches!(outcome, SendOutcome::Sent { .. }), "{outcome:?}");
    }
    let target = MessageRef { id: RemoteId::new("0102030405060708"), data: Value::Null };
    for body in [
        OutboundBody::Read { up_to: target.clone() },
        OutboundBody::Reaction { target: target.clone(), key: "👍".to_owned() },
    ] {
        let outcome = session.send(Outbound { body, ..outbound("ANNA0000", "") }).await;
        assert!(matches!(outcome, SendOutcome::Sent { .. }), "{outcome:?}");
    }
    let heart = OutboundBody::Reaction { target, key: "❤️".to_owned() };
    let outcome = session.send(Outbound { body: heart, ..outbound("ANNA0000", "") }).await;
    assert!(matches!(outcome, SendOutcome::Rejected { .. }));
    let outcome = session.send(outbound("NOBODY00", "hi")).await;
    assert!(matches!(outcome, SendOutcome::Rejected { .. }));

    let asked = vendor.asked();
    let said: Vec<Vec<u8>> =
        asked.iter().filter(|asked| asked.path == "/send_e2e").map(|asked| opened(asked).unwrap().1).collect();
    assert_eq!(said[0], "\u{1}Grüezi".as_bytes());
    assert_eq!(said[2], "\u{10}47.500000,8.250000\nPfäffikon".as_bytes());
    assert_eq!(said[3], [0x80, 2, 1, 2, 3, 4, 5, 6, 7, 8]);
    assert_eq!(said[4][..2], [0x80, 3]);
    assert_eq!(asked.iter().filter(|asked| asked.path == "/pubkeys/ANNA0000").count(), 1, "the key is kept");

    // What we sent comes back as if Anna had sent it: file, receipt, a group's message, a poll.
    let receipt = [&[0x80, 4][..], &[1; 8]].concat();
    let calls: [&[u8]; 5] = [&said[1], &said[2], &receipt, b"\x41to a group", b"\x15poll"];
    for (number, data) in calls.iter().enumerate() {
        assert_eq!(session.serve(&request(call("ANNA0000", data, number + 10))).await.unwrap().status, 200);
    }
    // A box for somebody else is told in words.
    let mut other = call("ANNA0000", b"\x01hello", 99).to_vec();
    let foreign = String::from_utf8_lossy(&other).replace("from=ANNA0000", "from=BERT0000");
    other = foreign.into_bytes();
    assert!(session.serve(&request(other.into())).await.is_none(), "the sender is signed, too");

    let events = host.events();
    let InboundBody::Message { parts, .. } = &events[0].body else { panic!("{:?}", events[0]) };
    assert_eq!((parts[0].kind, &*parts[0].text), (PartKind::Image, "my cat"));
    let MediaSource::Lazy(id) = &parts[0].media.as_ref().unwrap().source else { panic!("bytes") };
    assert_eq!(&*session.download(id).await.unwrap(), b"a picture");
    let kinds: Vec<(&str, Option<PartKind>)> = events.iter().map(kind).collect();
    assert_eq!(
        kinds,
        [
            ("message", Some(PartKind::Image)),
            ("message", Some(PartKind::Location)),
            ("reaction", None),
            ("message", Some(PartKind::Notice)),
            ("message", Some(PartKind::Notice)),
        ]
    );

    let found = session.resolve_identifier("+41 79 123 45 67").await.unwrap();
    assert_eq!(found.portal.chat.as_str(), "ANNA0000");
    assert!(session.resolve_identifier("nobody00").await.is_err());
    assert!(session.resolve_identifier("x").await.is_err());
}

fn kind(event: &Inbound) -> (&'static str, Option<PartKind>) {
    let part = match &event.body {
        InboundBody::Message { parts, .. } => Some(parts[0].kind),
        _ => None,
    };
    (event.body.kind(), part)
}

/// A published call-back: its form is read, and refused for its signature alone, whose secret nobody
/// has told.
#[test]
fn the_published_call_back_is_read() {
    let Some(file) = spec("threema/callback-valid.txt") else { return };
    let body = std::fs::read_to_string(file).unwrap();
    let ours = account(json!({ "id": "*TESTTST", "secret": "s", "private_key": hex(&our_key().to_bytes()) }));
    let refused = Threema.webhook(&request(body.trim().to_owned().into()), &ours);
    assert!(matches!(refused, Err(WebhookError::BadSignature)));
    let fields: Vec<(String, String)> = url::form_urlencoded::parse(body.trim().as_bytes()).into_owned().collect();
    let value = |name: &str| fields.iter().find(|(key, _)| key == name).unwrap().1.clone();
    let signed = ["from", "to", "messageId", "date", "nonce", "box"].map(value);
    let mac = hex(&hmac_sha256(b"s", &signed.each_ref().map(String::as_bytes)));
    let body = body.trim().replace(&value("mac"), &mac);
    let taken = Threema.webhook(&request(body.into()), &ours);
    assert!(matches!(taken, Err(WebhookError::NotNow(_))), "the form is understood");
}
