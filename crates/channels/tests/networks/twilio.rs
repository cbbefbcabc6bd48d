//! Twilio.

use std::sync::Arc;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use bytes::Bytes;
use serde_json::{Value, json};
use unisono_channels::{twilio::Twilio, verify};
use unisono_domain::channel::{
    Channel, Inbound, Media, Outbound, Part, PartKind, SendOutcome, ServedBody, WebhookRequest, login::NewAccount,
};
use unisono_testkit::{
    prism::{Prism, spec},
    test_host::{TestHost, account},
    vendor::{Asked, Script, Told, Vendor},
    webhook_conformance,
    webhook_network::{WebhookVendor, empty_call},
};

use crate::sms::{message, number_of, outbound, person_of};

const SID: &str = "ACaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
const TOKEN: &str = "the auth token";
const NUMBER: &str = "+14155552345";

struct Cloud;

impl Script for Cloud {
    fn message(&self, asked: &Asked) -> Option<(String, String)> {
        (asked.method == "POST" && asked.path.ends_with("/Messages.json")).then_some(())?;
        Some((person_of(&asked.form("To")?), asked.form("Body").unwrap_or_default()))
    }

    fn taken(&self, _: &Asked, number: usize) -> Told {
        Told::status(201, &json!({ "sid": format!("SM{number:032x}"), "status": "queued", "num_segments": "1" }))
    }

    fn other(&self, asked: &Asked) -> Told {
        match (asked.method.as_str(), asked.path.rsplit('/').next()) {
            ("GET", Some("IncomingPhoneNumbers.json")) => Told::json(&json!({ "incoming_phone_numbers": [
                { "sid": "PN1", "phone_number": NUMBER, "sms_url": "https://demo.twilio.com/welcome/sms/reply" }] })),
            ("POST", Some("PN1.json")) => Told::json(&json!({})),
            ("GET", Some("ME1")) => Told::file("image/jpeg", "a picture"),
            _ => Told::status(404, &json!({ "code": 20404, "message": "not found", "status": 404 })),
        }
    }

    fn refused(&self) -> Told {
        Told::status(
            400,
            &json!({ "code": 21610, "message": "Attempt to send to unsubscribed recipient", "status": 400 }),
        )
    }
}

fn signature(url: &str, form: &[(String, String)]) -> String {
    let mut form = form.to_vec();
    form.sort();
    let signed = form.iter().fold(url.to_owned(), |signed, (name, value)| signed + name + value);
    STANDARD.encode(verify::hmac_sha1(TOKEN.as_bytes(), &[signed.as_bytes()]))
}

fn form(fields: &[(&str, &str)]) -> Bytes {
    url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish().into()
}

impl WebhookVendor for Cloud {
    fn channel(&self) -> Arc<dyn Channel> {
        Arc::new(Twilio)
    }

    fn account(&self, base: &str) -> NewAccount {
        NewAccount {
            remote_id: NUMBER.to_owned(),
            display_name: NUMBER.to_owned(),
            credentials: json!({ "sid": SID, "token": TOKEN, "sender": NUMBER, "api": base }),
            settings: json!({}),
        }
    }

    fn payload(&self, person: &str, text: &str, number: usize) -> Bytes {
        let id = format!("SM{number:032}");
        let from = number_of(person);
        form(&[
            ("MessageSid", &id),
            ("AccountSid", SID),
            ("From", &from),
            ("To", NUMBER),
            ("Body", text),
            ("NumMedia", "0"),
            ("SmsStatus", "received"),
            ("ApiVersion", "2010-04-01"),
        ])
    }

    fn sign(&self, url: &str, _: &str, payload: Bytes) -> WebhookRequest {
        let fields: Vec<(String, String)> = url::form_urlencoded::parse(&payload).into_owned().collect();
        let mut call = empty_call(url, payload.clone());
        call.headers = vec![("x-twilio-signature".to_owned(), signature(url, &fields))];
        call
    }

    fn ghost(&self, person: &str) -> String {
        format!("twilio_{}", number_of(person))
    }
}

webhook_conformance!(Cloud);

fn convert(fields: &[(&str, &str)]) -> Vec<Inbound> {
    let request = empty_call("https://unisono.example/", form(fields));
    let account = account(json!({ "sid": SID, "key": ["SK1", "secret"], "sender": NUMBER }));
    let reply = Twilio.webhook(&request, &account).unwrap();
    assert_eq!(reply.content_type, "text/xml");
    reply.events
}

/// The parameters of <https://www.twilio.com/docs/messaging/guides/webhook-request> and
/// <https://www.twilio.com/docs/messaging/guides/track-outbound-message-status>.
#[test]
fn every_kind_of_call_is_understood() {
    let sms = [("MessageSid", "SM1"), ("From", "+491771783130"), ("To", NUMBER), ("NumMedia", "0")];
    let with = |more: &[(&'static str, &'static str)]| -> Vec<Inbound> {
        let mut fields = sms.to_vec();
        fields.retain(|(name, _)| !more.iter().any(|(other, _)| other == name));
        fields.extend_from_slice(more);
        convert(&fields)
    };
    let sent = |status: &'static str, code: &'static str| {
        convert(&[
            ("MessageSid", "SM2"),
            ("From", NUMBER),
            ("To", "+491771783130"),
            ("MessageStatus", status),
            ("SmsStatus", status),
            ("ErrorCode", code),
        ])
    };
    insta::assert_json_snapshot!([
        with(&[("Body", "Hello")]),
        with(&[
            ("Body", "Look"),
            ("NumMedia", "2"),
            ("MediaUrl0", "https://api.twilio.com/ME0"),
            ("MediaContentType0", "image/jpeg"),
            ("MediaUrl1", "https://api.twilio.com/ME1"),
            ("MediaContentType1", "text/x-vcard")
        ]),
        with(&[("From", "rcs:+491771783130"), ("To", "rcs:shop"), ("ButtonText", "Yes"), ("ButtonPayload", "y")]),
        with(&[
            ("From", "whatsapp:+491771783130"),
            ("ProfileName", "Anna"),
            ("Latitude", "54.3"),
            ("Longitude", "10.1"),
            ("Label", "Kiel"),
            ("OriginalRepliedMessageSid", "SM0")
        ]),
        with(&[("From", "72404"), ("Body", "Code 17")]),
        with(&[]),
        sent("delivered", ""),
        sent("read", ""),
        sent("undelivered", "30003"),
        sent("failed", "99999"),
    ]);
    assert!(sent("sent", "").is_empty() && sent("queued", "").is_empty());
}

fn picture() -> Part {
    Part::media("0", PartKind::Image, Media::bytes("a picture", "cat.jpg", "image/jpeg"), "my cat")
}

#[tokio::test]
async fn a_picture_goes_out_by_an_address_of_ours_and_comes_in_with_the_token() {
    let vendor = Vendor::start(Arc::new(Cloud));
    let credentials = Cloud.account(&vendor.base()).credentials;
    let session = Twilio.connect(account(credentials.clone()), TestHost::start()).unwrap();
    assert!(matches!(session.send(message("+491701234567", picture())).await, SendOutcome::Sent { .. }));
    let asked = vendor.asked().pop().unwrap();
    assert_eq!(asked.form("Body").as_deref(), Some("my cat"));
    let url = asked.form("MediaUrl").unwrap();
    let (hook, place) = url.split_once("/media/").unwrap();
    assert_eq!(hook, "https://unisono.example/_unisono/hooks/0123456789abcdef");

    let mut call = empty_call(&url, Bytes::new());
    call.method = "GET".to_owned();
    call.path = format!("media/{place}");
    let served = session.serve(&call).await.unwrap();
    let ServedBody::Bytes(bytes) = served.body else { panic!("a stream") };
    assert_eq!((served.status, &*bytes), (200, &b"a picture"[..]));
    call.path.push('0');
    assert_eq!(session.serve(&call).await.unwrap().status, 404);

    let bytes = session.download(&format!("{}/2010-04-01/Accounts/{SID}/Messages/MM1/Media/ME1", vendor.base())).await;
    assert_eq!(&*bytes.unwrap(), b"a picture");
    assert!(vendor.asked().pop().unwrap().headers.contains_key("authorization"));
    assert!(session.download("https://evil.example/ME1").await.is_err(), "the token goes to nobody else");

    let mut nowhere = account(credentials);
    nowhere.hook_url = None;
    let session = Twilio.connect(nowhere, TestHost::start()).unwrap();
    let refused = session.send(message("+491701234567", picture())).await;
    assert!(matches!(refused, SendOutcome::Rejected { reason } if reason.en.contains("public_url")));
}

#[tokio::test]
async fn a_new_number_is_told_our_address_and_errors_are_words() {
    let vendor = Vendor::start(Arc::new(Cloud));
    let host = TestHost::start();
    let session = Twilio.connect(account(Cloud.account(&vendor.base()).credentials), host.clone()).unwrap();
    tokio::select! {
        ended = session.run() => panic!("the session ended: {ended:?}"),
        () = host.wait_for_report() => {}
    }
    let told = vendor.asked().pop().unwrap();
    assert_eq!(told.form("SmsUrl").as_deref(), Some("https://unisono.example/_unisono/hooks/0123456789abcdef"));
    vendor.trouble("anna", unisono_testkit::fake_channel::Trouble::Rejected);
    let refused = session.send(outbound(&number_of("anna"), "hi")).await;
    assert!(matches!(refused, SendOutcome::Rejected { reason } if reason.de.contains("STOP")));
    let name = session.send(outbound("Bank", "hi")).await;
    assert!(matches!(name, SendOutcome::Rejected { .. }));
    let started = session.resolve_identifier("(415) 555-2671").await.unwrap();
    assert_eq!(started.portal.chat.as_str(), "+14155552671");
}

/// The vendor's own examples of answers do not fit its schemas of answers: the examples count. What
/// is asked stays under its schemas.
fn loosen(description: &mut Value) {
    let paths = description["paths"].as_object_mut().unwrap();
    for operation in paths
        .values_mut()
        .filter_map(Value::as_object_mut)
        .flat_map(|path| path.values_mut())
        .filter(|operation| operation["responses"].is_object())
    {
        let Some(answers) = operation["responses"].as_object_mut() else { continue };
        for answer in answers.values_mut() {
            if let Some(content) = answer["content"]["application/json"].as_object_mut() {
                content.remove("schema");
            }
        }
    }
}

#[tokio::test]
async fn the_mock_from_the_vendors_description_takes_everything() {
    let Some(file) = spec("twilio/twilio_api_v2010.trimmed.json") else { return };
    let mut description: Value = serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap();
    loosen(&mut description);
    // A form's repeated field is a list (OpenAPI 3.0, "Encoding Object"); Prism sees a text in it.
    let form = "/paths/~12010-04-01~1Accounts~1{AccountSid}~1Messages.json/post/requestBody/content\
                /application~1x-www-form-urlencoded/schema/properties/MediaUrl";
    *description.pointer_mut(form).unwrap() = json!({ "type": "string", "format": "uri" });
    let folder = tempfile::tempdir().unwrap();
    let mended = folder.path().join("twilio.json");
    std::fs::write(&mended, description.to_string()).unwrap();
    let Some(prism) = Prism::serve(&mended) else { return };
    for sender in [NUMBER, "MGaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "rcs:shop"] {
        let host = TestHost::start();
        let credentials: Value = json!({ "sid": SID, "token": TOKEN, "sender": sender, "api": prism.base() });
        let session = Twilio.connect(account(credentials), host.clone()).unwrap();
        tokio::select! {
            ended = session.run() => panic!("the session ended: {ended:?}"),
            () = host.wait_for_report() => {}
        }
        let contact = Part::contact("0", "Anna", "BEGIN:VCARD\r\nEND:VCARD\r\n".to_owned());
        for part in [Part::text("0", "Ünïcode 🙂"), picture(), contact] {
            let outcome = session.send(Outbound { txn: "t".to_owned(), ..message("+491701234567", part) }).await;
            assert!(matches!(outcome, SendOutcome::Sent { .. }), "{outcome:?}");
        }
    }
}
