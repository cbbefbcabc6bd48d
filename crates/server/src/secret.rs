//! Asking for passwords.

use std::{
    io::{BufRead as _, IsTerminal as _, Write as _},
    process::{Command, Stdio},
};

use anyhow::{Context as _, Result, bail};

use crate::options::PasswordSource;

/// The password, from where the options say; else from the terminal, unseen.
pub fn password(source: &PasswordSource, prompt: &str) -> Result<String> {
    let text = match &source.password_file {
        Some(path) => std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?,
        None if source.password_stdin || !std::io::stdin().is_terminal() => line()?,
        None => hidden(prompt)?,
    };
    let password = text.lines().next().unwrap_or_default().to_owned();
    if password.is_empty() {
        bail!("no password was given");
    }
    Ok(password)
}

/// Asks a question on the terminal.
pub fn ask(prompt: &str) -> Result<String> {
    eprint!("{prompt}: ");
    std::io::stderr().flush()?;
    Ok(line()?.trim().to_owned())
}

/// Asks a question whose answer nobody is to see.
pub fn hidden(prompt: &str) -> Result<String> {
    let echo = |word: &str| Command::new("stty").arg(word).stdin(Stdio::inherit()).stderr(Stdio::null()).status();
    let is_hidden = echo("-echo").is_ok_and(|status| status.success());
    let answer = ask(prompt);
    if is_hidden {
        // If this fails, the terminal stays mute; nothing that we could do about it.
        _ = echo("echo");
        eprintln!();
    }
    answer
}

fn line() -> Result<String> {
    let mut text = String::new();
    std::io::stdin().lock().read_line(&mut text).context("cannot read the standard input")?;
    Ok(text)
}
