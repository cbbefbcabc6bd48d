//! Read marks that come from networks.

use ruma::{EventId, UserId};
use unisono_store::{
    Hint, Tx,
    hub::marks,
    rooms::{members, room},
};

use crate::{Core, Result};

/// Sets somebody's read mark, unless a later one is set. It is not sent to the network: that is
/// where it comes from.
pub(super) fn read(
    tx: &mut Tx<'_>,
    core: &Core,
    room_no: i64,
    user: &UserId,
    event_id: &EventId,
    position: i64,
) -> Result<()> {
    marks::clear_notifications(tx, user, room_no, position)?;
    if marks::find_read(tx, room_no, user)?.is_some_and(|known| known >= position) {
        return Ok(());
    }
    let news = marks::set_read(tx, room_no, user, event_id, core.now())?;
    room::touch(tx, room_no, news)?;
    for person in members::list_people(tx, room_no)? {
        tx.hint(Hint::User(person));
    }
    Ok(())
}
