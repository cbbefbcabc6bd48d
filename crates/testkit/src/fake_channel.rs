//! A network that lives in the test: it remembers what it took, repeats itself, and fails when told.

use std::{
    collections::{BTreeMap, HashMap, VecDeque},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use bytes::Bytes;
use serde_json::{Value, json};
use tokio::sync::Notify;
use unisono_domain::{
    channel::{
        Account, AccountState, BoxFuture, Capabilities, Catalogue, Channel, ChannelMeta, ChatId, ChatInfo, ChatKind,
        FindSent, Formatting, Host, Inbound, InboundBody, Media, MediaSource, MessageRef, Outbound, OutboundBody, Part,
        PartKind, PortalKey, RemoteId, RemoteUser, RemoteUserId, RequestError, ResolvedChat, SendOutcome, Sender,
        Session, SessionError, Support, UserInfo,
        login::{
            FieldKind, LoginContext, LoginError, LoginField, LoginFlow, LoginInput, LoginReply, LoginStep, NewAccount,
        },
    },
    text::Text,
};

const FLOWS: &[LoginFlow] = &[LoginFlow { id: "token", name: Text::new("Token", "Token") }];

/// What the network does with the next message to a chat.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// Takes nothing: too many requests, again after so many milliseconds.
    Later(u64),
    /// Refuses it for good.
    Rejected,
    /// Takes it; the connection breaks before the answer.
    TakenAndCut,
    /// Takes nothing; the connection breaks, too.
    LostAndCut,
    /// Takes it and never answers.
    TakenAndSilent,
    /// Takes nothing and never answers.
    Silent,
    /// Takes it and reports it back later.
    EchoLater,
    /// Takes nothing: the account's credentials do not hold any longer.
    Expired,
    /// Takes nothing: a fault of its own.
    Broken,
}

/// A message as the network took it.
#[derive(Clone, Debug)]
pub struct Taken {
    pub chat: String,
    pub txn: String,
    pub id: String,
    pub body: OutboundBody,
    pub reply_to: Option<String>,
    pub subject: Option<String>,
    pub sender_name: Option<String>,
}

impl Taken {
    /// The text of its first part.
    pub fn text(&self) -> String {
        match &self.body {
            OutboundBody::Message { parts, .. } | OutboundBody::Edit { parts, .. } => {
                parts.first().map(|part| part.text.clone()).unwrap_or_default()
            }
            OutboundBody::Reaction { key, .. } => format!("+{key}"),
            OutboundBody::ReactionRemove { key, .. } => format!("-{key}"),
            OutboundBody::Delete { target } => format!("delete {}", target.id),
            OutboundBody::Read { up_to } => format!("read {}", up_to.id),
            OutboundBody::Typing { .. } => "typing".to_owned(),
        }
    }
}

#[derive(Default)]
struct World {
    /// By account token, in the order in which it happened.
    incoming: HashMap<String, Vec<Inbound>>,
    taken: Vec<Taken>,
    troubles: HashMap<String, VecDeque<Trouble>>,
    history: HashMap<String, Vec<Inbound>>,
    files: HashMap<String, Bytes>,
    /// Names and pictures of people, by their ids.
    faces: HashMap<String, (String, Bytes)>,
    /// Files cannot be fetched.
    files_away: bool,
    /// Everything from the start again at the next look.
    repeat: u64,
    /// What we sent from here comes back as one's own message.
    echoes: bool,
    /// Accounts whose connection fails at once, or whose token is wrong.
    broken: HashMap<String, SessionTrouble>,
    asked: Vec<String>,
    capabilities: Option<Capabilities>,
}

/// How an account's connection fails.
#[derive(Clone, Copy, Debug)]
pub enum SessionTrouble {
    Away,
    BadToken,
    Panics,
}

/// The network. It outlives restarts of the server; cheap to clone.
#[derive(Clone, Default)]
pub struct FakeNetwork {
    world: Arc<Mutex<World>>,
    news: Arc<Notify>,
}

impl FakeNetwork {
    fn world(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The channel that connects to it.
    pub fn channel(&self) -> Arc<dyn Channel> {
        Arc::new(FakeChannel { network: self.clone() })
    }

    /// Has something happen for one account.
    pub fn happen(&self, account: &str, event: Inbound) {
        self.world().incoming.entry(account.to_owned()).or_default().push(event);
        self.news.notify_waiters();
    }

    /// A person writes a text in their private chat with the account.
    pub fn write(&self, account: &str, person: &str, id: &str, text: &str) {
        self.happen(account, message(person, id, text));
    }

    /// The sessions give everything from the start once more.
    pub fn repeat(&self) {
        self.world().repeat += 1;
        self.news.notify_waiters();
    }

    /// What the next messages to a chat meet with.
    pub fn trouble(&self, chat: &str, trouble: Trouble) {
        self.world().troubles.entry(chat.to_owned()).or_default().push_back(trouble);
    }

    /// Whether all trouble that was prepared for a chat has been met with.
    pub fn is_met(&self, chat: &str) -> bool {
        self.world().troubles.get(chat).is_none_or(VecDeque::is_empty)
    }

    pub fn set_echoes(&self, echoes: bool) {
        self.world().echoes = echoes;
    }

    pub fn set_capabilities(&self, capabilities: Capabilities) {
        self.world().capabilities = Some(capabilities);
    }

    pub fn break_account(&self, account: &str, trouble: Option<SessionTrouble>) {
        match trouble {
            Some(trouble) => self.world().broken.insert(account.to_owned(), trouble),
            None => self.world().broken.remove(account),
        };
        self.news.notify_waiters();
    }

    pub fn put_history(&self, chat: &str, events: Vec<Inbound>) {
        self.world().history.insert(chat.to_owned(), events);
    }

    pub fn put_file(&self, id: &str, bytes: &[u8]) {
        self.world().files.insert(id.to_owned(), Bytes::copy_from_slice(bytes));
    }

    /// How a person shows themselves.
    pub fn put_face(&self, person: &str, name: &str, picture: &[u8]) {
        self.world().faces.insert(person.to_owned(), (name.to_owned(), Bytes::copy_from_slice(picture)));
    }

    pub fn set_files_away(&self, away: bool) {
        self.world().files_away = away;
    }

    /// Everything it took, in order.
    pub fn taken(&self) -> Vec<Taken> {
        self.world().taken.clone()
    }

    /// The texts that it took for a chat, in order.
    pub fn texts(&self, chat: &str) -> Vec<String> {
        self.taken().iter().filter(|taken| taken.chat == chat).map(Taken::text).collect()
    }

    /// Transactions that it was asked about.
    pub fn asked(&self) -> Vec<String> {
        self.world().asked.clone()
    }
}

/// A person of the network.
pub fn person(id: &str) -> RemoteUser {
    RemoteUser {
        id: RemoteUserId::new(id),
        name: Some(format!("{}{}", id[..1].to_uppercase(), &id[1..])),
        handles: vec![format!("fake:{id}")],
    }
}

/// The private chat with a person.
pub fn chat(person_id: &str) -> ChatInfo {
    ChatInfo { kind: ChatKind::Direct, name: None, topic: None, avatar: None, members: vec![person(person_id)] }
}

/// Something that a person did in their private chat.
pub fn event(person_id: &str, id: &str, body: InboundBody) -> Inbound {
    Inbound {
        portal: PortalKey { chat: ChatId::new(person_id), receiver: None },
        sender: Sender::Remote(person(person_id)),
        sent_at: 1_700_000_000_000,
        id: RemoteId::new(id),
        body,
        chat: Some(chat(person_id)),
        data: json!({ "note": id }),
        original: None,
        seen: false,
        historical: false,
    }
}

/// A text that a person wrote.
pub fn message(person_id: &str, id: &str, text: &str) -> Inbound {
    event(person_id, id, InboundBody::Message { parts: vec![Part::text("0", text)], reply_to: None })
}

struct FakeChannel {
    network: FakeNetwork,
}

static META: ChannelMeta = ChannelMeta {
    id: "fake",
    name: Text::new("Fake", "Attrappe"),
    summary: Text::new("For tests", "Für Tests"),
    docs: None,
    privacy: Text::new("The test reads it.", "Der Test liest es."),
    flows: FLOWS,
    guide: &[],
    catalogue: Catalogue {
        official: true,
        cost: Text::new("Nothing", "Nichts"),
        rules: Text::new("None", "Keine"),
        limits: Text::new("None", "Keine"),
        tested: Text::new("By itself", "An sich selbst"),
    },
    hook: false,
};

/// What it carries unless the test says otherwise.
pub fn capabilities() -> Capabilities {
    Capabilities {
        formatting: Formatting::Html,
        max_text: None,
        max_file: Some(1_000_000),
        parts: vec![PartKind::Image, PartKind::File],
        captions: true,
        reply: Support::Full,
        edit: Support::Full,
        delete: Support::Full,
        reaction: Support::Full,
        typing: true,
        read_receipts: true,
        delivery_receipts: true,
        groups: true,
        start_chat: true,
        history: true,
        ..Capabilities::TEXT
    }
}

impl Channel for FakeChannel {
    fn meta(&self) -> &ChannelMeta {
        &META
    }

    fn address_schemes(&self) -> &'static [&'static str] {
        &["tel"]
    }

    fn capabilities(&self) -> Capabilities {
        self.network.world().capabilities.clone().unwrap_or_else(capabilities)
    }

    fn login<'a>(
        &'a self,
        state: Option<Value>,
        input: LoginInput,
        _: &'a LoginContext,
    ) -> BoxFuture<'a, Result<LoginReply, LoginError>> {
        Box::pin(async move {
            match (state, input) {
                (None, LoginInput::Start { flow }) if flow == "token" => Ok(LoginReply {
                    state: json!({ "step": 1 }),
                    step: LoginStep::Fields {
                        title: Text::new("Token", "Token"),
                        message: None,
                        fields: vec![LoginField {
                            id: "token",
                            kind: FieldKind::Secret,
                            label: Text::new("Token", "Token"),
                            hint: None,
                            value: None,
                            required: true,
                            options: Vec::new(),
                        }],
                    },
                }),
                (Some(_), LoginInput::Submit(fields)) => finish(&fields),
                _ => Err(LoginError::NoSuchStep),
            }
        })
    }

    fn connect(&self, account: Account, host: Arc<dyn Host>) -> Result<Arc<dyn Session>, SessionError> {
        let network = self.network.clone();
        Ok(Arc::new(FakeSession { network, account, host }))
    }

    fn render_original(&self, original: &[u8], remote_images: bool) -> Option<String> {
        Some(format!("{}|{remote_images}", String::from_utf8_lossy(original)))
    }
}

fn finish(fields: &BTreeMap<String, String>) -> Result<LoginReply, LoginError> {
    let token = fields.get("token").map(String::as_str).unwrap_or_default();
    if token.is_empty() || token == "wrong" {
        return Err(LoginError::Invalid {
            field: Some("token"),
            message: Text::new("This token is wrong.", "Dieses Token ist falsch."),
        });
    }
    Ok(LoginReply {
        state: Value::Null,
        step: LoginStep::Done(NewAccount {
            remote_id: token.to_owned(),
            display_name: format!("Fake {token}"),
            credentials: json!({ "token": token, "secret": "hunter2" }),
            settings: json!({ "colour": "blue" }),
        }),
    })
}

struct FakeSession {
    network: FakeNetwork,
    account: Account,
    host: Arc<dyn Host>,
}

impl FakeSession {
    fn token(&self) -> &str {
        &self.account.remote_id
    }

    async fn give(&self) -> Result<(), SessionError> {
        let mut repeated = self.network.world().repeat;
        self.host.report(AccountState::Connected);
        loop {
            let broken = self.network.world().broken.get(self.token()).copied();
            match broken {
                Some(SessionTrouble::Away) => {
                    let reason = Text::new("away", "weg");
                    return Err(SessionError::Trouble { reason, retry_after: Some(1_000) });
                }
                Some(SessionTrouble::BadToken) => {
                    return Err(SessionError::BadCredentials(Text::new("wrong token", "falsches Token")));
                }
                Some(SessionTrouble::Panics) => panic!("as the test wanted"),
                None => {}
            }
            let news = self.network.news.notified();
            let from = self.host.cursor().await?.and_then(|cursor| cursor.as_u64()).unwrap_or_default();
            let (from, again) = {
                let world = self.network.world();
                if world.repeat == repeated { (from, repeated) } else { (0, world.repeat) }
            };
            repeated = again;
            let events: Vec<Inbound> = {
                let world = self.network.world();
                let all = world.incoming.get(self.token()).map(Vec::as_slice).unwrap_or_default();
                all.iter().skip(usize::try_from(from).unwrap_or(usize::MAX)).take(7).cloned().collect()
            };
            if events.is_empty() {
                news.await;
                continue;
            }
            let cursor = from + events.len() as u64;
            self.host.deliver(self.addressed(events), Some(json!(cursor))).await?;
        }
    }

    /// Private chats belong to the account.
    fn addressed(&self, mut events: Vec<Inbound>) -> Vec<Inbound> {
        for event in &mut events {
            event.portal.receiver = Some(self.account.id);
        }
        events
    }

    fn take(&self, outbound: &Outbound) -> String {
        let mut world = self.network.world();
        if let Some(known) = world.taken.iter().find(|taken| taken.txn == outbound.txn) {
            return known.id.clone();
        }
        let id = format!("sent-{}", world.taken.len() + 1);
        let reply_to = match &outbound.body {
            OutboundBody::Message { reply_to, .. } => reply_to.as_ref().map(|target| target.id.to_string()),
            _ => None,
        };
        let taken = Taken {
            chat: outbound.portal.chat.as_str().to_owned(),
            txn: outbound.txn.clone(),
            id: id.clone(),
            body: outbound.body.clone(),
            reply_to,
            subject: outbound.subject.clone(),
            sender_name: outbound.sender_name.clone(),
        };
        let text = taken.text();
        world.taken.push(taken);
        let echoes = world.echoes && matches!(outbound.body, OutboundBody::Message { .. });
        drop(world);
        if echoes {
            self.echo(outbound, &id, &text);
        }
        id
    }

    fn echo(&self, outbound: &Outbound, id: &str, text: &str) {
        let mut echo = message(outbound.portal.chat.as_str(), id, text);
        echo.sender = Sender::Me;
        echo.data = json!({ "txn": outbound.txn });
        self.network.happen(self.token(), echo);
    }

    async fn answer(&self, outbound: Outbound) -> SendOutcome {
        let chat = outbound.portal.chat.as_str().to_owned();
        let trouble = self.network.world().troubles.get_mut(&chat).and_then(VecDeque::pop_front);
        let reason = Text::new("as the test wanted", "wie der Test es wollte");
        match trouble {
            None => {
                let id = self.take(&outbound);
                SendOutcome::Sent { data: json!({ "note": id }), id: RemoteId::new(id), at: self.host.now() }
            }
            Some(Trouble::Later(after)) => SendOutcome::Retry { after: Some(after), reason },
            Some(Trouble::Rejected) => SendOutcome::Rejected { reason },
            Some(Trouble::Expired) => {
                self.host.report(AccountState::BadCredentials { reason: reason.clone() });
                SendOutcome::Retry { after: Some(1_000), reason }
            }
            Some(Trouble::Broken) => SendOutcome::Retry { after: None, reason },
            Some(Trouble::LostAndCut) => SendOutcome::Unknown { reason },
            Some(Trouble::TakenAndCut) => {
                self.take(&outbound);
                SendOutcome::Unknown { reason }
            }
            Some(Trouble::TakenAndSilent) => {
                self.take(&outbound);
                std::future::pending().await
            }
            Some(Trouble::Silent) => std::future::pending().await,
            Some(Trouble::EchoLater) => {
                let id = self.take(&outbound);
                let text = self.network.taken().last().map(Taken::text).unwrap_or_default();
                self.echo(&outbound, &id, &text);
                SendOutcome::PendingEcho { txn: outbound.txn }
            }
        }
    }
}

impl Session for FakeSession {
    fn run(&self) -> BoxFuture<'_, Result<(), SessionError>> {
        Box::pin(self.give())
    }

    fn send(&self, outbound: Outbound) -> BoxFuture<'_, SendOutcome> {
        Box::pin(self.answer(outbound))
    }

    fn find_sent<'a>(&'a self, outbound: &'a Outbound) -> BoxFuture<'a, Result<FindSent, SessionError>> {
        Box::pin(async move {
            let mut world = self.network.world();
            world.asked.push(outbound.txn.clone());
            let found = world.taken.iter().find(|taken| taken.txn == outbound.txn);
            Ok(found.map_or(FindSent::NotSent, |taken| {
                FindSent::Sent(MessageRef { id: RemoteId::new(&taken.id), data: json!({ "note": taken.id }) })
            }))
        })
    }

    fn resolve_identifier<'a>(&'a self, identifier: &'a str) -> BoxFuture<'a, Result<ResolvedChat, RequestError>> {
        Box::pin(async move {
            if identifier == "nobody" {
                return Err(RequestError::NotFound);
            }
            Ok(ResolvedChat {
                portal: PortalKey { chat: ChatId::new(identifier), receiver: Some(self.account.id) },
                user: person(identifier),
                info: chat(identifier),
            })
        })
    }

    fn user_info<'a>(&'a self, user: &'a RemoteUserId) -> BoxFuture<'a, Result<UserInfo, RequestError>> {
        Box::pin(async move {
            let (name, picture) =
                self.network.world().faces.get(user.as_str()).cloned().ok_or(RequestError::NotFound)?;
            Ok(UserInfo { name: Some(name), avatar: Some(Media::bytes(picture, "face.png", "image/png")) })
        })
    }

    fn fetch_history<'a>(
        &'a self,
        portal: &'a PortalKey,
        limit: usize,
    ) -> BoxFuture<'a, Result<Vec<Inbound>, RequestError>> {
        Box::pin(async move {
            let mut world = self.network.world();
            let Some(all) = world.history.get_mut(portal.chat.as_str()) else { return Ok(Vec::new()) };
            let page = all.split_off(all.len().saturating_sub(limit));
            drop(world);
            Ok(self.addressed(page))
        })
    }

    fn download<'a>(&'a self, media_id: &'a str) -> BoxFuture<'a, Result<Bytes, RequestError>> {
        Box::pin(async move {
            let world = self.network.world();
            if world.files_away {
                return Err(RequestError::Unavailable("as the test wanted".to_owned()));
            }
            world.files.get(media_id).cloned().ok_or(RequestError::NotFound)
        })
    }
}

/// A file that is only named.
pub fn lazy_file(id: &str, name: &str) -> Part {
    let mut part = Part::text(id, "");
    part.kind = PartKind::File;
    part.media = Some(Media {
        source: MediaSource::Lazy(id.to_owned()),
        name: name.to_owned(),
        mime: "application/pdf".to_owned(),
        size: None,
        content_id: None,
    });
    part
}
