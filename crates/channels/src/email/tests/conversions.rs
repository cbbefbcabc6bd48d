//! Every kind of mail, from its bytes to the hub's event.

use std::{collections::HashMap, fs, path::Path};

use serde_json::{Value, json};
use unisono_domain::channel::{Inbound, InboundBody, MediaSource, Part, PortalKey};

use super::{fetched, owner};
use crate::email::{
    config::Threading,
    convert::convert,
    parse::parse,
    thread::{Known, key},
};

fn known() -> Known {
    let owner = owner(Threading::Correspondent);
    ["sent1@example.net", "sent2@example.net", "sent3@example.net"]
        .into_iter()
        .map(|id| (id.to_owned(), key("c:anna@example.org".to_owned(), &owner)))
        .collect()
}

/// Shorter than the whole: files by size, no place numbers that are the same everywhere.
fn summary(event: &Inbound) -> Value {
    let mut value = json!({
        "portal": event.portal.chat,
        "sender": event.sender,
        "sent_at": event.sent_at,
        "id": event.id,
        "chat": event.chat,
        "seen": event.seen,
        "original": event.original.as_ref().map(|original| match &original.source {
            MediaSource::Bytes(bytes) => bytes.len(),
            _ => 0,
        }),
    });
    let body = match &event.body {
        InboundBody::Message { parts, reply_to } => {
            json!({"reply_to": reply_to, "parts": parts.iter().map(part).collect::<Vec<_>>()})
        }
        other => json!(other),
    };
    value["body"] = body;
    value
}

fn part(part: &Part) -> Value {
    json!({
        "id": part.id, "kind": part.kind, "text": part.text, "html": part.html, "extra": part.extra,
        "media": part.media.as_ref().map(|media| format!("{} {} {:?} {:?}", media.name, media.mime, media.size, media.content_id)),
    })
}

#[test]
fn every_fixture_becomes_what_its_snapshot_says() {
    let owner = owner(Threading::Correspondent);
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/email/fixtures");
    let mut names: Vec<_> = fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.ends_with(".eml"))
        .collect();
    names.sort();
    assert!(names.len() >= 25);
    for name in names {
        let raw = fs::read(folder.join(&name)).unwrap();
        let events = convert(&[fetched(&raw, 1)], &owner, &known());
        assert_eq!(events.len(), 1, "{name}");
        insta::assert_json_snapshot!(name.trim_end_matches(".eml"), summary(&events[0]));
    }
}

#[test]
fn a_long_text_fits_an_event_and_comes_whole_as_a_file() {
    let text = "Zeile mit Wörtern\r\n".repeat(6_000);
    let raw = format!("From: a@example.org\r\nSubject: lang\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n{text}");
    let events = convert(&[fetched(raw.as_bytes(), 1)], &owner(Threading::Thread), &HashMap::new());
    let InboundBody::Message { parts, .. } = &events[0].body else { panic!() };
    assert_eq!(parts.len(), 2);
    assert!(serde_json::to_string(&parts[0]).unwrap().len() < 60_000);
    assert!(parts[1].media.as_ref().unwrap().size.unwrap() > 100_000);
}

#[test]
fn a_mail_too_large_to_fetch_says_so_and_shows_its_text() {
    let mut large = fetched(include_bytes!("../fixtures/attachments.eml"), 1);
    large.cut_at = Some(70_000_000);
    let events = convert(&[large], &owner(Threading::Thread), &HashMap::new());
    let InboundBody::Message { parts, .. } = &events[0].body else { panic!() };
    assert_eq!(parts.len(), 2);
    assert_eq!(parts[0].text, "Zwei Dateien.");
    assert!(parts[1].text.contains("70 MB"));
}

#[test]
fn a_mail_to_an_alias_is_no_group() {
    let raw = b"Delivered-To: info@example.net\r\nFrom: anna@example.org\r\nTo: info@example.net\r\nSubject: x\r\n\r\nHallo\r\n";
    let events = convert(&[fetched(raw, 1)], &owner(Threading::Correspondent), &HashMap::new());
    assert_eq!(events[0].portal.chat.as_str(), "c:anna@example.org");
}

#[test]
fn two_accounts_keep_their_portals_apart() {
    let raw = include_bytes!("../fixtures/plain_utf8.eml");
    let mut other = owner(Threading::Correspondent);
    other.account = unisono_domain::channel::AccountId(8);
    let portal = |owner| -> PortalKey { convert(&[fetched(raw, 1)], owner, &HashMap::new())[0].portal.clone() };
    assert_ne!(portal(&owner(Threading::Correspondent)), portal(&other));
}

proptest::proptest! {
    #[test]
    fn no_bytes_make_the_parser_panic(raw in proptest::collection::vec(proptest::num::u8::ANY, 0..2_000)) {
        let mail = parse(&raw, 0);
        let _ = crate::email::convert::parts(&mail, None);
    }

    #[test]
    fn no_damage_to_a_real_mail_makes_the_parser_panic(
        which in 0usize..6,
        cuts in proptest::collection::vec((0usize..3_000, proptest::num::u8::ANY), 0..20),
        end in 0usize..3_000,
    ) {
        let sources: [&[u8]; 6] = [
            include_bytes!("../fixtures/nested_rfc822.eml"), include_bytes!("../fixtures/attachments.eml"),
            include_bytes!("../fixtures/bounce.eml"), include_bytes!("../fixtures/reply_gmail.eml"),
            include_bytes!("../fixtures/iso_2022_jp.eml"), include_bytes!("../fixtures/newsletter.eml"),
        ];
        let mut raw = sources[which].to_vec();
        for (at, byte) in cuts {
            if let Some(place) = raw.get_mut(at) {
                *place = byte;
            }
        }
        raw.truncate(end.max(1));
        let events = convert(&[fetched(&raw, 1)], &owner(Threading::Thread), &HashMap::new());
        proptest::prop_assert_eq!(events.len(), 1);
    }

    #[test]
    fn folding_a_text_loses_no_line_that_was_written(lines in proptest::collection::vec("[ >a-z:-]{0,12}", 0..30)) {
        let text = lines.join("\n");
        let folded = crate::email::quote::fold(&text);
        let kept = format!(
            "{}\n{}\n{}", folded.body, folded.quote.unwrap_or_default(), folded.signature.unwrap_or_default()
        );
        for line in lines.iter().map(|line| line.trim()).filter(|line| !line.is_empty() && *line != "--") {
            proptest::prop_assert!(kept.contains(line), "{:?} is missing", line);
        }
    }
}
