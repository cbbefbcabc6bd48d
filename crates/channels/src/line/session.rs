//! A connected LINE Official Account.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use bytes::Bytes;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use unisono_domain::{
    Millis,
    channel::{
        AccountState, BoxFuture, ChatInfo, ChatKind, FindSent, Host, Media, Outbound, OutboundBody, PortalKey,
        RemoteId, RemoteUserId, RequestError, SendOutcome, Served, Session, SessionError, UserInfo, WebhookRequest,
    },
    text::Text,
};

use super::{
    compose,
    convert::{Source, id},
    files::Files,
    is_signed,
};
use crate::rest::{Call, Rest, RestError};

/// Where LINE has its words in an error.
pub(super) const WORDS: &str = "/message";
/// A reply is free if it comes at once: its token holds for about a minute
/// (<https://developers.line.biz/en/reference/messaging-api/#send-reply-message>).
const REPLY_WITHIN: Millis = 30_000;
/// A repetition is recognised for a day (<https://developers.line.biz/en/docs/messaging-api/retrying-api-request/>).
const KEY_HOLDS: Millis = 23 * 60 * 60 * 1_000;
const LARGEST_FILE: usize = 200_000_000;
const FILE_WITHIN: Duration = Duration::from_secs(120);
/// How often a webhook that is off is looked at.
const LOOK_AGAIN: Duration = Duration::from_secs(60);
/// Of so many members we remember where they spoke.
const MOST_MEMBERS: usize = 10_000;

const OFF: Text = Text::new(
    "LINE does not call us yet: switch on “Use webhook” in the LINE Developers Console (Messaging API).",
    "LINE ruft uns noch nicht: Schalte „Use webhook“ in der LINE Developers Console ein (Messaging API).",
);
const NO_ADDRESS: Text = Text::new(
    "Nothing can be received: this server has no address on the internet (public_url).",
    "Empfangen geht nicht: Dieser Server hat keine Adresse im Internet (public_url).",
);
const USED_UP: Text = Text::new(
    "This month's messages of your LINE plan are used up. More of them are in LINE Official Account Manager.",
    "Die Nachrichten deines LINE-Tarifs sind für diesen Monat verbraucht. Mehr gibt es im LINE Official Account Manager.",
);

pub(super) struct LineSession {
    pub rest: Rest,
    /// Files are fetched from another server of LINE's.
    pub data: Rest,
    pub token: String,
    pub host: Arc<dyn Host>,
    pub files: Files,
    /// Answers that come at once go out free of charge, at the price of not knowing after a lost
    /// connection whether they arrived.
    pub free_replies: bool,
    /// In which group a member last spoke: LINE tells their names only with it.
    pub members: Mutex<HashMap<String, String>>,
}

impl LineSession {
    fn get(&self, path: &str) -> Call<'_> {
        self.rest.get(path).bearer(&self.token)
    }

    fn post(&self, path: &str) -> Call<'_> {
        self.rest.post(path).bearer(&self.token)
    }

    async fn connect(&self) -> Result<(), SessionError> {
        let failed = |error: RestError| error.session(WORDS);
        self.get("v2/bot/info").send::<Value>().await.map_err(failed)?;
        let Some(url) = &self.files.hook_url else {
            self.host.report(AccountState::Trouble { reason: NO_ADDRESS, retry_at: None });
            return std::future::pending().await;
        };
        let endpoint = "v2/bot/channel/webhook/endpoint";
        let set = self.rest.put(endpoint).bearer(&self.token).json(&json!({ "endpoint": url }));
        set.send::<Value>().await.map_err(failed)?;
        loop {
            let webhook: Value = self.get(endpoint).send().await.map_err(failed)?;
            if webhook["active"] == true {
                self.host.report(AccountState::Connected);
                return std::future::pending().await;
            }
            self.host.report(AccountState::Trouble { reason: OFF, retry_at: None });
            tokio::time::sleep(LOOK_AGAIN).await;
        }
    }

    async fn say(&self, outbound: &Outbound) -> SendOutcome {
        let OutboundBody::Message { parts, reply_to } = &outbound.body else { return SendOutcome::Unsupported };
        let Some(part) = parts.first() else { return SendOutcome::Unsupported };
        let links = match part.media {
            Some(_) => self.files.links(&*self.host, outbound).await,
            None => None,
        };
        let composed = compose::message(part, reply_to.as_ref(), outbound.sender_name.as_deref(), links);
        let message = match composed {
            Ok(message) => message,
            Err(reason) => return SendOutcome::Rejected { reason },
        };
        if let Some(token) = self.reply_token(outbound) {
            let reply = json!({ "replyToken": token, "messages": [message] });
            match self.post("v2/bot/message/reply").json(&reply).send::<Value>().await {
                // Too late, or used already: the other way is open.
                Err(error) if error.status() == Some(400) => {}
                answered => return self.outcome(answered),
            }
        }
        let push = json!({ "to": outbound.portal.chat, "messages": [message] });
        let call = self.post("v2/bot/message/push").header("x-line-retry-key", &retry_key(&outbound.txn)).json(&push);
        self.outcome(call.idempotent().send::<Value>().await)
    }

    /// The token for a free answer. The same message always gives the same, whenever it is tried.
    fn reply_token<'a>(&self, outbound: &'a Outbound) -> Option<&'a str> {
        let last = outbound.last_received.as_ref().filter(|_| self.free_replies)?;
        let at = last.data["at"].as_i64()?;
        last.data["reply"].as_str().filter(|_| outbound.sent_at.saturating_sub(at) < REPLY_WITHIN)
    }

    fn outcome(&self, answered: Result<Value, RestError>) -> SendOutcome {
        let answer = match answered {
            Ok(answer) => answer,
            // It was taken when it was tried before.
            Err(error) if error.status() == Some(409) => error.json(),
            Err(error) => {
                let told = error.json();
                let words = told["message"].as_str().unwrap_or_default().to_lowercase();
                if words.contains("monthly limit") {
                    return SendOutcome::Rejected { reason: USED_UP };
                }
                // What is wrong with a request stands below what it is called.
                let detail = told["details"][0]["message"].is_string();
                return error.outcome(&*self.host, if detail { "/details/0/message" } else { WORDS });
            }
        };
        let sent = &answer["sentMessages"][0];
        let id = sent["id"].as_str().unwrap_or_default();
        SendOutcome::Sent { id: RemoteId::new(id), at: self.host.now(), data: json!({ "quote": sent["quoteToken"] }) }
    }

    /// What is of the moment, or may be said twice.
    async fn mention(&self, call: Call<'_>, outbound: &Outbound) -> SendOutcome {
        match call.idempotent().send::<Value>().await {
            Ok(_) => self.done(outbound),
            Err(error) => error.outcome(&*self.host, WORDS),
        }
    }

    fn done(&self, outbound: &Outbound) -> SendOutcome {
        let id = RemoteId::new(format!("done {}", outbound.txn));
        SendOutcome::Sent { id, at: self.host.now(), data: Value::Null }
    }

    async fn profile(&self, user: &str) -> Result<Value, RequestError> {
        let friend = self.get(&format!("v2/bot/profile/{user}")).send::<Value>().await;
        let group = self.members.lock().unwrap_or_else(PoisonError::into_inner).get(user).cloned();
        match (friend, group) {
            (Ok(profile), _) => Ok(profile),
            (Err(error), Some(group)) if error.status() == Some(404) => {
                let path = format!("v2/bot/{}/{group}/member/{user}", kind_of(&group));
                self.get(&path).send().await.map_err(|error| error.request(WORDS))
            }
            (Err(error), _) => Err(error.request(WORDS)),
        }
    }
}

/// Groups and chats of several people have ids that begin differently.
fn kind_of(chat: &str) -> &'static str {
    if chat.starts_with('R') { "room" } else { "group" }
}

/// A UUID (RFC 9562, version 8) that is always the same for the same message.
pub(super) fn retry_key(txn: &str) -> String {
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&Sha256::digest(txn.as_bytes())[..16]);
    bytes[6] = bytes[6] & 0x0f | 0x80;
    bytes[8] = bytes[8] & 0x3f | 0x80;
    let hex = crate::verify::hex(&bytes);
    format!("{}-{}-{}-{}-{}", &hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..])
}

fn picture(of: &Value) -> Option<Media> {
    Some(Media::lazy(of["pictureUrl"].as_str()?, "avatar.jpg", "image/jpeg"))
}

impl Session for LineSession {
    fn run(&self) -> BoxFuture<'_, Result<(), SessionError>> {
        Box::pin(self.connect())
    }

    fn send(&self, outbound: Outbound) -> BoxFuture<'_, SendOutcome> {
        Box::pin(async move {
            let chat = outbound.portal.chat.as_str();
            match &outbound.body {
                OutboundBody::Read { up_to } => match up_to.data["read"].as_str() {
                    Some(token) => {
                        let call = self.post("v2/bot/chat/markAsRead").json(&json!({ "markAsReadToken": token }));
                        self.mention(call, &outbound).await
                    }
                    None => self.done(&outbound),
                },
                // Only in private chats; LINE ends it by itself.
                OutboundBody::Typing { typing: true } if chat.starts_with('U') => {
                    let loading = json!({ "chatId": chat, "loadingSeconds": 10 });
                    self.mention(self.post("v2/bot/chat/loading/start").json(&loading), &outbound).await
                }
                OutboundBody::Typing { .. } => self.done(&outbound),
                _ => self.say(&outbound).await,
            }
        })
    }

    fn find_sent<'a>(&'a self, outbound: &'a Outbound) -> BoxFuture<'a, Result<FindSent, SessionError>> {
        let fresh = self.host.now() - outbound.sent_at < KEY_HOLDS;
        let known = self.reply_token(outbound).is_none() && fresh;
        Box::pin(async move { Ok(if known { FindSent::NotSent } else { FindSent::CannotTell }) })
    }

    fn chat_info<'a>(&'a self, portal: &'a PortalKey) -> BoxFuture<'a, Result<ChatInfo, RequestError>> {
        Box::pin(async move {
            let chat = portal.chat.as_str();
            id(&json!(chat)).filter(|_| chat.starts_with('C')).ok_or(RequestError::Unsupported)?;
            let summary = self.get(&format!("v2/bot/group/{chat}/summary")).send::<Value>().await;
            let summary = summary.map_err(|error| error.request(WORDS))?;
            let info = ChatInfo::group(summary["groupName"].as_str(), Vec::new());
            Ok(ChatInfo { kind: ChatKind::Group, avatar: picture(&summary), ..info })
        })
    }

    fn user_info<'a>(&'a self, user: &'a RemoteUserId) -> BoxFuture<'a, Result<UserInfo, RequestError>> {
        Box::pin(async move {
            let profile = self.profile(id(&json!(user)).ok_or(RequestError::NotFound)?).await?;
            let name = profile["displayName"].as_str().map(|name| name.chars().take(200).collect());
            Ok(UserInfo { name, avatar: picture(&profile) })
        })
    }

    fn download<'a>(&'a self, media_id: &'a str) -> BoxFuture<'a, Result<Bytes, RequestError>> {
        Box::pin(async move {
            let call = match id(&json!(media_id)) {
                Some(id) => self.data.get(&format!("v2/bot/message/{id}/content")).bearer(&self.token),
                // Somebody else's server, which must not see our token.
                None if media_id.starts_with("https://") => self.data.get(media_id),
                None => return Err(RequestError::NotFound),
            };
            let answer = call.within(FILE_WITHIN).answer(LARGEST_FILE).await;
            let answer = answer.map_err(|error| error.request(WORDS))?;
            if answer.status.as_u16() == 202 {
                return Err(RequestError::Unavailable("LINE is still preparing the file".to_owned()));
            }
            Ok(answer.body)
        })
    }

    fn serve<'a>(&'a self, request: &'a WebhookRequest) -> BoxFuture<'a, Option<Served>> {
        Box::pin(async move {
            if request.path.is_empty() && is_signed(request, &self.files.secret) {
                let call: Value = request.json().unwrap_or_default();
                let mut members = self.members.lock().unwrap_or_else(PoisonError::into_inner);
                for source in call["events"].as_array().into_iter().flatten().filter_map(Source::of) {
                    if let Some(user) = source.user.filter(|_| source.group && members.len() < MOST_MEMBERS) {
                        members.insert(user, source.chat);
                    }
                }
                return None;
            }
            self.files.serve(&*self.host, request).await
        })
    }
}
