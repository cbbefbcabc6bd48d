//! The npm projects: installed when their lock file changed, built when their sources did.

use std::{
    fs,
    hash::{DefaultHasher, Hash, Hasher},
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result};

use crate::checkout::{program, root, run};

/// The web app's folder.
pub fn folder() -> PathBuf {
    root().join("web")
}

/// `npm` in one of our npm projects.
pub fn npm(folder: &Path) -> Command {
    let mut command = program("npm");
    command.current_dir(folder).env("npm_config_fund", "false").env("npm_config_audit", "false");
    command.env("npm_config_update_notifier", "false");
    command
}

/// Installs exactly what the lock file names, unless that is what is installed.
pub fn install(folder: &Path) -> Result<()> {
    let lock = fs::read(folder.join("package-lock.json"))
        .with_context(|| format!("{} has no package-lock.json", folder.display()))?;
    let stamp = folder.join("node_modules/.installed-lock.json");
    if fs::read(&stamp).is_ok_and(|installed| installed == lock) {
        return Ok(());
    }
    run(npm(folder).arg("ci"))?;
    fs::create_dir_all(folder.join("node_modules"))?;
    fs::write(&stamp, lock).context("cannot note what was installed")
}

/// Brings `web/dist` up to date; the server is compiled with it inside.
pub fn build() -> Result<()> {
    let web = folder();
    install(&web)?;
    let now = fingerprint(&web)?.to_string();
    let stamp = web.join("node_modules/.built-sources");
    let fresh = web.join("dist/index.html").is_file() && fs::read_to_string(&stamp).is_ok_and(|built| built == now);
    if fresh {
        return Ok(());
    }
    run(npm(&web).args(["run", "build"]))?;
    fs::write(&stamp, now).context("cannot note what was built")
}

/// A number that changes when any source file's name or content does.
fn fingerprint(folder: &Path) -> Result<u64> {
    const MADE: [&str; 4] = ["node_modules", "dist", "test-results", "coverage"];
    let mut hasher = DefaultHasher::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        let mut entries = fs::read_dir(&folder)?.collect::<Result<Vec<_>, _>>()?;
        entries.sort_by_key(fs::DirEntry::path);
        for entry in entries {
            let path = entry.path();
            let made = MADE.iter().any(|name| entry.file_name() == *name);
            if made {
                continue;
            }
            if entry.file_type()?.is_dir() {
                folders.push(path);
            } else {
                path.hash(&mut hasher);
                fs::read(&path).with_context(|| path.display().to_string())?.hash(&mut hasher);
            }
        }
    }
    Ok(hasher.finish())
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::fingerprint;

    #[test]
    fn a_changed_source_changes_the_fingerprint_and_a_built_file_does_not() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir_all(folder.path().join("src")).unwrap();
        fs::create_dir_all(folder.path().join("dist")).unwrap();
        fs::write(folder.path().join("src/a.ts"), "1").unwrap();
        let first = fingerprint(folder.path()).unwrap();

        fs::write(folder.path().join("dist/a.js"), "1").unwrap();
        assert_eq!(fingerprint(folder.path()).unwrap(), first);

        fs::write(folder.path().join("src/a.ts"), "2").unwrap();
        assert_ne!(fingerprint(folder.path()).unwrap(), first);
    }
}
