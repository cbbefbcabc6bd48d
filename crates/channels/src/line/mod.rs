//! LINE by its Messaging API (<https://developers.line.biz/en/reference/messaging-api/>): the chats of
//! a LINE Official Account with people, groups and rooms.

mod compose;
mod convert;
mod files;
mod session;

use std::sync::{Arc, Mutex};

use serde_json::{Value, json};
use unisono_domain::{
    channel::{
        Account, BoxFuture, Capabilities, Catalogue, Channel, ChannelMeta, Figure, GuideStep, Host, PartKind, Session,
        SessionError, Support, WebhookError, WebhookReply, WebhookRequest,
        login::{
            FieldKind, FieldOption, LoginContext, LoginError, LoginField, LoginFlow, LoginInput, LoginReply, NewAccount,
        },
    },
    text::Text,
};

use self::{files::Files, session::WORDS};
use crate::{
    rest::Rest,
    token_login::{self, Given},
    verify,
};

const API: &str = "https://api.line.me";
const DATA: &str = "https://api-data.line.me";

/// The LINE channel.
#[derive(Clone, Copy, Debug)]
pub struct Line;

static META: ChannelMeta = ChannelMeta {
    id: "line",
    name: Text::new("LINE", "LINE"),
    summary: Text::new(
        "The chats of your LINE Official Account, with people and groups.",
        "Die Chats deines LINE Official Accounts, mit Menschen und Gruppen.",
    ),
    docs: Some("https://developers.line.biz/en/docs/messaging-api/getting-started/"),
    privacy: Text::new(
        "LINE Official Account · not end-to-end encrypted: LINE and this server can read it.",
        "LINE Official Account · nicht Ende-zu-Ende-verschlüsselt: LINE und dieser Server können mitlesen.",
    ),
    flows: &[LoginFlow { id: "token", name: Text::new("Channel access token", "Channel access token") }],
    guide: GUIDE,
    catalogue: Catalogue {
        official: true,
        cost: Text::new(
            "The account is free; each plan has a number of messages a month (in a group, one for every member). Free of charge are answers within half a minute, if you choose so in the settings.",
            "Der Account ist kostenlos; jeder Tarif hat eine Zahl von Nachrichten im Monat (in Gruppen eine je Mitglied). Nichts kosten Antworten binnen einer halben Minute, wenn du das in den Einstellungen wählst.",
        ),
        rules: Text::new(
            "People have to add the account as a friend first. One account can be in a group, not two.",
            "Menschen müssen den Account zuerst als Freund hinzufügen. In einer Gruppe kann ein Account sein, nicht zwei.",
        ),
        limits: Text::new(
            "Text up to 5,000 characters. Messages cannot be changed, taken back or reacted to. Pictures up to 10 MB, films as MP4; other files go out as a link. Stickers arrive as words. Needs an address of this server on the internet.",
            "Text bis 5.000 Zeichen. Nachrichten lassen sich nicht ändern, zurückholen oder mit Reaktionen versehen. Bilder bis 10 MB, Filme als MP4; andere Dateien gehen als Link hinaus. Sticker kommen als Worte an. Braucht eine Adresse dieses Servers im Internet.",
        ),
        tested: Text::new(
            "Mocks from LINE's OpenAPI descriptions (calls and webhooks), and a scripted server; not LINE itself.",
            "Nachbauten aus LINEs OpenAPI-Beschreibungen (Aufrufe und Webhooks) und ein Server nach Drehbuch; nicht LINE selbst.",
        ),
    },
    hook: false,
};

const GUIDE: &[GuideStep] = &[
    GuideStep {
        text: Text::new(
            "In LINE Official Account Manager open the settings of your account, then Messaging API, and enable it. Under response settings switch chat and auto-replies off and webhooks on.",
            "Öffne im LINE Official Account Manager die Einstellungen deines Accounts, dort Messaging API, und schalte es ein. Schalte bei den Antwort-Einstellungen Chat und automatische Antworten aus und Webhooks ein.",
        ),
        figure: Some(Figure::Menu { path: &["Settings", "Messaging API", "Enable Messaging API"] }),
    },
    GuideStep {
        text: Text::new(
            "In the LINE Developers Console choose the channel. The channel secret is under Basic settings; under Messaging API issue a long-lived channel access token.",
            "Wähle in der LINE Developers Console den Channel. Das Channel secret steht unter Basic settings; unter Messaging API erzeugst du ein langlebiges Channel access token.",
        ),
        figure: Some(Figure::Form {
            fields: &[("Channel secret", "0123456789abcdef…"), ("Channel access token (long-lived)", "Issue")],
        }),
    },
    GuideStep {
        text: Text::new(
            "Switch on “Use webhook” there. The address is set by Unisono itself.",
            "Schalte dort „Use webhook“ ein. Die Adresse trägt Unisono selbst ein.",
        ),
        figure: Some(Figure::Menu { path: &["Messaging API", "Webhook settings", "Use webhook"] }),
    },
];

const WRONG_TOKEN: Text = Text::new(
    "LINE does not accept this channel access token. Has it been copied whole?",
    "LINE nimmt dieses Channel access token nicht an. Ist es ganz kopiert?",
);

/// Whether LINE sent this (<https://developers.line.biz/en/docs/messaging-api/verify-webhook-signature/>).
fn is_signed(request: &WebhookRequest, secret: &str) -> bool {
    let expected = verify::hmac_sha256(secret.as_bytes(), &[&request.body]);
    !secret.is_empty() && verify::same_base64(&expected, request.header("x-line-signature").unwrap_or_default())
}

fn credential<'a>(account: &'a Account, key: &str) -> &'a str {
    account.credentials[key].as_str().unwrap_or_default()
}

async fn probe(given: Given, context: &LoginContext) -> Result<NewAccount, LoginError> {
    let base = given.find("api").unwrap_or(API);
    let rest = Rest::new(&context.guard, base).map_err(|error| error.login(WORDS))?;
    let info = rest.get("v2/bot/info").bearer(given.get("token")).send::<Value>().await;
    let info = info.map_err(|error| match error.status() {
        Some(400 | 401 | 403) => LoginError::BadCredentials(WRONG_TOKEN),
        _ => error.login(WORDS),
    })?;
    let text = |key: &str| info[key].as_str().unwrap_or_default();
    Ok(NewAccount {
        remote_id: text("userId").to_owned(),
        display_name: format!("{} ({})", text("displayName"), text("basicId")),
        credentials: json!({ "token": given.get("token"), "secret": given.get("secret"), "api": given.find("api") }),
        settings: json!({ "replies": "safe" }),
    })
}

impl Channel for Line {
    fn meta(&self) -> &ChannelMeta {
        &META
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities {
            // 5,000 UTF-16 units; some characters take two.
            max_text: Some(4_900),
            max_file: Some(200_000_000),
            parts: vec![
                PartKind::Text,
                PartKind::Image,
                PartKind::Audio,
                PartKind::Voice,
                PartKind::Video,
                PartKind::File,
                PartKind::Location,
                PartKind::Card,
            ],
            reply: Support::Full,
            edit: Support::Degraded,
            typing: true,
            read_receipts: true,
            groups: true,
            ..Capabilities::TEXT
        }
    }

    fn login<'a>(
        &'a self,
        _state: Option<Value>,
        input: LoginInput,
        context: &'a LoginContext,
    ) -> BoxFuture<'a, Result<LoginReply, LoginError>> {
        let fields = vec![
            LoginField::secret("token", Text::new("Channel access token", "Channel access token")),
            LoginField::secret("secret", Text::new("Channel secret", "Channel secret")),
        ];
        let title = Text::new("Connect a LINE Official Account", "LINE Official Account verbinden");
        Box::pin(token_login::step(input, title, fields, async |given| probe(given, context).await))
    }

    fn connect(&self, account: Account, host: Arc<dyn Host>) -> Result<Arc<dyn Session>, SessionError> {
        let own = account.credentials["api"].as_str();
        let rest = |base| Rest::new(host.guard(), own.unwrap_or(base)).map_err(|error| error.session(WORDS));
        Ok(Arc::new(session::LineSession {
            rest: rest(API)?,
            data: rest(DATA)?,
            token: credential(&account, "token").to_owned(),
            files: Files {
                account: account.id,
                secret: credential(&account, "secret").to_owned(),
                hook_url: account.hook_url.clone(),
            },
            free_replies: account.settings["replies"] == "free",
            members: Mutex::default(),
            host,
        }))
    }

    fn settings_fields(&self, settings: &Value) -> Vec<LoginField> {
        let options = vec![
            FieldOption {
                value: "safe",
                label: Text::new("counted by LINE, never sent twice", "von LINE gezählt, nie doppelt"),
            },
            FieldOption {
                value: "free",
                label: Text::new("free within half a minute", "kostenlos binnen einer halben Minute"),
            },
        ];
        let field = LoginField::new("replies", FieldKind::Select, Text::new("Answers are", "Antworten sind"));
        let field = field.value(settings["replies"].as_str().unwrap_or("safe")).hint(Text::new(
            "A free answer whose connection broke off is left to you to send again.",
            "Eine kostenlose Antwort, deren Verbindung abriss, musst du selbst noch einmal senden.",
        ));
        vec![LoginField { options, ..field }]
    }

    fn webhook(&self, request: &WebhookRequest, account: &Account) -> Result<WebhookReply, WebhookError> {
        if !is_signed(request, credential(account, "secret")) {
            return Err(WebhookError::BadSignature);
        }
        Ok(WebhookReply::events(convert::convert(&request.json()?, account.id)))
    }
}
