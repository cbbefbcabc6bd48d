//! What devices say and hear, on a real broker, without a hub.

use std::{sync::Arc, time::Duration};

use serde_json::{Value, json};
use unisono_channels::mqtt::Mqtt;
use unisono_domain::{
    channel::{
        Account, AccountId, AccountState, Channel, Inbound, InboundBody, Media, MediaSource, Outbound, OutboundBody,
        Part, PartKind, PortalKey, SendOutcome, Sender, Session, SessionError,
        login::{LoginContext, LoginError, LoginInput, LoginStep},
    },
    net::OutboundGuard,
};
use unisono_testkit::{
    mosquitto::{Mosquitto, USER},
    test_host::{NOW, TestHost, account},
};

const PNG: &[u8] = b"\x89PNG\r\n\x1a\n....";

struct Live {
    host: Arc<TestHost>,
    session: Arc<dyn Session>,
    run: tokio::task::JoinHandle<Result<(), SessionError>>,
}

impl Drop for Live {
    fn drop(&mut self) {
        self.run.abort();
    }
}

async fn soon<T>(what: &str, future: impl Future<Output = T>) -> T {
    tokio::time::timeout(Duration::from_secs(40), future).await.unwrap_or_else(|_| panic!("did not happen: {what}"))
}

fn credentials(port: u16, tls: bool, password: &str) -> Value {
    json!({ "host": "127.0.0.1", "port": port, "tls": tls, "username": USER.0, "password": password })
}

impl Live {
    async fn start(credentials: Value, settings: Value, host: Arc<TestHost>) -> Self {
        let account = Account { settings, ..account(credentials) };
        let session = Mqtt.connect(account, Arc::clone(&host) as _).unwrap();
        let running = Arc::clone(&session);
        let before = host.reports().len();
        let run = tokio::spawn(async move { running.run().await });
        let live = Self { host, session, run };
        soon("connected", async {
            while !live.host.reports()[before..].contains(&AccountState::Connected) && !live.run.is_finished() {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        })
        .await;
        live
    }

    async fn at(broker: &Mosquitto, settings: Value) -> Self {
        Self::start(credentials(broker.port, false, USER.1), settings, TestHost::start()).await
    }

    async fn text(&self, text: &str) -> Inbound {
        soon(text, async {
            let mut count = 0;
            loop {
                let events = self.host.wait_for(count).await;
                if let Some(event) = events.iter().find(|event| part(event).text == text) {
                    return event.clone();
                }
                count = events.len() + 1;
            }
        })
        .await
    }

    fn texts(&self) -> Vec<String> {
        self.host.events().iter().map(|event| part(event).text.clone()).collect()
    }

    async fn say(&self, portal: &PortalKey, part: Part) -> SendOutcome {
        let outbound = Outbound {
            portal: portal.clone(),
            txn: "txn".to_owned(),
            sent_at: NOW,
            sender_name: None,
            subject: None,
            body: OutboundBody::Message { parts: vec![part], reply_to: None },
            last: None,
            last_received: None,
        };
        soon("an outcome", self.session.send(outbound)).await
    }

    async fn write(&self, portal: &PortalKey, text: &str) -> SendOutcome {
        self.say(portal, Part::text("0", text)).await
    }
}

fn part(event: &Inbound) -> &Part {
    match &event.body {
        InboundBody::Message { parts, .. } => &parts[0],
        other => panic!("no message: {other:?}"),
    }
}

#[track_caller]
fn is_sent(outcome: &SendOutcome) {
    assert!(matches!(outcome, SendOutcome::Sent { .. }), "{outcome:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn topics_become_conversations_and_answers_are_published_back() {
    let Some(broker) = Mosquitto::start() else { return };
    let commands = broker.listen("home/#");
    broker.publish_retained("home/living_room/lamp/state", "OFF");
    let settings = json!({ "topics": "home/{room}/{device}/state, sensors/{room}/+", "command": "home/{room}/{device}/set",
        "template": "{\"do\": \"{text}\"}", "availability": "home/{room}/{device}/online" });
    let live = Live::at(&broker, settings.clone()).await;
    let off = live.text("OFF").await;
    assert!(matches!(&off.sender, Sender::Remote(user)
        if user.name.as_deref() == Some("living room · lamp") && user.id.as_str() == "living_room/lamp@127.0.0.1"));
    assert_eq!(part(&off).extra["org.unisono.reading"]["state"], "off");

    is_sent(&live.write(&off.portal, "say \"on\"\nnow").await);
    commands.wait_for(r#"home/living_room/lamp/set {"do": "say \"on\"\nnow"}"#);

    broker.publish("sensors/bath/air_humidity", "61");
    let bath = live.text("air humidity: 61").await;
    for value in ["61", "61", "62"] {
        broker.publish("sensors/bath/air_humidity", value);
    }
    live.text("air humidity: 62").await;
    assert_eq!(live.texts().iter().filter(|text| *text == "air humidity: 61").count(), 1, "what stays the same");
    let refused = live.write(&bath.portal, "dry!").await;
    assert!(matches!(refused, SendOutcome::Rejected { .. }), "{refused:?}");
    let file = Part::media("0", PartKind::File, Media::bytes("x", "x.txt", "text/plain"), "");
    assert!(matches!(live.say(&bath.portal, file).await, SendOutcome::Rejected { .. }));

    for word in ["online", "offline", "online"] {
        broker.publish("home/living_room/lamp/online", word);
    }
    let gone = live.text("living room · lamp is offline").await;
    assert_eq!((gone.sender, &gone.portal), (Sender::System, &off.portal));
    live.text("living room · lamp is online").await;
    assert_eq!(live.texts().iter().filter(|text| text.contains("is online")).count(), 1, "that it is there is no news");

    // What the broker keeps is known, and what came meanwhile waits.
    let host = Arc::clone(&live.host);
    let before = live.texts().len();
    drop(live);
    broker.publish("sensors/bath/air_humidity", "63");
    let live = Live::start(credentials(broker.port, false, USER.1), settings, host).await;
    live.text("air humidity: 63").await;
    broker.publish("sensors/bath/air_humidity", "64");
    live.text("air humidity: 64").await;
    assert_eq!(live.texts()[before..], ["air humidity: 63", "air humidity: 64"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn devices_of_home_assistant_come_with_names_units_and_buttons() {
    let Some(broker) = Mosquitto::start() else { return };
    let commands = broker.listen("z/+/set");
    let device = json!({ "identifiers": ["0x1"], "name": "Heater" });
    let sensor = json!({ "name": "Temperature", "unique_id": "t1", "state_topic": "z/heater", "device": device,
        "unit_of_measurement": "°C", "value_template": "{{ value_json.temp }}",
        "availability": [{ "topic": "z/heater/here" }] });
    let switch = json!({ "name": null, "uniq_id": "s1", "stat_t": "z/heater", "cmd_t": "z/heater/set", "dev": device,
        "val_tpl": "{{ value_json.state }}" });
    broker.publish_retained("homeassistant/sensor/h/temp/config", sensor.to_string());
    broker.publish_retained("homeassistant/switch/h/config", switch.to_string());
    broker.publish_retained("homeassistant/camera/door/config", r#"{"topic":"z/cam","unique_id":"c","name":"Door"}"#);
    let live = Live::at(&broker, json!({})).await;
    broker.publish_retained("z/heater", r#"{"state":"ON","temp":21.5,"linkquality":80}"#);
    let on = live.text("ON\nTemperature: 21.5 °C").await;
    let reading = &part(&on).extra["org.unisono.reading"];
    assert_eq!(reading["title"], "Heater");
    assert_eq!(reading["state"], "on");
    assert_eq!(reading["fields"][1], json!({ "label": "Temperature", "value": "21.5", "unit": "°C" }));
    let buttons = &part(&on).extra["org.unisono.card"]["buttons"];
    assert_eq!(*buttons, json!([{ "id": "s1:ON", "label": "ON" }, { "id": "s1:OFF", "label": "OFF" }]));

    // Only what is shown counts as a change.
    broker.publish("z/heater", r#"{"state":"ON","temp":21.5,"linkquality":79}"#);
    let pressed = Part::text("0", "OFF").with("org.unisono.choice", json!({ "id": "s1:OFF", "label": "OFF" }));
    is_sent(&live.say(&on.portal, pressed).await);
    is_sent(&live.write(&on.portal, "on").await);
    commands.wait_for("z/heater/set ON");
    assert_eq!(commands.heard("z/heater/set"), ["OFF", "ON"]);
    let odd = live.write(&on.portal, "explode").await;
    assert!(matches!(odd, SendOutcome::Rejected { .. }), "{odd:?}");

    broker.publish("z/heater/here", "offline");
    live.text("Heater is offline").await;
    broker.publish("z/cam", PNG);
    broker.publish("z/cam", [PNG, b"another"].concat());
    broker.publish("z/heater", r#"{"state":"OFF","temp":20}"#);
    live.text("OFF\nTemperature: 20 °C").await;
    let events = live.host.events();
    let pictures: Vec<_> = events.iter().map(part).filter(|part| part.kind == PartKind::Image).collect();
    assert_eq!(pictures.len(), 1, "one a minute");
    let media = pictures[0].media.as_ref().unwrap();
    assert_eq!((media.name.as_str(), media.mime.as_str()), ("Door.png", "image/png"));
    assert!(matches!(&media.source, MediaSource::Bytes(bytes) if bytes == PNG));
    assert_eq!(live.texts().iter().filter(|text| *text == "ON\nTemperature: 21.5 °C").count(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_too_large_or_odd_stops_nothing() {
    let Some(broker) = Mosquitto::start() else { return };
    let live = Live::at(&broker, json!({ "topics": "d/{device}" })).await;
    broker.publish("d/a", vec![b'x'; 9 * 1024 * 1024]);
    broker.publish("d/a", b"\x00\x01\x02");
    broker.publish("homeassistant/sensor/x/config", "{ not json");
    broker.publish("homeassistant/x", "y");
    broker.publish("d/a", "still here");
    live.text("still here").await;
    live.text("a has published more than 8 MB, which is not shown.").await;
    assert!(live.host.events().iter().any(|event| part(event).kind == PartKind::File));
}

fn context() -> LoginContext {
    let loopback = OutboundGuard::new(vec!["127.0.0.0/8".parse().unwrap()]);
    LoginContext { guard: loopback, now: NOW, public_url: None }
}

async fn log_in(fields: &[(&str, &str)]) -> Result<unisono_domain::channel::login::NewAccount, LoginError> {
    let fields = fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    let reply = soon("a login", Mqtt.login(Some(Value::Null), LoginInput::Submit(fields), &context())).await?;
    match reply.step {
        LoginStep::Done(account) => Ok(account),
        other => panic!("not done: {other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn signing_in_tells_what_is_wrong_and_takes_tls() {
    let Some(broker) = Mosquitto::start() else { return };
    let (plain, tls) = (broker.port.to_string(), broker.tls_port.to_string());
    let base = [("host", "127.0.0.1"), ("port", &*plain), ("security", "plain"), ("username", USER.0)];
    let wrong = log_in(&[&base[..], &[("password", "falsch")]].concat()).await;
    assert!(matches!(wrong, Err(LoginError::BadCredentials(_))), "{wrong:?}");
    let malformed = log_in(&[&base[..], &[("password", USER.1), ("topics", "a/#/b")]].concat()).await;
    assert!(matches!(malformed, Err(LoginError::Invalid { field: Some("topics"), .. })), "{malformed:?}");
    let nobody = log_in(&[("host", "127.0.0.1"), ("port", "1"), ("security", "plain")]).await;
    assert!(matches!(nobody, Err(LoginError::Invalid { field: Some("host"), .. })), "{nobody:?}");
    let secure =
        [("host", "127.0.0.1"), ("port", &*tls), ("security", "tls"), ("username", USER.0), ("password", USER.1)];
    let account = log_in(&secure).await.unwrap();
    assert_eq!(account.remote_id, "unisono@127.0.0.1");
    let live = Live::start(account.credentials, json!({ "topics": "d/{device}" }), TestHost::start()).await;
    broker.publish("d/a", "over TLS");
    live.text("over TLS").await;

    let mut wrong = Live::start(credentials(broker.port, false, "falsch"), json!({}), TestHost::start()).await;
    let ended = soon("the end", async { (&mut wrong.run).await.unwrap() }).await;
    assert!(matches!(ended, Err(SessionError::BadCredentials(_))), "{ended:?}");
    let host = Arc::clone(&live.host);
    drop(broker);
    soon("it is told", async {
        while !live.run.is_finished() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    })
    .await;
    let portal = PortalKey::private(AccountId(1), "ha:x");
    assert!(matches!(live.write(&portal, "x").await, SendOutcome::Retry { .. }), "{:?}", host.reports());
}
