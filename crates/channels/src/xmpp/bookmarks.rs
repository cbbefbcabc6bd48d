//! The rooms that the account's owner wants to be in, on whichever device (XEP-0402, XEP-0048).

use xmpp_parsers::{jid::BareJid, minidom::Element};

use super::{
    link::{Link, LinkError},
    xml::{Build as _, element, form, ns, text_of},
};

/// A room in the list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bookmark {
    pub room: BareJid,
    pub nick: Option<String>,
    /// To be entered at once.
    pub autojoin: bool,
}

/// Reads the list in its present form, else in the old one.
pub async fn list(link: &Link) -> Result<Vec<Bookmark>, LinkError> {
    let items = element("items", ns::PUBSUB).set("node", ns::BOOKMARKS2);
    match link.get(None, element("pubsub", ns::PUBSUB).child(items)).await {
        Ok(Some(answer)) => {
            let found = read(&answer);
            if !found.is_empty() {
                return Ok(found);
            }
        }
        Ok(None) | Err(LinkError::Refused(_)) => {}
        Err(error) => return Err(error),
    }
    let storage = element("storage", ns::BOOKMARKS);
    match link.get(None, element("query", ns::PRIVATE).child(storage)).await {
        Ok(answer) => Ok(answer.as_ref().map(read_old).unwrap_or_default()),
        Err(LinkError::Refused(_)) => Ok(Vec::new()),
        Err(error) => Err(error),
    }
}

fn is_true(word: Option<&str>) -> bool {
    matches!(word, Some("true" | "1"))
}

fn read(answer: &Element) -> Vec<Bookmark> {
    let Some(items) = answer.get_child("items", ns::PUBSUB) else { return Vec::new() };
    let bookmark = |item: &Element| {
        let conference = item.get_child("conference", ns::BOOKMARKS2)?;
        Some(Bookmark {
            room: item.attr("id")?.parse().ok()?,
            nick: text_of(conference, "nick", ns::BOOKMARKS2),
            autojoin: is_true(conference.attr("autojoin")),
        })
    };
    items.children().filter_map(bookmark).collect()
}

fn read_old(answer: &Element) -> Vec<Bookmark> {
    let Some(storage) = answer.get_child("storage", ns::BOOKMARKS) else { return Vec::new() };
    let bookmark = |conference: &Element| {
        Some(Bookmark {
            room: conference.attr("jid")?.parse().ok()?,
            nick: text_of(conference, "nick", ns::BOOKMARKS),
            autojoin: is_true(conference.attr("autojoin")),
        })
    };
    storage.children().filter(|child| child.name() == "conference").filter_map(bookmark).collect()
}

/// Adds a room to the list. A server without such a list is no reason to stay outside.
pub async fn add(link: &Link, room: &BareJid, name: &str, nick: &str) -> Result<(), LinkError> {
    let conference = element("conference", ns::BOOKMARKS2)
        .set("name", name)
        .set("autojoin", "true")
        .child(element("nick", ns::BOOKMARKS2).says(nick));
    let item = element("item", ns::PUBSUB).set("id", room.as_str()).child(conference);
    let publish = element("publish", ns::PUBSUB).set("node", ns::BOOKMARKS2).child(item);
    let options = form(
        "http://jabber.org/protocol/pubsub#publish-options",
        &[
            ("pubsub#persist_items", "true"),
            ("pubsub#max_items", "max"),
            ("pubsub#send_last_published_item", "never"),
            ("pubsub#access_model", "whitelist"),
        ],
    );
    let options = element("publish-options", ns::PUBSUB).child(options);
    match link.set(None, element("pubsub", ns::PUBSUB).child(publish).child(options)).await {
        Ok(_) | Err(LinkError::Refused(_)) => Ok(()),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_forms_of_the_list_are_read() {
        let new: Element = "<pubsub xmlns='http://jabber.org/protocol/pubsub'><items node='urn:xmpp:bookmarks:1'><item \
             id='a@muc.x'><conference xmlns='urn:xmpp:bookmarks:1' autojoin='1'><nick>Me</nick></conference></item><item \
             id='not an address'/></items></pubsub>"
            .parse()
            .unwrap();
        let old: Element =
            "<query xmlns='jabber:iq:private'><storage xmlns='storage:bookmarks'><conference jid='a@muc.x' \
             autojoin='true'><nick>Me</nick></conference></storage></query>"
                .parse()
                .unwrap();
        let expected = [Bookmark { room: "a@muc.x".parse().unwrap(), nick: Some("Me".to_owned()), autojoin: true }];
        assert_eq!(read(&new), expected);
        assert_eq!(read_old(&old), expected);
    }
}
