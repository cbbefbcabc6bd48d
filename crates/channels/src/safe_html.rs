//! HTML from networks, made safe for a conversation.

use std::collections::HashSet;

use ammonia::Builder;

/// What Matrix clients show of HTML (specification, "m.room.message msgtypes"), without pictures.
const TAGS: [&str; 28] = [
    "a",
    "b",
    "strong",
    "i",
    "em",
    "u",
    "s",
    "del",
    "code",
    "pre",
    "blockquote",
    "p",
    "br",
    "hr",
    "ul",
    "ol",
    "li",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "sub",
    "sup",
    "span",
    "details",
    "summary",
];

/// Only what is safe to show; links lead out and tell nobody where from.
pub fn clean(html: &str) -> String {
    Builder::new()
        .tags(TAGS.into())
        .url_schemes(HashSet::from(["http", "https", "mailto", "tel", "matrix"]))
        .link_rel(Some("noopener noreferrer"))
        .clean(html)
        .to_string()
}

/// The words alone.
pub fn plain(html: &str) -> String {
    let broken = html.replace("<br>", "\n").replace("</p>", "</p>\n");
    let bare = Builder::new().tags(HashSet::new()).clean(&broken).to_string();
    // Undone last, so that `&amp;lt;` stays what it is.
    bare.replace("&lt;", "<").replace("&gt;", ">").replace("&nbsp;", " ").replace("&amp;", "&").trim().to_owned()
}
