//! Discord, by a bot of the user's own (<https://discord.com/developers/docs/intro>): the gateway for
//! what comes in, REST for what goes out.

mod api;
mod cards;
mod convert;
mod gateway;
mod history;
mod parts;
mod places;
mod session;

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use unisono_domain::{
    channel::{
        Account, BoxFuture, Capabilities, Catalogue, Channel, ChannelMeta, Figure, Formatting, GuideStep, Host,
        PartKind, Session, SessionError, Support,
        login::{LoginContext, LoginError, LoginField, LoginFlow, LoginInput, LoginReply, NewAccount},
    },
    text::Text,
};

use self::{
    api::{API, Api, ERROR},
    session::DiscordSession,
};
use crate::{
    rest::Rest,
    token_login::{self, Given},
};

/// Discord.
#[derive(Clone, Copy, Debug)]
pub struct Discord;

/// A bot's largest file (<https://discord.com/developers/docs/reference#uploading-files>).
const MAX_FILE: u64 = 10 * 1024 * 1024;
/// Discord takes 2,000; signs that keep text from being markup count, too.
const MAX_TEXT: usize = 1_900;
/// The application may read what is said, as a large or as a small one.
const READS_CONTENT: u64 = 1 << 18 | 1 << 19;

/// What an account holds, encrypted.
#[derive(Clone, Serialize, Deserialize)]
struct Credentials {
    token: String,
    user_id: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    api: Option<String>,
}

static META: ChannelMeta = ChannelMeta {
    id: "discord",
    name: Text::new("Discord", "Discord"),
    summary: Text::new(
        "Channels, threads and direct messages of your servers, through a bot that you make.",
        "Kanäle, Threads und Direktnachrichten deiner Server, über einen Bot, den du anlegst.",
    ),
    docs: Some("https://discord.com/developers/docs/quick-start/getting-started"),
    privacy: Text::new(
        "Discord · not end-to-end encrypted: Discord and the server's moderators can read it.",
        "Discord · nicht Ende-zu-Ende-verschlüsselt: Discord und die Moderatoren des Servers können mitlesen.",
    ),
    flows: &[LoginFlow { id: "token", name: Text::new("Bot token", "Bot-Token") }],
    guide: &[
        GuideStep {
            text: Text::new(
                "At discord.com/developers/applications choose New Application.",
                "Wähle auf discord.com/developers/applications New Application.",
            ),
            figure: Some(Figure::Menu { path: &["Applications", "New Application"] }),
        },
        GuideStep {
            text: Text::new(
                "Under Bot switch on Message Content Intent, else the bot sees messages without their text. Then \
                 choose Reset Token and copy it.",
                "Schalte unter Bot Message Content Intent ein, sonst sieht der Bot Nachrichten ohne ihren Text. \
                 Wähle dann Reset Token und kopiere das Token.",
            ),
            figure: Some(Figure::Form { fields: &[("Message Content Intent", "✓"), ("Token", "MTE5ODcx…")] }),
        },
        GuideStep {
            text: Text::new(
                "Under OAuth2, URL Generator, choose bot with these permissions, open the address and add the bot \
                 to your server.",
                "Wähle unter OAuth2, URL Generator, bot mit diesen Berechtigungen, öffne die Adresse und füge den \
                 Bot deinem Server hinzu.",
            ),
            figure: Some(Figure::Form {
                fields: &[
                    ("Scopes", "bot"),
                    ("Bot Permissions", "View Channels, Send Messages, Send Messages in Threads"),
                    ("", "Attach Files, Add Reactions, Read Message History"),
                ],
            }),
        },
    ],
    catalogue: Catalogue {
        official: true,
        cost: Text::new("Nothing.", "Nichts."),
        rules: Text::new(
            "Only bots may be connected: automating your own user account is forbidden. You write as the bot. Bots \
             in more than 100 servers need Discord's approval to read messages.",
            "Nur Bots dürfen verbunden werden: Das eigene Benutzerkonto zu automatisieren ist verboten. Du \
             schreibst als der Bot. Ab 100 Servern braucht er Discords Zustimmung, um Nachrichten zu lesen.",
        ),
        limits: Text::new(
            "2,000 characters a message, files up to 10 MB, about five messages in five seconds and channel. The \
             bot can write only to people who share a server with it. No read receipts.",
            "2.000 Zeichen je Nachricht, Dateien bis 10 MB, etwa fünf Nachrichten in fünf Sekunden je Kanal. Der \
             Bot kann nur Leuten schreiben, die mit ihm auf einem Server sind. Keine Lesebestätigungen.",
        ),
        tested: Text::new(
            "Discord's published description of its interface and a scripted gateway; not the live service.",
            "Discords veröffentlichte Beschreibung seiner Schnittstelle und ein nachgestelltes Gateway; nicht der \
             echte Dienst.",
        ),
    },
    hook: false,
};

const UNREADABLE: Text = Text::new(
    "What is stored of this account cannot be read. Please connect it again.",
    "Die gespeicherten Zugangsdaten sind unlesbar. Bitte verbinde das Konto neu.",
);

async fn probe(given: Given, context: &LoginContext) -> Result<NewAccount, LoginError> {
    let token = given.get("token").trim_start_matches("Bot ").to_owned();
    let rest = Rest::new(&context.guard, API).map_err(|error| error.login(ERROR))?;
    let api = Api::new(rest, &token);
    let me = api.get("users/@me").await.map_err(|error| error.login(ERROR))?;
    let application = api.get("applications/@me").await.map_err(|error| error.login(ERROR))?;
    if application["flags"].as_u64().unwrap_or(0) & READS_CONTENT == 0 {
        return Err(LoginError::Invalid { field: Some("token"), message: gateway::NO_CONTENT });
    }
    let user_id = me["id"].as_str().unwrap_or_default().to_owned();
    let display_name = places::name(&me).unwrap_or("Discord").to_owned();
    let credentials = json!(Credentials { token, user_id: user_id.clone(), api: None });
    Ok(NewAccount { remote_id: user_id, display_name, credentials, settings: json!({}) })
}

impl Channel for Discord {
    fn meta(&self) -> &ChannelMeta {
        &META
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities {
            formatting: Formatting::Markdown,
            max_text: Some(MAX_TEXT),
            max_file: Some(MAX_FILE),
            parts: vec![
                PartKind::Text,
                PartKind::Image,
                PartKind::Audio,
                PartKind::Video,
                PartKind::File,
                PartKind::Card,
            ],
            captions: true,
            reply: Support::Full,
            edit: Support::Full,
            delete: Support::Full,
            reaction: Support::Full,
            typing: true,
            groups: true,
            start_chat: true,
            history: true,
            ..Capabilities::TEXT
        }
    }

    fn login<'a>(
        &'a self,
        _: Option<Value>,
        input: LoginInput,
        context: &'a LoginContext,
    ) -> BoxFuture<'a, Result<LoginReply, LoginError>> {
        let fields = vec![LoginField::secret("token", Text::new("Bot token", "Bot-Token"))];
        let title = Text::new("Connect Discord", "Discord verbinden");
        Box::pin(token_login::step(input, title, fields, async |given| probe(given, context).await))
    }

    fn connect(&self, account: Account, host: Arc<dyn Host>) -> Result<Arc<dyn Session>, SessionError> {
        let credentials = serde_json::from_value::<Credentials>(account.credentials.clone())
            .map_err(|_| SessionError::BadCredentials(UNREADABLE))?;
        let session = DiscordSession::new(credentials, &account, host).map_err(|error| error.session(ERROR))?;
        Ok(Arc::new(session))
    }
}
