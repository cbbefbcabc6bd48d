use proptest::prelude::*;
use unisono_domain::channel::{Formatting, Part};

use super::{Range, What, read, read_ranges, remote_id, write, write_mentioning, write_signal};

const ALL: [Formatting; 6] = [
    Formatting::Plain,
    Formatting::Html,
    Formatting::Markdown,
    Formatting::WhatsApp,
    Formatting::Slack,
    Formatting::Telegram,
];

fn html(html: &str) -> Part {
    Part { html: Some(html.to_owned()), ..Part::text("0", "fallback") }
}

fn written(formatting: Formatting, text: &str) -> String {
    write(formatting, &html(text))
}

fn read_html(formatting: Formatting, text: &str) -> String {
    read(formatting, text).1.unwrap_or_else(|| panic!("{text} is formatted"))
}

#[test]
fn styles_are_written_in_each_networks_signs() {
    let text = "<strong>bold <em>both</em></strong> <del>gone</del> <u>under</u> <code>a*b</code> <span data-mx-spoiler>psst</span>";
    assert_eq!(written(Formatting::Markdown, text), "**bold _both_** ~~gone~~ __under__ `a*b` ||psst||");
    assert_eq!(written(Formatting::WhatsApp, text), "*bold _both_* ~gone~ under `a*b` [Spoiler: psst]");
    assert_eq!(written(Formatting::Slack, text), "*bold _both_* ~gone~ under `a*b` [Spoiler: psst]");
    assert_eq!(
        written(Formatting::Telegram, text),
        "<b>bold <i>both</i></b> <s>gone</s> <u>under</u> <code>a*b</code> <tg-spoiler>psst</tg-spoiler>"
    );
}

#[test]
fn blocks_become_lines() {
    let text = "<h2>Menu</h2><p>Today:</p><ul><li>soup<ol><li>hot</li><li>cold</li></ol></li><li>bread</li></ul>\
        <blockquote>said<br>twice</blockquote><pre><code class=\"language-rust\">let a = 1;\nlet b = &amp;a;\n</code></pre>end";
    assert_eq!(
        written(Formatting::Markdown, text),
        "## Menu\n\nToday:\n- soup\n  1. hot\n  2. cold\n- bread\n> said\n> twice\n```rust\nlet a = 1;\nlet b = &a;\n```\nend"
    );
    assert_eq!(
        written(Formatting::Slack, text),
        "*Menu*\n\nToday:\n• soup\n  1. hot\n  2. cold\n• bread\n> said\n> twice\n```\nlet a = 1;\nlet b = &amp;a;\n```\nend"
    );
    assert_eq!(
        written(Formatting::Telegram, text),
        "<b>Menu</b>\n\nToday:\n• soup\n  1. hot\n  2. cold\n• bread\n<blockquote>said\ntwice</blockquote>\n\
        <pre><code class=\"language-rust\">let a = 1;\nlet b = &amp;a;</code></pre>\nend"
    );
}

#[test]
fn links_keep_their_address_and_dangerous_ones_only_their_words() {
    let text = "<a href=\"https://example.org/?a=1&amp;b=2\">here</a> <a href=\"javascript:alert(1)\">there</a>";
    assert_eq!(written(Formatting::Markdown, text), "[here](https://example.org/?a=1&b=2) there");
    assert_eq!(written(Formatting::WhatsApp, text), "here (https://example.org/?a=1&b=2) there");
    assert_eq!(written(Formatting::Slack, text), "<https://example.org/?a=1&amp;b=2|here> there");
    assert_eq!(written(Formatting::Telegram, text), "<a href=\"https://example.org/?a=1&amp;b=2\">here</a> there");
    let bare = "<a href=\"https://example.org/a_b\">https://example.org/a_b</a>";
    assert_eq!(written(Formatting::WhatsApp, bare), "https://example.org/a_b");
    assert_eq!(written(Formatting::Markdown, bare), "https://example.org/a_b");
}

#[test]
fn people_who_are_mentioned_become_their_names_or_the_networks_mention() {
    let text = "<a href=\"https://matrix.to/#/@slack_=551:example.org\">Anna</a>: hi";
    assert_eq!(written(Formatting::Slack, text), "Anna: hi");
    let mention = |id: &str, _: &str| remote_id("slack", id).map(|id| format!("<@{id}>"));
    assert_eq!(write_mentioning(Formatting::Slack, &html(text), &mention), "<@U1>: hi");
    assert_eq!(remote_id("slack", "@slack_u=4:example.org"), None);
    assert_eq!(remote_id("slack", "@anna:example.org"), None);
}

#[test]
fn a_style_within_a_word_is_left_out_where_its_sign_would_show() {
    assert_eq!(written(Formatting::WhatsApp, "un<b>believ</b>able"), "unbelievable");
    assert_eq!(written(Formatting::Slack, "un<b>believ</b>able"), "unbelievable");
    assert_eq!(written(Formatting::Markdown, "un<b>believ</b>able"), "un**believ**able");
}

#[test]
fn blanks_stay_outside_of_the_signs() {
    assert_eq!(written(Formatting::WhatsApp, "<b>bold </b>and"), "*bold* and");
    assert_eq!(written(Formatting::Markdown, "a<b> b </b>c"), "a **b** c");
}

#[test]
fn what_networks_write_is_read() {
    assert_eq!(
        read_html(Formatting::WhatsApp, "*bold _both_* ~x~ `c`"),
        "<strong>bold <em>both</em></strong> <del>x</del> <code>c</code>"
    );
    assert_eq!(read_html(Formatting::WhatsApp, "> a\n> b\nc"), "<blockquote>a<br>b</blockquote>c");
    assert_eq!(read_html(Formatting::WhatsApp, "```x\ny```"), "<pre><code>x\ny</code></pre>");
    assert_eq!(
        read_html(Formatting::Slack, "*hi* <https://a.org/?x=1&amp;y=2|here> &lt;3"),
        "<strong>hi</strong> <a href=\"https://a.org/?x=1&amp;y=2\">here</a> &lt;3"
    );
    assert_eq!(
        read(Formatting::Slack, "<@U1|anna> in <#C1|general> <!here>"),
        ("@anna in #general @here".to_owned(), None)
    );
    assert_eq!(read(Formatting::Slack, "<mailto:a@b.org|a@b.org>"), ("a@b.org".to_owned(), None));
    assert_eq!(read(Formatting::Slack, "<javascript:alert(1)|x>").1, None);
    assert_eq!(
        read_html(Formatting::Markdown, "**b** *i* _i_ ***bi*** __u__ ~~s~~ ||p|| `c`"),
        "<strong>b</strong> <em>i</em> <em>i</em> <strong><em>bi</em></strong> <u>u</u> <del>s</del> \
        <span data-mx-spoiler>p</span> <code>c</code>"
    );
    assert_eq!(
        read_html(Formatting::Markdown, "# T\n- a\n  - b\n- c\n1. x\n> q\nend"),
        "<h1>T</h1><ul><li>a<ul><li>b</li></ul></li><li>c</li></ul><ol><li>x</li></ol><blockquote>q</blockquote>end"
    );
    assert_eq!(
        read(Formatting::Markdown, "<:wave:123> at <t:0:R> snake_case_name 2*3*4").0,
        ":wave: at 1970-01-01 00:00 UTC snake_case_name 234"
    );
    assert_eq!(read(Formatting::Markdown, "\\*not bold\\* and **lonely"), ("*not bold* and **lonely".to_owned(), None));
    assert_eq!(read(Formatting::Telegram, "<b>a</b>\n  <i>b</i>").0, "a\n  b");
}

#[test]
fn ranges_count_in_utf_16_and_names_stand_in_for_people() {
    let range = |start, length, what| Range { start, length, what };
    let ranges = [range(3, 4, What::Bold), range(8, 1, What::Person("Anna".to_owned())), range(90, 9, What::Code)];
    let (text, html) = read_ranges("😀 bold \u{fffc}!\nnext", &ranges);
    assert_eq!(text, "😀 bold @Anna!\nnext");
    assert_eq!(html.as_deref(), Some("😀 <strong>bold</strong> @Anna!<br>next"));
    let odd = [range(usize::MAX, usize::MAX, What::Italic), range(0, usize::MAX, What::Person(String::new()))];
    assert_eq!(read_ranges("abc", &odd).0, "@");
}

#[test]
fn signal_gets_signs_only_where_none_is_in_the_text() {
    assert_eq!(write_signal(&html("<b>bold </b>and <i>it</i>")), ("**bold** and *it*".to_owned(), true));
    assert_eq!(write_signal(&html("<b>bold</b> 2*3")), ("bold 2*3".to_owned(), false));
    assert_eq!(write_signal(&Part::text("0", "*plain*")), ("*plain*".to_owned(), false));
}

#[test]
fn hostile_html_is_harmless() {
    let bad = "<img src=x onerror=alert(1)><script>alert(1)</script><b onclick=\"x\">b<i>c</b>d<a href=\"data:text/html,x\">e";
    assert_eq!(read_html(Formatting::Html, bad), "<strong>b<em>c</em></strong>de");
    let deep = format!("{}x", "<blockquote><ul><li><b>".repeat(20_000));
    for formatting in ALL {
        assert!(written(formatting, &deep).len() < 1_000);
    }
    // A long address that spans many lines stands there once.
    let many = format!("<a href=\"https://a.org/{}\">{}", "x".repeat(10_000), "y<br>".repeat(10_000));
    for formatting in ALL {
        assert!(written(formatting, &many).len() < 200_000);
    }
}

/// Text as people and attackers write it: signs of all networks, between words.
fn text() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        "[a-z]{1,3}",
        "[ \\n]{1,2}",
        "[*_~`|>#<\\[\\]()!&;:.@\"'\\\\+-]{1,4}",
        "[0-9]{1,2}\\. ",
        Just("https://a.org/b_c*d".to_owned()),
        Just("\u{2060}".to_owned()),
        Just("&gt;".to_owned()),
        Just("```".to_owned()),
        "[äß😀\u{200b}\u{301}]",
    ];
    prop::collection::vec(piece, 0..24).prop_map(|pieces| pieces.concat())
}

fn markup() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        "</?(b|i|u|s|a|code|pre|p|div|br|ul|ol|li|blockquote|h1|span|table|td|mx-reply)( href=\"https://x\\.y/[a-z(*_|]{1,4}\")?( data-mx-spoiler)?>?",
        "[a-z *_~`|<>&\"\\n]{1,6}",
        "&(amp|lt|#x41|bogus);?",
    ];
    prop::collection::vec(piece, 0..40).prop_map(|pieces| pieces.concat())
}

/// What ammonia leaves of it, where it knows every element that we write.
fn cleaned(html: &str) -> String {
    ammonia::Builder::default()
        .add_tag_attributes("span", ["data-mx-spoiler"])
        .add_tag_attributes("code", ["class"])
        .add_tag_attributes("ol", ["start"])
        .add_tags(["u", "del"])
        .link_rel(None)
        .url_schemes(["http", "https", "mailto", "tel"].into())
        .clean(html)
        .to_string()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn plain_text_stays_what_it_is(text in text()) {
        for formatting in [Formatting::Markdown, Formatting::WhatsApp, Formatting::Slack, Formatting::Telegram] {
            let out = write(formatting, &Part::text("0", text.as_str()));
            prop_assert_eq!(read(formatting, &out), (text.clone(), None), "{:?}: {:?}", formatting, out);
        }
    }

    #[test]
    fn whatever_is_read_is_safe_and_bounded(text in prop_oneof![text(), markup()]) {
        for formatting in ALL {
            let (plain, html) = read(formatting, &text);
            prop_assert!(plain.len() <= 40 * text.len() + 100);
            let html = html.unwrap_or_default();
            prop_assert!(html.len() <= 200 * text.len() + 100, "{}", html);
            let same = cleaned(&html).replace("data-mx-spoiler=\"\"", "data-mx-spoiler").replace("&nbsp;", "\u{a0}");
            prop_assert_eq!(&same, &html, "{:?}", formatting);
        }
    }

    #[test]
    fn whatever_is_written_is_bounded_and_keeps_the_words(text in markup()) {
        for formatting in ALL {
            let out = write(formatting, &html(&text));
            prop_assert!(out.len() <= 60 * text.len() + 100, "{:?}: {}", formatting, out);
        }
    }

    #[test]
    fn telegram_gets_only_its_elements(text in markup()) {
        let out = write(Formatting::Telegram, &html(&text));
        let mut open = Vec::new();
        for piece in out.split('<').skip(1) {
            let tag = piece.split('>').next().unwrap();
            match tag.strip_prefix('/') {
                Some(name) => prop_assert_eq!(open.pop(), Some(name.to_owned()), "{}", out),
                None => {
                    let name = tag.split(' ').next().unwrap();
                    prop_assert!(["b", "i", "u", "s", "tg-spoiler", "a", "code", "pre", "blockquote"].contains(&name), "{}", out);
                    open.push(name.to_owned());
                }
            }
        }
        prop_assert!(open.is_empty(), "{}", out);
    }
}
