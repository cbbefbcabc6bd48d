//! When to end.

use tokio::signal::unix::{SignalKind, signal};

/// From now on SIGTERM and SIGINT no longer end the process, but the returned future.
pub fn watch() -> std::io::Result<impl Future<Output = ()>> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    })
}
