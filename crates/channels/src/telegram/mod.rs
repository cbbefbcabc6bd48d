//! Telegram by its Bot API (<https://core.telegram.org/bots/api>): a bot's chats, groups and channels,
//! and the private chats of a person who has connected the bot to their own account.
//!
//! In: [`session`] asks for updates or is called, [`convert`] makes events of them, [`parts`] reads
//! what a message holds. Out: [`compose`] makes calls of events, [`send`] makes the calls.

mod api;
mod compose;
mod convert;
mod entities;
mod keyboard;
mod login;
mod notice;
mod parts;
mod reaction;
mod send;
mod session;
mod vcard;
mod wire;

use std::sync::Arc;

use serde_json::Value;
use unisono_domain::{
    channel::{
        Account, BoxFuture, Capabilities, Catalogue, Channel, ChannelMeta, Figure, Formatting, GuideStep, Host,
        PartKind, Session, SessionError, Support, WebhookError, WebhookReply, WebhookRequest,
        login::{FieldKind, FieldOption, LoginContext, LoginError, LoginField, LoginFlow, LoginInput, LoginReply},
    },
    text::Text,
};

use self::{api::Api, convert::Bot, session::Receive};
use crate::verify;

/// The Telegram channel.
#[derive(Clone, Copy, Debug)]
pub struct Telegram;

static META: ChannelMeta = ChannelMeta {
    id: "telegram",
    name: Text::new("Telegram", "Telegram"),
    summary: Text::new(
        "A bot of your own, made in two minutes; people and groups write to it.",
        "Ein eigener Bot, in zwei Minuten angelegt; Menschen und Gruppen schreiben ihm.",
    ),
    docs: Some("https://core.telegram.org/bots/features#botfather"),
    privacy: Text::new(
        "Telegram bot · not end-to-end encrypted: Telegram and this server can read it.",
        "Telegram-Bot · nicht Ende-zu-Ende-verschlüsselt: Telegram und dieser Server können mitlesen.",
    ),
    flows: &[LoginFlow { id: "token", name: Text::new("Bot token", "Bot-Token") }],
    guide: GUIDE,
    catalogue: Catalogue {
        official: true,
        cost: Text::new("Nothing.", "Nichts."),
        rules: Text::new(
            "A bot cannot write first: people have to start it, and groups have to invite it. About one message a second to one chat, 20 a minute to one group, 30 a second to all.",
            "Ein Bot kann nicht zuerst schreiben: Menschen müssen ihn starten, Gruppen ihn einladen. Etwa eine Nachricht je Sekunde an einen Chat, 20 je Minute an eine Gruppe, 30 je Sekunde an alle.",
        ),
        limits: Text::new(
            "Files up to 50 MB out and 20 MB in. No history from before, no read marks. One reaction a message, and only Telegram's own emoji. Taking back within 48 hours. In groups, reactions are seen by a bot that is an administrator. Bots are not told when others delete.",
            "Dateien bis 50 MB hinaus und 20 MB herein. Keine frühere Geschichte, keine Lesebestätigungen. Eine Reaktion je Nachricht, und nur Telegrams eigene Emoji. Zurückholen binnen 48 Stunden. In Gruppen sieht nur ein Bot, der Administrator ist, Reaktionen. Dass andere löschen, erfahren Bots nicht.",
        ),
        tested: Text::new(
            "A mock made from the description of Bot API 10.1, and a scripted server (polling, webhook, failures); not Telegram itself.",
            "Ein Nachbau aus der Beschreibung der Bot API 10.1 und ein Server nach Drehbuch (Abholen, Webhook, Ausfälle); nicht Telegram selbst.",
        ),
    },
    hook: false,
};

const GUIDE: &[GuideStep] = &[
    GuideStep {
        text: Text::new(
            "Open Telegram, look for @BotFather (with the blue tick) and send him /newbot. He asks for a name and for a user name that ends in “bot”.",
            "Öffne Telegram, suche @BotFather (mit dem blauen Haken) und schick ihm /newbot. Er fragt nach einem Namen und einem Benutzernamen, der auf „bot“ endet.",
        ),
        figure: Some(Figure::Chat {
            lines: &[
                (true, "/newbot"),
                (false, "Alright, a new bot. How are we going to call it?"),
                (true, "Bakery Muster"),
                (false, "Good. Now let's choose a username for your bot. It must end in `bot`."),
                (true, "bakery_muster_bot"),
            ],
        }),
    },
    GuideStep {
        text: Text::new(
            "His answer holds the token. Copy it (the whole answer will do) and paste it below.",
            "In seiner Antwort steht das Token. Kopiere es (auch die ganze Antwort geht) und füge es unten ein.",
        ),
        figure: Some(Figure::Chat {
            lines: &[(false, "Done! Use this token to access the HTTP API: 123456789:AAE…")]
        }),
    },
    GuideStep {
        text: Text::new(
            "For groups: send @BotFather /setprivacy and choose “Disable”, so that the bot hears everything, then add it to the group.",
            "Für Gruppen: Schick @BotFather /setprivacy und wähle „Disable“, damit der Bot alles hört; dann füge ihn der Gruppe hinzu.",
        ),
        figure: Some(Figure::Chat {
            lines: &[(true, "/setprivacy"), (false, "Choose a bot …"), (true, "@bakery_muster_bot"), (true, "Disable")],
        }),
    },
    GuideStep {
        text: Text::new(
            "To answer from your own account (Telegram Business): switch on the bot's Business Mode at @BotFather, then choose it in Telegram under Settings.",
            "Um von deinem eigenen Konto zu antworten (Telegram Business): Schalte bei @BotFather den Business Mode des Bots ein und wähle ihn dann in Telegram in den Einstellungen.",
        ),
        figure: Some(Figure::Menu { path: &["Settings", "Telegram Business", "Chatbots"] }),
    },
];

const UNREADABLE: Text = Text::new(
    "What is stored of this bot cannot be read. Please connect it again.",
    "Was von diesem Bot gespeichert ist, lässt sich nicht lesen. Bitte verbinde ihn neu.",
);

/// What Telegram has to send along with every call: made from the token, so that nobody else knows it.
fn secret(account: &Account) -> String {
    let token = account.credentials["token"].as_str().unwrap_or_default();
    verify::hex(&verify::hmac_sha256(token.as_bytes(), &[b"telegram webhook ", account.hook.as_bytes()]))
}

fn bot(account: &Account) -> Bot {
    // A server of one's own gives whole files.
    let own = account.credentials["api"].is_string();
    let largest = if own { 2_000_000_000 } else { parts::LARGEST_FILE };
    Bot { account: account.id, id: account.remote_id.clone(), largest }
}

impl Channel for Telegram {
    fn meta(&self) -> &ChannelMeta {
        &META
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities {
            formatting: Formatting::Telegram,
            // 4,096 UTF-16 units; some characters take two.
            max_text: Some(4_000),
            max_caption: Some(1_000),
            max_file: Some(50_000_000),
            parts: vec![
                PartKind::Text,
                PartKind::Image,
                PartKind::Audio,
                PartKind::Voice,
                PartKind::Video,
                PartKind::File,
                PartKind::Location,
                PartKind::Contact,
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
            ..Capabilities::TEXT
        }
    }

    fn login<'a>(
        &'a self,
        _state: Option<Value>,
        input: LoginInput,
        context: &'a LoginContext,
    ) -> BoxFuture<'a, Result<LoginReply, LoginError>> {
        Box::pin(login::step(input, context))
    }

    fn connect(&self, account: Account, host: Arc<dyn Host>) -> Result<Arc<dyn Session>, SessionError> {
        let base = account.credentials["api"].as_str().unwrap_or(api::OFFICIAL);
        let token = account.credentials["token"].as_str().and_then(login::find_token);
        let token = token.ok_or(SessionError::BadCredentials(UNREADABLE))?;
        let api = Api::new(host.guard(), base, token).map_err(|error| error.session(api::WORDS))?;
        let receive = match (account.settings["receive"].as_str(), &account.hook_url) {
            (Some("webhook"), Some(url)) => Receive::Webhook(url.clone()),
            (Some("poll"), _) | (_, None) => Receive::Poll,
            (_, Some(url)) => Receive::Best(url.clone()),
        };
        let session = session::TelegramSession { api, bot: bot(&account), host, receive, secret: secret(&account) };
        Ok(Arc::new(session))
    }

    fn settings_fields(&self, settings: &Value) -> Vec<LoginField> {
        let options = vec![
            FieldOption { value: "auto", label: Text::new("the best way", "auf dem besten Weg") },
            FieldOption { value: "poll", label: Text::new("fetched", "abgeholt") },
            FieldOption { value: "webhook", label: Text::new("brought (webhook)", "gebracht (Webhook)") },
        ];
        let field = LoginField::new("receive", FieldKind::Select, Text::new("Messages are", "Nachrichten werden"));
        let field = field
            .value(settings["receive"].as_str().unwrap_or("auto"))
            .hint(Text::new("Changing it loses nothing.", "Beim Wechsel geht nichts verloren."));
        vec![LoginField { options, ..field }]
    }

    fn webhook(&self, request: &WebhookRequest, account: &Account) -> Result<WebhookReply, WebhookError> {
        let given = request.header("x-telegram-bot-api-secret-token").unwrap_or_default();
        if !verify::same(secret(account).as_bytes(), given.as_bytes()) {
            return Err(WebhookError::BadSignature);
        }
        let update: Value = request.json()?;
        let events = bot(account).convert(&update);
        // A call may be answered with a call: this one stops the waiting sign on a button.
        let answer = convert::query(&update)
            .map(|query| serde_json::json!({ "method": "answerCallbackQuery", "callback_query_id": query }));
        Ok(WebhookReply {
            events,
            body: answer.map(|answer| answer.to_string()).unwrap_or_default().into(),
            content_type: "application/json",
        })
    }
}
