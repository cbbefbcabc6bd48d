//! Licences, bans, sources and advisories of all dependencies, by `cargo-deny`.

use anyhow::{Result, bail};

use crate::checkout::{cargo, output, run as run_program};

/// The oldest version that understands our `deny.toml`.
const OLDEST: (u32, u32) = (0, 18);

pub fn run() -> Result<()> {
    if !is_installed() {
        install()?;
    }
    run_program(cargo().args(["deny", "--all-features", "check", "bans", "licenses", "sources"]))?;
    advisories()
}

fn is_installed() -> bool {
    let version = output(cargo().args(["deny", "--version"]));
    version.and_then(|text| parse(&text)).is_some_and(|found| found >= OLDEST)
}

/// Without optimisation: it runs for seconds, but would build for many minutes.
fn install() -> Result<()> {
    let mut command = cargo();
    command.args(["install", "cargo-deny", "--locked", "--debug"]);
    command.env("CARGO_PROFILE_DEV_DEBUG", "0").env("CARGO_INCREMENTAL", "0");
    run_program(&mut command)
}

/// The database of advisories is a repository on the internet, which is not reachable everywhere.
fn advisories() -> Result<()> {
    let mut command = cargo();
    command.args(["deny", "--all-features", "check", "advisories"]).env("GIT_TERMINAL_PROMPT", "0");
    println!("$ cargo deny check advisories");
    let output = command.output()?;
    let said = String::from_utf8_lossy(&output.stderr).into_owned() + &String::from_utf8_lossy(&output.stdout);
    if output.status.success() {
        println!("{}", said.trim());
        return Ok(());
    }
    if is_unreachable(&said) {
        println!("NOT CHECKED: the database of advisories cannot be reached from here.");
        return Ok(());
    }
    bail!("there are advisories about our dependencies\n{said}");
}

fn is_unreachable(said: &str) -> bool {
    ["failed to fetch", "failed to load advisory database", "failed to open advisory database"]
        .iter()
        .any(|sign| said.contains(sign))
}

/// `cargo-deny 0.18.3` -> (0, 18)
fn parse(text: &str) -> Option<(u32, u32)> {
    let mut numbers = text.split_whitespace().nth(1)?.split('.');
    Some((numbers.next()?.parse().ok()?, numbers.next()?.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::{is_unreachable, parse};

    #[test]
    fn the_version_is_read_from_what_the_program_says() {
        assert_eq!(parse("cargo-deny 0.18.3\n"), Some((0, 18)));
        assert_eq!(parse("error"), None);
    }

    #[test]
    fn an_advisory_is_not_taken_for_a_network_failure() {
        assert!(is_unreachable("[ERROR] failed to fetch advisory database https://example.org"));
        assert!(!is_unreachable("error[vulnerability]: use after free in example"));
    }
}
