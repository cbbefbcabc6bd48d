//! `cargo xtask test`: everything that must hold, in the order in which it fails fastest.

use anyhow::{Context, Result, bail};

use crate::{
    checkout::{cargo, root, run as run_program, target_dir},
    debian, deny, prerequisites,
    served::Served,
    shared_target,
    steps::{self, Step},
    tidy, web,
};

pub fn run(args: &[String]) -> Result<()> {
    let only = only(args)?;
    prerequisites::check()?;
    shared_target::claim()?;
    steps::run(steps::select(all(), &only)?)
}

fn all() -> Vec<Step> {
    let step = |name, headline, action| Step { name, headline, action, vital: false };
    vec![
        Step { name: "packages", headline: "Debian packages", action: debian::install, vital: true },
        step("fmt", "Formatting", || run_program(cargo().args(["fmt", "--all", "--check"]))),
        step("tidy", "Rules of the house", tidy::run),
        // Before everything that compiles the server, which holds the built app inside.
        Step { name: "web-build", headline: "Web app", action: web::build, vital: true },
        step("clippy", "Lints", clippy),
        step("deny", "Licences, bans and advisories of the dependencies", deny::run),
        step("contracts", "Vendors' descriptions as servers", || web::install(&root().join("tests/contracts"))),
        step("rust", "Rust tests", || run_program(cargo().args(["test", "--workspace"]))),
        step("web", "Web lint and unit tests", web_tests),
        step("js", "Matrix conformance with matrix-js-sdk", js_tests),
        step("browser", "Browser tests", browser_tests),
    ]
}

fn only(args: &[String]) -> Result<Vec<String>> {
    match args {
        [] => Ok(Vec::new()),
        [flag, names] if flag == "--only" => Ok(names.split(',').map(str::to_owned).collect()),
        [flag] if flag.starts_with("--only=") => {
            Ok(flag.trim_start_matches("--only=").split(',').map(str::to_owned).collect())
        }
        _ => bail!("`test` takes nothing, or --only STEP,STEP"),
    }
}

fn clippy() -> Result<()> {
    // The load tool hides behind a feature that the tests do without.
    let what = ["--workspace", "--all-targets", "--features", "xtask/bench"];
    run_program(cargo().arg("clippy").args(what).args(["--", "-D", "warnings"]))
}

fn web_tests() -> Result<()> {
    let folder = web::folder();
    web::install(&folder)?;
    run_program(web::npm(&folder).args(["run", "lint"]))?;
    run_program(web::npm(&folder).args(["test"]))
}

/// The suite in `tests/js` against servers of our own, one of them with its limits on.
fn js_tests() -> Result<()> {
    let folder = root().join("tests/js");
    web::install(&folder)?;
    build_server()?;
    let binary = target_dir().join("debug/unisono");
    let server = Served::start(&binary, false)?;
    let limited = Served::start(&binary, true)?;
    let mut suite = web::npm(&folder);
    suite.arg("test").env("UNISONO_URL", server.url()).env("UNISONO_LIMITED_URL", limited.url());
    suite.env("UNISONO_BIN", &binary);
    let outcome = run_program(&mut suite);
    if outcome.is_err() {
        println!("The server's last words:\n{}", server.log_tail());
    }
    outcome.and(server.stop()).and(limited.stop())
}

/// The browser tests start servers of their own: they restart them and begin from nothing.
fn browser_tests() -> Result<()> {
    let folder = web::folder();
    web::build()?;
    build_server()?;
    run_program(web::npm(&folder).args(["run", "e2e"]).env("UNISONO_BIN", target_dir().join("debug/unisono")))
        .context("the browser tests failed; their pictures are in web/test-results")
}

/// The same build that the Rust tests use: without their targets, Cargo would unify other features
/// and compile the dependencies once more.
fn build_server() -> Result<()> {
    run_program(cargo().args(["build", "--workspace", "--all-targets"]))
}

#[cfg(test)]
mod tests {
    use super::{all, only};

    #[test]
    fn steps_are_picked_by_a_comma_separated_list() {
        let args = ["--only", "fmt,tidy"].map(str::to_owned);
        assert_eq!(only(&args).unwrap(), ["fmt", "tidy"]);
    }

    #[test]
    fn every_step_has_its_own_name() {
        let mut names: Vec<&str> = all().iter().map(|step| step.name).collect();
        let count = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), count);
    }
}
