//! The newest part of a room's timeline.

use ruma::api::client::filter::RoomEventFilter;
use unisono_store::{
    Tx,
    rooms::{
        events::{self, EventRow},
        room::RoomRow,
    },
};

use super::filter::{admits, is_open};
use crate::{
    Result,
    rooms::{
        view::Reader,
        visibility::{Sight, may_see},
    },
};

const DEFAULT_LIMIT: usize = 10;
const MAX_LIMIT: usize = 1000;

/// A stretch of the timeline, oldest first.
pub(super) struct Window {
    pub events: Vec<EventRow>,
    /// There is more before it that the client has not seen.
    pub limited: bool,
    /// The first position that the window reaches back to.
    pub start: i64,
}

/// How many events the client wants.
pub(super) fn limit_of(filter: &RoomEventFilter) -> usize {
    filter
        .limit
        .and_then(|limit| usize::try_from(u64::from(limit)).ok())
        .map_or(DEFAULT_LIMIT, |limit| limit.clamp(1, MAX_LIMIT))
}

/// The newest events with `since < position <= until` that the filter and the reader's sight let
/// through.
pub(super) fn window(
    tx: &mut Tx<'_>,
    room: &RoomRow,
    sight: &Sight,
    reader: &Reader,
    filter: &RoomEventFilter,
    since: i64,
    until: i64,
) -> Result<Window> {
    let limit = limit_of(filter);
    let mut window = Window { events: Vec::new(), limited: false, start: since.saturating_add(1) };
    let mut before = until.saturating_add(1);
    // One more than asked for tells whether there is more.
    let page = i64::try_from(limit + 1).unwrap_or(i64::MAX);
    loop {
        let rows = events::list_before(tx, room.room_no, before, since, page)?;
        let last_page = i64::try_from(rows.len()).is_ok_and(|count| count < page);
        for row in rows {
            before = row.position;
            if (is_open(filter) || admits(filter, &row)) && may_see(tx, room, sight, &reader.user_id, &row)? {
                if window.events.len() == limit {
                    window.limited = true;
                    break;
                }
                window.start = row.position;
                window.events.push(row);
            }
        }
        if window.limited || last_page {
            break;
        }
    }
    if !window.limited {
        window.start = since.saturating_add(1);
    }
    window.events.reverse();
    Ok(window)
}
