//! The binary `unisono`.

mod account;
mod backup;
mod config;
mod control;
mod logging;
mod metrics;
mod open;
mod options;
mod orders;
mod restore;
mod secret;
mod serve;
mod stop;
mod user;

use std::process::ExitCode;

use anyhow::Result;
use clap::{CommandFactory as _, Parser as _};

use crate::options::{Cli, Command};

fn main() -> ExitCode {
    match run(Cli::parse().command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("unisono: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(command: Command) -> Result<()> {
    match command {
        Command::Serve(place) => serve::run(config::load(&place)?),
        Command::User { what } => user::run(what),
        Command::Account { what } => account::run(*what),
        Command::CheckConfig(place) => {
            let settings = config::load(&place)?;
            logging::check(&settings)?;
            println!("The configuration is right.");
            Ok(())
        }
        Command::Backup(backup) => backup::run(backup),
        Command::Restore(restore) => restore::run(restore),
        Command::Completions { shell } => {
            clap_complete::generate(shell, &mut Cli::command(), "unisono", &mut std::io::stdout());
            Ok(())
        }
        Command::ExampleConfig => {
            print!("{}", config::example());
            Ok(())
        }
    }
}
