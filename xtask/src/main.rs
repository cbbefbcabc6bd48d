//! The project's own commands: `cargo xtask run`, `test`, `tidy` and `bench`.
//!
//! Depends on next to nothing, because a newcomer waits for it before anything else happens.

mod bench;
mod checkout;
mod debian;
mod deny;
mod prerequisites;
mod run;
mod served;
mod shared_target;
mod steps;
mod test;
mod tidy;
mod web;

use std::process::ExitCode;

const USAGE: &str = "\
cargo xtask run [--dev] [-- ARGS]      build web app and server, start on 127.0.0.1:8008 with ./data
cargo xtask test [--only STEP,STEP]    install what the tests need, then check and test everything
cargo xtask tidy                       check the rules of the house (CONTRIBUTING.md)
cargo xtask bench [ARGS]               measure; `cargo xtask bench --help` says what
";

fn main() -> ExitCode {
    let mut args = std::env::args().skip(1);
    let command = args.next();
    let rest: Vec<String> = args.collect();
    let outcome = match command.as_deref() {
        Some("run") => run::run(&rest),
        Some("test") => test::run(&rest),
        Some("tidy") => tidy::run(),
        Some("bench") => bench::run(&rest),
        Some("help" | "--help" | "-h") | None => {
            print!("{USAGE}");
            Ok(())
        }
        Some(other) => Err(anyhow::anyhow!("there is no command `{other}`\n\n{USAGE}")),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}
