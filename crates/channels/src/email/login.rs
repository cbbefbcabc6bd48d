//! Adding a mailbox: address and password, and the servers by hand only where they cannot be found.

use std::{collections::BTreeMap, time::Duration};

use serde::{Deserialize, Serialize};
use serde_json::Value;
use tokio::time::timeout;
use unisono_domain::{
    channel::login::{
        FieldKind, FieldOption, LoginContext, LoginError, LoginField, LoginInput, LoginReply, LoginStep, NewAccount,
    },
    net::OutboundGuard,
    text::Text,
};

use super::{
    config::{Credentials, Security, Server, Settings, Threading},
    discover::{Endpoint, Username, discover},
    message::normalise,
    probe::{self, Verdict},
    providers::password_hint,
};

/// Flow: address and password.
pub const PASSWORD: &str = "password";
/// Flow: everything by hand, in one step.
pub const MANUAL: &str = "manual";
/// Trying what was found, altogether.
const PATIENCE: Duration = Duration::from_secs(60);
/// How many servers are told the password at most.
const TRIED: usize = 8;

/// Where a login stands. Holds no password.
#[derive(Serialize, Deserialize)]
#[serde(tag = "step", rename_all = "snake_case")]
enum State {
    Address,
    Servers,
}

/// Takes one step.
pub async fn step(state: Option<Value>, input: LoginInput, context: &LoginContext) -> Result<LoginReply, LoginError> {
    match (state, input) {
        (None, LoginInput::Start { flow }) if flow == PASSWORD => reply(&State::Address, address_step()),
        (None, LoginInput::Start { flow }) if flow == MANUAL => {
            reply(&State::Servers, servers_step(None, &BTreeMap::new(), None, None))
        }
        (Some(state), LoginInput::Submit(fields)) => {
            let state: State = serde_json::from_value(state).map_err(|_| LoginError::NoSuchStep)?;
            let by_hand = fields.get("imap_host").is_some_and(|host| !host.trim().is_empty());
            match state {
                State::Address if !by_hand => automatic(&fields, context).await,
                State::Address | State::Servers => manual(&fields, context).await,
            }
        }
        _ => Err(LoginError::NoSuchStep),
    }
}

fn reply(state: &State, step: LoginStep) -> Result<LoginReply, LoginError> {
    let state = serde_json::to_value(state).map_err(|_| LoginError::NoSuchStep)?;
    Ok(LoginReply { state, step })
}

/// Finds the servers and tries them with the user's own password.
async fn automatic(fields: &BTreeMap<String, String>, context: &LoginContext) -> Result<LoginReply, LoginError> {
    let (address, password) = address_and_password(fields)?;
    let found = discover(&context.guard, &address).await;
    let attempt = async {
        let imap = first_that_works(&context.guard, &found.imap, &address, &password, Protocol::Imap).await?;
        // The server that took the password for reading decides: sending elsewhere with it failing
        // is a matter of the right server, not of the password.
        let smtp = match &imap {
            Some(_) => first_that_works(&context.guard, &found.smtp, &address, &password, Protocol::Smtp).await?,
            None => None,
        };
        Ok::<_, LoginError>((imap, smtp))
    };
    let (imap, smtp) = timeout(PATIENCE, attempt).await.unwrap_or(Ok((None, None)))?;
    match (imap, smtp) {
        (Some(imap), Some(smtp)) => done(fields, address, password, imap, smtp),
        (imap, _) => {
            let imap = imap.or_else(|| found.imap.first().map(|endpoint| endpoint.server(&address)));
            let smtp = found.smtp.first().map(|endpoint| endpoint.server(&address));
            let message = Text::new(
                "We could not find the servers of this mailbox. Your provider names them in its help pages.",
                "Wir konnten die Server dieses Postfachs nicht finden. Dein Anbieter nennt sie auf seinen Hilfeseiten.",
            );
            reply(&State::Servers, servers_step(Some(message), fields, imap.as_ref(), smtp.as_ref()))
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Protocol {
    Imap,
    Smtp,
}

async fn first_that_works(
    guard: &OutboundGuard,
    endpoints: &[Endpoint],
    address: &str,
    password: &str,
    protocol: Protocol,
) -> Result<Option<Server>, LoginError> {
    let mut refused = None;
    for endpoint in endpoints.iter().take(TRIED) {
        for username in [endpoint.username, Username::LocalPart] {
            let server = Endpoint { username, ..endpoint.clone() }.server(address);
            let verdict = match protocol {
                Protocol::Imap => probe::imap(guard, &server, password).await,
                Protocol::Smtp => probe::smtp(guard, &server, password).await,
            };
            match verdict {
                Verdict::Works => return Ok(Some(server)),
                Verdict::Refused => refused = Some(server.host),
                Verdict::Absent(_) => break,
            }
            if endpoint.username == Username::LocalPart {
                break;
            }
        }
        if refused.is_some() {
            // It is the right server. Others need not hear the password.
            break;
        }
    }
    match refused {
        Some(host) => Err(LoginError::BadCredentials(password_hint(&host))),
        None => Ok(None),
    }
}

/// Takes the servers as they were typed, and tries both.
async fn manual(fields: &BTreeMap<String, String>, context: &LoginContext) -> Result<LoginReply, LoginError> {
    let (address, password) = address_and_password(fields)?;
    let get = |name: &str| fields.get(name).map(|value| value.trim()).filter(|value| !value.is_empty());
    let imap_name = get("username").unwrap_or(&address).to_owned();
    let imap = Server {
        host: host(get("imap_host"), "imap_host")?,
        security: security(get("imap_security"), "imap_security")?,
        port: port(get("imap_port"), "imap_port", get("imap_security"), 993, 143)?,
        username: imap_name.clone(),
    };
    let smtp = Server {
        host: host(get("smtp_host").or(Some(&imap.host)), "smtp_host")?,
        security: security(get("smtp_security"), "smtp_security")?,
        port: port(get("smtp_port"), "smtp_port", get("smtp_security"), 465, 587)?,
        username: get("smtp_username").map_or(imap_name, ToOwned::to_owned),
    };
    let (imap_verdict, smtp_verdict) =
        tokio::join!(probe::imap(&context.guard, &imap, &password), probe::smtp(&context.guard, &smtp, &password),);
    for (verdict, field, server, kind) in
        [(imap_verdict, "imap_host", &imap, "IMAP"), (smtp_verdict, "smtp_host", &smtp, "SMTP")]
    {
        match verdict {
            Verdict::Works => {}
            Verdict::Refused => return Err(LoginError::BadCredentials(password_hint(&server.host))),
            Verdict::Absent(words) => {
                return Err(LoginError::Invalid {
                    field: Some(field),
                    message: Text::owned(
                        format!("The {kind} server cannot be used: {words}"),
                        format!("Der {kind}-Server ist nicht nutzbar: {words}"),
                    ),
                });
            }
        }
    }
    done(fields, address, password, imap, smtp)
}

fn done(
    fields: &BTreeMap<String, String>,
    address: String,
    password: String,
    imap: Server,
    smtp: Server,
) -> Result<LoginReply, LoginError> {
    let settings = Settings {
        threading: match fields.get("threading").map(String::as_str) {
            Some("thread") => Threading::Thread,
            _ => Threading::Correspondent,
        },
        display_name: fields.get("display_name").map(|name| name.trim().to_owned()).unwrap_or_default(),
        signature: fields.get("signature").cloned().unwrap_or_default(),
        aliases: fields.get("aliases").cloned().unwrap_or_default(),
    };
    let unusable = |_| LoginError::NoSuchStep;
    let credentials = Credentials { address: address.clone(), password, imap, smtp };
    let account = NewAccount {
        remote_id: normalise(&address),
        display_name: address,
        credentials: serde_json::to_value(credentials).map_err(unusable)?,
        settings: serde_json::to_value(settings).map_err(unusable)?,
    };
    Ok(LoginReply { state: Value::Null, step: LoginStep::Done(account) })
}

fn address_and_password(fields: &BTreeMap<String, String>) -> Result<(String, String), LoginError> {
    let address = fields.get("email").map(|value| value.trim().to_owned()).unwrap_or_default();
    if address.parse::<lettre::Address>().is_err() {
        return Err(LoginError::Invalid {
            field: Some("email"),
            message: Text::new(
                "This is not a mail address such as anna@example.org.",
                "Das ist keine Mailadresse wie anna@example.org.",
            ),
        });
    }
    match fields.get("password").filter(|password| !password.is_empty()) {
        Some(password) => Ok((address, password.clone())),
        None => Err(LoginError::Invalid {
            field: Some("password"),
            message: Text::new("Please enter the password.", "Bitte gib das Passwort ein."),
        }),
    }
}

fn host(value: Option<&str>, field: &'static str) -> Result<String, LoginError> {
    let host = value.unwrap_or_default().to_ascii_lowercase();
    let valid = !host.is_empty()
        && host.len() < 254
        && host.chars().all(|char| char.is_alphanumeric() || ".-:[]".contains(char));
    if valid {
        return Ok(host);
    }
    Err(LoginError::Invalid {
        field: Some(field),
        message: Text::new(
            "Please enter the server's name, such as imap.example.org.",
            "Bitte gib den Namen des Servers ein, etwa imap.example.org.",
        ),
    })
}

fn security(value: Option<&str>, field: &'static str) -> Result<Security, LoginError> {
    Security::parse(value.unwrap_or("tls")).ok_or(LoginError::Invalid {
        field: Some(field),
        message: Text::new("Choose tls, starttls or none.", "Wähle tls, starttls oder none."),
    })
}

fn port(
    value: Option<&str>,
    field: &'static str,
    security: Option<&str>,
    tls: u16,
    other: u16,
) -> Result<u16, LoginError> {
    match value {
        None if security.and_then(Security::parse).unwrap_or(Security::Tls) == Security::Tls => Ok(tls),
        None => Ok(other),
        Some(text) => text.parse().ok().filter(|port| *port > 0).ok_or(LoginError::Invalid {
            field: Some(field),
            message: Text::new("A port is a number up to 65535.", "Ein Port ist eine Zahl bis 65535."),
        }),
    }
}

fn field(id: &'static str, kind: FieldKind, label: Text, value: Option<String>, required: bool) -> LoginField {
    LoginField { id, kind, label, hint: None, value, required, options: Vec::new() }
}

fn address_fields(known: &BTreeMap<String, String>) -> Vec<LoginField> {
    let value = |name: &str| known.get(name).cloned();
    vec![
        field("email", FieldKind::Email, Text::new("E-mail address", "E-Mail-Adresse"), value("email"), true),
        field("password", FieldKind::Secret, Text::new("Password", "Passwort"), None, true),
        LoginField {
            hint: Some(Text::new("As others see it in your mails.", "So sehen dich andere in deinen Mails.")),
            ..field("display_name", FieldKind::Text, Text::new("Your name", "Dein Name"), value("display_name"), false)
        },
    ]
}

fn address_step() -> LoginStep {
    LoginStep::Fields {
        title: Text::new("Add a mailbox", "Postfach hinzufügen"),
        message: None,
        fields: address_fields(&BTreeMap::new()),
    }
}

fn servers_step(
    message: Option<Text>,
    known: &BTreeMap<String, String>,
    imap: Option<&Server>,
    smtp: Option<&Server>,
) -> LoginStep {
    let mut fields = address_fields(known);
    fields.push(LoginField {
        hint: Some(Text::new("If it differs from the address.", "Falls er von der Adresse abweicht.")),
        ..field(
            "username",
            FieldKind::Text,
            Text::new("Login name", "Benutzername"),
            imap.map(|server| server.username.clone()),
            false,
        )
    });
    let security = |id, server: Option<&Server>, port: u16| LoginField {
        options: vec![
            FieldOption { value: "tls", label: Text::new("TLS", "TLS") },
            FieldOption { value: "starttls", label: Text::new("STARTTLS", "STARTTLS") },
            FieldOption {
                value: "none",
                label: Text::new("none (only in your own network)", "keine (nur im eigenen Netz)"),
            },
        ],
        ..field(
            id,
            FieldKind::Select,
            Text::new("Encryption", "Verschlüsselung"),
            Some(
                server
                    .map_or(if port == 993 || port == 465 { "tls" } else { "starttls" }, |server| {
                        server.security.word()
                    })
                    .to_owned(),
            ),
            true,
        )
    };
    let port_field = |id, server: Option<&Server>, usual: u16| {
        let value = server.map_or(usual, |server| server.port).to_string();
        field(id, FieldKind::Number, Text::new("Port", "Port"), Some(value), true)
    };
    let host_of = |server: Option<&Server>| server.map(|server| server.host.clone());
    fields.extend([
        field("imap_host", FieldKind::Text, Text::new("IMAP server", "IMAP-Server"), host_of(imap), true),
        port_field("imap_port", imap, 993),
        security("imap_security", imap, 993),
        field("smtp_host", FieldKind::Text, Text::new("SMTP server", "SMTP-Server"), host_of(smtp), true),
        port_field("smtp_port", smtp, 465),
        security("smtp_security", smtp, 465),
        field(
            "smtp_username",
            FieldKind::Text,
            Text::new("Login name for sending", "Benutzername für den Versand"),
            smtp.map(|server| server.username.clone()).filter(|name| Some(name) != imap.map(|server| &server.username)),
            false,
        ),
    ]);
    LoginStep::Fields { title: Text::new("Servers of your mailbox", "Server deines Postfachs"), message, fields }
}
