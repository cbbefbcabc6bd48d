//! One target folder for several clones, one after the other.
//!
//! Cargo names our crates by their place in the workspace and trusts modification times. What another
//! clone built after this one was checked out would count as fresh, and be tested instead of this.

use std::{fs, path::Path, time::SystemTime};

use anyhow::Result;

use crate::checkout::{output, program, root, target_dir};

/// Makes our sources newer than all that another clone has built.
pub fn claim() -> Result<()> {
    claim_for(&target_dir(), root(), &sources())
}

fn claim_for(target: &Path, root: &Path, sources: &[String]) -> Result<()> {
    let stamp = target.join(".unisono-checkout");
    let ours = root.to_string_lossy();
    if fs::read_to_string(&stamp).is_ok_and(|last| last == ours) {
        return Ok(());
    }
    for source in sources {
        touch(&root.join(source))?;
    }
    fs::create_dir_all(target)?;
    Ok(fs::write(stamp, ours.as_bytes())?)
}

fn sources() -> Vec<String> {
    let listed = output(program("git").args(["ls-files", "*.rs"])).unwrap_or_default();
    listed.lines().map(str::to_owned).collect()
}

#[expect(clippy::disallowed_methods, reason = "cargo compares with the real time")]
fn touch(path: &Path) -> Result<()> {
    if let Ok(file) = fs::File::options().append(true).open(path) {
        file.set_modified(SystemTime::now())?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::{fs, time::SystemTime};

    use super::claim_for;

    #[test]
    fn another_clone_makes_the_sources_new_and_the_same_one_leaves_them() {
        let (target, clone) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let source = clone.path().join("a.rs");
        let age = || {
            fs::write(&source, "").unwrap();
            fs::File::options().append(true).open(&source).unwrap().set_modified(SystemTime::UNIX_EPOCH).unwrap();
        };
        let modified = || fs::metadata(&source).unwrap().modified().unwrap();
        let sources = ["a.rs".to_owned()];

        age();
        claim_for(target.path(), clone.path(), &sources).unwrap();
        assert!(modified() > SystemTime::UNIX_EPOCH);

        age();
        claim_for(target.path(), clone.path(), &sources).unwrap();
        assert_eq!(modified(), SystemTime::UNIX_EPOCH);
    }
}
