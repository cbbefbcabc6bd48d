//! What must be there before we can build: Node, npm and a C compiler. Rust is there, or we were not.

use anyhow::{Result, bail};

use crate::checkout::{output, program};

const OLDEST_NODE: u32 = 20;

/// Fails with one line for each thing that is missing.
pub fn check() -> Result<()> {
    let missing: Vec<String> = [node(), npm(), compiler()].into_iter().flatten().collect();
    if missing.is_empty() {
        return Ok(());
    }
    bail!("something is missing\n{}", missing.join("\n"));
}

fn node() -> Option<String> {
    let found = output(program("node").arg("--version"));
    match found.as_deref().map(str::trim) {
        Some(version) if major(version).is_some_and(|major| major >= OLDEST_NODE) => None,
        Some(version) => {
            Some(format!("  Node {OLDEST_NODE} or newer (this one is {version}): https://nodejs.org/download"))
        }
        None => Some(format!("  Node {OLDEST_NODE} or newer: https://nodejs.org/download")),
    }
}

fn npm() -> Option<String> {
    let found = output(program("npm").arg("--version"));
    found.is_none().then(|| "  npm: it comes with Node from https://nodejs.org/download".to_owned())
}

fn compiler() -> Option<String> {
    let found = output(program("cc").arg("--version"));
    found.is_none().then(|| "  a C compiler: apt-get install gcc libc6-dev".to_owned())
}

/// `v20.11.1` -> 20
fn major(version: &str) -> Option<u32> {
    version.trim_start_matches('v').split('.').next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::major;

    #[test]
    fn the_major_version_is_the_first_number() {
        assert_eq!(major("v20.11.1"), Some(20));
        assert_eq!(major("9.0.0"), Some(9));
        assert_eq!(major("nightly"), None);
    }
}
