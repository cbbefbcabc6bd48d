//! What must not be lost between two connections: pieces of long messages that wait for the others,
//! and what was delivered without our knowing that the other side knows.
//!
//! Incoming messages have no ids. One that was stored but whose acknowledgement was lost comes again
//! after a reconnect, just like the same words said twice. So each stored message is kept in mind until
//! the other side has answered something that we asked after its acknowledgement: from then on it will
//! not come again.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use unisono_domain::Millis;

use super::short::{Piece, Short};

/// What was not repeated for so long after a broken connection will not be, in milliseconds.
const REPEATED_WITHIN: Millis = 10 * 60 * 1_000;
/// Pieces wait so long for the others.
const COMPLETE_WITHIN: Millis = 24 * 60 * 60 * 1_000;
const MOST: usize = 500;

/// The account's cursor.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Memory {
    /// Counts what came in: part of the messages' ids.
    count: u64,
    /// Counts connections.
    connection: u64,
    unsettled: Vec<Seen>,
    waiting: Vec<Waiting>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Seen {
    fingerprint: String,
    connection: u64,
    count: u64,
    at: Millis,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Waiting {
    from: String,
    to: String,
    reference: u16,
    total: u8,
    coding: u8,
    since: Millis,
    pieces: BTreeMap<u8, Vec<u8>>,
}

/// A message, as far as it came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Whole {
    pub from: String,
    pub to: String,
    pub coding: u8,
    pub octets: Vec<u8>,
    /// Pieces are missing that nobody expects any more.
    pub has_gaps: bool,
}

impl Memory {
    /// A new connection.
    pub(super) fn reconnect(&mut self) {
        self.connection += 1;
    }

    /// Whether this is stored already and comes again because its acknowledgement was lost.
    pub(super) fn is_repeated(&mut self, fingerprint: &str, now: Millis) -> bool {
        let connection = self.connection;
        self.unsettled.retain(|seen| seen.connection == connection || now - seen.at < REPEATED_WITHIN);
        let known =
            self.unsettled.iter_mut().find(|seen| seen.fingerprint == fingerprint && seen.connection != connection);
        let Some(seen) = known else { return false };
        self.count += 1;
        *seen = Seen { connection, count: self.count, at: now, fingerprint: fingerprint.to_owned() };
        true
    }

    /// Keeps in mind what is about to be stored; gives its number.
    pub(super) fn note(&mut self, fingerprint: String, now: Millis) -> u64 {
        self.count += 1;
        self.unsettled.push(Seen { fingerprint, connection: self.connection, count: self.count, at: now });
        let surplus = self.unsettled.len().saturating_sub(MOST);
        self.unsettled.drain(..surplus);
        self.count
    }

    /// The number of the last message; `None` if all of this connection's are settled.
    pub(super) fn open(&self) -> Option<u64> {
        self.unsettled.iter().any(|seen| seen.connection == self.connection).then_some(self.count)
    }

    /// The other side has got all acknowledgements up to a number.
    pub(super) fn settle(&mut self, up_to: u64) {
        let connection = self.connection;
        self.unsettled.retain(|seen| seen.connection != connection || seen.count > up_to);
    }

    /// Adds what came in; gives what is whole now.
    pub(super) fn add(&mut self, short: Short, now: Millis) -> Vec<Whole> {
        let Short { from, to, coding, octets, piece } = short;
        let Some(Piece { reference, total, number }) = piece else {
            return vec![Whole { from, to, coding, octets, has_gaps: false }];
        };
        let is_this = |waiting: &Waiting| {
            waiting.from == from && waiting.to == to && waiting.reference == reference && waiting.total == total
        };
        let index = self.waiting.iter().position(is_this).unwrap_or_else(|| {
            let pieces = BTreeMap::new();
            self.waiting.push(Waiting { from, to, reference, total, coding, since: now, pieces });
            self.waiting.len() - 1
        });
        self.waiting[index].pieces.insert(number, octets);
        let surplus = self.waiting.len().saturating_sub(MOST);
        let is_done = |index: usize, waiting: &Waiting| {
            waiting.pieces.len() == usize::from(waiting.total)
                || now - waiting.since > COMPLETE_WITHIN
                || index < surplus
        };
        let mut done = Vec::new();
        let mut index = 0;
        self.waiting.retain(|waiting| {
            let ready = is_done(index, waiting);
            index += 1;
            if ready {
                done.push(waiting.clone());
            }
            !ready
        });
        done.into_iter().map(Waiting::join).collect()
    }
}

impl Waiting {
    fn join(self) -> Whole {
        let has_gaps = self.pieces.len() < usize::from(self.total);
        let octets = self.pieces.into_values().flatten().collect();
        Whole { from: self.from, to: self.to, coding: self.coding, octets, has_gaps }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn short(text: &str, piece: Option<(u8, u8)>) -> Short {
        Short {
            from: "+491701234567".to_owned(),
            to: "1".to_owned(),
            coding: 0,
            octets: text.as_bytes().to_vec(),
            piece: piece.map(|(number, total)| Piece { reference: 7, total, number }),
        }
    }

    #[test]
    fn the_same_words_twice_are_two_and_a_repetition_is_one() {
        let mut memory = Memory::default();
        memory.reconnect();
        assert!(!memory.is_repeated("ok", 0));
        let first = memory.note("ok".to_owned(), 0);
        assert!(!memory.is_repeated("ok", 1), "said again on the same connection");
        let second = memory.note("ok".to_owned(), 1);
        memory.settle(first);

        memory.reconnect();
        assert!(memory.is_repeated("ok", 2), "the second one's acknowledgement may be lost");
        assert!(!memory.is_repeated("ok", 3), "but only that one's");
        memory.settle(second + 1);
        memory.reconnect();
        assert!(!memory.is_repeated("ok", 4), "settled is settled");
    }

    #[test]
    fn a_repetition_can_be_repeated() {
        let mut memory = Memory::default();
        memory.note("ok".to_owned(), 0);
        for _ in 0..3 {
            memory.reconnect();
            assert!(memory.is_repeated("ok", 5));
        }
        memory.reconnect();
        assert!(!memory.is_repeated("ok", REPEATED_WITHIN + 10));
    }

    #[test]
    fn pieces_in_any_order_become_one_even_after_a_restart() {
        let mut memory = Memory::default();
        assert_eq!(memory.add(short("c", Some((3, 3))), 0), []);
        assert_eq!(memory.add(short("a", Some((1, 3))), 0), []);
        assert_eq!(memory.add(short("a", Some((1, 3))), 0), []);
        let mut memory: Memory = serde_json::from_value(serde_json::to_value(memory).unwrap()).unwrap();
        let whole = memory.add(short("b", Some((2, 3))), 0);
        assert_eq!((&*whole[0].octets, whole[0].has_gaps), (&b"abc"[..], false));
        assert_eq!(memory.add(short("x", None), 0)[0].octets, b"x");
    }

    #[test]
    fn what_stays_incomplete_is_shown_at_last() {
        let mut memory = Memory::default();
        memory.add(short("lost", Some((2, 3))), 0);
        let shown = memory.add(short("x", Some((1, 2))), COMPLETE_WITHIN + 1);
        assert_eq!((&*shown[0].octets, shown[0].has_gaps), (&b"lost"[..], true));
    }
}
