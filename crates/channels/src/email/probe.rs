//! Trying servers with the user's own name and password.

use std::time::Duration;

use tokio::time::timeout;
use unisono_domain::net::OutboundGuard;

use super::{
    config::Server,
    imap::{Imap, ImapError},
    smtp::{self, SmtpError},
};

const PATIENCE: Duration = Duration::from_secs(15);

/// What a server said.
#[derive(Debug)]
pub enum Verdict {
    Works,
    /// It is there, but refuses name or password.
    Refused,
    /// It is not there, or not with us.
    Absent(String),
}

pub async fn imap(guard: &OutboundGuard, server: &Server, password: &str) -> Verdict {
    match timeout(PATIENCE, Imap::connect(guard, server, password)).await {
        Ok(Ok(imap)) => {
            imap.logout().await;
            Verdict::Works
        }
        Ok(Err(ImapError::Auth(_))) => Verdict::Refused,
        Ok(Err(error)) => Verdict::Absent(error.to_string()),
        Err(_) => Verdict::Absent(format!("{} does not answer", server.host)),
    }
}

pub async fn smtp(guard: &OutboundGuard, server: &Server, password: &str) -> Verdict {
    match timeout(PATIENCE, smtp::probe(guard, server, password)).await {
        Ok(Ok(())) => Verdict::Works,
        Ok(Err(SmtpError::Auth(_))) => Verdict::Refused,
        Ok(Err(error)) => Verdict::Absent(error.to_string()),
        Err(_) => Verdict::Absent(format!("{} does not answer", server.host)),
    }
}
