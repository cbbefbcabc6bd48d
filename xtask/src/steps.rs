//! A list of steps with headline, time and verdict.

use std::{
    fmt::Write as _,
    time::{Duration, Instant},
};

use anyhow::{Result, bail};

/// One thing that `cargo xtask test` does.
pub struct Step {
    /// What `--only` calls it.
    pub name: &'static str,
    pub headline: &'static str,
    pub action: fn() -> Result<()>,
    /// Nothing after it makes sense when it fails.
    pub vital: bool,
}

/// Keeps the steps that were asked for, in our order; all if none were.
pub fn select(steps: Vec<Step>, only: &[String]) -> Result<Vec<Step>> {
    if let Some(unknown) = only.iter().find(|name| !steps.iter().any(|step| step.name == name.as_str())) {
        let known: Vec<&str> = steps.iter().map(|step| step.name).collect();
        bail!("there is no step `{unknown}`; there are {}", known.join(", "));
    }
    Ok(steps.into_iter().filter(|step| only.is_empty() || only.iter().any(|name| name == step.name)).collect())
}

/// Runs all steps, even after one failed, and closes with a table.
pub fn run(steps: Vec<Step>) -> Result<()> {
    let mut rows = Vec::new();
    for step in steps {
        println!("\n=== {} ({})", step.headline, step.name);
        let start = Instant::now();
        let outcome = (step.action)();
        if let Err(error) = &outcome {
            println!("=== FAILED: {error:#}");
        }
        let failed = outcome.is_err();
        rows.push((step.name, start.elapsed(), failed));
        if failed && step.vital {
            break;
        }
    }
    print!("\n{}", table(&rows));
    let failed: Vec<&str> = rows.iter().filter(|row| row.2).map(|row| row.0).collect();
    if !failed.is_empty() {
        bail!("failed: {}", failed.join(", "));
    }
    Ok(())
}

fn table(rows: &[(&str, Duration, bool)]) -> String {
    let mut text = String::new();
    for (name, took, failed) in rows {
        let verdict = if *failed { "FAILED" } else { "ok" };
        _ = writeln!(text, "{name:<12} {:>7.1} s  {verdict}", took.as_secs_f64());
    }
    let total: f64 = rows.iter().map(|row| row.1.as_secs_f64()).sum();
    _ = writeln!(text, "{:<12} {total:>7.1} s", "total");
    text
}

#[cfg(test)]
mod tests {
    use super::{Step, run, select};

    fn step(name: &'static str, action: fn() -> anyhow::Result<()>, vital: bool) -> Step {
        Step { name, headline: name, action, vital }
    }

    #[test]
    fn a_failing_step_fails_the_whole_and_names_itself() {
        let steps = vec![step("good", || Ok(()), false), step("bad", || anyhow::bail!("no"), false)];
        assert_eq!(run(steps).unwrap_err().to_string(), "failed: bad");
    }

    #[test]
    fn nothing_runs_after_a_vital_step_failed() {
        let steps = vec![step("first", || anyhow::bail!("no"), true), step("second", || anyhow::bail!("no"), false)];
        assert_eq!(run(steps).unwrap_err().to_string(), "failed: first");
    }

    #[test]
    fn an_unknown_step_is_named_together_with_the_known_ones() {
        let outcome = select(vec![step("fmt", || Ok(()), false)], &["frmt".to_owned()]);
        let message = outcome.err().map(|error| error.to_string()).unwrap_or_default();
        assert_eq!(message, "there is no step `frmt`; there are fmt");
    }
}
