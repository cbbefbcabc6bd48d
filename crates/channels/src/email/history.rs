//! Mails from before the first import, for one conversation, page by page.

use std::{
    collections::{BTreeSet, HashMap, HashSet},
    sync::PoisonError,
};

use unisono_domain::channel::{Inbound, PortalKey, RequestError, SessionError};

use super::{
    convert::{self, Fetched},
    cursor::Cursor,
    imap::{Imap, ImapError, quoted},
    notes::Place,
    pull::{LARGEST, blocking, safely},
    session::EmailSession,
    thread::{Known, addresses_of},
};

/// Mails that are looked up at once; how many of them belong shows only when they are read.
const CANDIDATES: usize = 400;
const AT_ONCE: usize = 40;

/// Below which mails of each folder the next page begins.
#[derive(Clone, Debug, Default)]
pub struct Progress {
    below: HashMap<String, u32>,
}

/// A mail that may belong to the conversation.
struct Candidate {
    received: i64,
    place: Place,
}

/// Up to about `limit` older mails of a conversation, oldest first. Empty only if there are none left.
pub async fn fetch(session: &EmailSession, portal: &PortalKey, limit: usize) -> Result<Vec<Inbound>, RequestError> {
    let Some(criteria) = criteria(portal) else { return Ok(Vec::new()) };
    let cursor = Cursor::read(session.host.cursor().await.map_err(|error| unavailable(&error))?);
    let mut progress =
        session.history.lock().unwrap_or_else(PoisonError::into_inner).get(portal).cloned().unwrap_or_default();
    let mut imap = session.connection().await.map_err(|error| unavailable(&error))?;
    let sent = session.sent_folder(&mut imap).await.map_err(|error| unavailable(&error))?;
    let folders: Vec<String> = [Some("INBOX".to_owned()), sent].into_iter().flatten().collect();

    let mut page: Vec<Inbound> = Vec::new();
    while page.is_empty() {
        let candidates = candidates(&mut imap, &folders, &cursor, &progress, &criteria)
            .await
            .map_err(|error| unavailable(&error))?;
        if candidates.is_empty() {
            break;
        }
        for some in candidates.chunks(AT_ONCE) {
            let mut fetched = Vec::new();
            for folder in some.iter().map(|mail| &mail.place.folder).collect::<BTreeSet<_>>() {
                let places: Vec<&Place> =
                    some.iter().map(|mail| &mail.place).filter(|place| place.folder == *folder).collect();
                fetched.extend(read(&mut imap, folder, &places).await.map_err(|error| unavailable(&error))?);
            }
            page.extend(events(session, portal, fetched).await?);
            for mail in some {
                progress.below.insert(mail.place.folder.clone(), mail.place.uid);
            }
            if page.len() >= limit {
                break;
            }
        }
    }
    session.give_back(imap);
    session.history.lock().unwrap_or_else(PoisonError::into_inner).insert(portal.clone(), progress);
    page.sort_by_key(|event| event.sent_at);
    Ok(page)
}

fn unavailable(error: &dyn std::fmt::Display) -> RequestError {
    RequestError::Unavailable(error.to_string())
}

/// What the server can search for; what it finds is looked at closely afterwards.
fn criteria(portal: &PortalKey) -> Option<String> {
    let chat = portal.chat.as_str();
    if let Some(root) = chat.strip_prefix("t:") {
        let root = quoted(root)?;
        return Some(format!("OR HEADER References {root} OR HEADER In-Reply-To {root} HEADER Message-ID {root}"));
    }
    if let Some(list) = chat.strip_prefix("l:") {
        return Some(format!("HEADER List-Id {}", quoted(list)?));
    }
    let address = quoted(addresses_of(portal).first()?)?;
    Some(format!("OR FROM {address} OR TO {address} CC {address}"))
}

/// The next mails of all folders, the newest first. Each folder goes down by UID, so that its
/// progress is one number; between folders the time decides.
async fn candidates(
    imap: &mut Imap,
    folders: &[String],
    cursor: &Cursor,
    progress: &Progress,
    criteria: &str,
) -> Result<Vec<Candidate>, ImapError> {
    let mut queues = Vec::new();
    for folder in folders {
        let Some(position) = cursor.folders.get(folder) else { continue };
        let below = progress.below.get(folder).copied().unwrap_or(position.lowest);
        if below <= 1 {
            continue;
        }
        imap.open(folder).await?;
        let uids = imap.search(&format!("UID 1:{} {criteria}", below - 1)).await?;
        let newest: Vec<u32> = uids.into_iter().rev().take(CANDIDATES).collect();
        let mut found: Vec<Candidate> = imap
            .received(&newest)
            .await?
            .into_iter()
            .map(|(uid, received)| Candidate {
                received,
                place: Place { folder: folder.clone(), uid_validity: position.uid_validity, uid },
            })
            .collect();
        found.sort_by_key(|mail| mail.place.uid);
        queues.push(found);
    }
    let mut merged = Vec::new();
    while merged.len() < CANDIDATES {
        let newest = queues.iter_mut().max_by_key(|queue| queue.last().map(|mail| mail.received));
        match newest.and_then(Vec::pop) {
            Some(mail) => merged.push(mail),
            None => break,
        }
    }
    Ok(merged)
}

async fn read(imap: &mut Imap, folder: &str, places: &[&Place]) -> Result<Vec<Fetched>, ImapError> {
    imap.open(folder).await?;
    let uids: Vec<u32> = places.iter().map(|place| place.uid).collect();
    let mut fetched = Vec::new();
    for raw in imap.fetch_mails(&uids, Some(LARGEST as usize)).await? {
        let Some(place) = places.iter().find(|place| place.uid == raw.uid) else { continue };
        fetched.push(Fetched {
            mail: safely(&raw),
            place: (*place).clone(),
            in_sent: folder != "INBOX",
            seen: true,
            historical: true,
            cut_at: (raw.size > LARGEST).then_some(raw.size),
        });
    }
    Ok(fetched)
}

/// Those of the mails that belong to the conversation and are not known yet.
async fn events(
    session: &EmailSession,
    portal: &PortalKey,
    mut fetched: Vec<Fetched>,
) -> Result<Vec<Inbound>, RequestError> {
    let asked = convert::asked_for(&fetched);
    let known: Known = session
        .host
        .find_portals(&asked)
        .await
        .map_err(|error| unavailable(&error))?
        .into_iter()
        .map(|(id, portal)| (id.as_str().to_owned(), portal))
        .collect();
    let mut here = HashSet::new();
    fetched.retain(|mail| !known.contains_key(&mail.mail.id) && here.insert(mail.mail.id.clone()));
    fetched.sort_by_key(|mail| mail.mail.date);
    let owner = session.owner.clone();
    let events = blocking(move || convert::convert(&fetched, &owner, &known))
        .await
        .map_err(|error: SessionError| unavailable(&error))?;
    Ok(events.into_iter().filter(|event| event.portal == *portal).collect())
}
