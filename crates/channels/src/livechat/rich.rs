//! Formatted text for the bubble: a short list of elements as plain data, which the page builds anew.
//! No HTML ever reaches the site.

use std::{
    collections::{HashMap, HashSet},
    sync::LazyLock,
};

use ammonia::{Builder, UrlRelative};
use serde_json::{Value, json};

const ELEMENTS: [&str; 17] =
    ["a", "b", "blockquote", "br", "code", "del", "em", "i", "li", "ol", "p", "pre", "s", "strong", "sub", "u", "ul"];
/// Elements within each other, beyond which the rest is plain.
const DEEP: usize = 12;

static CLEANER: LazyLock<Builder<'static>> = LazyLock::new(|| {
    let mut cleaner = Builder::empty();
    cleaner
        .tags(ELEMENTS.into_iter().collect())
        .clean_content_tags(["script", "style", "mx-reply"].into_iter().collect())
        .tag_attributes(HashMap::from([("a", HashSet::from(["href"]))]))
        .url_schemes(["http", "https", "mailto", "tel"].into_iter().collect())
        .url_relative(UrlRelative::Deny)
        .link_rel(None);
    cleaner
});

/// An element that is open, with what is in it so far.
struct Open<'a> {
    name: &'a str,
    href: Option<String>,
    children: Vec<Value>,
}

/// Nodes of a formatted text: a string, or `[element, children, address?]`. Reads what the cleaner
/// wrote: balanced elements, escaped text, attributes in double quotes.
pub(super) fn nodes(html: &str) -> Value {
    let clean = CLEANER.clean(html).to_string();
    let mut rest = clean.as_str();
    let mut open = vec![Open { name: "", href: None, children: Vec::new() }];
    while !rest.is_empty() {
        let Some(tag) = rest.strip_prefix('<') else {
            let (text, after) = rest.split_at(rest.find('<').unwrap_or(rest.len()));
            rest = after;
            add(&mut open, Value::String(unescape(text)));
            continue;
        };
        let (inside, after) = tag.split_once('>').unwrap_or((tag, ""));
        rest = after;
        if inside.starts_with('/') {
            close(&mut open);
        } else if inside == "br" {
            add(&mut open, json!("\n"));
        } else {
            let (name, attributes) = inside.split_once(' ').unwrap_or((inside, ""));
            let href = attributes.strip_prefix("href=\"").and_then(|rest| rest.split_once('"'));
            let href = href.map(|(href, _)| unescape(href));
            let name = if open.len() > DEEP { "" } else { name };
            open.push(Open { name, href, children: Vec::new() });
        }
    }
    while open.len() > 1 {
        close(&mut open);
    }
    Value::Array(open.pop().map(|root| root.children).unwrap_or_default())
}

fn add(open: &mut [Open<'_>], node: Value) {
    if let Some(inner) = open.last_mut() {
        inner.children.push(node);
    }
}

fn close(open: &mut Vec<Open<'_>>) {
    if open.len() < 2 {
        return;
    }
    if let Some(Open { name, href, children }) = open.pop() {
        match href {
            _ if name.is_empty() => children.into_iter().for_each(|child| add(open, child)),
            Some(href) => add(open, json!([name, children, href])),
            None => add(open, json!([name, children])),
        }
    }
}

fn unescape(text: &str) -> String {
    text.replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&quot;", "\"")
        .replace("&nbsp;", "\u{a0}")
        .replace("&amp;", "&")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_on_the_list_comes_through_as_data() {
        let nodes = nodes(
            "<p onclick=x>Hi <b>you</b> &amp; <a href=\"https://a.example/?a=1&amp;b=2\" target=x>me</a></p>\
             <script>alert(1)</script><img src=x onerror=y><a href=\"javascript:alert(1)\">no</a><br>end &lt;b&gt;",
        );
        let expected = json!([
            ["p", ["Hi ", ["b", ["you"]], " & ", ["a", ["me"], "https://a.example/?a=1&b=2"]]],
            ["a", ["no"]],
            "\n",
            "end <b>"
        ]);
        assert_eq!(nodes, expected);
    }

    #[test]
    fn whatever_comes_is_read_to_its_end() {
        for html in ["<b>".repeat(5_000), "</b>".repeat(50), "<".to_owned(), "<b".to_owned(), "&amp;lt;".to_owned()] {
            assert!(nodes(&html).is_array());
        }
        assert_eq!(nodes("&amp;lt;"), json!(["&lt;"]));
    }
}
