//! Turning the pages of a timeline.

use ruma::{OwnedEventId, OwnedRoomId, api::client::filter::RoomEventFilter};
use serde_json::value::RawValue;
use unisono_store::{
    Tx,
    rooms::{
        events::{self, EventRow},
        room::RoomRow,
        state,
    },
};

use super::{
    read::list_events,
    view::{Reader, RoomField, view},
    visibility::{Sight, may_see, require_sight},
};
use crate::{
    Engine, Error, Result,
    sync::{Gap, filter},
};

/// A page of a timeline.
#[derive(Debug)]
pub struct Page {
    room_no: i64,
    pub events: Vec<Box<RawValue>>,
    pub start: String,
    /// Where the next page begins; `None` at the end.
    pub end: Option<String>,
    /// Member events of who speaks in the page, if the filter loads members lazily.
    pub state: Vec<Box<RawValue>>,
}

/// Which page.
#[derive(Clone, Debug)]
pub struct PageRequest {
    pub room_id: OwnedRoomId,
    /// `None`: from the newest event backwards, from the oldest forwards.
    pub from: Option<Gap>,
    pub to: Option<Gap>,
    pub backwards: bool,
    pub limit: usize,
    pub filter: RoomEventFilter,
}

/// An event and what is around it.
#[derive(Debug)]
pub struct Surroundings {
    pub event: Box<RawValue>,
    /// Newest first.
    pub before: Vec<Box<RawValue>>,
    /// Oldest first.
    pub after: Vec<Box<RawValue>>,
    pub start: String,
    pub end: String,
    pub state: Vec<Box<RawValue>>,
}

const MAX_PAGE: usize = 1000;

impl Engine {
    /// `GET /rooms/{}/messages`. Whoever turns back beyond the old end of a portal gets what its
    /// network still has.
    pub async fn list_messages(&self, request: PageRequest, reader: Reader) -> Result<Page> {
        let page = self.list_stored(request.clone(), reader.clone()).await?;
        if !request.backwards || page.end.is_some() || request.to.is_some() {
            return Ok(page);
        }
        match self.fetch_older(page.room_no).await? {
            0 => Ok(page),
            _ => self.list_stored(PageRequest { from: Some(page.start.parse()?), ..request }, reader).await,
        }
    }

    async fn list_stored(&self, request: PageRequest, reader: Reader) -> Result<Page> {
        let now = self.now();
        self.db
            .read(move |tx| {
                let (room, sight) = require_sight(tx, &request.room_id, &reader.user_id)?;
                let from = match (request.from, request.backwards) {
                    (Some(from), _) => from,
                    (None, true) => Gap(tx.position()? + 1),
                    (None, false) => Gap(i64::MIN),
                };
                let scan = Scan { room: &room, sight: &sight, reader: &reader, filter: &request.filter };
                let limit = request.limit.min(MAX_PAGE);
                let (rows, more) = if request.backwards {
                    scan.before(tx, from.0, request.to, limit)?
                } else {
                    scan.after(tx, from.0, request.to, limit)?
                };
                let end = rows
                    .last()
                    .filter(|_| more)
                    .map(|last| Gap(if request.backwards { last.position } else { last.position + 1 }).to_string());
                let field = RoomField::Name(&request.room_id);
                let state = if !request.filter.lazy_load_options.is_disabled() {
                    let members = speakers(tx, &room, &rows)?;
                    list_events(tx, members.iter().map(|id| &**id), field, &reader, now)?
                } else {
                    Vec::new()
                };
                let events = view_all(tx, &rows, field, &reader, now)?;
                Ok(Page { room_no: room.room_no, events, start: from.to_string(), end, state })
            })
            .await
    }

    /// `GET /rooms/{}/context/{}`
    pub async fn get_context(
        &self,
        room_id: OwnedRoomId,
        event_id: OwnedEventId,
        limit: usize,
        filter: RoomEventFilter,
        reader: Reader,
    ) -> Result<Surroundings> {
        let now = self.now();
        self.db
            .read(move |tx| {
                let unknown = || Error::not_found("there is no such event, or you may not see it");
                let (room, sight) = require_sight(tx, &room_id, &reader.user_id)?;
                let row = events::find(tx, &event_id)?.filter(|row| row.room_no == room.room_no).ok_or_else(unknown)?;
                if !may_see(tx, &room, &sight, &reader.user_id, &row)? {
                    return Err(unknown());
                }
                let scan = Scan { room: &room, sight: &sight, reader: &reader, filter: &filter };
                let limit = limit.min(MAX_PAGE);
                let (before, _) = scan.before(tx, row.position, None, limit / 2)?;
                let (after, _) = scan.after(tx, row.position + 1, None, limit - limit / 2)?;
                let end = after.last().map_or(row.position, |last| last.position);
                let start = before.last().map_or(row.position, |first| first.position);
                let field = RoomField::Name(&room_id);
                let members = if !filter.lazy_load_options.is_disabled() {
                    let spoken: Vec<EventRow> = before.iter().chain(&after).chain([&row]).cloned().collect();
                    speakers(tx, &room, &spoken)?
                } else {
                    state::list_at(tx, room.room_no, end, i64::MIN)?.into_iter().map(|entry| entry.event_id).collect()
                };
                Ok(Surroundings {
                    event: view(tx, &row, field, &reader, now)?,
                    before: view_all(tx, &before, field, &reader, now)?,
                    after: view_all(tx, &after, field, &reader, now)?,
                    start: Gap(start).to_string(),
                    end: Gap(end + 1).to_string(),
                    state: list_events(tx, members.iter().map(|id| &**id), field, &reader, now)?,
                })
            })
            .await
    }
}

fn view_all(
    tx: &mut Tx<'_>,
    rows: &[EventRow],
    room: RoomField<'_>,
    reader: &Reader,
    now: i64,
) -> Result<Vec<Box<RawValue>>> {
    rows.iter().map(|row| view(tx, row, room, reader, now)).collect()
}

/// The member events of everybody who speaks in these events.
fn speakers(tx: &mut Tx<'_>, room: &RoomRow, rows: &[EventRow]) -> Result<Vec<OwnedEventId>> {
    let mut senders: Vec<&str> = rows.iter().map(|row| row.sender.as_str()).collect();
    senders.sort_unstable();
    senders.dedup();
    let mut members = Vec::new();
    for sender in senders {
        members.extend(state::find(tx, room.room_no, "m.room.member", sender)?);
    }
    Ok(members)
}

/// Walks a timeline past what the reader may not or does not want to see.
struct Scan<'a> {
    room: &'a RoomRow,
    sight: &'a Sight,
    reader: &'a Reader,
    filter: &'a RoomEventFilter,
}

impl Scan<'_> {
    /// Newest first, and whether there may be more.
    fn before(&self, tx: &mut Tx<'_>, from: i64, to: Option<Gap>, limit: usize) -> Result<(Vec<EventRow>, bool)> {
        let stop = to.map_or(i64::MIN, |to| to.0 - 1);
        let mut position = self.sight.until.map_or(from, |until| from.min(until + 1));
        self.walk(tx, limit, |tx, count| {
            let rows = events::list_before(tx, self.room.room_no, position, stop, count)?;
            position = rows.last().map_or(position, |last| last.position);
            Ok(rows)
        })
    }

    /// Oldest first, and whether there may be more.
    fn after(&self, tx: &mut Tx<'_>, from: i64, to: Option<Gap>, limit: usize) -> Result<(Vec<EventRow>, bool)> {
        let stop = to.map_or(i64::MAX, |to| to.0 - 1);
        let mut position = from.saturating_sub(1);
        self.walk(tx, limit, |tx, count| {
            let rows = events::list_after(tx, self.room.room_no, position, stop, count)?;
            position = rows.last().map_or(position, |last| last.position);
            Ok(rows)
        })
    }

    fn walk(
        &self,
        tx: &mut Tx<'_>,
        limit: usize,
        mut next: impl FnMut(&mut Tx<'_>, i64) -> Result<Vec<EventRow>>,
    ) -> Result<(Vec<EventRow>, bool)> {
        let mut kept = Vec::new();
        let count = i64::try_from(limit.max(1)).map_err(Error::internal)?;
        while kept.len() < limit {
            let rows = next(tx, count)?;
            if rows.is_empty() {
                return Ok((kept, false));
            }
            for row in rows {
                if kept.len() < limit
                    && filter::admits(self.filter, &row)
                    && may_see(tx, self.room, self.sight, &self.reader.user_id, &row)?
                {
                    kept.push(row);
                }
            }
        }
        Ok((kept, true))
    }
}
