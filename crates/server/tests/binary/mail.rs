//! E-mail from end to end: the real binary, a real Dovecot, a real Postfix.

use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

use serde_json::{Value, json};
use unisono_testkit::{mail::MailServer, mailgen};

use crate::server::{Server, escape, eventually};

const ME: (&str, &str) = ("me@example.net", "geheim");
const ANNA: (&str, &str) = ("anna@example.org", "auchgeheim");

fn mail_server() -> Option<MailServer> {
    MailServer::start(&[ME, ANNA])
}

/// Adds the mailbox as the wizard does.
fn add_mailbox(server: &Server, mail: &MailServer) -> i64 {
    let begun = server.post("/_unisono/v1/logins", &json!({ "channel": "email", "flow": "manual" }));
    let fields = json!({ "fields": {
        "email": ME.0, "password": ME.1,
        "imap_host": "localhost", "imap_port": mail.imaps_port.to_string(), "imap_security": "tls",
        "smtp_host": "localhost", "smtp_port": mail.smtp_port.to_string(), "smtp_security": "starttls",
    } });
    let path = format!("/_unisono/v1/logins/{}", begun["login_id"].as_str().unwrap());
    let done = server.post(&path, &fields);
    done["step"]["account_id"].as_i64().unwrap_or_else(|| panic!("{done}"))
}

fn say(server: &Server, room: &str, content: &Value) -> String {
    let path = format!("/_matrix/client/v3/rooms/{}/send/m.room.message/t{:x}", escape(room), unique());
    server.call("PUT", &path, Some(content))["event_id"].as_str().unwrap().to_owned()
}

fn unique() -> u64 {
    use std::hash::{BuildHasher, Hasher, RandomState};
    RandomState::new().build_hasher().finish()
}

fn body(event: &Value) -> &str {
    event["content"]["body"].as_str().unwrap_or_default()
}

/// The mails of a folder as text.
fn texts(mail: &MailServer, address: &str, folder: &str) -> Vec<String> {
    mail.mails(address, folder).into_iter().map(|(raw, _)| String::from_utf8_lossy(&raw).into_owned()).collect()
}

fn header<'a>(raw: &'a str, name: &str) -> &'a str {
    let line =
        raw.lines().find(|line| line.to_ascii_lowercase().starts_with(&format!("{}:", name.to_ascii_lowercase())));
    line.and_then(|line| line.split_once(':')).map_or("", |(_, value)| value.trim())
}

#[test]
fn a_mail_comes_in_and_its_answer_goes_out_threaded() {
    let Some(mail) = mail_server() else { return };
    let home = tempfile::tempdir().unwrap();
    let mut server = Server::start(home.path(), "");
    server.register("me");
    add_mailbox(&server, &mail);
    let question = "From: Anna <anna@example.org>\r\nTo: me@example.net\r\nSubject: Lunch\r\n\
        Message-ID: <q1@example.org>\r\nDate: Mon, 23 Nov 2026 12:00:00 +0000\r\n\r\nAre you hungry?\r\n";
    mail.deliver(ANNA.0, ME.0, question.as_bytes());
    let (room, event) = eventually("the mail is an event", || {
        server.mails().into_iter().find(|(_, event)| body(event) == "Are you hungry?")
    });
    assert_eq!(event["sender"], "@email_anna=40example.org:test.local");
    assert_eq!(event["content"]["org.unisono.email"]["subject"], "Lunch");

    let reply = json!({ "msgtype": "m.text", "body": "Always.",
        "m.relates_to": { "m.in_reply_to": { "event_id": event["event_id"] } } });
    say(&server, &room, &reply);
    let answer = eventually("the answer is in Anna's mailbox", || {
        texts(&mail, ANNA.0, "INBOX").into_iter().find(|raw| raw.contains("Always."))
    });
    assert_eq!(header(&answer, "In-Reply-To"), "<q1@example.org>");
    assert!(header(&answer, "References").contains("<q1@example.org>"), "{answer}");
    assert_eq!(header(&answer, "Subject"), "Re: Lunch");
    eventually("a copy lies in Sent", || texts(&mail, ME.0, "Sent").into_iter().find(|raw| raw.contains("Always.")));
    let again = "From: Anna <anna@example.org>\r\nTo: me@example.net\r\nSubject: Re: Lunch\r\n\
        Message-ID: <q2@example.org>\r\nReferences: <q1@example.org>\r\nDate: Mon, 23 Nov 2026 12:05:00 +0000\r\n\r\n\
        Good.\r\n";
    mail.deliver(ANNA.0, ME.0, again.as_bytes());
    eventually("the next is in the same room", || {
        server.mails().into_iter().find(|(found, event)| *found == room && body(event) == "Good.")
    });
    let own = server.events(&room).into_iter().filter(|event| body(event) == "Always.").count();
    assert_eq!(own, 1, "the copy in Sent made no second event");
}

/// How many mails are here, and each only once.
fn check(server: &Server, expected: &[mailgen::Generated]) {
    let mails = server.mails();
    let mut count: BTreeMap<String, usize> = BTreeMap::new();
    for (_, event) in &mails {
        let id = event["content"]["org.unisono.email"]["message_id"].as_str().unwrap_or_default().to_owned();
        *count.entry(id).or_default() += 1;
    }
    for id in expected.iter().filter_map(|mail| mail.message_id.as_ref()) {
        assert_eq!(count.get(id), Some(&1), "{id}");
    }
    assert_eq!(mails.len(), expected.len());
}

fn fill(mail: &MailServer, count: usize) -> Vec<mailgen::Generated> {
    #[expect(clippy::disallowed_methods, reason = "the mails must be of the last 90 days as the server counts them")]
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs();
    let mails = mailgen::mails(count, ME.0, now, false);
    for generated in &mails {
        mail.append(ME.0, "INBOX", &generated.raw, generated.received, false);
    }
    mails
}

fn wait_for_import(server: &Server, wanted: usize) -> usize {
    let mut last = 0;
    eventually(&format!("{wanted} mails are here"), || {
        last = server.mails().len();
        (last >= wanted).then_some(())
    });
    last
}

#[test]
fn an_import_that_is_killed_in_the_middle_loses_and_repeats_nothing() {
    let Some(mail) = mail_server() else { return };
    let home = tempfile::tempdir().unwrap();
    let mails = fill(&mail, 1_000);
    let mut server = Server::start(home.path(), "");
    server.register("me");
    let began = Instant::now();
    add_mailbox(&server, &mail);
    for part in [1, 150, 400, 700] {
        println!("killed when {} were here", wait_for_import(&server, part));
        let token = server.token.clone();
        server.kill();
        server = Server::start(home.path(), &token);
    }
    wait_for_import(&server, mails.len());
    let took = began.elapsed();
    println!("1,000 mails with four kills: {took:?}");
    check(&server, &mails);
}

#[test]
fn a_kill_while_sending_sends_each_mail_once() {
    let Some(mail) = mail_server() else { return };
    let home = tempfile::tempdir().unwrap();
    let mut server = Server::start(home.path(), "");
    server.register("me");
    add_mailbox(&server, &mail);
    let hello = "From: Anna <anna@example.org>\r\nTo: me@example.net\r\nSubject: Hello\r\n\
        Message-ID: <h1@example.org>\r\nDate: Mon, 23 Nov 2026 12:00:00 +0000\r\n\r\nHello.\r\n";
    mail.deliver(ANNA.0, ME.0, hello.as_bytes());
    let (room, _) = eventually("the mail is an event", || server.mails().into_iter().next());
    let texts_out: Vec<String> = (0..12).map(|number| format!("out-{number:02}.")).collect();
    for (number, text) in texts_out.iter().enumerate() {
        say(&server, &room, &json!({ "msgtype": "m.text", "body": text }));
        if number % 3 == 2 {
            let token = server.token.clone();
            server.kill();
            server = Server::start(home.path(), &token);
        }
    }
    let all = || -> Vec<String> { texts(&mail, ANNA.0, "INBOX") };
    eventually("all are in Anna's mailbox", || {
        let all = all();
        texts_out.iter().all(|text| all.iter().any(|raw| raw.contains(text))).then_some(())
    });
    // Time for anything that would be sent twice.
    let settled = Instant::now();
    eventually("nothing more comes", || (settled.elapsed() > Duration::from_secs(3)).then_some(()));
    for text in &texts_out {
        assert_eq!(all().iter().filter(|raw| raw.contains(text)).count(), 1, "{text}");
    }
    let events = server.events(&room);
    for text in &texts_out {
        assert_eq!(events.iter().filter(|event| body(event) == *text).count(), 1, "{text}");
    }
}

#[test]
fn a_mail_server_that_is_away_for_a_while_costs_time_and_nothing_else() {
    let Some(mut mail) = mail_server() else { return };
    let home = tempfile::tempdir().unwrap();
    let mut server = Server::start(home.path(), "");
    server.register("me");
    let account = add_mailbox(&server, &mail);
    let hello = "From: Anna <anna@example.org>\r\nTo: me@example.net\r\nSubject: Hello\r\n\
        Message-ID: <h1@example.org>\r\nDate: Mon, 23 Nov 2026 12:00:00 +0000\r\n\r\nHello.\r\n";
    mail.deliver(ANNA.0, ME.0, hello.as_bytes());
    let (room, _) = eventually("the mail is an event", || server.mails().into_iter().next());
    mail.stop();
    say(&server, &room, &json!({ "msgtype": "m.text", "body": "written in between" }));
    let state = |server: &Server| {
        let accounts = server.get("/_unisono/v1/accounts");
        let own = accounts["accounts"].as_array().unwrap().iter().find(|entry| entry["id"] == account).cloned();
        own.unwrap()["state"]["state"].as_str().unwrap().to_owned()
    };
    eventually("the trouble is shown", || (state(&server) == "trouble").then_some(()));
    mail.append(
        ME.0,
        "INBOX",
        hello.replace("h1@", "h2@").replace("Hello.", "While away.").as_bytes(),
        1_795_435_200,
        false,
    );
    mail.resume().unwrap();
    let path = format!("/_unisono/v1/accounts/{account}/reconnect");
    server.call("POST", &path, Some(&json!({})));
    eventually("the mail comes", || server.mails().into_iter().find(|(_, event)| body(event) == "While away."));
    eventually("the answer goes", || {
        texts(&mail, ANNA.0, "INBOX").into_iter().find(|raw| raw.contains("written in between"))
    });
}
