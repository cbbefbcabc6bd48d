//! Changing between fetched and called, and back, on a server that does as Telegram: it has either a
//! webhook or answers to questions, and forgets only what was confirmed.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use serde_json::{Value, json};
use unisono_channels::telegram::Telegram;
use unisono_domain::channel::{
    Account, Channel as _, Host, InboundBody,
    login::{LoginContext, LoginError, LoginInput, LoginStep},
};
use unisono_testkit::{
    test_host::{self, TestHost},
    vendor::{Asked, Script, Told, Vendor},
    webhook_network::WebhookVendor as _,
};

use super::{Server, TOKEN, update};

#[derive(Default)]
struct State {
    waiting: Vec<Value>,
    webhook: Option<String>,
    secret: Option<String>,
    dropped: bool,
}

#[derive(Default)]
struct Either(Mutex<State>);

impl Script for Either {
    fn message(&self, _: &Asked) -> Option<(String, String)> {
        None
    }

    fn taken(&self, _: &Asked, _: usize) -> Told {
        Told::json(&Value::Null)
    }

    fn other(&self, asked: &Asked) -> Told {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let call = asked.json();
        let ok = |result: Value| Told::json(&json!({ "ok": true, "result": result }));
        match asked.path.rsplit('/').next().unwrap_or_default() {
            "setWebhook" => {
                state.webhook = call["url"].as_str().map(str::to_owned);
                state.secret = call["secret_token"].as_str().map(str::to_owned);
                state.dropped |= call["drop_pending_updates"] == true;
                ok(json!(true))
            }
            "deleteWebhook" => {
                state.webhook = None;
                state.dropped |= call["drop_pending_updates"] == true;
                ok(json!(true))
            }
            "getWebhookInfo" => ok(json!({ "url": state.webhook, "pending_update_count": state.waiting.len() })),
            "getUpdates" if state.webhook.is_some() => Told::status(
                409,
                &json!({ "ok": false, "error_code": 409,
                "description": "Conflict: can't use getUpdates method while webhook is active" }),
            ),
            "getUpdates" => {
                let offset = call["offset"].as_i64().unwrap_or_default();
                state.waiting.retain(|update| update["update_id"].as_i64() >= Some(offset));
                let waiting = state.waiting.clone();
                drop(state);
                if waiting.is_empty() {
                    // A long poll, if a short one.
                    let (_keep, never) = std::sync::mpsc::channel::<()>();
                    let _ = never.recv_timeout(Duration::from_millis(50));
                }
                ok(json!(waiting))
            }
            "getMe" if asked.path.contains(TOKEN) => {
                ok(json!({ "id": 110_201_543, "is_bot": true, "first_name": "Bakery", "username": "bakery_bot" }))
            }
            "getMe" => Told::status(401, &json!({ "ok": false, "error_code": 401, "description": "Unauthorized" })),
            _ => ok(json!(true)),
        }
    }
}

fn account(base: &str, receive: &str) -> Account {
    let mut account = test_host::account(json!({ "token": TOKEN, "api": base }));
    account.remote_id = "110201543".to_owned();
    account.settings = json!({ "receive": receive });
    account
}

fn texts(host: &TestHost) -> Vec<String> {
    let events = host.events();
    let texts = events.iter().map(|event| match &event.body {
        InboundBody::Message { parts, .. } => parts[0].text.clone(),
        other => format!("{other:?}"),
    });
    let mut texts: Vec<String> = texts.collect();
    // What is known already is dropped by the hub.
    texts.dedup();
    texts
}

#[test]
fn changing_how_updates_come_loses_none() {
    let server = Arc::new(Either::default());
    let vendor = Vendor::start(Arc::clone(&server));
    let put = |text: &str, number: usize| server.0.lock().unwrap().waiting.push(update("anna", text, number));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let host = TestHost::start();
        let run = async |receive: &str, until: &mut dyn FnMut() -> bool| {
            let session =
                Telegram.connect(account(&vendor.base(), receive), Arc::clone(&host) as Arc<dyn Host>).unwrap();
            let done = async {
                while !until() {
                    tokio::time::sleep(Duration::from_millis(5)).await;
                }
            };
            tokio::select! {
                ended = session.run() => panic!("the session ended: {ended:?}"),
                () = done => {}
            }
        };
        put("fetched", 1);
        run("poll", &mut || texts(&host).len() == 1).await;
        // This one waits while nobody is there, and is brought then.
        put("brought", 2);
        run("auto", &mut || server.0.lock().unwrap().webhook.is_some()).await;
        let (waiting, secret) = {
            let mut state = server.0.lock().unwrap();
            assert_eq!(state.webhook.as_deref(), Some("https://unisono.example/_unisono/hooks/0123456789abcdef"));
            (std::mem::take(&mut state.waiting), state.secret.clone().unwrap())
        };
        for update in waiting {
            let account = account(&vendor.base(), "auto");
            let mut call = Server::default().sign("https://unisono.example/", &account.hook, update.to_string().into());
            call.headers[0].1.clone_from(&secret);
            let reply = Telegram.webhook(&call, &account).expect("the secret that was set");
            host.deliver(reply.events, None).await.unwrap();
        }
        put("fetched again", 3);
        run("poll", &mut || texts(&host).len() >= 3).await;
        assert_eq!(texts(&host).last().map(String::as_str), Some("fetched again"));
        assert!(texts(&host).contains(&"brought".to_owned()));
        assert!(!server.0.lock().unwrap().dropped, "nothing is thrown away on the way");
    });
}

#[test]
fn signing_in_takes_the_whole_answer_of_botfather() {
    let vendor = Vendor::start(Arc::new(Either::default()));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let context = LoginContext { guard: TestHost::start().guard().clone(), now: test_host::NOW, public_url: None };
        let submit = async |token: &str| {
            let fields = [("token".to_owned(), token.to_owned()), ("api".to_owned(), vendor.base())].into();
            Telegram.login(None, LoginInput::Submit(fields), &context).await
        };
        let answer = format!("Done! Use this token to access the HTTP API:\n{TOKEN}\nKeep it secure.");
        let reply = submit(&answer).await.unwrap();
        let LoginStep::Done(account) = reply.step else { panic!("{:?}", reply.step) };
        assert_eq!((account.remote_id.as_str(), account.display_name.as_str()), ("110201543", "Bakery (@bakery_bot)"));
        assert_eq!(account.credentials["token"], TOKEN);
        let wrong = submit("110201543:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaX").await;
        assert!(matches!(wrong, Err(LoginError::BadCredentials(_))), "{wrong:?}");
        let none = submit("hello").await;
        assert!(matches!(none, Err(LoginError::Invalid { field: Some("token"), .. })), "{none:?}");
    });
}
