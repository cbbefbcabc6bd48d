//! What waits to be written: at the pace that servers allow, each message with what it still needs to
//! count as sent.

use std::{collections::VecDeque, time::Duration};

use tokio::{sync::oneshot, time::Instant};
use unisono_domain::{
    channel::{RemoteId, SendOutcome},
    text::Text,
};

/// Lines that may go at once, and how long each one weighs after that. Servers throw out who writes
/// faster (RFC 1459 section 8.10 has two seconds; today's take one line a second and more).
const AT_ONCE: f64 = 8.0;
const PER_SECOND: f64 = 1.0;
/// A message that the server says nothing about.
const ANSWER_WITHIN: Duration = Duration::from_secs(60);
/// How long an echo may come after the answer, as it does from behind a bouncer.
const ECHO_WITHIN: Duration = Duration::from_secs(10);
/// Echoes and refusals that come after that are still known for ours.
const REMEMBERED: usize = 64;

/// A bucket of lines.
#[derive(Debug)]
struct Pace {
    left: f64,
    at: Instant,
}

impl Pace {
    fn refill(&mut self, now: Instant) {
        let passed = now.saturating_duration_since(self.at).as_secs_f64();
        self.left = (self.left + passed * PER_SECOND).min(AT_ONCE);
        self.at = now;
    }

    /// When a line of this weight may go.
    fn free_at(&self, weight: f64) -> Instant {
        let missing = (weight - self.left).max(0.0);
        self.at + Duration::from_secs_f64(missing / PER_SECOND)
    }
}

struct Item {
    line: String,
    weight: f64,
    job: Option<u64>,
}

/// A message on its way.
pub struct Job {
    pub no: u64,
    /// The folded name of whom it goes to.
    pub target: String,
    /// Lines as they will come back, if they will.
    echoes: Vec<String>,
    id: Option<RemoteId>,
    lines: usize,
    written: usize,
    answered: bool,
    refused: Option<SendOutcome>,
    deadline: Option<Instant>,
    done: oneshot::Sender<SendOutcome>,
}

/// Everything that is on its way out.
pub struct Outgoing {
    pace: Pace,
    items: VecDeque<Item>,
    jobs: VecDeque<Job>,
    /// Echoes of messages that are done with.
    late: VecDeque<(String, String)>,
    /// Messages that are done with, for refusals that come too late.
    recent: VecDeque<(String, RemoteId)>,
    last: u64,
}

impl Outgoing {
    pub fn new() -> Self {
        Self {
            pace: Pace { left: AT_ONCE, at: Instant::now() },
            items: VecDeque::new(),
            jobs: VecDeque::new(),
            late: VecDeque::new(),
            recent: VecDeque::new(),
            last: 0,
        }
    }

    /// A line that nobody waits for.
    pub fn push(&mut self, line: String) {
        self.items.push_back(Item { line, weight: 1.0, job: None });
    }

    /// The number that the next message will have.
    pub fn next_no(&self) -> u64 {
        self.last + 1
    }

    /// A message in lines, and the question after it whose answer tells that all was taken.
    pub fn send(
        &mut self,
        target: String,
        lines: Vec<String>,
        question: String,
        echoes: Vec<String>,
        done: oneshot::Sender<SendOutcome>,
    ) {
        self.last += 1;
        let no = self.last;
        self.jobs.push_back(Job {
            no,
            target,
            echoes,
            id: None,
            lines: lines.len(),
            written: 0,
            answered: false,
            refused: None,
            deadline: None,
            done,
        });
        self.items.extend(lines.into_iter().map(|line| Item { line, weight: 1.0, job: Some(no) }));
        self.items.push_back(Item { line: question, weight: 0.5, job: Some(no) });
    }

    /// When there is something to do next.
    pub fn wake_at(&self) -> Option<Instant> {
        let free = self.items.front().map(|item| self.pace.free_at(item.weight));
        free.into_iter().chain(self.jobs.iter().filter_map(|job| job.deadline)).min()
    }

    /// The lines that may be written now.
    pub fn take(&mut self, now: Instant) -> String {
        self.pace.refill(now);
        let mut lines = String::new();
        while let Some(item) = self.items.pop_front_if(|item| item.weight <= self.pace.left + 1e-6) {
            self.pace.left -= item.weight;
            if let Some(job) = item.job.and_then(|no| self.jobs.iter_mut().find(|job| job.no == no)) {
                job.written += 1;
                if job.written > job.lines {
                    job.deadline = Some(now + ANSWER_WITHIN);
                }
            }
            lines.push_str(&item.line);
        }
        lines
    }

    /// A line of our own came back. False: it is not from here.
    pub fn echo(&mut self, label: Option<u64>, target: &str, text: &str, id: Option<&str>, now: Instant) -> bool {
        let found = self.jobs.iter_mut().find_map(|job| {
            if label.map_or(job.target != target, |no| no != job.no) {
                return None;
            }
            let same = job.echoes.iter().position(|echo| echo == text);
            // The server may have changed the words that our label is on.
            let at = same.or_else(|| (label.is_some() && !job.echoes.is_empty()).then_some(0))?;
            job.echoes.remove(at);
            if job.id.is_none() {
                job.id = id.map(RemoteId::new);
            }
            Some(())
        });
        if found.is_some() {
            self.settle(now);
            return true;
        }
        let late = self.late.iter().position(|(known, words)| known == target && words == text);
        late.is_some_and(|at| self.late.remove(at).is_some())
    }

    /// The server has answered the question after a message: it has taken everything before.
    pub fn answered(&mut self, no: u64, now: Instant) {
        if let Some(job) = self.jobs.iter_mut().find(|job| job.no == no) {
            job.answered = true;
            job.deadline = Some(now + ECHO_WITHIN);
        }
        self.settle(now);
    }

    /// The server refuses what is on its way to a target. Gives the id of the message if it was taken
    /// for sent before.
    pub fn refuse(&mut self, label: Option<u64>, target: &str, outcome: SendOutcome) -> Option<RemoteId> {
        let fits = |job: &Job| label.map_or_else(|| job.target == target, |no| job.no == no);
        let Some(job) = self.jobs.iter_mut().find(|job| job.written > 0 && fits(job)) else {
            let at = self.recent.iter().rposition(|(known, _)| known == target)?;
            return self.recent.remove(at).map(|(_, id)| id);
        };
        let no = job.no;
        // Where some lines were taken, saying "later" would repeat them.
        job.refused = Some(match outcome {
            SendOutcome::Retry { reason, .. } if job.lines > 1 => SendOutcome::Rejected { reason },
            other => other,
        });
        // What is left of it need not go. Its question does, and ends it.
        let lines = job.lines;
        let left = lines.saturating_sub(job.written);
        if left > 0 {
            let mut dropped = 0;
            self.items.retain(|item| {
                let drop = item.job == Some(no) && dropped < left;
                dropped += usize::from(drop);
                !drop
            });
            if let Some(job) = self.jobs.iter_mut().find(|job| job.no == no) {
                job.written = lines;
            }
        }
        None
    }

    /// Ends what has all that it waits for, or has waited too long.
    pub fn settle(&mut self, now: Instant) {
        let mut at = 0;
        while let Some(job) = self.jobs.get(at) {
            let over = job.deadline.is_some_and(|deadline| deadline <= now);
            let complete = job.answered && (job.echoes.is_empty() || job.refused.is_some());
            if !(over || complete) {
                at += 1;
                continue;
            }
            let Some(job) = self.jobs.remove(at) else { break };
            self.end(job);
        }
    }

    fn end(&mut self, job: Job) {
        let outcome = match job.refused {
            Some(refused) => refused,
            None if !job.answered => SendOutcome::Unknown { reason: SILENT },
            None => {
                let id = job.id.unwrap_or_else(|| RemoteId::new(format!("{:032x}", rand::random::<u128>())));
                self.late.extend(job.echoes.into_iter().map(|echo| (job.target.clone(), echo)));
                self.recent.push_back((job.target, id.clone()));
                for _ in REMEMBERED..self.recent.len() {
                    self.recent.pop_front();
                }
                for _ in REMEMBERED..self.late.len() {
                    self.late.pop_front();
                }
                SendOutcome::Sent { id, at: 0, data: serde_json::Value::Null }
            }
        };
        // Who asked may be gone: then the outcome is in the hub's hands.
        let _ = job.done.send(outcome);
    }
}

impl Drop for Outgoing {
    /// The connection has ended: what was not written goes later, of the rest nobody knows.
    fn drop(&mut self) {
        for job in std::mem::take(&mut self.jobs) {
            let outcome = match (job.refused, job.written) {
                (Some(refused), _) => refused,
                (None, 0) => SendOutcome::Retry { after: None, reason: LOST },
                (None, _) => SendOutcome::Unknown { reason: LOST },
            };
            let _ = job.done.send(outcome);
        }
    }
}

const SILENT: Text = Text::new("The server did not answer.", "Der Server hat nicht geantwortet.");
/// The connection broke off.
pub const LOST: Text = Text::new("The connection was lost.", "Die Verbindung ist abgerissen.");

#[cfg(test)]
mod tests {
    use super::*;

    fn message(outgoing: &mut Outgoing, target: &str, lines: &[&str], echo: bool) -> oneshot::Receiver<SendOutcome> {
        let (done, outcome) = oneshot::channel();
        let echoes = if echo { lines.iter().map(|line| (*line).to_owned()).collect() } else { Vec::new() };
        let lines = lines.iter().map(|line| format!("{line}\r\n")).collect();
        let question = format!("PING {}\r\n", outgoing.next_no());
        outgoing.send(target.to_owned(), lines, question, echoes, done);
        outcome
    }

    #[tokio::test(start_paused = true)]
    async fn only_so_many_lines_go_at_once_and_then_one_a_second() {
        let mut outgoing = Outgoing::new();
        (0..10).for_each(|number| outgoing.push(format!("{number}\r\n")));
        assert_eq!(outgoing.take(Instant::now()).lines().count(), 8);
        assert_eq!(outgoing.take(Instant::now()), "");
        tokio::time::sleep_until(outgoing.wake_at().unwrap()).await;
        assert_eq!(outgoing.take(Instant::now()), "8\r\n");
    }

    #[tokio::test(start_paused = true)]
    async fn a_message_is_sent_once_the_server_has_answered_after_it() {
        let mut outgoing = Outgoing::new();
        let mut outcome = message(&mut outgoing, "anna", &["one", "two"], false);
        assert_eq!(outgoing.take(Instant::now()), "one\r\ntwo\r\nPING 1\r\n");
        assert!(outcome.try_recv().is_err());
        outgoing.answered(1, Instant::now());
        assert!(matches!(outcome.try_recv(), Ok(SendOutcome::Sent { .. })));
    }

    #[tokio::test(start_paused = true)]
    async fn its_echo_gives_it_its_id_and_is_no_other_message_even_if_it_comes_late() {
        let mut outgoing = Outgoing::new();
        let now = Instant::now();
        let mut outcome = message(&mut outgoing, "anna", &["hi"], true);
        outgoing.take(now);
        assert!(outgoing.echo(None, "anna", "hi", Some("m:1"), now));
        outgoing.answered(1, now);
        assert!(matches!(outcome.try_recv(), Ok(SendOutcome::Sent { id, .. }) if id.as_str() == "m:1"));

        let mut outcome = message(&mut outgoing, "anna", &["late"], true);
        outgoing.take(now);
        outgoing.answered(2, now);
        assert!(outcome.try_recv().is_err());
        outgoing.settle(now + ECHO_WITHIN);
        assert!(matches!(outcome.try_recv(), Ok(SendOutcome::Sent { .. })));
        assert!(outgoing.echo(None, "anna", "late", Some("m:2"), now));
        assert!(!outgoing.echo(None, "anna", "from my other device", Some("m:3"), now));
    }

    #[tokio::test(start_paused = true)]
    async fn a_refusal_finds_its_message_and_keeps_the_rest_of_it_back() {
        let mut outgoing = Outgoing::new();
        let now = Instant::now();
        let lines: Vec<String> = (0..20).map(|number| number.to_string()).collect();
        let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
        let mut long = message(&mut outgoing, "anna", &lines, false);
        let mut other = message(&mut outgoing, "bert", &["b"], false);
        outgoing.take(now);
        let refused = SendOutcome::Rejected { reason: Text::verbatim("no") };
        assert_eq!(outgoing.refuse(None, "anna", refused.clone()), None);
        tokio::time::advance(Duration::from_secs(5)).await;
        assert_eq!(outgoing.take(Instant::now()), "PING 1\r\nb\r\nPING 2\r\n");
        outgoing.answered(1, now);
        outgoing.answered(2, now);
        assert!(matches!(long.try_recv(), Ok(SendOutcome::Rejected { .. })));
        let Ok(SendOutcome::Sent { id, .. }) = other.try_recv() else { panic!("it was sent") };
        assert_eq!(outgoing.refuse(None, "bert", refused), Some(id), "a bouncer's late answer");
    }

    #[tokio::test(start_paused = true)]
    async fn an_end_in_the_middle_leaves_no_doubt_where_there_is_none() {
        let mut outgoing = Outgoing::new();
        let mut written = message(&mut outgoing, "anna", &["a"; 8], false);
        let mut waiting = message(&mut outgoing, "anna", &["b"], false);
        outgoing.take(Instant::now());
        drop(outgoing);
        assert!(matches!(written.try_recv(), Ok(SendOutcome::Unknown { .. })));
        assert!(matches!(waiting.try_recv(), Ok(SendOutcome::Retry { .. })));
    }
}
