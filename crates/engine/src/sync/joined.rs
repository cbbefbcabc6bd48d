//! Rooms that the person is in.

use std::collections::BTreeSet;

use ruma::{
    UserId,
    api::client::sync::sync_events::v3::{JoinedRoom, State, StateEvents, Timeline},
    serde::Raw,
};
use unisono_store::{
    Tx,
    rooms::{
        memberships::MembershipRow,
        room::{self, RoomRow},
    },
};

use super::{
    Gap, SyncRequest, account,
    collect::{Collector, Moment},
    filter::admits_room,
    state::{Baseline, entries},
    summary::summary,
    timeline::{Window, window},
};
use crate::{
    Result,
    rooms::{
        read::list_events,
        view::{RoomField, view},
        visibility::{Sight, is_open, was_joined},
    },
};

/// What is new in one room; `None` if nothing is.
pub(super) fn joined(tx: &mut Tx<'_>, all: &Collector<'_>, member: &MembershipRow) -> Result<Option<JoinedRoom>> {
    let Collector { core, request, moment, news } = all;
    // Most rooms are quiet at most syncs: they cost no query.
    if let Some(since) = request.since
        && !request.full_state
        && member.news.max(member.position) <= since.position
        && !news.concerns(core, member, since)
    {
        return Ok(None);
    }
    let room = room::get(tx, member.room_no)?;
    let reader = &request.reader;
    let since = known_since(tx, request, &room, member)?;
    let mut joined = JoinedRoom::new();
    if since.is_none_or(|since| room.news > since) || request.full_state {
        let filter = &request.filter.room;
        let sight = Sight { until: None, open: is_open(tx, &room)? };
        let window = if admits_room(&filter.timeline, &member.room_id) {
            window(tx, &room, &sight, reader, &filter.timeline, since.unwrap_or(i64::MIN), moment.upto)?
        } else {
            Window { events: Vec::new(), limited: false, start: moment.upto.saturating_add(1) }
        };
        let members_changed = window.events.iter().any(|event| event.kind == "m.room.member");
        if since.is_none() || window.limited || members_changed || request.full_state {
            joined.summary = summary(tx, &room, &reader.user_id)?;
        }
        joined.state = state_section(tx, request, moment, &room, since, &window, &joined)?;
        joined.timeline = timeline_section(tx, request, moment, &window)?;
    }
    let news = news.of_room(tx, core, request, moment, member, since)?;
    joined.account_data.events = news.account_data;
    joined.ephemeral.events = news.ephemeral;
    let quiet = since.is_some() && !request.full_state && joined.is_empty();
    if !quiet {
        joined.unread_notifications = account::unread(tx, &reader.user_id, member.room_no)?;
    }
    Ok((!quiet).then_some(joined))
}

/// Up to where the client knows the room: nothing, if the person came in (again) since then.
fn known_since(tx: &mut Tx<'_>, request: &SyncRequest, room: &RoomRow, member: &MembershipRow) -> Result<Option<i64>> {
    let Some(since) = request.since.map(|since| since.position) else { return Ok(None) };
    if member.position > since && !was_joined(tx, room, &request.reader.user_id, since + 1)? {
        return Ok(None);
    }
    Ok(Some(since))
}

fn state_section(
    tx: &mut Tx<'_>,
    request: &SyncRequest,
    moment: &Moment,
    room: &RoomRow,
    since: Option<i64>,
    window: &Window,
    joined: &JoinedRoom,
) -> Result<State> {
    let filter = &request.filter.room.state;
    if !admits_room(filter, &room.room_id) {
        return Ok(State::default());
    }
    let baseline = match since {
        Some(since) if !request.full_state => Baseline::Since(since),
        _ => Baseline::Nothing,
    };
    let mut always: BTreeSet<&UserId> = joined.summary.heroes.iter().map(|hero| &**hero).collect();
    if since.is_none() {
        always.insert(&request.reader.user_id);
    }
    let after = request.state_after.then_some(moment.upto);
    let entries = entries(tx, room, filter, window, &baseline, after, &always)?;
    let events =
        list_events(tx, entries.iter().map(|entry| &*entry.event_id), RoomField::Omit, &request.reader, moment.now)?;
    let events = StateEvents::with_events(events.into_iter().map(Raw::from_json).collect());
    Ok(if request.state_after { State::After(events) } else { State::Before(events) })
}

/// The events of a window as the client sees them.
pub(super) fn timeline_section(
    tx: &mut Tx<'_>,
    request: &SyncRequest,
    moment: &Moment,
    window: &Window,
) -> Result<Timeline> {
    let mut timeline = Timeline::new();
    for row in &window.events {
        timeline.events.push(Raw::from_json(view(tx, row, RoomField::Omit, &request.reader, moment.now)?));
    }
    timeline.limited = window.limited;
    if let Some(first) = window.events.first() {
        timeline.prev_batch = Some(Gap(first.position).to_string());
    }
    Ok(timeline)
}
