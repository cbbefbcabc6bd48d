//! What everybody but the reader of the stream uses of a connection: sending, asking, and learning
//! what became of what was sent.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::{
    sync::{mpsc, oneshot},
    time::timeout,
};
use xmpp_parsers::{
    iq::Iq,
    jid::{BareJid, FullJid, Jid},
    message::{Id, Message},
    minidom::Element,
    stanza::Stanza,
};

use super::{
    refusal::Refusal,
    xml::{element, ns},
};

/// An answer is waited for so long.
const ANSWER_WITHIN: Duration = Duration::from_secs(30);
/// A page of an archive has at most as many messages as were asked for; a server that gives more is
/// not listened to.
const MOST_RESULTS: usize = 1_000;

/// For the writer of the stream.
pub enum Outgoing {
    /// With somebody who waits until the server has it.
    Stanza(Box<Stanza>, Option<oneshot::Sender<()>>),
    /// Tell the server how much of what it sent has been worked in.
    Acknowledge,
}

#[derive(Debug, thiserror::Error)]
pub enum LinkError {
    /// The connection broke.
    #[error("the connection was lost")]
    Lost,
    #[error("the server did not answer")]
    TimedOut,
    #[error("{0}")]
    Refused(Refusal),
}

/// What the network said about a message of ours.
#[derive(Clone, Debug)]
pub enum Verdict {
    /// The server has it.
    Taken,
    /// A room gave it to everybody, under this id.
    Echoed(Option<String>),
    Refused(Refusal),
}

type Answer = Result<Option<Element>, Refusal>;

#[derive(Default)]
struct Waiting {
    closed: bool,
    count: u64,
    answers: HashMap<String, (Option<Jid>, oneshot::Sender<Answer>)>,
    /// By query: whose archive it is, and what it gave.
    archives: HashMap<String, (BareJid, Vec<Element>)>,
    verdicts: HashMap<String, oneshot::Sender<Verdict>>,
}

/// One connection.
pub struct Link {
    outgoing: mpsc::Sender<Outgoing>,
    waiting: Mutex<Waiting>,
    pub me: BareJid,
    bound: FullJid,
    /// The server counts stanzas.
    counts: bool,
}

impl Link {
    pub fn new(bound: FullJid, counts: bool) -> (Self, mpsc::Receiver<Outgoing>) {
        let (outgoing, receiver) = mpsc::channel(64);
        (Self { outgoing, waiting: Mutex::default(), me: bound.to_bare(), bound, counts }, receiver)
    }

    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Nothing will be answered any more.
    pub fn close(&self) {
        *self.waiting() = Waiting { closed: true, ..Waiting::default() };
    }

    /// An id that nobody used yet on this stream.
    pub fn fresh_id(&self) -> String {
        let mut waiting = self.waiting();
        waiting.count += 1;
        format!("u{}", waiting.count)
    }

    /// Sends something that nobody waits for.
    pub async fn send(&self, stanza: impl Into<Stanza>) -> Result<(), LinkError> {
        let outgoing = Outgoing::Stanza(Box::new(stanza.into()), None);
        self.outgoing.send(outgoing).await.map_err(|_| LinkError::Lost)
    }

    pub async fn acknowledge(&self) {
        if self.counts {
            let _ = self.outgoing.send(Outgoing::Acknowledge).await;
        }
    }

    /// Asks for something; `to`: somebody else than our own account.
    pub async fn get(&self, to: Option<Jid>, payload: Element) -> Result<Option<Element>, LinkError> {
        self.ask(to, payload, false).await
    }

    /// Changes something.
    pub async fn set(&self, to: Option<Jid>, payload: Element) -> Result<Option<Element>, LinkError> {
        self.ask(to, payload, true).await
    }

    async fn ask(&self, to: Option<Jid>, payload: Element, set: bool) -> Result<Option<Element>, LinkError> {
        let id = self.fresh_id();
        let (answer, answered) = oneshot::channel();
        {
            let mut waiting = self.waiting();
            if waiting.closed {
                return Err(LinkError::Lost);
            }
            waiting.answers.insert(id.clone(), (to.clone(), answer));
        }
        let iq = if set {
            Iq::Set { from: None, to, id: id.clone(), payload }
        } else {
            Iq::Get { from: None, to, id: id.clone(), payload }
        };
        self.send(iq).await?;
        match timeout(ANSWER_WITHIN, answered).await {
            Ok(Ok(answer)) => answer.map_err(LinkError::Refused),
            Ok(Err(_)) => Err(LinkError::Lost),
            Err(_) => {
                self.waiting().answers.remove(&id);
                Err(LinkError::TimedOut)
            }
        }
    }

    /// Asks an archive; gives what it found, and its closing word.
    pub async fn query(
        &self,
        archive: &BareJid,
        query: &str,
        payload: Element,
    ) -> Result<(Vec<Element>, Option<Element>), LinkError> {
        self.waiting().archives.insert(query.to_owned(), (archive.clone(), Vec::new()));
        let to = (*archive != self.me).then(|| Jid::from(archive.clone()));
        let answer = self.set(to, payload).await;
        let found = self.waiting().archives.remove(query).map(|(_, found)| found).unwrap_or_default();
        Ok((found, answer?))
    }

    /// Sends a message, and waits for what the network says to it: that the server has it or, for a
    /// room, that everybody has.
    pub async fn deliver(&self, message: Message, room: bool) -> Result<Verdict, LinkError> {
        let id = message.id.as_ref().map(|Id(id)| id.clone()).unwrap_or_default();
        let (verdict, judged) = oneshot::channel();
        {
            let mut waiting = self.waiting();
            if waiting.closed {
                return Err(LinkError::Lost);
            }
            waiting.verdicts.insert(id.clone(), verdict);
        }
        let waited = timeout(ANSWER_WITHIN, self.judged(message, room, judged)).await;
        self.waiting().verdicts.remove(&id);
        waited.unwrap_or(Err(LinkError::TimedOut))
    }

    async fn judged(
        &self,
        message: Message,
        room: bool,
        mut judged: oneshot::Receiver<Verdict>,
    ) -> Result<Verdict, LinkError> {
        let (taken, is_taken) = oneshot::channel();
        let outgoing = Outgoing::Stanza(Box::new(message.into()), self.counts.then_some(taken));
        self.outgoing.send(outgoing).await.map_err(|_| LinkError::Lost)?;
        if room {
            return judged.await.map_err(|_| LinkError::Lost);
        }
        let taken = async {
            if self.counts {
                return is_taken.await.map_err(|_| LinkError::Lost);
            }
            // A server works through a stream in order (RFC 6120, 10.1): what answers later than the
            // message was sent has seen it.
            match self.get(Some(Jid::from(self.me.clone())), element("ping", ns::PING)).await {
                Ok(_) | Err(LinkError::Refused(_)) => Ok(()),
                Err(error) => Err(error),
            }
        };
        tokio::pin!(taken);
        tokio::select! {
            biased;
            verdict = &mut judged => verdict.map_err(|_| LinkError::Lost),
            taken = &mut taken => {
                taken?;
                // A refusal that came with it counts.
                Ok(judged.try_recv().unwrap_or(Verdict::Taken))
            }
        }
    }

    /// What the network says about a message of ours. True if somebody waited for it.
    pub fn judge(&self, id: &str, verdict: Verdict) -> bool {
        match self.waiting().verdicts.remove(id) {
            Some(waits) => waits.send(verdict).is_ok(),
            None => false,
        }
    }

    /// An answer to a question. One that nobody asked, or from somebody else, is dropped.
    pub fn answer(&self, from: Option<&Jid>, id: &str, answer: Answer) {
        let mut waiting = self.waiting();
        let Some((to, _)) = waiting.answers.get(id) else { return };
        let expected = match (to, from) {
            (None, None) => true,
            (None, Some(from)) => {
                from.to_bare() == self.me
                    || from.as_str() == self.bound.as_str()
                    || from.as_str() == self.me.domain().as_str()
            }
            (Some(to), Some(from)) => to == from,
            (Some(to), None) => to.to_bare() == self.me,
        };
        if expected && let Some((_, waits)) = waiting.answers.remove(id) {
            let _ = waits.send(answer);
        }
    }

    /// A message out of an archive: kept for whoever asked that archive. True if it was one.
    pub fn found(&self, message: &Message) -> bool {
        let Some(result) = super::xml::find(&message.payloads, "result", ns::MAM) else { return false };
        let from = message.from.as_ref().map_or_else(|| self.me.clone(), Jid::to_bare);
        let mut waiting = self.waiting();
        if let Some((archive, found)) = result.attr("queryid").and_then(|query| waiting.archives.get_mut(query))
            && *archive == from
            && found.len() < MOST_RESULTS
        {
            found.push(result.clone());
        }
        true
    }
}
