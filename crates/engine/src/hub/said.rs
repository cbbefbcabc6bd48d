//! What stands in the room of a portal, for networks that remember nothing themselves.

use ruma::EventId;
use serde_json::Value;
use unisono_domain::{
    channel::{PortalKey, RemoteId, Said},
    room::Pdu,
};
use unisono_store::{
    Tx,
    hub::{messages, portals},
    profiles,
    rooms::events::{self, EventRow},
};

use super::ghosts;
use crate::{Core, Engine, Error, Result};

/// Events that are read at a time: most of a chat's events are messages.
const PAGE: i64 = 100;

/// Messages after a place, oldest first; without a place the newest ones.
pub(super) async fn list(
    engine: &Engine,
    channel: &str,
    portal: &PortalKey,
    after: Option<i64>,
    limit: usize,
) -> Result<Vec<Said>> {
    let (core, channel, portal) = (engine.core(), channel.to_owned(), portal.clone());
    engine
        .db
        .read(move |tx| {
            let Some((portal_no, room_no)) = find_room(tx, &channel, &portal)? else { return Ok(Vec::new()) };
            let place = Place { core: &core, portal_no, room_no };
            match after {
                Some(after) => place.after(tx, after, limit),
                None => place.newest(tx, limit),
            }
        })
        .await
}

/// One message, by its remote id or its event's id.
pub(super) async fn find(engine: &Engine, channel: &str, portal: &PortalKey, id: &RemoteId) -> Result<Option<Said>> {
    let (core, channel, portal, id) = (engine.core(), channel.to_owned(), portal.clone(), id.clone());
    engine
        .db
        .read(move |tx| {
            let Some((portal_no, room_no)) = find_room(tx, &channel, &portal)? else { return Ok(None) };
            let known = messages::list(tx, portal_no, id.as_str(), "message")?.into_iter().next();
            let row = match known.map(|row| row.event_id).or_else(|| EventId::parse(id.as_str()).ok()) {
                Some(event_id) => events::find(tx, &event_id)?.filter(|row| row.room_no == room_no),
                None => None,
            };
            let place = Place { core: &core, portal_no, room_no };
            row.map_or(Ok(None), |row| place.read(tx, &row))
        })
        .await
}

fn find_room(tx: &mut Tx<'_>, channel: &str, portal: &PortalKey) -> Result<Option<(i64, i64)>> {
    let receiver = portal.receiver.map_or(0, |receiver| receiver.0);
    let Some(portal_no) = portals::find_key(tx, channel, portal.chat.as_str(), receiver)? else { return Ok(None) };
    Ok(portals::get(tx, portal_no)?.room_no.map(|room_no| (portal_no, room_no)))
}

struct Place<'a> {
    core: &'a Core,
    portal_no: i64,
    room_no: i64,
}

impl Place<'_> {
    fn after(&self, tx: &mut Tx<'_>, mut after: i64, limit: usize) -> Result<Vec<Said>> {
        let mut found = Vec::new();
        while found.len() < limit {
            let rows = events::list_after(tx, self.room_no, after, i64::MAX, PAGE)?;
            let Some(last) = rows.last() else { break };
            after = last.position;
            for row in &rows {
                found.extend(self.read(tx, row)?);
            }
        }
        found.truncate(limit);
        Ok(found)
    }

    fn newest(&self, tx: &mut Tx<'_>, limit: usize) -> Result<Vec<Said>> {
        let (mut found, mut before) = (Vec::new(), i64::MAX);
        while found.len() < limit {
            let rows = events::list_before(tx, self.room_no, before, i64::MIN, PAGE)?;
            let Some(last) = rows.last() else { break };
            before = last.position;
            for row in &rows {
                found.extend(self.read(tx, row)?);
            }
        }
        found.truncate(limit);
        found.reverse();
        Ok(found)
    }

    /// An event as a message; `None` if it is none, or none any more.
    fn read(&self, tx: &mut Tx<'_>, row: &EventRow) -> Result<Option<Said>> {
        if row.kind != "m.room.message" || row.state_key.is_some() || row.redacted_by.is_some() {
            return Ok(None);
        }
        let pdu = Pdu::parse(row.event_id.clone(), &row.pdu).map_err(Error::internal)?;
        let mut content: Value = pdu.content_as().map_err(Error::internal)?;
        if content["m.relates_to"]["rel_type"] == "m.replace" {
            return Ok(None);
        }
        let known = messages::find_event(tx, &row.event_id)?.filter(|known| known.portal_no == self.portal_no);
        if known.is_none() && row.sender == ghosts::bot_id(self.core)? {
            return Ok(None);
        }
        if let Some(mut new) = newest_edit(tx, row)? {
            if let (Some(new), Some(relation)) = (new.as_object_mut(), content.get("m.relates_to")) {
                new.insert("m.relates_to".to_owned(), relation.clone());
            }
            content = new;
        }
        Ok(Some(Said {
            position: row.position,
            // A ghost's messages are noted with them; what is not noted yet comes from here.
            mine: known.as_ref().is_none_or(|known| known.mine),
            id: known.map(|known| RemoteId::new(known.remote_id)),
            event_id: row.event_id.to_string(),
            sender_name: profiles::find(tx, &row.sender)?.and_then(|profile| profile.display_name),
            at: i64::from(pdu.origin_server_ts.get()),
            content,
        }))
    }
}

/// What its author last made of a message (specification, "Validity of replacement events").
fn newest_edit(tx: &mut Tx<'_>, row: &EventRow) -> Result<Option<Value>> {
    let relations = events::list_relations(tx, row.room_no, &row.event_id)?;
    let edits = relations.iter().rev().filter(|relation| {
        relation.rel_type == "m.replace" && relation.sender == row.sender && relation.kind == row.kind
    });
    for edit in edits {
        let Some(edit) = events::find(tx, &edit.event_id)?.filter(|edit| edit.redacted_by.is_none()) else { continue };
        let pdu = Pdu::parse(edit.event_id.clone(), &edit.pdu).map_err(Error::internal)?;
        let mut content: Value = pdu.content_as().map_err(Error::internal)?;
        let new = content["m.new_content"].take();
        if new.is_object() {
            return Ok(Some(new));
        }
    }
    Ok(None)
}
