//! The address book of the account, and who may see whether we are there (RFC 6121).

use unisono_domain::{
    channel::{Inbound, InboundBody, Part, PortalKey, Sender},
    text::Text,
};
use xmpp_parsers::{
    jid::{BareJid, Jid},
    minidom::Element,
    presence::{Presence, Type},
};

use super::{
    link::{Link, LinkError},
    memory::Contact,
    session::XmppSession,
    xml::{Build as _, element, ns},
};

pub async fn load(session: &XmppSession, link: &Link) -> Result<(), LinkError> {
    match link.get(None, element("query", ns::ROSTER)).await {
        Ok(Some(roster)) => {
            session.memory().contacts.clear();
            take(session, &roster);
            Ok(())
        }
        Ok(None) | Err(LinkError::Refused(_)) => Ok(()),
        Err(error) => Err(error),
    }
}

/// Reads the whole roster or a change of it.
pub fn take(session: &XmppSession, roster: &Element) {
    let mut memory = session.memory();
    for item in roster.children().filter(|child| child.is("item", ns::ROSTER)) {
        let Some(jid) = item.attr("jid").and_then(|jid| jid.parse::<Jid>().ok()) else { continue };
        let jid = jid.to_bare().to_string();
        let subscription = item.attr("subscription").unwrap_or("none");
        if subscription == "remove" {
            memory.contacts.remove(&jid);
            continue;
        }
        let name = item.attr("name").map(str::trim).filter(|name| !name.is_empty()).map(ToOwned::to_owned);
        let asked = matches!(subscription, "to" | "both") || item.attr("ask") == Some("subscribe");
        memory.contacts.insert(jid, Contact { name, asked });
    }
}

/// Somebody asks to see when we are there. Whom we have asked ourselves is let; of others the owner
/// hears, and answers by writing to them.
pub async fn asked(session: &XmppSession, link: &Link, from: &Jid) -> Result<Option<Inbound>, LinkError> {
    let jid = from.to_bare();
    let known = session.memory().contacts.get(jid.as_str()).is_some_and(|contact| contact.asked);
    if known {
        allow(link, &jid).await?;
        return Ok(None);
    }
    let mut memory = session.memory();
    if !memory.asking.iter().any(|asking| asking == jid.as_str()) {
        memory.asking.push(jid.to_string());
    }
    let person = memory.person(jid.as_str());
    let text = Text::new(
        "This person asks to see when you are online. If you write to them, they may.",
        "Diese Person möchte sehen, wann du online bist. Wenn du ihr schreibst, darf sie das.",
    );
    let body = InboundBody::message(vec![Part::notice("0", &text)]);
    let portal = PortalKey::private(session.account, jid.as_str());
    let info = unisono_domain::channel::ChatInfo::direct(person);
    // Servers repeat the question at every sign-in; its name stays the same.
    let event = Inbound::new(portal, Sender::System, format!("{jid} asks"), session.host.now(), body);
    Ok(Some(event.in_chat(info)))
}

async fn allow(link: &Link, jid: &BareJid) -> Result<(), LinkError> {
    link.send(Presence::new(Type::Subscribed).with_to(Jid::from(jid.clone()))).await
}

/// A chat with somebody begins: each may see when the other is there.
pub async fn befriend(session: &XmppSession, link: &Link, jid: &BareJid) -> Result<(), LinkError> {
    let known = session.memory().contacts.get(jid.as_str()).is_some_and(|contact| contact.asked);
    if !known {
        let item = element("item", ns::ROSTER).set("jid", jid.as_str());
        match link.set(None, element("query", ns::ROSTER).child(item)).await {
            Ok(_) | Err(LinkError::Refused(_)) => {}
            Err(error) => return Err(error),
        }
        session.memory().contacts.entry(jid.to_string()).or_default().asked = true;
        link.send(Presence::new(Type::Subscribe).with_to(Jid::from(jid.clone()))).await?;
    }
    welcome(session, link, jid).await;
    Ok(())
}

/// Writing to somebody who asked for it answers them.
pub async fn welcome(session: &XmppSession, link: &Link, jid: &BareJid) {
    let asking = {
        let mut memory = session.memory();
        let before = memory.asking.len();
        memory.asking.retain(|asking| asking != jid.as_str());
        memory.asking.len() < before
    };
    if asking {
        let _ = allow(link, jid).await;
    }
}
