//! Writing down how accounts fare, and telling their owners: at most once a second.

use std::{collections::BTreeSet, time::Duration};

use ruma::UserId;
use serde_json::json;
use tokio_util::sync::CancellationToken;
use unisono_store::{
    Hint, Tx,
    hub::{accounts, marks},
};

use super::accounts::list_views;
use crate::{Core, Engine, Error, Result};

/// Global account data of an owner: the same as the list of accounts in our REST API.
const ACCOUNT_DATA: &str = "org.unisono.accounts";
const AT_MOST_EVERY: Duration = Duration::from_secs(1);

/// Runs until the hub stops.
pub(super) async fn run(engine: Engine, cancel: CancellationToken) {
    loop {
        tokio::select! {
            () = cancel.cancelled() => break,
            () = engine.hub.news.notified() => {}
        }
        if let Err(error) = write(&engine).await {
            tracing::error!(error = %error, "the accounts' states cannot be stored");
        }
        tokio::select! {
            () = cancel.cancelled() => break,
            () = tokio::time::sleep(AT_MOST_EVERY) => {}
        }
    }
}

async fn write(engine: &Engine) -> Result<()> {
    let mut states = Vec::new();
    for account in engine.hub.take_changed() {
        let state = engine.hub.find_state(account);
        let state = state.map(|state| serde_json::to_string(&state)).transpose().map_err(Error::internal)?;
        states.push((account.0, state));
    }
    if states.is_empty() {
        return Ok(());
    }
    let core = engine.core();
    engine
        .db
        .write(move |tx| {
            let mut owners = BTreeSet::new();
            for (account_id, state) in &states {
                let Some(account) = accounts::find(tx, *account_id)? else { continue };
                if let Some(state) = state {
                    accounts::set_state(tx, *account_id, state)?;
                }
                owners.insert(account.owner);
            }
            for owner in owners {
                publish(tx, &core, &owner)?;
            }
            Ok(())
        })
        .await
}

/// Writes an owner's list of accounts into their account data, if it has changed.
pub(super) fn publish(tx: &mut Tx<'_>, core: &Core, owner: &UserId) -> Result<()> {
    let content = json!({ "accounts": list_views(tx, core, owner)? }).to_string();
    if marks::find_data(tx, owner, "", ACCOUNT_DATA)?.as_deref() != Some(content.as_str()) {
        marks::set_data(tx, owner, "", ACCOUNT_DATA, &content)?;
        tx.hint(Hint::User(owner.to_owned()));
    }
    Ok(())
}
