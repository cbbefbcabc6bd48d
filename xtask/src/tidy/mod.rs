//! `cargo xtask tidy`: the rules of the house that a compiler does not know.
//!
//! Each check takes text or a list and gives complaints, so that each is tested on what it must find.

mod crates;
mod documents;
mod programs;
mod sources;

use std::{fs, path::PathBuf};

use anyhow::{Context, Result, bail};

use crate::checkout::{output, program, root};

/// One broken rule: where, and what is wrong.
type Complaint = String;

pub fn run() -> Result<()> {
    let files = files()?;
    let mut complaints = crates::check(&metadata()?);
    for file in &files {
        complaints.extend(sources::check_path(&file.path));
        complaints.extend(sources::check_text(&file.path, &file.text));
        complaints.extend(programs::check(&file.path, &file.text));
        complaints.extend(documents::check_links(&file.path, &file.text, &|path| root().join(path).exists()));
    }
    complaints.extend(documents::check_changelog(&read("CHANGELOG.md")?));
    complaints.extend(documents::check_decisions(&files, &read("docs/adr/README.md")?));
    if complaints.is_empty() {
        println!("{} files are tidy.", files.len());
        return Ok(());
    }
    bail!("{} rules are broken\n{}", complaints.len(), complaints.join("\n"));
}

/// A text file of the project; the path is relative to the top folder.
struct File {
    path: String,
    text: String,
}

/// All text files that git knows, or would know after the next `git add`.
fn files() -> Result<Vec<File>> {
    let listed = output(program("git").args(["ls-files", "--cached", "--others", "--exclude-standard"]))
        .context("`git ls-files` failed")?;
    let mut files = Vec::new();
    for path in listed.lines() {
        // Pictures and mails in strange charsets are no text; a file may have been deleted.
        if let Ok(text) = fs::read_to_string(root().join(path)) {
            files.push(File { path: path.to_owned(), text });
        }
    }
    Ok(files)
}

fn metadata() -> Result<serde_json::Value> {
    let text = output(crate::checkout::cargo().args(["metadata", "--format-version", "1", "--locked"]))
        .context("`cargo metadata --locked` failed; is Cargo.lock up to date?")?;
    Ok(serde_json::from_str(&text)?)
}

fn read(path: &str) -> Result<String> {
    let full: PathBuf = root().join(path);
    fs::read_to_string(full).with_context(|| format!("{path} is missing"))
}
