//! End-to-end encryption, as far as the server takes part: it keeps public keys, signatures,
//! messages from device to device and encrypted backups, and understands none of them.

mod backup;
mod changes;
mod claim;
mod object;
mod query;
mod signatures;
mod signing;
pub mod sync;
mod to_device;
mod upload;

#[cfg(test)]
mod tests;

pub use self::{
    backup::{Backup, BackupCounts, KeySelection, RoomKeys},
    changes::{record_change, record_device_removal},
    claim::{Claims, OneTimeKeys},
    query::{KeyQuery, KeysOfPeople},
    signatures::SignatureFailures,
    signing::SigningKeys,
    to_device::{MAX_CONTENT, Messages},
    upload::KeyUpload,
};
