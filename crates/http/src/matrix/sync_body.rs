//! The body of a /sync answer. Every section is there, empty or not: many clients were made against
//! servers that always send them, and fail where one is missing.

use std::collections::BTreeMap;

use ruma::{
    OneTimeKeyAlgorithm, OwnedRoomId, UInt,
    api::client::sync::sync_events::{
        DeviceLists, UnreadNotificationsCount,
        v3::{InvitedRoom, JoinedRoom, KnockedRoom, LeftRoom, Response, RoomSummary, State, Timeline},
    },
    serde::Raw,
};
use serde::{Serialize, Serializer, ser::SerializeMap as _};

#[derive(Serialize)]
pub(super) struct SyncBody {
    next_batch: String,
    rooms: RoomsBody,
    account_data: Events,
    presence: Events,
    to_device: Events,
    device_lists: DeviceListsBody,
    device_one_time_keys_count: BTreeMap<OneTimeKeyAlgorithm, UInt>,
    #[serde(skip_serializing_if = "Option::is_none")]
    device_unused_fallback_key_types: Option<Vec<OneTimeKeyAlgorithm>>,
}

#[derive(Serialize)]
struct RoomsBody {
    join: BTreeMap<OwnedRoomId, JoinedBody>,
    invite: BTreeMap<OwnedRoomId, InvitedRoom>,
    knock: BTreeMap<OwnedRoomId, KnockedRoom>,
    leave: BTreeMap<OwnedRoomId, LeftBody>,
}

#[derive(Serialize)]
struct JoinedBody {
    summary: RoomSummary,
    unread_notifications: UnreadNotificationsCount,
    timeline: TimelineBody,
    #[serde(flatten)]
    state: StateBody,
    account_data: Events,
    ephemeral: Events,
}

#[derive(Serialize)]
struct LeftBody {
    timeline: TimelineBody,
    #[serde(flatten)]
    state: StateBody,
    account_data: Events,
}

#[derive(Serialize)]
struct TimelineBody {
    events: Vec<Box<serde_json::value::RawValue>>,
    limited: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    prev_batch: Option<String>,
}

#[derive(Serialize)]
struct Events {
    events: Vec<Box<serde_json::value::RawValue>>,
}

#[derive(Serialize)]
struct DeviceListsBody {
    changed: Vec<ruma::OwnedUserId>,
    left: Vec<ruma::OwnedUserId>,
}

struct StateBody(State);

impl Serialize for StateBody {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(1))?;
        match &self.0 {
            State::After(state) => map.serialize_entry("state_after", &Listed { events: &state.events })?,
            State::Before(state) => map.serialize_entry("state", &Listed { events: &state.events })?,
            _ => {}
        }
        map.end()
    }
}

#[derive(Serialize)]
struct Listed<'a, T> {
    events: &'a [T],
}

fn events<T>(events: Vec<Raw<T>>) -> Events {
    Events { events: events.into_iter().map(Raw::into_json).collect() }
}

impl From<Timeline> for TimelineBody {
    fn from(timeline: Timeline) -> Self {
        Self { events: events(timeline.events).events, limited: timeline.limited, prev_batch: timeline.prev_batch }
    }
}

impl From<JoinedRoom> for JoinedBody {
    fn from(room: JoinedRoom) -> Self {
        Self {
            summary: room.summary,
            unread_notifications: room.unread_notifications,
            timeline: room.timeline.into(),
            state: StateBody(room.state),
            account_data: events(room.account_data.events),
            ephemeral: events(room.ephemeral.events),
        }
    }
}

impl From<LeftRoom> for LeftBody {
    fn from(room: LeftRoom) -> Self {
        Self {
            timeline: room.timeline.into(),
            state: StateBody(room.state),
            account_data: events(room.account_data.events),
        }
    }
}

impl From<DeviceLists> for DeviceListsBody {
    fn from(lists: DeviceLists) -> Self {
        Self { changed: lists.changed, left: lists.left }
    }
}

impl From<Response> for SyncBody {
    fn from(response: Response) -> Self {
        let rooms = response.rooms;
        Self {
            next_batch: response.next_batch,
            rooms: RoomsBody {
                join: rooms.join.into_iter().map(|(id, room)| (id, room.into())).collect(),
                invite: rooms.invite,
                knock: rooms.knock,
                leave: rooms.leave.into_iter().map(|(id, room)| (id, room.into())).collect(),
            },
            account_data: events(response.account_data.events),
            presence: events(response.presence.events),
            to_device: events(response.to_device.events),
            device_lists: response.device_lists.into(),
            device_one_time_keys_count: response.device_one_time_keys_count,
            device_unused_fallback_key_types: response.device_unused_fallback_key_types,
        }
    }
}
