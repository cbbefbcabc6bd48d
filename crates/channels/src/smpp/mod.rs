//! SMS by SMPP, the protocol that phone companies and aggregators speak among themselves: version 3.4
//! (<https://smpp.org/SMPP_v3_4_Issue1_2.pdf>), as a transceiver.

mod answer;
mod link;
mod memory;
mod receipt;
mod session;
mod short;
mod submit;

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::json;
use unisono_domain::{
    channel::{
        Account, BoxFuture, Capabilities, Catalogue, Channel, ChannelMeta, Figure, GuideStep, Host, Session,
        SessionError,
        login::{
            FieldKind, FieldOption, LoginContext, LoginError, LoginField, LoginFlow, LoginInput, LoginReply, NewAccount,
        },
    },
    text::Text,
};

use crate::{
    sms_text,
    token_login::{self, Given},
};

/// SMS by SMPP.
#[derive(Clone, Copy, Debug)]
pub struct Smpp;

/// The port that is registered for it.
const PORT: u16 = 2775;
/// Ten messages of an SMS each; longer ones are rarely let through.
const MAX_TEXT: usize = 1_530;

/// What an account holds, encrypted.
#[derive(Clone, Serialize, Deserialize)]
struct Credentials {
    host: String,
    port: u16,
    tls: bool,
    system_id: String,
    password: String,
    #[serde(default)]
    system_type: String,
    /// The number or name that recipients see.
    from: String,
    /// Long texts go out in one piece (`message_payload`), for the other side to cut.
    #[serde(default)]
    whole: bool,
}

fn credentials(account: &Account) -> Result<Credentials, SessionError> {
    serde_json::from_value(account.credentials.clone())
        .map_err(|_| SessionError::BadCredentials(Text::verbatim("malformed")))
}

static META: ChannelMeta = ChannelMeta {
    id: "smpp",
    name: Text::new("SMS (SMPP)", "SMS (SMPP)"),
    summary: Text::new(
        "Text messages straight from a phone company or aggregator that gives you SMPP access.",
        "Kurznachrichten direkt von einer Telefongesellschaft oder einem Anbieter mit SMPP-Zugang.",
    ),
    docs: Some("https://smpp.org/"),
    privacy: Text::new(
        "SMS · unencrypted: the provider and the phone companies can read it.",
        "SMS · unverschlüsselt: der Anbieter und die Telefongesellschaften können mitlesen.",
    ),
    flows: &[LoginFlow {
        id: "bind",
        name: Text::new("Server, system ID and password", "Server, System-ID und Passwort"),
    }],
    guide: &[
        GuideStep {
            text: Text::new(
                "Ask your SMS provider for SMPP access as a transceiver. They give you a server, a port, a system ID and \
                 a password, and often want to know this server's IP address.",
                "Lass dir von deinem SMS-Anbieter einen SMPP-Zugang als Transceiver geben. Du bekommst Server, Port, \
                 System-ID und Passwort; oft will er die IP-Adresse dieses Servers wissen.",
            ),
            figure: Some(Figure::Form {
                fields: &[("Host", "smpp.example.com"), ("Port", "2775"), ("System ID", "acme"), ("Password", "")],
            }),
        },
        GuideStep {
            text: Text::new(
                "Choose TLS if the provider offers it: without it, everything travels readable, the password too.",
                "Wähl TLS, wenn der Anbieter es hat: Ohne reist alles lesbar, auch das Passwort.",
            ),
            figure: None,
        },
    ],
    catalogue: Catalogue {
        official: true,
        cost: Text::new(
            "What you have agreed with the provider: as a rule by segment (160 characters, or 70 with emoji or foreign \
             letters), often with a monthly minimum.",
            "Was du mit dem Anbieter vereinbart hast: meist je Segment (160 Zeichen, mit Emoji oder fremden Buchstaben \
             70), oft mit einem Mindestumsatz.",
        ),
        rules: Text::new(
            "Advertising only with consent. Senders must often be registered. Providers limit messages a second.",
            "Werbung nur mit Einwilligung. Absender müssen oft angemeldet werden. Anbieter begrenzen Nachrichten je \
             Sekunde.",
        ),
        limits: Text::new(
            "Text only, up to 1,530 characters. A message that the network repeats within two seconds of a broken \
             connection is shown once, as far as it can be told.",
            "Nur Text, bis 1.530 Zeichen. Wiederholt das Netz nach einem Verbindungsabriss eine Nachricht, wird sie nur \
             einmal gezeigt, soweit sich das erkennen lässt.",
        ),
        tested: Text::new(
            "The SMPP server of the npm package `smpp`; not with a real phone company.",
            "Der SMPP-Server des npm-Pakets `smpp`; nicht mit einer echten Telefongesellschaft.",
        ),
    },
    hook: false,
};

impl Channel for Smpp {
    fn meta(&self) -> &ChannelMeta {
        &META
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities { max_text: Some(MAX_TEXT), ..sms_text::capabilities() }
    }

    fn address_schemes(&self) -> &'static [&'static str] {
        &["tel"]
    }

    fn login<'a>(
        &'a self,
        _: Option<serde_json::Value>,
        input: LoginInput,
        context: &'a LoginContext,
    ) -> BoxFuture<'a, Result<LoginReply, LoginError>> {
        const TITLE: Text = Text::new("Your SMPP access", "Dein SMPP-Zugang");
        Box::pin(token_login::step(input, TITLE, fields(), async |given| make_account(&given, context).await))
    }

    fn connect(&self, account: Account, host: Arc<dyn Host>) -> Result<Arc<dyn Session>, SessionError> {
        Ok(Arc::new(session::SmppSession::new(&account, host)?))
    }
}

fn fields() -> Vec<LoginField> {
    const YES_NO: [FieldOption; 2] = [
        FieldOption { value: "yes", label: Text::new("Yes", "Ja") },
        FieldOption { value: "no", label: Text::new("No", "Nein") },
    ];
    let choice = |id, label, value: &str| LoginField {
        options: YES_NO.to_vec(),
        ..LoginField::new(id, FieldKind::Select, label).value(value)
    };
    vec![
        LoginField::text("host", Text::new("Server", "Server")),
        LoginField::new("port", FieldKind::Number, Text::new("Port", "Port")).value(PORT.to_string()),
        choice("tls", Text::new("TLS (encrypted)", "TLS (verschlüsselt)"), "yes"),
        LoginField::text("system_id", Text::new("System ID", "System-ID")),
        LoginField::secret("password", Text::new("Password", "Passwort")),
        LoginField::text("system_type", Text::new("System type", "System-Typ"))
            .hint(Text::new("Only if the provider names one.", "Nur wenn der Anbieter einen nennt."))
            .optional(),
        LoginField::text("from", Text::new("Sender", "Absender")).hint(Text::new(
            "Your number, or a name of up to 11 letters (which cannot be answered).",
            "Deine Nummer oder ein Name mit bis zu 11 Buchstaben (dem man nicht antworten kann).",
        )),
        choice(
            "whole",
            Text::new(
                "The provider cuts long texts (message_payload)",
                "Der Anbieter teilt lange Texte (message_payload)",
            ),
            "no",
        ),
    ]
}

async fn make_account(given: &Given, context: &LoginContext) -> Result<NewAccount, LoginError> {
    let invalid = |field, en, de| LoginError::Invalid { field: Some(field), message: Text::new(en, de) };
    let credentials = Credentials {
        host: given.get("host").to_owned(),
        port: given.get("port").parse().map_err(|_| {
            invalid("port", "A port is a number from 1 to 65535.", "Ein Port ist eine Zahl von 1 bis 65535.")
        })?,
        tls: given.get("tls") != "no",
        system_id: given.get("system_id").to_owned(),
        password: given.get("password").to_owned(),
        system_type: given.get("system_type").to_owned(),
        from: sms_text::address(given.get("from"))
            .filter(|from| submit::address(from).is_some())
            .ok_or_else(|| invalid("from", "This cannot be a sender.", "Das kann kein Absender sein."))?,
        whole: given.get("whole") == "yes",
    };
    link::Link::open(&context.guard, &credentials).await.map_err(|error| match error {
        SessionError::BadCredentials(reason) => LoginError::BadCredentials(reason),
        SessionError::Trouble { reason, .. } => LoginError::Unavailable(reason),
        SessionError::LoggedOut => LoginError::NoSuchStep,
    })?;
    Ok(NewAccount {
        remote_id: format!("{}@{}:{} {}", credentials.system_id, credentials.host, credentials.port, credentials.from),
        display_name: credentials.from.clone(),
        credentials: json!(credentials),
        settings: json!({}),
    })
}
