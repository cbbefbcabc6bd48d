//! A submission server that does what a test tells it, one script a mail.

use std::{
    collections::VecDeque,
    io::{BufRead, BufReader, Write},
    net::{TcpListener, TcpStream},
    sync::{Arc, Mutex, PoisonError},
};

/// What becomes of the next mail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Script {
    Accept,
    /// This answer to the password.
    RefusePassword(&'static str),
    /// This answer to the recipient.
    AnswerRecipient(&'static str),
    /// This answer to the finished mail.
    AnswerMail(&'static str),
    /// Takes the mail and hangs up without an answer.
    HangUpAfterMail,
    /// Hangs up before the mail is asked for.
    HangUpBeforeMail,
}

#[derive(Default)]
struct State {
    scripts: VecDeque<Script>,
    mails: Vec<Vec<u8>>,
}

/// Listens on a free port until the test ends; no TLS. Without a script left, mails are accepted.
pub struct SmtpSink {
    pub port: u16,
    state: Arc<Mutex<State>>,
}

impl SmtpSink {
    pub fn start(scripts: &[Script]) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap_or_else(|error| panic!("no port: {error}"));
        let port = listener.local_addr().map_or(0, |address| address.port());
        let state = Arc::new(Mutex::new(State { scripts: scripts.iter().cloned().collect(), mails: Vec::new() }));
        let shared = state.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let script = lock(&shared).scripts.pop_front().unwrap_or(Script::Accept);
                // A client that leaves early ends only its own conversation.
                let _ = talk(stream, &script, &shared);
            }
        });
        Self { port, state }
    }

    /// The mails that were taken, whatever was answered then.
    pub fn mails(&self) -> Vec<Vec<u8>> {
        lock(&self.state).mails.clone()
    }
}

fn lock(state: &Mutex<State>) -> std::sync::MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

fn talk(stream: TcpStream, script: &Script, state: &Mutex<State>) -> std::io::Result<()> {
    let mut writer = stream.try_clone()?;
    let mut reader = BufReader::new(stream);
    let mut say = |line: &str| writer.write_all(format!("{line}\r\n").as_bytes());
    say("220 sink")?;
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line)? == 0 {
            return Ok(());
        }
        let word = line.get(..4).unwrap_or_default().to_ascii_uppercase();
        match (word.as_str(), script) {
            ("EHLO", _) => say("250-sink\r\n250-8BITMIME\r\n250 AUTH PLAIN LOGIN")?,
            ("AUTH", Script::RefusePassword(answer)) => say(answer)?,
            ("AUTH", _) => say("235 welcome")?,
            ("RCPT", Script::AnswerRecipient(answer)) => say(answer)?,
            ("DATA", Script::HangUpBeforeMail) => return Ok(()),
            ("DATA", _) => {
                say("354 go on")?;
                let mut mail = Vec::new();
                loop {
                    let mut line = Vec::new();
                    if reader.read_until(b'\n', &mut line)? == 0 {
                        return Ok(());
                    }
                    if line == b".\r\n" {
                        break;
                    }
                    mail.extend_from_slice(line.strip_prefix(b".").unwrap_or(&line));
                }
                lock(state).mails.push(mail);
                match script {
                    Script::HangUpAfterMail => return Ok(()),
                    Script::AnswerMail(answer) => say(answer)?,
                    _ => say("250 taken")?,
                }
            }
            ("QUIT", _) => {
                say("221 bye")?;
                return Ok(());
            }
            _ => say("250 fine")?,
        }
    }
}
