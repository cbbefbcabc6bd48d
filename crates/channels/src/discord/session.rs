//! One connected bot.

use std::{
    collections::{HashMap, VecDeque},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use bytes::Bytes;
use reqwest::{
    Method,
    multipart::{Form, Part as FormPart},
};
use serde_json::{Value, json};
use tokio::sync::Notify;
use unisono_domain::{
    channel::{
        Account, BoxFuture, ChatInfo, FindSent, Formatting, Host, Inbound, Media, MediaSource, MessageRef, Outbound,
        OutboundBody, Part, PartKind, PortalKey, RemoteId, RemoteUserId, RequestError, ResolvedChat, SendOutcome,
        Session, SessionError, UserInfo,
    },
    text::Text,
};

use super::{
    Credentials, MAX_FILE,
    api::{self, API, Api, ERROR},
    cards,
    convert::{self, Me},
    gateway::{Position, plain},
    places::{self, Places},
};
use crate::{
    format,
    rest::{Rest, RestError},
};

/// Longest text, as it is written.
const LONGEST: usize = 2_000;
/// So long Discord knows a nonce, in milliseconds ("the past few minutes").
const NONCE_HOLDS: i64 = 60_000;

pub(super) struct DiscordSession {
    pub credentials: Credentials,
    pub me: Me,
    pub host: Arc<dyn Host>,
    pub api: Api,
    places: Mutex<Places>,
    position: Mutex<Position>,
    /// The newest message that was here when the gateway's session began.
    pub since: Mutex<u64>,
    /// Channels to be caught up with, and since when.
    pub wishes: Mutex<VecDeque<(String, u64)>>,
    pub wished: Notify,
    pub oldest: Mutex<HashMap<String, u64>>,
}

const NO_SUCH_PERSON: Text = Text::new(
    "Give the number of a user, or the name of somebody who shares a server with the bot.",
    "Gib die Nummer eines Benutzers an oder den Namen von jemandem, der mit dem Bot auf einem Server ist.",
);

impl DiscordSession {
    pub(super) fn new(credentials: Credentials, account: &Account, host: Arc<dyn Host>) -> Result<Self, RestError> {
        let rest = Rest::new(host.guard(), credentials.api.as_deref().unwrap_or(API))?;
        Ok(Self {
            me: Me { account: account.id, user: credentials.user_id.clone() },
            api: Api::new(rest, &credentials.token),
            credentials,
            host,
            places: Mutex::default(),
            position: Mutex::default(),
            since: Mutex::default(),
            wishes: Mutex::default(),
            wished: Notify::new(),
            oldest: Mutex::default(),
        })
    }

    pub(super) fn places(&self) -> MutexGuard<'_, Places> {
        self.places.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn position(&self) -> MutexGuard<'_, Position> {
        self.position.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn send_one(&self, outbound: &Outbound) -> Result<SendOutcome, RestError> {
        let channel = plain(outbound.portal.chat.as_str());
        let message = |target: &MessageRef| format!("channels/{channel}/messages/{}", plain(target.id.as_str()));
        let done = |what: &str| SendOutcome::Sent {
            id: RemoteId::new(format!("{}:{what}", outbound.txn)),
            at: self.host.now(),
            data: Value::Null,
        };
        match &outbound.body {
            OutboundBody::Message { parts, reply_to } => {
                let Some(part) = parts.first() else { return Ok(SendOutcome::Unsupported) };
                self.message(&channel, outbound, part, reply_to.as_ref()).await
            }
            OutboundBody::Edit { target, parts } => {
                let Some(part) = parts.first() else { return Ok(SendOutcome::Unsupported) };
                let body = json!({ "content": self.written(part, None), "allowed_mentions": { "parse": ["users"] } });
                self.api.put(Method::PATCH, &message(target), Some(&body), true).await?;
                Ok(done("edit"))
            }
            OutboundBody::Delete { target } => match self.api.put(Method::DELETE, &message(target), None, true).await {
                Err(error) if api::code(&error) != 10_008 => Err(error),
                _ => Ok(done("delete")),
            },
            OutboundBody::Reaction { target, key } | OutboundBody::ReactionRemove { target, key } => {
                let path = format!("{}/reactions/{}/@me", message(target), self.emoji(key));
                let added = matches!(outbound.body, OutboundBody::Reaction { .. });
                let method = if added { Method::PUT } else { Method::DELETE };
                match self.api.put(method, &path, None, true).await {
                    // Removed with the message, or never there.
                    Err(error) if added || !matches!(api::code(&error), 10_008 | 10_014) => Err(error),
                    _ => Ok(done(key)),
                }
            }
            OutboundBody::Typing { typing } => {
                if *typing {
                    self.api.put(Method::POST, &format!("channels/{channel}/typing"), None, true).await?;
                }
                Ok(done("typing"))
            }
            OutboundBody::Read { .. } => Ok(SendOutcome::Unsupported),
        }
    }

    async fn message(
        &self,
        channel: &str,
        outbound: &Outbound,
        part: &Part,
        reply_to: Option<&MessageRef>,
    ) -> Result<SendOutcome, RestError> {
        let mut body = json!({
            "content": self.written(part, outbound.sender_name.as_deref()),
            "nonce": nonce(&outbound.txn),
            "enforce_nonce": true,
            // Nobody calls a whole server by accident.
            "allowed_mentions": { "parse": ["users"], "replied_user": true },
        });
        if let Some(answered) = reply_to {
            body["message_reference"] = json!({ "message_id": answered.id, "fail_if_not_exists": false });
        }
        if let Some(card) = part.extra.get("org.unisono.card").filter(|_| part.kind == PartKind::Card) {
            body["components"] = cards::components(card);
        }
        let path = format!("channels/{channel}/messages");
        let answer = match &part.media {
            Some(Media { source: MediaSource::Bytes(bytes), name, mime, .. }) => {
                body["attachments"] = json!([{ "id": "0", "filename": name }]);
                let file = FormPart::stream(bytes.clone()).file_name(name.clone());
                let file = file.mime_str(mime).or_else(|_| {
                    FormPart::stream(bytes.clone()).file_name(name.clone()).mime_str("application/octet-stream")
                });
                let file = file.map_err(|error| RestError::Unsent(error.to_string()))?;
                let form = Form::new().text("payload_json", body.to_string()).part("files[0]", file);
                let call = self.api.rest.post(&path).multipart(form).within(Duration::from_secs(300));
                // The same nonce makes the same message.
                self.api.run(&path, call.idempotent()).await?
            }
            Some(_) => return Ok(SendOutcome::Unsupported),
            None => self.api.put(Method::POST, &path, Some(&body), true).await?,
        };
        let id = answer["id"].as_str().ok_or_else(|| RestError::Malformed("no id".to_owned()))?;
        Ok(SendOutcome::Sent { id: RemoteId::new(id), at: convert::time(id), data: Value::Null })
    }

    /// A part's text. Signs that keep text from being markup count, too: where they make it too long
    /// for Discord, it goes without them.
    fn written(&self, part: &Part, sender: Option<&str>) -> String {
        let mention = |id: &str, _: &str| format::remote_id("discord", id).map(|id| format!("<@{}>", plain(&id)));
        let card = part.extra.get("org.unisono.card").filter(|_| part.kind == PartKind::Card);
        let mut text = match card.and_then(|card| card["text"].as_str()) {
            Some(text) => format::write(Formatting::Markdown, &Part::text("0", text)),
            None => format::write_mentioning(Formatting::Markdown, part, &mention),
        };
        if let Some(sender) = sender {
            text = format!("**{}:** {text}", format::write(Formatting::Markdown, &Part::text("0", sender)));
        }
        if text.chars().count() > LONGEST { part.text.chars().take(LONGEST).collect() } else { text }
    }

    /// An emoji in an address: a server's own needs its number.
    fn emoji(&self, key: &str) -> String {
        let name = key.strip_prefix(':').and_then(|key| key.strip_suffix(':'));
        let own = name.and_then(|name| self.places().emoji.get(name).map(|id| format!("{name}:{id}")));
        let bare = own.unwrap_or_else(|| key.to_owned());
        url::form_urlencoded::byte_serialize(bare.as_bytes()).collect()
    }

    async fn find(&self, outbound: &Outbound) -> Result<FindSent, RestError> {
        let OutboundBody::Message { parts, .. } = &outbound.body else { return Ok(FindSent::NotSent) };
        if self.host.now() - outbound.sent_at < NONCE_HOLDS {
            return Ok(FindSent::NotSent);
        }
        let Some(part) = parts.first() else { return Ok(FindSent::NotSent) };
        let after = convert::snowflake(outbound.sent_at - 60_000);
        let channel = plain(outbound.portal.chat.as_str());
        let list = self.api.get(&format!("channels/{channel}/messages?limit=100&after={after}")).await?;
        let text = self.written(part, outbound.sender_name.as_deref());
        let name = part.media.as_ref().map(|media| media.name.as_str());
        let is_it = |message: &&Value| {
            message["author"]["id"].as_str() == Some(&self.me.user)
                && message["content"] == text.as_str()
                && message["attachments"].as_array().is_some_and(|files| files.is_empty() == name.is_none())
        };
        let found = list.as_array().into_iter().flatten().find(is_it).and_then(|message| message["id"].as_str());
        Ok(match found {
            Some(id) => FindSent::Sent(MessageRef { id: RemoteId::new(id), data: Value::Null }),
            None => FindSent::NotSent,
        })
    }

    async fn resolve(&self, identifier: &str) -> Result<ResolvedChat, RequestError> {
        let typed = identifier.trim().trim_start_matches('@');
        let is_number = !typed.is_empty() && typed.bytes().all(|byte| byte.is_ascii_digit());
        let id = if is_number { typed.to_owned() } else { self.find_person(typed).await? };
        let opened = self.api.put(Method::POST, "users/@me/channels", Some(&json!({ "recipient_id": id })), true).await;
        let opened = opened.map_err(|error| error.request(ERROR))?;
        let channel = opened["id"].as_str().ok_or(RequestError::NotFound)?;
        let user = places::user(&opened["recipients"][0]).ok_or(RequestError::NotFound)?;
        Ok(ResolvedChat { portal: self.me.portal(channel), info: ChatInfo::direct(user.clone()), user })
    }

    /// Somebody on a server of the bot's, by name.
    async fn find_person(&self, name: &str) -> Result<String, RequestError> {
        let guilds: Vec<String> = self.places().guilds.iter().take(10).cloned().collect();
        let query: String = url::form_urlencoded::byte_serialize(name.as_bytes()).collect();
        for guild in guilds {
            let path = format!("guilds/{}/members/search?limit=20&query={query}", plain(&guild));
            let Ok(members) = self.api.get(&path).await else { continue };
            let is_it = |member: &&Value| {
                let names = [&member["nick"], &member["user"]["global_name"], &member["user"]["username"]];
                names.into_iter().any(|known| known.as_str().is_some_and(|known| known.eq_ignore_ascii_case(name)))
            };
            let found = members.as_array().into_iter().flatten().find(is_it);
            if let Some(id) = found.and_then(|member| member["user"]["id"].as_str()) {
                return Ok(id.to_owned());
            }
        }
        Err(RequestError::Invalid(NO_SUCH_PERSON))
    }

    /// Files lie open on Discord's own servers; no others are asked.
    fn is_discord(&self, url: &str) -> bool {
        let Ok(url) = url.parse::<url::Url>() else { return false };
        let own = self.credentials.api.as_deref().and_then(|api| api.parse::<url::Url>().ok());
        let host = url.host_str().unwrap_or_default();
        let is_theirs = matches!(host, "cdn.discordapp.com" | "media.discordapp.net");
        (is_theirs && url.scheme() == "https") || own.is_some_and(|own| own.origin() == url.origin())
    }
}

/// At most 25 characters that tell a message apart.
pub(super) fn nonce(txn: &str) -> String {
    let hash = crate::verify::hex(&crate::verify::hmac_sha256(b"discord", &[txn.as_bytes()]));
    hash.get(..24).unwrap_or_default().to_owned()
}

impl Session for DiscordSession {
    fn run(&self) -> BoxFuture<'_, Result<(), SessionError>> {
        Box::pin(self.run_gateway())
    }

    fn send(&self, outbound: Outbound) -> BoxFuture<'_, SendOutcome> {
        Box::pin(async move { self.send_one(&outbound).await.unwrap_or_else(|error| api::outcome(error, &*self.host)) })
    }

    fn find_sent<'a>(&'a self, outbound: &'a Outbound) -> BoxFuture<'a, Result<FindSent, SessionError>> {
        Box::pin(async move { self.find(outbound).await.map_err(|error| error.session(ERROR)) })
    }

    fn chat_info<'a>(&'a self, portal: &'a PortalKey) -> BoxFuture<'a, Result<ChatInfo, RequestError>> {
        Box::pin(async move {
            if let Some(known) = self.places().find(portal.chat.as_str()) {
                return Ok(known.clone());
            }
            let path = format!("channels/{}", plain(portal.chat.as_str()));
            let channel = self.api.get(&path).await.map_err(|error| error.request(ERROR))?;
            Ok(places::chat(&channel, None))
        })
    }

    fn user_info<'a>(&'a self, user: &'a RemoteUserId) -> BoxFuture<'a, Result<UserInfo, RequestError>> {
        Box::pin(async move {
            let id = plain(user.as_str());
            let found = self.api.get(&format!("users/{id}")).await.map_err(|error| error.request(ERROR))?;
            let avatar = found["avatar"].as_str().map(plain).map(|hash| {
                let url = format!("https://cdn.discordapp.com/avatars/{id}/{hash}.png?size=256");
                Media::lazy(url, "avatar.png", "image/png")
            });
            Ok(UserInfo { name: places::name(&found).map(ToOwned::to_owned), avatar })
        })
    }

    fn resolve_identifier<'a>(&'a self, identifier: &'a str) -> BoxFuture<'a, Result<ResolvedChat, RequestError>> {
        Box::pin(self.resolve(identifier))
    }

    fn fetch_history<'a>(
        &'a self,
        portal: &'a PortalKey,
        limit: usize,
    ) -> BoxFuture<'a, Result<Vec<Inbound>, RequestError>> {
        Box::pin(self.earlier(portal.chat.as_str(), limit))
    }

    fn download<'a>(&'a self, media_id: &'a str) -> BoxFuture<'a, Result<Bytes, RequestError>> {
        Box::pin(async move {
            if !self.is_discord(media_id) {
                return Err(RequestError::NotFound);
            }
            let most = usize::try_from(MAX_FILE).unwrap_or(usize::MAX);
            let call = self.api.rest.get(media_id).within(Duration::from_secs(120));
            Ok(call.answer(most).await.map_err(|error| error.request(ERROR))?.body)
        })
    }
}
