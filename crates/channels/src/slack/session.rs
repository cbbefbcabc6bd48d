//! One connected workspace.

use std::{
    collections::{HashMap, HashSet},
    sync::{Arc, Mutex, PoisonError},
};

use bytes::Bytes;
use reqwest::Method;
use serde_json::{Value, json};
use unisono_domain::{
    channel::{
        Account, AccountState, BoxFuture, ChatInfo, FindSent, Formatting, Host, Inbound, Media, MessageRef, Outbound,
        OutboundBody, Part, PartKind, PortalKey, RemoteId, RemoteUserId, RequestError, ResolvedChat, SendOutcome,
        Served, ServedBody, Session, SessionError, UserInfo, WebhookRequest,
    },
    text::Text,
};

use super::{
    Credentials, MAX_FILE,
    api::{self, API, Api, ERROR},
    blocks, calls,
    convert::{self, Me, message_id, parse_id},
    emoji,
    people::{self, People},
};
use crate::{
    format,
    rest::{Rest, RestError},
};

pub(super) struct SlackSession {
    pub credentials: Credentials,
    pub me: Me,
    pub host: Arc<dyn Host>,
    pub api: Api,
    pub people: People,
    /// Messages whose sending had no answer: looked for before they are sent again.
    doubtful: Mutex<HashSet<String>>,
    /// How far back each channel's history was given, for [`Session::fetch_history`].
    pub oldest: Mutex<HashMap<String, String>>,
}

const NO_SUCH_EMOJI: Text = Text::new("Slack has no name for this emoji.", "Slack hat für dieses Emoji keinen Namen.");
const NO_ANSWER: Text = Text::new("Slack did not answer.", "Slack hat nicht geantwortet.");

impl SlackSession {
    pub(super) fn new(credentials: Credentials, account: &Account, host: Arc<dyn Host>) -> Result<Self, RestError> {
        let rest = Rest::new(host.guard(), credentials.api.as_deref().unwrap_or(API))?;
        Ok(Self {
            me: credentials.me(account.id),
            api: Api::new(rest, &credentials.token),
            credentials,
            host,
            people: People::default(),
            doubtful: Mutex::default(),
            oldest: Mutex::default(),
        })
    }

    /// Converts and stores payloads, and remembers how far we are.
    pub(super) async fn take(&self, payload: &Value) -> Result<(), SessionError> {
        let event = if payload["type"] == "block_actions" { payload } else { &payload["event"] };
        let (mut users, chats) = convert::named(event);
        users.extend(payload["user"]["id"].as_str().map(ToOwned::to_owned));
        if event["type"] == "channel_rename" || event["type"] == "group_rename" {
            chats.iter().for_each(|chat| self.people.forget_chat(chat));
        }
        let names = self.people.learn(&self.api, &users, &chats).await;
        let events: Vec<Inbound> = convert::payload(&self.me, payload, &names).into_iter().collect();
        let cursor = events.iter().map(|event| event.sent_at).max().map(|at| json!({ "at": at }));
        if !events.is_empty() {
            self.host.deliver(events, cursor).await?;
        }
        Ok(())
    }

    async fn run_events(&self) -> Result<(), SessionError> {
        self.api.ask("auth.test", &[]).await.map_err(|error| error.session(ERROR))?;
        self.catch_up().await?;
        self.host.report(AccountState::Connected);
        std::future::pending().await
    }

    async fn send_one(&self, outbound: &Outbound) -> SendOutcome {
        if self.is_doubtful(&outbound.txn) {
            match self.find(outbound).await {
                Ok(Some(found)) => return sent(found, self.host.now()),
                Ok(None) => self.set_doubtful(&outbound.txn, false),
                Err(_) => return SendOutcome::Retry { after: None, reason: NO_ANSWER },
            }
        }
        let result = match &outbound.body {
            OutboundBody::Message { parts, reply_to } => self.message(outbound, parts, reply_to.as_ref()).await,
            OutboundBody::Edit { target, parts } => self.edit(target, parts).await,
            OutboundBody::Delete { target } => {
                self.simple("chat.delete", target, "ts", None, "message_not_found").await
            }
            OutboundBody::Reaction { target, key } | OutboundBody::ReactionRemove { target, key } => {
                let Some(name) = emoji::name(key) else { return SendOutcome::Rejected { reason: NO_SUCH_EMOJI } };
                let (method, done) = match &outbound.body {
                    OutboundBody::Reaction { .. } => ("reactions.add", "already_reacted"),
                    _ => ("reactions.remove", "no_reaction"),
                };
                self.simple(method, target, "timestamp", Some(&name), done).await
            }
            OutboundBody::Read { .. } | OutboundBody::Typing { .. } => return SendOutcome::Unsupported,
        };
        match result {
            Ok(outcome) => outcome,
            // Slack may have taken it. It is asked before anything is sent again.
            Err(RestError::Lost { idempotent: false, .. }) => {
                self.set_doubtful(&outbound.txn, true);
                SendOutcome::Retry { after: Some(3_000), reason: NO_ANSWER }
            }
            Err(error) => api::outcome(error, &*self.host),
        }
    }

    fn is_doubtful(&self, txn: &str) -> bool {
        self.doubtful.lock().unwrap_or_else(PoisonError::into_inner).contains(txn)
    }

    fn set_doubtful(&self, txn: &str, is_doubtful: bool) {
        let mut doubtful = self.doubtful.lock().unwrap_or_else(PoisonError::into_inner);
        if is_doubtful {
            doubtful.insert(txn.to_owned());
        } else {
            doubtful.remove(txn);
        }
    }

    async fn message(
        &self,
        outbound: &Outbound,
        parts: &[Part],
        reply_to: Option<&MessageRef>,
    ) -> Result<SendOutcome, RestError> {
        let channel = outbound.portal.chat.as_str();
        let thread = thread(reply_to);
        let Some(part) = parts.first() else { return Ok(SendOutcome::Unsupported) };
        if part.media.is_some() {
            return self.upload(outbound, part, thread.as_deref()).await;
        }
        let mut body = self.text(part);
        if let Some(name) = &outbound.sender_name {
            let text = body["text"].as_str().unwrap_or_default();
            body["text"] = json!(format!("*{}:* {text}", format::slack_literal(name)));
            body["mrkdwn"] = json!(true);
        }
        body["channel"] = json!(channel);
        body["metadata"] = json!({ "event_type": "unisono", "event_payload": { "txn": outbound.txn } });
        if let Some(thread) = &thread {
            body["thread_ts"] = json!(thread);
        }
        let answer = self.api.act("chat.postMessage", &body).await?;
        let Some(ts) = answer["ts"].as_str() else { return Err(RestError::Malformed("no ts".to_owned())) };
        let channel = answer["channel"].as_str().unwrap_or(channel);
        Ok(SendOutcome::Sent { id: RemoteId::new(message_id(channel, ts)), at: convert::time(ts), data: notes(thread) })
    }

    /// Text, and blocks where it is a card. What has no formatting is said to have none.
    fn text(&self, part: &Part) -> Value {
        let mention = |id: &str, _: &str| format::remote_id("slack", id).map(|id| format!("<@{id}>"));
        let card = part.extra.get("org.unisono.card").filter(|_| part.kind == PartKind::Card);
        if let Some(card) = card {
            let text = card["text"].as_str().unwrap_or(&part.text);
            let text = format::write(Formatting::Slack, &Part::text("0", text));
            return json!({ "text": text, "blocks": blocks::card(card, &text) });
        }
        match part.html {
            Some(_) => json!({ "text": format::write_mentioning(Formatting::Slack, part, &mention) }),
            None => json!({ "text": format::slack_literal(&part.text), "mrkdwn": false }),
        }
    }

    async fn edit(&self, target: &MessageRef, parts: &[Part]) -> Result<SendOutcome, RestError> {
        let Some(((channel, ts), part)) = parse_id(&target.id).zip(parts.first()) else {
            return Ok(SendOutcome::Unsupported);
        };
        // An update has no `mrkdwn: false`.
        let mut body = self.text(part);
        if part.html.is_none() && body["blocks"].is_null() {
            body = json!({ "text": format::write(Formatting::Slack, part) });
        }
        body["channel"] = json!(channel);
        body["ts"] = json!(ts);
        let answer = self.api.set("chat.update", &body).await?;
        let edited = answer["message"]["edited"]["ts"].as_str().map(ToOwned::to_owned);
        let edited = edited.unwrap_or_else(|| self.host.now().to_string());
        let id = RemoteId::new(format!("{}:{edited}", target.id));
        Ok(SendOutcome::Sent { id, at: self.host.now(), data: Value::Null })
    }

    /// A call about one message; `done` is what Slack says when there is nothing left to do.
    async fn simple(
        &self,
        method: &str,
        target: &MessageRef,
        field: &str,
        name: Option<&str>,
        done: &str,
    ) -> Result<SendOutcome, RestError> {
        let Some((channel, ts)) = parse_id(&target.id) else { return Ok(SendOutcome::Unsupported) };
        let mut body = json!({ "channel": channel });
        body[field] = json!(ts);
        if let Some(name) = name {
            body["name"] = json!(name);
        }
        match self.api.set(method, &body).await {
            Err(error) if api::word(&error) != done => Err(error),
            _ => {
                let id = RemoteId::new(format!("{}:{method}:{}", target.id, name.unwrap_or_default()));
                Ok(SendOutcome::Sent { id, at: self.host.now(), data: Value::Null })
            }
        }
    }

    /// A message of ours that Slack has: told by the transaction that it carries.
    async fn find(&self, outbound: &Outbound) -> Result<Option<MessageRef>, RestError> {
        let OutboundBody::Message { parts, reply_to } = &outbound.body else { return Ok(None) };
        let channel = outbound.portal.chat.as_str();
        let oldest = (outbound.sent_at / 1_000 - 120).to_string();
        let thread = thread(reply_to.as_ref());
        let mut query =
            vec![("channel", channel), ("oldest", &oldest), ("limit", "200"), ("include_all_metadata", "true")];
        let method = match &thread {
            Some(thread) => {
                query.push(("ts", thread));
                "conversations.replies"
            }
            None => "conversations.history",
        };
        let answer = self.api.ask(method, &query).await?;
        let name = parts.first().and_then(|part| part.media.as_ref()).map(|media| media.name.as_str());
        let is_it = |message: &Value| match name {
            // A file carries no transaction.
            Some(name) => {
                message["user"] == self.me.user.as_str()
                    && message["files"][0]["name"] == name
                    && message["ts"].as_str().is_some_and(|ts| convert::time(ts) + 5_000 >= outbound.sent_at)
            }
            None => message["metadata"]["event_payload"]["txn"] == outbound.txn.as_str(),
        };
        let found = answer["messages"].as_array().into_iter().flatten().find(|message| is_it(message));
        let id = found.and_then(|message| message["ts"].as_str()).map(|ts| RemoteId::new(message_id(channel, ts)));
        Ok(id.map(|id| MessageRef { id, data: notes(thread) }))
    }

    async fn resolve(&self, identifier: &str) -> Result<ResolvedChat, RestError> {
        let typed = identifier.trim().trim_start_matches('@');
        let user = if typed.contains('@') {
            self.api.ask("users.lookupByEmail", &[("email", typed.trim_start_matches("mailto:"))]).await?
        } else {
            self.api.ask("users.info", &[("user", typed)]).await?
        };
        self.people.note_user(&user["user"]);
        let Some(id) = user["user"]["id"].as_str() else { return Err(RestError::Malformed("no user".to_owned())) };
        let opened = self.api.set("conversations.open", &json!({ "users": id })).await?;
        let Some(channel) = opened["channel"]["id"].as_str() else {
            return Err(RestError::Malformed("no channel".to_owned()));
        };
        let user = people::person(id, &user["user"]);
        Ok(ResolvedChat { portal: self.me.portal(channel), info: ChatInfo::direct(user.clone()), user })
    }

    /// Only Slack's own servers get the token.
    fn is_slack(&self, url: &str) -> bool {
        let Ok(url) = url.parse::<url::Url>() else { return false };
        let own = self.credentials.api.as_deref().and_then(|api| api.parse::<url::Url>().ok());
        let is_own = own.is_some_and(|own| own.origin() == url.origin());
        let host = url.host_str().unwrap_or_default();
        is_own || (url.scheme() == "https" && (host == "slack.com" || host.ends_with(".slack.com")))
    }
}

/// The thread that an answer belongs to: that of the answered message, or one that it begins.
fn thread(reply_to: Option<&MessageRef>) -> Option<String> {
    let answered = reply_to?;
    let known = answered.data["thread"].as_str().map(ToOwned::to_owned);
    known.or_else(|| parse_id(&answered.id).map(|(_, ts)| ts.to_owned()))
}

pub(super) fn notes(thread: Option<String>) -> Value {
    thread.map_or(json!({}), |thread| json!({ "thread": thread }))
}

fn sent(message: MessageRef, at: i64) -> SendOutcome {
    SendOutcome::Sent { id: message.id, at, data: message.data }
}

fn unavailable(error: RestError) -> RequestError {
    match api::explain(&api::word(&error)) {
        Some(reason) if error.status() == Some(400) => RequestError::Invalid(reason),
        _ => error.request(ERROR),
    }
}

impl Session for SlackSession {
    fn run(&self) -> BoxFuture<'_, Result<(), SessionError>> {
        if self.credentials.app_token.is_some() { Box::pin(self.run_socket()) } else { Box::pin(self.run_events()) }
    }

    fn send(&self, outbound: Outbound) -> BoxFuture<'_, SendOutcome> {
        Box::pin(async move { self.send_one(&outbound).await })
    }

    fn find_sent<'a>(&'a self, outbound: &'a Outbound) -> BoxFuture<'a, Result<FindSent, SessionError>> {
        Box::pin(async move {
            let found = self.find(outbound).await.map_err(|error| error.session(ERROR))?;
            Ok(found.map_or(FindSent::NotSent, FindSent::Sent))
        })
    }

    fn chat_info<'a>(&'a self, portal: &'a PortalKey) -> BoxFuture<'a, Result<ChatInfo, RequestError>> {
        Box::pin(async move {
            let channel = portal.chat.as_str();
            let answer = self.api.ask("conversations.info", &[("channel", channel)]).await.map_err(unavailable)?;
            let chat = &answer["channel"];
            match chat["user"].as_str().filter(|_| chat["is_im"] == true) {
                Some(user) => {
                    let names = self.people.learn(&self.api, &[user.to_owned()], &[]).await;
                    Ok(ChatInfo::direct(names.user(user)))
                }
                None => Ok(people::group(chat)),
            }
        })
    }

    fn user_info<'a>(&'a self, user: &'a RemoteUserId) -> BoxFuture<'a, Result<UserInfo, RequestError>> {
        Box::pin(async move {
            // Bots that post have ids of their own kind, and their names come with what they post.
            if user.as_str().starts_with('B') {
                return Err(RequestError::Unsupported);
            }
            let answer = self.api.ask("users.info", &[("user", user.as_str())]).await.map_err(unavailable)?;
            let user_json = &answer["user"];
            self.people.note_user(user_json);
            let avatar = user_json["profile"]["image_192"].as_str().map(|url| Media::lazy(url, "avatar", "image/png"));
            Ok(UserInfo { name: people::person(user.as_str(), user_json).name, avatar })
        })
    }

    fn resolve_identifier<'a>(&'a self, identifier: &'a str) -> BoxFuture<'a, Result<ResolvedChat, RequestError>> {
        Box::pin(async move { self.resolve(identifier).await.map_err(unavailable) })
    }

    fn fetch_history<'a>(
        &'a self,
        portal: &'a PortalKey,
        limit: usize,
    ) -> BoxFuture<'a, Result<Vec<Inbound>, RequestError>> {
        Box::pin(async move { self.earlier(portal.chat.as_str(), limit).await.map_err(unavailable) })
    }

    fn download<'a>(&'a self, media_id: &'a str) -> BoxFuture<'a, Result<Bytes, RequestError>> {
        Box::pin(async move {
            let call = self.api.rest.call(Method::GET, media_id);
            let call = match self.is_slack(media_id) {
                true => call.bearer(&self.credentials.token),
                false if is_picture(media_id) => call,
                false => return Err(RequestError::NotFound),
            };
            let most = usize::try_from(MAX_FILE).unwrap_or(usize::MAX);
            let answer = call.within(std::time::Duration::from_secs(120)).answer(most).await.map_err(unavailable)?;
            // Without the permission Slack gives its sign-in page in place of the file.
            let is_page =
                answer.headers.get("content-type").is_some_and(|kind| kind.as_bytes().starts_with(b"text/html"));
            if is_page && answer.body.starts_with(b"<!DOCTYPE html>") {
                return Err(RequestError::NotFound);
            }
            Ok(answer.body)
        })
    }

    fn serve<'a>(&'a self, request: &'a WebhookRequest) -> BoxFuture<'a, Option<Served>> {
        Box::pin(async move {
            // What is not signed or not readable is refused in `Channel::webhook`.
            let payload = calls::read(request, &self.credentials).ok()?;
            if !calls::is_fresh(request, self.host.now()) {
                return Some(answer(403, "text/plain", Bytes::from_static(b"too old")));
            }
            if let Some(challenge) = calls::challenge(&payload) {
                return Some(answer(200, "text/plain", challenge));
            }
            match self.take(&payload).await {
                Ok(()) => Some(answer(200, "text/plain", Bytes::new())),
                Err(_) => Some(answer(500, "text/plain", Bytes::new())),
            }
        })
    }
}

/// Pictures of people lie open.
fn is_picture(url: &str) -> bool {
    let Ok(url) = url.parse::<url::Url>() else { return false };
    let host = url.host_str().unwrap_or_default();
    url.scheme() == "https" && (host.ends_with(".slack-edge.com") || host.ends_with(".gravatar.com"))
}

fn answer(status: u16, kind: &str, body: Bytes) -> Served {
    Served { status, headers: vec![("content-type".to_owned(), kind.to_owned())], body: ServedBody::Bytes(body) }
}
