//! Rooms that the person was taken out of, is invited to, or asks to enter.

use ruma::{
    api::client::sync::sync_events::v3::{
        InviteState, InvitedRoom, KnockState, KnockedRoom, LeftRoom, State, StateEvents,
    },
    events::AnyStrippedStateEvent,
    serde::Raw,
};
use unisono_store::{
    Tx,
    rooms::{
        events,
        memberships::MembershipRow,
        room::{self, RoomRow},
        state,
    },
};

use super::{
    collect::Collector,
    joined::timeline_section,
    state::{Baseline, entries},
    timeline::{Window, window},
};
use crate::{
    Result,
    rooms::{
        read::list_events,
        view::{RoomField, stripped},
        visibility::{Sight, is_open, was_joined},
    },
};

/// What an invited person is shown of the room (specification, "Stripped state").
const SHOWN_OUTSIDE: [&str; 7] = [
    "m.room.create",
    "m.room.join_rules",
    "m.room.canonical_alias",
    "m.room.avatar",
    "m.room.name",
    "m.room.encryption",
    "m.room.topic",
];

/// The end of a room, for somebody who left it or was removed.
pub(super) fn left(tx: &mut Tx<'_>, all: &Collector<'_>, member: &MembershipRow) -> Result<LeftRoom> {
    let Collector { request, moment, .. } = all;
    let room = room::get(tx, member.room_no)?;
    let reader = &request.reader;
    let mut left = LeftRoom::new();
    if !was_joined(tx, &room, &reader.user_id, member.position)? {
        // Only ever invited: the end of the invitation is all there is to see.
        let events = events::find(tx, &member.event_id)?.into_iter().collect();
        let window = Window { events, limited: false, start: member.position };
        left.timeline = timeline_section(tx, request, moment, &window)?;
        return Ok(left);
    }
    let sight = Sight { until: Some(member.position), open: is_open(tx, &room)? };
    let since = request.since.map(|since| since.position);
    let filter = &request.filter.room;
    let window = window(
        tx,
        &room,
        &sight,
        reader,
        &filter.timeline,
        since.unwrap_or(i64::MIN),
        member.position.min(moment.upto),
    )?;
    let baseline = since.map_or(Baseline::Nothing, Baseline::Since);
    let after = request.state_after.then_some(member.position);
    let entries = entries(tx, &room, &filter.state, &window, &baseline, after, &[&*reader.user_id].into())?;
    let events = list_events(tx, entries.iter().map(|entry| &*entry.event_id), RoomField::Omit, reader, moment.now)?;
    let events = StateEvents::with_events(events.into_iter().map(Raw::from_json).collect());
    left.state = if request.state_after { State::After(events) } else { State::Before(events) };
    left.timeline = timeline_section(tx, request, moment, &window)?;
    Ok(left)
}

pub(super) fn invited(tx: &mut Tx<'_>, member: &MembershipRow) -> Result<InvitedRoom> {
    let mut state = InviteState::new();
    state.events = outside_view(tx, member)?;
    Ok(state.into())
}

pub(super) fn knocked(tx: &mut Tx<'_>, member: &MembershipRow) -> Result<KnockedRoom> {
    let mut state = KnockState::new();
    state.events = outside_view(tx, member)?;
    Ok(state.into())
}

fn outside_view(tx: &mut Tx<'_>, member: &MembershipRow) -> Result<Vec<Raw<AnyStrippedStateEvent>>> {
    let room: RoomRow = room::get(tx, member.room_no)?;
    let mut shown = Vec::new();
    for kind in SHOWN_OUTSIDE {
        if let Some(event_id) = state::find(tx, room.room_no, kind, "")? {
            shown.push(event_id);
        }
    }
    if let Some(own) = events::find(tx, &member.event_id)?
        && let Some(inviter) = state::find(tx, room.room_no, "m.room.member", own.sender.as_str())?
        && inviter != own.event_id
    {
        shown.push(inviter);
    }
    shown.push(member.event_id.clone());
    let mut events = Vec::with_capacity(shown.len());
    for event_id in shown {
        if let Some(row) = events::find(tx, &event_id)? {
            events.push(Raw::from_json(stripped(&row)?));
        }
    }
    Ok(events)
}
