//! What tests share: a server in the test's own process, mail servers, a network that lives in the
//! test, and the suite that every adapter must pass.

pub mod bench;
pub mod conformance;
pub mod fake_channel;
pub mod mail;
pub mod mailgen;
pub mod mosquitto;
pub mod ngircd;
pub mod prism;
pub mod prosody;
mod server;
pub mod test_host;
pub mod vendor;
pub mod webhook_network;

pub use self::server::{Answer, TestServer};
