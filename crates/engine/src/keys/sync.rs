//! What /sync tells about encryption.

use std::collections::{BTreeMap, BTreeSet};

use ruma::{
    DeviceId, OneTimeKeyAlgorithm, OwnedUserId, UInt, UserId, api::client::sync::sync_events::DeviceLists,
    events::AnyToDeviceEvent, serde::Raw,
};
use serde_json::value::RawValue;
use unisono_store::{
    Tx,
    keys::{changes, one_time, to_device as boxes},
    rooms::memberships,
};

use crate::{Engine, Error, Result};

/// Whose keys a client has to ask for again, and whose it need not follow any more, by what happened
/// in `since < position <= until`. `changed`: people in common rooms whose keys changed, people with
/// whom a room is shared newly, the person's own other devices. `left`: people with whom none is
/// shared any more. Empty for a first sync (`since` 0), where clients know nobody yet.
pub fn device_lists(tx: &mut Tx<'_>, user_id: &UserId, since: i64, until: i64) -> Result<DeviceLists> {
    let mut lists = DeviceLists::new();
    if since <= 0 || since >= until {
        return Ok(lists);
    }
    let mut changed: BTreeSet<OwnedUserId> = changes::list(tx, user_id, since, until)?.into_iter().collect();
    let mut moved: BTreeSet<OwnedUserId> = changes::list_moved(tx, user_id, since, until)?.into_iter().collect();
    for room_no in changes::list_own_moves(tx, user_id, since, until)? {
        moved.extend(changes::list_present_since(tx, room_no, user_id, since)?);
    }
    for person in moved {
        if !memberships::share_a_room(tx, user_id, &person)? {
            changed.remove(&person);
            lists.left.push(person);
        } else if !changes::shared_since(tx, user_id, &person, since)? {
            changed.insert(person);
        }
    }
    lists.changed = changed.into_iter().collect();
    Ok(lists)
}

/// How many one-time keys of a device are left. `signed_curve25519` is always told: a client takes
/// its absence for "no news".
pub fn one_time_key_counts(
    tx: &mut Tx<'_>,
    user_id: &UserId,
    device_id: &DeviceId,
) -> Result<BTreeMap<OneTimeKeyAlgorithm, UInt>> {
    let mut counts = BTreeMap::from([(OneTimeKeyAlgorithm::SignedCurve25519, UInt::MIN)]);
    for (algorithm, count) in one_time::count(tx, user_id, device_id)? {
        counts.insert(OneTimeKeyAlgorithm::from(algorithm), UInt::try_from(count).map_err(Error::internal)?);
    }
    Ok(counts)
}

/// Algorithms whose fallback key nobody has got yet.
pub fn unused_fallback_key_types(
    tx: &mut Tx<'_>,
    user_id: &UserId,
    device_id: &DeviceId,
) -> Result<Vec<OneTimeKeyAlgorithm>> {
    let algorithms = one_time::list_unused_fallbacks(tx, user_id, device_id)?;
    Ok(algorithms.into_iter().map(OneTimeKeyAlgorithm::from).collect())
}

/// A page of the messages to a device.
#[derive(Clone, Debug, Default)]
pub struct ToDevicePage {
    pub events: Vec<Raw<AnyToDeviceEvent>>,
    /// `Some(position)`: there are more; the next page begins after that position. A sync token has
    /// to remember it, since its other parts are further on.
    pub more_after: Option<i64>,
    /// There are messages up to `since` that the client has acknowledged by naming it: time for
    /// [`Engine::delete_acknowledged`].
    pub acknowledged: bool,
}

/// Messages to a device in `since < position <= until`, in the order of sending. They stay until
/// acknowledged. (`until` must be the position that the sync's token names: a snapshot may hold more,
/// and that would come twice.)
pub fn to_device(
    tx: &mut Tx<'_>,
    user_id: &UserId,
    device_id: &DeviceId,
    since: i64,
    until: i64,
    limit: usize,
) -> Result<ToDevicePage> {
    let asked = i64::try_from(limit).unwrap_or(i64::MAX);
    let mut rows = boxes::list_after(tx, user_id, device_id, since, until, asked.saturating_add(1))?;
    let more = rows.len() > limit;
    rows.truncate(limit);
    let mut page = ToDevicePage {
        events: Vec::with_capacity(rows.len()),
        more_after: rows.last().filter(|_| more).map(|row| row.position),
        acknowledged: boxes::any_up_to(tx, user_id, device_id, since)?,
    };
    for row in &rows {
        let content: &RawValue = serde_json::from_str(&row.content).map_err(Error::internal)?;
        let event = Event { kind: &row.kind, sender: row.sender.as_str(), content };
        let json = serde_json::value::to_raw_value(&event).map_err(Error::internal)?;
        page.events.push(Raw::from_json(json));
    }
    Ok(page)
}

#[derive(serde::Serialize)]
struct Event<'a> {
    #[serde(rename = "type")]
    kind: &'a str,
    sender: &'a str,
    content: &'a RawValue,
}

/// Deletes the messages up to the position that the client has named as its `since`: it has got them.
pub fn delete_acknowledged(tx: &mut Tx<'_>, user_id: &UserId, device_id: &DeviceId, since: i64) -> Result<()> {
    Ok(boxes::delete_up_to(tx, user_id, device_id, since).map(drop)?)
}

impl Engine {
    /// [`device_lists`] for `GET /keys/changes`.
    pub async fn key_changes(&self, user_id: OwnedUserId, from: i64, to: i64) -> Result<DeviceLists> {
        self.db.read(move |tx| device_lists(tx, &user_id, from, to)).await
    }

    /// [`delete_acknowledged`] in a transaction of its own.
    pub async fn delete_acknowledged(
        &self,
        user_id: OwnedUserId,
        device_id: ruma::OwnedDeviceId,
        since: i64,
    ) -> Result<()> {
        self.db.write(move |tx| delete_acknowledged(tx, &user_id, &device_id, since)).await
    }
}
