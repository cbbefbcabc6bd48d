//! What follows from an event that was added, in the same transaction.

use std::borrow::Cow;

use ruma::{OwnedEventId, OwnedUserId, room_version_rules::RoomVersionRules};
use unisono_domain::room::{Pdu, redact};
use unisono_store::{
    Hint, Tx,
    rooms::{
        events::{self, EventRow, RelationRow},
        notifications,
        room::RoomRow,
    },
};

use crate::{
    Core, Error, Result,
    push::{self, News},
    search,
};

/// Relations, redactions, the search index, unread counts, the people to wake.
pub(super) fn follow(
    tx: &mut Tx<'_>,
    core: &Core,
    room: &RoomRow,
    rules: &RoomVersionRules,
    row: &EventRow,
    pdu: &Pdu,
    notify: bool,
) -> Result<()> {
    relate(tx, row, pdu)?;
    if row.kind == "m.room.redaction" {
        apply_redaction(tx, room, rules, row, pdu)?;
    }
    search::add(tx, row, pdu)?;
    let people = notifications::list_listeners(tx, room.room_no)?;
    // Below zero is history that was fetched later.
    if row.position > 0 {
        push::follow(tx, core, News { room, rules, row, pdu }, &people, notify)?;
    }
    for person in people {
        tx.hint(Hint::User(person.user_id));
    }
    // Somebody who is invited, removed or banned is no joined member, but must hear of it.
    if row.kind == "m.room.member"
        && let Some(target) = row.state_key.as_deref().and_then(|key| OwnedUserId::try_from(key).ok())
    {
        tx.hint(Hint::User(target));
    }
    Ok(())
}

#[derive(serde::Deserialize)]
struct Relating<'a> {
    #[serde(rename = "m.relates_to", borrow)]
    relates_to: Option<RelatesTo<'a>>,
}

#[derive(serde::Deserialize)]
struct RelatesTo<'a> {
    #[serde(borrow)]
    rel_type: Option<Cow<'a, str>>,
    event_id: Option<OwnedEventId>,
    #[serde(borrow)]
    key: Option<Cow<'a, str>>,
}

/// Notes a relation, if the event has a well-formed one; a malformed one is just content.
fn relate(tx: &mut Tx<'_>, row: &EventRow, pdu: &Pdu) -> Result<()> {
    let Ok(Relating { relates_to: Some(RelatesTo { rel_type: Some(rel_type), event_id: Some(parent), key }) }) =
        pdu.content_as()
    else {
        return Ok(());
    };
    let relation = RelationRow {
        event_id: row.event_id.clone(),
        kind: row.kind.clone(),
        rel_type: rel_type.into_owned(),
        sender: row.sender.clone(),
        key: key.map(Cow::into_owned),
        position: row.position,
    };
    Ok(events::insert_relation(tx, row.room_no, &parent, &relation)?)
}

#[derive(serde::Deserialize)]
struct Redacts {
    redacts: Option<OwnedEventId>,
}

/// Strips the target. The right to do so is checked by who sends the redaction, since room version
/// 3 leaves it to the server and not to the authorization rules.
fn apply_redaction(tx: &mut Tx<'_>, room: &RoomRow, rules: &RoomVersionRules, row: &EventRow, pdu: &Pdu) -> Result<()> {
    let target = match &pdu.redacts {
        Some(target) => Some(target.clone()),
        None => pdu.content_as::<Redacts>().map_err(|error| Error::bad_json(error.to_string()))?.redacts,
    };
    let Some(target) = target else { return Ok(()) };
    let Some(target) = events::find(tx, &target)? else { return Ok(()) };
    if target.room_no != room.room_no || target.redacted_by.is_some() {
        return Ok(());
    }
    search::remove(tx, &target)?;
    notifications::delete_event(tx, room.room_no, target.position)?;
    let left = redact(&target.pdu, &rules.redaction)?;
    events::redact(tx, &target.event_id, &left, &row.event_id)?;
    events::delete_relation(tx, room.room_no, &target.event_id)?;
    Ok(())
}
