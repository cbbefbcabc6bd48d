//! `\Seen` in both directions.
//!
//! What changed elsewhere is found by comparing the unread mails of the server with those that we
//! remember: one SEARCH, right on every server, also after an outage (CONDSTORE would save nothing).

use std::collections::{BTreeMap, HashMap};

use unisono_domain::channel::{
    Inbound, InboundBody, MessageRef, PortalKey, RemoteId, SendOutcome, Sender, SessionError,
};

use super::{
    cursor::{Cursor, WATCHED},
    imap::{Imap, ImapError, quoted},
    notes::{Notes, Place},
    parse::hash,
    pull::Folder,
    session::EmailSession,
};

/// How many mails one read mark covers at most.
const COVERED: usize = 200;

/// Tells the hub what was read or marked unread in another program.
pub async fn sync(session: &EmailSession, inbox: &mut Folder, cursor: &mut Cursor) -> Result<(), SessionError> {
    let Some(position) = cursor.folders.get(&inbox.name).cloned() else { return Ok(()) };
    if position.last < position.lowest {
        return Ok(());
    }
    let before = position.unseen();
    let query = format!("UID {}:{} UNSEEN", position.lowest, position.last);
    let now = inbox.imap.search(&query).await?;
    // Of very many unread mails only the newest are remembered.
    let watched_from = if before.len() >= WATCHED { before.first().copied().unwrap_or(0) } else { 0 };
    let changed: Vec<u32> =
        before.symmetric_difference(&now).copied().filter(|uid| before.contains(uid) || *uid >= watched_from).collect();
    if changed.is_empty() {
        return Ok(());
    }
    let mut marks = Vec::new();
    for mark in inbox.imap.marks(&changed).await? {
        let id = match mark.message_id {
            Some(id) => id,
            None => match inbox.imap.fetch_mails(&[mark.uid], None).await?.first() {
                Some(raw) => hash(&raw.bytes),
                None => continue,
            },
        };
        marks.push((mark.uid, mark.seen, RemoteId::new(id)));
    }
    let ids: Vec<RemoteId> = marks.iter().map(|(_, _, id)| id.clone()).collect();
    let portals: HashMap<RemoteId, PortalKey> = session.host.find_portals(&ids).await?.into_iter().collect();

    let at = session.host.now();
    let mut newest_read: BTreeMap<(String, i64), Inbound> = BTreeMap::new();
    let mut events = Vec::new();
    for (_, seen, id) in marks {
        let Some(portal) = portals.get(&id) else { continue };
        let event = |body: InboundBody| Inbound {
            portal: portal.clone(),
            sender: Sender::Me,
            sent_at: at,
            id: RemoteId::new(format!("{id}#{at}")),
            body,
            chat: None,
            data: serde_json::Value::Null,
            original: None,
            seen: true,
            historical: false,
        };
        if seen {
            // In ascending order: the last one of a conversation stays, and means the others, too.
            let key = (portal.chat.as_str().to_owned(), portal.receiver.map_or(0, |account| account.0));
            newest_read.insert(key, event(InboundBody::Read { up_to: id.clone() }));
        } else {
            events.push(event(InboundBody::Unread { target: id.clone() }));
        }
    }
    events.extend(newest_read.into_values());
    if let Some(position) = cursor.folders.get_mut(&inbox.name) {
        position.set_unseen(&now);
    }
    session.host.deliver(events, Some(cursor.to_value())).await?;
    Ok(())
}

/// Marks everything up to a message as read on the server.
pub async fn mark(session: &EmailSession, portal: &PortalKey, up_to: &MessageRef) -> SendOutcome {
    let mut messages = match session.host.messages_up_to(portal, &up_to.id, COVERED).await {
        Ok(messages) => messages,
        Err(error) => {
            return SendOutcome::Retry {
                after: None,
                reason: unisono_domain::text::Text::verbatim(&error.to_string()),
            };
        }
    };
    if !messages.iter().any(|message| message.id == up_to.id) {
        messages.push(up_to.clone());
    }
    let mut by_folder: BTreeMap<(String, u32), Vec<(u32, RemoteId)>> = BTreeMap::new();
    for message in messages {
        let notes = Notes::read(&message);
        if let Some(Place { folder, uid_validity, uid }) = notes.place.filter(|_| !notes.own) {
            by_folder.entry((folder, uid_validity)).or_default().push((uid, message.id));
        }
    }
    let result = async {
        let mut imap = session.connection().await?;
        for ((folder, uid_validity), mails) in by_folder {
            store(&mut imap, &folder, uid_validity, mails).await?;
        }
        session.give_back(imap);
        Ok::<_, ImapError>(())
    }
    .await;
    match result {
        Ok(()) => SendOutcome::Sent { id: up_to.id.clone(), at: session.host.now(), data: serde_json::Value::Null },
        Err(error) => {
            SendOutcome::Retry { after: None, reason: unisono_domain::text::Text::verbatim(&error.to_string()) }
        }
    }
}

async fn store(imap: &mut Imap, folder: &str, uid_validity: u32, mails: Vec<(u32, RemoteId)>) -> Result<(), ImapError> {
    let selected = imap.select(folder).await?;
    let mut uids: Vec<u32> = Vec::new();
    if selected.uid_validity == uid_validity {
        uids.extend(mails.iter().map(|(uid, _)| *uid));
    } else {
        // Renumbered since: only the newest few are worth a search each.
        for (_, id) in mails.iter().take(20) {
            if let Some(id) = quoted(id.as_str()) {
                uids.extend(imap.search(&format!("HEADER Message-ID {id}")).await?);
            }
        }
    }
    if uids.is_empty() { Ok(()) } else { imap.mark_seen(&uids).await }
}
