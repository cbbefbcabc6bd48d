//! Sending what waits in the outbox: in order within a portal, several portals at a time, and only
//! so many of one account that its trouble holds up nobody else's.

use std::{
    collections::{HashMap, HashSet},
    panic::AssertUnwindSafe,
    sync::Arc,
    time::Duration,
};

use futures_util::FutureExt;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use unisono_domain::{
    channel::{AccountId, FindSent, MessageRef, Outbound, SendOutcome, Session},
    text::Text,
};
use unisono_store::hub::{outbox, outbox::OutboxRow};

use super::{
    Backoff, backoff,
    compose::{Composed, Draft, Piece, collect},
    outcome::{self, Noted, QUICK, Sent},
    status::Fate,
};
use crate::{Engine, Error, Result};

/// Portals of one account that are sent to at the same time.
const PER_ACCOUNT: usize = 4;
/// What takes longer has an unknown outcome.
const SEND_WITHIN: Duration = Duration::from_secs(180);
const ASK_WITHIN: Duration = Duration::from_secs(60);
/// The store is asked at least this often, should a hint get lost.
const LOOK_AGAIN: Duration = Duration::from_secs(30);
/// What could not be sent for so long has failed, in milliseconds.
const GIVE_UP_AFTER: i64 = 24 * 60 * 60 * 1000;
/// How long a clean stop waits for messages that are just being sent.
const LAST_WORDS: Duration = Duration::from_secs(5);

const UNKNOWN: Text = Text::new(
    "The network did not say whether it took the message. Look whether it arrived before you send it again.",
    "Das Netz hat nicht gesagt, ob es die Nachricht angenommen hat. Sieh nach, ob sie ankam, bevor du sie noch einmal sendest.",
);
const UNSUPPORTED: Text = Text::new("This network cannot carry this.", "Dieses Netz kann das nicht übertragen.");

/// Runs until the hub stops.
pub(super) async fn run(engine: Engine, cancel: CancellationToken) {
    let mut workers: JoinSet<(i64, i64)> = JoinSet::new();
    let mut busy: HashSet<i64> = HashSet::new();
    let mut per_account: HashMap<i64, usize> = HashMap::new();
    loop {
        let wake = match look(&engine).await {
            Ok((heads, wake)) => {
                let connected = engine.hub.connected();
                for head in heads {
                    let running = per_account.entry(head.account_id).or_default();
                    if !connected.contains(&AccountId(head.account_id))
                        || *running >= PER_ACCOUNT
                        || !busy.insert(head.portal_no)
                    {
                        continue;
                    }
                    *running += 1;
                    let (engine, cancel) = (engine.clone(), cancel.clone());
                    workers.spawn(async move {
                        work_portal(&engine, &cancel, head.portal_no).await;
                        (head.portal_no, head.account_id)
                    });
                }
                wake
            }
            Err(error) => {
                tracing::error!(error = %error, "the outbox cannot be read");
                LOOK_AGAIN
            }
        };
        tokio::select! {
            () = cancel.cancelled() => break,
            () = engine.bus.outbox.notified() => {}
            Some(ended) = workers.join_next() => match ended {
                Ok((portal_no, account_id)) => {
                    busy.remove(&portal_no);
                    per_account.entry(account_id).and_modify(|running| *running = running.saturating_sub(1));
                }
                Err(error) => {
                    tracing::error!(error = %error, "a sender broke off");
                    workers.shutdown().await;
                    busy.clear();
                    per_account.clear();
                    recover(&engine).await;
                }
            },
            () = tokio::time::sleep(wake) => {}
        }
    }
    let ended = tokio::time::timeout(LAST_WORDS, async { while workers.join_next().await.is_some() {} }).await;
    if ended.is_err() {
        // Their rows say that they were being sent; the next start asks the network about them.
        workers.shutdown().await;
    }
}

async fn recover(engine: &Engine) {
    if let Err(error) = engine.db.write(|tx| Ok::<_, Error>(outbox::recover(tx)?)).await {
        tracing::error!(error = %error, "the outbox cannot be written");
    }
}

/// What is due now, and how long to sleep if nothing is. Tells the senders of what has been waiting
/// for long.
async fn look(engine: &Engine) -> Result<(Vec<OutboxRow>, Duration)> {
    let now = engine.now();
    let (mut heads, untold) =
        engine.db.read(move |tx| Ok::<_, Error>((outbox::list_heads(tx)?, outbox::find_next_untold(tx)?))).await?;
    if untold.is_some_and(|since| since + QUICK <= now) {
        let core = engine.core();
        engine
            .db
            .write(move |tx| {
                for row in outbox::list_untold(tx, now - QUICK)? {
                    outbox::set_told(tx, row.outbox_no)?;
                    outcome::tell(tx, &core, &row, &Fate::Pending(None))?;
                }
                Ok::<_, Error>(())
            })
            .await?;
    }
    let next = heads.iter().map(|head| head.next_at).filter(|at| *at > now).min();
    let tell = untold.map(|since| since + QUICK).filter(|at| *at > now);
    let wake = next.into_iter().chain(tell).min().map_or(LOOK_AGAIN, |at| backoff::until(at, now).min(LOOK_AGAIN));
    heads.retain(|head| head.state == "queued" && head.next_at <= now);
    Ok((heads, wake))
}

async fn work_portal(engine: &Engine, cancel: &CancellationToken, portal_no: i64) {
    while !cancel.is_cancelled() {
        match send_next(engine, portal_no).await {
            Ok(true) => {}
            Ok(false) => break,
            Err(error) => {
                tracing::error!(error = %error, portal.no = portal_no, "a message cannot be sent");
                put_back(engine, portal_no).await;
                break;
            }
        }
    }
}

/// After a failure of our own: the row is tried again later.
async fn put_back(engine: &Engine, portal_no: i64) {
    let core = engine.core();
    let result = engine
        .db
        .write(move |tx| {
            for row in outbox::list_in_state(tx, portal_no, "sending")? {
                let pause = Backoff::SEND.draw(u32::try_from(row.attempts).unwrap_or(u32::MAX));
                outbox::set(tx, row.outbox_no, "queued", core.now() + backoff::millis(pause), true)?;
            }
            Ok::<_, Error>(())
        })
        .await;
    if let Err(error) = result {
        tracing::error!(error = %error, "the outbox cannot be written");
    }
}

/// Sends a portal's next row, if it is due. False if the portal has to wait.
async fn send_next(engine: &Engine, portal_no: i64) -> Result<bool> {
    let core = engine.core();
    let leased = engine
        .db
        .write(move |tx| {
            let Some(head) = outbox::find_head(tx, portal_no)? else { return Ok(None) };
            if head.next_at > core.now() || !outbox::lease(tx, head.outbox_no)? {
                return Ok(None);
            }
            let draft = collect(tx, &head)?;
            Ok::<_, Error>(Some((head, draft)))
        })
        .await?;
    let Some((mut row, draft)) = leased else { return Ok(false) };
    row.attempts += 1;
    let Some(draft) = draft else {
        finish(engine, row).await?;
        return Ok(true);
    };
    let Some(session) = engine.hub.find_session(AccountId(row.account_id)) else {
        // It will be woken when the account is connected.
        let doubtful = row.doubtful;
        set(engine, row.outbox_no, row.next_at, doubtful).await?;
        return Ok(false);
    };
    send(engine, &*session, row, &draft).await
}

async fn send(engine: &Engine, session: &dyn Session, row: OutboxRow, draft: &Draft) -> Result<bool> {
    let channel = engine.hub.get_channel(&draft.account.channel)?;
    let pieces = match engine.compose(&row, draft, &channel.capabilities()).await? {
        Composed::Send(pieces) => pieces,
        Composed::Nothing => {
            finish(engine, row).await?;
            return Ok(true);
        }
        Composed::Refuse(reason) => {
            fail(engine, row, Fate::Failed(reason), false).await?;
            return Ok(true);
        }
    };
    let row = Arc::new(row);
    let left = pieces.into_iter().filter(|piece| match &piece.noted {
        Noted::Message { piece } => !draft.done.contains(&outcome::part_name(&row, *piece)),
        Noted::Edit | Noted::Reaction { .. } | Noted::Nothing => draft.done.is_empty(),
    });
    // Only sending again by hand starts to count attempts anew, and it does so after the doubt arose.
    let by_hand = row.attempts == 1;
    let mut doubt = match row.doubtful {
        false => Doubt::None,
        true if by_hand => Doubt::Accepted,
        true => Doubt::Open,
    };
    let mut left = left.peekable();
    while let Some(piece) = left.next() {
        let outcome = attempt(session, &piece.outbound, doubt).await;
        doubt = Doubt::None;
        match outcome {
            Attempt::Sent(message) => {
                note(engine, &row, &piece, message, left.peek().is_none()).await?;
            }
            Attempt::Echo(txn) => {
                let row = Arc::clone(&row);
                engine
                    .db
                    .write(move |tx| {
                        outbox::set_txn(tx, row.outbox_no, &txn)?;
                        Ok::<_, Error>(outbox::set(tx, row.outbox_no, "echo", row.next_at, true)?)
                    })
                    .await?;
                return Ok(true);
            }
            Attempt::Later { after, reason, doubtful } => return wait(engine, &row, after, reason, doubtful).await,
            Attempt::Failed { fate, in_doubt } => {
                fail(engine, (*row).clone(), fate, in_doubt).await?;
                return Ok(true);
            }
        }
    }
    if draft.done.is_empty() {
        return Ok(true);
    }
    // All pieces may have been sent before a crash that left only the row behind.
    let finished = Arc::clone(&row);
    finish(engine, (*finished).clone()).await?;
    Ok(true)
}

/// How one call ended.
enum Attempt {
    Sent(MessageRef),
    Echo(String),
    Later { after: Option<u64>, reason: Text, doubtful: bool },
    Failed { fate: Fate, in_doubt: bool },
}

/// Whether something may have been sent already.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Doubt {
    None,
    Open,
    /// The user has looked, and wants it sent unless the network knows better.
    Accepted,
}

/// Sends one piece. What may have been sent already is asked for first.
async fn attempt(session: &dyn Session, outbound: &Outbound, doubt: Doubt) -> Attempt {
    if doubt != Doubt::None {
        match ask(session, outbound).await {
            Ok(FindSent::Sent(message)) => return Attempt::Sent(message),
            Ok(FindSent::NotSent) => {}
            Ok(FindSent::CannotTell) if doubt == Doubt::Accepted => {}
            Ok(FindSent::CannotTell) => {
                return Attempt::Failed { fate: Fate::FailedForNow(UNKNOWN), in_doubt: true };
            }
            Err(reason) => return Attempt::Later { after: None, reason, doubtful: true },
        }
    }
    let sending = AssertUnwindSafe(session.send(outbound.clone())).catch_unwind();
    let outcome = match tokio::time::timeout(SEND_WITHIN, sending).await {
        Ok(Ok(outcome)) => outcome,
        Ok(Err(_)) => {
            tracing::error!("a session panicked while sending");
            SendOutcome::Unknown { reason: UNKNOWN }
        }
        Err(_) => SendOutcome::Unknown { reason: UNKNOWN },
    };
    match outcome {
        SendOutcome::Sent { id, data, .. } => Attempt::Sent(MessageRef { id, data }),
        SendOutcome::PendingEcho { txn } => Attempt::Echo(txn),
        SendOutcome::Retry { after, reason } => Attempt::Later { after, reason, doubtful: false },
        SendOutcome::Rejected { reason } => Attempt::Failed { fate: Fate::Failed(reason), in_doubt: false },
        SendOutcome::Unsupported => Attempt::Failed { fate: Fate::Failed(UNSUPPORTED), in_doubt: false },
        SendOutcome::Unknown { reason } => match ask(session, outbound).await {
            Ok(FindSent::Sent(message)) => Attempt::Sent(message),
            Ok(FindSent::NotSent | FindSent::CannotTell) | Err(_) => {
                Attempt::Failed { fate: Fate::FailedForNow(reason), in_doubt: true }
            }
        },
    }
}

async fn ask(session: &dyn Session, outbound: &Outbound) -> std::result::Result<FindSent, Text> {
    let asking = AssertUnwindSafe(session.find_sent(outbound)).catch_unwind();
    match tokio::time::timeout(ASK_WITHIN, asking).await {
        Ok(Ok(Ok(found))) => Ok(found),
        Ok(Ok(Err(error))) => Err(Text::verbatim(&error.to_string())),
        Ok(Err(_)) | Err(_) => Err(UNKNOWN),
    }
}

async fn note(engine: &Engine, row: &Arc<OutboxRow>, piece: &Piece, message: MessageRef, last: bool) -> Result<()> {
    let sent = Sent { id: message.id, data: message.data, noted: piece.noted.clone() };
    let (core, row) = (engine.core(), Arc::clone(row));
    engine
        .db
        .write(move |tx| if last { outcome::sent(tx, &core, &row, &sent) } else { outcome::note(tx, &row, &sent) })
        .await
}

async fn finish(engine: &Engine, row: OutboxRow) -> Result<()> {
    let core = engine.core();
    engine.db.write(move |tx| outcome::finish(tx, &core, &row)).await
}

async fn fail(engine: &Engine, row: OutboxRow, fate: Fate, in_doubt: bool) -> Result<()> {
    let core = engine.core();
    engine.db.write(move |tx| outcome::failed(tx, &core, &row, &fate, in_doubt)).await
}

async fn set(engine: &Engine, outbox_no: i64, next_at: i64, doubtful: bool) -> Result<()> {
    engine.db.write(move |tx| Ok::<_, Error>(outbox::set(tx, outbox_no, "queued", next_at, doubtful)?)).await
}

/// Puts a row off. What could not be sent for a day has failed; read marks are given up sooner.
async fn wait(engine: &Engine, row: &OutboxRow, after: Option<u64>, reason: Text, doubtful: bool) -> Result<bool> {
    let now = engine.now();
    if now - row.queued_at > GIVE_UP_AFTER || (row.kind == "read" && row.attempts >= 5) {
        fail(engine, row.clone(), Fate::FailedForNow(reason), doubtful).await?;
        return Ok(true);
    }
    let attempts = u32::try_from(row.attempts).unwrap_or(u32::MAX);
    let pause = after.map_or_else(|| Backoff::SEND.draw(attempts), Duration::from_millis);
    tracing::info!(account.id = row.account_id, reason = %reason.en, "a message has to wait");
    set(engine, row.outbox_no, now + backoff::millis(pause), doubtful).await?;
    Ok(false)
}

/// Before an own message from elsewhere is worked in: it may be one of ours whose sending had an
/// unknown outcome. Asks the network about those.
pub(super) async fn ask_for_unknown(engine: &Engine, portal_no: i64) -> Result<()> {
    let rows = engine.db.read(move |tx| Ok::<_, Error>(outbox::list_in_state(tx, portal_no, "unknown")?)).await?;
    for row in rows {
        let Some(session) = engine.hub.find_session(AccountId(row.account_id)) else { continue };
        let asked = row.clone();
        let Some(draft) = engine.db.read(move |tx| collect(tx, &asked)).await? else { continue };
        let channel = engine.hub.get_channel(&draft.account.channel)?;
        let Composed::Send(pieces) = engine.compose(&row, &draft, &channel.capabilities()).await? else { continue };
        let row = Arc::new(row);
        let mut left = pieces.iter().peekable();
        while let Some(piece) = left.next() {
            match ask(&*session, &piece.outbound).await {
                Ok(FindSent::Sent(message)) => note(engine, &row, piece, message, left.peek().is_none()).await?,
                Ok(FindSent::NotSent | FindSent::CannotTell) | Err(_) => break,
            }
        }
    }
    Ok(())
}
