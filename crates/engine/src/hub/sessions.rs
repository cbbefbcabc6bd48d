//! Keeping accounts connected: one supervised task each.

use std::{collections::HashMap, panic::AssertUnwindSafe, sync::Arc, time::Duration};

use futures_util::FutureExt;
use tokio::{task::JoinHandle, time::Instant};
use tokio_util::sync::CancellationToken;
use unisono_domain::{
    channel::{Account, AccountId, AccountState, Session, SessionError},
    text::Text,
};
use unisono_store::hub::{accounts, accounts::AccountRow};
use url::Url;

use super::{Backoff, backoff, host::AccountHost, registry::Live};
use crate::{Core, Engine, Error, Result};

/// Accounts are looked at this often besides hints, for those added on the command line.
const LOOK_AGAIN: Duration = Duration::from_secs(5);
/// A connection that held so long starts its backoff from the beginning.
const HELD: Duration = Duration::from_secs(60);

struct Running {
    revision: i64,
    cancel: CancellationToken,
    task: JoinHandle<()>,
}

impl Running {
    async fn stop(self) {
        self.cancel.cancel();
        if let Err(error) = self.task.await {
            tracing::error!(error = %error, "an account's task broke off");
        }
    }
}

/// Runs until the hub stops.
pub(super) async fn run(engine: Engine, cancel: CancellationToken) {
    let mut running = HashMap::new();
    loop {
        match engine.db.read(|tx| Ok::<_, Error>(accounts::list_all(tx)?)).await {
            Ok(rows) => bring_up_to_date(&engine, &cancel, &mut running, rows).await,
            Err(error) => tracing::error!(error = %error, "the accounts cannot be read"),
        }
        tokio::select! {
            () = cancel.cancelled() => break,
            () = engine.bus.accounts.notified() => {}
            () = tokio::time::sleep(LOOK_AGAIN) => {}
        }
    }
    for (account_id, account) in running {
        account.stop().await;
        engine.hub.remove_session(AccountId(account_id));
    }
}

async fn bring_up_to_date(
    engine: &Engine,
    cancel: &CancellationToken,
    running: &mut HashMap<i64, Running>,
    rows: Vec<AccountRow>,
) {
    let gone: Vec<i64> = running
        .iter()
        .filter(|(id, account)| {
            !rows.iter().any(|row| row.account_id == **id && is_wanted(row) && row.revision == account.revision)
        })
        .map(|(id, _)| *id)
        .collect();
    for account_id in gone {
        if let Some(account) = running.remove(&account_id) {
            account.stop().await;
            engine.hub.remove_session(AccountId(account_id));
        }
    }
    for row in rows {
        if row.removed.as_deref() == Some("delete") {
            if let Err(error) = engine.delete_conversations(row.account_id).await {
                tracing::error!(error = %error, account.id = row.account_id, "conversations cannot be deleted");
            }
        } else if is_wanted(&row) && !running.contains_key(&row.account_id) {
            let (account_id, revision, cancel) = (row.account_id, row.revision, cancel.child_token());
            let task = tokio::spawn(keep_connected(engine.clone(), row, cancel.clone()));
            running.insert(account_id, Running { revision, cancel, task });
        }
    }
}

fn is_wanted(row: &AccountRow) -> bool {
    row.removed.is_none() && !row.credentials.is_empty()
}

/// Where a vendor calls an account, if we can be reached from outside.
pub(super) fn hook_url(core: &Core, hook: &str) -> Option<Url> {
    core.config.public_url.as_ref()?.join(&format!("/_unisono/hooks/{hook}")).ok()
}

/// What a session gets to know of its account.
pub(super) fn open_account(engine: &Engine, row: &AccountRow) -> Result<Account> {
    let purpose = format!("account {}", row.account_id);
    let credentials = engine.secrets.decrypt(&purpose, &row.credentials)?;
    Ok(Account {
        id: AccountId(row.account_id),
        remote_id: row.remote_id.clone(),
        display_name: row.display_name.clone(),
        credentials: serde_json::from_slice(&credentials).map_err(|_| Error::internal("malformed credentials"))?,
        settings: serde_json::from_str(&row.settings).map_err(Error::internal)?,
        hook: row.hook.clone().unwrap_or_default(),
        hook_url: row.hook.as_deref().and_then(|hook| hook_url(engine, hook)),
    })
}

fn connect(engine: &Engine, row: &AccountRow) -> std::result::Result<Live, SessionError> {
    let trouble = |error: Error| {
        tracing::error!(error = %error, account.id = row.account_id, "an account cannot be opened");
        SessionError::Trouble { reason: BROKEN, retry_after: None }
    };
    let account = open_account(engine, row).map_err(trouble)?;
    let channel = engine.hub.find_channel(&row.channel).ok_or(SessionError::Trouble {
        reason: Text::new("This network is not available here.", "Dieses Netz gibt es hier nicht."),
        retry_after: Some(60_000),
    })?;
    let session = channel.connect(account.clone(), AccountHost::new(engine, row))?;
    Ok(Live { session, account: Arc::new(account), row: Arc::new(row.clone()) })
}

const BROKEN: Text = Text::new(
    "Something is wrong on our side; the server's log says what.",
    "Bei uns stimmt etwas nicht; das Protokoll des Servers sagt, was.",
);
const LOST: Text = Text::new("The connection was lost.", "Die Verbindung ist abgerissen.");

async fn keep_connected(engine: Engine, row: AccountRow, cancel: CancellationToken) {
    let id = AccountId(row.account_id);
    let mut failures = 0;
    let mut session: Option<Arc<dyn Session>> = None;
    engine.hub.set_state(id, AccountState::Connecting);
    loop {
        let began = Instant::now();
        let ended = match &session {
            Some(session) => run_once(&**session, &cancel).await,
            None => match connect(&engine, &row) {
                Ok(connected) => {
                    session = Some(Arc::clone(&connected.session));
                    engine.hub.add_session(connected);
                    engine.bus.outbox.notify_one();
                    continue;
                }
                Err(error) => Err(error),
            },
        };
        if cancel.is_cancelled() {
            return;
        }
        if began.elapsed() >= HELD {
            failures = 0;
        }
        failures += 1;
        let (reason, after) = match ended {
            Ok(()) => (LOST, None),
            Err(SessionError::Trouble { reason, retry_after }) => (reason, retry_after),
            Err(SessionError::BadCredentials(reason)) => {
                engine.hub.remove_session(id);
                engine.hub.set_state(id, AccountState::BadCredentials { reason });
                return cancel.cancelled().await;
            }
            Err(SessionError::LoggedOut) => {
                engine.hub.remove_session(id);
                engine.hub.set_state(id, AccountState::LoggedOut);
                return cancel.cancelled().await;
            }
        };
        let pause = after.map_or_else(|| Backoff::SESSION.draw(failures), Duration::from_millis);
        let retry_at = Some(engine.now() + backoff::millis(pause));
        tracing::info!(account.id = row.account_id, reason = %reason.en, "an account is not connected");
        engine.hub.set_state(id, AccountState::Trouble { reason, retry_at });
        tokio::select! {
            () = cancel.cancelled() => return,
            () = tokio::time::sleep(pause) => {}
        }
    }
}

/// Runs a session until it ends; its panic is its own trouble and nobody else's.
async fn run_once(session: &dyn Session, cancel: &CancellationToken) -> std::result::Result<(), SessionError> {
    tokio::select! {
        () = cancel.cancelled() => Ok(()),
        ended = AssertUnwindSafe(session.run()).catch_unwind() => ended.unwrap_or_else(|_| {
            tracing::error!("a session panicked");
            Err(SessionError::Trouble { reason: BROKEN, retry_after: None })
        }),
    }
}
