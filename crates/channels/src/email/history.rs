//! Mails from before the first import, for one conversation, page by page.

use std::{
    collections::{BTreeSet, HashSet},
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

/// Mails looked at for one page at most, so that a page comes in bounded time.
const CANDIDATES: usize = 400;
const AT_ONCE: usize = 40;

/// Below which mails of each folder the next page begins.
#[derive(Clone, Debug, Default)]
pub struct Progress {
    below: std::collections::HashMap<String, u32>,
}

/// Up to `limit` older mails of a conversation, oldest first.
pub async fn fetch(session: &EmailSession, portal: &PortalKey, limit: usize) -> Result<Vec<Inbound>, RequestError> {
    let Some(criteria) = criteria(portal) else { return Ok(Vec::new()) };
    let cursor = Cursor::read(session.host.cursor().await.map_err(|error| unavailable(&error))?);
    let mut progress =
        session.history.lock().unwrap_or_else(PoisonError::into_inner).get(portal).cloned().unwrap_or_default();
    let mut imap = session.connection().await.map_err(|error| unavailable(&error))?;
    let sent = session.sent_folder(&mut imap).await.map_err(|error| unavailable(&error))?;

    let mut candidates: Vec<(i64, u32, Place)> = Vec::new();
    for folder in [Some("INBOX".to_owned()), sent] {
        let Some((folder, position)) = folder.and_then(|name| Some((name.clone(), cursor.folders.get(&name)?))) else {
            continue;
        };
        let below = progress.below.get(&folder).copied().unwrap_or(position.lowest);
        if below <= 1 {
            continue;
        }
        let found = older(&mut imap, &folder, below, &criteria).await.map_err(|error| unavailable(&error))?;
        for (uid, received) in found {
            let place = Place { folder: folder.clone(), uid_validity: position.uid_validity, uid };
            candidates.push((received, uid, place));
        }
    }
    candidates.sort_by(|a, b| (b.0, b.1).cmp(&(a.0, a.1)));
    candidates.truncate(CANDIDATES);

    let mut page: Vec<Inbound> = Vec::new();
    for some in candidates.chunks(AT_ONCE) {
        if page.len() >= limit {
            break;
        }
        let mut fetched = Vec::new();
        for folder in some.iter().map(|(_, _, place)| &place.folder).collect::<BTreeSet<_>>() {
            let places: Vec<&Place> =
                some.iter().map(|(_, _, place)| place).filter(|place| place.folder == *folder).collect();
            fetched.extend(read(&mut imap, folder, &places).await.map_err(|error| unavailable(&error))?);
        }
        for (_, uid, place) in some {
            let below = progress.below.entry(place.folder.clone()).or_insert(*uid);
            *below = (*below).min(*uid);
        }
        page.extend(events(session, portal, fetched).await?);
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

async fn older(imap: &mut Imap, folder: &str, below: u32, criteria: &str) -> Result<Vec<(u32, i64)>, ImapError> {
    imap.open(folder).await?;
    let uids = imap.search(&format!("UID 1:{} {criteria}", below - 1)).await?;
    let newest: Vec<u32> = uids.into_iter().rev().take(CANDIDATES).collect();
    imap.received(&newest).await
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
