//! The picture of a person, asked for when somebody looks (XEP-0084, XEP-0054).

use base64::{Engine as _, engine::general_purpose::STANDARD};
use bytes::Bytes;
use unisono_domain::channel::Media;
use xmpp_parsers::{
    jid::{BareJid, Jid},
    minidom::Element,
};

use super::{
    link::Link,
    session::XmppSession,
    xml::{Build as _, element, ns, text_of},
};

const LARGEST: usize = 512 * 1024;

/// The picture, if there is one; nobody waits for it long.
pub async fn find(session: &XmppSession, chat: &str) -> Option<Media> {
    let link = session.link()?;
    let jid: BareJid = chat.parse().ok()?;
    let patience = std::time::Duration::from_secs(5);
    let found = tokio::time::timeout(patience, async {
        match published(&link, &jid).await {
            Some(picture) => Some(picture),
            None => card(&link, &jid).await,
        }
    });
    let (bytes, mime) = found.await.ok()??;
    Some(Media::bytes(bytes, "avatar", mime))
}

async fn published(link: &Link, jid: &BareJid) -> Option<(Bytes, String)> {
    let metadata = items(link, jid, ns::AVATAR_METADATA, None).await?;
    let info = metadata.get_child("metadata", ns::AVATAR_METADATA)?.get_child("info", ns::AVATAR_METADATA)?;
    let (id, mime) = (info.attr("id")?, info.attr("type").unwrap_or("image/png").to_owned());
    let data = items(link, jid, ns::AVATAR_DATA, Some(id)).await?;
    Some((decode(&text_of(&data, "data", ns::AVATAR_DATA)?)?, image(&mime)?))
}

async fn items(link: &Link, jid: &BareJid, node: &str, id: Option<&str>) -> Option<Element> {
    let items = element("items", ns::PUBSUB).set("node", node);
    let items = match id {
        Some(id) => items.child(element("item", ns::PUBSUB).set("id", id)),
        None => items.set("max_items", "1"),
    };
    let answer = link.get(Some(Jid::from(jid.clone())), element("pubsub", ns::PUBSUB).child(items)).await.ok()??;
    answer.get_child("items", ns::PUBSUB)?.children().next().cloned()
}

async fn card(link: &Link, jid: &BareJid) -> Option<(Bytes, String)> {
    let answer = link.get(Some(Jid::from(jid.clone())), element("vCard", ns::VCARD)).await.ok()??;
    let photo = answer.get_child("PHOTO", ns::VCARD)?;
    let mime = text_of(photo, "TYPE", ns::VCARD).unwrap_or_else(|| "image/png".to_owned());
    Some((decode(&text_of(photo, "BINVAL", ns::VCARD)?)?, image(&mime)?))
}

fn image(mime: &str) -> Option<String> {
    mime.starts_with("image/").then(|| mime.to_owned())
}

fn decode(text: &str) -> Option<Bytes> {
    let text: String = text.split_whitespace().collect();
    STANDARD.decode(text).ok().filter(|bytes| bytes.len() <= LARGEST).map(Bytes::from)
}
