//! The contract between the hub and a network's adapter.
//!
//! A network is one [`Channel`]. A connected login is one [`Session`]. Signing in is a step machine
//! ([`login`]). The hub hands a session a [`Host`], and knows the rest only through plain data:
//! [`Inbound`] events come in, [`Outbound`] ones go out and end as a [`SendOutcome`].

mod account;
mod capabilities;
mod content;
mod ids;
mod inbound;
pub mod login;
mod meta;
mod outbound;
mod webhook;

use std::{future::Future, pin::Pin, sync::Arc};

pub use self::{
    account::{Account, AccountState, SessionError},
    capabilities::{Capabilities, Formatting, Support},
    content::{Media, MediaSource, Part, PartKind},
    ids::{AccountId, ChatId, PortalKey, RemoteId, RemoteUserId},
    inbound::{ChatInfo, ChatKind, Inbound, InboundBody, RemoteUser, Sender, UserInfo},
    meta::{Catalogue, ChannelMeta, ClosedNetwork, Figure, GuideStep, Handout},
    outbound::{FindSent, MessageRef, Outbound, OutboundBody, SendOutcome, Template},
    webhook::{CLIENT, Served, ServedBody, WebhookError, WebhookReply, WebhookRequest},
};
use crate::{net::OutboundGuard, text::Text};

/// What an asynchronous trait method returns, so that the traits stay usable as `dyn`.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// A kind of network: e-mail, Telegram, SMS ... One static value each.
pub trait Channel: Send + Sync + 'static {
    /// Id, names, logo and how an account is obtained.
    fn meta(&self) -> &ChannelMeta;

    /// What the network can carry at best. A portal may narrow it.
    fn capabilities(&self) -> Capabilities;

    /// Takes one step of a login. `state` is what the step before returned, `None` at the start.
    fn login<'a>(
        &'a self,
        state: Option<serde_json::Value>,
        input: login::LoginInput,
        context: &'a login::LoginContext,
    ) -> BoxFuture<'a, Result<login::LoginReply, login::LoginError>>;

    /// Makes a session for an account. Does no network traffic: [`Session::run`] does.
    fn connect(&self, account: Account, host: Arc<dyn Host>) -> Result<Arc<dyn Session>, SessionError>;

    /// Schemes of the URIs (`tel`, `mailto` ...) whose addresses a chat can be started with here: by
    /// them a person who is known elsewhere can be written to on this network.
    fn address_schemes(&self) -> &'static [&'static str] {
        &[]
    }

    /// What the user can change on a connected account, with its present values.
    fn settings_fields(&self, _settings: &serde_json::Value) -> Vec<login::LoginField> {
        Vec::new()
    }

    /// What the user takes from a connected account to elsewhere, such as a line for their web site.
    /// `base`: where people reach this server, without a slash at the end.
    fn handouts(&self, _account: &Account, _base: &str) -> Vec<Handout> {
        Vec::new()
    }

    /// Turns an [`Inbound::original`] into a whole HTML document that is safe to show in a sandboxed
    /// frame. `remote_images`: the user asked for pictures from elsewhere, too. `None` where the
    /// network has nothing to show beyond the message itself.
    fn render_original(&self, _original: &[u8], _remote_images: bool) -> Option<String> {
        None
    }

    /// Verifies a vendor's call-back on the raw body and gives all events in it.
    fn webhook(&self, _request: &WebhookRequest, _account: &Account) -> Result<WebhookReply, WebhookError> {
        Err(WebhookError::NotSupported)
    }
}

/// One connected account on a network.
pub trait Session: Send + Sync + 'static {
    /// Keeps the account connected: polls, idles or holds a socket open, and gives what comes in to
    /// the host. Returns when the connection is lost; the hub calls it again with backoff. Stopped
    /// by dropping the future, so every await point must be safe to leave.
    fn run(&self) -> BoxFuture<'_, Result<(), SessionError>>;

    /// Sends one event. Called for one portal in order, for several portals at the same time.
    fn send(&self, outbound: Outbound) -> BoxFuture<'_, SendOutcome>;

    /// What became of an earlier send whose outcome we did not learn (a crash, a cut connection).
    /// Where the vendor does nothing twice under one [`Outbound::txn`], [`FindSent::NotSent`] is the
    /// right answer, too: sending it again does no harm.
    fn find_sent<'a>(&'a self, _outbound: &'a Outbound) -> BoxFuture<'a, Result<FindSent, SessionError>> {
        Box::pin(async { Ok(FindSent::CannotTell) })
    }

    /// Name, picture and members of a chat.
    fn chat_info<'a>(&'a self, _portal: &'a PortalKey) -> BoxFuture<'a, Result<ChatInfo, RequestError>> {
        unsupported()
    }

    /// Name and picture of a person, asked for in the background.
    fn user_info<'a>(&'a self, _user: &'a RemoteUserId) -> BoxFuture<'a, Result<UserInfo, RequestError>> {
        unsupported()
    }

    /// Finds or opens the private chat with a number, address or handle that a user typed.
    fn resolve_identifier<'a>(&'a self, _identifier: &'a str) -> BoxFuture<'a, Result<ResolvedChat, RequestError>> {
        unsupported()
    }

    /// The account's address book.
    fn contacts(&self) -> BoxFuture<'_, Result<Vec<RemoteUser>, RequestError>> {
        unsupported()
    }

    /// Up to `limit` older events of one chat (newest first excluded: returned oldest first), all
    /// older than what was imported. An empty page means that there are none.
    fn fetch_history<'a>(
        &'a self,
        _portal: &'a PortalKey,
        _limit: usize,
    ) -> BoxFuture<'a, Result<Vec<Inbound>, RequestError>> {
        unsupported()
    }

    /// The bytes behind a [`MediaSource::Lazy`] id.
    fn download<'a>(&'a self, _media_id: &'a str) -> BoxFuture<'a, Result<bytes::Bytes, RequestError>> {
        unsupported()
    }

    /// The texts that the vendor has approved for sending outside [`Capabilities::reply_window`].
    fn templates(&self) -> BoxFuture<'_, Result<Vec<Template>, RequestError>> {
        unsupported()
    }

    /// Answers a call to the account's own address, where the other side speaks a protocol of ours
    /// (the chat on a web site). `None`: the call is one for [`Channel::webhook`].
    fn serve<'a>(&'a self, _request: &'a WebhookRequest) -> BoxFuture<'a, Option<Served>> {
        Box::pin(async { None })
    }

    /// Ends the login at the network, if it has such a thing.
    fn logout(&self) -> BoxFuture<'_, Result<(), RequestError>> {
        Box::pin(async { Ok(()) })
    }
}

fn unsupported<'a, T: 'a>() -> BoxFuture<'a, Result<T, RequestError>> {
    Box::pin(async { Err(RequestError::Unsupported) })
}

/// What the hub does for one session.
pub trait Host: Send + Sync + 'static {
    /// Stores events, and the account's cursor with them, in one transaction; returns when they are
    /// on disk. Events that are known already are dropped, so a session may repeat itself.
    fn deliver(&self, events: Vec<Inbound>, cursor: Option<serde_json::Value>) -> BoxFuture<'_, Result<(), HostError>>;

    /// The cursor of the last [`Host::deliver`] that carried one.
    fn cursor(&self) -> BoxFuture<'_, Result<Option<serde_json::Value>, HostError>>;

    /// The portals of those of the given messages that we know, in the order asked.
    fn find_portals<'a>(
        &'a self,
        messages: &'a [RemoteId],
    ) -> BoxFuture<'a, Result<Vec<(RemoteId, PortalKey)>, HostError>>;

    /// Up to `limit` messages from the other side in one portal, `up_to` itself and older, newest
    /// first. For networks that mark every message read by itself.
    fn messages_up_to<'a>(
        &'a self,
        _portal: &'a PortalKey,
        _up_to: &'a RemoteId,
        _limit: usize,
    ) -> BoxFuture<'a, Result<Vec<MessageRef>, HostError>> {
        Box::pin(async { Ok(Vec::new()) })
    }

    /// What was said in a portal after a place in its timeline, at most `limit` messages, oldest first;
    /// without a place the newest ones. Edits are applied, removed messages are left out. For networks
    /// whose only memory we are.
    fn conversation<'a>(
        &'a self,
        _portal: &'a PortalKey,
        _after: Option<i64>,
        _limit: usize,
    ) -> BoxFuture<'a, Result<Vec<Said>, HostError>> {
        Box::pin(async { Ok(Vec::new()) })
    }

    /// One message of a portal, by the id that the network knows it by or by its event's id.
    fn said<'a>(&'a self, _portal: &'a PortalKey, _id: &'a RemoteId) -> BoxFuture<'a, Result<Option<Said>, HostError>> {
        Box::pin(async { Ok(None) })
    }

    /// The bytes of a file that a message of [`Host::conversation`] carries.
    fn media<'a>(&'a self, _uri: &'a str) -> BoxFuture<'a, Result<bytes::Bytes, HostError>> {
        Box::pin(async { Err(HostError("there is no such file".to_owned())) })
    }

    /// Tells the user how the account is.
    fn report(&self, state: AccountState);

    /// Which addresses may be connected to.
    fn guard(&self) -> &OutboundGuard;

    /// The present time, milliseconds since 1970.
    fn now(&self) -> crate::Millis;
}

/// A message as it stands in the room of a portal.
#[derive(Clone, Debug)]
pub struct Said {
    /// Its place in the timeline: what [`Host::conversation`] goes on after.
    pub position: i64,
    /// The id that the network knows it by, once it does.
    pub id: Option<RemoteId>,
    /// Its event's id, which it has from the beginning.
    pub event_id: String,
    /// The account's own side, whoever of the team wrote it.
    pub mine: bool,
    pub sender_name: Option<String>,
    pub at: crate::Millis,
    /// The Matrix content, edits applied.
    pub content: serde_json::Value,
}

/// The hub could not do what a session asked: a full disk, a shutdown. The session should return
/// with [`SessionError::Trouble`] and will be run again.
#[derive(Debug, thiserror::Error)]
#[error("the hub could not store: {0}")]
pub struct HostError(pub String);

/// Why a question to the network had no answer.
#[derive(Debug, thiserror::Error)]
pub enum RequestError {
    #[error("the network has no such function")]
    Unsupported,
    #[error("not found on the network")]
    NotFound,
    /// What was typed is not a valid number, address or handle.
    #[error("invalid: {}", .0.en)]
    Invalid(Text),
    #[error("the network cannot be reached: {0}")]
    Unavailable(String),
}

/// A private chat that was found for an identifier.
#[derive(Clone, Debug)]
pub struct ResolvedChat {
    pub portal: PortalKey,
    pub user: RemoteUser,
    pub info: ChatInfo,
}
