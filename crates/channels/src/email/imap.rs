//! One IMAP connection (RFC 3501) and the few commands that we need, each with a time-out.

use std::{collections::BTreeSet, time::Duration};

use async_imap::{
    Authenticator, Client, Session,
    error::Error,
    imap_proto::{NameAttribute, Response},
    types::{Fetch, Flag, UnsolicitedResponse},
};
use futures_util::TryStreamExt;
use tokio::time::timeout;
use unisono_domain::{Millis, channel::SessionError, net::OutboundGuard, text::Text};

use super::{
    config::{Security, Server},
    uids,
};
use crate::net::{self, Io, NetError};

const ANSWER: Duration = Duration::from_secs(60);
/// A batch of mails or one large mail over a slow line.
const TRANSFER: Duration = Duration::from_secs(600);

/// Why an IMAP command had no result.
#[derive(Debug, thiserror::Error)]
pub enum ImapError {
    #[error(transparent)]
    Net(#[from] NetError),
    /// The server refused name or password, in these words.
    #[error("{0}")]
    Auth(String),
    #[error("the mail server does not answer")]
    TimedOut,
    /// NO: this command failed, the connection is good.
    #[error("{0}")]
    No(String),
    #[error("{0}")]
    Broken(String),
}

impl From<Error> for ImapError {
    fn from(error: Error) -> Self {
        match error {
            Error::No(words) => Self::No(information(&words)),
            other => Self::Broken(other.to_string()),
        }
    }
}

impl From<ImapError> for SessionError {
    fn from(error: ImapError) -> Self {
        match error {
            ImapError::Auth(words) => Self::BadCredentials(Text::owned(
                format!("The mail server refuses the password: {words}"),
                format!("Der Mailserver lehnt das Passwort ab: {words}"),
            )),
            other => {
                let words = other.to_string();
                Self::Trouble {
                    reason: Text::owned(
                        format!("The mailbox cannot be reached: {words}"),
                        format!("Das Postfach ist nicht erreichbar: {words}"),
                    ),
                    retry_after: None,
                }
            }
        }
    }
}

/// The server's own words out of the library's `code: ..., info: Some("...")`.
fn information(words: &str) -> String {
    match words.split_once("info: Some(\"").and_then(|(_, rest)| rest.rsplit_once("\")")) {
        Some((info, _)) => info.replace("\\\"", "\""),
        None => words.to_owned(),
    }
}

/// What the server can do beyond the least.
#[derive(Clone, Copy, Debug, Default)]
pub struct Abilities {
    pub idle: bool,
    /// Gmail, which files sent mails itself.
    pub gmail: bool,
}

/// A folder as it was selected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Selected {
    pub uid_validity: u32,
    pub uid_next: u32,
}

/// What a listing tells of a mail before it is fetched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Listed {
    pub uid: u32,
    pub received: Millis,
    pub size: u64,
}

/// A mail's bytes.
#[derive(Debug)]
pub struct Raw {
    pub uid: u32,
    pub received: Millis,
    pub size: u64,
    pub seen: bool,
    pub bytes: Vec<u8>,
}

/// Flags and Message-ID of a mail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Marked {
    pub uid: u32,
    pub seen: bool,
    pub message_id: Option<String>,
}

type Stream = Box<dyn Io>;

pub struct Imap {
    session: Session<Stream>,
    pub abilities: Abilities,
    selected: Option<String>,
}

impl std::fmt::Debug for Imap {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Imap").field("abilities", &self.abilities).finish_non_exhaustive()
    }
}

impl Imap {
    /// Connects, encrypts and logs in.
    pub async fn connect(guard: &OutboundGuard, server: &Server, password: &str) -> Result<Self, ImapError> {
        let tcp = net::connect(guard, &server.host, server.port).await?;
        let peer = tcp.peer_addr().map_err(|error| NetError::Unreachable(server.host.clone(), error))?.ip();
        let client = match server.security {
            Security::Tls => greeted(net::start_tls(&server.host, peer, tcp).await?).await?,
            Security::StartTls => {
                let mut client = greeted(Box::new(tcp)).await?;
                within(ANSWER, client.run_command_and_check_ok("STARTTLS", None)).await?;
                Client::new(net::start_tls(&server.host, peer, client.into_inner()).await?)
            }
            Security::None => {
                if OutboundGuard::default().permits(peer) {
                    return Err(ImapError::Broken(
                        "an unencrypted connection is only made within a private network".to_owned(),
                    ));
                }
                greeted(Box::new(tcp)).await?
            }
        };
        let mut session = login(client, &server.username, password).await?;
        let capabilities = within(ANSWER, session.capabilities()).await?;
        let abilities = Abilities { idle: capabilities.has_str("IDLE"), gmail: capabilities.has_str("X-GM-EXT-1") };
        Ok(Self { session, abilities, selected: None })
    }

    /// The folder of sent mails: by its use (RFC 6154), else by the names that are common.
    pub async fn find_sent(&mut self) -> Result<Option<String>, ImapError> {
        const NAMES: [&str; 14] = [
            "sent",
            "sent items",
            "sent messages",
            "sent mail",
            "gesendet",
            "gesendete objekte",
            "gesendete elemente",
            "gesendete nachrichten",
            "objets envoyés",
            "éléments envoyés",
            "envoyés",
            "enviados",
            "posta inviata",
            "verzonden items",
        ];
        let names: Vec<_> =
            within(ANSWER, async { self.session.list(Some(""), Some("*")).await?.try_collect::<Vec<_>>().await })
                .await?;
        if let Some(name) = names.iter().find(|name| name.attributes().contains(&NameAttribute::Sent)) {
            return Ok(Some(name.name().to_owned()));
        }
        Ok(names
            .iter()
            .filter(|name| !name.attributes().contains(&NameAttribute::NoSelect))
            .find(|name| {
                let last = match name.delimiter() {
                    Some(delimiter) => name.name().rsplit(delimiter).next().unwrap_or_default(),
                    None => name.name(),
                };
                NAMES.contains(&last.to_lowercase().as_str())
            })
            .map(|name| name.name().to_owned()))
    }

    pub async fn create(&mut self, folder: &str) -> Result<(), ImapError> {
        within(ANSWER, self.session.create(folder)).await
    }

    pub async fn select(&mut self, folder: &str) -> Result<Selected, ImapError> {
        let mailbox = within(ANSWER, self.session.select(folder)).await?;
        self.selected = Some(folder.to_owned());
        Ok(Selected { uid_validity: mailbox.uid_validity.unwrap_or(0), uid_next: mailbox.uid_next.unwrap_or(0) })
    }

    /// Selects only if another folder is open.
    pub async fn open(&mut self, folder: &str) -> Result<(), ImapError> {
        if self.selected.as_deref() != Some(folder) {
            self.select(folder).await?;
        }
        Ok(())
    }

    /// Lets the server tell what is new, and forgets what it told before.
    pub async fn refresh(&mut self) -> Result<(), ImapError> {
        within(ANSWER, self.session.noop()).await?;
        while self.session.unsolicited_responses.try_recv().is_ok() {}
        Ok(())
    }

    /// Whether the server told of new, gone or changed mails since [`Self::refresh`].
    pub fn take_news(&mut self) -> bool {
        let mut news = false;
        while let Ok(said) = self.session.unsolicited_responses.try_recv() {
            news |= match said {
                UnsolicitedResponse::Exists(_) | UnsolicitedResponse::Expunge(_) => true,
                UnsolicitedResponse::Other(response) => matches!(response.parsed(), Response::Fetch(..)),
                _ => false,
            };
        }
        news
    }

    /// All mails from a UID on, in ascending order.
    pub async fn list_from(&mut self, uid: u32) -> Result<Vec<Listed>, ImapError> {
        let fetches = self.fetch(&format!("{}:*", uid.max(1)), "(UID INTERNALDATE RFC822.SIZE)", TRANSFER).await?;
        let mut listed: Vec<Listed> = fetches
            .iter()
            // `n:*` is never empty: it names the last mail even if that is older.
            .filter_map(|fetch| Some((fetch, fetch.uid.filter(|found| *found >= uid)?)))
            .map(|(fetch, uid)| Listed { uid, received: received(fetch), size: u64::from(fetch.size.unwrap_or(0)) })
            .collect();
        listed.sort_unstable_by_key(|mail| mail.uid);
        listed.dedup_by_key(|mail| mail.uid);
        Ok(listed)
    }

    /// Whole mails, or their first `first` bytes, in ascending order.
    pub async fn fetch_mails(&mut self, uids: &[u32], first: Option<usize>) -> Result<Vec<Raw>, ImapError> {
        if uids.is_empty() {
            return Ok(Vec::new());
        }
        let body = first.map_or_else(|| "BODY.PEEK[]".to_owned(), |bytes| format!("BODY.PEEK[]<0.{bytes}>"));
        let query = format!("(UID FLAGS INTERNALDATE RFC822.SIZE {body})");
        let fetches = self.fetch(&uids::write(uids.iter().copied()), &query, TRANSFER).await?;
        let mut mails: Vec<Raw> = fetches
            .iter()
            .filter_map(|fetch| {
                Some(Raw {
                    uid: fetch.uid?,
                    received: received(fetch),
                    size: u64::from(fetch.size.unwrap_or(0)),
                    seen: is_seen(fetch),
                    bytes: fetch.body()?.to_vec(),
                })
            })
            .collect();
        mails.sort_unstable_by_key(|mail| mail.uid);
        mails.dedup_by_key(|mail| mail.uid);
        Ok(mails)
    }

    /// Flags and ids of some mails; those that are gone are missing.
    pub async fn marks(&mut self, uids: &[u32]) -> Result<Vec<Marked>, ImapError> {
        let mut marks = Vec::new();
        for some in uids.chunks(500) {
            let set = uids::write(some.iter().copied());
            let fetches = self.fetch(&set, "(UID FLAGS BODY.PEEK[HEADER.FIELDS (MESSAGE-ID)])", ANSWER).await?;
            marks.extend(fetches.iter().filter_map(|fetch| {
                Some(Marked { uid: fetch.uid?, seen: is_seen(fetch), message_id: message_id(fetch) })
            }));
        }
        Ok(marks)
    }

    /// When the server got some mails.
    pub async fn received(&mut self, uids: &[u32]) -> Result<Vec<(u32, Millis)>, ImapError> {
        if uids.is_empty() {
            return Ok(Vec::new());
        }
        let fetches = self.fetch(&uids::write(uids.iter().copied()), "(UID INTERNALDATE)", ANSWER).await?;
        Ok(fetches.iter().filter_map(|fetch| Some((fetch.uid?, received(fetch)))).collect())
    }

    async fn fetch(&mut self, set: &str, query: &str, limit: Duration) -> Result<Vec<Fetch>, ImapError> {
        within(limit, async { self.session.uid_fetch(set, query).await?.try_collect::<Vec<_>>().await }).await
    }

    pub async fn search(&mut self, query: &str) -> Result<BTreeSet<u32>, ImapError> {
        Ok(within(ANSWER, self.session.uid_search(query)).await?.into_iter().collect())
    }

    pub async fn mark_seen(&mut self, uids: &[u32]) -> Result<(), ImapError> {
        let set = uids::write(uids.iter().copied());
        within(ANSWER, async {
            self.session.uid_store(set, "+FLAGS.SILENT (\\Seen)").await?.try_collect::<Vec<_>>().await
        })
        .await?;
        Ok(())
    }

    /// Files a mail as read.
    pub async fn append(&mut self, folder: &str, raw: &[u8]) -> Result<(), ImapError> {
        within(TRANSFER, self.session.append(folder, Some("(\\Seen)"), None, raw)).await
    }

    /// Waits until the server says something, or so long.
    pub async fn idle(self, longest: Duration) -> Result<Self, ImapError> {
        let Self { session, abilities, selected } = self;
        let news = session.unsolicited_responses.clone();
        let mut handle = session.idle();
        within(ANSWER, handle.init()).await?;
        if news.is_empty() {
            let (waiting, stop) = handle.wait_with_timeout(longest);
            let _ = waiting.await;
            drop(stop);
        }
        let session = within(ANSWER, handle.done()).await?;
        Ok(Self { session, abilities, selected })
    }

    pub async fn logout(mut self) {
        let _ = timeout(Duration::from_secs(5), self.session.logout()).await;
    }
}

async fn within<T>(limit: Duration, command: impl Future<Output = Result<T, Error>>) -> Result<T, ImapError> {
    timeout(limit, command).await.map_err(|_| ImapError::TimedOut)?.map_err(Into::into)
}

async fn greeted(stream: Stream) -> Result<Client<Stream>, ImapError> {
    let mut client = Client::new(stream);
    let greeting = timeout(ANSWER, client.read_response()).await.map_err(|_| ImapError::TimedOut)?;
    match greeting.map_err(|error| ImapError::Broken(error.to_string()))? {
        Some(_) => Ok(client),
        None => Err(ImapError::Broken("the mail server ended the connection".to_owned())),
    }
}

async fn login(client: Client<Stream>, name: &str, password: &str) -> Result<Session<Stream>, ImapError> {
    // LOGIN cannot carry other letters; SASL PLAIN (RFC 4616) is UTF-8.
    let plain = !(name.is_ascii() && password.is_ascii());
    let result = if plain {
        timeout(ANSWER, client.authenticate("PLAIN", Plain(format!("\0{name}\0{password}")))).await
    } else {
        timeout(ANSWER, client.login(name, password)).await
    };
    match result.map_err(|_| ImapError::TimedOut)? {
        Ok(session) => Ok(session),
        Err((Error::No(words), _)) if is_temporary(&words) => Err(ImapError::Broken(information(&words))),
        Err((Error::No(words), _)) => Err(ImapError::Auth(information(&words))),
        Err((error, _)) => Err(error.into()),
    }
}

/// Refusals that say nothing about the password (RFC 5530).
fn is_temporary(words: &str) -> bool {
    let words = words.to_ascii_lowercase();
    ["unavailable", "inuse", "[limit]", "too many", "temporar", "try again"].iter().any(|word| words.contains(word))
}

struct Plain(String);

impl Authenticator for Plain {
    type Response = String;

    fn process(&mut self, _challenge: &[u8]) -> String {
        self.0.clone()
    }
}

fn received(fetch: &Fetch) -> Millis {
    fetch.internal_date().map_or(0, |date| date.timestamp_millis())
}

fn is_seen(fetch: &Fetch) -> bool {
    fetch.flags().any(|flag| flag == Flag::Seen)
}

fn message_id(fetch: &Fetch) -> Option<String> {
    let header = fetch.header()?;
    let text = String::from_utf8_lossy(header);
    let value = text.split_once(':')?.1;
    let id = super::parse::clean_id(&value.replace(['\r', '\n'], " "));
    (!id.is_empty()).then_some(id)
}

/// A text as an IMAP quoted string; `None` if it cannot be one.
pub fn quoted(text: &str) -> Option<String> {
    let plain = text.chars().all(|char| char.is_ascii() && !char.is_ascii_control());
    plain.then(|| format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\"")))
}

/// A day as IMAP writes it.
pub fn day(time: Millis) -> String {
    const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let date = mail_parser::DateTime::from_timestamp(time.div_euclid(1000));
    let month = MONTHS.get(usize::from(date.month).saturating_sub(1)).copied().unwrap_or("Jan");
    format!("{}-{month}-{:04}", date.day, date.year)
}
