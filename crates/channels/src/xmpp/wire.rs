//! The reader and writer of a stream. It answers what needs no thought, hands answers to those who
//! asked, and gives everything else to the worker in the order of arrival.

use std::{
    collections::VecDeque,
    sync::{Mutex, MutexGuard, PoisonError},
};

use futures_util::{SinkExt as _, StreamExt as _};
use tokio::{
    sync::{mpsc, oneshot},
    time::timeout,
};
use tokio_xmpp::xmlstream::{FallibleStreamElement, ReadError, StreamElementError, XmppStreamElement};
use unisono_domain::{channel::SessionError, text::Text};
use xmpp_parsers::{
    iq::Iq,
    jid::Jid,
    message::{Id, Message, MessageType},
    sm,
    stanza::Stanza,
};

use super::{
    courtesy,
    link::{Link, Outgoing, Verdict},
    open::{Opened, Stream},
    refusal::Refusal,
    xml::{self, element, ns},
};

/// Writing may take so long.
const WRITE_WITHIN: std::time::Duration = std::time::Duration::from_secs(60);
/// More than this waits for nobody: the worker is stuck, or somebody floods us.
const MOST_WAITING: usize = 20_000;

/// Which of the server's stanzas have been worked in (XEP-0198). What the worker has not stored yet
/// is not acknowledged, so the server keeps it should we end here.
#[derive(Default)]
pub struct Ledger(Mutex<Counts>);

#[derive(Default)]
struct Counts {
    received: u32,
    open: VecDeque<u32>,
}

impl Ledger {
    fn counts(&self) -> MutexGuard<'_, Counts> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn arrived(&self, for_worker: bool) {
        let mut counts = self.counts();
        counts.received = counts.received.wrapping_add(1);
        let number = counts.received;
        if for_worker {
            counts.open.push_back(number);
        }
    }

    /// The worker is done with the next so many.
    pub fn done(&self, count: usize) {
        let mut counts = self.counts();
        let count = count.min(counts.open.len());
        counts.open.drain(..count);
    }

    fn waiting(&self) -> usize {
        self.counts().open.len()
    }

    /// What can be acknowledged.
    fn handled(&self) -> u32 {
        let counts = self.counts();
        counts.open.front().map_or(counts.received, |first| first.wrapping_sub(1))
    }
}

/// Why a stream ended; always in some trouble.
fn trouble(words: &str) -> SessionError {
    SessionError::Trouble {
        reason: Text::owned(
            format!("The XMPP connection broke: {words}"),
            format!("Die XMPP-Verbindung brach ab: {words}"),
        ),
        retry_after: None,
    }
}

/// Reads and writes until the stream ends.
pub async fn run(
    opened: Opened,
    link: &Link,
    ledger: &Ledger,
    mut outgoing: mpsc::Receiver<Outgoing>,
    worker: mpsc::UnboundedSender<Stanza>,
) -> SessionError {
    let mut wire = Wire { counts: opened.counts, stream: opened.stream, sent: 0, unconfirmed: VecDeque::new() };
    // Nothing is counted before the server agreed to count.
    for stanza in opened.early {
        if let Some(stanza) = wire.take_in(link, stanza).await {
            ledger.counts().open.push_back(0);
            let _ = worker.send(stanza);
        }
    }
    loop {
        let step = tokio::select! {
            read = wire.stream.next() => wire.read(read, link, ledger, &worker).await,
            Some(out) = outgoing.recv() => wire.write(out, ledger).await,
        };
        if let Err(error) = step {
            return error;
        }
        if ledger.waiting() > MOST_WAITING {
            return trouble("too much arrives at once");
        }
    }
}

struct Wire {
    stream: Stream,
    counts: bool,
    /// Stanzas that the server has confirmed.
    sent: u32,
    unconfirmed: VecDeque<Option<oneshot::Sender<()>>>,
}

impl Wire {
    async fn put(&mut self, element: &XmppStreamElement) -> Result<(), SessionError> {
        match timeout(WRITE_WITHIN, self.stream.send(element)).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(error)) => Err(trouble(&error.to_string())),
            Err(_) => Err(trouble("the server takes nothing")),
        }
    }

    async fn put_stanza(&mut self, stanza: Stanza, waits: Option<oneshot::Sender<()>>) -> Result<(), SessionError> {
        let ask = waits.is_some();
        if self.counts {
            self.unconfirmed.push_back(waits);
        }
        self.put(&XmppStreamElement::Stanza(stanza)).await?;
        if ask { self.put(&XmppStreamElement::SM(sm::Nonza::Req(sm::R))).await } else { Ok(()) }
    }

    async fn write(&mut self, out: Outgoing, ledger: &Ledger) -> Result<(), SessionError> {
        match out {
            Outgoing::Stanza(stanza, waits) => self.put_stanza(*stanza, waits).await,
            Outgoing::Acknowledge => self.acknowledge(ledger).await,
        }
    }

    async fn acknowledge(&mut self, ledger: &Ledger) -> Result<(), SessionError> {
        if !self.counts {
            return Ok(());
        }
        self.put(&XmppStreamElement::SM(sm::Nonza::Ack(sm::A::new(ledger.handled())))).await
    }

    async fn read(
        &mut self,
        read: Option<Result<FallibleStreamElement, ReadError>>,
        link: &Link,
        ledger: &Ledger,
        worker: &mpsc::UnboundedSender<Stanza>,
    ) -> Result<(), SessionError> {
        let element = match read {
            Some(Ok(FallibleStreamElement::Ok(element))) => element,
            // Somebody's program wrote nonsense; that ends no stream.
            Some(Ok(FallibleStreamElement::Err(StreamElementError::InvalidStanza { .. }))) => {
                ledger.arrived(false);
                return Ok(());
            }
            Some(Ok(FallibleStreamElement::Err(error))) => return Err(trouble(&error.to_string())),
            Some(Err(ReadError::SoftTimeout)) => return self.probe(link).await,
            Some(Err(ReadError::StreamFooterReceived)) | None => return Err(trouble("the server ended it")),
            Some(Err(error)) => return Err(trouble(&error.to_string())),
        };
        match element {
            XmppStreamElement::Stanza(stanza) => match self.take_in(link, stanza).await {
                Some(stanza) => {
                    ledger.arrived(true);
                    worker.send(stanza).map_err(|_| trouble("nobody listens"))
                }
                None => {
                    ledger.arrived(false);
                    Ok(())
                }
            },
            XmppStreamElement::SM(sm::Nonza::Req(_)) => self.acknowledge(ledger).await,
            XmppStreamElement::SM(sm::Nonza::Ack(ack)) => {
                self.confirm(ack.h);
                Ok(())
            }
            XmppStreamElement::StreamError(error) => Err(trouble(&error.to_string())),
            _ => Ok(()),
        }
    }

    fn confirm(&mut self, handled: u32) {
        let fresh = handled.wrapping_sub(self.sent) as usize;
        // More than there is would be a server that cannot count.
        if fresh > self.unconfirmed.len() {
            return;
        }
        for waits in self.unconfirmed.drain(..fresh).flatten() {
            let _ = waits.send(());
        }
        self.sent = handled;
    }

    /// Makes a silent server say something.
    async fn probe(&mut self, link: &Link) -> Result<(), SessionError> {
        if self.counts {
            return self.put(&XmppStreamElement::SM(sm::Nonza::Req(sm::R))).await;
        }
        let ping = Iq::Get { from: None, to: None, id: link.fresh_id(), payload: element("ping", ns::PING) };
        self.put_stanza(Stanza::Iq(ping), None).await
    }

    /// Deals with what needs no worker; gives back what does.
    async fn take_in(&mut self, link: &Link, stanza: Stanza) -> Option<Stanza> {
        match stanza {
            Stanza::Iq(Iq::Result { from, id, payload, .. }) => {
                link.answer(from.as_ref(), &id, Ok(payload));
                None
            }
            Stanza::Iq(Iq::Error { from, id, error, .. }) => {
                link.answer(from.as_ref(), &id, Err(Refusal::from(error)));
                None
            }
            Stanza::Iq(iq) => {
                let (answer, known) = courtesy::answer(iq, &link.me);
                // A connection that breaks here breaks at the next read, too.
                let _ = self.put_stanza(Stanza::Iq(answer), None).await;
                known.map(Stanza::Iq)
            }
            Stanza::Message(message) => {
                if link.found(&message) {
                    return None;
                }
                judge(link, &message);
                Some(Stanza::Message(message))
            }
            presence @ Stanza::Presence(_) => Some(presence),
        }
    }
}

/// Tells whoever waits for it what the network did with a message of ours.
fn judge(link: &Link, message: &Message) {
    let Some(Id(id)) = &message.id else { return };
    match message.type_ {
        MessageType::Error => {
            let error = xml::find(&message.payloads, "error", ns::DEFAULT_NS).cloned();
            if let Some(Ok(error)) = error.map(xmpp_parsers::stanza_error::StanzaError::try_from) {
                link.judge(id, Verdict::Refused(Refusal::from(error)));
            }
        }
        MessageType::Groupchat => {
            let room = message.from.as_ref().map(Jid::to_bare);
            let stanza_id = room.and_then(|room| super::heard::stanza_id(&message.payloads, &room));
            link.judge(id, Verdict::Echoed(stanza_id));
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_stored_is_acknowledged() {
        let ledger = Ledger::default();
        ledger.arrived(false);
        assert_eq!(ledger.handled(), 1);
        ledger.arrived(true);
        ledger.arrived(false);
        ledger.arrived(true);
        assert_eq!(ledger.handled(), 1);
        ledger.done(1);
        assert_eq!(ledger.handled(), 3);
        ledger.done(5);
        assert_eq!(ledger.handled(), 4);
    }
}
