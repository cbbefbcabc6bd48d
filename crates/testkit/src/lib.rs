//! What tests share: a server in the test's own process, and later mail servers and a fake channel.

pub mod mail;
pub mod mailgen;
mod server;

pub use self::server::{Answer, TestServer};
