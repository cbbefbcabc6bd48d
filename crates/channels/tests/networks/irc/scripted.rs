//! What ngIRCd lacks: SASL, echoes with ids, labels, history. The server here says what the
//! specifications of IRCv3 have servers say.

use std::{
    io::{BufRead as _, BufReader, Write as _},
    net::{TcpListener, TcpStream},
    sync::{Arc, Mutex},
    time::Duration,
};

use serde_json::json;
use unisono_domain::channel::{FindSent, InboundBody, OutboundBody, Part, SendOutcome, Sender, SessionError};
use unisono_testkit::test_host::{NOW, TestHost};

use super::talk::{Live, credentials, outbound, part, soon};

const CAPS: &str = "sasl=PLAIN,EXTERNAL message-tags server-time echo-message batch labeled-response draft/chathistory";

/// Says one line after another, by what it hears.
struct Script {
    port: u16,
    heard: Arc<Mutex<Vec<String>>>,
}

impl Script {
    /// `answer` gives what to say to a line; everybody is let in who knows the password.
    fn start(answer: impl Fn(&str) -> Vec<String> + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let heard = Arc::new(Mutex::new(Vec::new()));
        let kept = Arc::clone(&heard);
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                serve(stream, &kept, &answer);
            }
        });
        Self { port, heard }
    }

    fn heard(&self, words: &str) -> bool {
        self.heard.lock().unwrap().iter().any(|line| line.contains(words))
    }

    async fn wait_for(&self, words: &str) {
        soon(words, async {
            while !self.heard(words) {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        })
        .await;
    }
}

fn serve(mut stream: TcpStream, heard: &Mutex<Vec<String>>, answer: &dyn Fn(&str) -> Vec<String>) {
    let reader = BufReader::new(stream.try_clone().unwrap());
    for line in reader.lines().map_while(Result::ok) {
        let line = line.trim_end().to_owned();
        let standard: Vec<String> = if line.starts_with("CAP LS") {
            let (some, rest) = CAPS.split_at(CAPS.find(" echo").unwrap());
            vec![format!(":s CAP * LS * :{some}"), format!(":s CAP * LS :{rest}")]
        } else if let Some(caps) = line.strip_prefix("CAP REQ ") {
            vec![format!(":s CAP * ACK {caps}")]
        } else if line == "AUTHENTICATE PLAIN" {
            vec!["AUTHENTICATE +".to_owned()]
        } else if line == "AUTHENTICATE bWUAbWUAZ2VoZWlt" {
            vec![":s 903 me :SASL authentication successful".to_owned()]
        } else if line.starts_with("AUTHENTICATE") {
            vec![":s 904 me :SASL authentication failed".to_owned()]
        } else if line == "CAP END" {
            vec![
                ":s 001 me :Welcome".to_owned(),
                ":s 005 me CASEMAPPING=ascii CHANTYPES=# STATUSMSG=@ :are supported".to_owned(),
                ":s 422 me :MOTD File is missing".to_owned(),
            ]
        } else if let Some(token) = line.strip_prefix("PING ") {
            vec![format!(":s PONG s :{token}")]
        } else {
            Vec::new()
        };
        let mut answers = standard;
        answers.extend(answer(&line));
        heard.lock().unwrap().push(line);
        for line in answers {
            if write!(stream, "{line}\r\n").is_err() {
                return;
            }
        }
    }
}

fn words(lines: &[&str]) -> Vec<String> {
    lines.iter().map(|line| (*line).to_owned()).collect()
}

async fn enter(script: &Script, host: Arc<TestHost>) -> Live {
    let live =
        Live::start(credentials(script.port, &json!({ "password": "geheim" })), json!({ "channels": "#a" }), host);
    live.until_connected().await;
    live
}

#[tokio::test]
async fn an_account_is_proven_by_sasl_before_anything_else() {
    let script = Script::start(|_| Vec::new());
    let _live = enter(&script, TestHost::start()).await;
    assert!(!script.heard("NickServ"));
    script.wait_for("JOIN #a").await;
    let wrong = credentials(script.port, &json!({ "password": "falsch" }));
    drop(_live);
    let ended = Live::start(wrong, json!({}), TestHost::start()).ended().await;
    assert!(matches!(ended, Err(SessionError::BadCredentials(_))), "{ended:?}");
}

#[tokio::test]
async fn an_echo_gives_the_id_and_one_from_another_device_is_a_message_of_mine() {
    let script = Script::start(|line| match line.split_once(" PRIVMSG anna hello") {
        Some((tags, _)) => vec![
            format!("{tags};msgid=abc;time=2026-11-23T12:00:00.000Z :me!u@h PRIVMSG anna :hello (censored)"),
            "@msgid=def;time=2026-11-23T12:00:01.000Z :me!u@h PRIVMSG anna :from my phone".to_owned(),
            "@msgid=ghi;+draft/reply=abc :anna!u@h PRIVMSG me :hi".to_owned(),
            "@+typing=active :anna!u@h TAGMSG me".to_owned(),
        ],
        None => Vec::new(),
    });
    let live = enter(&script, TestHost::start()).await;
    let SendOutcome::Sent { id, .. } = live.say("anna", "hello").await else { panic!("not sent") };
    assert_eq!(id.as_str(), "m:abc");
    let phone = live.text("from my phone").await;
    assert_eq!((phone.sender, phone.portal.chat.as_str(), phone.sent_at), (Sender::Me, "anna", NOW + 1000));
    let hi = live.text("hi").await;
    assert!(matches!(hi.body, InboundBody::Message { reply_to: Some(target), .. } if target == id));
    live.event("typing", |event| matches!(event.body, InboundBody::Typing { timeout: 1.. })).await;
    assert!(!live.host.events().iter().filter_map(part).any(|part| part.text.contains("censored")));
    live.session.send(outbound("anna", OutboundBody::Typing { typing: true })).await;
    script.wait_for("@+typing=active TAGMSG anna").await;
    let reply = unisono_domain::channel::MessageRef { id: hi.id, data: hi.data };
    let sending = live.send("anna", Part::text("0", "well"), Some(reply));
    tokio::select! {
        _ = sending => {}
        () = script.wait_for("+draft/reply=ghi PRIVMSG anna well") => {}
    }
}

#[tokio::test]
async fn what_was_said_meanwhile_is_fetched_and_what_was_sent_is_found() {
    let script = Script::start(|line| {
        let page = |target: &str, lines: &[&str]| {
            let mut all = vec![format!(":s BATCH +x chathistory {target}")];
            all.extend(lines.iter().map(|line| format!("@batch=x;{line}")));
            all.push(":s BATCH -x".to_owned());
            all
        };
        if line == "JOIN #a" {
            words(&[":me!u@h JOIN #a", ":s 353 me = #a :me @anna", ":s 366 me #a :End"])
        } else if line
            .starts_with("CHATHISTORY TARGETS timestamp=2026-11-23T11:00:00.000Z timestamp=2026-11-23T12:00:00.000Z")
        {
            words(&[
                ":s BATCH +t draft/chathistory-targets",
                "@batch=t :s CHATHISTORY TARGETS bert 2026-11-23T11:30:00.000Z",
                ":s BATCH -t",
            ])
        } else if line.starts_with("CHATHISTORY AFTER #a timestamp=2026-11-23T11:00:00.000Z") {
            page("#a", &["msgid=1;time=2026-11-23T11:10:00.000Z :anna!u@h PRIVMSG #a :missed"])
        } else if line.starts_with("CHATHISTORY AFTER bert timestamp=2026-11-23T11:00:00.000Z") {
            page("bert", &["msgid=2;time=2026-11-23T11:20:00.000Z :bert!u@h PRIVMSG me :missed you"])
        } else if line.starts_with("CHATHISTORY BEFORE #a timestamp=2026-11-23T12:00:00.000Z 50") {
            page("#a", &["msgid=0;time=2026-11-22T11:10:00.000Z :anna!u@h PRIVMSG #a :older"])
        } else if line.starts_with("CHATHISTORY BEFORE") {
            words(&[":s FAIL CHATHISTORY INVALID_PARAMS BEFORE :no"])
        } else if line.starts_with("CHATHISTORY LATEST bert") {
            page(
                "bert",
                &[
                    "msgid=8;time=2026-11-23T12:00:00.000Z :bert!u@h PRIVMSG me :lost",
                    "msgid=9;time=2026-11-23T12:00:00.000Z :me!u@h PRIVMSG bert :lost",
                ],
            )
        } else {
            Vec::new()
        }
    });
    let host = TestHost::start();
    host.set_cursor(json!({ "seen": NOW - 3_600_000 }));
    let live = enter(&script, host).await;
    live.text("missed").await;
    live.text("missed you").await;
    let portal = outbound("#a", OutboundBody::Typing { typing: false }).portal;
    let page = soon("a page", live.session.fetch_history(&portal, 50)).await.unwrap();
    let texts: Vec<_> = page.iter().filter_map(part).map(|part| part.text.as_str()).collect();
    assert_eq!(texts, ["older"]);
    assert!(page.iter().all(|event| event.historical));
    assert_eq!(soon("a page", live.session.fetch_history(&portal, 50)).await.unwrap(), []);
    let message =
        |text: &str| outbound("bert", OutboundBody::Message { parts: vec![Part::text("0", text)], reply_to: None });
    let found = soon("an answer", live.session.find_sent(&message("lost"))).await.unwrap();
    assert!(matches!(found, FindSent::Sent(message) if message.id.as_str() == "m:9"));
    let found = soon("an answer", live.session.find_sent(&message("never sent"))).await.unwrap();
    assert!(matches!(found, FindSent::CannotTell));
}
