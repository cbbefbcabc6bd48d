//! One answer, read in one snapshot.

use ruma::api::client::sync::sync_events::v3::{Response, Rooms};
use unisono_domain::Millis;
use unisono_store::{
    Tx,
    rooms::memberships::{self, MembershipRow},
};

use super::{
    SyncRequest, Token, account,
    filter::admits_room_at_all,
    joined::joined,
    left::{invited, knocked, left},
};
use crate::{Engine, Result};

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
}

impl Engine {
    pub(super) async fn collect(&self, request: &SyncRequest) -> Result<Answer> {
        let now = self.now();
        let request = request.clone();
        self.db
            .read(move |tx| {
                let moment = Moment { upto: tx.position()?, now };
                collect(tx, &request, &moment)
            })
            .await
    }
}

fn collect(tx: &mut Tx<'_>, request: &SyncRequest, moment: &Moment) -> Result<Answer> {
    let mut rooms = Rooms::new();
    for member in memberships::list_of_user(tx, &request.reader.user_id)? {
        if admits_room_at_all(&request.filter.room, &member.room_id) {
            add_room(tx, request, moment, &member, &mut rooms)?;
        }
    }
    let mut response = Response::new(Token { position: moment.upto, typing: 0 }.to_string());
    response.rooms = rooms;
    let news = account::global_sections(tx, request, moment, &mut response)?;
    let is_empty = response.rooms.is_empty() && !news;
    Ok(Answer { response, is_empty })
}

fn add_room(
    tx: &mut Tx<'_>,
    request: &SyncRequest,
    moment: &Moment,
    member: &MembershipRow,
    rooms: &mut Rooms,
) -> Result<()> {
    let since = request.since.map(|since| since.position);
    let changed = since.is_none_or(|since| member.position > since);
    let room_id = member.room_id.clone();
    match member.membership.as_str() {
        "join" => {
            if let Some(joined) = joined(tx, request, moment, member)? {
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
        "leave" | "ban" if changed && !member.forgotten && (since.is_some() || request.filter.room.include_leave) => {
            rooms.leave.insert(room_id, left(tx, request, moment, member)?);
        }
        _ => {}
    }
    Ok(())
}
