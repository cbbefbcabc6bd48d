//! Signing in with an address and a password.

use serde::{Deserialize, Serialize};
use unisono_domain::{
    channel::login::{FieldKind, LoginContext, LoginError, LoginField, LoginFlow, LoginInput, LoginReply, NewAccount},
    text::Text,
};
use xmpp_parsers::jid::Jid;

use super::open;
use crate::token_login::{self, Given};

pub const FLOWS: &[LoginFlow] =
    &[LoginFlow { id: "password", name: Text::new("Address and password", "Adresse und Passwort") }];

#[derive(Clone, Serialize, Deserialize)]
pub struct Credentials {
    pub jid: String,
    pub password: String,
    /// `host` or `host:port`, where the address does not lead there by itself.
    pub server: Option<String>,
}

impl std::fmt::Debug for Credentials {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Credentials").finish_non_exhaustive()
    }
}

pub async fn step(input: LoginInput, context: &LoginContext) -> Result<LoginReply, LoginError> {
    let title = Text::new("Your XMPP account", "Dein XMPP-Konto");
    let fields = vec![
        LoginField::new("jid", FieldKind::Email, Text::new("Address (JID)", "Adresse (JID)"))
            .hint(Text::new("Looks like a mail address.", "Sieht aus wie eine Mailadresse.")),
        LoginField::secret("password", Text::new("Password", "Passwort")),
        LoginField::text("server", Text::new("Server", "Server")).optional().hint(Text::new(
            "Only if the address alone does not work: name or name:port.",
            "Nur wenn die Adresse allein nicht genügt: Name oder Name:Port.",
        )),
    ];
    token_login::step(input, title, fields, async |given| probe(&given, context).await).await
}

async fn probe(given: &Given, context: &LoginContext) -> Result<NewAccount, LoginError> {
    let invalid = || LoginError::Invalid {
        field: Some("jid"),
        message: Text::new(
            "This is no XMPP address such as anna@example.org.",
            "Das ist keine XMPP-Adresse wie anna@example.org.",
        ),
    };
    let jid: Jid = given.get("jid").parse().map_err(|_| invalid())?;
    jid.node().ok_or_else(invalid)?;
    let jid = jid.to_bare();
    let server = given.find("server");
    let address = open::Address { jid: &jid, server, resource: "unisono.sign-in" };
    let password = given.get("password");
    open::open(&context.guard, address, password).await.map_err(|error| error.login())?;
    let credentials =
        Credentials { jid: jid.to_string(), password: password.to_owned(), server: server.map(ToOwned::to_owned) };
    Ok(NewAccount {
        remote_id: jid.to_string(),
        display_name: jid.to_string(),
        credentials: serde_json::to_value(credentials).unwrap_or_default(),
        settings: serde_json::Value::Null,
    })
}
