//! What was said before the import, page by page, when somebody scrolls up.

use unisono_domain::channel::{Inbound, InboundBody, PortalKey, RequestError};
use xmpp_parsers::jid::{BareJid, Jid};

use super::{
    archive::{self, Place, Question},
    heard::{Reader, Way},
    link::LinkError,
    rooms,
    session::{XmppSession, request_error},
};

/// Pages in which everything is known are turned over, but not forever.
const MOST_PAGES: usize = 20;

pub async fn fetch(session: &XmppSession, portal: &PortalKey, limit: usize) -> Result<Vec<Inbound>, RequestError> {
    let link = session.request_link()?;
    let chat = portal.chat.as_str();
    let Ok(address) = chat.parse::<Jid>() else { return Ok(Vec::new()) };
    let room = rooms::is_room(session, &address);
    let archive: BareJid = if room { address.to_bare() } else { session.me.clone() };
    for _ in 0..MOST_PAGES {
        let question = {
            let memory = session.memory();
            let since = memory.cursor.rooms.get(chat).map_or(memory.cursor.since, |mark| mark.since);
            Question {
                with: (!room).then(|| chat.to_owned()),
                start: None,
                end: Some(since),
                place: Place::Before(memory.history.get(chat).cloned()),
                most: limit,
            }
        };
        let page = match archive::ask(&link, &archive, &question, Way::Imported).await {
            Ok(Some(page)) => page,
            Ok(None) | Err(LinkError::Refused(_)) => return Ok(Vec::new()),
            Err(error) => return Err(request_error(error)),
        };
        let Some(first) = page.first else { return Ok(Vec::new()) };
        let events = {
            let mut memory = session.memory();
            memory.history.insert(chat.to_owned(), first);
            let mut reader = Reader { account: session.account, me: &session.me, memory: &mut memory };
            page.messages.iter().flat_map(|heard| reader.read(heard)).collect::<Vec<_>>()
        };
        let fresh = unknown(session, events).await?;
        if !fresh.is_empty() || page.complete {
            return Ok(fresh);
        }
    }
    Ok(Vec::new())
}

/// Messages that are not in the room yet: after a restart the pages begin anew.
async fn unknown(session: &XmppSession, events: Vec<Inbound>) -> Result<Vec<Inbound>, RequestError> {
    let messages: Vec<Inbound> =
        events.into_iter().filter(|event| matches!(event.body, InboundBody::Message { .. })).collect();
    let ids: Vec<_> = messages.iter().map(|event| event.id.clone()).collect();
    let known = session.host.find_portals(&ids).await.map_err(|error| RequestError::Unavailable(error.to_string()))?;
    Ok(messages.into_iter().filter(|event| !known.iter().any(|(id, _)| *id == event.id)).collect())
}
