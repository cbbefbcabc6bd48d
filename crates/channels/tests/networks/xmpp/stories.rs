//! What the suite does not tell: the network's own ways.

use std::{sync::Arc, time::Duration};

use unisono_channels::xmpp::Xmpp;
use unisono_domain::{
    channel::{
        AccountId, AccountState, Channel, FindSent, Inbound, InboundBody, Media, MediaSource, MessageRef, Outbound,
        OutboundBody, Part, PartKind, PortalKey, RemoteUserId, SendOutcome, Sender, Session,
        login::{LoginContext, LoginError, LoginInput},
    },
    net::OutboundGuard,
};
use unisono_testkit::{
    prosody::{DOMAIN, OLD_DOMAIN, PASSWORD, ROOMS},
    test_host::{TestHost, account},
};
use xmpp_parsers::{
    message::Message,
    minidom::Element,
    presence::{Presence, Type},
};

use super::{Jabber, person::Person};

const PATIENCE: Duration = Duration::from_secs(30);

/// An account without a hub.
struct Desk {
    jabber: Jabber,
    host: Arc<TestHost>,
    session: Arc<dyn Session>,
    running: tokio::task::JoinHandle<()>,
}

impl Drop for Desk {
    fn drop(&mut self) {
        self.running.abort();
    }
}

impl Desk {
    /// Signs in and waits until it has caught up.
    async fn open(jabber: Jabber) -> Self {
        Self::open_with(jabber, TestHost::start()).await
    }

    async fn open_with(jabber: Jabber, host: Arc<TestHost>) -> Self {
        let (session, running) = Self::start(&jabber, &host).await;
        Self { jabber, host, session, running }
    }

    async fn start(jabber: &Jabber, host: &Arc<TestHost>) -> (Arc<dyn Session>, tokio::task::JoinHandle<()>) {
        Self::start_as(jabber, &jabber.me(), host).await
    }

    async fn start_as(
        jabber: &Jabber,
        address: &str,
        host: &Arc<TestHost>,
    ) -> (Arc<dyn Session>, tokio::task::JoinHandle<()>) {
        let before = host.reports().len();
        let server = format!("127.0.0.1:{}", jabber.server().port);
        let credentials = serde_json::json!({ "jid": address, "password": PASSWORD, "server": server });
        let session = Xmpp.connect(account(credentials), host.clone()).unwrap();
        let runs = Arc::clone(&session);
        let running = tokio::spawn(async move {
            let ended = runs.run().await;
            println!("the session ended: {ended:?}");
        });
        let connected = async {
            while !host.reports()[before..].contains(&AccountState::Connected) {
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(PATIENCE, connected).await.expect("connects");
        (session, running)
    }

    /// Ends the connection without a word.
    async fn stop(&mut self) {
        self.running.abort();
        let _ = (&mut self.running).await;
    }

    async fn resume(&mut self) {
        (self.session, self.running) = Self::start(&self.jabber, &self.host).await;
    }

    /// Waits for an event.
    async fn until(&self, what: &str, wanted: impl Fn(&Inbound) -> bool) -> Inbound {
        let found = async {
            loop {
                let events = self.host.events();
                if let Some(found) = events.iter().find(|event| wanted(event)) {
                    return found.clone();
                }
                self.host.wait_for(events.len() + 1).await;
            }
        };
        match tokio::time::timeout(PATIENCE, found).await {
            Ok(found) => found,
            Err(_) => panic!("{what} does not come, but {:#?}", self.host.events()),
        }
    }

    async fn text(&self, text: &str) -> Inbound {
        self.until(text, |event| texts(event).contains(&text)).await
    }

    fn chat(&self, name: &str) -> PortalKey {
        PortalKey::private(AccountId(1), self.jabber.address(name))
    }

    async fn send(&self, portal: &PortalKey, txn: &str, body: OutboundBody) -> SendOutcome {
        let sent = self.session.send(outbound(portal, txn, body, self.host_now()));
        tokio::time::timeout(PATIENCE, sent).await.expect("an outcome")
    }

    fn host_now(&self) -> i64 {
        unisono_domain::channel::Host::now(&*self.host)
    }

    async fn say(&self, portal: &PortalKey, txn: &str, text: &str) -> MessageRef {
        sent(self.send(portal, txn, message(text)).await)
    }
}

fn outbound(portal: &PortalKey, txn: &str, body: OutboundBody, now: i64) -> Outbound {
    Outbound {
        portal: portal.clone(),
        txn: txn.to_owned(),
        sent_at: now,
        sender_name: None,
        subject: None,
        body,
        last: None,
        last_received: None,
    }
}

fn message(text: &str) -> OutboundBody {
    OutboundBody::Message { parts: vec![Part::text("0", text)], reply_to: None }
}

fn sent(outcome: SendOutcome) -> MessageRef {
    match outcome {
        SendOutcome::Sent { id, data, .. } => MessageRef { id, data },
        other => panic!("not sent: {other:?}"),
    }
}

fn reference(event: &Inbound) -> MessageRef {
    MessageRef { id: event.id.clone(), data: event.data.clone() }
}

fn texts(event: &Inbound) -> Vec<&str> {
    match &event.body {
        InboundBody::Message { parts, .. } | InboundBody::Edit { parts, .. } => {
            parts.iter().map(|part| part.text.as_str()).collect()
        }
        _ => Vec::new(),
    }
}

fn payload<'a>(message: &'a Message, name: &str) -> Option<&'a Element> {
    message.payloads.iter().find(|payload| payload.name() == name)
}

fn says(message: &Message, text: &str) -> bool {
    message.bodies.values().any(|body| body == text)
}

fn id(message: &Message) -> String {
    message.id.clone().unwrap().0
}

/// Runs a story where there is a server.
fn story<F: Future<Output = ()>>(tell: impl FnOnce(Jabber) -> F) {
    let jabber = Jabber::new();
    if jabber.server.is_some() {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        runtime.block_on(tell(jabber));
    }
}

#[test]
fn a_wrong_password_is_told_and_a_wrong_address_too() {
    story(async |jabber| {
        let guard = OutboundGuard::new(vec!["127.0.0.0/8".parse().unwrap()]);
        let context = LoginContext { guard, now: 0, public_url: None };
        let server = format!("127.0.0.1:{}", jabber.server().port);
        let submit = async |jid: &str, password: &str| {
            let given = [("jid", jid), ("password", password), ("server", server.as_str())];
            let given = given.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
            Xmpp.login(None, LoginInput::Submit(given), &context).await
        };
        assert!(matches!(submit(&jabber.me(), "wrong").await, Err(LoginError::BadCredentials(_))));
        assert!(matches!(submit("nobody", "x").await, Err(LoginError::Invalid { field: Some("jid"), .. })));
        assert!(submit(&jabber.me(), PASSWORD).await.is_ok());
    });
}

#[test]
fn each_side_learns_what_arrived_and_was_seen_and_who_types() {
    story(async |jabber| {
        let anna = jabber.person("anna");
        let desk = Desk::open(jabber).await;
        let me = desk.jabber.me();
        let chat = desk.chat("anna");

        let hello = desk.say(&chat, "$one", "hello").await;
        let heard = anna.until("hello", |message| says(message, "hello"));
        assert_eq!(id(&heard), "$one");
        assert!(payload(&heard, "request").is_some() && payload(&heard, "markable").is_some());
        anna.say_with(&me, "r1", "", "<received xmlns='urn:xmpp:receipts' id='$one'/>");
        desk.until("the receipt", |event| event.body == InboundBody::Delivered { target: hello.id.clone() }).await;
        anna.say_with(&me, "r2", "", "<displayed xmlns='urn:xmpp:chat-markers:0' id='$one'/>");
        desk.until("the marker", |event| event.body == InboundBody::Read { up_to: hello.id.clone() }).await;

        let asks = "<request xmlns='urn:xmpp:receipts'/><markable xmlns='urn:xmpp:chat-markers:0'/>";
        anna.say_with(&me, "q1", "and you?", asks);
        let question = desk.text("and you?").await;
        anna.until("a receipt", |message| payload(message, "received").is_some_and(|it| it.attr("id") == Some("q1")));
        desk.send(&chat, "$two", OutboundBody::Read { up_to: reference(&question) }).await;
        anna.until("a marker", |message| payload(message, "displayed").is_some_and(|it| it.attr("id") == Some("q1")));

        anna.say_with(&me, "t1", "", "<composing xmlns='http://jabber.org/protocol/chatstates'/>");
        desk.until("typing", |event| matches!(event.body, InboundBody::Typing { timeout } if timeout > 0)).await;
        desk.send(&chat, "$three", OutboundBody::Typing { typing: true }).await;
        anna.until("typing", |message| payload(message, "composing").is_some());
    });
}

#[test]
fn messages_are_corrected_taken_back_answered_and_reacted_to() {
    story(async |jabber| {
        let anna = jabber.person("anna");
        let desk = Desk::open(jabber).await;
        let (me, chat) = (desk.jabber.me(), desk.chat("anna"));

        anna.say(&me, "a1", "helo");
        let first = desk.text("helo").await;
        anna.say_with(&me, "a2", "hello", "<replace xmlns='urn:xmpp:message-correct:0' id='a1'/>");
        let edit = desk.until("the correction", |event| matches!(event.body, InboundBody::Edit { .. })).await;
        assert!(
            matches!(&edit.body, InboundBody::Edit { target, parts } if *target == first.id && parts[0].text == "hello")
        );

        let mine = desk.say(&chat, "$1", "gruess dich").await;
        let answer = "<reply xmlns='urn:xmpp:reply:0' to='ME' id='$1'/><fallback xmlns='urn:xmpp:fallback:0' \
                      for='urn:xmpp:reply:0'><body start='0' end='14'/></fallback>";
        anna.say_with(&me, "a3", "> gruess dich\nauch so", &answer.replace("ME", &me));
        let answer = desk.text("auch so").await;
        assert!(matches!(&answer.body, InboundBody::Message { reply_to: Some(target), .. } if *target == mine.id));

        let reactions = |keys: &[&str]| {
            let keys: String = keys.iter().map(|key| format!("<reaction>{key}</reaction>")).collect();
            format!("<reactions xmlns='urn:xmpp:reactions:0' id='$1'>{keys}</reactions>")
        };
        anna.say_with(&me, "a4", "", &reactions(&["👍", "🎉"]));
        anna.say_with(&me, "a5", "", &reactions(&["🎉"]));
        let gone = InboundBody::ReactionRemove { target: mine.id.clone(), key: "👍".to_owned() };
        desk.until("the reaction's end", |event| event.body == gone).await;
        let here = InboundBody::Reaction { target: mine.id.clone(), key: "🎉".to_owned() };
        assert_eq!(desk.host.events().iter().filter(|event| event.body == here).count(), 1);

        anna.say_with(&me, "a6", "", "<retract xmlns='urn:xmpp:message-retract:1' id='a1'/>");
        desk.until("the retraction", |event| event.body == InboundBody::Delete { target: first.id.clone() }).await;
        // Nobody takes back what somebody else said.
        anna.say_with(&me, "a7", "", "<retract xmlns='urn:xmpp:message-retract:1' id='$1'/>");
        anna.say(&me, "a8", "done");
        desk.text("done").await;
        assert!(!desk.host.events().iter().any(|event| event.body == InboundBody::Delete { target: mine.id.clone() }));

        let parts = vec![Part::text("0", "Grüß dich")];
        sent(desk.send(&chat, "$2", OutboundBody::Edit { target: mine.clone(), parts }).await);
        let heard = anna.until("the correction", |message| says(message, "Grüß dich"));
        assert_eq!(payload(&heard, "replace").unwrap().attr("id"), Some("$1"));
        let reply = OutboundBody::Message { parts: vec![Part::text("0", "ja")], reply_to: Some(reference(&answer)) };
        sent(desk.send(&chat, "$3", reply).await);
        let heard = anna.until("the answer", |message| says(message, "ja"));
        assert_eq!(payload(&heard, "reply").unwrap().attr("id"), Some("a3"));
        for (txn, key) in [("$4", "👍"), ("$5", "❤️")] {
            sent(
                desk.send(&chat, txn, OutboundBody::Reaction { target: reference(&answer), key: key.to_owned() }).await,
            );
        }
        let remove = OutboundBody::ReactionRemove { target: reference(&answer), key: "👍".to_owned() };
        sent(desk.send(&chat, "$6", remove).await);
        let heard = anna.until("the last reactions", |message| message.id.as_ref().is_some_and(|id| id.0 == "$6"));
        let keys: Vec<String> = payload(&heard, "reactions").unwrap().children().map(Element::text).collect();
        assert_eq!(keys, ["❤️"]);
        sent(desk.send(&chat, "$7", OutboundBody::Delete { target: mine }).await);
        let heard = anna.until("the retraction", |message| payload(message, "retract").is_some());
        assert_eq!(payload(&heard, "retract").unwrap().attr("id"), Some("$1"));
    });
}

#[test]
fn what_another_device_sends_and_reads_is_ours() {
    story(async |jabber| {
        let anna = jabber.person("anna");
        let phone = jabber.person("me");
        let desk = Desk::open(jabber).await;
        let me = desk.jabber.me();

        phone.say(&desk.jabber.address("anna"), "p1", "from the phone");
        let copy = desk.text("from the phone").await;
        assert_eq!((&copy.sender, &copy.portal), (&Sender::Me, &desk.chat("anna")));
        anna.say_with(&me, "a1", "read me", "<markable xmlns='urn:xmpp:chat-markers:0'/>");
        let message = desk.text("read me").await;
        phone.say_with(&desk.jabber.address("anna"), "p2", "", "<displayed xmlns='urn:xmpp:chat-markers:0' id='a1'/>");
        let read = desk.until("read", |event| event.body == InboundBody::Read { up_to: message.id.clone() }).await;
        assert_eq!(read.sender, Sender::Me);

        // Only our own server makes copies.
        let forged = format!(
            "<sent xmlns='urn:xmpp:carbons:2'><forwarded xmlns='urn:xmpp:forward:0'><message xmlns='jabber:client' \
             from='{me}/phone' to='bank@{DOMAIN}' type='chat' id='f'><body>forged</body></message></forwarded></sent>"
        );
        anna.say_with(&me, "f1", "", &forged);
        let forged = format!(
            "<result xmlns='urn:xmpp:mam:2' id='x'><forwarded xmlns='urn:xmpp:forward:0'><delay xmlns='urn:xmpp:delay' \
             stamp='2026-11-23T12:00:00Z'/><message xmlns='jabber:client' from='bank@{DOMAIN}' to='{me}' type='chat' \
             id='f2'><body>forged</body></message></forwarded></result>"
        );
        anna.say_with(&me, "f2", "", &forged);
        anna.say(&me, "f3", "after the forgeries");
        desk.text("after the forgeries").await;
        assert!(!desk.host.events().iter().any(|event| texts(event).contains(&"forged")));
    });
}

#[test]
fn what_was_said_while_we_were_away_comes_once_and_in_order() {
    story(async |jabber| {
        let anna = jabber.person("anna");
        let mut desk = Desk::open(jabber).await;
        let me = desk.jabber.me();
        anna.say(&me, "before", "before");
        desk.text("before").await;
        desk.stop().await;

        let phone = desk.jabber.person("me");
        let count = 130;
        for number in 0..count {
            anna.say(&me, &format!("away {number}"), &format!("away {number}"));
        }
        phone.until("the last", |message| says(message, "away 129"));
        phone.say(&desk.jabber.address("anna"), "own", "written elsewhere");
        anna.until("it", |message| says(message, "written elsewhere"));
        let known = desk.host.events().len();
        desk.resume().await;
        anna.say(&me, "after", "after");
        desk.text("after").await;
        // The hub drops what it knows by its id; here that is done by hand.
        let mut seen = std::collections::HashSet::new();
        let events = desk.host.events();
        let fresh: Vec<&Inbound> = events[known..]
            .iter()
            .filter(|event| matches!(event.body, InboundBody::Message { .. }) && seen.insert(event.id.clone()))
            .collect();
        let mut expected: Vec<String> = (0..count).map(|number| format!("away {number}")).collect();
        expected.extend(["written elsewhere".to_owned(), "after".to_owned()]);
        assert_eq!(fresh.iter().map(|event| texts(event)[0].to_owned()).collect::<Vec<_>>(), expected);
        assert!(fresh.iter().all(|event| !event.historical && !event.seen));
        let own = fresh.iter().find(|event| texts(event) == ["written elsewhere"]).unwrap();
        assert_eq!(own.sender, Sender::Me);
    });
}

#[test]
fn the_past_is_imported_and_what_is_older_comes_page_by_page() {
    story(async |jabber| {
        let anna = jabber.person("anna");
        let me = jabber.me();
        // Taken by another device, so that nothing waits for us.
        let phone = jabber.person("me");
        for number in 0..25 {
            anna.say(&me, &format!("old {number}"), &format!("old {number}"));
        }
        phone.until("the last", |message| says(message, "old 24"));
        // A first sign-in so long after that nothing is imported by itself.
        let host = TestHost::start();
        host.set_now(unisono_testkit::test_host::NOW + 3_000 * 86_400_000);
        let desk = Desk::open_with(jabber, host).await;
        let mut pages = Vec::new();
        loop {
            let page = desk.session.fetch_history(&desk.chat("anna"), 10).await.unwrap();
            if page.is_empty() {
                break;
            }
            pages.push(page.iter().map(|event| texts(event)[0].to_owned()).collect::<Vec<_>>());
        }
        let expected = |range: std::ops::Range<i32>| range.map(|number| format!("old {number}")).collect::<Vec<_>>();
        assert_eq!(pages, [expected(15..25), expected(5..15), expected(0..5)]);
    });
}

#[test]
fn an_import_notifies_nobody() {
    story(async |jabber| {
        let anna = jabber.person("anna");
        anna.say(&jabber.me(), "1", "long ago");
        let host = TestHost::start();
        // The archive's clock is the machine's.
        host.set_now(0);
        let desk = Desk::open_with(jabber, host).await;
        let event = desk.text("long ago").await;
        assert!(event.historical && event.seen);
    });
}

#[test]
fn a_message_in_doubt_is_found_in_the_archive() {
    story(async |jabber| {
        let desk = Desk::open(jabber).await;
        desk.jabber.person("anna");
        let chat = desk.chat("anna");
        let said = desk.say(&chat, "$known", "hello").await;
        // The archive's clock is the machine's.
        let known = desk.session.find_sent(&outbound(&chat, "$known", message("hello"), 0)).await.unwrap();
        assert!(matches!(known, FindSent::Sent(found) if found.id == said.id));
        let unknown = desk.session.find_sent(&outbound(&chat, "$unknown", message("hello"), 0)).await.unwrap();
        assert!(matches!(unknown, FindSent::NotSent));
    });
}

#[test]
fn nobody_there_is_told_with_the_reason() {
    story(async |jabber| {
        let desk = Desk::open(jabber).await;
        let outcome = desk.send(&desk.chat("nobody"), "$1", message("hello?")).await;
        let SendOutcome::Rejected { reason } = outcome else { panic!("{outcome:?}") };
        assert!(reason.de.contains("niemanden"), "{reason:?}");
    });
}

#[test]
fn files_go_up_and_come_down() {
    story(async |jabber| {
        let anna = jabber.person("anna");
        let desk = Desk::open(jabber).await;
        let chat = desk.chat("anna");
        let picture: &[u8] = b"\x89PNG not really";
        let media = Media::bytes(picture, "Foto 1.png", "image/png");
        let file =
            |media| OutboundBody::Message { parts: vec![Part::media("0", PartKind::Image, media, "")], reply_to: None };
        sent(desk.send(&chat, "$1", file(media)).await);
        let heard = anna.until("the file", |message| payload(message, "x").is_some());
        let url = payload(&heard, "x").unwrap().children().next().unwrap().text();
        assert!(says(&heard, &url));

        anna.say_with(&desk.jabber.me(), "f1", &url, &format!("<x xmlns='jabber:x:oob'><url>{url}</url></x>"));
        let event = desk
            .until(
                "the file",
                |event| matches!(&event.body, InboundBody::Message { parts, .. } if parts[0].media.is_some()),
            )
            .await;
        let InboundBody::Message { parts, .. } = &event.body else { unreachable!() };
        let media = parts[0].media.clone().unwrap();
        assert_eq!((parts.len(), parts[0].kind, media.name.as_str()), (1, PartKind::Image, "Foto 1.png"));
        let MediaSource::Lazy(id) = &media.source else { panic!("{media:?}") };
        assert_eq!(&desk.session.download(id).await.unwrap()[..], picture);
        assert!(desk.session.download("file:///etc/passwd").await.is_err());

        let large = Media::bytes(vec![0; 2 * 1024 * 1024], "large.bin", "application/octet-stream");
        let outcome = desk.send(&chat, "$2", file(large)).await;
        assert!(matches!(&outcome, SendOutcome::Rejected { reason } if reason.en.contains("1 MB")), "{outcome:?}");

        let place = OutboundBody::Message { parts: vec![Part::location("0", 52.5, 13.4, None)], reply_to: None };
        sent(desk.send(&chat, "$3", place).await);
        anna.until("the place", |message| says(message, "geo:52.5,13.4") && payload(message, "geoloc").is_some());
    });
}

#[test]
fn a_chat_begins_with_an_address_and_a_stranger_asks_first() {
    story(async |jabber| {
        let anna = jabber.person("anna");
        let desk = Desk::open(jabber).await;
        let me = desk.jabber.me();
        anna.send(Presence::new(Type::Subscribe).with_to(me.parse::<xmpp_parsers::jid::Jid>().unwrap()));
        let asks = desk.until("the question", |event| event.sender == Sender::System).await;
        assert_eq!(asks.portal, desk.chat("anna"));
        let found = desk.session.resolve_identifier(&format!("xmpp:{}", desk.jabber.address("anna"))).await.unwrap();
        assert_eq!(found.portal, desk.chat("anna"));
        assert_eq!(found.user.handles, [format!("xmpp:{}", desk.jabber.address("anna"))]);
        let contacts = desk.session.contacts().await.unwrap();
        assert_eq!(contacts.iter().map(|user| user.id.as_str()).collect::<Vec<_>>(), [desk.jabber.address("anna")]);
        assert!(desk.session.resolve_identifier("not an address").await.is_err());
    });
}

#[test]
fn people_have_the_pictures_that_they_gave_themselves() {
    story(async |jabber| {
        let anna = jabber.person("anna");
        let card =
            "<vCard xmlns='vcard-temp'><PHOTO><TYPE>image/png</TYPE><BINVAL>iVBORw0KGgo=</BINVAL></PHOTO></vCard>";
        anna.set(None, card.parse().unwrap());
        let desk = Desk::open(jabber).await;
        let user = RemoteUserId::new(desk.jabber.address("anna"));
        let avatar = desk.session.user_info(&user).await.unwrap().avatar.unwrap();
        assert_eq!(avatar.mime, "image/png");
        let nobody = RemoteUserId::new(desk.jabber.address("nobody"));
        assert!(desk.session.user_info(&nobody).await.unwrap().avatar.is_none());
    });
}

/// Somebody comes into a room.
fn enter(person: &Person, room: &str, nick: &str) {
    let mut presence =
        Presence::new(Type::None).with_to(format!("{room}/{nick}").parse::<xmpp_parsers::jid::Jid>().unwrap());
    presence.payloads.push("<x xmlns='http://jabber.org/protocol/muc'/>".parse().unwrap());
    person.send(presence);
}

fn room_says(person: &Person, room: &str, id: &str, text: &str, extensions: &str) {
    let mut message = Message::groupchat(Some(room.parse::<xmpp_parsers::jid::Jid>().unwrap()));
    if !text.is_empty() {
        message.bodies.insert(Default::default(), text.to_owned());
    }
    message.id = Some(xmpp_parsers::message::Id(id.to_owned()));
    let all: Element = format!("<all xmlns='all'>{extensions}</all>").parse().unwrap();
    message.payloads.extend(all.children().cloned());
    person.send(message);
}

#[test]
fn rooms_are_entered_spoken_in_and_caught_up_with() {
    story(async |jabber| {
        let anna = jabber.person("anna");
        let room = format!("{}@{ROOMS}", jabber.user("room"));
        let mut desk = Desk::open(jabber).await;
        let found = desk.session.resolve_identifier(&room).await.unwrap();
        let chat = PortalKey::private(AccountId(1), &room);
        assert_eq!(found.portal, chat);

        let mine = desk.say(&chat, "$1", "hello all").await;
        let echo = desk.text("hello all").await;
        assert_eq!((&echo.id, &echo.sender), (&mine.id, &Sender::Me));
        enter(&anna, &room, "Anna");
        anna.until("what was said", |message| says(message, "hello all"));
        room_says(&anna, &room, "a1", "hello you", "");
        let hers = desk.text("hello you").await;
        let Sender::Remote(user) = &hers.sender else { panic!("{hers:?}") };
        assert_eq!(user.name.as_deref(), Some("Anna"));

        // Corrections name the author's id, everything else the room's.
        room_says(&anna, &room, "a2", "hello you!", "<replace xmlns='urn:xmpp:message-correct:0' id='a1'/>");
        desk.until(
            "the correction",
            |event| matches!(&event.body, InboundBody::Edit { target, .. } if *target == hers.id),
        )
        .await;
        sent(desk.send(&chat, "$2", OutboundBody::Reaction { target: reference(&hers), key: "👍".to_owned() }).await);
        let heard = anna.until("the reaction", |message| payload(message, "reactions").is_some());
        assert_eq!(payload(&heard, "reactions").unwrap().attr("id"), hers.data["sid"].as_str());
        let foreign =
            format!("<retract xmlns='urn:xmpp:message-retract:1' id='{}'/>", mine.data["sid"].as_str().unwrap());
        room_says(&anna, &room, "a3", "", &foreign);
        room_says(&anna, &room, "a4", "still there", "");
        desk.text("still there").await;
        assert!(!desk.host.events().iter().any(|event| matches!(event.body, InboundBody::Delete { .. })));

        desk.stop().await;
        for number in 0..60 {
            room_says(&anna, &room, &format!("b{number}"), &format!("away {number}"), "");
        }
        anna.until("the last", |message| says(message, "away 59"));
        let known = desk.host.events().len();
        desk.resume().await;
        desk.text("away 59").await;
        let events = desk.host.events();
        let fresh: Vec<&str> = events[known..].iter().flat_map(texts).filter(|text| text.starts_with("away")).collect();
        assert_eq!(fresh, (0..60).map(|number| format!("away {number}")).collect::<Vec<_>>());
    });
}

#[test]
fn a_room_in_the_list_is_entered_at_once_under_another_name_if_need_be() {
    story(async |jabber| {
        let anna = jabber.person("anna");
        let room = format!("{}@{ROOMS}", jabber.user("club"));
        // Anna is there already, under the name that we want.
        enter(&anna, &room, "Me");
        anna.set(
            Some(&room),
            "<query xmlns='http://jabber.org/protocol/muc#owner'><x xmlns='jabber:x:data' type='submit'/></query>"
                .parse()
                .unwrap(),
        );
        let phone = jabber.person("me");
        let list = format!(
            "<pubsub xmlns='http://jabber.org/protocol/pubsub'><publish node='urn:xmpp:bookmarks:1'><item id='{room}'>\
             <conference xmlns='urn:xmpp:bookmarks:1' autojoin='true'><nick>Me</nick></conference></item></publish></pubsub>"
        );
        phone.set(None, list.parse().unwrap());
        let desk = Desk::open(jabber).await;
        desk.until("the room", |event| event.portal.chat.as_str() == room && event.body == InboundBody::ChatInfo).await;
        let chat = PortalKey::private(AccountId(1), &room);
        desk.say(&chat, "$1", "it is me").await;
        let heard = anna.until("it", |message| says(message, "it is me"));
        assert_eq!(heard.from.unwrap().resource().unwrap().as_str(), "Me_");

        // Shown the door.
        let kick = "<query xmlns='http://jabber.org/protocol/muc#admin'><item nick='Me_' role='none'>\
                    <reason>too loud</reason></item></query>";
        anna.set(Some(&room), kick.parse().unwrap());
        let notice = desk.until("the notice", |event| texts(event).iter().any(|text| text.contains("too loud"))).await;
        assert_eq!(notice.sender, Sender::System);
    });
}

#[test]
fn what_a_session_does_not_remember_it_looks_up() {
    story(async |jabber| {
        let anna = jabber.person("anna");
        let room = format!("{}@{ROOMS}", jabber.user("room"));
        let mut desk = Desk::open(jabber).await;
        let me = desk.jabber.me();
        desk.session.resolve_identifier(&room).await.unwrap();
        enter(&anna, &room, "Anna");
        room_says(&anna, &room, "a1", "hello", "");
        let in_room = desk.text("hello").await;
        anna.say(&me, "b1", "private");
        let private = desk.text("private").await;
        desk.stop().await;
        desk.resume().await;
        room_says(&anna, &room, "a2", "hello!", "<replace xmlns='urn:xmpp:message-correct:0' id='a1'/>");
        desk.until(
            "the correction",
            |event| matches!(&event.body, InboundBody::Edit { target, .. } if *target == in_room.id),
        )
        .await;
        let reacts = "<reactions xmlns='urn:xmpp:reactions:0' id='b1'><reaction>👍</reaction></reactions>";
        anna.say_with(&me, "b2", "", reacts);
        desk.until(
            "the reaction",
            |event| matches!(&event.body, InboundBody::Reaction { target, .. } if *target == private.id),
        )
        .await;
    });
}

#[test]
fn nonsense_from_others_ends_no_conversation() {
    story(async |jabber| {
        let anna = jabber.person("anna");
        let mut desk = Desk::open(jabber).await;
        let me = desk.jabber.me();
        let nonsense = [
            "<replace xmlns='urn:xmpp:message-correct:0'/>",
            "<reactions xmlns='urn:xmpp:reactions:0'><reaction/></reactions>",
            "<retract xmlns='urn:xmpp:message-retract:1'/>",
            "<received xmlns='urn:xmpp:receipts'/>",
            "<displayed xmlns='urn:xmpp:chat-markers:0' id=''/>",
            "<sent xmlns='urn:xmpp:carbons:2'/>",
            "<result xmlns='urn:xmpp:mam:2'/>",
            "<x xmlns='http://jabber.org/protocol/muc#user'><invite from='@@'/></x>",
            "<x xmlns='jabber:x:oob'><url>javascript:alert(1)</url></x>",
            "<file-sharing xmlns='urn:xmpp:sfs:0'><sources/></file-sharing>",
            "<fallback xmlns='urn:xmpp:fallback:0'><body start='-1' end='99999999999999999999'/></fallback>",
            "<geoloc xmlns='http://jabber.org/protocol/geoloc'><lat>1e400</lat><lon>x</lon></geoloc>",
            "<delay xmlns='urn:xmpp:delay' stamp='yesterday'/>",
            "<encrypted xmlns='urn:xmpp:omemo:2'/>",
            "<stanza-id xmlns='urn:xmpp:sid:0' id='x'/>",
            "<event xmlns='http://jabber.org/protocol/pubsub#event'/>",
        ];
        for (number, extension) in nonsense.iter().enumerate() {
            anna.say_with(&me, &format!("n{number}"), "", extension);
            anna.say_with(&me, &format!("b{number}"), &format!("with words {number}"), extension);
        }
        // What the parser would give up on, at once and at every catching up.
        anna.say(&me, &"long".repeat(5_000), "a long name");
        let deep = format!("{}{}", "<a>".repeat(300), "</a>".repeat(300));
        anna.say_with(&me, "deep", "a deep well", &format!("<deep xmlns='urn:deep'>{deep}</deep>"));
        anna.say(&me, "end", "still here");
        desk.text("still here").await;
        desk.stop().await;
        desk.host.set_cursor(serde_json::Value::Null);
        desk.resume().await;
        anna.say(&me, "end2", "still here after all");
        desk.text("still here after all").await;
    });
}

#[test]
fn a_server_of_old_will_do() {
    story(async |jabber| {
        let server = jabber.server();
        let me = server.add_old(&jabber.user("me"));
        let anna = Person::connect(server, &server.add_old(&jabber.user("anna")), PASSWORD);
        let host = TestHost::start();
        let (session, running) = Desk::start_as(&jabber, &me, &host).await;
        let mut desk = Desk { jabber, host, session, running };
        let chat = PortalKey::private(AccountId(1), format!("{}@{OLD_DOMAIN}", desk.jabber.user("anna")));
        desk.say(&chat, "$1", "hello").await;
        anna.until("it", |message| says(message, "hello"));
        let asked = desk.session.find_sent(&outbound(&chat, "$1", message("hello"), 0)).await.unwrap();
        assert!(matches!(asked, FindSent::CannotTell));
        assert!(desk.session.fetch_history(&chat, 10).await.unwrap().is_empty());
        desk.stop().await;
        // What is said meanwhile waits at the server.
        anna.say(&me, "a1", "are you there?");
        (desk.session, desk.running) = Desk::start_as(&desk.jabber, &me, &desk.host).await;
        desk.text("are you there?").await;
        let media = Media::bytes(&b"x"[..], "x.txt", "text/plain");
        let file = OutboundBody::Message { parts: vec![Part::media("0", PartKind::File, media, "")], reply_to: None };
        // The place for files belongs to the other domain.
        assert!(matches!(desk.send(&chat, "$2", file).await, SendOutcome::Rejected { .. }));
    });
}
