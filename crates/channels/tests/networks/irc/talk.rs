//! What is special about IRC, on a real server, without a hub.

use std::{sync::Arc, time::Duration};

use serde_json::{Value, json};
use unisono_channels::irc::Irc;
use unisono_domain::{
    channel::{
        AccountState, Channel, ChatKind, Inbound, InboundBody, MessageRef, Outbound, OutboundBody, Part, PartKind,
        PortalKey, SendOutcome, Sender, Session, SessionError,
        login::{LoginContext, LoginError, LoginInput, LoginStep},
    },
    net::OutboundGuard,
};
use unisono_testkit::{
    ngircd::{Ngircd, Person},
    test_host::{NOW, TestHost, account},
};

/// A session at work; ends with the value.
pub struct Live {
    pub host: Arc<TestHost>,
    pub session: Arc<dyn Session>,
    run: tokio::task::JoinHandle<Result<(), SessionError>>,
}

impl Drop for Live {
    fn drop(&mut self) {
        self.run.abort();
    }
}

pub fn credentials(port: u16, more: &Value) -> Value {
    let mut credentials = json!({ "host": "127.0.0.1", "port": port, "tls": false, "nick": "me", "real_name": "Me" });
    for (key, value) in more.as_object().into_iter().flatten() {
        credentials[key] = value.clone();
    }
    credentials
}

impl Live {
    pub fn start(credentials: Value, settings: Value, host: Arc<TestHost>) -> Self {
        let account = unisono_domain::channel::Account { settings, ..account(credentials) };
        let session = Irc.connect(account, Arc::clone(&host) as _).unwrap();
        let running = Arc::clone(&session);
        let run = tokio::spawn(async move { running.run().await });
        Self { host, session, run }
    }

    pub async fn connected(port: u16, settings: Value) -> Self {
        let live = Self::start(credentials(port, &json!({})), settings, TestHost::start());
        live.until_connected().await;
        live
    }

    pub async fn until_connected(&self) {
        soon("connected", async {
            while !self.host.reports().contains(&AccountState::Connected) {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        })
        .await;
    }

    /// How the session ended.
    pub async fn ended(mut self) -> Result<(), SessionError> {
        soon("the end", async { (&mut self.run).await.unwrap() }).await
    }

    /// Waits for an event.
    pub async fn event(&self, what: &str, mut fits: impl FnMut(&Inbound) -> bool) -> Inbound {
        soon(what, async {
            let mut count = 0;
            loop {
                let events = self.host.wait_for(count).await;
                if let Some(event) = events.iter().find(|event| fits(event)) {
                    return event.clone();
                }
                count = events.len() + 1;
            }
        })
        .await
    }

    pub async fn text(&self, text: &str) -> Inbound {
        self.event(text, |event| part(event).is_some_and(|part| part.text == text)).await
    }

    pub async fn send(&self, chat: &str, part: Part, reply_to: Option<MessageRef>) -> SendOutcome {
        self.session.send(outbound(chat, OutboundBody::Message { parts: vec![part], reply_to })).await
    }

    pub async fn say(&self, chat: &str, text: &str) -> SendOutcome {
        self.send(chat, Part::text("0", text), None).await
    }
}

pub async fn soon<T>(what: &str, future: impl Future<Output = T>) -> T {
    tokio::time::timeout(Duration::from_secs(40), future).await.unwrap_or_else(|_| panic!("did not happen: {what}"))
}

pub fn outbound(chat: &str, body: OutboundBody) -> Outbound {
    Outbound {
        portal: PortalKey::private(unisono_domain::channel::AccountId(1), chat),
        txn: "txn".to_owned(),
        sent_at: NOW,
        sender_name: None,
        subject: None,
        body,
        last: None,
        last_received: None,
    }
}

pub fn part(event: &Inbound) -> Option<&Part> {
    match &event.body {
        InboundBody::Message { parts, .. } => parts.first(),
        _ => None,
    }
}

fn is_sent(outcome: &SendOutcome) -> bool {
    matches!(outcome, SendOutcome::Sent { .. })
}

#[track_caller]
fn reason(outcome: &SendOutcome) -> &str {
    match outcome {
        SendOutcome::Rejected { reason } => &reason.en,
        other => panic!("not refused: {other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_channel_is_entered_heard_and_spoken_in() {
    let Some(server) = Ngircd::start(None) else { return };
    let anna = Person::come(server.port, "Anna");
    anna.ask("JOIN #Küche");
    anna.ask("MODE #Küche +n");
    anna.ask("TOPIC #Küche :Was gibt es \x02heute\x02?");
    let live = Live::connected(server.port, json!({ "channels": "#Küche" })).await;
    let entered = live.event("the channel", |event| event.body == InboundBody::ChatInfo).await;
    let chat = entered.chat.unwrap();
    assert_eq!((chat.kind, chat.name.as_deref()), (ChatKind::Group, Some("#Küche")));
    assert_eq!(chat.topic.as_deref(), Some("Was gibt es heute?"));
    let members: Vec<_> = chat.members.iter().map(|member| member.id.as_str()).collect();
    assert_eq!(members, ["anna@127.0.0.1"], "everybody but ourselves");
    assert_eq!(entered.portal.chat.as_str(), "#küche");

    anna.ask("PRIVMSG #Küche :\x02Suppe\x02 & \x0304Brot");
    let soup = live.text("Suppe & Brot").await;
    assert_eq!(part(&soup).unwrap().html.as_deref(), Some("<b>Suppe</b> &amp; Brot"));
    assert!(matches!(&soup.sender, Sender::Remote(user) if user.name.as_deref() == Some("Anna")));
    let answer = Part { html: Some("<em>gern</em>".to_owned()), ..Part::text("0", "gern") };
    let answered = MessageRef { id: soup.id, data: soup.data };
    assert!(is_sent(&live.send("#küche", answer, Some(answered)).await));
    anna.wait_for("PRIVMSG #Küche :Anna: \x1dgern\x1d");

    anna.ask("PRIVMSG #Küche :\x01ACTION kocht\x01");
    let cooks = live.text("kocht").await;
    assert_eq!(part(&cooks).unwrap().extra["org.unisono.emote"], true);
    let waves = Part::text("0", "* winkt").with("org.unisono.emote", "winkt");
    assert!(is_sent(&live.send("#küche", waves, None).await));
    anna.wait_for("PRIVMSG #Küche :\x01ACTION winkt\x01");

    anna.ask("NOTICE #Küche :Essen fertig");
    assert_eq!(part(&live.text("Essen fertig").await).unwrap().kind, PartKind::Notice);
    anna.ask("TOPIC #Küche :Nachtisch");
    live.text("Anna has set the topic: Nachtisch").await;
    let bert = Person::come(server.port, "bert");
    bert.ask("JOIN #Küche");
    bert.ask("NICK berta");
    live.text("bert is now called berta").await;
    bert.ask("PART #Küche");
    anna.ask("KICK #Küche me :genug");
    live.text("Anna has removed you from #Küche: genug").await;
    let words: Vec<String> = live.host.events().iter().filter_map(part).map(|part| part.text.clone()).collect();
    assert!(!words.iter().any(|text| text.contains("joined") || text.contains("left")), "{words:?}");
    assert!(reason(&live.say("#küche", "noch da?").await).starts_with("This channel does not let you write"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn long_and_many_lined_texts_arrive_whole_and_cut_between_characters() {
    let Some(server) = Ngircd::start(None) else { return };
    let anna = Person::come(server.port, "anna");
    let live = Live::connected(server.port, json!({})).await;
    let words = "Grüße aus Köln – 🎉 ".repeat(40);
    assert!(is_sent(&live.say("anna", &format!("{words}\n\nzweite Zeile\nPRIVMSG anna :kein Befehl")).await));
    anna.wait_for("PRIVMSG anna :kein Befehl");
    let lines = anna.texts_from("me");
    let (long, short) = lines.split_at(lines.len() - 2);
    assert_eq!(short, ["zweite Zeile", "PRIVMSG anna :kein Befehl"]);
    assert!(long.len() > 1);
    assert_eq!(long.join(" "), words.trim_end());
    assert!(reason(&live.say("anna", &"x\n".repeat(41)).await).contains("40 lines"));
    assert!(reason(&live.say("anna", " \n ").await).contains("empty"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_the_server_refuses_is_told_in_words() {
    let Some(server) = Ngircd::start(None) else { return };
    let live = Live::connected(server.port, json!({})).await;
    assert!(reason(&live.say("nobody", "hello?").await).starts_with("Nobody with this name"));
    assert!(reason(&live.say("#nowhere", "hello?").await).starts_with("There is no such channel"));
    let anna = Person::come(server.port, "anna");
    anna.ask("JOIN #closed");
    anna.ask("MODE #closed +k secret");
    let refused = soon("an answer", live.session.resolve_identifier("#closed")).await.unwrap_err().to_string();
    assert!(refused.contains("wants another key"), "{refused}");
    let chat = soon("an answer", live.session.resolve_identifier("#Closed secret")).await.unwrap();
    assert_eq!(chat.portal.chat.as_str(), "#closed");
    assert!(is_sent(&live.say("#closed", "drin").await));
    anna.wait_for("PRIVMSG #closed :drin");
    // It is entered again by itself, until it is left.
    assert_eq!(soon("a cursor", live.host_cursor()).await["joined"], json!({ "#closed": "secret" }));
    assert!(reason(&live.say("#closed", "/part").await).starts_with("You have left"));
    anna.wait_for(" PART #closed");
    soon("a cursor", async {
        while live.host_cursor().await["joined"] != json!({}) {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    })
    .await;
    for nonsense in ["two words", "#a b c", "", "a\r\nQUIT"] {
        assert!(live.session.resolve_identifier(nonsense).await.is_err(), "{nonsense:?}");
    }
}

impl Live {
    async fn host_cursor(&self) -> Value {
        use unisono_domain::channel::Host as _;
        self.host.cursor().await.unwrap().unwrap_or_default()
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn private_chats_go_both_ways_and_machines_get_their_answers() {
    let Some(server) = Ngircd::start(None) else { return };
    let anna = Person::come(server.port, "Anna[x]");
    let live = Live::connected(server.port, json!({ "ignore": "spam*!*@*" })).await;
    let spammer = Person::come(server.port, "spammer");
    spammer.ask("PRIVMSG me :buy!");
    anna.ask("PRIVMSG me :\x01VERSION\x01");
    anna.wait_for("NOTICE Anna[x] :\x01VERSION Unisono\x01");
    anna.ask("PRIVMSG me :\x01DCC SEND virus.exe 1 2 3\x01");
    live.text("Anna[x] offers a file or chat by DCC, which only works from IRC programs.").await;
    anna.ask("PRIVMSG me :hallo");
    let hello = live.text("hallo").await;
    // This server takes [] and {} for different letters, unlike RFC 1459.
    assert_eq!(hello.portal.chat.as_str(), "anna[x]");
    assert_eq!(hello.chat.unwrap().kind, ChatKind::Direct);
    let chat = live.session.resolve_identifier("ANNA[X]").await.unwrap();
    assert_eq!(chat.portal, hello.portal);
    assert!(is_sent(&live.say("anna[x]", "selber").await));
    anna.wait_for("PRIVMSG Anna[x] :selber");
    anna.ask("AWAY :beim Essen");
    for _ in 0..2 {
        assert!(is_sent(&live.say("anna[x]", "noch da?").await));
    }
    live.text("Anna[x] is away: beim Essen").await;
    let file = Part::media("0", PartKind::File, unisono_domain::channel::Media::bytes("x", "x.txt", "text/plain"), "");
    assert_eq!(reason(&live.send("anna[x]", file, None).await), "IRC carries no files.");
    // What we write to ourselves comes back, but is no second message.
    assert!(is_sent(&live.say("me", "merken").await));
    anna.ask("PRIVMSG me :ende");
    live.text("ende").await;
    let texts: Vec<String> = live.host.events().iter().filter_map(part).map(|part| part.text.clone()).collect();
    for (text, times) in [("buy!", 0), ("merken", 0), ("Anna[x] is away: beim Essen", 1)] {
        assert_eq!(texts.iter().filter(|known| *known == text).count(), times, "{text}: {texts:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_taken_name_is_replaced_and_won_back() {
    let Some(server) = Ngircd::start(None) else { return };
    let thief = Person::come(server.port, "me");
    let live = Live::connected(server.port, json!({})).await;
    thief.ask("PRIVMSG me_ :wer bist du?");
    live.text("wer bist du?").await;
    thief.write("QUIT");
    thief.wait_for("ERROR ");
    let anna = Person::come(server.port, "anna");
    soon("the name is back", async {
        while anna.ask("PRIVMSG me :da?").iter().any(|line| line.contains(" 401 ")) {
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    })
    .await;
    live.text("da?").await;
}

fn context() -> LoginContext {
    let loopback = OutboundGuard::new(vec!["127.0.0.0/8".parse().unwrap()]);
    LoginContext { guard: loopback, now: NOW, public_url: None }
}

async fn log_in(fields: &[(&str, &str)]) -> Result<unisono_domain::channel::login::NewAccount, LoginError> {
    let fields = fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    let reply = soon("a login", Irc.login(Some(Value::Null), LoginInput::Submit(fields), &context())).await?;
    match reply.step {
        LoginStep::Done(account) => Ok(account),
        other => panic!("not done: {other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn signing_in_tells_what_is_wrong_and_takes_tls() {
    let Some(server) = Ngircd::start(Some("geheim")) else { return };
    let (plain, tls) = (server.port.to_string(), server.tls_port.to_string());
    let base = [("host", "127.0.0.1"), ("port", &*plain), ("security", "plain"), ("nick", "me")];
    let wrong = log_in(&[&base[..], &[("server_password", "falsch")]].concat()).await;
    assert!(matches!(wrong, Err(LoginError::BadCredentials(_))), "{wrong:?}");
    let long =
        log_in(&[&base[..3], &[("nick", "a".repeat(40).as_str()), ("server_password", "geheim")]].concat()).await;
    assert!(matches!(long, Err(LoginError::Invalid { field: Some("nick"), .. })), "{long:?}");
    let odd = log_in(&[&base[..3], &[("nick", "two words")]].concat()).await;
    assert!(matches!(odd, Err(LoginError::Invalid { field: Some("nick"), .. })), "{odd:?}");
    let nobody = log_in(&[("host", "127.0.0.1"), ("port", "1"), ("security", "plain"), ("nick", "me")]).await;
    assert!(matches!(nobody, Err(LoginError::Invalid { field: Some("host"), .. })), "{nobody:?}");
    let secure =
        [("host", "127.0.0.1"), ("port", &*tls), ("security", "tls"), ("nick", "Me[1]"), ("server_password", "geheim")];
    let account = log_in(&secure).await.unwrap();
    assert_eq!(account.remote_id, "me{1}@127.0.0.1");

    let live = Live::start(account.credentials, json!({}), TestHost::start());
    live.until_connected().await;
    let wrong = credentials(server.port, &json!({ "server_password": "falsch" }));
    let ended = Live::start(wrong, json!({}), TestHost::start()).ended().await;
    assert!(matches!(ended, Err(SessionError::BadCredentials(_))), "{ended:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lost_connection_is_told() {
    let Some(server) = Ngircd::start(None) else { return };
    let live = Live::connected(server.port, json!({})).await;
    drop(server);
    let session = Arc::clone(&live.session);
    let ended = live.ended().await;
    assert!(matches!(ended, Err(SessionError::Trouble { .. })), "{ended:?}");
    let body = OutboundBody::Message { parts: vec![Part::text("0", "x")], reply_to: None };
    assert!(matches!(session.send(outbound("anna", body)).await, SendOutcome::Retry { .. }));
}
