//! The log: standard error, for people or as JSON lines.

use std::io::IsTerminal as _;

use anyhow::{Context as _, Result};
use tracing_subscriber::EnvFilter;

use crate::config::{LogFormat, Settings};

fn filter(settings: &Settings) -> Result<EnvFilter> {
    EnvFilter::try_new(&settings.log_level)
        .with_context(|| format!("log.level: `{}` is not understood", settings.log_level))
}

/// Whether the level is understood.
pub fn check(settings: &Settings) -> Result<()> {
    filter(settings).map(drop)
}

/// Once a process.
pub fn start(settings: &Settings) -> Result<()> {
    let builder = tracing_subscriber::fmt()
        .with_env_filter(filter(settings)?)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal());
    match settings.log_format {
        LogFormat::Human => builder.with_target(false).init(),
        LogFormat::Json => builder.json().flatten_event(true).init(),
    }
    Ok(())
}
