//! What goes out, as other mail programs read it.

use bytes::Bytes;
use mail_parser::{MessageParser, MimeHeaders};
use proptest::prelude::*;
use unisono_domain::channel::{
    Media, MediaSource, MessageRef, Outbound, OutboundBody, Part, PartKind, PortalKey, RemoteId,
};

use super::{RECEIVED, mailbox, owner};
use crate::email::{
    compose::{Composed, compose, message_id},
    config::Threading,
    notes::Notes,
    parse::parse,
    quote,
    thread::key,
};

fn portal(chat: &str) -> PortalKey {
    key(chat.to_owned(), &owner(Threading::Correspondent))
}

fn reference(raw: &[u8]) -> MessageRef {
    let mail = parse(raw, RECEIVED);
    let own = owner(Threading::Correspondent).has(&mail.from[0].address);
    MessageRef { id: RemoteId::new(&mail.id), data: Notes::of(&mail, own, None).to_value() }
}

fn outbound(chat: &str, last: Option<MessageRef>) -> Outbound {
    Outbound {
        portal: portal(chat),
        txn: "$event:example.net".into(),
        sent_at: 1_789_400_000_000,
        sender_name: None,
        subject: None,
        body: OutboundBody::Typing { typing: false },
        last: last.clone(),
        last_received: last,
    }
}

fn write(outbound: &Outbound, parts: &[Part]) -> Composed {
    compose(&mailbox(Threading::Correspondent), &owner(Threading::Correspondent), outbound, parts, None).unwrap()
}

fn file(name: &str, mime: &str, bytes: &[u8], content_id: Option<&str>) -> Part {
    Part {
        kind: PartKind::File,
        media: Some(Media {
            source: MediaSource::Bytes(Bytes::copy_from_slice(bytes)),
            name: name.into(),
            mime: mime.into(),
            size: None,
            content_id: content_id.map(Into::into),
        }),
        ..Part::text("f", "")
    }
}

#[test]
fn an_answer_is_threaded_addressed_and_quoted() {
    let question = reference(include_bytes!("../fixtures/reply_gmail.eml"));
    let composed =
        write(&outbound("c:anna@example.org", Some(question)), &[Part::text("0", "Bis Montag, ich freue mich.")]);
    let mail = parse(&composed.raw, RECEIVED);
    assert_eq!(mail.subject, "Re: Treffen");
    assert_eq!(mail.in_reply_to, ["gm1@mail.gmail.com"]);
    assert_eq!(mail.references, ["root@example.net", "q1@example.net", "gm1@mail.gmail.com"]);
    assert_eq!(mail.to.iter().map(|person| person.address.as_str()).collect::<Vec<_>>(), ["anna@example.org"]);
    assert_eq!(mail.from[0].name.as_deref(), Some("Ich Selbst"));
    assert_eq!(mail.date, 1_789_400_000_000);
    assert!(mail.text.contains("Am 14.09.2026 um 08:30 UTC schrieb Anna Beispiel:\n> Ja, *gern*!"), "{}", mail.text);
    let folded = quote::fold(&mail.text);
    assert_eq!(folded.body, "Bis Montag, ich freue mich.");
}

#[test]
fn everybody_in_a_group_is_answered_but_not_ourselves() {
    let last = reference(include_bytes!("../fixtures/group.eml"));
    let composed = write(&outbound("g:x", Some(last)), &[Part::text("0", "Ja")]);
    assert_eq!(composed.recipients, ["anna@example.org", "dora@example.org", "carla@example.com", "bert@example.com"]);
}

#[test]
fn a_blind_copy_is_answered_to_its_sender_alone() {
    let raw = b"From: anna@example.org\r\nTo: secret@example.com\r\nMessage-ID: <b@x>\r\nSubject: x\r\n\r\nx\r\n";
    let composed = write(&outbound("t:b@x", Some(reference(raw))), &[Part::text("0", "Ja")]);
    assert_eq!(composed.recipients, ["anna@example.org"]);
}

#[test]
fn a_list_is_answered_to_the_list() {
    let last = reference(include_bytes!("../fixtures/mailing_list.eml"));
    let composed = write(&outbound("l:rust.lists.example.org", Some(last)), &[Part::text("0", "So")]);
    assert_eq!(composed.recipients, ["rust@lists.example.org"]);
}

#[test]
fn reply_to_wins_over_from() {
    let raw = b"From: anna@example.org\r\nReply-To: office@example.org\r\nTo: me@example.net\r\nMessage-ID: <b@x>\r\n\r\nx\r\n";
    assert_eq!(
        write(&outbound("c:anna@example.org", Some(reference(raw))), &[Part::text("0", "Ja")]).recipients,
        ["office@example.org"]
    );
}

#[test]
fn a_first_mail_has_the_given_subject_or_its_first_words() {
    let mut first = outbound("c:anna@example.org", None);
    let parts = [Part::text("0", "Hallo Anna\nwie geht es dir?")];
    assert_eq!(parse(&write(&first, &parts).raw, 0).subject, "Hallo Anna");
    first.subject = Some("Größe & Preis ☕".into());
    let mail = parse(&write(&first, &parts).raw, 0);
    assert_eq!(mail.subject, "Größe & Preis ☕");
    assert!(mail.references.is_empty() && mail.in_reply_to.is_empty());
}

#[test]
fn the_same_transaction_has_the_same_message_id() {
    assert_eq!(message_id("$a", "me@example.net"), message_id("$a", "me@example.net"));
    assert_ne!(message_id("$a", "me@example.net"), message_id("$b", "me@example.net"));
    assert_ne!(message_id("$a", "me@example.net"), message_id("$a", "you@example.net"));
}

#[test]
fn files_and_inline_pictures_arrive_with_their_names() {
    let mut text = Part::text("0", "Schau");
    text.html = Some("<p>Schau <img src=\"cid:pic@x\"></p>".into());
    let parts = [
        text,
        file("Übersicht „2026“.pdf", "application/pdf", b"%PDF", None),
        file("bild.png", "image/png", b"\x89PNG", Some("pic@x")),
    ];
    let composed = write(&outbound("c:anna@example.org", None), &parts);
    assert!(composed.raw.is_ascii());
    let message = MessageParser::default().parse(&composed.raw).unwrap();
    let kinds: Vec<String> = message
        .parts
        .iter()
        .map(|part| {
            part.content_type()
                .map(|kind| format!("{}/{}", kind.c_type, kind.c_subtype.as_deref().unwrap_or("")))
                .unwrap_or_default()
        })
        .collect();
    assert_eq!(
        kinds,
        [
            "multipart/mixed",
            "multipart/alternative",
            "text/plain",
            "multipart/related",
            "text/html",
            "image/png",
            "application/pdf"
        ]
    );
    let mail = parse(&composed.raw, RECEIVED);
    let names: Vec<_> = mail.attachments.iter().map(|file| (file.name.as_str(), file.bytes.len())).collect();
    assert!(names.contains(&("Übersicht „2026“.pdf", 4)), "{names:?}");
    assert_eq!(mail.attachments.iter().find_map(|file| file.content_id.as_deref()), Some("pic@x"));
}

#[test]
fn long_chains_keep_their_root_and_their_end() {
    let references: Vec<String> = (0..80).map(|at| format!("<r{at}@x>")).collect();
    let raw = format!(
        "From: anna@example.org\r\nTo: me@example.net\r\nMessage-ID: <last@x>\r\nReferences: {}\r\n\r\nx\r\n",
        references.join("\r\n ")
    );
    let mail = parse(
        &write(&outbound("c:anna@example.org", Some(reference(raw.as_bytes()))), &[Part::text("0", "Ja")]).raw,
        0,
    );
    assert_eq!(mail.references.first().map(String::as_str), Some("r0@x"));
    assert_eq!(mail.references.last().map(String::as_str), Some("last@x"));
    assert!(mail.references.len() <= 31);
}

#[test]
fn a_header_cannot_be_smuggled_in() {
    let mut first = outbound("c:anna@example.org", None);
    first.subject = Some("x\r\nBcc: spy@example.com".into());
    first.sender_name = Some("Eve\r\nBcc: spy@example.com".into());
    let raw =
        String::from_utf8(write(&first, &[file("a\r\nBcc: spy@example.com", "a/b\r\nX: y", b"x", None)]).raw).unwrap();
    let bad = raw.lines().find(|line| line.starts_with("Bcc") || line.starts_with("X:"));
    assert_eq!(bad, None, "{raw}");
}

proptest! {
    /// What we write is read back as it was meant.
    #[test]
    fn a_composed_mail_parses_back_to_the_same_parts(
        text in "[a-zA-ZäöüßñŁ☕漢 .,!?\n]{1,300}",
        subject in "[a-zA-ZäöüßñŁ☕漢,:()\"]{1,60}",
        name in "[a-zA-Zäöüß☕ _-]{1,40}",
        bytes in proptest::collection::vec(proptest::num::u8::ANY, 0..400),
    ) {
        let name = format!("{}.bin", name.trim());
        let mut first = outbound("c:anna@example.org", None);
        first.subject = Some(subject.clone());
        let composed = write(&first, &[Part::text("0", text.as_str()), file(&name, "application/octet-stream", &bytes, None)]);
        let mail = parse(&composed.raw, RECEIVED);
        prop_assert_eq!(mail.id, composed.id);
        prop_assert_eq!(mail.subject, subject.trim());
        prop_assert_eq!(mail.text.trim(), text.trim_end().trim());
        prop_assert_eq!(mail.attachments.len(), 1);
        prop_assert_eq!(&mail.attachments[0].name, &name);
        prop_assert_eq!(mail.attachments[0].bytes.as_ref(), bytes.as_slice());
    }
}
