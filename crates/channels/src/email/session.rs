//! A mailbox at work.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use unisono_domain::{
    channel::{
        AccountState, BoxFuture, ChatInfo, ChatKind, FindSent, Host, Inbound, MessageRef, Outbound, OutboundBody, Part,
        PortalKey, RemoteId, RequestError, ResolvedChat, SendOutcome, Session, SessionError,
    },
    text::Text,
};

use super::{
    compose::{Composed, compose, message_id},
    config::{Mailbox, Owner, Threading},
    cursor::Cursor,
    history,
    imap::{Imap, ImapError},
    message::{Person, normalise},
    pull::{self, Folder, Suspects},
    seen, sent,
    smtp::{self, SmtpError},
    thread,
};

const DAY: i64 = 86_400_000;
/// How far back the first import goes; older mails come when somebody scrolls up.
const FIRST_IMPORT: i64 = 90 * DAY;
/// IDLE is renewed long before the 29 minutes of RFC 2177, because routers forget connections; and
/// the sent mails, on which nobody idles, are looked at.
const RENEW: Duration = Duration::from_secs(180);
/// Between two looks at a server that cannot IDLE.
const POLL: Duration = Duration::from_secs(60);

pub struct EmailSession {
    pub mailbox: Mailbox,
    pub owner: Owner,
    pub host: Arc<dyn Host>,
    pub suspects: Suspects,
    pub history: Mutex<HashMap<PortalKey, history::Progress>>,
    spare: Mutex<Option<Imap>>,
    sent_folder: Mutex<Option<Option<String>>>,
}

impl EmailSession {
    pub fn new(mailbox: Mailbox, host: Arc<dyn Host>) -> Self {
        Self {
            owner: mailbox.owner(),
            mailbox,
            host,
            suspects: Suspects::default(),
            history: Mutex::default(),
            spare: Mutex::default(),
            sent_folder: Mutex::default(),
        }
    }

    async fn connect(&self) -> Result<Imap, ImapError> {
        let credentials = &self.mailbox.credentials;
        Imap::connect(self.host.guard(), &credentials.imap, &credentials.password).await
    }

    /// A connection for a question besides the main loop: the spare one if it still lives.
    pub async fn connection(&self) -> Result<Imap, ImapError> {
        let spare = self.spare.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(mut imap) = spare
            && imap.refresh().await.is_ok()
        {
            return Ok(imap);
        }
        self.connect().await
    }

    /// Keeps a connection for the next question.
    pub fn give_back(&self, imap: Imap) {
        *self.spare.lock().unwrap_or_else(PoisonError::into_inner) = Some(imap);
    }

    /// The name of the folder of sent mails, looked up once.
    pub async fn sent_folder(&self, imap: &mut Imap) -> Result<Option<String>, ImapError> {
        let known = self.sent_folder.lock().unwrap_or_else(PoisonError::into_inner).clone();
        match known {
            Some(Some(folder)) => Ok(Some(folder)),
            _ => {
                let found = imap.find_sent().await?;
                *self.sent_folder.lock().unwrap_or_else(PoisonError::into_inner) = Some(found.clone());
                Ok(found)
            }
        }
    }

    async fn work(&self) -> Result<(), SessionError> {
        self.host.report(AccountState::Connecting);
        let mut cursor = Cursor::read(self.host.cursor().await?);
        if cursor.since == 0 {
            cursor.since = self.host.now() - FIRST_IMPORT;
        }
        let mut inbox = Folder { imap: self.connect().await?, name: "INBOX".to_owned() };
        let mut sent = self.open_sent(&mut inbox.imap).await?;
        pull::open(&mut inbox, &mut cursor).await?;
        if let Some(folder) = &mut sent {
            pull::open(folder, &mut cursor).await?;
        }
        let mut connected = false;
        loop {
            let count = pull::pull(self, &mut inbox, sent.as_mut(), &mut cursor).await?;
            seen::sync(self, &mut inbox, &mut cursor).await?;
            if !connected {
                // Also fixes where the mailbox began if there was nothing to deliver.
                self.host.deliver(Vec::new(), Some(cursor.to_value())).await?;
                connected = true;
                self.host.report(AccountState::Connected);
            } else if count >= pull::WORTH_TELLING {
                self.host.report(AccountState::Connected);
            }
            if inbox.imap.take_news() {
                continue;
            }
            if inbox.imap.abilities.idle {
                inbox.imap = inbox.imap.idle(RENEW).await?;
            } else {
                tokio::time::sleep(POLL).await;
            }
        }
    }

    /// A second connection for the sent mails. A server that allows only one goes without.
    async fn open_sent(&self, imap: &mut Imap) -> Result<Option<Folder>, SessionError> {
        let Some(name) = self.sent_folder(imap).await? else { return Ok(None) };
        match self.connect().await {
            Ok(imap) => Ok(Some(Folder { imap, name })),
            Err(error) => {
                tracing::info!(account.id = %self.mailbox.account, error = %error, "no second IMAP connection");
                Ok(None)
            }
        }
    }

    async fn send_message(&self, outbound: &Outbound, parts: &[Part], reply_to: Option<&MessageRef>) -> SendOutcome {
        let composed = match compose(&self.mailbox, &self.owner, outbound, parts, reply_to) {
            Ok(composed) => composed,
            Err(reason) => return SendOutcome::Rejected { reason },
        };
        let credentials = &self.mailbox.credentials;
        let filing = sent::prepare(self, &composed.id).await;
        let done = |composed: Composed| SendOutcome::Sent {
            id: RemoteId::new(composed.id),
            at: self.host.now(),
            data: composed.notes.to_value(),
        };
        let filing = match filing {
            Ok(Some(filing)) if filing.there => {
                filing.leave(self);
                return done(composed);
            }
            other => other,
        };
        let handed_over = smtp::send(
            self.host.guard(),
            &credentials.smtp,
            &credentials.password,
            &composed.sender,
            &composed.recipients,
            &composed.raw,
        )
        .await;
        let taken = match handed_over {
            Ok(taken) => taken,
            Err(error) => {
                if let Ok(Some(filing)) = filing {
                    filing.leave(self);
                }
                return self.not_sent(&error);
            }
        };
        let filed = match filing {
            Ok(Some(filing)) => filing.file(self, &composed.raw).await,
            Ok(None) => Ok(()),
            Err(error) => Err(error),
        };
        if filed.is_err()
            && let Err(error) = sent::file_late(self, &composed.id, &composed.raw).await
        {
            tracing::warn!(account.id = %self.mailbox.account, error = %error, "a sent mail could not be filed");
        }
        taken.goodbye().await;
        done(composed)
    }

    fn not_sent(&self, error: &SmtpError) -> SendOutcome {
        let words = error.to_string();
        match error {
            SmtpError::Net(_) => SendOutcome::Retry {
                after: None,
                reason: Text::owned(
                    format!("The mail server cannot be reached: {words}"),
                    format!("Der Mailserver ist nicht erreichbar: {words}"),
                ),
            },
            SmtpError::Temporary(_) => SendOutcome::Retry {
                after: None,
                reason: Text::owned(
                    format!("The mail server asks to wait: {words}"),
                    format!("Der Mailserver bittet um Geduld: {words}"),
                ),
            },
            SmtpError::Auth(_) => {
                let reason = Text::owned(
                    format!("The mail server refuses the password: {words}"),
                    format!("Der Mailserver lehnt das Passwort ab: {words}"),
                );
                self.host.report(AccountState::BadCredentials { reason: reason.clone() });
                SendOutcome::Retry { after: Some(600_000), reason }
            }
            SmtpError::Permanent(_) => SendOutcome::Rejected {
                reason: Text::owned(
                    format!("The mail server refuses the mail: {words}"),
                    format!("Der Mailserver lehnt die Mail ab: {words}"),
                ),
            },
            SmtpError::Uncertain(_) => SendOutcome::Unknown {
                reason: Text::owned(
                    format!("The connection broke while sending: {words}"),
                    format!("Die Verbindung brach beim Senden ab: {words}"),
                ),
            },
        }
    }

    /// The conversation with one or several typed addresses.
    fn resolve(&self, identifier: &str) -> Result<ResolvedChat, RequestError> {
        let mut people = Vec::new();
        for word in identifier.split([',', ';']).map(str::trim).filter(|word| !word.is_empty()) {
            people.push(person(word)?);
        }
        let Some(first) = people.first() else { return Err(invalid()) };
        let addresses: Vec<String> = people.iter().map(Person::key).collect();
        let portal = match self.owner.threading {
            Threading::Correspondent => thread::people_key(&addresses, &self.owner),
            Threading::Thread => thread::key(format!("n:{}:{}", addresses.join(","), self.host.now()), &self.owner),
        };
        let direct = people.len() == 1 && self.owner.threading == Threading::Correspondent;
        Ok(ResolvedChat {
            portal,
            user: thread::user(first),
            info: ChatInfo {
                kind: if direct { ChatKind::Direct } else { ChatKind::Group },
                name: None,
                topic: None,
                avatar: None,
                members: people.iter().map(thread::user).collect(),
            },
        })
    }
}

/// Reads `anna@example.org` or `Anna <anna@example.org>`.
fn person(word: &str) -> Result<Person, RequestError> {
    let word = word.strip_prefix("mailto:").unwrap_or(word);
    let (name, address) = match word.split_once('<') {
        Some((name, rest)) => (name.trim().trim_matches('"'), rest.trim_end_matches('>')),
        None => ("", word),
    };
    let address = normalise(address);
    address.parse::<lettre::Address>().map_err(|_| invalid())?;
    Ok(Person { name: (!name.is_empty()).then(|| name.to_owned()), address })
}

fn invalid() -> RequestError {
    RequestError::Invalid(Text::new(
        "This is not a mail address such as anna@example.org.",
        "Das ist keine Mailadresse wie anna@example.org.",
    ))
}

impl Session for EmailSession {
    fn run(&self) -> BoxFuture<'_, Result<(), SessionError>> {
        Box::pin(self.work())
    }

    fn send(&self, outbound: Outbound) -> BoxFuture<'_, SendOutcome> {
        Box::pin(async move {
            match &outbound.body {
                OutboundBody::Message { parts, reply_to } => {
                    self.send_message(&outbound, parts, reply_to.as_ref()).await
                }
                OutboundBody::Read { up_to } => seen::mark(self, &outbound.portal, up_to).await,
                OutboundBody::Edit { .. } => SendOutcome::Rejected {
                    reason: Text::new(
                        "A mail that was sent cannot be changed.",
                        "Eine gesendete Mail lässt sich nicht ändern.",
                    ),
                },
                OutboundBody::Delete { .. } => SendOutcome::Rejected {
                    reason: Text::new(
                        "A mail that was sent cannot be taken back.",
                        "Eine gesendete Mail lässt sich nicht zurückholen.",
                    ),
                },
                OutboundBody::Reaction { .. } | OutboundBody::ReactionRemove { .. } => SendOutcome::Rejected {
                    reason: Text::new("E-mail has no reactions.", "E-Mail kennt keine Reaktionen."),
                },
                OutboundBody::Typing { .. } => SendOutcome::Unsupported,
            }
        })
    }

    fn find_sent<'a>(&'a self, outbound: &'a Outbound) -> BoxFuture<'a, Result<FindSent, SessionError>> {
        Box::pin(async move {
            let id = message_id(&outbound.txn, &self.mailbox.credentials.address);
            Ok(sent::find(self, &id).await?.map_or(FindSent::NotSent, FindSent::Sent))
        })
    }

    fn chat_info<'a>(&'a self, portal: &'a PortalKey) -> BoxFuture<'a, Result<ChatInfo, RequestError>> {
        Box::pin(async move {
            let addresses = thread::addresses_of(portal);
            if addresses.is_empty() {
                return Err(RequestError::Unsupported);
            }
            let direct = portal.chat.as_str().starts_with("c:");
            let people = addresses.into_iter().map(|address| Person { name: None, address });
            Ok(ChatInfo {
                kind: if direct { ChatKind::Direct } else { ChatKind::Group },
                name: None,
                topic: None,
                avatar: None,
                members: people.map(|person| thread::user(&person)).collect(),
            })
        })
    }

    fn resolve_identifier<'a>(&'a self, identifier: &'a str) -> BoxFuture<'a, Result<ResolvedChat, RequestError>> {
        Box::pin(async move { self.resolve(identifier) })
    }

    fn fetch_history<'a>(
        &'a self,
        portal: &'a PortalKey,
        limit: usize,
    ) -> BoxFuture<'a, Result<Vec<Inbound>, RequestError>> {
        Box::pin(history::fetch(self, portal, limit))
    }
}
