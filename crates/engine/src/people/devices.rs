//! A person's devices: list, names, logging out.

use ruma::{DeviceId, OwnedDeviceId, OwnedUserId, UserId};
use unisono_store::{
    Tx,
    people::devices::{self, DeviceRow},
};

use super::Session;
use crate::{Engine, Error, Result, keys};

/// Deletes a device with its tokens and everything else that belongs to it. Every way in which a
/// device ends goes through here.
pub fn delete_device(tx: &mut Tx<'_>, user_id: &UserId, device_id: &DeviceId) -> Result<()> {
    keys::record_device_removal(tx, user_id, device_id)?;
    devices::delete(tx, user_id, device_id)?;
    Ok(())
}

/// All devices of a person, except perhaps one.
pub(super) fn delete_all(tx: &mut Tx<'_>, user_id: &UserId, but: Option<&DeviceId>) -> Result<()> {
    for device in devices::list(tx, user_id)? {
        if but != Some(&*device.device_id) {
            delete_device(tx, user_id, &device.device_id)?;
        }
    }
    Ok(())
}

fn unknown() -> Error {
    Error::not_found("there is no such device")
}

impl Engine {
    pub async fn list_devices(&self, user_id: OwnedUserId) -> Result<Vec<DeviceRow>> {
        self.db.read::<_, Error, _>(move |tx| Ok(devices::list(tx, &user_id)?)).await
    }

    pub async fn get_device(&self, user_id: OwnedUserId, device_id: OwnedDeviceId) -> Result<DeviceRow> {
        self.db.read(move |tx| devices::find(tx, &user_id, &device_id)?.ok_or_else(unknown)).await
    }

    pub async fn rename_device(
        &self,
        user_id: OwnedUserId,
        device_id: OwnedDeviceId,
        name: Option<String>,
    ) -> Result<()> {
        self.db
            .write(move |tx| match (&name, devices::find(tx, &user_id, &device_id)?) {
                (_, None) => Err(unknown()),
                // Nothing to change is no wish to take the name away.
                (None, Some(_)) => Ok(()),
                (Some(name), Some(_)) => {
                    devices::rename(tx, &user_id, &device_id, Some(name))?;
                    // Others see the name beside the keys.
                    keys::record_change(tx, &user_id)
                }
            })
            .await
    }

    /// Ends logins. Devices that do not exist are no error (specification, `POST /delete_devices`).
    pub async fn delete_devices(&self, user_id: OwnedUserId, device_ids: Vec<OwnedDeviceId>) -> Result<()> {
        let owner = user_id.clone();
        self.db
            .write(move |tx| device_ids.iter().try_for_each(|device_id| delete_device(tx, &owner, device_id)))
            .await?;
        self.people.sessions.forget(&user_id, None);
        Ok(())
    }

    /// `POST /logout`
    pub async fn log_out(&self, session: Session) -> Result<()> {
        self.delete_devices(session.user_id, vec![session.device_id]).await
    }

    /// `POST /logout/all`
    pub async fn log_out_everywhere(&self, user_id: OwnedUserId) -> Result<()> {
        let owner = user_id.clone();
        self.db.write(move |tx| delete_all(tx, &owner, None)).await?;
        self.people.sessions.forget(&user_id, None);
        Ok(())
    }
}
