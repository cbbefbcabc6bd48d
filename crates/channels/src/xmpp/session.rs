//! An account at work.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use bytes::Bytes;
use tokio::sync::watch;
use unisono_domain::{
    channel::{
        Account, AccountId, BoxFuture, ChatInfo, FindSent, Host, HostError, Inbound, Outbound, PortalKey, RemoteUser,
        RemoteUserId, RequestError, ResolvedChat, SendOutcome, Session, SessionError, UserInfo,
    },
    text::Text,
};
use url::Url;
use xmpp_parsers::jid::BareJid;

use super::{
    avatar, history,
    link::{Link, LinkError},
    login::Credentials,
    memory::Memory,
    send, start,
    upload::Upload,
    work,
};
use crate::net::{Http, NetError};

/// A file may take so long, up or down.
const FILE_WITHIN: Duration = Duration::from_secs(150);
/// Larger files are not fetched.
const LARGEST_FILE: usize = 100 * 1024 * 1024;

/// Whether there is somebody to talk to.
#[derive(Clone, Default)]
pub enum Connection {
    /// Not now.
    #[default]
    Away,
    Up(Arc<Link>),
    /// Not before the owner signs in anew.
    Over,
}

pub struct XmppSession {
    pub account: AccountId,
    pub me: BareJid,
    pub credentials: Credentials,
    /// The same each time, so that a new connection takes the place of one that is dead.
    pub resource: String,
    pub host: Arc<dyn Host>,
    pub http: Http,
    pub upload: Mutex<Option<Option<Upload>>>,
    link: watch::Sender<Connection>,
    memory: Mutex<Memory>,
}

impl XmppSession {
    pub fn new(account: &Account, host: Arc<dyn Host>) -> Result<Self, SessionError> {
        let unreadable = || {
            SessionError::BadCredentials(Text::new(
                "What is stored of this account cannot be read. Please sign in again.",
                "Die gespeicherten Zugangsdaten sind unlesbar. Bitte melde dich neu an.",
            ))
        };
        let credentials: Credentials = serde_json::from_value(account.credentials.clone()).map_err(|_| unreadable())?;
        let me = BareJid::new(&credentials.jid).map_err(|_| unreadable())?;
        let http = Http::new(host.guard().clone(), FILE_WITHIN)
            .map_err(|error| SessionError::Trouble { reason: Text::verbatim(&error.to_string()), retry_after: None })?;
        Ok(Self {
            account: account.id,
            me,
            credentials,
            resource: resource(account),
            host,
            http,
            upload: Mutex::default(),
            link: watch::channel(Connection::Away).0,
            memory: Mutex::default(),
        })
    }

    pub fn memory(&self) -> MutexGuard<'_, Memory> {
        self.memory.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The present connection.
    pub fn link(&self) -> Option<Arc<Link>> {
        match &*self.link.borrow() {
            Connection::Up(link) => Some(Arc::clone(link)),
            Connection::Away | Connection::Over => None,
        }
    }

    pub fn set_link(&self, connection: Connection) {
        self.link.send_replace(connection);
    }

    /// A connection that is not this one, waited for.
    pub async fn next_link(&self, not: Option<&Arc<Link>>, patience: Duration) -> Option<Arc<Link>> {
        let mut links = self.link.subscribe();
        let settled = |connection: &Connection| match connection {
            Connection::Up(link) => not.is_none_or(|not| !Arc::ptr_eq(link, not)),
            Connection::Over => true,
            Connection::Away => false,
        };
        tokio::time::timeout(patience, links.wait_for(settled)).await.ok()?.ok()?;
        self.link()
    }

    pub fn request_link(&self) -> Result<Arc<Link>, RequestError> {
        self.link().ok_or_else(|| RequestError::Unavailable("the account is not connected".to_owned()))
    }

    pub fn private(&self, chat: &str) -> PortalKey {
        PortalKey::private(self.account, super::ids::short(chat))
    }

    /// Gives events to the hub, and where we are with them.
    pub async fn deliver(&self, events: Vec<Inbound>) -> Result<(), HostError> {
        let cursor = self.memory().cursor.to_value();
        self.host.deliver(events, Some(cursor)).await
    }
}

fn resource(account: &Account) -> String {
    use sha2::Digest as _;
    let digest = sha2::Sha256::digest(format!("{} {}", account.id, account.hook).as_bytes());
    format!("unisono.{}", &crate::verify::hex(&digest)[..8])
}

/// What a failed question means to whoever asked.
pub fn request_error(error: LinkError) -> RequestError {
    match error {
        LinkError::Refused(refusal) if refusal.condition == "item-not-found" => RequestError::NotFound,
        LinkError::Refused(refusal) => RequestError::Unavailable(refusal.to_string()),
        other => RequestError::Unavailable(other.to_string()),
    }
}

impl Session for XmppSession {
    fn run(&self) -> BoxFuture<'_, Result<(), SessionError>> {
        Box::pin(work::run(self))
    }

    fn send(&self, outbound: Outbound) -> BoxFuture<'_, SendOutcome> {
        Box::pin(async move { send::send(self, &outbound).await })
    }

    fn find_sent<'a>(&'a self, outbound: &'a Outbound) -> BoxFuture<'a, Result<FindSent, SessionError>> {
        Box::pin(send::find(self, outbound))
    }

    fn chat_info<'a>(&'a self, portal: &'a PortalKey) -> BoxFuture<'a, Result<ChatInfo, RequestError>> {
        Box::pin(async move {
            let chat = portal.chat.as_str();
            if let Some(info) = super::rooms::info(self, chat) {
                return Ok(info);
            }
            let person = self.memory().person(chat);
            Ok(ChatInfo::direct(person))
        })
    }

    fn user_info<'a>(&'a self, user: &'a RemoteUserId) -> BoxFuture<'a, Result<UserInfo, RequestError>> {
        Box::pin(async move {
            let name = self.memory().contacts.get(user.as_str()).and_then(|contact| contact.name.clone());
            Ok(UserInfo { name, avatar: avatar::find(self, user.as_str()).await })
        })
    }

    fn resolve_identifier<'a>(&'a self, identifier: &'a str) -> BoxFuture<'a, Result<ResolvedChat, RequestError>> {
        Box::pin(start::resolve(self, identifier))
    }

    fn contacts(&self) -> BoxFuture<'_, Result<Vec<RemoteUser>, RequestError>> {
        Box::pin(async move {
            let memory = self.memory();
            let mut people: Vec<RemoteUser> = memory.contacts.keys().map(|jid| memory.person(jid)).collect();
            people.sort_by(|one, other| one.id.cmp(&other.id));
            Ok(people)
        })
    }

    fn fetch_history<'a>(
        &'a self,
        portal: &'a PortalKey,
        limit: usize,
    ) -> BoxFuture<'a, Result<Vec<Inbound>, RequestError>> {
        Box::pin(history::fetch(self, portal, limit))
    }

    fn download<'a>(&'a self, media_id: &'a str) -> BoxFuture<'a, Result<Bytes, RequestError>> {
        Box::pin(async move {
            let url: Url = media_id.parse().map_err(|_| RequestError::NotFound)?;
            if !matches!(url.scheme(), "https" | "http") {
                return Err(RequestError::NotFound);
            }
            match self.http.get(&url, LARGEST_FILE).await {
                Ok(bytes) => Ok(bytes),
                // Trying again would not help.
                Err(NetError::TooLarge | NetError::Forbidden(_) | NetError::NoSuchHost(_)) => {
                    Err(RequestError::NotFound)
                }
                Err(NetError::Http(status)) if status.starts_with('4') => Err(RequestError::NotFound),
                Err(error) => Err(RequestError::Unavailable(error.to_string())),
            }
        })
    }
}
