//! How the command line speaks to a running server: a socket in the data folder that its owner alone
//! can open; one order and one answer, each a line of JSON, at a time.

use std::{os::unix::fs::PermissionsExt as _, path::Path};

use anyhow::{Context as _, Result, anyhow};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tokio::{
    io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader},
    net::{UnixListener, UnixStream},
};
use tokio_util::sync::CancellationToken;
use unisono_engine::Engine;

use crate::{
    config::Settings,
    open,
    orders::{Order, Refusal, carry_out},
};

const SOCKET: &str = "control.sock";
/// What an address of a socket can hold, less a reserve.
const LONGEST_PATH: usize = 100;

#[derive(Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
enum Reply {
    Done(Value),
    Refused(Refusal),
}

/// Listens in the folder, which this process has locked. `None`: the folder's path is too long for a socket.
pub fn listen(folder: &Path) -> Result<Option<UnixListener>> {
    let path = folder.join(SOCKET);
    if path.as_os_str().len() > LONGEST_PATH {
        tracing::warn!("the data folder's path is too long: commands cannot reach this server while it runs");
        return Ok(None);
    }
    match std::fs::remove_file(&path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            return Err(error).with_context(|| format!("cannot replace {}", path.display()));
        }
        _ => {}
    }
    let listener = UnixListener::bind(&path).with_context(|| format!("cannot listen at {}", path.display()))?;
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600))?;
    Ok(Some(listener))
}

/// Carries out what comes, until the server stops.
pub async fn serve(listener: UnixListener, engine: Engine, stopping: CancellationToken) {
    while let Some(accepted) = stopping.run_until_cancelled(listener.accept()).await {
        match accepted {
            Ok((stream, _)) => {
                let engine = engine.clone();
                tokio::spawn(async move {
                    if let Err(error) = answer(stream, &engine).await {
                        tracing::warn!(error = %error, "a command ended early");
                    }
                });
            }
            Err(error) => tracing::warn!(error = %error, "a command could not connect"),
        }
    }
}

async fn answer(stream: UnixStream, engine: &Engine) -> Result<()> {
    let mut stream = BufReader::new(stream);
    let mut line = String::new();
    while stream.read_line(&mut line).await? > 0 {
        let reply = match serde_json::from_str::<Order>(&line) {
            Ok(order) => carry_out(engine, order).await.map_or_else(Reply::Refused, Reply::Done),
            Err(_) => Reply::Refused(anyhow!("the running server is of another version").into()),
        };
        let mut text = serde_json::to_string(&reply)?;
        text.push('\n');
        stream.write_all(text.as_bytes()).await?;
        line.clear();
    }
    Ok(())
}

/// Who carries out the command line's orders.
pub enum Server {
    /// This process: no server runs on the folder.
    Here { engine: Engine, _lock: open::Lock },
    /// The server that runs.
    Running(BufReader<UnixStream>),
}

impl Server {
    pub async fn reach(settings: &Settings) -> Result<Self> {
        let folder = &settings.data_dir;
        if let Some(lock) = open::lock(folder)? {
            let engine = open::engine(settings, &lock).await?;
            engine.use_channels(unisono_channels::all());
            return Ok(Self::Here { engine, _lock: lock });
        }
        let stream = UnixStream::connect(folder.join(SOCKET))
            .await
            .with_context(|| format!("a server works in {}, but does not listen to commands", folder.display()))?;
        Ok(Self::Running(BufReader::new(stream)))
    }

    pub async fn order(&mut self, order: Order) -> Result<std::result::Result<Value, Refusal>> {
        match self {
            Self::Here { engine, .. } => Ok(carry_out(engine, order).await),
            Self::Running(stream) => {
                let mut text = serde_json::to_string(&order)?;
                text.push('\n');
                stream.write_all(text.as_bytes()).await.context("the running server does not answer")?;
                let mut line = String::new();
                stream.read_line(&mut line).await.context("the running server does not answer")?;
                let reply = serde_json::from_str(&line).context("the running server ended meanwhile")?;
                Ok(match reply {
                    Reply::Done(value) => Ok(value),
                    Reply::Refused(refusal) => Err(refusal),
                })
            }
        }
    }

    /// One order whose refusal ends the command.
    pub async fn require(&mut self, order: Order) -> Result<Value> {
        self.order(order).await?.map_err(|refusal| anyhow!(refusal.message))
    }
}

/// Runs a command against whoever works in the folder.
pub fn with_server<T>(settings: &Settings, run: impl AsyncFnOnce(&mut Server) -> Result<T>) -> Result<T> {
    crate::serve::install_tls()?;
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    runtime.block_on(async {
        let mut server = Server::reach(settings).await?;
        run(&mut server).await
    })
}
