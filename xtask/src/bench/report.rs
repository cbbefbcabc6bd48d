//! The figures: kept as JSON, shown as a table, compared with earlier ones.

use std::{fmt::Write as _, fs, path::Path};

use anyhow::{Context, Result};
use serde_json::{Value, json};

use crate::checkout::{output, program};

/// One measured figure.
struct Figure {
    name: String,
    value: f64,
    unit: String,
    more_is_better: bool,
}

/// What one run measured.
pub struct Report {
    label: String,
    commit: String,
    figures: Vec<Figure>,
}

impl Report {
    pub fn new(label: &str) -> Self {
        let commit = output(program("git").args(["describe", "--always", "--dirty"])).unwrap_or_default();
        Self { label: label.to_owned(), commit: commit.trim().to_owned(), figures: Vec::new() }
    }

    /// Adds a figure, and shows it at once: a measurement may take minutes.
    pub fn add(&mut self, name: &str, value: f64, unit: &str, more_is_better: bool) {
        println!("  {name}: {} {unit}", rounded(value));
        self.figures.push(Figure { name: name.to_owned(), value, unit: unit.to_owned(), more_is_better });
    }

    pub fn table(&self) -> String {
        let mut text = format!("{} ({})\n", self.label, self.commit);
        for figure in &self.figures {
            _ = writeln!(text, "{:<58} {:>12} {}", figure.name, rounded(figure.value), figure.unit);
        }
        text
    }

    /// A table of this report's figures beside a later one's.
    pub fn compare(&self, after: &Self) -> String {
        let mut text = format!("{:<58} {:>12} {:>12}\n", "", self.label, after.label);
        for new in &after.figures {
            let Some(old) = self.figures.iter().find(|old| old.name == new.name) else { continue };
            let change = (new.value / old.value - 1.0) * 100.0;
            let verdict = match change {
                change if change.abs() < 5.0 => "",
                change if (change > 0.0) == new.more_is_better => "better",
                _ => "worse",
            };
            _ = writeln!(
                text,
                "{:<58} {:>12} {:>12} {:<4} {change:>+7.1} %  {verdict}",
                new.name,
                rounded(old.value),
                rounded(new.value),
                new.unit,
            );
        }
        text
    }

    pub fn write(&self, file: &Path) -> Result<()> {
        let figures: Vec<Value> = self
            .figures
            .iter()
            .map(|figure| {
                json!({ "name": figure.name, "value": figure.value, "unit": figure.unit,
                        "more_is_better": figure.more_is_better })
            })
            .collect();
        let cpus = std::thread::available_parallelism().map_or(0, usize::from);
        let report = json!({ "label": self.label, "commit": self.commit, "cpus": cpus, "figures": figures });
        fs::create_dir_all(file.parent().context("no folder for the report")?)?;
        Ok(fs::write(file, format!("{report:#}\n"))?)
    }

    pub fn read(file: &str) -> Result<Self> {
        let text = fs::read_to_string(file).with_context(|| format!("cannot read {file}"))?;
        let value: Value = serde_json::from_str(&text)?;
        let word = |value: &Value, key: &str| value[key].as_str().unwrap_or_default().to_owned();
        let figures = value["figures"].as_array().context("no figures in the report")?;
        let figure = |one: &Value| Figure {
            name: word(one, "name"),
            value: one["value"].as_f64().unwrap_or_default(),
            unit: word(one, "unit"),
            more_is_better: one["more_is_better"].as_bool().unwrap_or_default(),
        };
        Ok(Self {
            label: word(&value, "label"),
            commit: word(&value, "commit"),
            figures: figures.iter().map(figure).collect(),
        })
    }
}

fn rounded(value: f64) -> String {
    if value.abs() >= 100.0 { format!("{value:.0}") } else { format!("{value:.2}") }
}

#[cfg(test)]
mod tests {
    use super::Report;

    fn with(value: f64, more_is_better: bool) -> Report {
        let mut report = Report { label: "x".to_owned(), commit: String::new(), figures: Vec::new() };
        report.add("figure", value, "ms", more_is_better);
        report
    }

    #[test]
    fn fewer_milliseconds_are_better_and_fewer_messages_are_worse() {
        assert!(with(10.0, false).compare(&with(5.0, false)).contains("better"));
        assert!(with(10.0, true).compare(&with(5.0, true)).contains("worse"));
        assert!(!with(10.0, true).compare(&with(10.2, true)).contains("better"));
    }

    #[test]
    fn a_report_is_read_as_it_was_written() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("sub/report.json");
        with(3.5, true).write(&file).unwrap();
        assert_eq!(Report::read(&file.to_string_lossy()).unwrap().table(), with(3.5, true).table());
    }
}
