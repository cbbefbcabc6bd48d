//! The pages that are open, and what is told to them.

use std::{
    collections::{HashMap, HashSet, VecDeque},
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use bytes::Bytes;
use futures_util::stream;
use serde_json::Value;
use tokio::sync::broadcast::{self, error::RecvError};
use unisono_domain::channel::ServedBody;

/// News that a slow page may be behind; beyond that it asks for everything anew.
const BEHIND: usize = 64;
/// A line that says nothing, so that no proxy takes the stream for dead.
const BEAT: Duration = Duration::from_secs(20);
/// Pages that one visitor may have open, and all together.
const PAGES: (usize, usize) = (10, 5_000);
/// Messages just given to the session, which the hub may not have noted as sent yet.
const RECENT: usize = 2_000;

/// One thing to tell: a server-sent event (HTML standard, section 9.2).
#[derive(Clone, Debug)]
pub(super) struct News(Bytes);

impl News {
    /// `position`: where a page goes on after a break.
    pub(super) fn new(kind: &str, data: &Value, position: Option<i64>) -> Self {
        let id = position.map(|position| format!("id: {position}\n")).unwrap_or_default();
        // JSON has no line breaks of its own.
        Self(Bytes::from(format!("{id}event: {kind}\ndata: {data}\n\n")))
    }
}

#[derive(Default)]
pub(super) struct Listeners(Mutex<State>);

#[derive(Default)]
struct State {
    pages: HashMap<String, broadcast::Sender<News>>,
    /// The last message of each visitor that somebody here has read.
    read: HashMap<String, String>,
    sent: HashSet<String>,
    sent_in_order: VecDeque<String>,
}

impl Listeners {
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Opens a page's stream; `None` if there are too many. What happens from now on is in it, so
    /// whoever calls reads the conversation afterwards.
    pub(super) fn join(&self, visitor: &str) -> Option<broadcast::Receiver<News>> {
        let mut state = self.state();
        state.pages.retain(|_, page| page.receiver_count() > 0);
        let all: usize = state.pages.values().map(broadcast::Sender::receiver_count).sum();
        let pages = state.pages.entry(visitor.to_owned()).or_insert_with(|| broadcast::Sender::new(BEHIND));
        (all < PAGES.1 && pages.receiver_count() < PAGES.0).then(|| pages.subscribe())
    }

    pub(super) fn tell(&self, visitor: &str, news: News) {
        if let Some(pages) = self.state().pages.get(visitor) {
            // Nobody listens any more: what is told is in the room.
            let _ = pages.send(news);
        }
    }

    pub(super) fn set_read(&self, visitor: &str, message: &str) {
        let mut state = self.state();
        if state.read.len() > RECENT {
            state.read.clear();
        }
        state.read.insert(visitor.to_owned(), message.to_owned());
    }

    pub(super) fn find_read(&self, visitor: &str) -> Option<String> {
        self.state().read.get(visitor).cloned()
    }

    /// Notes that a message went out with this session.
    pub(super) fn note_sent(&self, event_id: &str) {
        let mut state = self.state();
        if state.sent.insert(event_id.to_owned()) {
            state.sent_in_order.push_back(event_id.to_owned());
        }
        if state.sent_in_order.len() > RECENT
            && let Some(oldest) = state.sent_in_order.pop_front()
        {
            state.sent.remove(&oldest);
        }
    }

    pub(super) fn is_sent(&self, event_id: &str) -> bool {
        self.state().sent.contains(event_id)
    }
}

/// A page's stream: how things stand, then news. Ends when the session does, or when the page was too
/// slow; it comes back then and learns how things stand.
pub(super) fn body(receiver: broadcast::Receiver<News>, first: &News) -> ServedBody {
    let begin = Bytes::from([b"retry: 2000\n", &*first.0].concat());
    ServedBody::Stream(Box::pin(stream::unfold((Some(begin), receiver), async |(begin, mut receiver)| {
        let next = match begin {
            Some(begin) => begin,
            None => match tokio::time::timeout(BEAT, receiver.recv()).await {
                Ok(Ok(news)) => news.0,
                Ok(Err(RecvError::Lagged(_) | RecvError::Closed)) => return None,
                Err(_) => Bytes::from_static(b": \n\n"),
            },
        };
        Some((next, (None, receiver)))
    })))
}
