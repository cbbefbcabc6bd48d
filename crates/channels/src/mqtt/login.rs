//! Adding a broker: where it is, who we are, and where the devices speak.

use unisono_domain::{
    channel::login::{
        FieldKind, FieldOption, LoginContext, LoginError, LoginField, LoginInput, LoginReply, NewAccount,
    },
    text::Text,
};

use super::{
    config::{Credentials, Settings, find_malformed},
    wire::{Link, WireError, unreachable},
};
use crate::token_login::{self, Given};

/// The only flow.
pub const BROKER: &str = "broker";

pub async fn step(input: LoginInput, context: &LoginContext) -> Result<LoginReply, LoginError> {
    let title = Text::new("Your MQTT broker", "Dein MQTT-Broker");
    token_login::step(input, title, fields(), async |given| probe(&given, context).await).await
}

fn fields() -> Vec<LoginField> {
    let security = LoginField {
        options: vec![
            FieldOption { value: "tls", label: Text::new("TLS (encrypted)", "TLS (verschlüsselt)") },
            FieldOption { value: "plain", label: Text::new("none", "keine") },
        ],
        ..LoginField::new("security", FieldKind::Select, Text::new("Encryption", "Verschlüsselung")).value("tls")
    };
    let mut fields = vec![
        LoginField::text("host", Text::new("Server", "Server")),
        LoginField::new("port", FieldKind::Number, Text::new("Port", "Port")).value("8883"),
        security,
        LoginField::text("username", Text::new("User name", "Benutzername")).optional(),
        LoginField::secret("password", Text::new("Password", "Passwort")).optional(),
    ];
    let settings = settings_fields(&Settings::default());
    fields.extend(settings.into_iter().filter(|field| matches!(field.id, "topics" | "command" | "availability")));
    fields
}

/// What can be changed later.
pub fn settings_fields(settings: &Settings) -> Vec<LoginField> {
    let pattern = |id, label, example: &'static str, value: &str| {
        let hint = Text::owned(
            format!("Such as {example} – names in braces become the conversation; several with commas."),
            format!("Etwa {example} – Namen in Klammern werden zur Unterhaltung; mehrere mit Kommas."),
        );
        LoginField::text(id, label).hint(hint).value(value).optional()
    };
    let repeat = LoginField {
        options: vec![
            FieldOption { value: "no", label: Text::new("only when it changes", "nur, wenn er sich ändert") },
            FieldOption { value: "yes", label: Text::new("every time", "jedes Mal") },
        ],
        ..LoginField::new("repeat", FieldKind::Select, Text::new("Tell a value", "Einen Wert melden"))
            .value(if settings.repeat == "yes" { "yes" } else { "no" })
    };
    vec![
        pattern(
            "topics",
            Text::new("Topics of devices", "Themen der Geräte"),
            "home/{room}/{device}/state",
            &settings.topics,
        ),
        pattern(
            "command",
            Text::new("Topic for answers", "Thema für Antworten"),
            "home/{room}/{device}/set",
            &settings.command,
        ),
        LoginField::text("template", Text::new("What is published there", "Was dorthin geschrieben wird"))
            .hint(Text::new(
                "Empty: the text itself. Else for example {\"command\": \"{text}\"}",
                "Leer: der Text selbst. Sonst etwa {\"command\": \"{text}\"}",
            ))
            .value(&settings.template)
            .optional(),
        pattern(
            "availability",
            Text::new("Topic of availability", "Thema der Erreichbarkeit"),
            "home/{room}/{device}/online",
            &settings.availability,
        ),
        repeat,
        LoginField::text("discovery", Text::new("Home Assistant discovery", "Erkennung von Home Assistant"))
            .hint(Text::new("The prefix of its topics; empty: off.", "Der Anfang ihrer Themen; leer: aus."))
            .value(&settings.discovery)
            .optional(),
    ]
}

async fn probe(given: &Given, context: &LoginContext) -> Result<NewAccount, LoginError> {
    for field in ["topics", "command", "availability"] {
        if let Some(malformed) = find_malformed(given.get(field)) {
            return Err(LoginError::Invalid {
                field: Some(field),
                message: Text::owned(
                    format!("`{malformed}` is no topic such as home/{{room}}/{{device}}/state"),
                    format!("`{malformed}` ist kein Thema wie home/{{raum}}/{{gerät}}/zustand"),
                ),
            });
        }
    }
    let port = given.get("port").parse().map_err(|_| LoginError::Invalid {
        field: Some("port"),
        message: Text::new("A number up to 65535.", "Eine Zahl bis 65535."),
    })?;
    let credentials = Credentials {
        host: given.get("host").trim_matches(['[', ']']).to_ascii_lowercase(),
        port,
        tls: given.get("security") != "plain",
        username: given.find("username").map(ToOwned::to_owned),
        password: given.find("password").map(ToOwned::to_owned),
    };
    // Under a name of its own, so that an account at work is not thrown out.
    let client_id = format!("unisono-{:014x}", rand::random::<u64>() >> 8);
    Link::open(&context.guard, &credentials, &client_id, false).await.map_err(|error| match error {
        WireError::BadCredentials(reason) => LoginError::BadCredentials(reason),
        WireError::Refused(reason) => LoginError::Unavailable(reason),
        WireError::Net(error) => LoginError::Invalid { field: Some("host"), message: unreachable(&error) },
    })?;
    let unusable = |_| LoginError::NoSuchStep;
    let name = match &credentials.username {
        Some(username) => format!("{username}@{}", credentials.host),
        None => credentials.host.clone(),
    };
    let settings = Settings {
        topics: given.get("topics").to_owned(),
        command: given.get("command").to_owned(),
        availability: given.get("availability").to_owned(),
        ..Settings::default()
    };
    Ok(NewAccount {
        remote_id: name.clone(),
        display_name: name,
        credentials: serde_json::to_value(credentials).map_err(unusable)?,
        settings: serde_json::to_value(settings).map_err(unusable)?,
    })
}
