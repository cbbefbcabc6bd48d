//! Adding a network: server, name, and a password where one is needed.

use unisono_domain::{
    channel::login::{
        FieldKind, FieldOption, LoginContext, LoginError, LoginField, LoginInput, LoginReply, NewAccount,
    },
    text::Text,
};

use super::{
    config::{Credentials, Settings},
    link::{Link, LinkError},
    names::{Features, is_nick},
};
use crate::token_login::{self, Given};

/// The only flow.
pub const SERVER: &str = "server";

pub async fn step(input: LoginInput, context: &LoginContext) -> Result<LoginReply, LoginError> {
    let title = Text::new("Your IRC network", "Dein IRC-Netz");
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
    vec![
        LoginField::text("host", Text::new("Server", "Server")).value("irc.libera.chat"),
        LoginField::new("port", FieldKind::Number, Text::new("Port", "Port")).value("6697"),
        security,
        LoginField::text("nick", Text::new("Your name (nick)", "Dein Name (Nick)")),
        LoginField::text(
            "account",
            Text::new("Account, if the name is registered", "Konto, falls der Name registriert ist"),
        )
        .hint(Text::new("Empty: the same as the name.", "Leer: wie der Name."))
        .optional(),
        LoginField::secret("password", Text::new("Password of the account", "Passwort des Kontos"))
            .hint(Text::new(
                "Needed only for a registered name (NickServ).",
                "Nur für einen registrierten Namen nötig (NickServ).",
            ))
            .optional(),
        LoginField::secret("server_password", Text::new("Password of the server", "Passwort des Servers"))
            .hint(Text::new(
                "Only private servers and bouncers want one.",
                "Nur private Server und Bouncer wollen eines.",
            ))
            .optional(),
        LoginField::text("channels", Text::new("Channels", "Kanäle"))
            .hint(Text::new(
                "Separated by commas, such as #unisono, #club key",
                "Durch Kommas getrennt, etwa #unisono, #verein schlüssel",
            ))
            .optional(),
    ]
}

async fn probe(given: &Given, context: &LoginContext) -> Result<NewAccount, LoginError> {
    let nick = given.get("nick").to_owned();
    if !is_nick(&nick) {
        let message = Text::new(
            "A name is one word without : , ! @ and not a channel.",
            "Ein Name ist ein Wort ohne : , ! @ und kein Kanal.",
        );
        return Err(LoginError::Invalid { field: Some("nick"), message });
    }
    let port = given.get("port").parse().map_err(|_| LoginError::Invalid {
        field: Some("port"),
        message: Text::new("A number up to 65535.", "Eine Zahl bis 65535."),
    })?;
    let credentials = Credentials {
        host: given.get("host").trim_matches(['[', ']']).to_ascii_lowercase(),
        port,
        tls: given.get("security") != "plain",
        real_name: nick.clone(),
        nick,
        server_password: given.find("server_password").map(ToOwned::to_owned),
        account: given.find("account").map(ToOwned::to_owned),
        password: given.find("password").map(ToOwned::to_owned),
    };
    let link = Link::open(&context.guard, &credentials).await.map_err(login_error)?;
    link.quit().await;
    let unusable = |_| LoginError::NoSuchStep;
    let name = format!("{}@{}", credentials.nick, credentials.host);
    let settings = Settings { channels: given.get("channels").to_owned(), ..Settings::default() };
    Ok(NewAccount {
        remote_id: Features::default().fold(&name),
        display_name: name,
        credentials: serde_json::to_value(credentials).map_err(unusable)?,
        settings: serde_json::to_value(settings).map_err(unusable)?,
    })
}

fn login_error(error: LinkError) -> LoginError {
    match error {
        LinkError::BadCredentials(reason) => LoginError::BadCredentials(reason),
        LinkError::BadNick(message) => LoginError::Invalid { field: Some("nick"), message },
        LinkError::Net(error) => LoginError::Invalid {
            field: Some("host"),
            message: Text::owned(
                format!("The server cannot be reached: {error}"),
                format!("Der Server ist nicht erreichbar: {error}"),
            ),
        },
        LinkError::Banned(reason) | LinkError::Closed(reason) => LoginError::Unavailable(reason),
    }
}
