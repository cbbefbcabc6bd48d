//! MQTT: devices as contacts. What they publish becomes messages, what is written to them is published.
//!
//! [`pattern`] says which topic belongs to whom, [`discovery`] learns the same from Home Assistant's
//! announcements, [`reading`] makes payloads readable, [`devices`] puts it together. [`wire`] is the
//! protocol; [`connection`] stores before it acknowledges.

mod config;
mod connection;
mod devices;
mod discovery;
mod login;
mod pattern;
mod reading;
mod session;
mod wire;

use std::sync::Arc;

use unisono_domain::{
    channel::{
        Account, BoxFuture, Capabilities, Catalogue, Channel, ChannelMeta, Figure, GuideStep, Host, Session,
        SessionError,
        login::{LoginContext, LoginError, LoginField, LoginFlow, LoginInput, LoginReply},
    },
    text::Text,
};

use self::config::{Login, Settings};

/// The MQTT channel.
#[derive(Clone, Copy, Debug)]
pub struct Mqtt;

static META: ChannelMeta = ChannelMeta {
    id: "mqtt",
    name: Text::new("MQTT (devices)", "MQTT (Geräte)"),
    summary: Text::new(
        "Devices as contacts: their values as messages, your answers as commands. Any MQTT broker will do.",
        "Geräte als Kontakte: ihre Werte als Nachrichten, deine Antworten als Befehle. Jeder MQTT-Broker genügt.",
    ),
    docs: Some("https://mosquitto.org/documentation/authentication-methods/"),
    privacy: Text::new(
        "MQTT · readable by the broker and everybody whom it lets read the topics.",
        "MQTT · lesbar für den Broker und alle, die er die Themen lesen lässt.",
    ),
    flows: &[LoginFlow { id: login::BROKER, name: Text::new("Broker and topics", "Broker und Themen") }],
    guide: &[
        GuideStep {
            text: Text::new(
                "Give Unisono a user of its own at your broker, such as Mosquitto or the one in Home Assistant.",
                "Gib Unisono einen eigenen Benutzer bei deinem Broker, etwa Mosquitto oder dem in Home Assistant.",
            ),
            figure: Some(Figure::Form {
                fields: &[("Server", "192.168.1.10"), ("Port", "8883"), ("User name", "unisono"), ("Password", "")],
            }),
        },
        GuideStep {
            text: Text::new(
                "Say where your devices speak: names in braces become the conversation. Devices that announce \
                 themselves to Home Assistant appear without it.",
                "Sag, wo deine Geräte sprechen: Namen in Klammern werden zur Unterhaltung. Geräte, die sich bei Home \
                 Assistant anmelden, erscheinen von selbst.",
            ),
            figure: Some(Figure::Form {
                fields: &[("Topics", "home/{room}/{device}/state"), ("Answers", "home/{room}/{device}/set")],
            }),
        },
        GuideStep {
            text: Text::new("Write to a device as to anybody.", "Schreib einem Gerät wie jedem anderen."),
            figure: Some(Figure::Chat { lines: &[(false, "21.5 °C"), (true, "ON"), (false, "ON")] }),
        },
    ],
    catalogue: Catalogue {
        official: true,
        cost: Text::new("Nothing, with a broker of your own.", "Nichts, mit eigenem Broker."),
        rules: Text::new(
            "What the broker's operator allows: it may let a user read and write only some topics.",
            "Was der Betreiber des Brokers erlaubt: Er kann Benutzer auf einzelne Themen beschränken.",
        ),
        limits: Text::new(
            "MQTT 3.1.1. Payloads up to 8 MB; of a camera one picture a minute. Home Assistant's templates only in \
             their simple forms. A broker in your own network needs outbound.allow in the server's configuration.",
            "MQTT 3.1.1. Nutzdaten bis 8 MB; von einer Kamera ein Bild je Minute. Vorlagen von Home Assistant nur in \
             ihren einfachen Formen. Ein Broker im eigenen Netz braucht outbound.allow in der Konfiguration des Servers.",
        ),
        tested: Text::new("Mosquitto 2.0 (password, TLS).", "Mosquitto 2.0 (Passwort, TLS)."),
    },
    hook: false,
};

impl Channel for Mqtt {
    fn meta(&self) -> &ChannelMeta {
        &META
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities::TEXT
    }

    fn login<'a>(
        &'a self,
        _state: Option<serde_json::Value>,
        input: LoginInput,
        context: &'a LoginContext,
    ) -> BoxFuture<'a, Result<LoginReply, LoginError>> {
        Box::pin(login::step(input, context))
    }

    fn connect(&self, account: Account, host: Arc<dyn Host>) -> Result<Arc<dyn Session>, SessionError> {
        let login = Login::read(&account).map_err(|_| {
            SessionError::BadCredentials(Text::new(
                "What is stored of this account cannot be read. Please sign in again.",
                "Die gespeicherten Zugangsdaten sind unlesbar. Bitte melde dich neu an.",
            ))
        })?;
        Ok(Arc::new(session::MqttSession::new(login, host)))
    }

    fn settings_fields(&self, settings: &serde_json::Value) -> Vec<LoginField> {
        login::settings_fields(&Settings::read(settings))
    }
}
