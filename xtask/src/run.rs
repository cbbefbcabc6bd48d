//! `cargo xtask run`: from a clone to a running server.

use std::process::Command;

use anyhow::{Result, bail};

use crate::{
    checkout::{cargo, root, run as run_program, target_dir},
    prerequisites, shared_target, web,
};

/// Where the server listens unless told otherwise.
const LISTEN: &str = "127.0.0.1:8008";

pub fn run(args: &[String]) -> Result<()> {
    let (ours, theirs) = split(args);
    let mut release = true;
    for argument in ours {
        match argument.as_str() {
            "--dev" => release = false,
            "--release" => release = true,
            other => bail!("`run` takes --dev, and after -- what `unisono serve` takes; not `{other}`"),
        }
    }
    prerequisites::check()?;
    shared_target::claim()?;
    web::build()?;
    let mut build = cargo();
    build.args(["build", "--workspace", "--bin", "unisono"]);
    if release {
        build.arg("--release");
    }
    run_program(&mut build)?;

    let profile = if release { "release" } else { "debug" };
    let mut server = Command::new(target_dir().join(profile).join("unisono"));
    server.current_dir(root()).arg("serve");
    if !theirs.iter().any(|argument| argument.starts_with("--listen")) {
        server.args(["--listen", LISTEN]);
    }
    if !theirs.iter().any(|argument| argument.starts_with("--data-dir")) {
        server.args(["--data-dir", "./data"]);
    }
    // The server prints its address and the set-up link itself: it alone knows the token.
    become_program(server.args(theirs))
}

/// The arguments before `--` are ours, those after it the server's.
fn split(args: &[String]) -> (&[String], &[String]) {
    match args.iter().position(|argument| argument == "--") {
        Some(at) => (&args[..at], &args[at + 1..]),
        None => (args, &[]),
    }
}

/// Puts the server in our place, so that Ctrl-C and SIGTERM reach it and its exit code is ours.
fn become_program(command: &mut Command) -> Result<()> {
    use std::os::unix::process::CommandExt;
    Err(command.exec().into())
}

#[cfg(test)]
mod tests {
    use super::split;

    #[test]
    fn what_follows_the_two_dashes_goes_to_the_server() {
        let args = ["--dev", "--", "--listen", "127.0.0.1:9000"].map(str::to_owned);
        let (ours, theirs) = split(&args);
        assert_eq!(ours, ["--dev"]);
        assert_eq!(theirs, ["--listen", "127.0.0.1:9000"]);
    }
}
