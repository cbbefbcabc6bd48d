//! `cargo xtask bench`: builds the server and the load tool in release, then runs the tool.

use std::process::Command;

use anyhow::Result;

use crate::checkout::{cargo, root, run as run_program, target_dir};

pub fn run(args: &[String]) -> Result<()> {
    let release = target_dir().join("release");
    run_program(cargo().args([
        "build",
        "--release",
        "--workspace",
        "--features",
        "xtask/bench",
        "--bin",
        "unisono",
        "--bin",
        "unisono-bench",
    ]))?;
    run_program(
        Command::new(release.join("unisono-bench"))
            .current_dir(root())
            .env("UNISONO_BIN", release.join("unisono"))
            .env("BENCH_REPORTS", target_dir().join("bench"))
            .args(args),
    )
}
