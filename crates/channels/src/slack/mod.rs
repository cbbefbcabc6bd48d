//! Slack, by an app of the user's own workspace (<https://docs.slack.dev/>): events over Socket Mode or
//! as signed calls, everything else by the Web API.

mod api;
mod blocks;
mod calls;
mod convert;
mod emoji;
mod history;
mod people;
mod session;
mod socket_mode;
mod upload;

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use unisono_domain::{
    channel::{
        Account, AccountId, BoxFuture, Capabilities, Catalogue, Channel, ChannelMeta, Figure, Formatting, GuideStep,
        Host, PartKind, Session, SessionError, Support, WebhookError, WebhookReply, WebhookRequest,
        login::{LoginContext, LoginError, LoginField, LoginFlow, LoginInput, LoginReply, NewAccount},
    },
    text::Text,
};

use self::{
    api::{API, Api, ERROR},
    convert::Me,
    people::Names,
    session::SlackSession,
};
use crate::{
    rest::Rest,
    token_login::{self, Given},
};

/// Slack.
#[derive(Clone, Copy, Debug)]
pub struct Slack;

/// Largest file that is carried: it is held in memory.
const MAX_FILE: u64 = 100 * 1024 * 1024;
/// Slack cuts texts at 40,000 characters, in which each `&` counts five.
const MAX_TEXT: usize = 12_000;
const SOCKET: &str = "socket";
const EVENTS: &str = "events";

/// What an account holds, encrypted.
#[derive(Clone, Serialize, Deserialize)]
struct Credentials {
    /// Of the bot (`xoxb-`), or of a person (`xoxp-`), who then is the one who speaks.
    token: String,
    /// For Socket Mode (`xapp-`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    app_token: Option<String>,
    /// What Slack signs its calls with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    signing_secret: Option<String>,
    user_id: String,
    #[serde(default)]
    bot_id: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    api: Option<String>,
}

impl Credentials {
    fn me(&self, account: AccountId) -> Me {
        Me { account, user: self.user_id.clone(), bot: self.bot_id.clone() }
    }
}

static META: ChannelMeta = ChannelMeta {
    id: "slack",
    name: Text::new("Slack", "Slack"),
    summary: Text::new(
        "Channels and direct messages of a workspace, through an app that you make there.",
        "Kanäle und Direktnachrichten eines Arbeitsbereichs, über eine App, die du dort anlegst.",
    ),
    docs: Some("https://docs.slack.dev/quickstart"),
    privacy: Text::new(
        "Slack · not end-to-end encrypted: Slack and the workspace's owners can read it.",
        "Slack · nicht Ende-zu-Ende-verschlüsselt: Slack und die Inhaber des Arbeitsbereichs können mitlesen.",
    ),
    flows: &[
        LoginFlow {
            id: SOCKET,
            name: Text::new("Socket Mode (no public address needed)", "Socket Mode (ohne öffentliche Adresse)"),
        },
        LoginFlow {
            id: EVENTS,
            name: Text::new("Events API (Slack calls your server)", "Events API (Slack ruft deinen Server)"),
        },
    ],
    guide: &[
        GuideStep {
            text: Text::new(
                "At api.slack.com/apps choose Create New App, From scratch, and your workspace.",
                "Wähle auf api.slack.com/apps Create New App, From scratch und deinen Arbeitsbereich.",
            ),
            figure: Some(Figure::Menu { path: &["Your Apps", "Create New App", "From scratch"] }),
        },
        GuideStep {
            text: Text::new(
                "Under OAuth & Permissions add these Bot Token Scopes, then install the app. Copy the Bot User \
                 OAuth Token.",
                "Füge unter OAuth & Permissions diese Bot Token Scopes hinzu und installiere die App. Kopiere das \
                 Bot User OAuth Token.",
            ),
            figure: Some(Figure::Form {
                fields: &[
                    ("Messages", "chat:write, reactions:read, reactions:write, files:read, files:write"),
                    ("Channels", "channels:read, channels:history, groups:read, groups:history"),
                    ("Direct", "im:read, im:history, im:write, mpim:read, mpim:history"),
                    ("People", "users:read, users:read.email"),
                    ("Bot User OAuth Token", "xoxb-…"),
                ],
            }),
        },
        GuideStep {
            text: Text::new(
                "Socket Mode: switch it on and copy the app-level token (scope connections:write). Events API: copy \
                 the Signing Secret from Basic Information instead.",
                "Socket Mode: Schalte ihn ein und kopiere das App-Level Token (Scope connections:write). Events API: \
                 Kopiere stattdessen das Signing Secret aus Basic Information.",
            ),
            figure: Some(Figure::Menu { path: &["Settings", "Socket Mode", "Enable Socket Mode"] }),
        },
        GuideStep {
            text: Text::new(
                "Under Event Subscriptions switch events on and subscribe the bot to these. With the Events API, \
                 connect the account first and paste its call-back address there and under Interactivity.",
                "Schalte unter Event Subscriptions Events ein und abonniere diese für den Bot. Bei der Events API \
                 verbinde erst das Konto und trage dann seine Rückrufadresse dort und unter Interactivity ein.",
            ),
            figure: Some(Figure::Form {
                fields: &[
                    ("Subscribe to bot events", "message.channels, message.groups, message.im, message.mpim"),
                    ("", "reaction_added, reaction_removed, channel_rename"),
                ],
            }),
        },
        GuideStep {
            text: Text::new(
                "Invite the app to the channels that you want to see here. To answer people in direct messages, \
                 allow them under App Home.",
                "Lade die App in die Kanäle ein, die du hier sehen willst. Direktnachrichten an sie erlaubst du \
                 unter App Home.",
            ),
            figure: Some(Figure::Chat { lines: &[(true, "/invite @Unisono")] }),
        },
    ],
    catalogue: Catalogue {
        official: true,
        cost: Text::new(
            "Nothing for apps. Slack's free plan hides messages older than 90 days.",
            "Für Apps nichts. Der kostenlose Tarif von Slack verbirgt Nachrichten, die älter als 90 Tage sind.",
        ),
        rules: Text::new(
            "Some workspaces let only administrators install apps. You write as the app; with a user token \
             (xoxp-) as yourself.",
            "In manchen Arbeitsbereichen dürfen nur Administratoren Apps installieren. Du schreibst als die App; \
             mit einem Benutzer-Token (xoxp-) als du selbst.",
        ),
        limits: Text::new(
            "The app sees only channels that it is in. No typing marks, no read receipts. About one message a \
             second and channel. Files up to 100 MB.",
            "Die App sieht nur Kanäle, in denen sie ist. Kein Tippen, keine Lesebestätigungen. Etwa eine Nachricht \
             je Sekunde und Kanal. Dateien bis 100 MB.",
        ),
        tested: Text::new(
            "Slack's published Web API description and event examples, and a scripted server; not a live workspace.",
            "Slacks veröffentlichte Beschreibung der Web API und Beispiele der Ereignisse sowie ein nachgestellter \
             Server; kein echter Arbeitsbereich.",
        ),
    },
    hook: true,
};

const UNREADABLE: Text = Text::new(
    "What is stored of this account cannot be read. Please connect it again.",
    "Die gespeicherten Zugangsdaten sind unlesbar. Bitte verbinde das Konto neu.",
);

fn fields(flow: &str) -> Vec<LoginField> {
    let token = LoginField::secret("token", Text::new("Bot User OAuth Token", "Bot User OAuth Token"))
        .hint(Text::new("Begins with xoxb-", "Beginnt mit xoxb-"));
    let second = if flow == EVENTS {
        LoginField::secret("signing_secret", Text::new("Signing Secret", "Signing Secret"))
            .hint(Text::new("Basic Information, App Credentials", "Basic Information, App Credentials"))
    } else {
        LoginField::secret("app_token", Text::new("App-level token", "App-Level Token"))
            .hint(Text::new("Begins with xapp-", "Beginnt mit xapp-"))
    };
    vec![token, second]
}

async fn probe(given: Given, context: &LoginContext) -> Result<NewAccount, LoginError> {
    let (token, app_token) = (given.get("token"), given.find("app_token"));
    let wrong = |field, message| Err(LoginError::Invalid { field: Some(field), message });
    if !token.starts_with("xox") {
        return wrong("token", Text::new("The token begins with xoxb-.", "Das Token beginnt mit xoxb-."));
    }
    if app_token.is_some_and(|token| !token.starts_with("xapp-")) {
        return wrong(
            "app_token",
            Text::new("The app-level token begins with xapp-.", "Das App-Level Token beginnt mit xapp-."),
        );
    }
    let rest = Rest::new(&context.guard, API).map_err(|error| error.login(ERROR))?;
    let answer = Api::new(rest.clone(), token).ask("auth.test", &[]).await.map_err(|error| error.login(ERROR))?;
    if let Some(app_token) = app_token {
        let opened = Api::new(rest, app_token).set("apps.connections.open", &json!({})).await;
        if let Err(error) = opened {
            return Err(LoginError::Invalid { field: Some("app_token"), message: error.reason(ERROR) });
        }
    }
    let text = |key: &str| answer[key].as_str().unwrap_or_default().to_owned();
    let credentials = Credentials {
        token: token.to_owned(),
        app_token: app_token.map(ToOwned::to_owned),
        signing_secret: given.find("signing_secret").map(ToOwned::to_owned),
        user_id: text("user_id"),
        bot_id: answer["bot_id"].as_str().map(ToOwned::to_owned),
        api: None,
    };
    Ok(NewAccount {
        remote_id: format!("{}/{}", text("team_id"), text("user_id")),
        display_name: format!("{} · {}", text("team"), text("user")),
        credentials: json!(credentials),
        settings: json!({}),
    })
}

impl Channel for Slack {
    fn meta(&self) -> &ChannelMeta {
        &META
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities {
            formatting: Formatting::Slack,
            max_text: Some(MAX_TEXT),
            max_file: Some(MAX_FILE),
            parts: vec![
                PartKind::Text,
                PartKind::Image,
                PartKind::Audio,
                PartKind::Voice,
                PartKind::Video,
                PartKind::File,
                PartKind::Card,
            ],
            captions: true,
            reply: Support::Full,
            edit: Support::Full,
            delete: Support::Full,
            reaction: Support::Full,
            groups: true,
            start_chat: true,
            history: true,
            ..Capabilities::TEXT
        }
    }

    fn login<'a>(
        &'a self,
        state: Option<Value>,
        input: LoginInput,
        context: &'a LoginContext,
    ) -> BoxFuture<'a, Result<LoginReply, LoginError>> {
        Box::pin(async move {
            let flow = match (&input, &state) {
                (LoginInput::Start { flow }, _) => flow.clone(),
                (_, Some(state)) => state["flow"].as_str().unwrap_or(SOCKET).to_owned(),
                (_, None) => SOCKET.to_owned(),
            };
            let title = Text::new("Connect Slack", "Slack verbinden");
            let reply =
                token_login::step(input, title, fields(&flow), async |given| probe(given, context).await).await?;
            Ok(LoginReply { state: json!({ "flow": flow }), ..reply })
        })
    }

    fn connect(&self, account: Account, host: Arc<dyn Host>) -> Result<Arc<dyn Session>, SessionError> {
        let credentials = serde_json::from_value::<Credentials>(account.credentials.clone())
            .map_err(|_| SessionError::BadCredentials(UNREADABLE))?;
        let session = SlackSession::new(credentials, &account, host).map_err(|error| error.session(ERROR))?;
        Ok(Arc::new(session))
    }

    /// Only while no session runs: that one answers by itself, with names.
    fn webhook(&self, request: &WebhookRequest, account: &Account) -> Result<WebhookReply, WebhookError> {
        let credentials = serde_json::from_value::<Credentials>(account.credentials.clone())
            .map_err(|error| WebhookError::Malformed(error.to_string()))?;
        let payload = calls::read(request, &credentials)?;
        if let Some(challenge) = calls::challenge(&payload) {
            return Ok(WebhookReply::answer(challenge, "text/plain"));
        }
        let event = convert::payload(&credentials.me(account.id), &payload, &Names::default());
        Ok(WebhookReply::events(event.into_iter().collect()))
    }
}
