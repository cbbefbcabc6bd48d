//! What the server sums up of an event's relations (specification, "Aggregations of child events").

use std::collections::BTreeMap;

use serde_json::{Value, json, value::RawValue};
use unisono_domain::room::ClientEvent;
use unisono_store::{
    Tx,
    rooms::events::{self, EventRow, RelationRow},
};

use crate::{Error, Result};

/// `unsigned.m.relations`: the newest edit, references, and a thread's summary.
pub(super) fn bundle(tx: &mut Tx<'_>, row: &EventRow) -> Result<Option<Box<RawValue>>> {
    let relations = events::list_relations(tx, row.room_no, &row.event_id)?;
    if relations.is_empty() {
        return Ok(None);
    }
    let mut bundle: BTreeMap<&str, Value> = BTreeMap::new();
    // Only the author's own edits, of the same kind, count ("Validity of replacement events").
    let is_edit = |relation: &&RelationRow| {
        relation.rel_type == "m.replace" && relation.sender == row.sender && relation.kind == row.kind
    };
    if let Some(edit) = relations.iter().rev().find(is_edit)
        && let Some(edit) = whole(tx, edit)?
    {
        bundle.insert("m.replace", edit);
    }
    let references: Vec<Value> = relations
        .iter()
        .filter(|relation| relation.rel_type == "m.reference")
        .map(|relation| json!({ "event_id": relation.event_id }))
        .collect();
    if !references.is_empty() {
        bundle.insert("m.reference", json!({ "chunk": references }));
    }
    let thread: Vec<&RelationRow> = relations.iter().filter(|relation| relation.rel_type == "m.thread").collect();
    if let Some(last) = thread.last()
        && let Some(latest) = whole(tx, last)?
    {
        let summary = json!({ "latest_event": latest, "count": thread.len(), "current_user_participated": false });
        bundle.insert("m.thread", summary);
    }
    if bundle.is_empty() {
        return Ok(None);
    }
    serde_json::value::to_raw_value(&bundle).map(Some).map_err(Error::internal)
}

fn whole(tx: &mut Tx<'_>, relation: &RelationRow) -> Result<Option<Value>> {
    let Some(row) = events::find(tx, &relation.event_id)? else { return Ok(None) };
    let event = ClientEvent::parse(&row.event_id, &row.pdu).map_err(Error::internal)?;
    serde_json::to_value(&event).map(Some).map_err(Error::internal)
}
