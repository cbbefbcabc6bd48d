//! What goes out.

use bytes::Bytes;
use unisono_domain::channel::{
    AccountState, FindSent, Host, InboundBody, Media, MediaSource, MessageRef, Outbound, OutboundBody, Part, PartKind,
    PortalKey, SendOutcome, Sender, Session,
};
use unisono_testkit::mail::{Script, SmtpSink};

use super::{ANNA, FakeHost, ME, account, account_with_smtp, server, session};
use crate::email::parse::parse;

fn outbound(portal: &PortalKey, txn: &str, host: &FakeHost, last: Option<MessageRef>, parts: Vec<Part>) -> Outbound {
    Outbound {
        portal: portal.clone(),
        txn: txn.to_owned(),
        sent_at: host.now(),
        sender_name: None,
        subject: None,
        body: OutboundBody::Message { parts, reply_to: None },
        last: last.clone(),
        last_received: last,
    }
}

async fn chat(mailbox: &dyn Session, address: &str) -> PortalKey {
    mailbox.resolve_identifier(address).await.unwrap().portal
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_answer_with_a_file_arrives_threaded_and_is_filed_once() {
    let Some(server) = server() else { return };
    let host = FakeHost::new();
    server.deliver(ANNA.0, ME.0, b"From: Anna <anna@example.org>\nTo: me@example.net\nSubject: Frage\nMessage-ID: <q@example.org>\n\nKommst du?\n");
    let mailbox = session(account(&server, "correspondent"), &host);
    host.run_until(mailbox.as_ref(), |host| host.messages().len() == 1).await;
    let question = host.messages()[0].clone();
    let last = MessageRef { id: question.id.clone(), data: question.data.clone() };

    let mut file = Part::text("1", "");
    file.kind = PartKind::File;
    file.media = Some(Media {
        source: MediaSource::Bytes(Bytes::from_static(b"%PDF-1.4")),
        name: "Plan für Köln.pdf".into(),
        mime: "application/pdf".into(),
        size: None,
        content_id: None,
    });
    let answer = outbound(&question.portal, "$answer", &host, Some(last), vec![Part::text("0", "Ja, gern."), file]);
    let SendOutcome::Sent { id, .. } = mailbox.send(answer.clone()).await else { panic!("{}", server.logs()) };
    assert!(matches!(mailbox.find_sent(&answer).await, Ok(FindSent::Sent(_))));

    let (raw, _) = wait_for_mail(&server, ANNA.0);
    let mail = parse(&raw, 0);
    assert_eq!((mail.id.as_str(), mail.subject.as_str()), (id.as_str(), "Re: Frage"));
    assert_eq!(mail.in_reply_to, ["q@example.org"]);
    assert_eq!(mail.attachments[0].name, "Plan für Köln.pdf");

    let filed = server.mails(ME.0, "Sent");
    assert_eq!(filed.len(), 1);
    assert!(filed[0].1, "our copy is marked as read");

    // Sent again under the same transaction, it is the same mail to everybody.
    assert!(matches!(mailbox.send(answer).await, SendOutcome::Sent { id: again, .. } if again == id));
    assert_eq!(server.mails(ME.0, "Sent").len(), 1);
}

fn wait_for_mail(server: &unisono_testkit::mail::MailServer, address: &str) -> (Vec<u8>, bool) {
    let deadline = std::time::Instant::now() + std::time::Duration::from_secs(60);
    loop {
        if let Some(mail) = server.mails(address, "INBOX").into_iter().next() {
            return mail;
        }
        assert!(std::time::Instant::now() < deadline, "no mail arrived\n{}", server.logs());
        std::thread::yield_now();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_mail_that_bounces_is_marked_failed() {
    let Some(server) = server() else { return };
    let host = FakeHost::new();
    let mailbox = session(account(&server, "correspondent"), &host);
    host.run_until_connected(mailbox.as_ref()).await;
    let portal = chat(mailbox.as_ref(), "lost@example.org").await;
    let outcome = mailbox.send(outbound(&portal, "$lost", &host, None, vec![Part::text("0", "Hallo?")])).await;
    let SendOutcome::Sent { id, .. } = outcome else { panic!("{outcome:?}") };
    // The hub knows its own message; the fake one learns it from the folder of sent mails.
    host.run_until(mailbox.as_ref(), |host| {
        host.events().iter().any(|event| matches!(&event.body, InboundBody::Failed { target, .. } if *target == id))
    })
    .await;
    let own = host.messages().into_iter().find(|event| event.id == id).unwrap();
    assert_eq!((own.sender, own.portal), (Sender::Me, portal));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_unknown_neighbour_is_refused_at_once() {
    let Some(server) = server() else { return };
    let host = FakeHost::new();
    let mailbox = session(account(&server, "correspondent"), &host);
    let portal = chat(mailbox.as_ref(), "nobody@example.org").await;
    let outcome = mailbox.send(outbound(&portal, "$x", &host, None, vec![Part::text("0", "Hallo?")])).await;
    assert!(
        matches!(&outcome, SendOutcome::Rejected { reason } if reason.en.contains("nobody@example.org")),
        "{outcome:?}"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_answer_of_the_mail_server_has_its_outcome() {
    let Some(server) = server() else { return };
    let sink = SmtpSink::start(&[
        Script::AnswerRecipient("450 4.2.0 greylisted"),
        Script::AnswerMail("452 4.3.1 disk full"),
        Script::AnswerMail("554 5.7.1 spam"),
        Script::RefusePassword("535 5.7.8 wrong"),
        Script::HangUpBeforeMail,
        Script::HangUpAfterMail,
        Script::Accept,
    ]);
    let host = FakeHost::new();
    let mailbox = session(account_with_smtp(&server, "correspondent", sink.port, "none"), &host);
    let portal = chat(mailbox.as_ref(), ANNA.0).await;
    let mut outcomes = Vec::new();
    for at in 0..7 {
        let mail = outbound(&portal, &format!("${at}"), &host, None, vec![Part::text("0", "Hallo\n.\n.Punkt")]);
        let outcome = mailbox.send(mail.clone()).await;
        if matches!(outcome, SendOutcome::Unknown { .. }) {
            assert!(matches!(mailbox.find_sent(&mail).await, Ok(FindSent::NotSent)));
        }
        outcomes.push(outcome);
    }
    let words: Vec<&str> = outcomes
        .iter()
        .map(|outcome| match outcome {
            SendOutcome::Sent { .. } => "sent",
            SendOutcome::Retry { .. } => "retry",
            SendOutcome::Rejected { .. } => "rejected",
            SendOutcome::Unknown { .. } => "unknown",
            _ => "other",
        })
        .collect();
    assert_eq!(words, ["retry", "retry", "rejected", "retry", "retry", "unknown", "sent"], "{outcomes:?}");
    assert!(
        matches!(&outcomes[2], SendOutcome::Rejected { reason } if reason.en.contains("5.7.1 spam")),
        "{outcomes:?}"
    );
    assert!(host.states().iter().any(|state| matches!(state, AccountState::BadCredentials { .. })));
    assert!(String::from_utf8(sink.mails().pop().unwrap()).unwrap().contains("\r\n.Punkt"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_mail_cannot_do_is_refused_with_the_reason() {
    let Some(server) = server() else { return };
    let host = FakeHost::new();
    let mailbox = session(account(&server, "correspondent"), &host);
    let portal = chat(mailbox.as_ref(), ANNA.0).await;
    let target = MessageRef { id: unisono_domain::channel::RemoteId::new("x"), data: serde_json::Value::Null };
    for body in [
        OutboundBody::Edit { target: target.clone(), parts: Vec::new() },
        OutboundBody::Delete { target: target.clone() },
        OutboundBody::Reaction { target, key: "👍".into() },
    ] {
        let mut event = outbound(&portal, "$x", &host, None, Vec::new());
        event.body = body;
        assert!(matches!(mailbox.send(event).await, SendOutcome::Rejected { .. }));
    }
    assert!(mailbox.resolve_identifier("not an address").await.is_err());
}
