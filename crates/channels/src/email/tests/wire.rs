//! Against a real Dovecot and Postfix, and a scripted submission server.

mod host;
mod import;
mod sending;
mod sign_in;

use std::sync::Arc;

use serde_json::json;
use unisono_domain::channel::{Account, AccountId, Channel, Session};
use unisono_testkit::mail::MailServer;

use self::host::FakeHost;
use crate::email::Email;

const ME: (&str, &str) = ("me@example.net", "geheim");
const ANNA: (&str, &str) = ("anna@example.org", "auchgeheim");

fn server() -> Option<MailServer> {
    MailServer::start(&[ME, ANNA])
}

fn account(server: &MailServer, threading: &str) -> Account {
    account_with_smtp(server, threading, server.smtp_port, "starttls")
}

fn account_with_smtp(server: &MailServer, threading: &str, smtp: u16, security: &str) -> Account {
    Account {
        id: AccountId(1),
        remote_id: ME.0.to_owned(),
        display_name: ME.0.to_owned(),
        credentials: json!({
            "address": ME.0, "password": ME.1,
            "imap": {"host": "localhost", "port": server.imaps_port, "security": "tls", "username": ME.0},
            "smtp": {"host": "localhost", "port": smtp, "security": security, "username": ME.0},
        }),
        settings: json!({"threading": threading, "display_name": "Ich"}),
        hook: String::new(),
        hook_url: None,
    }
}

fn session(account: Account, host: &Arc<FakeHost>) -> Arc<dyn Session> {
    Email.connect(account, host.clone()).unwrap()
}
