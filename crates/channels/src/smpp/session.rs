//! One account at an SMPP server: a connection that is kept, what comes in by it, what goes out.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use rusmpp::{
    Command, CommandId, CommandStatus, Pdu,
    pdus::{DeliverSm, DeliverSmResp, SubmitSm},
};
use serde_json::json;
use tokio::{
    sync::{mpsc, oneshot},
    time::{Instant, sleep, sleep_until},
};
use unisono_domain::{
    channel::{
        Account, AccountId, AccountState, BoxFuture, Host, Inbound, InboundBody, Outbound, Part, RemoteId,
        RequestError, ResolvedChat, SendOutcome, Session, SessionError,
    },
    text::Text,
};

use super::{
    Credentials, answer,
    answer::Refusal,
    credentials,
    link::{Heard, Link, trouble},
    memory::{Memory, Whole},
    receipt::Receipt,
    short::{self, Kind, Short},
    submit,
};
use crate::sms_text::{self, Fate};

/// Messages under way at the same time.
const WINDOW: usize = 10;
/// A silent connection is asked whether it lives.
const QUIET: Duration = Duration::from_secs(30);
/// So soon after a message we make sure that its acknowledgement has arrived.
const SETTLE: Duration = Duration::from_secs(1);
/// So long the other side may take to answer that.
const ALIVE_WITHIN: Duration = Duration::from_secs(30);
const PAUSE: Duration = Duration::from_secs(1);
/// How often the later pieces of a long message are tried.
const TRIES: u32 = 60;
/// Pieces of long messages whose failure can be told.
const MOST_PIECES: usize = 10_000;

const NOT_CONNECTED: Text =
    Text::new("There is no connection to the provider.", "Es gibt keine Verbindung zum Anbieter.");
const SILENT: Text = Text::new("The provider does not answer any more.", "Der Anbieter antwortet nicht mehr.");
const CLOSED: Text = Text::new("The provider has ended the connection.", "Der Anbieter hat die Verbindung beendet.");
const LOST: Text = Text::new(
    "The connection broke before the provider answered; the message may have been sent or not.",
    "Die Verbindung brach ab, bevor der Anbieter antwortete; ob die Nachricht gesendet wurde, ist offen.",
);
const IN_PART: Text =
    Text::new("Only the beginning of the message was sent.", "Nur der Anfang der Nachricht wurde gesendet.");
const NO_SENDER: Text = Text::new("This cannot be written to.", "Dorthin kann man nicht schreiben.");

pub(super) struct SmppSession {
    account: AccountId,
    host: Arc<dyn Host>,
    credentials: Credentials,
    /// Takes messages to the connection, while there is one.
    orders: Mutex<Option<mpsc::Sender<Order>>>,
    /// The last pieces of long messages by the earlier ones.
    pieces: Mutex<HashMap<String, String>>,
}

/// A message on its way to the connection.
struct Order {
    message: SubmitSm,
    /// Set before it is written.
    left: Arc<AtomicBool>,
    answer: oneshot::Sender<Answer>,
}

struct Answer {
    status: CommandStatus,
    id: String,
}

enum Failed {
    Refused(Refusal),
    NotSent,
    Lost,
}

impl SmppSession {
    pub(super) fn new(account: &Account, host: Arc<dyn Host>) -> Result<Self, SessionError> {
        let credentials = credentials(account)?;
        Ok(Self { account: account.id, host, credentials, orders: Mutex::default(), pieces: Mutex::default() })
    }

    async fn keep(&self) -> Result<(), SessionError> {
        let cursor = self.host.cursor().await?;
        let mut memory: Memory = cursor.and_then(|cursor| serde_json::from_value(cursor).ok()).unwrap_or_default();
        memory.reconnect();
        let link = Link::open(self.host.guard(), &self.credentials).await?;
        let (sender, orders) = mpsc::channel(WINDOW);
        *self.orders.lock().unwrap_or_else(PoisonError::into_inner) = Some(sender);
        let _closing = Closing(&self.orders);
        self.host.report(AccountState::Connected);
        let connection =
            Connection { session: self, link, memory, pending: HashMap::new(), asked: None, heard: Instant::now() };
        connection.drive(orders).await
    }

    async fn submit(&self, message: SubmitSm) -> Result<String, Failed> {
        let orders = self.orders.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let (answer, answered) = oneshot::channel();
        let left = Arc::new(AtomicBool::new(false));
        let order = Order { message, left: Arc::clone(&left), answer };
        orders.ok_or(Failed::NotSent)?.send(order).await.map_err(|_| Failed::NotSent)?;
        match answered.await {
            Ok(Answer { status: CommandStatus::EsmeRok, id }) => Ok(id),
            Ok(Answer { status, .. }) => Err(Failed::Refused(answer::refusal(status))),
            Err(_) if left.load(Ordering::Acquire) => Err(Failed::Lost),
            Err(_) => Err(Failed::NotSent),
        }
    }

    async fn dispatch(&self, outbound: &Outbound) -> SendOutcome {
        let text = match sms_text::outgoing(&outbound.portal, &outbound.body) {
            Ok((_, text)) => text,
            Err(outcome) => return outcome,
        };
        let Credentials { from, whole, .. } = &self.credentials;
        let to = outbound.portal.chat.as_str();
        let Some(messages) = submit::messages(from, to, text, rand::random(), *whole) else {
            return SendOutcome::Rejected { reason: NO_SENDER };
        };
        let mut ids: Vec<String> = Vec::new();
        let mut tries = 0;
        let mut messages = messages.into_iter().peekable();
        while let Some(message) = messages.peek() {
            let first = ids.is_empty();
            match self.submit(message.clone()).await {
                Ok(id) => {
                    ids.push(id);
                    messages.next();
                }
                Err(Failed::Refused(Refusal::Later(reason))) if first => {
                    return SendOutcome::Retry { after: Some(1_000), reason };
                }
                Err(Failed::NotSent) if first => {
                    return SendOutcome::Retry { after: Some(2_000), reason: NOT_CONNECTED };
                }
                Err(Failed::Lost) => return SendOutcome::Unknown { reason: LOST },
                Err(Failed::Refused(Refusal::Later(_)) | Failed::NotSent) if tries < TRIES => {
                    tries += 1;
                    sleep(PAUSE).await;
                }
                Err(Failed::Refused(Refusal::Never(reason))) if first => return SendOutcome::Rejected { reason },
                Err(_) => return SendOutcome::Rejected { reason: IN_PART },
            }
        }
        let Some(last) = ids.pop() else { return SendOutcome::Rejected { reason: NO_SENDER } };
        let mut pieces = self.pieces.lock().unwrap_or_else(PoisonError::into_inner);
        if pieces.len() > MOST_PIECES {
            pieces.clear();
        }
        pieces.extend(ids.into_iter().map(|id| (id, last.clone())));
        SendOutcome::Sent { id: RemoteId::new(last), at: self.host.now(), data: sms_text::note(text) }
    }

    /// What a receipt tells. A long message has arrived with its last piece, and has failed with any.
    async fn receive_receipt(&self, receipt: Receipt, from: &str) -> Result<Option<Inbound>, SessionError> {
        let ids = receipt.ids();
        let Some(fate) = receipt.fate else { return Ok(None) };
        let whole = {
            let pieces = self.pieces.lock().unwrap_or_else(PoisonError::into_inner);
            ids.iter().find_map(|id| pieces.get(id).cloned())
        };
        let ids = match (whole, &fate) {
            (Some(_), Fate::Delivered | Fate::Read) => return Ok(None),
            (Some(whole), Fate::Failed(_)) => vec![whole],
            (None, _) => ids,
        };
        let ids: Vec<RemoteId> = ids.into_iter().map(RemoteId::new).collect();
        let found = self.host.find_portals(&ids).await?;
        let now = self.host.now();
        Ok(match found.first() {
            Some((id, portal)) => Some(fate.tell(self.account, portal.chat.as_str(), id.as_str(), now)),
            // The receipt was faster than the answer; the hub keeps it for the message.
            None => ids.first().filter(|_| !from.is_empty()).map(|id| fate.tell(self.account, from, id.as_str(), now)),
        })
    }

    fn message(&self, whole: Whole, id: String) -> Option<Inbound> {
        const NO_TEXT: Text = Text::new(
            "Sent something that is no text (settings or a program's data).",
            "Hat etwas gesendet, das kein Text ist (Einstellungen oder Daten eines Programms).",
        );
        const GAPS: Text = Text::new("Pieces of this message never arrived.", "Teile dieser Nachricht kamen nie an.");
        let from = Some(whole.from).filter(|from| !from.is_empty())?;
        let mut parts = vec![match short::text(whole.coding, &whole.octets) {
            Some(text) => Part::text("0", text),
            None => Part::notice("0", &NO_TEXT),
        }];
        if whole.has_gaps {
            parts.push(Part::notice("gaps", &GAPS));
        }
        let event = sms_text::from(self.account, &from, id, self.host.now(), InboundBody::message(parts));
        Some(event.noting(json!({ "to": whole.to })))
    }
}

/// Forgets the way to the connection when that ends.
struct Closing<'a>(&'a Mutex<Option<mpsc::Sender<Order>>>);

impl Drop for Closing<'_> {
    fn drop(&mut self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }
}

/// An `enquire_link` without an answer yet.
struct Asked {
    sequence: u32,
    at: Instant,
    /// The acknowledgements before it.
    settles: u64,
}

struct Connection<'a> {
    session: &'a SmppSession,
    link: Link,
    memory: Memory,
    pending: HashMap<u32, oneshot::Sender<Answer>>,
    asked: Option<Asked>,
    heard: Instant,
}

impl Connection<'_> {
    async fn drive(mut self, mut orders: mpsc::Receiver<Order>) -> Result<(), SessionError> {
        loop {
            let next = match &self.asked {
                Some(asked) => asked.at + ALIVE_WITHIN,
                None if self.memory.open().is_some() => self.heard + SETTLE,
                None => self.heard + QUIET,
            };
            tokio::select! {
                heard = self.link.next() => {
                    self.heard = Instant::now();
                    self.take(heard?).await?;
                }
                Some(order) = orders.recv(), if self.pending.len() < WINDOW => {
                    order.left.store(true, Ordering::Release);
                    let sequence = self.link.ask(order.message).await?;
                    self.pending.insert(sequence, order.answer);
                }
                () = sleep_until(next) => self.make_sure().await?,
            }
        }
    }

    async fn make_sure(&mut self) -> Result<(), SessionError> {
        if self.asked.is_some() {
            return Err(trouble(SILENT));
        }
        let settles = self.memory.open().unwrap_or_default();
        let sequence = self.link.ask(Pdu::EnquireLink).await?;
        self.asked = Some(Asked { sequence, at: Instant::now(), settles });
        Ok(())
    }

    async fn take(&mut self, heard: Heard) -> Result<(), SessionError> {
        const DELIVER_SM: u32 = 0x0000_0005;
        const IS_ANSWER: u32 = 0x8000_0000;
        match heard {
            Heard::Command(command) => self.obey(*command).await,
            // Refused for good, or it would come again for ever.
            Heard::Garbled { id: DELIVER_SM, sequence } => {
                tracing::warn!(account.id = self.session.account.0, "a message that cannot be read was refused");
                self.link.answer(CommandStatus::EsmeRxRAppn, sequence, DeliverSmResp::default()).await
            }
            Heard::Garbled { id, sequence } if id & IS_ANSWER == 0 => {
                self.link.answer(CommandStatus::EsmeRinvcmdid, sequence, Pdu::GenericNack).await
            }
            Heard::Garbled { sequence, .. } => {
                self.pending.remove(&sequence);
                Ok(())
            }
        }
    }

    async fn obey(&mut self, command: Command) -> Result<(), SessionError> {
        let (status, sequence) = (command.status(), command.sequence_number());
        match (command.id(), command.pdu()) {
            (CommandId::SubmitSmResp | CommandId::GenericNack, pdu) => {
                let id = match pdu {
                    Some(Pdu::SubmitSmResp(answer)) => answer.message_id().as_str().to_owned(),
                    _ => String::new(),
                };
                if let Some(answer) = self.pending.remove(&sequence) {
                    let _ = answer.send(Answer { status, id });
                }
                Ok(())
            }
            (CommandId::DeliverSm, Some(Pdu::DeliverSm(sm))) => {
                self.store(sm).await?;
                self.link.answer(CommandStatus::EsmeRok, sequence, DeliverSmResp::default()).await
            }
            (CommandId::EnquireLink, _) => {
                self.link.answer(CommandStatus::EsmeRok, sequence, Pdu::EnquireLinkResp).await
            }
            (CommandId::EnquireLinkResp, _) => self.settle(sequence).await,
            (CommandId::Unbind, _) => {
                self.link.answer(CommandStatus::EsmeRok, sequence, Pdu::UnbindResp).await?;
                Err(trouble(CLOSED))
            }
            (CommandId::DataSm, _) => self.link.answer(CommandStatus::EsmeRinvcmdid, sequence, Pdu::GenericNack).await,
            _ => Ok(()),
        }
    }

    /// Returns when what was delivered is on disk: only then it is acknowledged.
    async fn store(&mut self, sm: &DeliverSm) -> Result<(), SessionError> {
        let session = self.session;
        let short = Short::read(sm);
        match short::kind(sm) {
            Kind::Progress => return Ok(()),
            Kind::Receipt => {
                let text = short::text(short.coding, &short.octets).unwrap_or_default();
                let Some(receipt) = Receipt::read(sm, &text) else { return Ok(()) };
                if let Some(event) = session.receive_receipt(receipt, &short.from).await? {
                    session.host.deliver(vec![event], None).await?;
                }
                return Ok(());
            }
            Kind::Message => {}
        }
        let now = session.host.now();
        let fingerprint = short.fingerprint();
        if self.memory.is_repeated(&fingerprint, now) {
            return Ok(());
        }
        let mut memory = self.memory.clone();
        let number = memory.note(fingerprint.clone(), now);
        let id = format!("{fingerprint}.{number}");
        let whole = memory.add(short, now).into_iter().enumerate();
        let events = whole.filter_map(|(index, whole)| session.message(whole, format!("{id}.{index}"))).collect();
        session.host.deliver(events, Some(json!(memory))).await?;
        self.memory = memory;
        Ok(())
    }

    async fn settle(&mut self, sequence: u32) -> Result<(), SessionError> {
        let Some(asked) = self.asked.take_if(|asked| asked.sequence == sequence) else { return Ok(()) };
        if asked.settles > 0 {
            self.memory.settle(asked.settles);
            self.session.host.deliver(Vec::new(), Some(json!(self.memory))).await?;
        }
        Ok(())
    }
}

impl Session for SmppSession {
    fn run(&self) -> BoxFuture<'_, Result<(), SessionError>> {
        Box::pin(self.keep())
    }

    fn send(&self, outbound: Outbound) -> BoxFuture<'_, SendOutcome> {
        Box::pin(async move { self.dispatch(&outbound).await })
    }

    fn resolve_identifier<'a>(&'a self, identifier: &'a str) -> BoxFuture<'a, Result<ResolvedChat, RequestError>> {
        Box::pin(async move { sms_text::resolve(self.account, &self.credentials.from, identifier) })
    }
}
