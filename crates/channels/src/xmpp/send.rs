//! Sending, and finding out whether something was sent.

use std::{sync::Arc, time::Duration};

use unisono_domain::{
    channel::{FindSent, MessageRef, Outbound, OutboundBody, RemoteId, SendOutcome, SessionError},
    text::Text,
};
use xmpp_parsers::{
    jid::{BareJid, Jid},
    message::{Id, Message},
};

use super::{
    archive::{self, Place, Question},
    compose::Recipient,
    heard::{ASIDE, Heard, Way},
    ids,
    link::{Link, LinkError, Verdict},
    memory::ME,
    notes::Notes,
    refusal::refused,
    rooms,
    session::XmppSession,
    upload,
    xml::{find as find_payload, ns},
};

/// How long a broken connection may take to come back before the sender has to decide.
const COMES_BACK: Duration = Duration::from_secs(100);
const FIND_WITHIN: Duration = Duration::from_secs(40);
/// Our clock and the server's may differ by so much, in milliseconds.
const CLOCKS: i64 = 15 * 60 * 1000;
const PAGE: usize = 100;
const MOST_PAGES: usize = 10;

const AWAY: Text = Text::new("The XMPP server is not connected.", "Der XMPP-Server ist nicht verbunden.");
const NO_ADDRESS: Text = Text::new("This is no XMPP address.", "Das ist keine XMPP-Adresse.");
const IN_DOUBT: Text = Text::new(
    "The connection broke while sending, and the server keeps no archive that would tell.",
    "Die Verbindung brach beim Senden ab, und der Server führt kein Archiv, das es sagen könnte.",
);

pub async fn send(session: &XmppSession, outbound: &Outbound) -> SendOutcome {
    let Some(link) = session.link() else { return SendOutcome::Retry { after: None, reason: AWAY } };
    let Ok(to) = outbound.portal.chat.as_str().parse::<Jid>() else {
        return SendOutcome::Rejected { reason: NO_ADDRESS };
    };
    let recipient = Recipient { room: rooms::is_room(session, &to), to };
    let silent = matches!(outbound.body, OutboundBody::Typing { .. } | OutboundBody::Read { .. });
    if recipient.room && !silent {
        match rooms::ensure_joined(session, &link, &recipient.to.to_bare()).await {
            Ok(()) => {}
            Err(rooms::Outside::ForNow) => return SendOutcome::Retry { after: None, reason: AWAY },
            Err(rooms::Outside::Refused(reason)) => return SendOutcome::Rejected { reason: rooms::not_in(&reason) },
        }
    }
    let id = outbound.txn.as_str();
    let message = match &outbound.body {
        OutboundBody::Message { parts, reply_to } => {
            let file = parts.iter().find_map(|part| part.media.as_ref());
            let uploaded = match file {
                Some(media) => match upload::put(session, &link, media).await {
                    Ok(url) => Some(url),
                    Err(outcome) => return outcome,
                },
                None => None,
            };
            recipient.say(id, parts, uploaded.as_ref().map(url::Url::as_str), reply_to.as_ref())
        }
        OutboundBody::Edit { target, parts } => recipient.correct(id, target, parts),
        OutboundBody::Delete { target } => recipient.retract(id, target),
        OutboundBody::Reaction { target, key } => {
            let mut keys = session.memory().cursor.reactions(&target.id, ME);
            keys.retain(|known| known != key);
            keys.push(key.clone());
            return react(session, &link, &recipient, id, target, keys).await;
        }
        OutboundBody::ReactionRemove { target, key } => {
            let mut keys = session.memory().cursor.reactions(&target.id, ME);
            keys.retain(|known| known != key);
            return react(session, &link, &recipient, id, target, keys).await;
        }
        OutboundBody::Read { up_to } => {
            let aside = format!("{ASIDE}{id}");
            return match recipient.seen(&aside, up_to) {
                Some(message) => say_aside(session, &link, message).await,
                None => done(session),
            };
        }
        OutboundBody::Typing { typing } => {
            let message = recipient.typing(&format!("{ASIDE}{}", link.fresh_id()), *typing);
            return say_aside(session, &link, message).await;
        }
    };
    let outcome = deliver(session, &link, &recipient, message, outbound).await;
    if matches!(outcome, SendOutcome::Sent { .. }) && !recipient.room {
        super::roster::welcome(session, &link, &recipient.to.to_bare()).await;
    }
    outcome
}

fn done(session: &XmppSession) -> SendOutcome {
    SendOutcome::Sent { id: RemoteId::new(""), at: session.host.now(), data: serde_json::Value::Null }
}

async fn say_aside(session: &XmppSession, link: &Link, message: Message) -> SendOutcome {
    match link.send(message).await {
        Ok(()) => done(session),
        Err(_) => SendOutcome::Retry { after: None, reason: AWAY },
    }
}

async fn react(
    session: &XmppSession,
    link: &Arc<Link>,
    recipient: &Recipient,
    id: &str,
    target: &MessageRef,
    keys: Vec<String>,
) -> SendOutcome {
    let message = recipient.react(id, target, &keys);
    match link.deliver(message, recipient.room).await {
        Ok(Verdict::Refused(refusal)) => SendOutcome::Rejected { reason: refused(&refusal) },
        Ok(Verdict::Taken | Verdict::Echoed(_)) => {
            session.memory().cursor.react(&target.id, ME, keys);
            SendOutcome::Sent {
                id: ids::mine(session.me.as_str(), id),
                at: session.host.now(),
                data: serde_json::Value::Null,
            }
        }
        // All reactions at once: saying them twice does no harm.
        Err(_) => SendOutcome::Retry { after: None, reason: AWAY },
    }
}

async fn deliver(
    session: &XmppSession,
    link: &Arc<Link>,
    recipient: &Recipient,
    message: Message,
    outbound: &Outbound,
) -> SendOutcome {
    match link.deliver(message, recipient.room).await {
        Ok(Verdict::Taken) => sent(session, recipient, &outbound.txn, None),
        Ok(Verdict::Echoed(stanza_id)) => sent(session, recipient, &outbound.txn, stanza_id),
        Ok(Verdict::Refused(refusal)) if refusal.passing => {
            SendOutcome::Retry { after: None, reason: refused(&refusal) }
        }
        Ok(Verdict::Refused(refusal)) if recipient.room && rooms::has_lost_us(&refusal) => {
            rooms::forget(session, &recipient.to.to_bare());
            SendOutcome::Retry { after: Some(0), reason: refused(&refusal) }
        }
        Ok(Verdict::Refused(refusal)) | Err(LinkError::Refused(refusal)) => {
            SendOutcome::Rejected { reason: refused(&refusal) }
        }
        Err(LinkError::Lost | LinkError::TimedOut) => look(session, link, outbound).await,
    }
}

/// The archive knows what became of it, as soon as there is somebody to ask.
async fn look(session: &XmppSession, link: &Arc<Link>, outbound: &Outbound) -> SendOutcome {
    session.next_link(Some(link), COMES_BACK).await;
    match find(session, outbound).await {
        Ok(FindSent::Sent(message)) => SendOutcome::Sent { id: message.id, at: session.host.now(), data: message.data },
        Ok(FindSent::NotSent) => SendOutcome::Retry { after: Some(0), reason: AWAY },
        Ok(FindSent::CannotTell) | Err(_) => SendOutcome::Unknown { reason: IN_DOUBT },
    }
}

/// What we know of a message of ours that was taken.
fn own_message(session: &XmppSession, recipient: &Recipient, id: &str, stanza_id: Option<String>) -> MessageRef {
    let chat = recipient.to.to_string();
    let (remote_id, from) = if recipient.room {
        let memory = session.memory();
        let room = memory.rooms.get(&chat);
        let nick = room.map(|room| room.nick.clone()).unwrap_or_default();
        let author = room.and_then(|room| room.occupant_id.clone()).unwrap_or_else(|| nick.clone());
        let name = stanza_id.clone().unwrap_or_else(|| format!("{author} {id}"));
        (ids::in_room(&chat, &name), format!("{chat}/{nick}"))
    } else {
        (ids::mine(&chat, id), session.me.to_string())
    };
    let notes = Notes { id: id.to_owned(), sid: stanza_id, markable: true, from, txn: Some(id.to_owned()) };
    MessageRef { id: remote_id, data: notes.to_value() }
}

fn sent(session: &XmppSession, recipient: &Recipient, id: &str, stanza_id: Option<String>) -> SendOutcome {
    let message = own_message(session, recipient, id, stanza_id);
    SendOutcome::Sent { id: message.id, at: session.host.now(), data: message.data }
}

/// Asks the archive for a message of ours.
pub async fn find(session: &XmppSession, outbound: &Outbound) -> Result<FindSent, SessionError> {
    if !matches!(outbound.body, OutboundBody::Message { .. }) {
        // What changes nothing when it is said twice.
        return Ok(FindSent::NotSent);
    }
    let Ok(to) = outbound.portal.chat.as_str().parse::<Jid>() else { return Ok(FindSent::NotSent) };
    let away = || SessionError::Trouble { reason: AWAY, retry_after: None };
    let link = session.next_link(None, FIND_WITHIN).await.ok_or_else(away)?;
    let recipient = Recipient { room: rooms::is_room(session, &to), to };
    let archive: BareJid = if recipient.room { recipient.to.to_bare() } else { session.me.clone() };
    let mut question = Question {
        with: (!recipient.room).then(|| recipient.to.to_string()),
        start: Some(outbound.sent_at - CLOCKS),
        most: PAGE,
        ..Question::default()
    };
    for _ in 0..MOST_PAGES {
        let page = match archive::ask(&link, &archive, &question, Way::CaughtUp).await {
            Ok(Some(page)) => page,
            Ok(None) | Err(LinkError::Refused(_)) => return Ok(FindSent::CannotTell),
            Err(_) => return Err(away()),
        };
        if let Some(found) = page.messages.iter().find(|heard| is_ours(session, &recipient, heard, &outbound.txn)) {
            let stanza_id = found.archived.clone();
            return Ok(FindSent::Sent(own_message(session, &recipient, &outbound.txn, stanza_id)));
        }
        match page.last {
            Some(last) if !page.complete => question.place = Place::After(last),
            _ => return Ok(FindSent::NotSent),
        }
    }
    Ok(FindSent::CannotTell)
}

fn is_ours(session: &XmppSession, recipient: &Recipient, heard: &Heard, id: &str) -> bool {
    let message = &heard.message;
    let named = message.id.as_ref().is_some_and(|Id(own)| own == id)
        || find_payload(&message.payloads, "origin-id", ns::SID).and_then(|origin| origin.attr("id")) == Some(id);
    // Nobody else knows the id before it is sent; in a room it is enough.
    named && (recipient.room || message.from.as_ref().is_some_and(|from| from.to_bare() == session.me))
}
