//! The chat on a web site: the conformance suite driven as a bubble would, and the stories of its own.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
};

use futures_util::StreamExt as _;
use serde_json::{Value, json};
use unisono_channels::livechat::LiveChat;
use unisono_domain::channel::{
    Channel, Served, ServedBody, WebhookRequest,
    login::{LoginContext, LoginInput, LoginStep, NewAccount},
};
use unisono_testkit::{
    bench::{Bench, Caller, OwnedRoomId, eventually, real_life, until},
    conformance::Network,
    fake_channel::Trouble,
};

unisono_testkit::conformance_tests!(Bubbles::default());

/// All visitors of one site with their browsers.
#[derive(Default)]
struct Bubbles {
    account: Mutex<Option<NewAccount>>,
    id: Mutex<i64>,
    tokens: Mutex<HashMap<String, (String, String)>>,
    written: Mutex<Vec<(String, Value)>>,
    caller: Mutex<Option<Caller>>,
    hook: Mutex<String>,
}

async fn new_site() -> NewAccount {
    let context = LoginContext { guard: Default::default(), now: 0, public_url: None };
    let given = [("site".to_owned(), "https://shop.example".to_owned()), ("name".to_owned(), "Tea".to_owned())];
    let reply = LiveChat.login(None, LoginInput::Submit(given.into()), &context).await.unwrap();
    let LoginStep::Done(account) = reply.step else { panic!("one step is enough") };
    account
}

fn json_of(served: Served) -> Value {
    let ServedBody::Bytes(bytes) = served.body else { panic!("a stream") };
    serde_json::from_slice(&bytes).unwrap()
}

impl Bubbles {
    async fn hook(&self, bench: &Bench) -> String {
        let id = *self.id.lock().unwrap();
        // The session is there a moment after the account.
        until("the site is connected", async || {
            bench.account(id).await.state == unisono_domain::channel::AccountState::Connected
        })
        .await;
        bench.hook_of(id).await
    }

    async fn call(&self, bench: &Bench, method: &str, path: &str, token: &str, body: &Value) -> Served {
        let hook = self.hook(bench).await;
        let caller = bench.caller();
        *self.caller.lock().unwrap() = Some(caller.clone());
        *self.hook.lock().unwrap() = hook;
        self.send(&caller, method, path, token, body).await
    }

    async fn send(&self, caller: &Caller, method: &str, path: &str, token: &str, body: &Value) -> Served {
        let (path, query) = path.split_once('?').unwrap_or((path, ""));
        let hook = self.hook.lock().unwrap().clone();
        let request = WebhookRequest {
            method: method.to_owned(),
            headers: [("origin", "https://shop.example"), ("authorization", &format!("Bearer {token}"))]
                .map(|(name, value)| (name.to_owned(), value.to_owned()))
                .to_vec(),
            query: url::form_urlencoded::parse(query.as_bytes()).into_owned().collect(),
            body: body.as_str().map_or_else(|| body.to_string(), ToOwned::to_owned).into(),
            url: format!("https://chat.example/_unisono/hooks/{hook}/{path}"),
            path: path.to_owned(),
        };
        caller.call(&hook, request).await
    }

    async fn ask(&self, bench: &Bench, method: &str, path: &str, token: &str, body: &Value) -> Value {
        let served = self.call(bench, method, path, token, body).await;
        assert_eq!(served.status, 200, "{path}");
        json_of(served)
    }

    async fn post(&self, bench: &Bench, token: &str, body: &Value) {
        self.ask(bench, "POST", "messages", token, body).await;
    }

    async fn visitor(&self, bench: &Bench, person: &str) -> (String, String) {
        if let Some(known) = self.tokens.lock().unwrap().get(person) {
            return known.clone();
        }
        let answer = self.ask(bench, "POST", "visit", "", &json!({ "name": person, "language": "de" })).await;
        let text = |key: &str| answer[key].as_str().unwrap().to_owned();
        let known = (text("token"), text("visitor"));
        self.tokens.lock().unwrap().insert(person.to_owned(), known.clone());
        known
    }

    async fn look(&self, bench: &Bench, person: &str) -> Vec<Value> {
        let (token, _) = self.visitor(bench, person).await;
        let answer = self.ask(bench, "GET", "messages", &token, &Value::Null).await;
        answer["messages"].as_array().unwrap().clone()
    }

    /// What arrives at an open page, one event at a time.
    async fn open(&self, bench: &Bench, person: &str) -> Page {
        let (token, _) = self.visitor(bench, person).await;
        let served = self.call(bench, "GET", "events", &token, &Value::Null).await;
        let ServedBody::Stream(stream) = served.body else { panic!("no stream") };
        Page(stream)
    }
}

struct Page(std::pin::Pin<Box<dyn futures_util::Stream<Item = bytes::Bytes> + Send>>);

impl Page {
    async fn next(&mut self) -> (String, Value) {
        let event = tokio::time::timeout(std::time::Duration::from_secs(20), self.0.next()).await;
        let event = event.expect("something arrives").expect("the stream goes on");
        let text = String::from_utf8(event.to_vec()).unwrap();
        let field = |name: &str| text.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_default().to_owned();
        (field("event: "), serde_json::from_str(&field("data: ")).unwrap_or_default())
    }

    async fn wait_for(&mut self, kind: &str) -> Value {
        loop {
            let (given, data) = self.next().await;
            if given == kind {
                return data;
            }
        }
    }
}

impl Network for Bubbles {
    fn channel(&self) -> Arc<dyn Channel> {
        Arc::new(LiveChat)
    }

    fn is_real(&self) -> bool {
        true
    }

    async fn connect(&self, bench: &Bench) -> i64 {
        let known = self.account.lock().unwrap().clone();
        let account = match known {
            Some(account) => account,
            None => new_site().await,
        };
        *self.account.lock().unwrap() = Some(account.clone());
        let id = bench.engine.store_account(bench.owner.clone(), "livechat".to_owned(), account).await.unwrap();
        *self.id.lock().unwrap() = id;
        id
    }

    async fn write(&self, bench: &Bench, person: &str, text: &str) {
        let number = self.written.lock().unwrap().len();
        let body = json!({ "id": format!("message-{number:02}"), "text": text });
        self.written.lock().unwrap().push((person.to_owned(), body.clone()));
        let (token, _) = self.visitor(bench, person).await;
        self.post(bench, &token, &body).await;
    }

    async fn repeat(&self, bench: &Bench) {
        let written = self.written.lock().unwrap().clone();
        for (person, body) in written {
            let (token, _) = self.visitor(bench, &person).await;
            self.post(bench, &token, &body).await;
        }
    }

    async fn taken(&self, person: &str) -> Vec<String> {
        let caller = self.caller.lock().unwrap().clone();
        let token = self.tokens.lock().unwrap().get(person).map(|(token, _)| token.clone());
        let (Some(caller), Some(token)) = (caller, token) else { return Vec::new() };
        let served = self.send(&caller, "GET", "messages", &token, &Value::Null).await;
        let ours = json_of(served)["messages"].as_array().cloned().unwrap_or_default().into_iter();
        ours.filter(|one| one["mine"] == false).map(|one| one["text"].as_str().unwrap().to_owned()).collect()
    }

    fn ghost(&self, person: &str) -> String {
        let tokens = self.tokens.lock().unwrap();
        format!("livechat_{}", tokens.get(person).map(|(_, visitor)| visitor.as_str()).unwrap_or_default())
    }

    fn trouble(&self, _: &str, _: Trouble) -> bool {
        // We are the network ourselves: nothing can be refused, lost or late on the way.
        false
    }

    fn is_met(&self, _: &str) -> bool {
        true
    }
}

/// One life of a server that has the site, with a visitor's first message in a room.
fn story<F: Future<Output = ()>>(tell: impl FnOnce(Bench, Arc<Bubbles>, OwnedRoomId) -> F) {
    let home = tempfile::tempdir().unwrap();
    let bubbles = Arc::new(Bubbles::default());
    real_life(home.path(), vec![bubbles.channel()], async |bench| {
        bubbles.connect(&bench).await;
        bubbles.write(&bench, "ina", "hello").await;
        let room = bench.room_of("hello").await;
        tell(bench, Arc::clone(&bubbles), room).await;
    });
}

fn texts(messages: &[Value]) -> Vec<&str> {
    messages.iter().map(|one| one["text"].as_str().unwrap()).collect()
}

#[test]
fn an_open_page_hears_answers_edits_and_deletions_and_a_new_page_sees_how_it_stands() {
    story(async |bench, bubbles, room| {
        let mut page = bubbles.open(&bench, "ina").await;
        let (kind, stand) = page.next().await;
        assert_eq!((kind.as_str(), texts(stand["messages"].as_array().unwrap())), ("sync", vec!["hello"]));
        let html = json!({ "msgtype": "m.text", "body": "Hi **you**", "format": "org.matrix.custom.html",
            "formatted_body": "Hi <b onclick=x>you</b><script>x</script>" });
        let answer = bench.send(&room, "m.room.message", html).await;
        let heard = page.wait_for("message").await;
        assert_eq!((&heard["mine"], &heard["name"]), (&json!(false), &json!("Owner")));
        assert_eq!((&heard["id"], &heard["rich"]), (&json!(answer), &json!(["Hi ", ["b", ["you"]]])));

        let edit = json!({ "msgtype": "m.text", "body": "* changed", "m.new_content": { "msgtype": "m.text", "body": "changed" },
            "m.relates_to": { "rel_type": "m.replace", "event_id": answer } });
        bench.send(&room, "m.room.message", edit).await;
        let heard = page.wait_for("message").await;
        assert_eq!((&heard["id"], &heard["text"]), (&json!(answer), &json!("changed")));
        assert_eq!(texts(&bubbles.look(&bench, "ina").await), ["hello", "changed"]);

        bench.redact(&room, &answer).await;
        assert_eq!(page.wait_for("deleted").await["id"], json!(answer));
        assert_eq!(texts(&bubbles.look(&bench, "ina").await), ["hello"]);
        assert!(bubbles.look(&bench, "otto").await.is_empty(), "nobody sees another's conversation");
    });
}

#[test]
fn a_page_that_was_away_gets_all_that_was_said_meanwhile() {
    story(async |bench, bubbles, room| {
        let first = bubbles.look(&bench, "ina").await.remove(0);
        for number in 0..130 {
            bench.say(&room, &format!("answer {number:03}")).await;
        }
        until("all are out", async || bubbles.taken("ina").await.last().is_some_and(|last| last == "answer 129")).await;
        let (token, _) = bubbles.visitor(&bench, "ina").await;
        assert_eq!(bubbles.look(&bench, "ina").await.len(), 60, "a new page gets the newest");
        let path = format!("messages?after={}", first["position"]);
        let after = bubbles.ask(&bench, "GET", &path, &token, &Value::Null).await;
        let after = after["messages"].as_array().unwrap();
        let expected: Vec<String> = (0..130).map(|number| format!("answer {number:03}")).collect();
        assert_eq!(texts(after), expected);
    });
}

#[test]
fn answers_are_delivered_and_read_when_the_page_says_so() {
    story(async |bench, bubbles, room| {
        let answer = bench.say(&room, "yes?").await;
        until("it is out", async || bubbles.taken("ina").await == ["yes?"]).await;
        let (token, visitor) = bubbles.visitor(&bench, "ina").await;
        let forged = json!({ "ids": ["$nothing", "message-00", answer] });
        bubbles.ask(&bench, "POST", "got", &token, &forged).await;
        until("it is delivered", async || {
            let told = bench.list("com.beeper.message_send_status").await;
            told.iter().any(|one| one.content["delivered_to_users"][0] == format!("@livechat_{visitor}:test.local"))
        })
        .await;
        bubbles.ask(&bench, "POST", "read", &token, &json!({ "up_to": answer })).await;
        let (stranger, _) = bubbles.visitor(&bench, "otto").await;
        bubbles.ask(&bench, "POST", "read", &stranger, &json!({ "up_to": answer })).await;
        let ghost = bubbles.ghost("ina");
        until("it is read", async || bench.is_read(&room, &ghost, &answer).await).await;
    });
}

#[test]
fn visitors_change_and_remove_what_is_theirs_and_nothing_else() {
    story(async |bench, bubbles, room| {
        let answer = bench.say(&room, "ours").await;
        until("it is out", async || bubbles.taken("ina").await == ["ours"]).await;
        let (token, _) = bubbles.visitor(&bench, "ina").await;
        let edit = json!({ "id": "message-00", "edit": "edit-0001", "text": "hello!" });
        bubbles.ask(&bench, "POST", "edit", &token, &edit).await;
        until("it is changed", async || texts(&bubbles.look(&bench, "ina").await) == ["hello!", "ours"]).await;
        for id in [answer.as_str(), "message-77", "$x"] {
            let delete = bubbles.call(&bench, "POST", "delete", &token, &json!({ "id": id })).await;
            assert!(delete.status >= 400, "{id}");
        }
        let (stranger, _) = bubbles.visitor(&bench, "otto").await;
        let delete = bubbles.call(&bench, "POST", "delete", &stranger, &json!({ "id": "message-00" })).await;
        assert_eq!(delete.status, 404);
        bubbles.ask(&bench, "POST", "delete", &token, &json!({ "id": "message-00" })).await;
        until("it is removed", async || texts(&bubbles.look(&bench, "ina").await) == ["ours"]).await;
    });
}

#[test]
fn files_go_both_ways_and_only_to_whom_they_belong() {
    story(async |bench, bubbles, room| {
        let (token, _) = bubbles.visitor(&bench, "ina").await;
        let upload = "files?id=file-0001&name=note.txt";
        bubbles.ask(&bench, "POST", upload, &token, &json!("from the shop")).await;
        let seen = eventually("the file is here", async || {
            bubbles.look(&bench, "ina").await.into_iter().find(|one| one["file"].is_object())
        })
        .await;
        assert_eq!(
            (&seen["id"], &seen["file"]["name"], &seen["mine"]),
            (&json!("file-0001"), &json!("note.txt"), &json!(true))
        );
        let path = seen["file"]["url"].as_str().unwrap();
        let given = bubbles.call(&bench, "GET", path, "", &Value::Null).await;
        let ServedBody::Bytes(bytes) = given.body else { panic!("a stream") };
        assert_eq!((given.status, &bytes[..]), (200, &b"from the shop"[..]));
        let other = path.replacen("file-0001", "message-00", 1);
        assert_eq!(bubbles.call(&bench, "GET", &other, "", &Value::Null).await.status, 404);
        assert!(bench.said().await.iter().any(|said| said.content["filename"] == "note.txt"));

        let card = json!({ "msgtype": "m.text", "body": "Green or black? 1 2", "org.unisono.card": { "text": "Green or black?",
            "buttons": [{ "id": "g", "label": "Green" }, { "id": "x", "label": "Menu", "url": "javascript:alert(1)" }] } });
        let card = bench.send(&room, "m.room.message", card).await;
        until("the card is out", async || bubbles.taken("ina").await == ["Green or black?"]).await;
        let seen = bubbles.look(&bench, "ina").await.pop().unwrap();
        assert_eq!((&seen["card"][0]["label"], &seen["card"][1]["url"]), (&json!("Green"), &Value::Null));
        let choice =
            json!({ "id": "choice-01", "text": "Green", "reply_to": card, "choice": { "id": "g", "label": "Green" } });
        bubbles.ask(&bench, "POST", "messages", &token, &choice).await;
        let chosen = eventually("the choice is here", async || {
            bench.said().await.into_iter().find(|said| said.content["org.unisono.choice"].is_object())
        })
        .await;
        assert_eq!(chosen.content["m.relates_to"]["m.in_reply_to"]["event_id"], json!(card));
    });
}

#[test]
fn what_was_not_sent_is_not_shown() {
    story(async |bench, bubbles, room| {
        bench.send(&room, "m.room.encrypted", json!({ "algorithm": "m.megolm.v1.aes-sha2" })).await;
        let lost = json!({ "msgtype": "m.file", "body": "lost.pdf", "url": "mxc://test.local/nowhere", "info": {} });
        let lost = bench.send(&room, "m.room.message", lost).await;
        until("it failed", async || bench.fates(&lost).await.last().is_some_and(|fate| fate == "FAIL_PERMANENT")).await;
        bench.say(&room, "sent").await;
        until("the next is out", async || bubbles.taken("ina").await == ["sent"]).await;
    });
}
