//! `cargo xtask bench`: how fast the server is, measured from outside through its API.
//!
//! Called plainly it builds server and load tool in release and calls the latter, which is this
//! same program with the feature `bench`.

#[cfg(feature = "bench")]
mod connection;
#[cfg(feature = "bench")]
mod import;
#[cfg(feature = "bench")]
mod latency;
#[cfg(feature = "bench")]
mod mailbox;
#[cfg(feature = "bench")]
mod measure;
#[cfg(feature = "bench")]
mod people;
#[cfg(feature = "bench")]
mod process;
#[cfg(feature = "bench")]
mod report;
#[cfg(feature = "bench")]
mod throughput;
#[cfg(feature = "bench")]
mod webhooks;

use anyhow::Result;

#[cfg(feature = "bench")]
pub fn run(args: &[String]) -> Result<()> {
    measure::run(args)
}

#[cfg(not(feature = "bench"))]
pub fn run(args: &[String]) -> Result<()> {
    use crate::checkout::{cargo, program, run as run_program, target_dir};
    let build =
        ["build", "--release", "--workspace", "--features", "xtask/bench", "--bin", "unisono", "--bin", "xtask"];
    run_program(cargo().args(build))?;
    let tool = target_dir().join("release/xtask");
    run_program(program(&tool.to_string_lossy()).arg("bench").args(args))
}
