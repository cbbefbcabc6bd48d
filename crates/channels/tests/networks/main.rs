//! The networks against their vendors: the conformance suite, contracts, published examples. One
//! module a network, one program for all: linking is what takes time.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test ends here with the reason")]

mod discord;
mod documents;
mod generic;
mod irc;
mod line;
mod livechat;
mod messenger;
mod mqtt;
mod plain;
mod seven;
mod signal;
mod slack;
mod smpp;
mod sms;
mod socket_server;
mod telegram;
mod threema;
mod twilio;
mod whatsapp;
mod xmpp;
