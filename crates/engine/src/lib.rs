//! The use cases: rooms, sync, ingest, deliver, media, push. Everything that the HTTP API, the
//! command line and the hub's workers do is a method or function here.

mod bus;
mod clock;
mod config;
mod core;
mod error;
#[cfg(test)]
mod fixture;
mod secrets;

pub mod account_data;
pub mod contacts;
pub mod filters;
pub mod hub;
pub mod keys;
pub mod media;
pub mod people;
pub mod profile;
pub mod push;
pub mod receipts;
pub mod rooms;
pub mod search;
pub mod sync;
pub mod tags;
pub mod typing;

pub use self::{
    bus::{Bus, Subscription},
    clock::{Clock, SystemClock},
    config::{Config, Registration},
    core::{Core, Engine, find_server_name},
    error::{Error, Result},
    people::Session,
    secrets::Secrets,
};
