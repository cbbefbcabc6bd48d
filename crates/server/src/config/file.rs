//! The file `unisono.toml`. An unknown key is an error that names it.

use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
};

use anyhow::{Result, anyhow};
use ruma::OwnedServerName;
use serde::{Deserialize, Serialize};
use unisono_engine::Registration;
use url::Url;

use super::size::Size;

/// Every key; `example.rs` says what each means.
#[derive(Debug, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct File {
    pub server_name: Option<OwnedServerName>,
    pub listen: Option<SocketAddr>,
    pub public_url: Option<Url>,
    pub data_dir: Option<PathBuf>,
    pub registration: Option<Registration>,
    pub rate_limits: Option<bool>,
    pub max_upload: Option<Size>,
    pub trusted_proxies: Vec<String>,
    pub outbound: Outbound,
    pub log: Log,
    pub metrics: Metrics,
}

#[derive(Debug, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct Outbound {
    pub allow: Vec<String>,
}

#[derive(Debug, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct Log {
    pub level: Option<String>,
    pub format: Option<LogFormat>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    #[default]
    Human,
    Json,
}

#[derive(Debug, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct Metrics {
    pub listen: Option<SocketAddr>,
    pub allow: Vec<String>,
}

impl File {
    pub fn read(path: &Path) -> Result<Self> {
        let text = std::fs::read_to_string(path).map_err(|error| anyhow!("cannot read {}: {error}", path.display()))?;
        Self::parse(&text).map_err(|(line, message)| anyhow!("{}, line {line}: {message}", path.display()))
    }

    /// The error is one line, and where it is.
    fn parse(text: &str) -> std::result::Result<Self, (usize, String)> {
        toml::from_str(text).map_err(|error| {
            let start = error.span().map_or(0, |span| span.start.min(text.len()));
            let line = text.as_bytes()[..start].iter().filter(|byte| **byte == b'\n').count() + 1;
            (line, error.message().replace('\n', " "))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_key_is_named_with_its_line() {
        let (line, message) = File::parse("rate_limits = true\nserver_nam = \"example.org\"\n").unwrap_err();
        assert_eq!(line, 2);
        assert!(message.contains("server_nam") && !message.contains('\n'), "{message}");
        let (line, message) = File::parse("[log]\nlevel = \"info\"\ncolour = true\n").unwrap_err();
        assert_eq!(line, 3);
        assert!(message.contains("colour"), "{message}");
    }

    #[test]
    fn a_wrong_value_has_its_line_too() {
        assert_eq!(File::parse("\nregistration = \"maybe\"").unwrap_err().0, 2);
        assert_eq!(File::parse("max_upload = \"many\"").unwrap_err().0, 1);
    }
}
