//! One number on one bridge.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use bytes::Bytes;
use reqwest::Method;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use unisono_domain::{
    channel::{
        Account, AccountState, BoxFuture, ChatInfo, Host, Inbound, Media, MediaSource, MessageRef, Outbound,
        OutboundBody, Part, PortalKey, RemoteId, RemoteUser, RemoteUserId, RequestError, ResolvedChat, SendOutcome,
        Session, SessionError, UserInfo,
    },
    text::Text,
};

use super::{
    Credentials, MAX_FILE,
    bridge::{Bridge, ERROR},
    convert::{self, Known, MINE, Me, group_id, heard},
};
use crate::{format, net::NetError, phone, rest::RestError, socket::Socket};

/// Edits that are remembered.
const REVISIONS: usize = 500;
/// How long the bridge may wait for messages in one question, in seconds.
const POLL: &str = "10";
/// Messages marked read at once.
const READ: usize = 50;

/// What was learned; stored with the events.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct Learned {
    uuid: Option<String>,
    /// Edits and what they changed, oldest first.
    revisions: Vec<(RemoteId, RemoteId)>,
}

pub(super) struct SignalSession {
    number: String,
    me: Me,
    host: Arc<dyn Host>,
    bridge: Bridge,
    learned: Mutex<Learned>,
    groups: Mutex<HashMap<String, ChatInfo>>,
}

struct Knowledge<'a> {
    learned: &'a Learned,
    groups: &'a HashMap<String, ChatInfo>,
}

impl Known for Knowledge<'_> {
    fn original(&self, id: RemoteId) -> RemoteId {
        let found = self.learned.revisions.iter().rev().find(|(edit, _)| *edit == id);
        found.map_or(id, |(_, original)| original.clone())
    }

    fn group(&self, internal: &str) -> Option<ChatInfo> {
        self.groups.get(&group_id(internal)).cloned()
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl SignalSession {
    pub(super) fn new(credentials: &Credentials, account: &Account, host: Arc<dyn Host>) -> Result<Self, RestError> {
        let me = Me { account: account.id, number: credentials.number.clone(), uuid: None };
        Ok(Self {
            number: credentials.number.clone(),
            me,
            bridge: Bridge::new(host.guard(), &credentials.api)?,
            host,
            learned: Mutex::default(),
            groups: Mutex::default(),
        })
    }

    async fn receive(&self) -> Result<(), SessionError> {
        let stored = self.host.cursor().await?.and_then(|cursor| serde_json::from_value(cursor).ok());
        *lock(&self.learned) = stored.unwrap_or_default();
        let accounts = self.bridge.accounts().await.map_err(|error| error.session(ERROR))?;
        if !accounts.contains(&self.number) {
            return Err(SessionError::BadCredentials(Text::new(
                "The bridge does not know this number any more. Please link it again.",
                "Die Brücke kennt diese Nummer nicht mehr. Bitte verknüpfe sie neu.",
            )));
        }
        self.learn_groups().await;
        if self.bridge.is_pushing().await.map_err(|error| error.session(ERROR))? {
            self.listen().await
        } else {
            self.poll().await
        }
    }

    async fn listen(&self) -> Result<(), SessionError> {
        let url = self.bridge.socket(&self.number).map_err(|error| error.session(ERROR))?;
        let headers = self.bridge.authorization();
        let headers: Vec<(&str, &str)> = headers.iter().map(|value| ("authorization", value.as_str())).collect();
        let mut socket = Socket::open(self.host.guard(), &url, &headers).await.map_err(|error| lost(&error))?;
        self.host.report(AccountState::Connected);
        while let Some(text) = socket.next().await.map_err(|error| lost(&error))? {
            if let Ok(message) = serde_json::from_str::<Value>(&text) {
                self.take(&[message]).await?;
            }
        }
        Ok(())
    }

    async fn poll(&self) -> Result<(), SessionError> {
        let path = format!("v1/receive/{}?timeout={POLL}&ignore_stories=true", self.bridge.quoted(&self.number));
        loop {
            let call = self.bridge.call(Method::GET, &path).within(Duration::from_secs(60));
            let list: Value = call.send().await.map_err(|error| error.session(ERROR))?;
            self.host.report(AccountState::Connected);
            let messages = list.as_array().cloned().unwrap_or_default();
            if messages.is_empty() {
                // Some versions do not wait by themselves.
                tokio::time::sleep(Duration::from_secs(1)).await;
            }
            self.take(&messages).await?;
        }
    }

    /// Stores what came. The bridge gives it only once, so this comes before anything else.
    async fn take(&self, messages: &[Value]) -> Result<(), SessionError> {
        let mut events = Vec::new();
        for message in messages {
            let mut found = {
                let (learned, groups) = (lock(&self.learned), lock(&self.groups));
                let me = Me { uuid: learned.uuid.clone(), ..self.me.clone() };
                heard(&me, message, &Knowledge { learned: &learned, groups: &groups })
            };
            {
                let mut learned = lock(&self.learned);
                learned.uuid = found.uuid.take().or(learned.uuid.take());
                learned.revisions.extend(found.revision.take());
                let surplus = learned.revisions.len().saturating_sub(REVISIONS);
                learned.revisions.drain(..surplus);
            }
            events.append(&mut found.events);
            events.extend(self.placed(found.unplaced).await?);
            if message["envelope"]["dataMessage"]["groupInfo"]["type"] == "UPDATE" {
                self.learn_groups().await;
            }
        }
        if events.is_empty() {
            return Ok(());
        }
        let cursor = json!(*lock(&self.learned));
        Ok(self.host.deliver(events, Some(cursor)).await?)
    }

    /// Receipts do not say which chat they are from; what they are about does.
    async fn placed(&self, marks: Vec<Inbound>) -> Result<Vec<Inbound>, SessionError> {
        use unisono_domain::channel::InboundBody::{Delivered, Read};
        let target = |mark: &Inbound| match &mark.body {
            Read { up_to } => Some(up_to.clone()),
            Delivered { target } => Some(target.clone()),
            _ => None,
        };
        let targets: Vec<RemoteId> = marks.iter().filter_map(target).collect();
        if targets.is_empty() {
            return Ok(marks);
        }
        let portals: HashMap<RemoteId, PortalKey> = self.host.find_portals(&targets).await?.into_iter().collect();
        let placed =
            marks.into_iter().map(|mark| match target(&mark).and_then(|target| portals.get(&target).cloned()) {
                Some(portal) => Inbound { portal, ..mark },
                None => mark,
            });
        Ok(placed.collect())
    }

    async fn learn_groups(&self) {
        let path = format!("v1/groups/{}", self.bridge.quoted(&self.number));
        let Ok(list) = self.bridge.call(Method::GET, &path).send::<Value>().await else { return };
        let mut groups = lock(&self.groups);
        for group in list.as_array().into_iter().flatten() {
            if let Some(id) = group["id"].as_str() {
                groups.insert(id.to_owned(), group_info(group, &self.number));
            }
        }
    }

    async fn send_one(&self, outbound: &Outbound) -> Result<SendOutcome, RestError> {
        let recipient = outbound.portal.chat.as_str();
        let number = self.bridge.quoted(&self.number);
        match &outbound.body {
            OutboundBody::Message { parts, reply_to } => {
                let Some(part) = parts.first() else { return Ok(SendOutcome::Unsupported) };
                let mut body = self.message(recipient, part);
                if let Some(name) = &outbound.sender_name {
                    body["message"] = json!(format!("{name}: {}", body["message"].as_str().unwrap_or_default()));
                }
                if let Some((answered, (author, at))) =
                    reply_to.as_ref().and_then(|answered| Some((answered, convert::named(&self.me, answered)?)))
                {
                    body["quote_author"] = json!(author);
                    body["quote_timestamp"] = json!(at);
                    body["quote_message"] = json!(answered.data["text"].as_str().unwrap_or_default());
                }
                self.say(&body, part).await
            }
            OutboundBody::Edit { target, parts } => {
                let (Some(part), Some((_, at))) = (parts.first(), convert::named(&self.me, target)) else {
                    return Ok(SendOutcome::Unsupported);
                };
                let mut body = self.message(recipient, part);
                body["edit_timestamp"] = json!(at);
                let sent = self.say(&body, part).await?;
                if let SendOutcome::Sent { id, .. } = &sent {
                    lock(&self.learned).revisions.push((id.clone(), target.id.clone()));
                }
                Ok(sent)
            }
            OutboundBody::Delete { target } => {
                let path = format!("v1/remote-delete/{number}");
                let body =
                    json!({ "recipient": recipient, "timestamp": convert::named(&self.me, target).map(|(_, at)| at) });
                self.done(Method::DELETE, &path, &body, outbound).await
            }
            OutboundBody::Reaction { target, key } | OutboundBody::ReactionRemove { target, key } => {
                let Some((author, at)) = convert::named(&self.me, target) else { return Ok(SendOutcome::Unsupported) };
                let body = json!({ "recipient": recipient, "reaction": key, "target_author": author, "timestamp": at });
                let added = matches!(outbound.body, OutboundBody::Reaction { .. });
                let method = if added { Method::POST } else { Method::DELETE };
                self.done(method, &format!("v1/reactions/{number}"), &body, outbound).await
            }
            OutboundBody::Read { up_to } => self.read(outbound, up_to, &number).await,
            OutboundBody::Typing { typing } => {
                let method = if *typing { Method::PUT } else { Method::DELETE };
                let body = json!({ "recipient": recipient });
                self.done(method, &format!("v1/typing-indicator/{number}"), &body, outbound).await
            }
        }
    }

    fn message(&self, recipient: &str, part: &Part) -> Value {
        let (text, is_styled) = format::write_signal(part);
        let mut body = json!({ "number": self.number, "recipients": [recipient], "message": text,
            "text_mode": if is_styled { "styled" } else { "normal" } });
        if let Some(Media { source: MediaSource::Bytes(bytes), name, mime, .. }) = &part.media {
            let plain = |text: &str| text.replace([';', ',', '\r', '\n', '"'], "_");
            let file = format!("data:{};filename={};base64,{}", plain(mime), plain(name), STANDARD.encode(bytes));
            body["base64_attachments"] = json!([file]);
        }
        body
    }

    async fn say(&self, body: &Value, part: &Part) -> Result<SendOutcome, RestError> {
        let call = self.bridge.call(Method::POST, "v2/send").json(body).within(Duration::from_secs(150));
        let answer: Value = call.send().await?;
        let at = answer["timestamp"].as_str().and_then(|at| at.parse::<i64>().ok()).or(answer["timestamp"].as_i64());
        let at = at.ok_or_else(|| RestError::Malformed("no timestamp".to_owned()))?;
        let text: String = part.text.chars().take(300).collect();
        let id = RemoteId::new(format!("{MINE}:{at}"));
        Ok(SendOutcome::Sent { id, at, data: json!({ "text": text }) })
    }

    /// Something whose repetition does no harm.
    async fn done(&self, method: Method, path: &str, body: &Value, of: &Outbound) -> Result<SendOutcome, RestError> {
        self.bridge.call(method, path).json(body).idempotent().answer(64 * 1024).await?;
        let id = RemoteId::new(format!("{}:done", of.txn));
        Ok(SendOutcome::Sent { id, at: self.host.now(), data: Value::Null })
    }

    /// Signal marks every message read by itself.
    async fn read(&self, outbound: &Outbound, up_to: &MessageRef, number: &str) -> Result<SendOutcome, RestError> {
        let known = self.host.messages_up_to(&outbound.portal, &up_to.id, READ).await;
        let mut messages = known.unwrap_or_default();
        if messages.is_empty() {
            messages.push(up_to.clone());
        }
        let path = format!("v1/receipts/{number}");
        for message in &messages {
            let Some((author, at)) = convert::named(&self.me, message) else { continue };
            let body = json!({ "receipt_type": "read", "recipient": author, "timestamp": at });
            self.bridge.call(Method::POST, &path).json(&body).idempotent().answer(64 * 1024).await?;
        }
        let id = RemoteId::new(format!("{}:read", outbound.txn));
        Ok(SendOutcome::Sent { id, at: self.host.now(), data: Value::Null })
    }

    async fn contact(&self, id: &str) -> Result<Value, RestError> {
        let path = format!("v1/contacts/{}?all_recipients=true", self.bridge.quoted(&self.number));
        let list: Value = self.bridge.call(Method::GET, &path).send().await?;
        let found =
            list.as_array().into_iter().flatten().find(|contact| contact["uuid"] == id || contact["number"] == id);
        Ok(found.cloned().unwrap_or_default())
    }

    async fn resolve(&self, identifier: &str) -> Result<ResolvedChat, RequestError> {
        let region = phone::region(&self.number);
        let typed = phone::e164(identifier, region.as_deref()).ok_or_else(|| {
            RequestError::Invalid(Text::new("This is not a phone number.", "Das ist keine Telefonnummer."))
        })?;
        let path = format!("v1/search/{}", self.bridge.quoted(&self.number));
        let call = self.bridge.call(Method::GET, &path).query(&[("numbers", &typed)]);
        let found: Value = call.send().await.map_err(|error| error.request(ERROR))?;
        if found[0]["registered"] != true {
            return Err(RequestError::NotFound);
        }
        // Under the id that their messages come from, where it is known already.
        let contact = self.contact(&typed).await.unwrap_or_default();
        let id = contact["uuid"].as_str().filter(|uuid| !uuid.is_empty()).unwrap_or(&typed);
        let user = RemoteUser::new(id).named(contact_name(&contact)).reached_by(format!("tel:{typed}"));
        Ok(ResolvedChat { portal: self.me.portal(id), info: ChatInfo::direct(user.clone()), user })
    }
}

fn contact_name(contact: &Value) -> Option<&str> {
    ["name", "profile_name", "given_name", "username"]
        .into_iter()
        .filter_map(|key| contact[key].as_str())
        .find(|name| !name.trim().is_empty())
}

fn group_info(group: &Value, own: &str) -> ChatInfo {
    let members = group["members"].as_array().into_iter().flatten().filter_map(Value::as_str);
    let members = members.filter(|member| *member != own).map(RemoteUser::new).collect();
    let name = group["name"].as_str().filter(|name| !name.is_empty());
    let topic = group["description"].as_str().filter(|topic| !topic.is_empty()).map(ToOwned::to_owned);
    ChatInfo { topic, ..ChatInfo::group(name, members) }
}

fn lost(error: &NetError) -> SessionError {
    SessionError::Trouble { reason: Text::verbatim(&error.to_string()), retry_after: None }
}

impl Session for SignalSession {
    fn run(&self) -> BoxFuture<'_, Result<(), SessionError>> {
        Box::pin(self.receive())
    }

    fn send(&self, outbound: Outbound) -> BoxFuture<'_, SendOutcome> {
        Box::pin(async move {
            self.send_one(&outbound).await.unwrap_or_else(|error| super::bridge::outcome(error, &*self.host))
        })
    }

    fn chat_info<'a>(&'a self, portal: &'a PortalKey) -> BoxFuture<'a, Result<ChatInfo, RequestError>> {
        Box::pin(async move {
            self.learn_groups().await;
            lock(&self.groups).get(portal.chat.as_str()).cloned().ok_or(RequestError::NotFound)
        })
    }

    fn user_info<'a>(&'a self, user: &'a RemoteUserId) -> BoxFuture<'a, Result<UserInfo, RequestError>> {
        Box::pin(async move {
            let contact = self.contact(user.as_str()).await.map_err(|error| error.request(ERROR))?;
            let uuid = contact["uuid"].as_str().filter(|_| contact["profile"]["has_avatar"] == true);
            let avatar = uuid.map(|uuid| Media::lazy(format!("avatar/{uuid}"), "avatar", "image/jpeg"));
            Ok(UserInfo { name: contact_name(&contact).map(ToOwned::to_owned), avatar })
        })
    }

    fn contacts(&self) -> BoxFuture<'_, Result<Vec<RemoteUser>, RequestError>> {
        Box::pin(async move {
            let path = format!("v1/contacts/{}", self.bridge.quoted(&self.number));
            let list: Value =
                self.bridge.call(Method::GET, &path).send().await.map_err(|error| error.request(ERROR))?;
            let people = list.as_array().into_iter().flatten().filter_map(|contact| {
                let number = contact["number"].as_str().filter(|number| !number.is_empty());
                let id = contact["uuid"].as_str().filter(|uuid| !uuid.is_empty()).or(number)?;
                let user = RemoteUser::new(id).named(contact_name(contact));
                Some(number.map_or(user.clone(), |number| user.reached_by(format!("tel:{number}"))))
            });
            Ok(people.collect())
        })
    }

    fn resolve_identifier<'a>(&'a self, identifier: &'a str) -> BoxFuture<'a, Result<ResolvedChat, RequestError>> {
        Box::pin(self.resolve(identifier))
    }

    fn download<'a>(&'a self, media_id: &'a str) -> BoxFuture<'a, Result<Bytes, RequestError>> {
        Box::pin(async move {
            let path = match media_id.strip_prefix("avatar/") {
                Some(uuid) => {
                    let number = self.bridge.quoted(&self.number);
                    format!("v1/contacts/{number}/{}/avatar", self.bridge.quoted(uuid))
                }
                None => format!("v1/attachments/{}", self.bridge.quoted(media_id)),
            };
            let most = usize::try_from(MAX_FILE).unwrap_or(usize::MAX);
            let call = self.bridge.call(Method::GET, &path).within(Duration::from_secs(120));
            Ok(call.answer(most).await.map_err(|error| error.request(ERROR))?.body)
        })
    }
}
