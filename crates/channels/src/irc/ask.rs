//! What the session wants of its connection.

use tokio::{sync::oneshot, time::Instant};
use unisono_domain::{
    Millis,
    channel::{ChatInfo, Inbound, RequestError, SendOutcome},
    text::Text,
};

use super::{connection::Connection, convert::GIVEN, format, line};

/// A text of more lines would flood everybody who reads along.
const MOST_LINES: usize = 40;
/// What a line may have besides its text: our name, user and host as others see them, and the ends
/// (RFC 1459 section 2.3: 512 bytes in all).
const LINE: usize = 512;
const USER_AND_HOST: usize = 12 + 64;
const CHANNEL_LEAVE: [&str; 2] = ["/part", "/leave"];

/// A message to be sent.
#[derive(Debug)]
pub struct Saying {
    pub target: String,
    /// With control codes.
    pub text: String,
    pub action: bool,
    /// The id and the author's name of what it answers.
    pub reply_to: Option<(String, Option<String>)>,
}

pub enum Ask {
    Say(Saying, oneshot::Sender<SendOutcome>),
    Typing {
        target: String,
        typing: bool,
    },
    Join {
        name: String,
        key: Option<String>,
        done: oneshot::Sender<Result<ChatInfo, RequestError>>,
    },
    /// The name as portals have it.
    Fold {
        name: String,
        done: oneshot::Sender<String>,
    },
    Page {
        target: String,
        before: Option<Millis>,
        limit: usize,
        done: oneshot::Sender<Vec<Inbound>>,
    },
}

impl Connection<'_> {
    pub(super) fn take(&mut self, ask: Ask) {
        match ask {
            Ask::Say(saying, done) => {
                if let Err((outcome, done)) = self.say(&saying, done) {
                    // Who asked may have gone away meanwhile, here and below.
                    let _ = done.send(outcome);
                }
            }
            Ask::Typing { target, typing } if self.link.features.has("message-tags") => {
                let state = if typing { "active" } else { "done" };
                self.outgoing.push(line::build(&[("+typing", state)], "TAGMSG", &[&target]));
            }
            Ask::Typing { .. } => {}
            Ask::Join { name, key, done } => self.join(&name, key, done),
            Ask::Fold { name, done } => {
                let _ = done.send(self.fold(&name));
            }
            Ask::Page { target, before, limit, done } => self.ask_for_page(&target, before, limit, done),
        }
    }

    fn join(&mut self, name: &str, key: Option<String>, done: oneshot::Sender<Result<ChatInfo, RequestError>>) {
        let me = self.link.nick.clone();
        let features = &self.link.features;
        let room = self.rooms.enter(features, name);
        if room.joined {
            let _ = done.send(Ok(room.info(&self.reader, features, &me)));
            return;
        }
        room.waiting.push(done);
        let line = match &key {
            Some(key) => line::build(&[], "JOIN", &[name, key]),
            None => line::build(&[], "JOIN", &[name]),
        };
        room.key = key;
        self.outgoing.push(line);
    }

    fn say(
        &mut self,
        saying: &Saying,
        done: oneshot::Sender<SendOutcome>,
    ) -> Result<(), (SendOutcome, oneshot::Sender<SendOutcome>)> {
        let target = saying.target.as_str();
        let chat = self.fold(target);
        let in_room = self.link.features.is_channel(target);
        if in_room && CHANNEL_LEAVE.contains(&saying.text.trim()) {
            self.outgoing.push(line::build(&[], "PART", &[target]));
            return Err((SendOutcome::Rejected { reason: LEFT }, done));
        }
        let mut text = saying.text.clone();
        if let Some((_, Some(nick))) = &saying.reply_to
            && in_room
            && !self.is_me(nick)
        {
            text.insert_str(0, &format!("{nick}: "));
        }
        let around = ":!@ PRIVMSG  :\r\n".len() + self.link.nick.len() + USER_AND_HOST + target.len();
        let wrapping = if saying.action { "\x01ACTION \x01".len() } else { 0 };
        let pieces = format::lines(&text, LINE.saturating_sub(around + wrapping));
        if pieces.is_empty() {
            return Err((SendOutcome::Rejected { reason: EMPTY }, done));
        }
        if pieces.len() > MOST_LINES {
            return Err((SendOutcome::Rejected { reason: TOO_LONG }, done));
        }
        let texts: Vec<String> = pieces
            .into_iter()
            .map(|piece| if saying.action { format!("\x01ACTION {piece}\x01") } else { piece })
            .collect();
        let no = self.outgoing.next_no();
        let label = no.to_string();
        let mut tags = Vec::new();
        if self.link.features.has("labeled-response") {
            tags.push(("label", label.as_str()));
        }
        let answered = saying.reply_to.as_ref().and_then(|(id, _)| id.strip_prefix(GIVEN));
        if let Some(id) = answered.filter(|_| self.link.features.has("message-tags")) {
            tags.push(("+draft/reply", id));
        }
        let lines = texts.iter().map(|text| line::build(&tags, "PRIVMSG", &[target, text])).collect();
        let question = line::build(&[], "PING", &[&format!("u{no}")]);
        // What we write to ourselves comes back in any case.
        let echoed = self.link.features.has("echo-message") || self.is_me(target);
        if !in_room {
            self.note_talk(&chat);
        }
        self.outgoing.send(chat, lines, question, if echoed { texts } else { Vec::new() }, done);
        self.outgoing.settle(Instant::now());
        Ok(())
    }
}

const EMPTY: Text = Text::new("The message is empty.", "Die Nachricht ist leer.");
const TOO_LONG: Text = Text::new(
    "That would be more than 40 lines, which IRC servers take for flooding. Put it on the web and send the link.",
    "Das wären mehr als 40 Zeilen, was IRC-Server für Überflutung halten. Leg es ins Netz und schick den Link.",
);
const LEFT: Text = Text::new(
    "You have left the channel; this line was not sent.",
    "Du hast den Kanal verlassen; diese Zeile wurde nicht gesendet.",
);
