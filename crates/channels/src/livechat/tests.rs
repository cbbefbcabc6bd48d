use std::sync::Arc;

use serde_json::{Value, json};
use unisono_domain::channel::{
    AccountState, Channel as _, InboundBody, MediaSource, Sender, Served, ServedBody, Session, WebhookRequest,
};
use unisono_testkit::test_host::{NOW, TestHost, account};

use super::{LiveChat, files, limits, new_site, settings::Settings, visitor::*};
use crate::verify;

const SHOP: &str = "https://shop.example";

fn keys() -> Keys {
    Keys::read(&Keys::draw()).unwrap()
}

fn site(settings: &Value) -> (Arc<dyn Session>, Arc<TestHost>, Value) {
    let host = TestHost::start();
    let credentials = Keys::draw();
    let mut account = account(credentials.clone());
    account.settings = json!({ "origins": SHOP });
    account.settings.as_object_mut().unwrap().extend(settings.as_object().unwrap().clone());
    (LiveChat.connect(account, host.clone()).unwrap(), host, credentials)
}

fn request(method: &str, path: &str, body: impl Into<bytes::Bytes>) -> WebhookRequest {
    WebhookRequest {
        method: method.to_owned(),
        headers: vec![("origin".to_owned(), SHOP.to_owned())],
        query: Vec::new(),
        body: body.into(),
        url: format!("https://chat.example/_unisono/hooks/0123/{path}"),
        path: path.to_owned(),
    }
}

fn header<'a>(served: &'a Served, name: &str) -> Option<&'a str> {
    served.headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
}

fn body(served: Served) -> Value {
    match served.body {
        ServedBody::Bytes(bytes) => serde_json::from_slice(&bytes).unwrap_or_default(),
        ServedBody::Stream(_) => Value::Null,
    }
}

async fn ask(session: &Arc<dyn Session>, request: WebhookRequest) -> (u16, Value) {
    let served = session.serve(&request).await.unwrap();
    (served.status, body(served))
}

async fn visit(session: &Arc<dyn Session>, form: Value) -> String {
    let (status, answer) = ask(session, request("POST", "visit", form.to_string())).await;
    assert_eq!(status, 200, "{answer}");
    answer["token"].as_str().unwrap().to_owned()
}

fn signed(token: &str, mut request: WebhookRequest) -> WebhookRequest {
    request.headers.push(("authorization".to_owned(), format!("Bearer {token}")));
    request
}

#[test]
fn only_our_own_unchanged_and_living_tokens_open() {
    let (keys, visitor) = (keys(), Visitor::stranger(true, NOW));
    let token = keys.issue(&visitor);
    assert_eq!(keys.open(&token, NOW), Some(visitor.clone()));
    assert_eq!(keys.open(&token, NOW + 181 * 24 * 3_600_000), None, "it ends");
    assert_eq!(self::keys().open(&token, NOW), None, "another site's key");
    for at in 0..token.len() {
        let mut bytes = token.clone().into_bytes();
        bytes[at] = if bytes[at] == b'A' { b'B' } else { b'A' };
        if let Some(opened) = keys.open(&String::from_utf8(bytes).unwrap(), NOW) {
            // The last letter of Base64 has bits that say nothing.
            assert_eq!(opened, visitor, "changed at {at}");
        }
    }
    let endless = "A".repeat(100_000);
    for junk in ["", ".", "a.b", "ä.ö", endless.as_str(), "e30.", ".e30"] {
        assert_eq!(keys.open(junk, NOW), None, "{junk:.10}");
    }
}

#[test]
fn addresses_of_files_are_good_for_one_visitor_one_message_and_a_day() {
    let keys = keys();
    let ticket = keys.file_ticket("v", "$m", NOW);
    assert!(keys.admits("v", "$m", &ticket, NOW));
    assert!(keys.admits("v", "$m", &ticket, NOW + 12 * 3_600_000));
    assert!(!keys.admits("v", "$m", &ticket, NOW + 24 * 3_600_000));
    assert!(!keys.admits("w", "$m", &ticket, NOW));
    assert!(!keys.admits("v", "$n", &ticket, NOW));
    let later = ticket.replacen(char::is_numeric, "9", 1);
    assert!(!keys.admits("v", "$m", &later, NOW));
    assert!(!keys.admits("v", "$m", "9999999999999.", NOW));
}

#[tokio::test(start_paused = true)]
async fn a_customer_is_the_same_visitor_everywhere_and_only_with_the_sites_signature() {
    let (session, _, credentials) = site(&json!({ "ask_name": "required" }));
    let secret = credentials["identity"].as_str().unwrap();
    let hash = verify::hex(&verify::hmac_sha256(secret.as_bytes(), &[b"customer-7"]));
    let form = json!({ "user": { "id": "customer-7", "hash": hash } });
    let (_, first) = ask(&session, request("POST", "visit", form.to_string())).await;
    let (_, second) = ask(&session, request("POST", "visit", form.to_string())).await;
    assert_eq!(first["visitor"], second["visitor"]);
    let wrong = [("customer-8", hash.as_str()), ("customer-7", ""), ("customer-7", &hash[1..]), ("", hash.as_str())];
    for (id, hash) in wrong {
        let form = json!({ "user": { "id": id, "hash": hash } });
        let (status, answer) = ask(&session, request("POST", "visit", form.to_string())).await;
        assert_eq!((status, answer["error"].as_str()), (403, Some("identity")), "{id} {hash}");
    }
    // Logged out, the page goes on as somebody else.
    let form = json!({ "token": first["token"], "name": "Guest" });
    let (_, guest) = ask(&session, request("POST", "visit", form.to_string())).await;
    assert_ne!(guest["visitor"], first["visitor"]);
}

#[tokio::test(start_paused = true)]
async fn only_the_sites_own_pages_get_answers() {
    let (session, _, _) = site(&json!({ "origins": "https://shop.example, http://localhost:3000/x" }));
    for allowed in [SHOP, "http://localhost:3000", "https://chat.example"] {
        let mut request = request("OPTIONS", "messages", "");
        request.headers = vec![("origin".to_owned(), allowed.to_owned())];
        let served = session.serve(&request).await.unwrap();
        assert_eq!(served.status, 204);
        assert_eq!(header(&served, "access-control-allow-origin"), Some(allowed));
        assert_eq!(header(&served, "vary"), Some("origin"));
    }
    let strangers = [
        "https://shop.example.evil.example",
        "http://shop.example",
        "https://shop.example:8443",
        "https://sub.shop.example",
        "null",
        "",
        "*",
    ];
    for stranger in strangers {
        for (method, path) in [("OPTIONS", "messages"), ("GET", "config"), ("POST", "visit")] {
            let mut request = request(method, path, "{}");
            request.headers = vec![("origin".to_owned(), stranger.to_owned())];
            let served = session.serve(&request).await.unwrap();
            assert_eq!(served.status, 403, "{stranger}");
            assert_eq!(header(&served, "access-control-allow-origin"), None, "{stranger}");
        }
    }
    let everybody = Settings::read(&json!({ "origins": "*" }));
    assert_eq!(everybody.allow(&request("GET", "config", "")), Ok(Some(SHOP.to_owned())));
}

#[tokio::test(start_paused = true)]
async fn what_is_asked_for_before_the_chat_has_to_be_there() {
    let (session, host, _) = site(&json!({ "ask_name": "required", "ask_email": "required", "ask_phone": "optional" }));
    let refused = [
        (json!({}), "name"),
        (json!({ "name": " \u{202e}\n " }), "name"),
        (json!({ "name": "Ina" }), "email"),
        (json!({ "name": "Ina", "email": "ina" }), "email"),
        (json!({ "name": "Ina", "email": "i@n.a?cc=x" }), "email"),
        (json!({ "name": "Ina", "email": "ina@shop.example", "phone": "12" }), "phone"),
    ];
    for (form, field) in refused {
        let (status, answer) = ask(&session, request("POST", "visit", form.to_string())).await;
        assert_eq!((status, answer["field"].as_str()), (400, Some(field)), "{form}");
    }
    let form = json!({ "name": "Ina\u{202e}", "email": "ina@SHOP.example", "phone": "0170 1234567" });
    let token = visit(&session, form).await;
    let message = json!({ "id": "message-1", "text": " Hello ", "page": "https://shop.example/tea" });
    let (status, _) = ask(&session, signed(&token, request("POST", "messages", message.to_string()))).await;
    assert_eq!(status, 200);
    let event = host.events().remove(0);
    let Sender::Remote(user) = &event.sender else { panic!("from the visitor") };
    assert_eq!(user.name.as_deref(), Some("Ina"));
    assert_eq!(user.handles, ["mailto:ina@shop.example", "tel:+491701234567"]);
    assert_eq!(event.id.as_str(), format!("{}:message-1", user.id));
    let InboundBody::Message { parts, .. } = &event.body else { panic!("a message") };
    assert_eq!(
        (parts[0].text.as_str(), &parts[0].extra["org.unisono.visit"]["page"]),
        ("Hello", &json!("https://shop.example/tea"))
    );
}

#[tokio::test(start_paused = true)]
async fn whatever_is_sent_is_refused_or_ignored_and_never_breaks() {
    let (session, host, _) = site(&json!({}));
    let token = visit(&session, json!({})).await;
    let paths = [
        "visit",
        "messages",
        "files",
        "edit",
        "delete",
        "typing",
        "got",
        "read",
        "events",
        "file/a/b/c",
        "file///",
        "..",
        "",
        "ä",
    ];
    let long = "x".repeat(100_000);
    let values = [
        json!(null),
        json!(-1),
        json!(1e300),
        json!(""),
        json!(long),
        json!([]),
        json!({ "a": [{}] }),
        json!("../../etc/passwd"),
        json!("$\u{0}"),
        json!("a:b:c"),
    ];
    for path in paths {
        for value in &values {
            let all = json!({ "id": value, "text": value, "edit": value, "ids": [value], "up_to": value, "typing": value,
                "token": value, "user": { "id": value, "hash": value }, "name": value, "reply_to": value });
            for body in [all.to_string(), value.to_string(), "{".to_owned(), "[".repeat(50_000)] {
                for method in ["POST", "GET", "PUT"] {
                    let (status, answer) = ask(&session, signed(&token, request(method, path, body.clone()))).await;
                    let known = answer["error"].is_string() || status == 200;
                    assert!(known && status < 500, "{method} {path}: {status} {answer}");
                }
            }
        }
    }
    assert!(host.events().iter().all(|event| matches!(event.body, InboundBody::Typing { .. })), "{:?}", host.events());
    for token in ["", "a.b", "Bearer"] {
        let (status, _) = ask(&session, signed(token, request("GET", "messages", ""))).await;
        assert_eq!(status, 401);
    }
}

#[tokio::test(start_paused = true)]
async fn files_are_what_their_bytes_say_or_stay_outside() {
    let (session, host, _) = site(&json!({ "max_file": "1" }));
    let token = visit(&session, json!({})).await;
    let upload = |name: &str, bytes: &[u8]| {
        let mut request = signed(&token, request("POST", "files", bytes.to_vec()));
        request.query = vec![("id".to_owned(), "file-0001".to_owned()), ("name".to_owned(), name.to_owned())];
        request
    };
    let png = b"\x89PNG\r\n\x1a\n....";
    let refused: [(&str, &[u8], u16); 8] = [
        ("a.exe", b"MZ...", 415),
        ("a.pdf", b"MZ...", 415),
        ("a.png", b"<svg>", 415),
        ("a.svg", b"<svg>", 415),
        ("page.html", b"<script>", 415),
        ("noending", b"x", 415),
        ("a.png", b"", 400),
        ("a.txt", &[b'x'; 1_100_000], 413),
    ];
    for (name, bytes, expected) in refused {
        assert_eq!(ask(&session, upload(name, bytes)).await.0, expected, "{name}");
    }
    assert_eq!(ask(&session, upload("../../\u{202e}c:\\x\\Pic.PNG", png)).await.0, 200);
    let events = host.events();
    let InboundBody::Message { parts, .. } = &events[0].body else { panic!("a message") };
    let media = parts[0].media.as_ref().unwrap();
    assert_eq!((media.name.as_str(), media.mime.as_str()), ("Pic.PNG", "image/png"));
    assert_eq!(media.source, MediaSource::Bytes(bytes::Bytes::from_static(png)));
    let given = files::headers("a\"\r\nb.html", "text/html");
    assert!(given.contains(&("content-type".to_owned(), "application/octet-stream".to_owned())));
    assert!(given.contains(&("content-disposition".to_owned(), "attachment; filename*=UTF-8''a%22b.html".to_owned())));
}

#[tokio::test(start_paused = true)]
async fn a_flood_is_slowed_down_and_holds_up_nobody_else() {
    let (session, host, _) = site(&json!({}));
    let (loud, calm) = (visit(&session, json!({})).await, visit(&session, json!({})).await);
    let say = |token: &str, number: usize| {
        let message = json!({ "id": format!("message-{number:02}"), "text": "x" });
        signed(token, request("POST", "messages", message.to_string()))
    };
    let mut taken = 0;
    let wait = loop {
        let (status, answer) = ask(&session, say(&loud, taken)).await;
        if status == 429 {
            break answer["retry_after_ms"].as_i64().unwrap();
        }
        taken += 1;
    };
    assert_eq!(taken, 60);
    assert_eq!(ask(&session, say(&calm, 0)).await.0, 200);
    host.set_now(NOW + wait);
    assert_eq!(ask(&session, say(&loud, 99)).await.0, 200);
    let limits = limits::Limits::default();
    assert!((0..50_000).all(|one| limits.take("x", &one.to_string(), limits::VISITS, NOW + one * 10_000).is_ok()));
}

#[test]
fn a_site_is_recognised_from_what_people_type() {
    let origins = |typed: &str| new_site(typed, None).map(|new| (new.remote_id, new.settings["origins"].clone()));
    let expected = ("shop.example".to_owned(), json!("https://shop.example, https://www.shop.example"));
    assert_eq!(origins("shop.example"), Some(expected.clone()));
    assert_eq!(origins("https://shop.example/tea?x=1"), Some(expected));
    assert_eq!(origins("http://localhost:3000").unwrap().1, json!("http://localhost:3000"));
    assert_eq!(origins("www.shop.example").unwrap().1, json!("https://www.shop.example, https://shop.example"));
    for wrong in ["", "https://", "javascript:alert(1)", "file:///etc/passwd", "data:text/html,x"] {
        assert!(origins(wrong).is_none(), "{wrong}");
    }
}

#[test]
fn settings_that_make_no_sense_are_the_usual_ones() {
    let settings = Settings::read(&json!({ "colour": "red;}", "theme": "x", "max_file": "9999", "ask_name": 7,
        "origins": "nonsense, javascript:alert(1), https://ok.example/path" }));
    assert_eq!((settings.colour.as_str(), settings.theme, settings.max_file), ("#0f6b6b", "auto", 15 * 1024 * 1024));
    assert_eq!(settings.origins, ["https://ok.example"]);
    let host = TestHost::start();
    let session = LiveChat.connect(account(Keys::draw()), host.clone()).unwrap();
    drop(session);
    assert!(LiveChat.connect(account(json!({ "key": "short" })), host.clone()).is_err());
    assert!(!host.reports().contains(&AccountState::Connected));
}
