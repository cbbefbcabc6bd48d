//! The Debian packages that the tests need: installed when we may, named when we may not.

use std::{fs, path::Path};

use anyhow::{Result, bail};

use crate::checkout::{output, program, run};

const LIST: &str = include_str!("../debian-packages.txt");
/// Keeps freshly installed servers from starting: the tests start their own, on their own ports.
const POLICY: &str = "/usr/sbin/policy-rc.d";

/// Installs what is missing, or fails naming it.
pub fn install() -> Result<()> {
    if output(program("dpkg").arg("--version")).is_none() {
        println!("This is not Debian: please see yourself that these are installed: {}", packages(LIST).join(" "));
        return Ok(());
    }
    let missing: Vec<&str> = packages(LIST).into_iter().filter(|package| !is_installed(package)).collect();
    if missing.is_empty() {
        println!("All Debian packages that the tests need are installed.");
        return Ok(());
    }
    if output(program("id").arg("-u")).as_deref().map(str::trim) != Some("0") {
        bail!("the tests need more Debian packages; install them with\n  sudo apt-get install {}", missing.join(" "));
    }
    let _quiet = QuietServices::new();
    // The package lists may be absent or old; only then is the slow update worth it.
    if apt_install(&missing).is_ok() {
        return Ok(());
    }
    run(apt_get().arg("update"))?;
    apt_install(&missing)
}

/// The names in the list, without comments.
pub fn packages(list: &str) -> Vec<&str> {
    list.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#')).collect()
}

/// All packages of our list.
pub fn listed() -> Vec<&'static str> {
    packages(LIST)
}

fn is_installed(package: &str) -> bool {
    output(program("dpkg").args(["-s", package])).is_some_and(|text| text.contains("Status: install ok installed"))
}

fn apt_install(missing: &[&str]) -> Result<()> {
    run(apt_get().args(["install", "-y", "--no-install-recommends"]).args(missing))
}

fn apt_get() -> std::process::Command {
    let mut command = program("apt-get");
    command.env("DEBIAN_FRONTEND", "noninteractive");
    command.args(["-qq", "-o", "Acquire::Retries=3", "-o", "Dpkg::Use-Pty=0", "-o", "DPkg::Lock::Timeout=120"]);
    command
}

/// While it lives, no installed service is started. Leaves a policy that was there alone.
struct QuietServices {
    ours: bool,
}

impl QuietServices {
    fn new() -> Self {
        use std::os::unix::fs::PermissionsExt;
        if Path::new(POLICY).exists() {
            return Self { ours: false };
        }
        let written = fs::write(POLICY, "#!/bin/sh\nexit 101\n")
            .and_then(|()| fs::set_permissions(POLICY, fs::Permissions::from_mode(0o755)));
        Self { ours: written.is_ok() }
    }
}

impl Drop for QuietServices {
    fn drop(&mut self) {
        if self.ours && fs::remove_file(POLICY).is_err() {
            eprintln!("warning: {POLICY} is still there; remove it");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::packages;

    #[test]
    fn comments_and_empty_lines_are_no_packages() {
        assert_eq!(packages("# mail\ndovecot-imapd\n\n postfix \n"), ["dovecot-imapd", "postfix"]);
    }
}
