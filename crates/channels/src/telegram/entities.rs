//! Telegram's formatting as HTML. Its offsets count UTF-16 code units
//! (<https://core.telegram.org/bots/api#messageentity>).

use std::cmp::Reverse;

use serde_json::Value;

/// A piece of text that is formatted, in UTF-16 code units.
struct Mark {
    start: u64,
    end: u64,
    open: String,
    close: &'static str,
    verbatim: bool,
}

/// The text as safe HTML; `None` where nothing in it is formatted.
pub(super) fn to_html(text: &str, entities: &Value) -> Option<String> {
    let mut marks: Vec<Mark> = entities.as_array()?.iter().filter_map(mark).collect();
    if marks.is_empty() {
        return None;
    }
    // Outer ones first.
    marks.sort_by_key(|mark| (mark.start, Reverse(mark.end)));
    let mut marks = marks.into_iter().peekable();
    let mut html = String::with_capacity(text.len() * 2);
    // What is open: where it ends, how, and whether line ends stay as they are in it.
    let mut open: Vec<(u64, &'static str, bool)> = Vec::new();
    let mut at = 0;
    for char in text.chars() {
        close(&mut open, at, &mut html);
        while let Some(mark) = marks.next_if(|mark| mark.start <= at) {
            // Never longer than what is around it, so that tags do not cross.
            let end = open.last().map_or(mark.end, |(end, ..)| mark.end.min(*end));
            if end > at {
                html.push_str(&mark.open);
                open.push((end, mark.close, mark.verbatim));
            }
        }
        match char {
            '\n' if !open.iter().any(|(.., verbatim)| *verbatim) => html.push_str("<br>"),
            other => escape(other, &mut html),
        }
        at += char.len_utf16() as u64;
    }
    close(&mut open, u64::MAX, &mut html);
    Some(html)
}

fn close(open: &mut Vec<(u64, &'static str, bool)>, at: u64, html: &mut String) {
    while let Some((_, tag, _)) = open.pop_if(|(end, ..)| *end <= at) {
        html.push_str(tag);
    }
}

fn mark(entity: &Value) -> Option<Mark> {
    let start = entity["offset"].as_u64()?;
    let end = start.checked_add(entity["length"].as_u64()?)?;
    let (open, close) = match entity["type"].as_str()? {
        "bold" => ("<strong>".to_owned(), "</strong>"),
        "italic" => ("<em>".to_owned(), "</em>"),
        "underline" => ("<u>".to_owned(), "</u>"),
        "strikethrough" => ("<del>".to_owned(), "</del>"),
        "spoiler" => ("<span data-mx-spoiler>".to_owned(), "</span>"),
        "code" => ("<code>".to_owned(), "</code>"),
        "blockquote" | "expandable_blockquote" => ("<blockquote>".to_owned(), "</blockquote>"),
        "pre" => (pre(entity["language"].as_str().unwrap_or_default()), "</code></pre>"),
        "text_link" => (link(entity["url"].as_str()?)?, "</a>"),
        _ => return None,
    };
    let verbatim = close.ends_with("</pre>");
    Some(Mark { start, end, open, close, verbatim })
}

fn pre(language: &str) -> String {
    let named = !language.is_empty() && language.len() <= 30;
    if named && language.chars().all(|char| char.is_ascii_alphanumeric() || "+-_#".contains(char)) {
        format!("<pre><code class=\"language-{language}\">")
    } else {
        "<pre><code>".to_owned()
    }
}

fn link(url: &str) -> Option<String> {
    let scheme = url::Url::parse(url).ok()?;
    if !matches!(scheme.scheme(), "http" | "https" | "mailto" | "tel") {
        return None;
    }
    let mut open = "<a href=\"".to_owned();
    url.chars().for_each(|char| escape(char, &mut open));
    Some(open + "\">")
}

fn escape(char: char, html: &mut String) {
    match char {
        '&' => html.push_str("&amp;"),
        '<' => html.push_str("&lt;"),
        '>' => html.push_str("&gt;"),
        '"' => html.push_str("&quot;"),
        other => html.push(other),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn marked(text: &str, entities: &[(&str, u64, u64)]) -> Option<String> {
        let entities =
            entities.iter().map(|(kind, at, length)| json!({ "type": kind, "offset": at, "length": length }));
        to_html(text, &entities.collect())
    }

    #[test]
    fn offsets_count_utf_16_units() {
        // The family takes eleven units, in seven characters.
        assert_eq!(marked("👨‍👩‍👧‍👦 bold ü", &[("bold", 12, 4)]).unwrap(), "👨‍👩‍👧‍👦 <strong>bold</strong> ü");
        assert_eq!(marked("😀x", &[("bold", 1, 2)]).unwrap(), "😀<strong>x</strong>", "never half a character");
    }

    #[test]
    fn tags_nest_and_never_cross() {
        let html = marked("abcdef", &[("italic", 2, 4), ("bold", 0, 4), ("underline", 2, 2)]).unwrap();
        assert_eq!(html, "<strong>ab<em><u>cd</u></em></strong>ef");
        assert_eq!(marked("ab", &[("bold", 1, 900), ("bold", 7, 1)]).unwrap(), "a<strong>b</strong>");
    }

    #[test]
    fn what_is_text_stays_text() {
        assert_eq!(
            marked("a <b> & \"c\"\nd", &[("code", 0, 1)]).unwrap(),
            "<code>a</code> &lt;b&gt; &amp; &quot;c&quot;<br>d"
        );
        assert_eq!(marked("a\nb", &[("pre", 0, 3)]).unwrap(), "<pre><code>a\nb</code></pre>");
        assert_eq!(marked("@anna #tag /start", &[("mention", 0, 5), ("hashtag", 6, 4)]), None);
        let link = |url: &str| to_html("x", &json!([{ "type": "text_link", "offset": 0, "length": 1, "url": url }]));
        assert_eq!(link("javascript:alert(1)"), None);
        assert_eq!(
            link("https://a.example/?\"><b>").unwrap(),
            "<a href=\"https://a.example/?&quot;&gt;&lt;b&gt;\">x</a>"
        );
    }
}
