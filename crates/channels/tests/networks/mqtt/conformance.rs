//! The suite that every adapter must pass. A device's texts are different each time, as values that
//! stay the same are not told twice.

use std::sync::Arc;

use unisono_channels::mqtt::Mqtt;
use unisono_domain::channel::Channel;
use unisono_testkit::{
    bench::Bench,
    conformance::Network,
    fake_channel::Trouble,
    mosquitto::{Line, Listener, Mosquitto, USER},
};

struct Broker {
    broker: Mosquitto,
    line: Line,
    commands: Listener,
}

impl Broker {
    fn start() -> Option<Self> {
        let broker = Mosquitto::start()?;
        let (line, commands) = (Line::to(broker.port), broker.listen("home/+/set"));
        Some(Self { broker, line, commands })
    }
}

impl Network for Broker {
    fn channel(&self) -> Arc<dyn Channel> {
        Arc::new(Mqtt)
    }

    fn is_real(&self) -> bool {
        true
    }

    fn can_be_asked(&self) -> bool {
        false
    }

    async fn connect(&self, bench: &Bench) -> i64 {
        let port = self.line.port.to_string();
        let fields = [
            ("host", "127.0.0.1"),
            ("port", &port),
            ("security", "plain"),
            ("username", USER.0),
            ("password", USER.1),
            ("topics", "home/{device}/state"),
            ("command", "home/{device}/set"),
        ];
        let fields = fields.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
        let account = bench.engine.login_with_fields(bench.owner.clone(), "mqtt", "broker", fields).await.unwrap();
        // What is published before there is a session is nobody's.
        unisono_testkit::bench::until("it is connected", async || {
            bench.account(account).await.state == unisono_domain::channel::AccountState::Connected
        })
        .await;
        account
    }

    async fn write(&self, _: &Bench, person: &str, text: &str) {
        // Kept, so that it waits for a session that is only just subscribing.
        self.broker.publish_retained(&format!("home/{person}/state"), text);
    }

    async fn repeat(&self, _: &Bench) {
        self.line.cut();
    }

    async fn taken(&self, person: &str) -> Vec<String> {
        self.commands.heard(&format!("home/{person}/set"))
    }

    fn ghost(&self, person: &str) -> String {
        format!("mqtt_{person}=40127.0.0.1")
    }

    fn trouble(&self, person: &str, trouble: Trouble) -> bool {
        // The protocol has no way to ask for patience or to refuse.
        if matches!(trouble, Trouble::Later(_) | Trouble::Rejected | Trouble::Broken | Trouble::EchoLater) {
            return false;
        }
        self.line.prepare(&format!("home/{person}/set"), trouble);
        true
    }

    fn is_met(&self, person: &str) -> bool {
        self.line.is_met(&format!("home/{person}/set"))
    }
}

macro_rules! stories {
    ($($story:ident),*) => {
        $(
            #[test]
            fn $story() {
                let Some(network) = Broker::start() else { return };
                unisono_testkit::conformance::$story(&network);
            }
        )*
    };
}

stories!(
    order_is_kept,
    a_restart_in_the_middle_loses_and_repeats_nothing,
    a_lost_answer_sends_nothing_twice,
    an_unknown_outcome_is_left_to_the_user,
    a_restart_while_sending_sends_nothing_twice,
    an_expired_credential_is_told
);

#[test]
fn what_arrives_twice_is_there_once() {
    let Some(network) = Broker::start() else { return };
    network.line.keep_acknowledgements();
    unisono_testkit::conformance::what_arrives_twice_is_there_once(&network);
}
