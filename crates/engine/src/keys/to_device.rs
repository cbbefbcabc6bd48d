//! `PUT /sendToDevice`: messages from device to device, past all rooms.

use ruma::{OwnedUserId, api::client::to_device::send_event_to_device::v3, to_device::DeviceIdOrAllDevices};
use unisono_store::{
    Hint, Tx,
    keys::{
        devices,
        to_device::{self, ToDeviceRow},
    },
    rooms::transactions::{self, TxnKey},
};

use crate::{Engine, Error, Result, rooms::ClientTxn};

/// Bytes of one message's content.
pub const MAX_CONTENT: usize = 64 * 1024;

/// To whom what is sent; `*` stands for all devices that are not named.
pub type Messages = v3::Messages;

impl Engine {
    /// Puts messages into the boxes of devices; the same transaction again does nothing. People and
    /// devices that do not exist are passed over.
    pub async fn send_to_device(
        &self,
        sender: OwnedUserId,
        txn: ClientTxn,
        kind: String,
        messages: Messages,
    ) -> Result<()> {
        for content in messages.values().flat_map(|devices| devices.values()) {
            let json = content.json().get();
            if json.len() > MAX_CONTENT {
                return Err(Error::TooLarge(format!("a message to a device has at most {MAX_CONTENT} bytes")));
            }
            if !json.starts_with('{') {
                return Err(Error::bad_json("the content of a message is an object"));
            }
        }
        let core = self.core();
        self.db
            .write(move |tx| {
                let scope = format!("sendToDevice/{kind}");
                let key = TxnKey { user_id: &sender, device_id: &txn.device_id, txn_id: &txn.txn_id, scope: &scope };
                if transactions::find(tx, key)?.is_some() {
                    return Ok(());
                }
                transactions::insert(tx, key, "{}", core.now())?;
                deliver(tx, &sender, &kind, &messages)
            })
            .await
    }
}

fn deliver(tx: &mut Tx<'_>, sender: &OwnedUserId, kind: &str, messages: &Messages) -> Result<()> {
    let position = tx.next_position()?;
    for (user_id, contents) in messages {
        let existing = devices::list_ids(tx, user_id)?;
        for device_id in &existing {
            let named = contents.get(&DeviceIdOrAllDevices::DeviceId(device_id.clone()));
            let Some(content) = named.or_else(|| contents.get(&DeviceIdOrAllDevices::AllDevices)) else { continue };
            let message = ToDeviceRow {
                position,
                sender: sender.clone(),
                kind: kind.to_owned(),
                content: content.json().get().to_owned(),
            };
            to_device::insert(tx, user_id, device_id, &message)?;
            tx.hint(Hint::User(user_id.clone()));
        }
    }
    Ok(())
}
