//! The state section: what the timeline alone does not tell.

use std::collections::BTreeSet;

use ruma::{
    UserId,
    api::client::filter::{LazyLoadOptions, RoomEventFilter},
};
use unisono_store::{
    Tx,
    rooms::{
        room::RoomRow,
        state::{self, StateRow},
    },
};

use super::{filter::admits_type, timeline::Window};
use crate::Result;

/// Which state the client lacks.
pub(super) enum Baseline {
    /// All of it.
    Nothing,
    /// What changed after this position.
    Since(i64),
}

/// The state entries to send for a timeline: as of its start, or as of its end (`after`).
/// With lazy loading, members come only when they speak in the timeline, or are in `always`.
pub(super) fn entries(
    tx: &mut Tx<'_>,
    room: &RoomRow,
    filter: &RoomEventFilter,
    window: &Window,
    baseline: &Baseline,
    after: Option<i64>,
    always: &BTreeSet<&UserId>,
) -> Result<Vec<StateRow>> {
    let until = after.unwrap_or_else(|| window.start.saturating_sub(1));
    let mut entries = match baseline {
        Baseline::Nothing => state::list_at(tx, room.room_no, until, i64::MIN)?,
        Baseline::Since(since) if *since < until => state::list_at(tx, room.room_no, until, *since)?,
        Baseline::Since(_) => Vec::new(),
    };
    if let LazyLoadOptions::Enabled { .. } = filter.lazy_load_options {
        let speakers: BTreeSet<&str> = window
            .events
            .iter()
            .map(|event| event.sender.as_str())
            .chain(always.iter().map(|user| user.as_str()))
            .collect();
        if matches!(baseline, Baseline::Nothing) {
            entries.retain(|entry| entry.kind != "m.room.member" || speakers.contains(entry.state_key.as_str()));
        }
        for speaker in speakers {
            let known = entries.iter().any(|entry| entry.kind == "m.room.member" && entry.state_key == speaker);
            if !known && let Some(event_id) = state::find_at(tx, room.room_no, "m.room.member", speaker, until)? {
                let (kind, state_key) = ("m.room.member".to_owned(), speaker.to_owned());
                entries.push(StateRow { kind, state_key, event_id });
            }
        }
    }
    entries.retain(|entry| admits_type(filter.types.as_deref(), &filter.not_types, &entry.kind));
    Ok(entries)
}
