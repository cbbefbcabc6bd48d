//! The client-server API over HTTP, in the test's own process; one file per group of endpoints: what
//! clients send and get, and the error code of every refusal.

#![expect(clippy::unwrap_used, reason = "a test ends here with the reason")]

mod account_data;
mod keys;
mod media;
mod person;
mod profile;
mod push;
mod receipts;
mod room_keys;
mod rooms;
mod sync;
mod to_device;
