//! The hub: everything between rooms and networks that is the same for every network.
//!
//! In: a session gives events to its [`host`], which stores them in the inbox; one worker per portal
//! ([`inbox`]) turns them into Matrix events ([`ingest`]). Out: [`queue`] notes in the transaction of
//! an event that it has to go out; one worker per portal ([`deliver`]) sends it and tells its fate
//! ([`status`]). The queues are tables, so a crash loses nothing and repeats nothing.

mod accounts;
mod backoff;
mod cards;
mod chats;
mod compose;
mod content;
mod deliver;
mod faces;
mod ghosts;
mod history;
mod hooks;
mod host;
mod inbox;
mod ingest;
mod logins;
mod marks;
mod original;
mod outcome;
mod portals;
mod prepare;
mod queue;
mod registry;
mod retry;
mod said;
mod sessions;
mod states;
mod status;
mod templates;
mod typing;

use std::{sync::Arc, time::Duration};

use tokio_util::{sync::CancellationToken, task::TaskTracker};
use unisono_domain::channel::Channel;
use unisono_store::hub::{inbox as inbox_rows, logins as login_rows, outbox as outbox_rows};

pub use self::{
    accounts::AccountView,
    backoff::Backoff,
    ghosts::{bot_id, ghost_id},
    logins::{LoginFailure, LoginProgress},
    queue::on_receipt,
    registry::Registry,
};
pub(crate) use self::{queue::on_event, typing::on_typing};
use crate::{Engine, Error, Result};

/// How long a clean stop waits for what is under way.
const STOP_WITHIN: Duration = Duration::from_secs(10);
/// What waits for a message that never came is dropped after a week, in milliseconds.
const WAIT_FOR_TARGET: i64 = 7 * 24 * 60 * 60 * 1000;
/// A login that nobody ends is forgotten after a day, in milliseconds.
const LOGIN_LIVES: i64 = 24 * 60 * 60 * 1000;

/// The running hub.
#[derive(Debug)]
pub struct HubHandle {
    cancel: CancellationToken,
    tasks: TaskTracker,
}

impl HubHandle {
    /// Ends all sessions and workers. What was under way is taken up at the next start.
    pub async fn stop(self) {
        self.cancel.cancel();
        self.tasks.close();
        if tokio::time::timeout(STOP_WITHIN, self.tasks.wait()).await.is_err() {
            tracing::warn!("the hub did not stop in time; what was under way is taken up at the next start");
        }
    }
}

impl Engine {
    /// Makes the networks known without connecting anything: enough for logins on the command line.
    pub fn use_channels(&self, channels: Vec<Arc<dyn Channel>>) {
        self.hub.set_channels(channels);
    }

    /// Connects all accounts and starts the workers.
    pub async fn start_hub(&self, channels: Vec<Arc<dyn Channel>>) -> Result<HubHandle> {
        self.use_channels(channels);
        let core = self.core();
        self.db
            .write(move |tx| {
                ghosts::ensure_bot(tx, &core)?;
                outbox_rows::recover(tx)?;
                inbox_rows::delete_waiting(tx, core.now() - WAIT_FOR_TARGET)?;
                login_rows::delete_older_than(tx, core.now() - LOGIN_LIVES)?;
                Ok::<_, Error>(())
            })
            .await?;
        let (cancel, tasks) = (CancellationToken::new(), TaskTracker::new());
        let run = |task: futures_util::future::BoxFuture<'static, ()>| {
            tasks.spawn(task);
        };
        run(Box::pin(states::run(self.clone(), cancel.clone())));
        run(Box::pin(sessions::run(self.clone(), cancel.clone())));
        run(Box::pin(inbox::run(self.clone(), cancel.clone())));
        run(Box::pin(deliver::run(self.clone(), cancel.clone())));
        run(Box::pin(faces::run(self.clone(), cancel.clone())));
        Ok(HubHandle { cancel, tasks })
    }
}
