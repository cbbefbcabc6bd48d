//! `unisono restore`: puts a backup where no data is yet.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};

use crate::{
    backup::{DATABASE, KEY, MEDIA, copy, copy_tree, is_empty, make_private_folder},
    config, options,
};

pub fn run(options: options::Restore) -> Result<()> {
    let source: PathBuf = options.source.or(options.from).context("from where?")?;
    let folder = config::load(&options.place)?.data_dir;
    restore(&source, &folder)?;
    println!("The backup was restored to {}.", folder.display());
    Ok(())
}

fn restore(source: &Path, folder: &Path) -> Result<()> {
    for name in [DATABASE, KEY] {
        if !source.join(name).is_file() {
            bail!("{} is no backup: it holds no {name}", source.display());
        }
    }
    if !is_empty(folder)? {
        bail!("{} holds data already; nothing is written over", folder.display());
    }
    make_private_folder(folder)?;
    // The database last: a restore that was cut off is no data folder that a server would start on.
    copy_tree(&source.join(MEDIA), &folder.join(MEDIA))?;
    copy(&source.join(KEY), &folder.join(KEY))?;
    copy(&source.join(DATABASE), &folder.join(DATABASE))
}
