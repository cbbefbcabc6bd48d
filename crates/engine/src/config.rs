//! What the operator decided.

use ruma::OwnedServerName;
use unisono_domain::net::{Network, OutboundGuard};
use url::Url;

/// Who may make an account.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Registration {
    /// Anybody (`m.login.dummy`).
    Open,
    /// Who has a token of the operator.
    Token,
    /// Who was invited by somebody here, or has a token.
    #[default]
    Invite,
    Off,
}

#[derive(Clone, Debug)]
pub struct Config {
    /// The part of user ids behind the colon. Fixed once the database exists.
    pub server_name: OwnedServerName,
    pub registration: Registration,
    pub rate_limits: bool,
    /// Private networks that outbound connections may reach.
    pub guard: OutboundGuard,
    /// Where people and networks reach this server, if that is known.
    pub public_url: Option<Url>,
    /// Proxies whose word on where a request came from (`X-Forwarded-For`) is believed.
    pub trusted_proxies: Vec<Network>,
    /// Largest upload in bytes.
    pub max_upload: u64,
}
