//! A network at work, as the hub sees it.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use tokio::{
    sync::{mpsc, oneshot},
    time::timeout,
};
use unisono_domain::{
    Millis,
    channel::{
        BoxFuture, ChatInfo, FindSent, Host, Inbound, InboundBody, MessageRef, Outbound, OutboundBody, Part, PortalKey,
        RemoteUser, RequestError, ResolvedChat, SendOutcome, Sender, Session, SessionError,
    },
    text::Text,
};

use super::{
    ask::{Ask, Saying},
    config::{Login, channel_and_key},
    connection::Connection,
    format,
    names::{is_channel_name, is_nick},
    outgoing::LOST,
};

const ANSWER_WITHIN: Duration = Duration::from_secs(20);
/// How many of the newest messages are looked through for one of ours.
const LOOKED_THROUGH: usize = 50;
/// How far the server's clock may be behind ours.
const CLOCKS: Millis = 60_000;

pub struct IrcSession {
    login: Login,
    host: Arc<dyn Host>,
    /// To the connection, while there is one.
    asks: Mutex<Option<mpsc::Sender<Ask>>>,
    /// The oldest message that was fetched of each chat.
    oldest: Mutex<HashMap<String, Millis>>,
}

/// Takes the way to the connection away when it ends, however it does.
struct Open<'a>(&'a IrcSession);

impl Drop for Open<'_> {
    fn drop(&mut self) {
        *self.0.asks.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }
}

impl IrcSession {
    pub fn new(login: Login, host: Arc<dyn Host>) -> Self {
        Self { login, host, asks: Mutex::default(), oldest: Mutex::default() }
    }

    async fn work(&self) -> Result<(), SessionError> {
        let mut connection = Connection::open(&self.login, &*self.host).await?;
        let (asks, mut asked) = mpsc::channel(64);
        *self.asks.lock().unwrap_or_else(PoisonError::into_inner) = Some(asks);
        let _open = Open(self);
        connection.start();
        connection.work(&mut asked).await
    }

    /// Asks the connection. `None`: there is none, or it has ended meanwhile.
    async fn ask<T>(&self, ask: impl FnOnce(oneshot::Sender<T>) -> Ask) -> Option<T> {
        let asks = self.asks.lock().unwrap_or_else(PoisonError::into_inner).clone()?;
        let (done, answer) = oneshot::channel();
        asks.send(ask(done)).await.ok()?;
        answer.await.ok()
    }

    async fn say(&self, outbound: &Outbound, parts: &[Part], reply_to: Option<&MessageRef>) -> SendOutcome {
        if parts.iter().any(|part| part.media.is_some()) {
            let reason = Text::new("IRC carries no files.", "IRC überträgt keine Dateien.");
            return SendOutcome::Rejected { reason };
        }
        let (mut text, action) = written(parts);
        if let Some(name) = &outbound.sender_name {
            text.insert_str(0, &format!("[{}] ", clean(name)));
        }
        let reply_to = reply_to
            .map(|message| (message.id.as_str().to_owned(), message.data["nick"].as_str().map(ToOwned::to_owned)));
        let saying = Saying { target: outbound.portal.chat.as_str().to_owned(), text, action, reply_to };
        if self.asks.lock().unwrap_or_else(PoisonError::into_inner).is_none() {
            return SendOutcome::Retry { after: None, reason: LOST };
        }
        match self.ask(|done| Ask::Say(saying, done)).await {
            Some(SendOutcome::Sent { id, data, .. }) => SendOutcome::Sent { id, at: self.host.now(), data },
            Some(other) => other,
            None => SendOutcome::Unknown { reason: LOST },
        }
    }

    async fn find(&self, outbound: &Outbound) -> Option<MessageRef> {
        let OutboundBody::Message { parts, .. } = &outbound.body else { return None };
        let target = outbound.portal.chat.as_str().to_owned();
        let page = self.ask(|done| Ask::Page { target, before: None, limit: LOOKED_THROUGH, done }).await?;
        let said = format::read(&written(parts).0).0;
        let found = page.into_iter().find(|event| {
            let InboundBody::Message { parts, .. } = &event.body else { return false };
            let first = parts.first().map(|part| part.text.trim()).unwrap_or_default();
            event.sender == Sender::Me
                && event.sent_at >= outbound.sent_at - CLOCKS
                && !first.is_empty()
                && said.trim().starts_with(first)
        });
        found.map(|event| MessageRef { id: event.id, data: event.data })
    }

    async fn resolve(&self, identifier: &str) -> Result<ResolvedChat, RequestError> {
        let identifier = identifier.trim();
        let lost = || RequestError::Unavailable(LOST.en.into_owned());
        let fold = async |name: String| self.ask(|done| Ask::Fold { name, done }).await.ok_or_else(lost);
        let host = &self.login.credentials.host;
        if identifier.starts_with(['#', '&', '!']) || is_channel_name(identifier) {
            let (name, key) = channel_and_key(identifier).ok_or(RequestError::Invalid(BAD_CHANNEL))?;
            let chat = fold(name.clone()).await?;
            let joining = self.ask(|done| Ask::Join { name: name.clone(), key, done });
            let info = timeout(ANSWER_WITHIN, joining).await.ok().flatten().ok_or_else(lost)??;
            let user = info.members.first().cloned();
            // Nobody is there yet but the channel itself.
            let user = user.unwrap_or_else(|| RemoteUser::new(format!("{chat}@{host}")).named(Some(name)));
            return Ok(ResolvedChat { portal: PortalKey::private(self.login.id, chat), user, info });
        }
        if !is_nick(identifier) {
            return Err(RequestError::Invalid(BAD_NAME));
        }
        let chat = fold(identifier.to_owned()).await?;
        let user = RemoteUser::new(format!("{chat}@{host}")).named(Some(identifier));
        let info = ChatInfo::direct(user.clone());
        Ok(ResolvedChat { portal: PortalKey::private(self.login.id, chat), user, info })
    }

    async fn page(&self, portal: &PortalKey, limit: usize) -> Result<Vec<Inbound>, RequestError> {
        let chat = portal.chat.as_str().to_owned();
        let known = self.oldest.lock().unwrap_or_else(PoisonError::into_inner).get(&chat).copied();
        let before = Some(known.unwrap_or_else(|| self.host.now()));
        let target = chat.clone();
        let asking = self.ask(|done| Ask::Page { target, before, limit: limit.min(100), done });
        let lost = || RequestError::Unavailable(LOST.en.into_owned());
        let page = timeout(ANSWER_WITHIN, asking).await.ok().flatten().ok_or_else(lost)?;
        if let Some(oldest) = page.iter().map(|event| event.sent_at).min() {
            self.oldest.lock().unwrap_or_else(PoisonError::into_inner).insert(chat, oldest);
        }
        Ok(page.into_iter().map(|event| Inbound { historical: true, seen: true, ..event }).collect())
    }
}

const BAD_CHANNEL: Text = Text::new("Write #channel, or #channel key.", "Schreib #kanal, oder #kanal schlüssel.");
const BAD_NAME: Text = Text::new(
    "Write somebody's name on the network, or #channel.",
    "Schreib den Namen von jemandem im Netz, oder #kanal.",
);

/// A message's text with control codes, and whether it tells what its author does.
fn written(parts: &[Part]) -> (String, bool) {
    if let [part] = parts
        && let Some(words) = part.extra.get("org.unisono.emote").and_then(|words| words.as_str())
    {
        return (clean(words), true);
    }
    let texts: Vec<String> = parts
        .iter()
        .map(|part| part.html.as_deref().map_or_else(|| clean(&part.text), format::write))
        .filter(|text| !text.is_empty())
        .collect();
    (texts.join("\n"), false)
}

/// Nothing that the other side would take for formatting or a command.
fn clean(text: &str) -> String {
    text.replace('\t', " ").chars().filter(|char| *char == '\n' || !char.is_control()).collect()
}

impl Session for IrcSession {
    fn run(&self) -> BoxFuture<'_, Result<(), SessionError>> {
        Box::pin(self.work())
    }

    fn send(&self, outbound: Outbound) -> BoxFuture<'_, SendOutcome> {
        Box::pin(async move {
            match &outbound.body {
                OutboundBody::Message { parts, reply_to } => self.say(&outbound, parts, reply_to.as_ref()).await,
                OutboundBody::Typing { typing } => {
                    let asks = self.asks.lock().unwrap_or_else(PoisonError::into_inner).clone();
                    if let Some(asks) = asks {
                        let target = outbound.portal.chat.as_str().to_owned();
                        // Of the moment: where there is no room for it, it is not needed.
                        let _ = asks.try_send(Ask::Typing { target, typing: *typing });
                    }
                    SendOutcome::Unsupported
                }
                _ => SendOutcome::Unsupported,
            }
        })
    }

    fn find_sent<'a>(&'a self, outbound: &'a Outbound) -> BoxFuture<'a, Result<FindSent, SessionError>> {
        Box::pin(async move {
            let found = timeout(ANSWER_WITHIN, self.find(outbound)).await.ok().flatten();
            // Servers may keep only some chats, so what is not there may have been sent all the same.
            Ok(found.map_or(FindSent::CannotTell, FindSent::Sent))
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
        Box::pin(self.page(portal, limit))
    }
}
