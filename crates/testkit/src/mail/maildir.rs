//! Mailboxes as Dovecot keeps them, written and read without it.

use std::{
    fs::{self, File},
    io::{self, Write},
    path::Path,
    process::Command,
    sync::atomic::{AtomicU64, Ordering},
    time::{Duration, UNIX_EPOCH},
};

use super::config::OWNER;

static COUNT: AtomicU64 = AtomicU64::new(0);

pub fn create(path: &Path) -> io::Result<()> {
    if path.join("cur").exists() {
        return Ok(());
    }
    for name in ["cur", "new", "tmp"] {
        fs::create_dir_all(path.join(name))?;
    }
    // The whole way down from the folder that we made belongs to the mailboxes' user.
    let top = path.ancestors().find(|folder| folder.file_name().is_some_and(|name| name == "mail")).unwrap_or(path);
    own(top, true)
}

fn own(path: &Path, recursive: bool) -> io::Result<()> {
    let mut command = Command::new("chown");
    if recursive {
        command.arg("-R");
    }
    let status = command.arg(format!("{OWNER}:{OWNER}")).arg(path).status()?;
    if status.success() { Ok(()) } else { Err(io::Error::other("chown")) }
}

pub fn append(path: &Path, raw: &[u8], received: u64, seen: bool) -> io::Result<()> {
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    // The name decides the order in which Dovecot numbers mails that it finds at once.
    let name = format!("{received}.M{count:08}.unisono:2,{}", if seen { "S" } else { "" });
    let unfinished = path.join("tmp").join(&name);
    let mut file = File::create(&unfinished)?;
    file.write_all(raw)?;
    file.set_modified(UNIX_EPOCH + Duration::from_secs(received))?;
    drop(file);
    std::os::unix::fs::chown(&unfinished, owner_id(path)?, owner_id(path)?)?;
    fs::rename(unfinished, path.join("cur").join(name))
}

fn owner_id(path: &Path) -> io::Result<Option<u32>> {
    use std::os::unix::fs::MetadataExt;
    Ok(Some(fs::metadata(path.join("cur"))?.uid()))
}

pub fn read(path: &Path) -> Vec<(Vec<u8>, bool)> {
    let mut found = Vec::new();
    for name in ["cur", "new"] {
        let Ok(entries) = fs::read_dir(path.join(name)) else { continue };
        for entry in entries.flatten() {
            let file = entry.file_name().to_string_lossy().into_owned();
            let seen = file.rsplit_once(":2,").is_some_and(|(_, flags)| flags.contains('S'));
            if let Ok(raw) = fs::read(entry.path()) {
                found.push((arrival(&file), file, raw, seen));
            }
        }
    }
    found.sort();
    found.into_iter().map(|(_, _, raw, seen)| (raw, seen)).collect()
}

/// Seconds and microseconds of `1795435200.M52P17.host`, as Dovecot writes them without padding.
fn arrival(file: &str) -> (u64, u64) {
    let (seconds, rest) = file.split_once('.').unwrap_or((file, ""));
    let micros: String = rest.strip_prefix('M').unwrap_or_default().chars().take_while(char::is_ascii_digit).collect();
    (seconds.parse().unwrap_or_default(), micros.parse().unwrap_or_default())
}
