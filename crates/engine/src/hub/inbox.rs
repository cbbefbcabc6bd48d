//! Working in what came in: one worker per portal that has something, several portals at a time.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
    time::Duration,
};

use tokio::{task::JoinSet, time::Instant};
use tokio_util::sync::CancellationToken;
use unisono_domain::channel::{AccountId, Inbound, InboundBody, Sender};
use unisono_store::hub::{accounts, accounts::AccountRow, inbox, inbox::InboxRow, outbox, portals};

use super::{
    Backoff, deliver,
    ingest::{Scene, Worked, work_in},
};
use crate::{Engine, Error, Result};

/// Portals that are worked in at the same time.
const WORKERS: usize = 8;
/// Events of one portal that share a transaction.
const BATCH: i64 = 32;
/// After so many failures an event is laid aside, or goes on without its file.
const ATTEMPTS: i64 = 6;
/// The store is asked at least this often, should a hint get lost.
const LOOK_AGAIN: Duration = Duration::from_secs(30);

/// How a portal's worker ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ended {
    /// Nothing is left.
    Empty,
    /// What is next may be the echo of something that is just being sent.
    Blocked,
    /// It did not work; later again.
    Failed,
}

/// Runs until the hub stops.
pub(super) async fn run(engine: Engine, cancel: CancellationToken) {
    let mut workers = JoinSet::new();
    let mut busy = HashSet::new();
    let mut resting: HashMap<i64, (u32, Instant)> = HashMap::new();
    let mut blocked = HashSet::new();
    loop {
        let now = Instant::now();
        match next_portals(&engine, WORKERS + busy.len() + resting.len() + blocked.len()).await {
            Ok(portals) => {
                for portal_no in portals {
                    let rests = resting.get(&portal_no).is_some_and(|(_, until)| *until > now);
                    if workers.len() < WORKERS && !rests && !blocked.contains(&portal_no) && busy.insert(portal_no) {
                        let engine = engine.clone();
                        workers.spawn(async move { (portal_no, work_portal(&engine, portal_no).await) });
                    }
                }
            }
            Err(error) => tracing::error!(error = %error, "the inbox cannot be read"),
        }
        let wake = resting
            .iter()
            .filter(|(portal_no, (_, until))| *until > now && !busy.contains(*portal_no))
            .map(|(_, (_, until))| *until)
            .min();
        let wake = wake.unwrap_or(now + LOOK_AGAIN).min(now + LOOK_AGAIN);
        tokio::select! {
            () = cancel.cancelled() => break,
            () = engine.bus.inbox.notified() => blocked.clear(),
            Some(ended) = workers.join_next() => match ended {
                Ok((portal_no, ended)) => {
                    busy.remove(&portal_no);
                    match ended {
                        Ended::Empty => { resting.remove(&portal_no); }
                        Ended::Blocked => { blocked.insert(portal_no); }
                        Ended::Failed => {
                            let failures = resting.get(&portal_no).map_or(0, |(failures, _)| *failures) + 1;
                            resting.insert(portal_no, (failures, Instant::now() + Backoff::WORK.draw(failures)));
                        }
                    }
                }
                Err(error) => {
                    tracing::error!(error = %error, "a portal's worker broke off");
                    // We do not know whose it was; those that still run finish what they have.
                    busy.clear();
                    workers.abort_all();
                    while workers.join_next().await.is_some() {}
                }
            },
            () = tokio::time::sleep_until(wake) => blocked.clear(),
        }
    }
    // A transaction is either done or not; whatever is cut off here is taken up at the next start.
    workers.shutdown().await;
}

async fn next_portals(engine: &Engine, limit: usize) -> Result<Vec<i64>> {
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    engine.db.read(move |tx| Ok::<_, Error>(inbox::list_portals(tx, limit)?)).await
}

async fn work_portal(engine: &Engine, portal_no: i64) -> Ended {
    let mut batch = BATCH;
    loop {
        match work_batch(engine, portal_no, batch).await {
            Ok(Step::Done) => batch = BATCH,
            Ok(Step::Ended(ended)) => return ended,
            // One of them does not work: find out which.
            Ok(Step::Failed { many: true }) => batch = 1,
            Ok(Step::Failed { many: false }) => return Ended::Failed,
            Err(error) => {
                tracing::error!(error = %error, portal.no = portal_no, "the inbox cannot be worked in");
                return Ended::Failed;
            }
        }
    }
}

enum Step {
    Done,
    Ended(Ended),
    Failed { many: bool },
}

struct Item {
    row: InboxRow,
    account: AccountRow,
    event: Inbound,
}

async fn work_batch(engine: &Engine, portal_no: i64, limit: i64) -> Result<Step> {
    let (mut items, in_doubt) = load(engine, portal_no, limit).await?;
    if items.is_empty() {
        return Ok(Step::Ended(Ended::Empty));
    }
    // An echo must not be worked in before we know how the sending ended.
    if let Some(first) = items.iter().position(|item| is_own_message(&item.event)) {
        if in_doubt {
            items.truncate(first);
        } else {
            deliver::ask_for_unknown(engine, portal_no).await?;
        }
    }
    if items.is_empty() {
        return Ok(Step::Ended(Ended::Blocked));
    }
    if !fetch_files(engine, &mut items).await {
        count_failure(engine, items[0].row.inbox_no).await?;
        return Ok(Step::Ended(Ended::Failed));
    }
    let count = items.len();
    let first = items[0].row.clone();
    let items = Arc::new(items);
    match write(engine, portal_no, Arc::clone(&items)).await {
        Ok(()) => {
            items.iter().for_each(|item| engine.hub.faces.see(&item.account, &item.event));
            Ok(Step::Done)
        }
        Err(error @ Error::Unavailable(_)) => Err(error),
        Err(_) if count > 1 => Ok(Step::Failed { many: true }),
        Err(error) => {
            give_up_or_count(engine, &first, &error).await?;
            Ok(Step::Failed { many: false })
        }
    }
}

fn is_own_message(event: &Inbound) -> bool {
    event.sender == Sender::Me && matches!(event.body, InboundBody::Message { .. })
}

async fn load(engine: &Engine, portal_no: i64, limit: i64) -> Result<(Vec<Item>, bool)> {
    let (loaded, in_doubt) = engine
        .db
        .read(move |tx| {
            let mut loaded = Vec::new();
            for row in inbox::list(tx, portal_no, limit)? {
                let account = accounts::find(tx, row.account_id)?;
                loaded.push((row, account));
            }
            Ok::<_, Error>((loaded, outbox::is_in_doubt(tx, portal_no)?))
        })
        .await?;
    let mut items = Vec::with_capacity(loaded.len());
    let mut useless = Vec::new();
    for (row, account) in loaded {
        match (account, serde_json::from_str(&row.event)) {
            (Some(account), Ok(event)) if account.removed.is_none() => items.push(Item { row, account, event }),
            (_, Err(error)) => {
                tracing::error!(error = %error, inbox.no = row.inbox_no, "an inbound event cannot be read");
                useless.push((row.inbox_no, Some("unreadable")));
            }
            _ => useless.push((row.inbox_no, None)),
        }
    }
    if !useless.is_empty() {
        engine
            .db
            .write(move |tx| {
                for (inbox_no, reason) in &useless {
                    match reason {
                        Some(reason) => inbox::park(tx, *inbox_no, reason)?,
                        None => drop(inbox::delete(tx, *inbox_no)?),
                    }
                }
                Ok::<_, Error>(())
            })
            .await?;
        if items.is_empty() {
            return Box::pin(load(engine, portal_no, limit)).await;
        }
    }
    Ok((items, in_doubt))
}

/// Fetches what is missing; cuts the batch before the first event whose file cannot be had now.
/// False if that is the very first.
async fn fetch_files(engine: &Engine, items: &mut Vec<Item>) -> bool {
    for number in 0..items.len() {
        let item = &mut items[number];
        let session = engine.hub.find_session(AccountId(item.account.account_id));
        let patient = item.row.attempts < ATTEMPTS;
        let fetched = engine.fetch_files(&item.account.owner, session.as_deref(), &mut item.event, patient).await;
        if fetched.is_err() {
            items.truncate(number);
            return number > 0;
        }
    }
    true
}

async fn write(engine: &Engine, portal_no: i64, items: Arc<Vec<Item>>) -> Result<()> {
    let core = engine.core();
    engine
        .db
        .write(move |tx| {
            let mut portal = portals::get(tx, portal_no)?;
            for item in items.iter() {
                let mut scene = Scene { core: &core, account: &item.account, portal: &mut portal };
                match work_in(tx, &mut scene, &item.event)? {
                    Worked::Done => drop(inbox::delete(tx, item.row.inbox_no)?),
                    Worked::WaitsFor(target) => inbox::wait_for(tx, item.row.inbox_no, target.as_str())?,
                }
            }
            Ok::<_, Error>(())
        })
        .await
}

async fn count_failure(engine: &Engine, inbox_no: i64) -> Result<()> {
    engine.db.write(move |tx| Ok::<_, Error>(inbox::count_failure(tx, inbox_no)?)).await
}

async fn give_up_or_count(engine: &Engine, row: &InboxRow, error: &Error) -> Result<()> {
    if row.attempts + 1 < ATTEMPTS {
        return count_failure(engine, row.inbox_no).await;
    }
    tracing::error!(error = %error, inbox.no = row.inbox_no, account.id = row.account_id, "an inbound event is laid aside");
    let (inbox_no, reason) = (row.inbox_no, error.to_string());
    engine.db.write(move |tx| Ok::<_, Error>(inbox::park(tx, inbox_no, &reason)?)).await
}
