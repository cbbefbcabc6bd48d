//! End-to-end encryption, as far as the server takes part: it keeps public keys and passes them on.

pub mod backups;
pub mod changes;
pub mod cross_signing;
pub mod devices;
pub mod one_time;
pub mod signatures;
pub mod to_device;

#[cfg(test)]
pub(crate) static CATALOGUES: &[&[&crate::Sql]] = &[
    backups::CATALOGUE,
    changes::CATALOGUE,
    cross_signing::CATALOGUE,
    devices::CATALOGUE,
    one_time::CATALOGUE,
    signatures::CATALOGUE,
    to_device::CATALOGUE,
];
