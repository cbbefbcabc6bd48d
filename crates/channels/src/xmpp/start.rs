//! Starting a chat with an address: a person's, or a room's.

use unisono_domain::{
    channel::{ChatInfo, RemoteUser, RequestError, ResolvedChat},
    text::Text,
};
use xmpp_parsers::{
    jid::{BareJid, Jid},
    minidom::Element,
};

use super::{
    bookmarks,
    link::{Link, LinkError},
    rooms, roster,
    session::{XmppSession, request_error},
    xml::{element, ns},
};

const INVALID: Text =
    Text::new("This is no XMPP address such as anna@example.org.", "Das ist keine XMPP-Adresse wie anna@example.org.");

pub async fn resolve(session: &XmppSession, typed: &str) -> Result<ResolvedChat, RequestError> {
    let address = address(typed).ok_or(RequestError::Invalid(INVALID))?;
    let link = session.request_link()?;
    if is_group(&link, &address).await? {
        return room(session, &address).await;
    }
    roster::befriend(session, &link, &address).await.map_err(request_error)?;
    let user = session.memory().person(address.as_str());
    let info = ChatInfo::direct(user.clone());
    Ok(ResolvedChat { portal: session.private(address.as_str()), user, info })
}

/// `xmpp:anna@example.org?message` and `Anna@Example.org/phone` are both Anna.
fn address(typed: &str) -> Option<BareJid> {
    let typed = typed.trim();
    let typed = typed.strip_prefix("xmpp:").unwrap_or(typed);
    let typed = typed.split('?').next().unwrap_or_default();
    let jid: Jid = typed.parse().ok()?;
    jid.node()?;
    Some(jid.to_bare())
}

/// Whether the address belongs to a service of rooms.
async fn is_group(link: &Link, address: &BareJid) -> Result<bool, RequestError> {
    let service = Jid::from(BareJid::from_parts(None, address.domain()));
    match link.get(Some(service), element("query", ns::DISCO_INFO)).await {
        Ok(info) => Ok(info.is_some_and(|info| info.children().any(is_conference))),
        // A server that is away, or says nothing of itself, still takes messages for people.
        Err(LinkError::Refused(_) | LinkError::TimedOut) => Ok(false),
        Err(error) => Err(request_error(error)),
    }
}

fn is_conference(child: &Element) -> bool {
    child.is("identity", ns::DISCO_INFO)
        && child.attr("category") == Some("conference")
        && child.attr("type") == Some("text")
}

async fn room(session: &XmppSession, address: &BareJid) -> Result<ResolvedChat, RequestError> {
    let link = session.request_link()?;
    rooms::ensure_joined(session, &link, address).await.map_err(|outside| match outside {
        rooms::Outside::ForNow => RequestError::Unavailable("the room does not answer".to_owned()),
        rooms::Outside::Refused(reason) => RequestError::Invalid(rooms::not_in(&reason)),
    })?;
    let info = rooms::info(session, address.as_str()).unwrap_or_else(|| ChatInfo::group(None::<String>, Vec::new()));
    let name = info.name.clone().unwrap_or_default();
    bookmarks::add(&link, address, &name, &rooms::own_nick(session)).await.map_err(request_error)?;
    let user = RemoteUser::new(address.as_str()).named(Some(name));
    Ok(ResolvedChat { portal: session.private(address.as_str()), user, info })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_taken_as_people_write_them() {
        for typed in ["anna@example.org", " xmpp:anna@example.org?message ", "Anna@Example.ORG/phone"] {
            assert_eq!(address(typed).unwrap().as_str(), "anna@example.org", "{typed}");
        }
        for typed in ["example.org", "@example.org", "anna@", "a b@x", ""] {
            assert!(address(typed).is_none(), "{typed}");
        }
    }
}
