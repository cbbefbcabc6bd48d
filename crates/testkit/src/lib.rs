//! What tests share: a server in the test's own process, and later mail servers and a fake channel.

mod server;

pub use self::server::{Answer, TestServer};
