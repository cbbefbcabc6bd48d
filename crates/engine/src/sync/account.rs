//! What belongs to the person and their device, besides the rooms' events.

use ruma::{
    UInt, UserId,
    api::client::sync::sync_events::{
        UnreadNotificationsCount,
        v3::{JoinedRoom, Response},
    },
};
use unisono_store::{
    Tx,
    rooms::{memberships::MembershipRow, unread},
};

use super::{SyncRequest, collect::Moment};
use crate::Result;

/// Ephemeral events and account data of one room.
pub(super) fn room_sections(
    _tx: &mut Tx<'_>,
    _request: &SyncRequest,
    _moment: &Moment,
    _member: &MembershipRow,
    _since: Option<i64>,
    _joined: &mut JoinedRoom,
) -> Result<()> {
    Ok(())
}

/// How many messages are unread.
pub(super) fn unread(tx: &mut Tx<'_>, user: &UserId, room_no: i64) -> Result<UnreadNotificationsCount> {
    let counts = unread::count(tx, user, room_no)?;
    let mut unread = UnreadNotificationsCount::new();
    unread.notification_count = u64::try_from(counts.notifications).ok().map(UInt::new_saturating);
    unread.highlight_count = u64::try_from(counts.highlights).ok().map(UInt::new_saturating);
    Ok(unread)
}

/// Global account data, to-device messages, device lists, key counts. Gives whether any of it is news.
pub(super) fn global_sections(
    _tx: &mut Tx<'_>,
    _request: &SyncRequest,
    _moment: &Moment,
    _response: &mut Response,
) -> Result<bool> {
    Ok(false)
}
