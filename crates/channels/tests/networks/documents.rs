//! The guides and tables that are made from what the channels say of themselves. With `UPDATE_DOCS=1`
//! they are written, else compared.

use std::{fmt::Write as _, fs, path::Path};

use unisono_channels::{all, closed::CLOSED};
use unisono_domain::{
    channel::{Capabilities, PartKind, Support},
    text::Text,
};

/// Lines of code that a plain webhook + REST adapter stays within.
const PLAIN: usize = 400;
/// Why an adapter is longer than that.
const LONGER: &[(&str, &str)] = &[
    (
        "irc",
        "the protocol's lines, control codes, pace, receipts by PING, names, history and seven optional extensions, on no \
         vendor's library",
    ),
    (
        "mqtt",
        "topic patterns and Home Assistant's discovery make contacts of devices, readings cards, and buttons commands; the \
         connection itself is ours, as it has to pass the guard",
    ),
    (
        "discord",
        "a gateway to be resumed and caught up with, limits by route, embeds, stickers, forwards, components, threads, history",
    ),
    ("email", "mail is forty years of formats: MIME, threads, quotes, IMAP and SMTP, autoconfiguration, sanitising"),
    ("generic", "it is a whole protocol of ours with every kind of event, and no vendor's library behind it"),
    (
        "line",
        "it fetches files by signed addresses of ours; twenty kinds of events, free answers, buttons, a long guide",
    ),
    (
        "livechat",
        "it is the server of a protocol of our own too: tokens, forms, origins, limits, streams, files, formatting",
    ),
    (
        "signal",
        "linking by code, a socket or questions, everything that the phone says too, receipts whose chat is not told, a long guide",
    ),
    (
        "slack",
        "two ways to hear from it, blocks both ways, threads, history, files in three steps, names asked for, emoji by names",
    ),
    (
        "messenger",
        "two networks in one: stories, referrals, handovers, the archive, two kinds of tokens; and its guide",
    ),
    (
        "seven",
        "SMS and RCS, codes and statuses in words, its own signature, hooks that register themselves, a long guide",
    ),
    ("smpp", "it keeps a binary connection: window, keep-alive, long messages both ways, receipts, no ids to go by"),
    ("telegram", "fetched and called, thirty kinds of messages, service messages, buttons, business accounts"),
    ("threema", "every message is sealed and opened here: boxes, padding, keys on first use, files, look-ups by hash"),
    (
        "twilio",
        "SMS, MMS, RCS by one interface: files by addresses of ours, numbers that are told our address, a long guide",
    ),
    ("whatsapp", "templates, cards, people's cards, orders and groups, all in Meta's own forms; and a long guide"),
    (
        "xmpp",
        "a protocol of some thirty extensions spoken on a stream of our own: archives, rooms, receipts, reactions, files",
    ),
];

fn root() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."))
}

/// Compares a file with what it should hold, or writes it.
fn keep(path: &str, wanted: &str) {
    let file = root().join(path);
    if std::env::var_os("UPDATE_DOCS").is_some() {
        fs::write(&file, wanted).unwrap();
        return;
    }
    let found = fs::read_to_string(&file).unwrap_or_default();
    assert!(found == wanted, "{path} is out of date: UPDATE_DOCS=1 cargo test --workspace --test networks documents");
}

/// A language's words.
struct Words {
    say: fn(&Text) -> &str,
    title: &'static str,
    intro: &'static str,
    network: &'static str,
    columns: [&'static str; 12],
    cost: &'static str,
    rules: &'static str,
    limits: &'static str,
    tested: &'static str,
    privacy: &'static str,
    unofficial: &'static str,
    way: &'static str,
    vendor: &'static str,
    closed: &'static str,
    instead: &'static str,
}

const ENGLISH: Words = Words {
    say: |text| &text.en,
    title: "Networks",
    intro: "What each network can carry, what its vendor charges and forbids, and what it was tested against. Made \
            from the same words that the app shows when an account is added.",
    network: "Network",
    columns: [
        "Pictures",
        "Voice",
        "Files",
        "Places",
        "Buttons",
        "Replies",
        "Edits",
        "Deletions",
        "Reactions",
        "Typing",
        "Read",
        "Groups",
    ],
    cost: "Cost",
    rules: "Rules",
    limits: "Limits",
    tested: "Tested against",
    privacy: "Who can read it",
    unofficial: "Unofficial: the vendor offers no interface for this.",
    way: "How to get an account",
    vendor: "The vendor's description",
    closed: "Networks that cannot be connected",
    instead: "Instead",
};

const GERMAN: Words = Words {
    say: |text| &text.de,
    title: "Netze",
    intro: "Was jedes Netz übertragen kann, was sein Anbieter verlangt und verbietet und woran es geprüft wurde. \
            Entstanden aus denselben Worten, die die App beim Hinzufügen eines Kontos zeigt.",
    network: "Netz",
    columns: [
        "Bilder",
        "Sprache",
        "Dateien",
        "Orte",
        "Knöpfe",
        "Antworten",
        "Ändern",
        "Löschen",
        "Reaktionen",
        "Tippen",
        "Gelesen",
        "Gruppen",
    ],
    cost: "Kosten",
    rules: "Regeln",
    limits: "Grenzen",
    tested: "Geprüft an",
    privacy: "Wer mitlesen kann",
    unofficial: "Inoffiziell: der Anbieter bietet dafür keine Schnittstelle.",
    way: "So kommst du an ein Konto",
    vendor: "Die Beschreibung des Anbieters",
    closed: "Netze, die sich nicht anbinden lassen",
    instead: "Stattdessen",
};

fn marks(able: &Capabilities) -> [&'static str; 12] {
    let yes = |can: bool| if can { "●" } else { "–" };
    let has = |kind: PartKind| yes(able.parts.contains(&kind));
    let level = |support: Support| match support {
        Support::Full => "●",
        Support::Degraded => "○",
        Support::Rejected => "–",
    };
    [
        has(PartKind::Image),
        has(PartKind::Voice),
        has(PartKind::File),
        has(PartKind::Location),
        has(PartKind::Card),
        level(able.reply),
        level(able.edit),
        level(able.delete),
        level(able.reaction),
        yes(able.typing),
        yes(able.read_receipts || able.delivery_receipts),
        yes(able.groups),
    ]
}

fn guide(words: &Words) -> String {
    let say = words.say;
    let mut page = format!("# {}\n\n{}\n\n", words.title, words.intro);
    writeln!(page, "| {} | {} |", words.network, words.columns.join(" | ")).unwrap();
    writeln!(page, "|---|{}", ":-:|".repeat(words.columns.len())).unwrap();
    for channel in all() {
        writeln!(page, "| {} | {} |", say(&channel.meta().name), marks(&channel.capabilities()).join(" | ")).unwrap();
    }
    for channel in all() {
        let meta = channel.meta();
        writeln!(page, "\n## {}\n\n{}", say(&meta.name), say(&meta.summary)).unwrap();
        if !meta.catalogue.official {
            writeln!(page, "\n**{}**", words.unofficial).unwrap();
        }
        page.push('\n');
        for (title, text) in [
            (words.cost, &meta.catalogue.cost),
            (words.rules, &meta.catalogue.rules),
            (words.limits, &meta.catalogue.limits),
            (words.privacy, &meta.privacy),
            (words.tested, &meta.catalogue.tested),
        ] {
            writeln!(page, "- **{title}:** {}", say(text)).unwrap();
        }
        if !meta.guide.is_empty() {
            writeln!(page, "\n**{}**\n", words.way).unwrap();
            for (number, step) in (1..).zip(meta.guide) {
                writeln!(page, "{number}. {}", say(&step.text)).unwrap();
            }
        }
        if let Some(docs) = meta.docs {
            let link = docs.strip_prefix("/docs/guide/").unwrap_or(docs);
            writeln!(page, "\n[{}]({link})", words.vendor).unwrap();
        }
    }
    writeln!(page, "\n## {}\n", words.closed).unwrap();
    for network in CLOSED {
        let (why, instead) = (say(&network.why), say(&network.instead));
        writeln!(page, "- **{}**: {why} *{}:* {instead}", network.name, words.instead).unwrap();
    }
    page
}

#[test]
fn the_guide_says_what_the_channels_say() {
    keep("docs/guide/channels.md", &guide(&ENGLISH));
    keep("docs/guide/netze.md", &guide(&GERMAN));
}

/// Lines of code in a folder: without blank lines, comments, and modules of tests.
fn code_lines(folder: &Path) -> usize {
    let mut lines = 0;
    for entry in fs::read_dir(folder).into_iter().flatten().map(|entry| entry.unwrap()) {
        let path = entry.path();
        if path.is_dir() {
            lines += if path.ends_with("tests") { 0 } else { code_lines(&path) };
        } else if path.extension().is_some_and(|extension| extension == "rs") && !path.ends_with("tests.rs") {
            let text = fs::read_to_string(&path).unwrap();
            let code = text.split("\n#[cfg(test)]\nmod tests {").next().unwrap_or_default();
            lines += code.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with("//")).count();
        }
    }
    lines
}

#[test]
fn every_adapters_length_is_told_and_what_is_long_says_why() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut rows = Vec::new();
    for channel in all() {
        let id = channel.meta().id;
        let lines = code_lines(&source.join(id));
        let why = LONGER.iter().find(|(name, _)| *name == id).map_or("", |(_, why)| *why);
        assert!(lines <= PLAIN || !why.is_empty(), "{id} has {lines} lines of code: over {PLAIN}, say why in LONGER");
        rows.push((lines, id, why));
    }
    rows.sort_unstable();
    let mut table = String::from("| Adapter | Lines of code | Why it is longer than 400 |\n|---|--:|---|\n");
    for (lines, id, why) in rows {
        writeln!(table, "| `{id}` | {lines} | {why} |").unwrap();
    }
    let file = fs::read_to_string(root().join("ARCHITECTURE.md")).unwrap();
    let (begin, end) = ("<!-- adapters: made by the test `documents` -->\n", "<!-- adapters end -->\n");
    let (before, rest) = file.split_once(begin).expect("a place for the table");
    let (_, after) = rest.split_once(end).expect("the end of the table");
    keep("ARCHITECTURE.md", &format!("{before}{begin}{table}{end}{after}"));
}

#[test]
fn a_plain_adapter_stays_short() {
    let plain = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/networks/plain/adapter.rs");
    let text = fs::read_to_string(plain).unwrap();
    let code = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with("//")).count();
    assert!(code <= PLAIN, "a plain webhook + REST adapter takes {code} lines: something that all need is missing");
}

#[test]
fn every_network_says_what_a_user_has_to_know_in_both_languages() {
    for channel in all() {
        let meta = channel.meta();
        let about = &meta.catalogue;
        let texts = [&meta.name, &meta.summary, &meta.privacy, &about.cost, &about.rules, &about.limits, &about.tested];
        for text in texts.into_iter().chain(meta.guide.iter().map(|step| &step.text)) {
            assert!(!text.en.trim().is_empty() && !text.de.trim().is_empty(), "{}: {text:?}", meta.id);
        }
        for (name, text) in [("summary", &meta.summary), ("cost", &about.cost), ("rules", &about.rules)] {
            assert!(text.en != text.de, "{}: the {name} is not translated", meta.id);
        }
    }
}
