//! What comes in.

use std::collections::{BTreeSet, HashMap};

use unisono_domain::channel::{
    AccountState, Host, InboundBody, MessageRef, Outbound, OutboundBody, SendOutcome, Sender,
};
use unisono_testkit::mailgen::mails;

use super::{ANNA, FakeHost, ME, account, server, session};

fn now(host: &FakeHost) -> u64 {
    (host.now() / 1000) as u64
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_mails_are_imported_once_each_even_when_killed_in_between() {
    let Some(server) = server() else { return };
    let host = FakeHost::continuing(None, Some(6));
    let generated = mails(1_000, ME.0, now(&host), true);
    for mail in &generated {
        server.append(ME.0, "INBOX", &mail.raw, mail.received, mail.received % 2 == 0);
    }
    // A hub that dies during the import, several times.
    session(account(&server, "correspondent"), &host).run().await.unwrap_err();
    assert!(host.messages().len() < 1_000);
    let again = FakeHost::continuing(Some(&host), Some(3));
    session(account(&server, "correspondent"), &again).run().await.unwrap_err();
    let last = FakeHost::continuing(Some(&again), None);
    let begun = std::time::Instant::now();
    let before = last.messages().len();
    last.run_until_connected(session(account(&server, "correspondent"), &last).as_ref()).await;
    let messages = last.messages();
    println!("{} mails imported in {:?}", messages.len() - before, begun.elapsed());

    assert_eq!(messages.len(), 1_000);
    assert_eq!(host.repeated() + again.repeated() + last.repeated(), 0);
    let ids: BTreeSet<&str> = messages.iter().map(|event| event.id.as_str()).collect();
    for id in generated.iter().filter_map(|mail| mail.message_id.as_deref()) {
        assert!(ids.contains(id), "{id} is missing");
    }
    assert!(messages.iter().all(|event| event.historical));
    let order: Vec<i64> = messages.iter().map(|event| event.sent_at).collect();
    assert!(order.is_sorted(), "mails come in their order");
    let huge = messages.iter().filter_map(|event| match &event.body {
        InboundBody::Message { parts, .. } => {
            parts.iter().filter_map(|part| part.media.as_ref()).filter_map(|media| media.size).max()
        }
        _ => None,
    });
    assert!(huge.max().unwrap() > 20_000_000);
    assert!(last.states().iter().any(|state| matches!(state, AccountState::Backfilling { .. })));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn new_mails_come_at_once_and_an_outage_is_caught_up() {
    let Some(mut server) = server() else { return };
    let host = FakeHost::new();
    let mailbox = session(account(&server, "correspondent"), &host);
    host.run_until_connected(mailbox.as_ref()).await;

    let running = {
        let (host, mailbox) = (host.clone(), mailbox.clone());
        tokio::spawn(async move { host.run_until(mailbox.as_ref(), |host| host.messages().len() == 1).await })
    };
    server.deliver(
        ANNA.0,
        ME.0,
        b"From: anna@example.org\nTo: me@example.net\nSubject: Neu\nMessage-ID: <new1@example.org>\n\nHallo\n",
    );
    running.await.unwrap();
    assert!(!host.messages()[0].historical && !host.messages()[0].seen);

    // Away, and mails arrive meanwhile; some carry old dates and one no id.
    server.stop();
    assert!(mailbox.run().await.is_err());
    for at in 0..30u64 {
        let raw = format!(
            "From: anna@example.org\nTo: me@example.net\nSubject: {at}\nDate: Mon, 14 Sep 2020 10:30:00 +0200\n\nMail {at}\n"
        );
        server.append(ME.0, "INBOX", raw.as_bytes(), now(&host) + at, false);
    }
    server.resume().unwrap();
    host.run_until(mailbox.as_ref(), |host| host.messages().len() == 31).await;
    assert_eq!(host.repeated(), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn renumbered_mailboxes_are_read_again_without_doubles() {
    let Some(mut server) = server() else { return };
    let host = FakeHost::new();
    for mail in mails(40, ME.0, now(&host), false) {
        server.append(ME.0, "INBOX", &mail.raw, mail.received, true);
    }
    let mailbox = session(account(&server, "thread"), &host);
    host.run_until_connected(mailbox.as_ref()).await;
    assert_eq!(host.messages().len(), 40);
    server.stop();
    server.renumber(ME.0);
    let raw = b"From: anna@example.org\nTo: me@example.net\nMessage-ID: <after@example.org>\n\nDanach\n";
    server.append(ME.0, "INBOX", raw, now(&host), false);
    server.resume().unwrap();
    let again = FakeHost::continuing(Some(&host), None);
    again.run_until_connected(session(account(&server, "thread"), &again).as_ref()).await;
    assert_eq!(again.messages().len(), 41);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn reading_is_carried_both_ways() {
    let Some(server) = server() else { return };
    let host = FakeHost::new();
    for at in 0..3u64 {
        let raw =
            format!("From: anna@example.org\nTo: me@example.net\nMessage-ID: <u{at}@x>\nSubject: Wort{at}\n\nx\n");
        server.append(ME.0, "INBOX", raw.as_bytes(), now(&host) + at, false);
    }
    let mailbox = session(account(&server, "correspondent"), &host);
    host.run_until_connected(mailbox.as_ref()).await;
    assert!(host.messages().iter().all(|event| !event.seen));

    // Read elsewhere, then marked unread again.
    server.set_seen(ME.0, ME.1, "Wort0", true);
    host.run_until(mailbox.as_ref(), |host| {
        host.events().iter().any(|event| {
            event.sender == Sender::Me && matches!(&event.body, InboundBody::Read { up_to } if up_to.as_str() == "u0@x")
        })
    })
    .await;
    server.set_seen(ME.0, ME.1, "Wort0", false);
    host.run_until(mailbox.as_ref(), |host| {
        host.events()
            .iter()
            .any(|event| matches!(&event.body, InboundBody::Unread { target } if target.as_str() == "u0@x"))
    })
    .await;

    // Read here.
    let second = host.messages()[1].clone();
    let outcome = mailbox
        .send(Outbound {
            portal: second.portal.clone(),
            txn: "read".into(),
            sent_at: host.now(),
            sender_name: None,
            subject: None,
            body: OutboundBody::Read { up_to: MessageRef { id: second.id.clone(), data: second.data.clone() } },
            last: None,
            last_received: None,
        })
        .await;
    assert!(matches!(outcome, SendOutcome::Sent { .. }), "{outcome:?}");
    let seen: HashMap<bool, usize> = server.mails(ME.0, "INBOX").iter().fold(HashMap::new(), |mut count, (_, seen)| {
        *count.entry(*seen).or_default() += 1;
        count
    });
    assert_eq!((seen.get(&true), seen.get(&false)), (Some(&2), Some(&1)));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn mails_from_before_the_import_come_page_by_page() {
    let Some(server) = server() else { return };
    let host = FakeHost::new();
    let old = now(&host) - 200 * 86_400;
    for at in 0..25u64 {
        let from = if at % 5 == 0 { "bert@example.com" } else { "anna@example.org" };
        let raw = format!("From: {from}\nTo: me@example.net\nMessage-ID: <old{at}@x>\nSubject: {at}\n\nx\n");
        server.append(ME.0, "INBOX", raw.as_bytes(), old + at * 60, true);
    }
    let raw = b"From: anna@example.org\nTo: me@example.net\nMessage-ID: <recent@x>\n\nx\n";
    server.append(ME.0, "INBOX", raw, now(&host) - 60, true);
    let mailbox = session(account(&server, "correspondent"), &host);
    host.run_until_connected(mailbox.as_ref()).await;
    assert_eq!(host.messages().len(), 1);
    let portal = host.messages()[0].portal.clone();

    let mut found = Vec::new();
    loop {
        let page = mailbox.fetch_history(&portal, 5).await.unwrap();
        if page.is_empty() {
            break;
        }
        assert!(page.is_sorted_by_key(|event| event.sent_at));
        assert!(page.iter().all(|event| event.historical && event.portal == portal));
        found.extend(page.iter().map(|event| event.id.as_str().to_owned()));
        host.deliver(page, None).await.unwrap();
    }
    assert_eq!(found.iter().collect::<BTreeSet<_>>().len(), 20);
    assert_eq!(found.len(), 20);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn different_mails_under_one_message_id_are_both_kept_and_copies_are_not() {
    let Some(server) = server() else { return };
    let host = FakeHost::new();
    let mail = |date: &str, text: &str| {
        format!(
            "From: scanner@example.org\nTo: me@example.net\nDate: {date}\nMessage-ID: <1@scanner>\nSubject: Scan\n\n{text}\n"
        )
    };
    let base = now(&host) - 3_600;
    let days = ["Mon, 14 Sep 2026 10:30:00 +0200", "Tue, 15 Sep 2026 10:30:00 +0200"];
    server.append(ME.0, "INBOX", mail(days[0], "eins").as_bytes(), base, true);
    server.append(ME.0, "INBOX", mail(days[0], "eins und eine Fußzeile").as_bytes(), base + 1, true);
    let mailbox = session(account(&server, "correspondent"), &host);
    host.run_until_connected(mailbox.as_ref()).await;
    assert_eq!(host.messages().len(), 1);
    server.append(ME.0, "INBOX", mail(days[1], "zwei").as_bytes(), base + 2, true);
    server.append(ME.0, "INBOX", mail(days[0], "eins noch einmal").as_bytes(), base + 3, true);
    host.run_until(mailbox.as_ref(), |host| host.messages().len() == 2).await;
    // Both were read when the second arrived; nothing more comes.
    let again = FakeHost::continuing(Some(&host), None);
    again.run_until_connected(session(account(&server, "correspondent"), &again).as_ref()).await;
    assert_eq!(again.messages().len(), 2);
}
