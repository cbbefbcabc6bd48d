//! One Gateway ID: what it says, sealed, and the calls it gets, opened.

use std::{collections::BTreeMap, sync::Arc};

use bytes::Bytes;
use crypto_box::SecretKey;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tokio::sync::Mutex;
use unisono_domain::{
    channel::{
        Account, AccountId, AccountState, BoxFuture, ChatInfo, Host, MediaSource, MessageRef, Outbound, OutboundBody,
        Part, PartKind, PortalKey, RemoteId, RequestError, ResolvedChat, SendOutcome, Served, ServedBody, Session,
        SessionError, WebhookRequest,
    },
    text::Text,
};

use super::{
    Credentials,
    boxes::{self, Key},
    call::Call,
    convert::{self, AGREED, DECLINED},
    credentials,
    directory::Directory,
    message::{File, LONGEST_TEXT, Message, Status, is_id},
};
use crate::{format, phone, rest::RestError, verify::hex};

/// Nonces that are remembered.
const MOST_NONCES: usize = 500;

const UNKNOWN_ID: Text = Text::new("There is no such Threema ID.", "Diese Threema-ID gibt es nicht.");
const NO_ID: Text = Text::new(
    "Please give a Threema ID (eight letters or digits), or a telephone number or e-mail address linked to one.",
    "Bitte gib eine Threema-ID an (acht Buchstaben oder Ziffern) oder eine damit verknüpfte Telefonnummer oder \
     E-Mail-Adresse.",
);
const OTHER_KEY: Text = Text::new(
    "Threema names another key for this ID than before. Nothing is sent, as somebody may want to read along.",
    "Threema nennt für diese ID einen anderen Schlüssel als früher. Es wird nichts gesendet, denn jemand könnte \
     mitlesen wollen.",
);
const THUMBS: Text = Text::new(
    "To Threema, a Gateway ID can only send 👍 and 👎.",
    "Eine Gateway-ID kann an Threema nur 👍 und 👎 senden.",
);
const TOO_LONG: Text = Text::new("The text is too long for Threema.", "Der Text ist zu lang für Threema.");
const NO_CREDITS: Text = Text::new(
    "There are no credits left at Threema Gateway. Please buy some and send the message again.",
    "Bei Threema Gateway sind keine Credits mehr da. Bitte kauf welche nach und sende die Nachricht noch einmal.",
);

/// The account's cursor: whom we know, and what was said already.
#[derive(Clone, Default, Serialize, Deserialize)]
#[serde(default)]
struct Memory {
    /// Public keys as they were first seen, by ID.
    keys: BTreeMap<String, String>,
    /// Nonces with the message that came under each, the oldest first.
    nonces: Vec<(String, String)>,
}

pub(super) struct ThreemaSession {
    account: AccountId,
    host: Arc<dyn Host>,
    credentials: Credentials,
    key: SecretKey,
    directory: Directory,
    memory: Mutex<Option<Memory>>,
}

/// Why no key can be had.
enum NoKey {
    Unknown,
    Changed,
    Rest(RestError),
    Host,
}

impl ThreemaSession {
    pub(super) fn new(account: &Account, host: Arc<dyn Host>) -> Result<Self, SessionError> {
        let malformed = || SessionError::BadCredentials(Text::verbatim("malformed"));
        let credentials = credentials(account).ok_or_else(malformed)?;
        let key = credentials.key().ok_or_else(malformed)?;
        let directory = Directory::new(host.guard(), &credentials).map_err(|error| error.session(""))?;
        Ok(Self { account: account.id, host, credentials, key, directory, memory: Mutex::default() })
    }

    /// The key of an ID: as it was first seen, or looked up and noted.
    async fn key_of(&self, id: &str) -> Result<Key, NoKey> {
        let mut memory = self.memory.lock().await;
        let memory = match &mut *memory {
            Some(memory) => memory,
            none => {
                let cursor = self.host.cursor().await.map_err(|_| NoKey::Host)?;
                none.insert(cursor.and_then(|cursor| serde_json::from_value(cursor).ok()).unwrap_or_default())
            }
        };
        if let Some(known) = memory.keys.get(id) {
            return boxes::unhex(known).ok_or(NoKey::Changed);
        }
        let key = self.directory.public_key(id).await.map_err(NoKey::Rest)?.ok_or(NoKey::Unknown)?;
        memory.keys.insert(id.to_owned(), hex(&key));
        self.host.deliver(Vec::new(), Some(json!(memory))).await.map_err(|_| NoKey::Host)?;
        Ok(key)
    }

    /// Takes a call; gives the status to answer with.
    async fn take(&self, call: Call) -> u16 {
        const AGAIN: u16 = 503;
        let key = match self.key_of(&call.from).await {
            Ok(key) => Some(key),
            Err(NoKey::Unknown | NoKey::Changed) => None,
            Err(NoKey::Rest(_) | NoKey::Host) => return AGAIN,
        };
        let opened = key.and_then(|key| boxes::open(&self.key, &key, &call.nonce, &call.sealed));
        let mut locked = self.memory.lock().await;
        let Some(memory) = locked.as_mut() else { return AGAIN };
        let nonce = hex(&call.nonce);
        if memory.nonces.iter().any(|(known, id)| *known == nonce && *id != call.id) {
            tracing::warn!(account.id = self.account.0, "a message was played again under another id");
            return 200;
        }
        let mut changed = memory.clone();
        changed.nonces.retain(|(known, _)| *known != nonce);
        changed.nonces.push((nonce, call.id.clone()));
        let surplus = changed.nonces.len().saturating_sub(MOST_NONCES);
        changed.nonces.drain(..surplus);
        let events = convert::events(self.account, &call, opened.as_deref().and_then(Message::read));
        if self.host.deliver(events, Some(json!(changed))).await.is_err() {
            return AGAIN;
        }
        *memory = changed;
        200
    }

    async fn say(&self, to: &str, message: Message) -> SendOutcome {
        let key = match self.key_of(to).await {
            Ok(key) => key,
            Err(NoKey::Unknown) => return SendOutcome::Rejected { reason: UNKNOWN_ID },
            Err(NoKey::Changed) => return SendOutcome::Rejected { reason: OTHER_KEY },
            Err(NoKey::Host) => {
                return SendOutcome::Retry { after: None, reason: Text::verbatim("the key could not be stored") };
            }
            Err(NoKey::Rest(error)) => return self.failed(error, true),
        };
        let nonce = rand::random();
        let Some(sealed) = boxes::seal(&self.key, &key, &nonce, &message.write(rand::random())) else {
            return SendOutcome::Unsupported;
        };
        match self.directory.send(to, &nonce, &sealed).await {
            Ok(id) => {
                SendOutcome::Sent { id: RemoteId::new(id.to_lowercase()), at: self.host.now(), data: Value::Null }
            }
            Err(error) => self.failed(error, false),
        }
    }

    /// `harmless`: nothing was to be sent yet, so it can be tried again whatever came of it.
    fn failed(&self, error: RestError, harmless: bool) -> SendOutcome {
        if error.status() == Some(402) {
            return SendOutcome::Rejected { reason: NO_CREDITS };
        }
        match error.outcome(&*self.host, "") {
            SendOutcome::Unknown { reason } if harmless => SendOutcome::Retry { after: None, reason },
            other => other,
        }
    }

    async fn message(&self, part: &Part) -> Result<Message, SendOutcome> {
        if let Some((latitude, longitude)) = part.coordinates() {
            let label = Some(part.text.clone()).filter(|label| !label.is_empty());
            return Ok(Message::Location { latitude, longitude, label });
        }
        let text = format::write(unisono_domain::channel::Formatting::WhatsApp, part);
        let Some(media) = &part.media else {
            if text.len() > LONGEST_TEXT {
                return Err(SendOutcome::Rejected { reason: TOO_LONG });
            }
            return Ok(Message::Text(text));
        };
        let MediaSource::Bytes(bytes) = &media.source else { return Err(SendOutcome::Unsupported) };
        let key: Key = rand::random();
        let sealed = boxes::seal_file(&key, bytes).ok_or(SendOutcome::Unsupported)?;
        let blob = self.directory.upload(sealed).await.map_err(|error| self.failed(error, true))?;
        let shown = matches!(part.kind, PartKind::Image | PartKind::Video | PartKind::Audio | PartKind::Voice);
        Ok(Message::File(Box::new(File {
            b: blob,
            k: hex(&key),
            m: media.mime.clone(),
            n: Some(media.name.clone()),
            s: bytes.len() as u64,
            d: Some(text).filter(|text| !text.is_empty()),
            j: u8::from(shown),
            i: u8::from(shown),
        })))
    }

    async fn dispatch(&self, outbound: &Outbound) -> SendOutcome {
        let to = outbound.portal.chat.as_str();
        let receipt =
            |status, target: &MessageRef| Message::Receipt { status, ids: vec![target.id.as_str().to_owned()] };
        let message = match &outbound.body {
            OutboundBody::Message { parts, .. } => match parts.as_slice() {
                [part] => match self.message(part).await {
                    Ok(message) => message,
                    Err(outcome) => return outcome,
                },
                _ => return SendOutcome::Unsupported,
            },
            OutboundBody::Read { up_to } => receipt(Status::Read, up_to),
            OutboundBody::Reaction { target, key } => match key.trim_end_matches('\u{fe0f}') {
                AGREED => receipt(Status::Agreed, target),
                DECLINED => receipt(Status::Declined, target),
                _ => return SendOutcome::Rejected { reason: THUMBS },
            },
            _ => return SendOutcome::Unsupported,
        };
        self.say(to, message).await
    }

    async fn fetch(&self, media: &str) -> Result<Bytes, RequestError> {
        let broken = || RequestError::NotFound;
        let mut words = media.split(':');
        let mut next = || words.next().unwrap_or_default();
        let (kind, blob, key, from) = (next(), next(), next(), next());
        boxes::unhex::<16>(blob).ok_or_else(broken)?;
        let sealed = self.directory.download(blob).await.map_err(|error| error.request(""))?;
        let opened = match kind {
            "file" => boxes::open_file(&boxes::unhex(key).ok_or_else(broken)?, &sealed),
            _ => {
                let theirs = self.key_of(from).await.map_err(|_| broken())?;
                boxes::open(&self.key, &theirs, &boxes::unhex(key).ok_or_else(broken)?, &sealed)
            }
        };
        opened.map(Bytes::from).ok_or_else(broken)
    }

    /// An ID, or what is linked to one: a number or address, of which Threema is told the hash.
    async fn resolve(&self, typed: &str) -> Result<ResolvedChat, RequestError> {
        let typed = typed.trim();
        let typed = ["threema:", "mailto:"].iter().find_map(|scheme| typed.strip_prefix(scheme)).unwrap_or(typed);
        let id = if is_id(&typed.to_uppercase()) {
            typed.to_uppercase()
        } else {
            let handle = match phone::e164(typed, None) {
                Some(number) => number,
                None if typed.contains('@') => typed.to_owned(),
                None => return Err(RequestError::Invalid(NO_ID)),
            };
            let found = self.directory.look_up(&handle).await.map_err(|error| error.request(""))?;
            found.filter(|id| is_id(id)).ok_or(RequestError::NotFound)?
        };
        match self.key_of(&id).await {
            Ok(_) => {}
            Err(NoKey::Unknown) => return Err(RequestError::Invalid(UNKNOWN_ID)),
            Err(NoKey::Changed) => return Err(RequestError::Invalid(OTHER_KEY)),
            Err(NoKey::Rest(error)) => return Err(error.request("")),
            Err(NoKey::Host) => return Err(RequestError::Unavailable("the key could not be stored".to_owned())),
        }
        let mut user = convert::person(&id, None);
        if let Some(number) = phone::e164(typed, None) {
            user = user.reached_by(format!("tel:{number}"));
        }
        Ok(ResolvedChat { portal: PortalKey::private(self.account, &id), info: ChatInfo::direct(user.clone()), user })
    }
}

impl Session for ThreemaSession {
    fn run(&self) -> BoxFuture<'_, Result<(), SessionError>> {
        Box::pin(async {
            self.directory.probe().await.map_err(|error| error.session(""))?;
            self.host.report(AccountState::Connected);
            std::future::pending().await
        })
    }

    fn send(&self, outbound: Outbound) -> BoxFuture<'_, SendOutcome> {
        Box::pin(async move { self.dispatch(&outbound).await })
    }

    fn resolve_identifier<'a>(&'a self, identifier: &'a str) -> BoxFuture<'a, Result<ResolvedChat, RequestError>> {
        Box::pin(self.resolve(identifier))
    }

    fn download<'a>(&'a self, media_id: &'a str) -> BoxFuture<'a, Result<Bytes, RequestError>> {
        Box::pin(self.fetch(media_id))
    }

    /// Calls with a wrong signature are left to [`unisono_domain::channel::Channel::webhook`], which
    /// says what is wrong.
    fn serve<'a>(&'a self, request: &'a WebhookRequest) -> BoxFuture<'a, Option<Served>> {
        Box::pin(async move {
            let call = Call::read(&self.credentials, request).ok()?;
            let status = self.take(call).await;
            Some(Served { status, headers: Vec::new(), body: ServedBody::Bytes(Bytes::new()) })
        })
    }
}
