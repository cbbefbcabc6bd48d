//! The real binary with real networks, killed in the middle.

#![expect(clippy::unwrap_used, reason = "a test ends here with the reason")]

mod generic_api;
mod mail;
mod server;
