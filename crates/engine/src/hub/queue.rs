//! Noting, in the transaction of an event, that it has to go out.

use ruma::{EventId, UserId};
use unisono_domain::text::Text;
use unisono_store::{
    Hint, Tx,
    hub::{
        outbox::{self, NewOutboxRow},
        portals,
    },
    rooms::{events::EventRow, room::RoomRow},
};

use super::status::{self, Fate};
use crate::{Core, Result};

/// What is carried to a network. Encrypted events and polls are refused or degraded, with a word to
/// their sender; calls, typing and state are not messages.
const CARRIED: [&str; 7] = [
    "m.room.message",
    "m.sticker",
    "m.reaction",
    "m.room.redaction",
    "m.room.encrypted",
    "m.poll.start",
    "org.matrix.msc3381.poll.start",
];

const NO_ACCOUNT: Text = Text::new(
    "This conversation's account was removed, so nothing can be sent.",
    "Das Konto dieser Unterhaltung wurde entfernt; es kann nichts mehr gesendet werden.",
);

/// An event of somebody here was added to a room; if it is a portal, it goes out. `redacts`: what
/// the event removes. Gives whether something was added to the room itself.
pub(crate) fn on_event(
    tx: &mut Tx<'_>,
    core: &Core,
    room: &RoomRow,
    row: &EventRow,
    redacts: Option<&EventId>,
) -> Result<bool> {
    if row.state_key.is_some() || !CARRIED.contains(&row.kind.as_str()) {
        return Ok(false);
    }
    let Some(portal) = portals::find_room(tx, room.room_no)? else { return Ok(false) };
    let Some(account_id) = portals::find_account(tx, portal.portal_no, &row.sender)? else {
        status::tell(tx, core, room.room_no, &portal.channel, &row.event_id, &Fate::Failed(NO_ACCOUNT))?;
        return Ok(true);
    };
    // What was never sent needs no recall.
    if let Some(target) = redacts
        && outbox::delete_unsent(tx, target)?
    {
        return Ok(false);
    }
    let new = NewOutboxRow {
        portal_no: portal.portal_no,
        account_id,
        event_id: &row.event_id,
        kind: "event",
        txn: row.event_id.as_str(),
        position: row.position,
        state: "queued",
    };
    outbox::insert(tx, new, core.now())?;
    tx.hint(Hint::Outbox);
    Ok(false)
}

/// Somebody here has read a room up to an event; if it is a portal and theirs, the network hears it.
/// `position` is the event's place in the timeline. Not for marks that came from a network.
pub fn on_receipt(
    tx: &mut Tx<'_>,
    core: &Core,
    room_no: i64,
    user: &UserId,
    event_id: &EventId,
    position: i64,
) -> Result<()> {
    let Some(portal) = portals::find_room(tx, room_no)? else { return Ok(()) };
    let Some(account_id) = portals::find_account(tx, portal.portal_no, user)? else { return Ok(()) };
    let account = unisono_store::hub::accounts::get(tx, account_id)?;
    let carried = core.hub.find_channel(&account.channel).is_none_or(|channel| channel.capabilities().read_receipts);
    if account.owner != user || !carried {
        return Ok(());
    }
    outbox::delete_reads(tx, portal.portal_no, account_id)?;
    let new = NewOutboxRow {
        portal_no: portal.portal_no,
        account_id,
        event_id,
        kind: "read",
        txn: event_id.as_str(),
        position,
        state: "queued",
    };
    outbox::insert(tx, new, core.now())?;
    tx.hint(Hint::Outbox);
    Ok(())
}
