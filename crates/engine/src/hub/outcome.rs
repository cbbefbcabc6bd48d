//! What becomes of outbox rows.

use serde_json::{Value, json};
use unisono_domain::{channel::RemoteId, text::Text};
use unisono_store::{
    Hint, Tx,
    hub::{
        accounts::{self, AccountRow},
        messages::{self, MessageRow},
        outbox::{self, NewOutboxRow, OutboxRow},
        portals,
    },
};

use super::status::{self, Fate};
use crate::{Core, Result};

/// A success that took longer than this is told, in milliseconds.
pub(super) const QUICK: i64 = 10_000;

/// What the network now knows, to be noted beside our event.
#[derive(Clone, Debug)]
pub(super) struct Sent {
    pub id: RemoteId,
    pub data: Value,
    pub noted: Noted,
}

/// As what it is noted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Noted {
    /// `piece` counts the messages that one event was split into.
    Message {
        piece: usize,
    },
    Edit,
    Reaction {
        target: RemoteId,
        key: String,
    },
    /// Deletions and read marks leave nothing to refer to.
    Nothing,
}

/// Under which part a piece is noted. What is sent again after a bounce is a message of its own.
pub(super) fn part_name(row: &OutboxRow, piece: usize) -> String {
    match row.txn.split_once('~') {
        Some((_, again)) => format!("{piece}~{again}"),
        None => piece.to_string(),
    }
}

/// Notes one piece; the row goes on if there are more.
pub(super) fn note(tx: &mut Tx<'_>, row: &OutboxRow, sent: &Sent) -> Result<()> {
    let message = |remote_id: &RemoteId, kind: &str, part: String, data: Option<String>| MessageRow {
        portal_no: row.portal_no,
        remote_id: remote_id.as_str().to_owned(),
        kind: kind.to_owned(),
        part,
        event_id: row.event_id.clone(),
        mine: true,
        position: row.position,
        data,
        original: None,
    };
    let (noted, kind) = match &sent.noted {
        Noted::Message { piece } => {
            (message(&sent.id, "message", part_name(row, *piece), Some(sent.data.to_string())), "message")
        }
        Noted::Edit => (message(&sent.id, "edit", "0".to_owned(), None), "edit"),
        Noted::Reaction { target, key } => {
            let data = json!({ "id": sent.id, "key": key }).to_string();
            (message(target, "reaction", format!("me\n{key}"), Some(data)), "reaction")
        }
        Noted::Nothing => return Ok(()),
    };
    messages::insert(tx, row.account_id, &noted)?;
    messages::see(tx, row.account_id, kind, sent.id.as_str())?;
    if kind == "message" {
        // What arrived about it before we knew its id.
        unisono_store::hub::inbox::release(tx, row.portal_no, sent.id.as_str())?;
    }
    Ok(())
}

/// Everything of a row is sent.
pub(super) fn sent(tx: &mut Tx<'_>, core: &Core, row: &OutboxRow, sent: &Sent) -> Result<()> {
    note(tx, row, sent)?;
    finish(tx, core, row)
}

/// The row has done its duty.
pub(super) fn finish(tx: &mut Tx<'_>, core: &Core, row: &OutboxRow) -> Result<()> {
    outbox::delete(tx, row.outbox_no)?;
    if row.kind != "read" && (is_told(tx, row)? || core.now() - row.queued_at > QUICK) {
        tell(tx, core, row, &Fate::Sent)?;
    }
    // An echo may wait for this, and the portal's next row.
    tx.hint(Hint::Inbox(row.account_id));
    Ok(())
}

/// The row as it was leased may not know yet that its sender was told meanwhile.
fn is_told(tx: &mut Tx<'_>, row: &OutboxRow) -> Result<bool> {
    Ok(row.told || outbox::find(tx, &row.event_id)?.is_some_and(|now| now.told))
}

/// It failed; the row stays so that it can be sent again by hand. `in_doubt`: it may have been sent.
pub(super) fn failed(tx: &mut Tx<'_>, core: &Core, row: &OutboxRow, fate: &Fate, in_doubt: bool) -> Result<()> {
    if row.kind == "read" {
        return Ok(outbox::delete(tx, row.outbox_no)?);
    }
    let state = if in_doubt { "unknown" } else { "failed" };
    outbox::set(tx, row.outbox_no, state, row.next_at, in_doubt)?;
    outbox::set_told(tx, row.outbox_no)?;
    tell(tx, core, row, fate)?;
    tx.hint(Hint::Inbox(row.account_id));
    Ok(())
}

/// The network took it, but it did not arrive (a bounce).
pub(super) fn failed_afterwards(
    tx: &mut Tx<'_>,
    core: &Core,
    account: &AccountRow,
    message: &MessageRow,
    reason: &Text,
) -> Result<()> {
    let portal = portals::get(tx, message.portal_no)?;
    let Some(room_no) = portal.room_no else { return Ok(()) };
    if message.mine {
        let txn = format!("{}~{}", message.event_id, core.now());
        let row = NewOutboxRow {
            portal_no: message.portal_no,
            account_id: account.account_id,
            event_id: &message.event_id,
            kind: "event",
            txn: &txn,
            position: message.position,
            state: "failed",
        };
        outbox::insert(tx, row, core.now())?;
    }
    status::tell(tx, core, room_no, &account.channel, &message.event_id, &Fate::Failed(reason.clone()))
}

/// Tells a row's fate in its room.
pub(super) fn tell(tx: &mut Tx<'_>, core: &Core, row: &OutboxRow, fate: &Fate) -> Result<()> {
    let Some(room_no) = portals::get(tx, row.portal_no)?.room_no else { return Ok(()) };
    let channel = accounts::get(tx, row.account_id)?.channel;
    status::tell(tx, core, room_no, &channel, &row.event_id, fate)
}
