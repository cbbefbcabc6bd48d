//! Tests of the adapter as a whole.

mod compose;
mod conversions;
mod threads;
mod wire;

use unisono_domain::channel::AccountId;

use super::{
    config::{Credentials, Mailbox, Owner, Security, Server, Settings, Threading},
    convert::Fetched,
    notes::Place,
    parse::parse,
};

/// 2026-09-14T08:30:10Z, ten seconds after the fixtures' date.
const RECEIVED: i64 = 1_789_374_610_000;

fn mailbox(threading: Threading) -> Mailbox {
    let server =
        Server { host: "localhost".into(), port: 1, security: Security::None, username: "me@example.net".into() };
    Mailbox {
        account: AccountId(7),
        credentials: Credentials {
            address: "me@example.net".into(),
            password: "secret".into(),
            imap: server.clone(),
            smtp: server,
        },
        settings: Settings { threading, display_name: "Ich Selbst".into(), ..Settings::default() },
    }
}

fn owner(threading: Threading) -> Owner {
    mailbox(threading).owner()
}

fn fetched(raw: &[u8], uid: u32) -> Fetched {
    Fetched {
        mail: parse(raw, RECEIVED),
        place: Place { folder: "INBOX".into(), uid_validity: 1, uid },
        in_sent: false,
        seen: false,
        historical: false,
        cut_at: None,
    }
}
