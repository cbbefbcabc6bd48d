//! A connected bot: gets its updates by asking or by being called, without losing any in between.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use serde_json::{Value, json};
use unisono_domain::{
    Millis,
    channel::{
        AccountState, BoxFuture, ChatInfo, Host, Media, Outbound, PortalKey, RemoteUserId, RequestError, ResolvedChat,
        SendOutcome, Session, SessionError, UserInfo,
    },
    text::Text,
};
use url::Url;

use super::{
    api::{self, Api, WORDS},
    convert::{self, Bot, WANTED},
    send,
    wire::{Place, name, user},
};
use crate::rest::RestError;

/// How long Telegram may keep a question open (<https://core.telegram.org/bots/api#getupdates>), in seconds.
const OPEN_FOR: u64 = 50;
/// How often a webhook is looked after.
const LOOK_AFTER: Duration = Duration::from_secs(300);
/// Update ids start anew at a random number after a week without any; an older one says nothing.
const OFFSET_HOLDS: Millis = 6 * 24 * 60 * 60 * 1_000;

const TWO_POLLERS: Text = Text::new(
    "Another program fetches this bot's messages, too, and Telegram allows only one. End the other one, or make a new token with @BotFather.",
    "Ein anderes Programm holt die Nachrichten dieses Bots ebenfalls ab, und Telegram erlaubt nur eines. Beende das andere oder lass dir von @BotFather ein neues Token geben.",
);
const TAKEN_OVER: Text = Text::new(
    "Another program has set its own address for this bot's messages. They are fetched back now.",
    "Ein anderes Programm hat für die Nachrichten dieses Bots seine eigene Adresse gesetzt. Sie werden jetzt zurückgeholt.",
);

/// How updates come to us.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Receive {
    /// By calls to this address, else by asking.
    Best(Url),
    Webhook(Url),
    Poll,
}

pub(super) struct TelegramSession {
    pub api: Api,
    pub bot: Bot,
    pub host: Arc<dyn Host>,
    pub receive: Receive,
    pub secret: String,
}

impl TelegramSession {
    async fn connect(&self) -> Result<(), SessionError> {
        self.api.ask("getMe", &json!({})).await.map_err(|error| error.session(WORDS))?;
        match &self.receive {
            Receive::Poll => self.poll().await,
            Receive::Webhook(url) => {
                self.set_webhook(url).await.map_err(trouble)?;
                self.look_after(url).await
            }
            Receive::Best(url) => match self.set_webhook(url).await {
                Ok(()) => self.look_after(url).await,
                // Telegram cannot reach the address: no certificate, a port that it does not call ...
                Err(error) if error.status() == Some(400) => self.poll().await,
                Err(error) => Err(trouble(error)),
            },
        }
    }

    /// What waits at Telegram stays there and comes by the new way.
    async fn set_webhook(&self, url: &Url) -> Result<(), RestError> {
        let parameters =
            json!({ "url": url, "secret_token": self.secret, "allowed_updates": WANTED, "max_connections": 20 });
        self.api.ask("setWebhook", &parameters).await.map(drop)
    }

    /// Tells the user when Telegram cannot reach us (<https://core.telegram.org/bots/api#webhookinfo>).
    async fn look_after(&self, url: &Url) -> Result<(), SessionError> {
        loop {
            let info = self.api.ask("getWebhookInfo", &json!({})).await.map_err(trouble)?;
            if info["url"].as_str().is_some_and(|set| set != url.as_str()) {
                return Err(SessionError::Trouble { reason: TAKEN_OVER, retry_after: Some(1_000) });
            }
            let waiting = info["pending_update_count"].as_i64().unwrap_or_default() > 0;
            let state = match info["last_error_message"].as_str() {
                Some(words) if waiting => AccountState::Trouble { reason: unreachable(words), retry_at: None },
                _ => AccountState::Connected,
            };
            self.host.report(state);
            tokio::time::sleep(LOOK_AFTER).await;
        }
    }

    async fn poll(&self) -> Result<(), SessionError> {
        self.api.ask("deleteWebhook", &json!({ "drop_pending_updates": false })).await.map_err(trouble)?;
        let mut cursor = self.host.cursor().await?.unwrap_or_default();
        let mut open_for = 0;
        loop {
            let mut question = json!({ "timeout": open_for, "limit": 100, "allowed_updates": WANTED });
            let holds = cursor["at"].as_i64().is_some_and(|at| self.host.now() - at < OFFSET_HOLDS);
            if let Some(offset) = cursor["offset"].as_i64().filter(|_| holds) {
                question["offset"] = offset.into();
            }
            // Asking for an offset tells Telegram that everything before it is safe with us.
            let within = Duration::from_secs(open_for + 15);
            let updates = self.api.poll(&question, within).await.map_err(trouble)?;
            if open_for == 0 {
                self.host.report(AccountState::Connected);
                open_for = OPEN_FOR;
            }
            let updates = updates.as_array().map(Vec::as_slice).unwrap_or_default();
            let Some(newest) = updates.iter().filter_map(|update| update["update_id"].as_i64()).max() else {
                continue;
            };
            let events = updates.iter().flat_map(|update| self.bot.convert(update)).collect();
            cursor = json!({ "offset": newest.saturating_add(1), "at": self.host.now() });
            self.host.deliver(events, Some(cursor.clone())).await?;
            for query in updates.iter().filter_map(convert::query) {
                // Stops the waiting sign on the button; too late is no harm.
                let _ = self.api.ask("answerCallbackQuery", &json!({ "callback_query_id": query })).await;
            }
        }
    }

    async fn get_chat(&self, chat: Value) -> Result<Value, RequestError> {
        self.api.ask("getChat", &json!({ "chat_id": chat })).await.map_err(api::request)
    }
}

fn trouble(error: RestError) -> SessionError {
    if error.status() == Some(409) {
        return SessionError::Trouble { reason: TWO_POLLERS, retry_after: Some(30_000) };
    }
    match api::retry_after(&error) {
        Some(after) => SessionError::Trouble { reason: error.reason(WORDS), retry_after: Some(after) },
        None => error.session(WORDS),
    }
}

/// The picture of a chat or of a person (<https://core.telegram.org/bots/api#chatphoto>).
fn picture(chat: &Value) -> Option<Media> {
    Some(Media::lazy(chat["photo"]["big_file_id"].as_str()?, "avatar.jpg", "image/jpeg"))
}

fn unreachable(words: &str) -> Text {
    Text::owned(format!("Telegram cannot reach us: {words}"), format!("Telegram erreicht uns nicht: {words}"))
}

impl Session for TelegramSession {
    fn run(&self) -> BoxFuture<'_, Result<(), SessionError>> {
        Box::pin(self.connect())
    }

    fn send(&self, outbound: Outbound) -> BoxFuture<'_, SendOutcome> {
        Box::pin(async move { send::send(&self.api, &*self.host, &outbound).await })
    }

    fn chat_info<'a>(&'a self, portal: &'a PortalKey) -> BoxFuture<'a, Result<ChatInfo, RequestError>> {
        Box::pin(async move {
            let place = Place::parse(portal.chat.as_str()).ok_or(RequestError::NotFound)?;
            let chat = self.get_chat(place.chat.into()).await?;
            let mut info = convert::chat(&chat).ok_or(RequestError::NotFound)?;
            info.topic = chat["description"].as_str().or(chat["bio"].as_str()).map(str::to_owned);
            info.avatar = picture(&chat);
            Ok(info)
        })
    }

    fn user_info<'a>(&'a self, user: &'a RemoteUserId) -> BoxFuture<'a, Result<UserInfo, RequestError>> {
        Box::pin(async move {
            let id: i64 = user.as_str().parse().map_err(|_| RequestError::NotFound)?;
            let chat = self.get_chat(id.into()).await?;
            Ok(UserInfo { name: Some(name(&chat)), avatar: picture(&chat) })
        })
    }

    fn resolve_identifier<'a>(&'a self, identifier: &'a str) -> BoxFuture<'a, Result<ResolvedChat, RequestError>> {
        Box::pin(async move {
            let typed = identifier.trim().trim_start_matches("https://").trim_start_matches("t.me/");
            let typed = typed.trim_start_matches('@');
            let asked = typed.parse::<i64>().map_or_else(|_| json!(format!("@{typed}")), |id| json!(id));
            let chat = match self.get_chat(asked).await {
                Err(RequestError::NotFound | RequestError::Invalid(_)) => return Err(RequestError::Invalid(NOT_FIRST)),
                other => other?,
            };
            let place = chat["id"].as_i64().map(|chat| Place { chat, business: None }).ok_or(RequestError::NotFound)?;
            Ok(ResolvedChat {
                portal: PortalKey::private(self.bot.account, place.to_string()),
                user: user(&chat).ok_or(RequestError::NotFound)?,
                info: convert::chat(&chat).ok_or(RequestError::NotFound)?,
            })
        })
    }

    fn download<'a>(&'a self, media_id: &'a str) -> BoxFuture<'a, Result<Bytes, RequestError>> {
        Box::pin(self.api.file(media_id, self.bot.largest))
    }

    fn logout(&self) -> BoxFuture<'_, Result<(), RequestError>> {
        // `logOut` of the Bot API is another thing: it would lock the bot out for ten minutes.
        Box::pin(async { self.api.ask("deleteWebhook", &json!({})).await.map(drop).map_err(api::request) })
    }
}

const NOT_FIRST: Text = Text::new(
    "The bot does not know this chat. People have to write to it first; into groups and channels it has to be invited.",
    "Der Bot kennt diesen Chat nicht. Menschen müssen ihm zuerst schreiben; in Gruppen und Kanäle muss er eingeladen werden.",
);
