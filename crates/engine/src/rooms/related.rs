//! Asking for what relates to an event: edits, reactions, threads.

use ruma::{OwnedEventId, OwnedRoomId};
use serde_json::value::RawValue;
use unisono_store::rooms::events::{self, RelationRow};

use super::{
    view::{Reader, RoomField, view},
    visibility::{may_see, require_sight},
};
use crate::{Engine, Error, Result, sync::Gap};

/// Which relations.
#[derive(Clone, Debug)]
pub struct RelatedRequest {
    pub room_id: OwnedRoomId,
    pub parent: OwnedEventId,
    pub rel_type: Option<String>,
    pub kind: Option<String>,
    pub from: Option<Gap>,
    pub backwards: bool,
    pub limit: usize,
}

/// A page of events, and where the next one begins.
#[derive(Debug)]
pub struct RelatedPage {
    pub events: Vec<Box<RawValue>>,
    pub next: Option<String>,
}

const MAX_PAGE: usize = 100;

impl Engine {
    /// `GET /rooms/{}/relations/{}`
    pub async fn list_related(&self, request: RelatedRequest, reader: Reader) -> Result<RelatedPage> {
        let now = self.now();
        self.db
            .read(move |tx| {
                let unknown = || Error::not_found("there is no such event, or you may not see it");
                let (room, sight) = require_sight(tx, &request.room_id, &reader.user_id)?;
                let parent =
                    events::find(tx, &request.parent)?.filter(|row| row.room_no == room.room_no).ok_or_else(unknown)?;
                if !may_see(tx, &room, &sight, &reader.user_id, &parent)? {
                    return Err(unknown());
                }
                let wanted = |relation: &RelationRow| {
                    request.rel_type.as_ref().is_none_or(|rel_type| *rel_type == relation.rel_type)
                        && request.kind.as_ref().is_none_or(|kind| *kind == relation.kind)
                        && match request.from {
                            None => true,
                            Some(Gap(from)) if request.backwards => relation.position < from,
                            Some(Gap(from)) => relation.position >= from,
                        }
                };
                let mut relations = events::list_relations(tx, room.room_no, &request.parent)?;
                relations.retain(wanted);
                if request.backwards {
                    relations.reverse();
                }
                let limit = request.limit.clamp(1, MAX_PAGE);
                let more = relations.len() > limit;
                relations.truncate(limit);
                let next = relations
                    .last()
                    .filter(|_| more)
                    .map(|last| Gap(if request.backwards { last.position } else { last.position + 1 }).to_string());
                let mut list = Vec::with_capacity(relations.len());
                for relation in relations {
                    if let Some(row) = events::find(tx, &relation.event_id)?
                        && may_see(tx, &room, &sight, &reader.user_id, &row)?
                    {
                        list.push(view(tx, &row, RoomField::Name(&request.room_id), &reader, now)?);
                    }
                }
                Ok(RelatedPage { events: list, next })
            })
            .await
    }

    /// `GET /rooms/{}/threads`: the roots, the liveliest first.
    pub async fn list_threads(
        &self,
        room_id: OwnedRoomId,
        from: Option<Gap>,
        limit: usize,
        only_mine: bool,
        reader: Reader,
    ) -> Result<RelatedPage> {
        let now = self.now();
        self.db
            .read(move |tx| {
                let (room, sight) = require_sight(tx, &room_id, &reader.user_id)?;
                let limit = limit.clamp(1, MAX_PAGE);
                let count = i64::try_from(limit).map_err(Error::internal)?;
                let threads = events::list_threads(tx, room.room_no, from.map_or(i64::MAX, |from| from.0), count)?;
                let next = threads.last().filter(|_| threads.len() == limit).map(|last| Gap(last.1).to_string());
                let mut list = Vec::with_capacity(threads.len());
                for (root, _) in threads {
                    let Some(row) = events::find(tx, &root)?.filter(|row| row.room_no == room.room_no) else {
                        continue;
                    };
                    let took_part = !only_mine
                        || row.sender == reader.user_id
                        || events::list_relations(tx, room.room_no, &root)?
                            .iter()
                            .any(|relation| relation.rel_type == "m.thread" && relation.sender == reader.user_id);
                    if took_part && may_see(tx, &room, &sight, &reader.user_id, &row)? {
                        list.push(view(tx, &row, RoomField::Name(&room_id), &reader, now)?);
                    }
                }
                Ok(RelatedPage { events: list, next })
            })
            .await
    }
}
