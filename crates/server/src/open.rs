//! The data folder: one process at a time works in it.

use std::{
    fs::{DirBuilder, File, TryLockError},
    os::unix::fs::DirBuilderExt as _,
    path::Path,
    sync::Arc,
};

use anyhow::{Context as _, Result, anyhow};
use ruma::{OwnedServerName, owned_server_name};
use unisono_engine::{Config, Engine, SystemClock};

use crate::config::Settings;

const LOCK: &str = "lock";

/// Held as long as this process works in the folder. The system lets go of it even after `kill -9`.
#[derive(Debug)]
pub struct Lock(#[expect(dead_code, reason = "the lock lives as long as the file is open")] File);

/// Makes the folder, for its owner alone, if it is missing, and locks it. `None`: another process has it.
pub fn lock(folder: &Path) -> Result<Option<Lock>> {
    DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(folder)
        .with_context(|| format!("cannot make the folder {}", folder.display()))?;
    let path = folder.join(LOCK);
    let file = File::options()
        .write(true)
        .create(true)
        .truncate(false)
        .open(&path)
        .with_context(|| format!("cannot write to the folder {}", folder.display()))?;
    match file.try_lock() {
        Ok(()) => Ok(Some(Lock(file))),
        Err(TryLockError::WouldBlock) => Ok(None),
        Err(TryLockError::Error(error)) => Err(anyhow!(error).context(format!("cannot lock {}", path.display()))),
    }
}

/// Opens the engine on a folder that is locked.
pub async fn engine(settings: &Settings, _lock: &Lock) -> Result<Engine> {
    let folder = &settings.data_dir;
    let config = Config {
        server_name: server_name(settings).await?,
        registration: settings.registration,
        rate_limits: settings.rate_limits,
        guard: settings.guard.clone(),
        public_url: settings.public_url.clone(),
        trusted_proxies: settings.trusted_proxies.clone(),
        max_upload: settings.max_upload,
    };
    Engine::open(folder, config, Arc::new(SystemClock))
        .await
        .with_context(|| format!("cannot open the data in {}", folder.display()))
}

async fn server_name(settings: &Settings) -> Result<OwnedServerName> {
    match &settings.server_name {
        Some(name) => Ok(name.clone()),
        None => {
            let known = unisono_engine::find_server_name(&settings.data_dir).await?;
            Ok(known.unwrap_or_else(|| owned_server_name!("localhost")))
        }
    }
}
