//! What every program on the network is asked, and what it says of itself.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use sha1::Digest as _;
use xmpp_parsers::{
    iq::Iq,
    jid::{BareJid, Jid},
    minidom::Element,
    stanza_error::{DefinedCondition, ErrorType, StanzaError},
};

use super::xml::{Build as _, element, ns};

const NODE: &str = "https://unisono.chat";
const NAME: &str = "Unisono";

/// In the order that XEP-0115 wants.
const FEATURES: [&str; 16] = [
    "http://jabber.org/protocol/caps",
    "http://jabber.org/protocol/chatstates",
    "http://jabber.org/protocol/disco#info",
    "http://jabber.org/protocol/muc",
    "jabber:x:conference",
    "jabber:x:oob",
    "urn:xmpp:chat-markers:0",
    "urn:xmpp:message-correct:0",
    "urn:xmpp:message-retract:1",
    "urn:xmpp:ping",
    "urn:xmpp:reactions:0",
    "urn:xmpp:receipts",
    "urn:xmpp:reply:0",
    "urn:xmpp:sfs:0",
    "urn:xmpp:sid:0",
    "urn:xmpp:styling:0",
];

/// Our abilities, for presence (XEP-0115).
pub fn abilities() -> Element {
    element("c", ns::CAPS).set("hash", "sha-1").set("node", NODE).set("ver", &verification())
}

fn verification() -> String {
    let text = format!("client/pc//{NAME}<{}<", FEATURES.join("<"));
    STANDARD.encode(sha1::Sha1::digest(text.as_bytes()))
}

/// The answer to a question or an order, and the order itself where we have to act on it.
pub fn answer(iq: Iq, me: &BareJid) -> (Iq, Option<Iq>) {
    let (from, id, payload, set) = match &iq {
        Iq::Get { from, id, payload, .. } => (from, id, payload, false),
        Iq::Set { from, id, payload, .. } | Iq::Result { from, id, payload: Some(payload), .. } => {
            (from, id, payload, true)
        }
        Iq::Result { from, id, .. } | Iq::Error { from, id, .. } => {
            return (refuse(from.clone(), id, DefinedCondition::BadRequest), None);
        }
    };
    let result = |payload| Iq::Result { from: None, to: from.clone(), id: id.clone(), payload };
    if set {
        // Only our own server may say who is in the roster (RFC 6121, 2.1.6).
        let trusted = from.as_ref().is_none_or(|from| from.as_str() == me.as_str());
        return if payload.is("query", ns::ROSTER) && trusted {
            (result(None), Some(iq))
        } else {
            (refuse(from.clone(), id, DefinedCondition::ServiceUnavailable), None)
        };
    }
    if payload.is("ping", ns::PING) {
        (result(None), None)
    } else if payload.is("query", ns::DISCO_INFO) {
        (result(Some(info(payload.attr("node")))), None)
    } else {
        (refuse(from.clone(), id, DefinedCondition::ServiceUnavailable), None)
    }
}

fn info(node: Option<&str>) -> Element {
    let identity = element("identity", ns::DISCO_INFO).set("category", "client").set("type", "pc").set("name", NAME);
    let query = element("query", ns::DISCO_INFO).child(identity);
    let query = node.map_or_else(|| query.clone(), |node| query.clone().set("node", node));
    FEATURES.iter().fold(query, |query, feature| query.child(element("feature", ns::DISCO_INFO).set("var", feature)))
}

fn refuse(to: Option<Jid>, id: &str, condition: DefinedCondition) -> Iq {
    let error = StanzaError::new(ErrorType::Cancel, condition, "en", "");
    Iq::Error {
        from: None,
        to,
        id: id.to_owned(),
        error: StanzaError { texts: Default::default(), ..error },
        payload: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn roster_push(from: Option<&str>) -> Iq {
        let item = element("item", ns::ROSTER).set("jid", "eve@example.org");
        Iq::Set {
            from: from.map(|from| from.parse().unwrap()),
            to: None,
            id: "1".to_owned(),
            payload: element("query", ns::ROSTER).child(item),
        }
    }

    #[test]
    fn only_our_own_server_changes_the_roster() {
        let me: BareJid = "me@example.org".parse().unwrap();
        assert!(answer(roster_push(None), &me).1.is_some());
        assert!(answer(roster_push(Some("me@example.org")), &me).1.is_some());
        let (refused, acted_on) = answer(roster_push(Some("eve@example.org")), &me);
        assert!(matches!(refused, Iq::Error { .. }) && acted_on.is_none());
    }

    #[test]
    fn features_are_in_the_order_that_their_digest_needs() {
        assert!(FEATURES.is_sorted());
    }
}
