//! Telling those who encrypt for somebody that the keys are others now.

use ruma::{DeviceId, UserId};
use unisono_store::{
    Hint, Tx,
    keys::{changes, devices, signatures},
    rooms::members,
};

use crate::Result;

/// Notes that a person's devices or cross-signing keys changed, for all who share a room and for the
/// person's own devices.
pub fn record_change(tx: &mut Tx<'_>, user_id: &UserId) -> Result<()> {
    let position = tx.next_position()?;
    changes::record(tx, user_id, None, position)?;
    for person in members::list_people_sharing(tx, user_id)? {
        tx.hint(Hint::User(person));
    }
    tx.hint(Hint::User(user_id.to_owned()));
    Ok(())
}

/// Notes a change that only `viewer` can see: a signature of the viewer's user-signing key.
pub(super) fn record_for(tx: &mut Tx<'_>, user_id: &UserId, viewer: &UserId) -> Result<()> {
    let position = tx.next_position()?;
    changes::record(tx, user_id, Some(viewer), position)?;
    tx.hint(Hint::User(viewer.to_owned()));
    Ok(())
}

/// To be called before a device is deleted; its keys go with its row.
pub fn record_device_removal(tx: &mut Tx<'_>, user_id: &UserId, device_id: &DeviceId) -> Result<()> {
    signatures::delete(tx, user_id, device_id.as_str())?;
    if devices::find(tx, user_id, device_id)?.is_some() {
        record_change(tx, user_id)?;
    }
    Ok(())
}
