//! What belongs to the person and their device, besides the rooms' events.

use std::collections::BTreeMap;

use ruma::{
    OwnedRoomId, UInt, UserId,
    api::client::{
        filter::RoomEventFilter,
        sync::sync_events::{UnreadNotificationsCount, v3::Response},
    },
    events::{AnyRoomAccountDataEvent, AnySyncEphemeralRoomEvent},
    serde::Raw,
};
use serde_json::json;
use unisono_store::{
    Tx,
    rooms::{memberships::MembershipRow, unread},
};

use super::{
    SyncRequest, Token,
    collect::Moment,
    filter::{admits_room, admits_type},
};
use crate::{Core, Error, Result, account_data, keys, receipts};

/// How many to-device messages go into one answer.
const TO_DEVICE_PAGE: usize = 100;

/// What is new by person and not by room's event, fetched once for all rooms.
pub(super) struct News {
    account_data: BTreeMap<OwnedRoomId, Vec<Raw<AnyRoomAccountDataEvent>>>,
    receipts: BTreeMap<i64, Vec<Raw<AnySyncEphemeralRoomEvent>>>,
}

/// The same of one room.
pub(super) struct RoomNews {
    pub(super) account_data: Vec<Raw<AnyRoomAccountDataEvent>>,
    pub(super) ephemeral: Vec<Raw<AnySyncEphemeralRoomEvent>>,
}

impl News {
    pub(super) fn fetch(
        tx: &mut Tx<'_>,
        request: &SyncRequest,
        moment: &Moment,
        rooms: &[MembershipRow],
        response: &mut Response,
    ) -> Result<Self> {
        let (user, since) = (&*request.reader.user_id, request.since.map_or(0, |since| since.position));
        let news = account_data::sync(tx, user, since, moment.upto)?;
        let filter = &request.filter.account_data;
        response.account_data.events = news
            .global
            .into_iter()
            .filter(|event| admits_raw(event, filter.types.as_deref(), &filter.not_types))
            .collect();
        let joined: Vec<i64> = rooms.iter().filter(|room| room.membership == "join").map(|room| room.room_no).collect();
        let receipts = receipts::sync(tx, user, &joined, since, moment.upto)?;
        Ok(Self { account_data: news.rooms, receipts })
    }

    /// Whether there is anything of a room that the client knows.
    pub(super) fn concerns(&self, core: &Core, member: &MembershipRow, since: Token) -> bool {
        self.account_data.contains_key(&member.room_id)
            || self.receipts.contains_key(&member.room_no)
            || core.typing.any_news(std::iter::once(&*member.room_id), since.typing)
    }

    /// Ephemeral events and account data of one room; `since` `None`: the client does not know it.
    pub(super) fn of_room(
        &self,
        tx: &mut Tx<'_>,
        core: &Core,
        request: &SyncRequest,
        moment: &Moment,
        member: &MembershipRow,
        since: Option<i64>,
    ) -> Result<RoomNews> {
        let user = &*request.reader.user_id;
        let appears = since.is_none() && request.since.is_some();
        let filter = &request.filter.room;
        let mut account_data = self.account_data.get(&member.room_id).cloned().unwrap_or_default();
        let mut ephemeral = self.receipts.get(&member.room_no).cloned().unwrap_or_default();
        if appears {
            account_data = account_data::of_room(tx, user, &member.room_id)?;
            ephemeral = receipts::sync(tx, user, &[member.room_no], 0, moment.upto)?.into_values().flatten().collect();
        }
        let typing_since = if appears { None } else { request.since.map(|since| since.typing) };
        if let Some(people) = core.typing.sync(&member.room_id, typing_since) {
            let event = json!({ "type": "m.typing", "content": { "user_ids": people } });
            ephemeral.push(Raw::from_json(serde_json::value::to_raw_value(&event).map_err(Error::internal)?));
        }
        account_data.retain(|event| admits_in_room(event, &filter.account_data, member));
        ephemeral.retain(|event| admits_in_room(event, &filter.ephemeral, member));
        Ok(RoomNews { account_data, ephemeral })
    }
}

fn admits_in_room<T>(event: &Raw<T>, filter: &RoomEventFilter, member: &MembershipRow) -> bool {
    admits_room(filter, &member.room_id) && admits_raw(event, filter.types.as_deref(), &filter.not_types)
}

fn admits_raw<T>(event: &Raw<T>, types: Option<&[String]>, not_types: &[String]) -> bool {
    if types.is_none() && not_types.is_empty() {
        return true;
    }
    let kind = event.get_field::<String>("type").ok().flatten().unwrap_or_default();
    admits_type(types, not_types, &kind)
}

/// How many messages are unread.
pub(super) fn unread(tx: &mut Tx<'_>, user: &UserId, room_no: i64) -> Result<UnreadNotificationsCount> {
    let counts = unread::count(tx, user, room_no)?;
    let mut unread = UnreadNotificationsCount::new();
    unread.notification_count = u64::try_from(counts.notifications).ok().map(UInt::new_saturating);
    unread.highlight_count = u64::try_from(counts.highlights).ok().map(UInt::new_saturating);
    Ok(unread)
}

/// What happened to the device.
pub(super) struct DeviceNews {
    /// The next token's place in the messages to the device.
    pub to_device: i64,
    /// Messages that the client named as received are still stored.
    pub acknowledged: bool,
}

/// To-device messages, device lists and key counts.
pub(super) fn device_sections(
    tx: &mut Tx<'_>,
    request: &SyncRequest,
    moment: &Moment,
    response: &mut Response,
) -> Result<DeviceNews> {
    let (user, device) = (&*request.reader.user_id, &*request.reader.device_id);
    let received = request.since.map_or(0, |since| since.to_device);
    let page = keys::sync::to_device(tx, user, device, received, moment.upto, TO_DEVICE_PAGE)?;
    response.to_device.events = page.events;
    let since = request.since.map_or(0, |since| since.position);
    response.device_lists = keys::sync::device_lists(tx, user, since, moment.upto)?;
    response.device_one_time_keys_count = keys::sync::one_time_key_counts(tx, user, device)?;
    response.device_unused_fallback_key_types = Some(keys::sync::unused_fallback_key_types(tx, user, device)?);
    Ok(DeviceNews { to_device: page.more_after.unwrap_or(moment.upto), acknowledged: page.acknowledged })
}
