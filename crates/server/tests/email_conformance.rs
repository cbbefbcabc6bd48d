//! The conformance suite on the e-mail adapter, with a real Dovecot and Postfix. Trouble of the
//! network's own making cannot be staged there; those stories are told on the fake network.

#![expect(clippy::unwrap_used, reason = "a test ends here with the reason")]

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use unisono_domain::channel::Channel;
use unisono_testkit::{
    bench::Bench,
    conformance::{self, Network},
    fake_channel::Trouble,
    mail::MailServer,
};

const ME: (&str, &str) = ("me@example.net", "geheim");
const USERS: [(&str, &str); 3] = [ME, ("anna@example.org", "auchgeheim"), ("bert@example.org", "nochgeheimer")];

struct Mailboxes {
    server: Mutex<MailServer>,
    number: AtomicUsize,
}

fn mailboxes() -> Option<Mailboxes> {
    Some(Mailboxes { server: Mutex::new(MailServer::start(&USERS)?), number: AtomicUsize::new(0) })
}

/// The first line of what was written to a person, without headers and the quote below it.
fn text_to(raw: &[u8], person: &str) -> Option<String> {
    let raw = String::from_utf8_lossy(raw).replace("\r\n", "\n");
    let (head, body) = raw.split_once("\n\n")?;
    let to = head.lines().find(|line| line.starts_with("To:"))?;
    to.contains(person).then(|| body.lines().next().unwrap_or_default().to_owned())
}

impl Network for Mailboxes {
    fn channel(&self) -> Arc<dyn Channel> {
        unisono_channels::all().into_iter().find(|channel| channel.meta().id == "email").unwrap()
    }

    fn is_real(&self) -> bool {
        true
    }

    async fn connect(&self, bench: &Bench) -> i64 {
        let (imap, smtp) = {
            let server = self.server.lock().unwrap();
            (server.imaps_port.to_string(), server.smtp_port.to_string())
        };
        let fields = [
            ("email", ME.0),
            ("password", ME.1),
            ("imap_host", "localhost"),
            ("imap_port", &imap),
            ("imap_security", "tls"),
            ("smtp_host", "localhost"),
            ("smtp_port", &smtp),
            ("smtp_security", "starttls"),
        ];
        let fields = fields.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
        bench.engine.login_with_fields(bench.owner.clone(), "email", "manual", fields).await.unwrap()
    }

    async fn write(&self, _: &Bench, person: &str, text: &str) {
        let number = self.number.fetch_add(1, Ordering::Relaxed);
        let raw = format!(
            "From: {person} <{person}@example.org>\r\nTo: <{}>\r\nSubject: Hello\r\nMessage-ID: <{number}@example.org>\r\n\
             Date: Mon, 23 Nov 2026 12:{:02}:{:02} +0000\r\n\r\n{text}\r\n",
            ME.0,
            number / 60 % 60,
            number % 60
        );
        #[expect(clippy::disallowed_methods, reason = "mails are imported by when they came")]
        let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or(Duration::ZERO);
        self.server.lock().unwrap().append(ME.0, "INBOX", raw.as_bytes(), now.as_secs(), false);
    }

    async fn repeat(&self, _: &Bench) {
        let mut server = self.server.lock().unwrap();
        server.stop();
        server.renumber(ME.0);
        server.resume().unwrap();
    }

    async fn taken(&self, person: &str) -> Vec<String> {
        // Postfix hands mails over side by side, so the order in which it took them is that of the
        // copies in Sent.
        let mails = self.server.lock().unwrap().mails(ME.0, "Sent");
        mails.iter().filter_map(|(raw, _)| text_to(raw, person)).collect()
    }

    fn ghost(&self, person: &str) -> String {
        format!("email_{person}=40example.org")
    }

    fn trouble(&self, _: &str, _: Trouble) -> bool {
        false
    }

    fn is_met(&self, _: &str) -> bool {
        true
    }
}

#[test]
fn what_arrives_twice_is_there_once() {
    let Some(network) = mailboxes() else { return };
    conformance::what_arrives_twice_is_there_once(&network);
}

#[test]
fn order_is_kept() {
    let Some(network) = mailboxes() else { return };
    conformance::order_is_kept(&network);
}

#[test]
fn a_restart_in_the_middle_loses_and_repeats_nothing() {
    let Some(network) = mailboxes() else { return };
    conformance::a_restart_in_the_middle_loses_and_repeats_nothing(&network);
}
