//! What was said before, where the server keeps it
//! (<https://ircv3.net/specs/extensions/chathistory>, a draft).

use irc_proto::Message;
use tokio::sync::oneshot;
use unisono_domain::{Millis, channel::Inbound};

use super::{
    connection::{Batch, Connection},
    line::{self, find_tag},
};

/// How much is asked for at once after an absence.
const MISSED: &str = "200";
/// With how many people there may have been words meanwhile.
const PEOPLE: &str = "50";

/// Somebody who waits for a page.
pub struct Pending {
    pub target: String,
    pub done: oneshot::Sender<Vec<Inbound>>,
}

fn timestamp(at: Millis) -> String {
    let at = jiff::Timestamp::from_millisecond(at).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
    format!("timestamp={at:.3}")
}

impl Connection<'_> {
    pub(super) fn keeps_history(&self) -> bool {
        let features = &self.link.features;
        (features.has("draft/chathistory") || features.has("chathistory")) && features.has("batch")
    }

    /// A page of what was said before a time, or of the newest.
    pub(super) fn ask_for_page(
        &mut self,
        target: &str,
        before: Option<Millis>,
        limit: usize,
        done: oneshot::Sender<Vec<Inbound>>,
    ) {
        if !self.keeps_history() {
            // Who asked may have gone away meanwhile, here and below.
            let _ = done.send(Vec::new());
            return;
        }
        let limit = limit.to_string();
        let line = match before {
            Some(before) => line::build(&[], "CHATHISTORY", &["BEFORE", target, &timestamp(before), &limit]),
            None => line::build(&[], "CHATHISTORY", &["LATEST", target, "*", &limit]),
        };
        self.histories.push(Pending { target: self.fold(target), done });
        self.outgoing.push(line);
    }

    /// Asks for what was said in a chat while we were away.
    pub(super) fn ask_for_missed(&mut self, target: &str) {
        if self.keeps_history() && self.since > 0 {
            let since = timestamp(self.since);
            self.outgoing.push(line::build(&[], "CHATHISTORY", &["AFTER", target, &since, MISSED]));
        }
    }

    /// Asks who wrote to us while we were away.
    pub(super) fn ask_who_wrote(&mut self) {
        if self.keeps_history() && self.since > 0 {
            let (since, now) = (timestamp(self.since), timestamp(self.host.now()));
            self.outgoing.push(line::build(&[], "CHATHISTORY", &["TARGETS", &since, &now, PEOPLE]));
        }
    }

    /// Somebody did.
    pub(super) fn wrote(&mut self, words: &[String]) {
        if let [verb, target, ..] = words
            && verb.eq_ignore_ascii_case("TARGETS")
            && !self.link.features.is_channel(target)
        {
            self.ask_for_missed(target);
        }
    }

    /// Where a message belongs that somebody has asked for.
    pub(super) fn collecting(&mut self, message: &Message) -> Option<&mut Vec<Inbound>> {
        self.batches.get_mut(find_tag(message, "batch")?)?.events.as_mut()
    }

    pub(super) fn batch_ended(&mut self, batch: Batch) {
        let Some(events) = batch.events else { return };
        if let Some(at) = self.histories.iter().position(|pending| pending.target == batch.target) {
            let _ = self.histories.remove(at).done.send(events);
        }
    }

    /// The server has refused to look back.
    pub(super) fn no_history(&mut self) {
        if !self.histories.is_empty() {
            let _ = self.histories.remove(0).done.send(Vec::new());
        }
    }
}
