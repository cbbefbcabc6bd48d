//! `POST /search`: messages in all rooms that a person is in.

use std::collections::BTreeMap;

use ruma::{OwnedRoomId, OwnedUserId};
use serde_json::value::RawValue;
use unisono_store::{
    Tx,
    profiles::{self, ProfileRow},
    rooms::{
        events::{self, EventRow},
        room,
    },
    search::{self, Fields, Order, Query},
};

use crate::{
    Engine, Error, Result,
    rooms::{
        view::{Reader, RoomField, view},
        visibility::{may_see, require_sight},
    },
};

const MAX_RESULTS: i64 = 100;
/// Deeper pages are not given: who has not found it by then searches more precisely.
const MAX_OFFSET: i64 = 10_000;
const MAX_TERMS: usize = 20;
const MAX_CONTEXT: i64 = 20;

/// What to look for. Lists that are `None` do not narrow the search.
#[derive(Clone, Debug)]
pub struct SearchRequest {
    pub text: String,
    pub fields: Fields,
    pub order: Order,
    pub rooms: Option<Vec<OwnedRoomId>>,
    pub not_rooms: Option<Vec<OwnedRoomId>>,
    pub senders: Option<Vec<OwnedUserId>>,
    pub not_senders: Option<Vec<OwnedUserId>>,
    pub limit: Option<i64>,
    /// From the page before.
    pub next_batch: Option<String>,
    /// How many events before and after each hit; nothing: no context.
    pub context: Option<(i64, i64)>,
    /// Give the names of the people in the context.
    pub profiles: bool,
}

/// One page of results.
#[derive(Debug, Default)]
pub struct Found {
    pub count: i64,
    pub results: Vec<SearchResult>,
    pub next_batch: Option<String>,
    /// The words to mark.
    pub highlights: Vec<String>,
}

#[derive(Debug)]
pub struct SearchResult {
    pub rank: i64,
    pub event: Box<RawValue>,
    /// Newest first, as the specification wants it.
    pub before: Vec<Box<RawValue>>,
    pub after: Vec<Box<RawValue>>,
    pub profiles: BTreeMap<OwnedUserId, ProfileRow>,
}

impl Engine {
    /// Looks for all words of a text.
    pub async fn search_messages(&self, reader: Reader, request: SearchRequest) -> Result<Found> {
        let terms: Vec<String> = words(&request.text);
        if terms.is_empty() {
            return Ok(Found::default());
        }
        let offset = match &request.next_batch {
            None => 0,
            Some(token) => token
                .parse::<i64>()
                .ok()
                .filter(|offset| (0..=MAX_OFFSET).contains(offset))
                .ok_or_else(|| Error::invalid("next_batch is no token that this server gave out"))?,
        };
        let limit = request.limit.unwrap_or(10).clamp(1, MAX_RESULTS);
        let query = Query {
            terms: terms.clone(),
            fields: request.fields,
            order: request.order,
            rooms: list(request.rooms.as_deref())?,
            not_rooms: list(request.not_rooms.as_deref())?,
            senders: list(request.senders.as_deref())?,
            not_senders: list(request.not_senders.as_deref())?,
            // One more, to know whether there is another page.
            limit: limit + 1,
            offset,
        };
        let (context, with_profiles, now) = (request.context, request.profiles, self.now());
        self.db
            .read(move |tx| {
                let count = search::count(tx, &reader.user_id, &query)?;
                let mut hits = search::list(tx, &reader.user_id, &query)?;
                let more = i64::try_from(hits.len()).is_ok_and(|found| found > limit);
                if more {
                    hits.pop();
                }
                let mut results = Vec::with_capacity(hits.len());
                for hit in hits {
                    let Some(row) = events::find(tx, &hit.event_id)? else { continue };
                    if let Some(event) = see(tx, &row, &reader, now)? {
                        let mut result = SearchResult {
                            rank: hit.rank,
                            event,
                            before: Vec::new(),
                            after: Vec::new(),
                            profiles: BTreeMap::new(),
                        };
                        if let Some(limits) = context {
                            add_context(tx, &row, &reader, now, limits, with_profiles, &mut result)?;
                        }
                        results.push(result);
                    }
                }
                let next_batch = (more && offset + limit <= MAX_OFFSET).then(|| (offset + limit).to_string());
                Ok(Found { count, results, next_batch, highlights: terms.clone() })
            })
            .await
    }
}

/// The words of a text, as the index cuts them: everything between letters and digits divides.
fn words(text: &str) -> Vec<String> {
    text.split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .take(MAX_TERMS)
        .map(str::to_lowercase)
        .collect()
}

fn list<T: serde::Serialize>(ids: Option<&[T]>) -> Result<Option<String>> {
    ids.map(serde_json::to_string).transpose().map_err(Error::internal)
}

/// The event, if the reader may see it.
fn see(tx: &mut Tx<'_>, row: &EventRow, reader: &Reader, now: i64) -> Result<Option<Box<RawValue>>> {
    let room = room::get(tx, row.room_no)?;
    let (room, sight) = require_sight(tx, &room.room_id, &reader.user_id)?;
    if !may_see(tx, &room, &sight, &reader.user_id, row)? {
        return Ok(None);
    }
    view(tx, row, RoomField::Name(&room.room_id), reader, now).map(Some)
}

fn add_context(
    tx: &mut Tx<'_>,
    row: &EventRow,
    reader: &Reader,
    now: i64,
    (before, after): (i64, i64),
    with_profiles: bool,
    result: &mut SearchResult,
) -> Result<()> {
    let (before, after) = (before.clamp(0, MAX_CONTEXT), after.clamp(0, MAX_CONTEXT));
    let mut senders = vec![row.sender.clone()];
    for other in events::list_before(tx, row.room_no, row.position, i64::MIN, before)? {
        if let Some(event) = see(tx, &other, reader, now)? {
            result.before.push(event);
            senders.push(other.sender);
        }
    }
    for other in events::list_after(tx, row.room_no, row.position, i64::MAX, after)? {
        if let Some(event) = see(tx, &other, reader, now)? {
            result.after.push(event);
            senders.push(other.sender);
        }
    }
    if with_profiles {
        for sender in senders {
            if let Some(profile) = profiles::find(tx, &sender)? {
                result.profiles.insert(sender, profile);
            }
        }
    }
    Ok(())
}
