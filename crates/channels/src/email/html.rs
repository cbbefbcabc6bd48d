//! HTML from strangers, made safe: a short form for the conversation, a whole document for "show
//! original". Everything passes through `ammonia`; what is not on its lists does not get through.

use std::{
    borrow::Cow,
    collections::{HashMap, HashSet},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use ammonia::{Builder, UrlRelative};
use base64::{Engine, engine::general_purpose::STANDARD};

use super::message::Attachment;

/// Styles that can neither leave their box, cover others, nor load anything.
const STYLES: [&str; 46] = [
    "background-color",
    "border",
    "border-bottom",
    "border-collapse",
    "border-color",
    "border-left",
    "border-radius",
    "border-right",
    "border-spacing",
    "border-style",
    "border-top",
    "border-width",
    "clear",
    "color",
    "direction",
    "display",
    "float",
    "font",
    "font-family",
    "font-size",
    "font-style",
    "font-weight",
    "height",
    "letter-spacing",
    "line-height",
    "list-style-type",
    "margin",
    "margin-bottom",
    "margin-left",
    "margin-right",
    "margin-top",
    "max-width",
    "min-width",
    "padding",
    "padding-bottom",
    "padding-left",
    "padding-right",
    "padding-top",
    "table-layout",
    "text-align",
    "text-decoration",
    "text-indent",
    "text-transform",
    "vertical-align",
    "white-space",
    "width",
];
/// Where mail programs begin to quote the mail that they answer.
const QUOTE_MARKS: [&str; 9] = [
    "class=\"gmail_quote",
    "class=\"gmail_extra",
    "class=\"moz-cite-prefix",
    "class=\"yahoo_quoted",
    "id=\"divrplyfwdmsg",
    "id=\"appendonsend",
    "id=\"mail-editor-reference-message-container",
    "type=\"cite\"",
    "class=\"protonmail_quote",
];
/// Embedded pictures together, beyond which the rest stay files only.
const EMBEDDED: usize = 5 * 1024 * 1024;

/// The short form.
pub struct Bubble {
    /// `None` if the HTML says no more than the plain text.
    pub html: Option<String>,
    pub has_remote_images: bool,
}

/// What a conversation shows of a mail's HTML: without layout, quoted mail and remote images.
/// `cid:` images stay, for the hub to fill in.
pub fn bubble(html: &str, quote_folded: bool, longest: usize) -> Bubble {
    let has_remote_images = has_remote_images(html);
    let new_part = if quote_folded { cut_quote(html) } else { Some(html) };
    let short = new_part.filter(|html| !html.to_ascii_lowercase().contains("<table")).map(|html| {
        let tags = [
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
            "img",
            "sub",
            "sup",
            "div",
            "span",
        ];
        let clean = Builder::new()
            .tags(tags.into_iter().collect())
            .clean_content_tags(hidden())
            .tag_attributes(HashMap::from([
                ("a", HashSet::from(["href"])),
                ("img", HashSet::from(["src", "alt", "title"])),
                ("ol", HashSet::from(["start"])),
            ]))
            .generic_attributes(HashSet::new())
            .url_schemes(HashSet::from(["http", "https", "mailto", "tel", "cid"]))
            .url_relative(UrlRelative::Deny)
            .link_rel(Some("noopener noreferrer nofollow"))
            .attribute_filter(|element, attribute, value| match (element, attribute) {
                ("img", "src") if !value.starts_with("cid:") => None,
                ("a", "href") if value.starts_with("cid:") => None,
                _ => Some(Cow::Borrowed(value)),
            })
            .clean(html)
            .to_string();
        without_empty(&without_sourceless_images(&clean))
    });
    let says_more = |html: &String| {
        ["<a ", "<b>", "<strong", "<i>", "<em", "<u>", "<s>", "<del", "<code", "<pre", "<ul", "<ol", "<h", "<img"]
            .iter()
            .any(|tag| html.contains(tag))
    };
    Bubble {
        html: short.map(|html| html.trim().to_owned()).filter(|html| html.len() <= longest && says_more(html)),
        has_remote_images,
    }
}

/// A whole document that is safe in a sandboxed frame, from what [`original`] made.
pub fn document(html: &str, remote_images: bool) -> String {
    let mut builder = Builder::default();
    builder
        .add_tags(["center", "font", "u", "s", "big", "header", "footer", "section", "article", "main"])
        .clean_content_tags(hidden())
        .add_generic_attributes(["style", "align", "valign", "bgcolor", "width", "height", "dir", "title"])
        .add_tag_attributes("font", ["color", "face", "size"])
        .add_tag_attributes("table", ["border", "cellpadding", "cellspacing"])
        .add_tag_attributes("td", ["colspan", "rowspan", "nowrap"])
        .add_tag_attributes("th", ["colspan", "rowspan", "nowrap"])
        .add_tag_attributes("img", ["border"])
        .filter_style_properties(STYLES.into_iter().collect())
        .url_schemes(HashSet::from(["http", "https", "mailto", "tel", "data"]))
        .url_relative(UrlRelative::Deny)
        .link_rel(Some("noopener noreferrer nofollow"))
        .set_tag_attribute_value("a", "target", "_blank")
        .attribute_filter(move |element, attribute, value| match (element, attribute) {
            ("img", "src") if is_embedded_image(value) => Some(Cow::Borrowed(value)),
            ("img", "src") if remote_images && is_web(value) => Some(Cow::Borrowed(value)),
            ("img", "src") => None,
            (_, "href") if is_web(value) || value.starts_with("mailto:") || value.starts_with("tel:") => {
                Some(Cow::Borrowed(value))
            }
            (_, "href" | "src" | "cite" | "background") => None,
            (_, "style") if loads_something(value) => None,
            _ => Some(Cow::Borrowed(value)),
        });
    let body = builder.clean(html).to_string();
    let images = if remote_images { "data: https: http:" } else { "data:" };
    format!(
        "<!doctype html><html><head><meta charset=\"utf-8\"><meta http-equiv=\"Content-Security-Policy\" \
         content=\"default-src 'none'; img-src {images}; style-src 'unsafe-inline'\"><meta name=\"referrer\" \
         content=\"no-referrer\"><meta name=\"viewport\" content=\"width=device-width\"><base target=\"_blank\">\
         <style>body{{margin:12px;font-family:system-ui,sans-serif;overflow-wrap:anywhere;background:#fff;color:#000}}\
         img{{max-width:100%;height:auto}}</style></head><body>{body}</body></html>"
    )
}

/// The sender's HTML with its embedded pictures put into it; still unsafe.
pub fn original(html: &str, attachments: &[Attachment]) -> String {
    let mut whole = html.to_owned();
    let mut budget = EMBEDDED;
    for attachment in attachments {
        let Some(id) = attachment.content_id.as_deref().filter(|_| attachment.mime.starts_with("image/")) else {
            continue;
        };
        let reference = format!("cid:{id}");
        if attachment.bytes.len() > budget || !whole.contains(&reference) {
            continue;
        }
        budget -= attachment.bytes.len();
        whole = whole
            .replace(&reference, &format!("data:{};base64,{}", attachment.mime, STANDARD.encode(&attachment.bytes)));
    }
    whole
}

/// HTML as plain text, with line ends where its blocks end.
pub fn to_text(html: &str) -> String {
    const BLOCKS: [&str; 17] = [
        "div",
        "tr",
        "li",
        "ul",
        "ol",
        "table",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "blockquote",
        "hr",
        "dt",
        "dd",
        "pre",
    ];
    let mut marked = String::with_capacity(html.len() + 64);
    let mut rest = html;
    // Whether a line has begun.
    let mut begun = false;
    while let Some(start) = rest.find('<') {
        begun |= rest[..start].contains(|char: char| !char.is_whitespace());
        marked.push_str(&rest[..start]);
        let end = rest[start..].find('>').map_or(rest.len(), |end| start + end + 1);
        let tag = &rest[start..end];
        let name: String = tag
            .trim_start_matches(['<', '/'])
            .chars()
            .take_while(char::is_ascii_alphanumeric)
            .collect::<String>()
            .to_ascii_lowercase();
        if BLOCKS.contains(&name.as_str()) && begun {
            marked.push_str("<br>");
            begun = false;
        }
        if name == "br" || (name == "p" && tag.starts_with("</")) {
            begun = false;
        }
        marked.push_str(tag);
        match name.as_str() {
            "li" if !tag.starts_with("</") => marked.push_str("• "),
            "td" | "th" if tag.starts_with("</") => marked.push(' '),
            _ => {}
        }
        rest = &rest[end..];
    }
    marked.push_str(rest);
    let text = mail_parser::decoders::html::html_to_text(&marked);
    let lines: Vec<&str> = text.lines().map(str::trim_end).collect();
    let mut kept: Vec<&str> = Vec::with_capacity(lines.len());
    for line in lines {
        let empty = |line: &&str| line.trim_matches(['\u{a0}', ' ']).is_empty();
        if !(empty(&line) && kept.last().is_none_or(empty)) {
            kept.push(line);
        }
    }
    kept.join("\n")
}

/// Plain text as HTML.
pub fn from_text(text: &str) -> String {
    let mut html = String::with_capacity(text.len() + 32);
    for char in text.chars() {
        match char {
            '&' => html.push_str("&amp;"),
            '<' => html.push_str("&lt;"),
            '>' => html.push_str("&gt;"),
            '"' => html.push_str("&quot;"),
            '\n' => html.push_str("<br>\n"),
            '\r' => {}
            _ => html.push(char),
        }
    }
    html
}

fn hidden() -> HashSet<&'static str> {
    HashSet::from(["script", "style", "head", "title", "template", "noscript", "svg", "math", "object", "iframe"])
}

fn is_web(value: &str) -> bool {
    value.starts_with("https://") || value.starts_with("http://")
}

fn is_embedded_image(value: &str) -> bool {
    ["data:image/png", "data:image/jpeg", "data:image/jpg", "data:image/gif", "data:image/webp", "data:image/bmp"]
        .iter()
        .any(|kind| value.starts_with(kind))
}

fn loads_something(style: &str) -> bool {
    let style = style.to_ascii_lowercase();
    // A backslash can spell any of the words.
    ["url(", "image(", "image-set(", "expression", "@import", "\\", "javascript"]
        .iter()
        .any(|word| style.contains(word))
}

/// Whether showing the HTML as it is would fetch pictures from elsewhere.
fn has_remote_images(html: &str) -> bool {
    let remote = Arc::new(AtomicBool::new(false));
    let found = remote.clone();
    let _ = Builder::new()
        .tags(HashSet::from(["img", "table", "td", "body", "div"]))
        .tag_attributes(HashMap::from([("img", HashSet::from(["src", "srcset"]))]))
        .generic_attributes(HashSet::from(["style", "background"]))
        .url_schemes(HashSet::from(["http", "https"]))
        .attribute_filter(move |_, attribute, value| {
            let value = value.trim().to_ascii_lowercase();
            let fetched = match attribute {
                "style" => value.contains("url(") && value.contains("//"),
                _ => value.starts_with("http:") || value.starts_with("https:") || value.starts_with("//"),
            };
            if fetched {
                found.store(true, Ordering::Relaxed);
            }
            None
        })
        .clean(html);
    remote.load(Ordering::Relaxed)
}

/// The HTML before the quoted mail; `None` if its start cannot be told.
fn cut_quote(html: &str) -> Option<&str> {
    let lower = html.to_ascii_lowercase().replace('\'', "\"");
    let mark = QUOTE_MARKS.iter().filter_map(|mark| lower.find(mark)).min()?;
    // `replace` above keeps lengths, so places in `lower` are places in `html`.
    lower[..mark].rfind('<').and_then(|start| html.get(..start))
}

fn without_sourceless_images(html: &str) -> String {
    let mut kept = String::with_capacity(html.len());
    let mut rest = html;
    while let Some(start) = rest.find("<img") {
        let end = rest[start..].find('>').map_or(rest.len(), |end| start + end + 1);
        kept.push_str(&rest[..start]);
        if rest[start..end].contains(" src=") {
            kept.push_str(&rest[start..end]);
        }
        rest = &rest[end..];
    }
    kept.push_str(rest);
    kept
}

/// Drops the empty boxes that layout leaves behind.
fn without_empty(html: &str) -> String {
    let mut html = html.replace("<span>", "").replace("</span>", "").replace('\u{a0}', " ");
    for _ in 0..4 {
        let before = html.len();
        for empty in ["<div></div>", "<p></p>", "<div><br></div>", "<p><br></p>", "<div> </div>", "<p> </p>"] {
            html = html.replace(empty, "");
        }
        if html.len() == before {
            break;
        }
    }
    while let Some(shorter) = html.trim_end().strip_suffix("<br>") {
        html = shorter.to_owned();
    }
    html
}

#[cfg(test)]
mod tests {
    use super::*;

    const NASTY: &str = r#"<html><head><style>body{display:none}</style></head><body onload="x()">
        <script>alert(1)</script><p style="position:fixed;color:red;background:url(http://t.example/b.gif)">Hi
        <a href="javascript:alert(1)">x</a> <a href="https://example.org">y</a></p>
        <img src="http://tracker.example/p.gif"><img src="cid:logo"><svg onload=alert(1)><style><img src=x></style></svg>
        <iframe src="https://e.example"></iframe><form action="https://e.example"><input name=p></form>
        <meta http-equiv=refresh content="0;url=https://e.example"><base href="https://e.example"></body></html>"#;

    #[test]
    fn nothing_dangerous_is_left_in_either_form() {
        let bubble = bubble(NASTY, false, 10_000);
        assert!(bubble.has_remote_images);
        let short = bubble.html.unwrap();
        for whole in [short.as_str(), document(NASTY, false).as_str()] {
            for bad in [
                "alert",
                "javascript",
                "tracker",
                "t.example",
                "position",
                "onload",
                "iframe",
                "form",
                "refresh",
                "<base href",
            ] {
                assert!(!whole.contains(bad), "{bad} in {whole}");
            }
            assert!(whole.contains("https://example.org") && whole.contains("noopener"), "{whole}");
        }
        assert!(short.contains(r#"<img src="cid:logo">"#), "{short}");
    }

    #[test]
    fn remote_images_come_only_when_asked_for() {
        let html = r#"<img src="https://example.org/a.png"><img src="data:image/png;base64,AA">"#;
        assert!(!document(html, false).contains("example.org"));
        assert!(document(html, false).contains("data:image/png;base64,AA"));
        assert!(document(html, true).contains("https://example.org/a.png"));
        assert!(
            !document(r#"<a href="data:text/html,x">a</a><img src="data:image/svg+xml,x">"#, true).contains("data:t")
        );
    }

    #[test]
    fn blocks_end_lines_in_plain_text() {
        let html = "<div>Hallo<div>Welt</div></div><ul><li>eins</li><li>zwei</li></ul><table><tr><td>a</td><td>b</td></tr></table><p>c</p>d";
        assert_eq!(to_text(html), "Hallo\nWelt\n• eins\n• zwei\na b\nc\nd");
    }

    #[test]
    fn plain_words_need_no_html() {
        assert!(bubble("<div><p>Hello <span>you</span></p><br></div>", false, 1000).html.is_none());
        assert!(bubble("<p>Hello <b>you</b></p>", false, 1000).html.is_some());
    }

    #[test]
    fn quoted_html_is_cut() {
        let html = r#"<p>Ja, <b>gern</b></p><div class="gmail_quote"><blockquote>Kommst du?</blockquote></div>"#;
        assert_eq!(bubble(html, true, 1000).html.as_deref(), Some("<p>Ja, <b>gern</b></p>"));
        assert!(bubble("<p>Ja, <b>gern</b></p><p>Von: Anna</p>", true, 1000).html.is_none());
    }

    #[test]
    fn embedded_pictures_become_part_of_the_original() {
        let picture = Attachment {
            place: 1,
            name: "a.png".into(),
            mime: "image/png".into(),
            bytes: bytes::Bytes::from_static(b"\0\0"),
            content_id: Some("a@b".into()),
        };
        assert_eq!(original(r#"<img src="cid:a@b">"#, &[picture]), r#"<img src="data:image/png;base64,AAA=">"#);
    }
}
