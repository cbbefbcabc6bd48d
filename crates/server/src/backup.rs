//! `unisono backup`: a copy of everything that is kept, also while the server runs.
//!
//! The database first, then the files: a file is on disk before its row and is never changed, so every
//! file that the copied database names is there to be copied.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, Result, bail};
use unisono_engine::Engine;

use crate::{config, control::with_server, options, orders::Order};

pub const DATABASE: &str = "unisono.db";
pub const KEY: &str = "secret.key";
pub const MEDIA: &str = "media";
/// Uploads under way.
const INCOMING: &str = "incoming";

pub fn run(options: options::Backup) -> Result<()> {
    let target: PathBuf = options.target.or(options.to).context("where to?")?;
    let target = std::path::absolute(target)?;
    let order = Order::Backup { target: target.clone() };
    with_server(&config::load(&options.place)?, async |server| server.require(order).await)?;
    println!(
        "The backup is in {}. It holds the key that account passwords are encrypted with: keep it safe.",
        target.display()
    );
    Ok(())
}

/// Copies into a folder that does not exist yet or is empty.
pub async fn make(engine: &Engine, target: &Path) -> Result<()> {
    let (folder, target) = (engine.folder().to_owned(), target.to_owned());
    if !is_empty(&target)? {
        bail!("{} is not empty", target.display());
    }
    make_private_folder(&target)?;
    engine.db.backup(&target.join(DATABASE)).await.with_context(|| format!("cannot write {}", target.display()))?;
    tokio::task::spawn_blocking(move || {
        sync(&target.join(DATABASE))?;
        copy(&folder.join(KEY), &target.join(KEY))?;
        copy_tree(&folder.join(MEDIA), &target.join(MEDIA))
    })
    .await?
}

pub fn is_empty(folder: &Path) -> Result<bool> {
    match fs::read_dir(folder) {
        Ok(mut entries) => Ok(entries.next().is_none()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(true),
        Err(error) => Err(error).with_context(|| format!("cannot read {}", folder.display())),
    }
}

pub fn make_private_folder(folder: &Path) -> Result<()> {
    use std::os::unix::fs::DirBuilderExt as _;
    fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(folder)
        .with_context(|| format!("cannot make the folder {}", folder.display()))
}

/// Copies a file with its permissions, and waits until it is on disk.
pub fn copy(from: &Path, to: &Path) -> Result<()> {
    fs::copy(from, to).with_context(|| format!("cannot copy {} to {}", from.display(), to.display()))?;
    sync(to)
}

fn sync(path: &Path) -> Result<()> {
    fs::File::open(path)
        .and_then(|file| file.sync_all())
        .with_context(|| format!("{} did not get to the disk", path.display()))
}

/// Copies a folder with all that is in it, except uploads under way. A missing one is left out.
pub fn copy_tree(from: &Path, to: &Path) -> Result<()> {
    let entries = match fs::read_dir(from) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error).with_context(|| format!("cannot read {}", from.display())),
    };
    make_private_folder(to)?;
    for entry in entries {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            if entry.file_name() != INCOMING {
                copy_tree(&entry.path(), &target)?;
            }
        } else {
            copy(&entry.path(), &target)?;
        }
    }
    sync(to)
}
