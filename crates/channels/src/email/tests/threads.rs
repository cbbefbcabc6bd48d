//! Which mails share a conversation.

use std::collections::HashMap;

use proptest::prelude::*;
use unisono_domain::channel::ChatKind;

use super::{fetched, owner};
use crate::email::{
    config::Threading,
    convert::{Fetched, convert},
    parse::parse,
    thread::{assign, base_subject, key},
};

fn mail(id: &str, refs: &[&str], subject: &str) -> Vec<u8> {
    let references: Vec<String> = refs.iter().map(|id| format!("<{id}>")).collect();
    let mut raw =
        format!("From: anna@example.org\r\nTo: me@example.net\r\nSubject: {subject}\r\nMessage-ID: <{id}>\r\n");
    if !references.is_empty() {
        raw.push_str(&format!("References: {}\r\n", references.join(" ")));
    }
    raw.push_str("\r\nHallo\r\n");
    raw.into_bytes()
}

fn portals(batch: &[Fetched], threading: Threading) -> Vec<String> {
    convert(batch, &owner(threading), &HashMap::new())
        .into_iter()
        .map(|event| event.portal.chat.as_str().to_owned())
        .collect()
}

#[test]
fn the_same_subject_alone_joins_nothing() {
    let batch = [fetched(&mail("a@x", &[], "Treffen"), 1), fetched(&mail("b@x", &[], "Re: Treffen"), 2)];
    assert_eq!(portals(&batch, Threading::Thread), ["t:a@x", "t:b@x"]);
}

#[test]
fn references_join_a_thread_across_gaps() {
    let batch = [
        fetched(&mail("c@x", &["root@x", "b@x"], "Re: Treffen"), 1),
        fetched(&mail("d@x", &["root@x", "missing@x"], "Re: Treffen"), 2),
    ];
    assert_eq!(portals(&batch, Threading::Thread), ["t:root@x", "t:root@x"]);
}

#[test]
fn an_answer_to_a_known_mail_goes_where_that_is() {
    let owner = owner(Threading::Thread);
    let mine = key("n:anna@example.org:1".to_owned(), &owner);
    let known = HashMap::from([("sent@example.net".to_owned(), mine.clone())]);
    let events = convert(&[fetched(&mail("r@x", &["sent@example.net"], "Re: x"), 1)], &owner, &known);
    assert_eq!(events[0].portal, mine);
}

#[test]
fn people_share_one_conversation_whatever_the_subject() {
    let batch = [
        fetched(&mail("a@x", &[], "Eins"), 1),
        fetched(&mail("b@x", &[], "Zwei"), 2),
        fetched(include_bytes!("../fixtures/own_sent.eml"), 3),
        fetched(include_bytes!("../fixtures/group.eml"), 4),
        fetched(include_bytes!("../fixtures/mailing_list.eml"), 5),
        fetched(include_bytes!("../fixtures/address_group.eml"), 6),
    ];
    assert_eq!(
        portals(&batch, Threading::Correspondent),
        [
            "c:anna@example.org",
            "c:anna@example.org",
            "c:anna@example.org",
            "g:anna@example.org,bert@example.com,carla@example.com,dora@example.org",
            "l:rust.lists.example.org",
            "c:anna@example.org",
        ]
    );
}

#[test]
fn a_thread_is_named_by_its_subject_and_a_person_by_themselves() {
    let batch = [fetched(&mail("a@x", &[], "Re: AW: Treffen"), 1)];
    let chat = |threading| convert(&batch, &owner(threading), &HashMap::new())[0].chat.clone().unwrap();
    assert_eq!(chat(Threading::Thread).name.as_deref(), Some("Treffen"));
    assert_eq!(chat(Threading::Correspondent).kind, ChatKind::Direct);
    assert_eq!(base_subject("Re[2]: Fwd: WG: x"), "x");
}

proptest! {
    /// Whatever order mails arrive in, they make the same conversations.
    #[test]
    fn threading_is_order_independent(
        edges in proptest::collection::vec((0usize..12, proptest::collection::vec(0usize..12, 0..4)), 1..12),
        order in Just((0usize..12).collect::<Vec<_>>()).prop_shuffle(),
    ) {
        let owner = owner(Threading::Thread);
        let mut mails = HashMap::new();
        for (id, refs) in &edges {
            let refs: Vec<String> = refs.iter().map(|id| format!("m{id}@x")).collect();
            let refs: Vec<&str> = refs.iter().map(String::as_str).collect();
            mails.entry(*id).or_insert_with(|| parse(&mail(&format!("m{id}@x"), &refs, "s"), 0));
        }
        let first: Vec<_> = (0..12).filter_map(|id| mails.get(&id)).map(|mail| (mail, false)).collect();
        let second: Vec<_> = order.iter().filter_map(|id| mails.get(id)).map(|mail| (mail, false)).collect();
        let one: HashMap<_, _> =
            first.iter().map(|(mail, _)| &mail.id).zip(assign(&first, &owner, &HashMap::new())).collect();
        let two: HashMap<_, _> =
            second.iter().map(|(mail, _)| &mail.id).zip(assign(&second, &owner, &HashMap::new())).collect();
        prop_assert_eq!(one, two);
    }
}
