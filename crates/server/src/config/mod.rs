//! What the operator decided: command line before environment before file before defaults.

mod example;
mod file;
mod size;

use std::{
    net::{Ipv4Addr, SocketAddr},
    path::{Path, PathBuf},
};

use anyhow::{Context as _, Result, anyhow};
use ruma::OwnedServerName;
use unisono_domain::net::{Network, OutboundGuard};
use unisono_engine::Registration;
use url::Url;

pub use self::{example::example, file::LogFormat};
use self::{file::File, size::Size};
use crate::options::Place;

/// Used if it lies in the current folder and no other is named.
const FILE: &str = "unisono.toml";
const MAX_UPLOAD: u64 = 100 * 1024 * 1024;

/// The decisions, complete.
#[derive(Debug)]
pub struct Settings {
    pub data_dir: PathBuf,
    /// `None`: as in the database, or `localhost`.
    pub server_name: Option<OwnedServerName>,
    pub listen: SocketAddr,
    pub public_url: Option<Url>,
    pub registration: Registration,
    pub rate_limits: bool,
    pub max_upload: u64,
    pub trusted_proxies: Vec<Network>,
    pub guard: OutboundGuard,
    pub log_level: String,
    pub log_format: LogFormat,
    pub metrics_listen: Option<SocketAddr>,
    pub metrics_allow: Vec<Network>,
}

/// Reads the environment; an empty variable counts as none.
type Environment<'a> = &'a dyn Fn(&str) -> Option<String>;

/// Puts together what is decided where.
pub fn load(place: &Place) -> Result<Settings> {
    let file = match &place.config {
        Some(path) => File::read(path)?,
        None if Path::new(FILE).exists() => File::read(Path::new(FILE))?,
        None => File::default(),
    };
    combine(place, file, &|name| std::env::var(name).ok().filter(|value| !value.is_empty()))
}

fn combine(place: &Place, file: File, environment: Environment<'_>) -> Result<Settings> {
    let allow: Vec<String> = match environment("UNISONO_OUTBOUND_ALLOW") {
        Some(list) => list.split(',').map(|network| network.trim().to_owned()).collect(),
        None => file.outbound.allow,
    };
    Ok(Settings {
        data_dir: place.data_dir.clone().or(file.data_dir).unwrap_or_else(|| PathBuf::from("data")),
        server_name: place.server_name.clone().or(file.server_name),
        listen: place.listen.or(file.listen).unwrap_or_else(|| SocketAddr::from((Ipv4Addr::LOCALHOST, 8008))),
        public_url: match variable::<Url>(environment, "UNISONO_PUBLIC_URL")?.or(file.public_url) {
            Some(url) if !matches!(url.scheme(), "http" | "https") => {
                return Err(anyhow!("public_url: `{url}` begins with neither https:// nor http://"));
            }
            url => url,
        },
        registration: match environment("UNISONO_REGISTRATION") {
            Some(word) => serde_json::from_value(word.clone().into())
                .map_err(|_| anyhow!("UNISONO_REGISTRATION: `{word}` is none of open, token, invite, off"))?,
            None => file.registration.unwrap_or_default(),
        },
        rate_limits: variable(environment, "UNISONO_RATE_LIMITS")?.or(file.rate_limits).unwrap_or(true),
        max_upload: file.max_upload.map_or(MAX_UPLOAD, |Size(bytes)| bytes),
        trusted_proxies: networks("trusted_proxies", &file.trusted_proxies)?,
        guard: OutboundGuard::new(networks("outbound.allow", &allow)?),
        log_level: environment("UNISONO_LOG").or(file.log.level).unwrap_or_else(|| "info".to_owned()),
        log_format: match environment("UNISONO_LOG_FORMAT") {
            Some(word) => serde_json::from_value(word.clone().into())
                .map_err(|_| anyhow!("UNISONO_LOG_FORMAT: `{word}` is neither human nor json"))?,
            None => file.log.format.unwrap_or_default(),
        },
        metrics_listen: file.metrics.listen,
        metrics_allow: networks("metrics.allow", &file.metrics.allow)?,
    })
}

fn variable<T: std::str::FromStr>(environment: Environment<'_>, name: &str) -> Result<Option<T>>
where
    T::Err: std::error::Error + Send + Sync + 'static,
{
    let Some(value) = environment(name) else { return Ok(None) };
    value.parse().map(Some).with_context(|| format!("{name}: `{value}` is not understood"))
}

fn networks(key: &str, list: &[String]) -> Result<Vec<Network>> {
    list.iter().map(|network| network.parse().map_err(|error: String| anyhow!("{key}: {error}"))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn none(_: &str) -> Option<String> {
        None
    }

    #[test]
    fn the_command_line_comes_before_the_environment_before_the_file() {
        let file: File =
            toml::from_str("listen = \"127.0.0.1:1\"\nregistration = \"off\"\nmax_upload = \"2 MiB\"").unwrap();
        let place = Place { listen: Some("127.0.0.1:2".parse().unwrap()), ..Place::default() };
        let environment = |name: &str| (name == "UNISONO_REGISTRATION").then(|| "open".to_owned());
        let settings = combine(&place, file, &environment).unwrap();
        assert_eq!(settings.listen.port(), 2);
        assert_eq!(settings.registration, Registration::Open);
        assert_eq!(settings.max_upload, 2 * 1024 * 1024);
    }

    #[test]
    fn a_wrong_value_is_an_error_that_names_its_key() {
        let refusal = |text: &str, environment: Environment<'_>| {
            let file: File = toml::from_str(text).unwrap();
            format!("{:#}", combine(&Place::default(), file, environment).unwrap_err())
        };
        assert!(refusal("trusted_proxies = [\"10.0.0.0/99\"]", &none).contains("trusted_proxies"));
        assert!(refusal("public_url = \"ftp://example.org\"", &none).contains("public_url"));
        for name in ["UNISONO_REGISTRATION", "UNISONO_RATE_LIMITS", "UNISONO_PUBLIC_URL", "UNISONO_LOG_FORMAT"] {
            let environment = |asked: &str| (asked == name).then(|| "maybe".to_owned());
            assert!(refusal("", &environment).contains(name), "{name}");
        }
    }

    #[test]
    fn without_any_word_everything_has_a_safe_default() {
        let settings = combine(&Place::default(), File::default(), &none).unwrap();
        assert!(settings.listen.ip().is_loopback());
        assert_eq!(settings.registration, Registration::Invite);
        assert!(settings.rate_limits);
        assert!(settings.trusted_proxies.is_empty() && settings.metrics_allow.is_empty());
        assert!(!settings.guard.permits("127.0.0.1".parse().unwrap()));
    }
}
