//! One answer, read in one snapshot.

use ruma::api::client::sync::sync_events::v3::{Response, Rooms};
use unisono_domain::Millis;
use unisono_store::{
    Tx,
    rooms::memberships::{self, MembershipRow},
};

use super::{
    SyncRequest, Token,
    account::{News, device_sections},
    filter::admits_room_at_all,
    joined::joined,
    left::{invited, knocked, left},
};
use crate::{Core, Engine, Result};

/// The moment that an answer describes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Moment {
    /// The stream position of the snapshot.
    pub upto: i64,
    pub now: Millis,
}

pub(super) struct Answer {
    pub response: Response,
    /// Holds nothing that is worth waking the client for.
    pub is_empty: bool,
    /// Messages to the device that the client has received can go.
    pub acknowledged: bool,
}

impl Engine {
    pub(super) async fn collect(&self, request: &SyncRequest) -> Result<Answer> {
        let core = self.core();
        let request = request.clone();
        self.db.read(move |tx| collect(tx, &core, &request)).await
    }
}

fn collect(tx: &mut Tx<'_>, core: &Core, request: &SyncRequest) -> Result<Answer> {
    // Before the rooms are looked at, so that typing in between is news next time.
    let typing = core.typing.counter();
    let moment = Moment { upto: tx.position()?, now: core.now() };
    let mut response = Response::new(String::new());
    let mut members = memberships::list_of_user(tx, &request.reader.user_id)?;
    members.retain(|member| admits_room_at_all(&request.filter.room, &member.room_id));
    let news = News::fetch(tx, request, &moment, &members, &mut response)?;
    let collector = Collector { core, request, moment, news };
    for member in &members {
        collector.add_room(tx, member, &mut response.rooms)?;
    }
    let device = device_sections(tx, request, &moment, &mut response)?;
    let token = Token { position: moment.upto, typing, to_device: device.to_device };
    response.next_batch = token.to_string();
    let is_empty = response.rooms.is_empty()
        && response.account_data.is_empty()
        && response.to_device.is_empty()
        && response.device_lists.is_empty();
    Ok(Answer { response, is_empty, acknowledged: device.acknowledged })
}

/// What all rooms of one answer have in common.
pub(super) struct Collector<'a> {
    pub core: &'a Core,
    pub request: &'a SyncRequest,
    pub moment: Moment,
    pub news: News,
}

impl Collector<'_> {
    fn add_room(&self, tx: &mut Tx<'_>, member: &MembershipRow, rooms: &mut Rooms) -> Result<()> {
        let since = self.request.since.map(|since| since.position);
        let changed = since.is_none_or(|since| member.position > since);
        let room_id = member.room_id.clone();
        match member.membership.as_str() {
            "join" => {
                if let Some(joined) = joined(tx, self, member)? {
                    rooms.join.insert(room_id, joined);
                }
            }
            "invite" if changed => {
                rooms.invite.insert(room_id, invited(tx, member)?);
            }
            "knock" if changed => {
                rooms.knock.insert(room_id, knocked(tx, member)?);
            }
            // At the first sync, rooms of the past are left out unless the client asks for them.
            "leave" | "ban"
                if changed && !member.forgotten && (since.is_some() || self.request.filter.room.include_leave) =>
            {
                rooms.leave.insert(room_id, left(tx, self, member)?);
            }
            _ => {}
        }
        Ok(())
    }
}
