//! One connection at work: reads, writes at the allowed pace, and gives what happens to the hub.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    time::Duration,
};

use irc_proto::{Command, Message, Prefix, command::BatchSubCommand};
use serde::{Deserialize, Serialize};
use tokio::{sync::mpsc, time::Instant};
use unisono_domain::{
    Millis,
    channel::{
        AccountState, ChatInfo, Host, Inbound, InboundBody, RemoteId, RemoteUser, SendOutcome, Sender, SessionError,
    },
    text::Text,
};

use super::{
    ask::Ask,
    config::Login,
    convert::{self, Kind, Reader},
    errors::{Refusal, refusal},
    line::{self, find_tag},
    link::{self, Link, LinkError},
    outgoing::Outgoing,
    rooms::Rooms,
};

/// After so long a silence we ask whether the server is there, and after so long more it is not.
const SILENCE: Duration = Duration::from_secs(90);
const GONE: Duration = Duration::from_secs(60);
/// How often the wanted name is tried again, at first and at most.
const REGAIN_FIRST: Duration = Duration::from_secs(5);
const REGAIN_MOST: Duration = Duration::from_secs(300);
/// Answers to machines' questions, at most so often.
const CTCP_PAUSE: Duration = Duration::from_secs(2);
/// How many channels one `JOIN` names.
const JOINED_AT_ONCE: usize = 8;
/// How long somebody is shown typing (IRCv3 "typing").
const TYPING: u64 = 6_000;

/// What is kept from one connection to the next.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Cursor {
    /// Channels that were entered besides those in the settings, with their keys.
    pub joined: BTreeMap<String, Option<String>>,
    /// Up to when everything is here, by the server's clock.
    pub seen: Millis,
}

/// A batch of lines that the server has opened.
pub struct Batch {
    pub target: String,
    pub label: Option<u64>,
    /// What was collected for who asked.
    pub events: Option<Vec<Inbound>>,
}

pub struct Connection<'a> {
    pub login: &'a Login,
    pub host: &'a dyn Host,
    pub link: Link,
    pub reader: Reader,
    pub outgoing: Outgoing,
    pub rooms: Rooms,
    pub cursor: Cursor,
    /// Up to when everything was here as we came.
    pub since: Millis,
    pub batches: HashMap<String, Batch>,
    /// Who waits for earlier messages of whom.
    pub histories: Vec<super::history::Pending>,
    /// With whom there were private messages.
    talked: HashSet<String>,
    /// Who said last why they are away.
    away: HashMap<String, String>,
    heard: Instant,
    asked_alive: bool,
    pub regain: (Instant, Duration),
    ctcp_at: Instant,
}

impl<'a> Connection<'a> {
    pub async fn open(login: &'a Login, host: &'a dyn Host) -> Result<Self, SessionError> {
        host.report(AccountState::Connecting);
        let cursor: Cursor =
            host.cursor().await?.and_then(|cursor| serde_json::from_value(cursor).ok()).unwrap_or_default();
        let link = Link::open(host.guard(), &login.credentials).await?;
        let now = Instant::now();
        Ok(Self {
            login,
            host,
            link,
            reader: Reader::new(login.id, &login.credentials.host),
            outgoing: Outgoing::new(),
            rooms: Rooms::default(),
            since: cursor.seen,
            cursor,
            batches: HashMap::new(),
            histories: Vec::new(),
            talked: HashSet::new(),
            away: HashMap::new(),
            heard: now,
            asked_alive: false,
            regain: (now + REGAIN_FIRST, REGAIN_FIRST),
            ctcp_at: now,
        })
    }

    /// Tells the network who we are if it does not know yet, and enters the channels.
    pub fn start(&mut self) {
        let credentials = &self.login.credentials;
        if let Some(password) = credentials.password.as_deref().filter(|_| !self.link.identified) {
            let account = credentials.account.as_deref().unwrap_or(&credentials.nick);
            self.outgoing.push(line::build(&[], "PRIVMSG", &["NickServ", &format!("IDENTIFY {account} {password}")]));
        }
        let mut wanted = self.login.settings.channels();
        for (name, key) in &self.cursor.joined {
            if !wanted.iter().any(|(known, _)| self.link.features.fold(known) == *name) {
                wanted.push((name.clone(), key.clone()));
            }
        }
        let (keyed, open): (Vec<_>, Vec<_>) = wanted.into_iter().partition(|(_, key)| key.is_some());
        for (name, key) in &keyed {
            self.outgoing.push(line::build(&[], "JOIN", &[name, key.as_deref().unwrap_or_default()]));
        }
        for some in open.chunks(JOINED_AT_ONCE) {
            let names: Vec<&str> = some.iter().map(|(name, _)| name.as_str()).collect();
            self.outgoing.push(line::build(&[], "JOIN", &[&names.join(",")]));
        }
        self.ask_who_wrote();
        self.host.report(AccountState::Connected);
    }

    /// Works until the connection is lost.
    pub async fn work(&mut self, asks: &mut mpsc::Receiver<Ask>) -> Result<(), SessionError> {
        loop {
            let alive = self.heard + if self.asked_alive { SILENCE + GONE } else { SILENCE };
            let mut wake = self.outgoing.wake_at().map_or(alive, |at| at.min(alive));
            if !self.has_own_name() {
                wake = wake.min(self.regain.0);
            }
            tokio::select! {
                message = self.link.read() => {
                    self.heard = Instant::now();
                    self.asked_alive = false;
                    self.handle(&message?).await?;
                }
                Some(ask) = asks.recv() => self.take(ask),
                () = tokio::time::sleep_until(wake) => {}
            }
            self.on_time()?;
            let lines = self.outgoing.take(Instant::now());
            if !lines.is_empty() {
                self.link.write(&lines).await?;
            }
        }
    }

    fn on_time(&mut self) -> Result<(), SessionError> {
        let now = Instant::now();
        self.outgoing.settle(now);
        if now >= self.heard + SILENCE + GONE {
            let reason = Text::new("The server does not answer any more.", "Der Server antwortet nicht mehr.");
            return Err(SessionError::Trouble { reason, retry_after: None });
        }
        if now >= self.heard + SILENCE && !self.asked_alive {
            self.asked_alive = true;
            self.outgoing.push(line::build(&[], "PING", &["alive"]));
        }
        if !self.has_own_name() && now >= self.regain.0 {
            let pause = (self.regain.1 * 2).min(REGAIN_MOST);
            self.regain = (now + pause, pause);
            self.outgoing.push(line::build(&[], "NICK", &[&self.login.credentials.nick]));
        }
        Ok(())
    }

    fn has_own_name(&self) -> bool {
        self.is_me(&self.login.credentials.nick)
    }

    pub fn is_me(&self, nick: &str) -> bool {
        self.link.features.fold(nick) == self.link.features.fold(&self.link.nick)
    }

    pub fn fold(&self, name: &str) -> String {
        self.link.features.fold(name)
    }

    /// Hands events over; what the server said up to now need not be asked for again.
    pub async fn deliver(&mut self, events: Vec<Inbound>) -> Result<(), SessionError> {
        self.cursor.seen = events.iter().map(|event| event.sent_at).fold(self.cursor.seen, Millis::max);
        self.save(events).await
    }

    pub async fn save(&mut self, events: Vec<Inbound>) -> Result<(), SessionError> {
        let cursor = serde_json::to_value(&self.cursor).ok();
        Ok(self.host.deliver(events, cursor).await?)
    }

    async fn handle(&mut self, message: &Message) -> Result<(), SessionError> {
        if let Some((number, words)) = line::numeric(message) {
            return self.numeric(message, number, words).await;
        }
        let nick = match &message.prefix {
            Some(Prefix::Nickname(nick, _, _)) => nick.as_str(),
            Some(Prefix::ServerName(_)) | None => "",
        };
        match &message.command {
            Command::PING(token, _) => {
                let pong = line::build(&[], "PONG", &[token]);
                self.link.write(&pong).await?;
            }
            Command::PONG(first, second) => {
                let token = second.as_deref().unwrap_or(first);
                if let Some(no) = token.strip_prefix('u').and_then(|no| no.parse().ok()) {
                    self.outgoing.answered(no, Instant::now());
                }
            }
            Command::PRIVMSG(target, text) => self.text(message, target, text, false).await?,
            Command::NOTICE(target, text) => self.text(message, target, text, true).await?,
            Command::JOIN(room, ..) => self.joined(nick, room),
            Command::PART(room, _) => self.left(nick, room).await?,
            Command::KICK(room, whom, reason) => self.kicked(message, nick, room, whom, reason.as_deref()).await?,
            Command::QUIT(_) => self.link_lost(nick),
            Command::NICK(new) => self.renamed(message, nick, new).await?,
            Command::TOPIC(room, topic) => self.topic(message, nick, room, topic.as_deref()).await?,
            Command::INVITE(whom, room) if self.is_me(whom) => {
                let text = Text::owned(
                    format!("{nick} invites you to {room}. Start a chat with {room} to enter it."),
                    format!("{nick} lädt dich nach {room} ein. Beginne einen Chat mit {room}, um einzutreten."),
                );
                self.tell_private(message, nick, &text).await?;
            }
            Command::AWAY(reason) => {
                let reason = reason.clone().unwrap_or_default();
                self.is_away(message, nick, &reason).await?;
            }
            Command::BATCH(reference, kind, rest) => {
                self.batch(message, reference, kind.as_ref(), rest.as_deref().unwrap_or_default()).await?;
            }
            Command::CAP(_, irc_proto::CapSubCommand::DEL, list, _) => {
                for cap in list.iter().flat_map(|list| list.split_whitespace()) {
                    self.link.features.caps.remove(cap);
                }
            }
            Command::ERROR(said) => return Err(LinkError::Closed(link::closed(said)).into()),
            Command::Raw(verb, words) if verb == "TAGMSG" => self.typing(message, nick, words).await?,
            Command::Raw(verb, words) if verb == "CHATHISTORY" => self.wrote(words),
            Command::Raw(verb, words) if verb == "FAIL" && words.first().is_some_and(|word| word == "CHATHISTORY") => {
                self.no_history();
            }
            _ => {}
        }
        Ok(())
    }

    async fn numeric(&mut self, message: &Message, number: u16, words: &[String]) -> Result<(), SessionError> {
        let features = &self.link.features;
        match (number, words) {
            (5, words) => self.link.features.learn(words),
            (332, [room, topic, ..]) => {
                self.rooms.enter(features, room).topic =
                    Some(convert::part(Kind::Text, topic).map_or_else(String::new, |part| part.text));
            }
            (353, [.., room, names]) => self.rooms.add_all(features, room, names),
            (366, [room, ..]) => self.entered(message, room).await?,
            (301, [nick, reason]) => self.is_away(message, nick, reason).await?,
            (465, words) => {
                let said = words.last().map(String::as_str).unwrap_or_default();
                return Err(LinkError::Banned(link::closed(said)).into());
            }
            (number, [target, ..]) => {
                if let Some(refusal) = refusal(number, words) {
                    self.refused(message, target, refusal).await?;
                }
            }
            _ => {}
        }
        Ok(())
    }

    /// A text from somebody, or the echo of our own.
    async fn text(&mut self, message: &Message, target: &str, text: &str, notice: bool) -> Result<(), SessionError> {
        // What servers say on their own behalf is for operators and logs.
        let Some(prefix @ Prefix::Nickname(nick, ..)) = &message.prefix else { return Ok(()) };
        let source = prefix.to_string();
        if self.login.settings.ignored().any(|mask| line::fits(mask, &source)) {
            return Ok(());
        }
        let now = Instant::now();
        let mine = self.is_me(nick);
        let room = self.link.features.without_mark(target);
        let in_room = self.link.features.is_channel(room);
        let chat = if in_room { self.fold(room) } else { self.fold(if mine { target } else { nick }) };
        if mine {
            let id = find_tag(message, "msgid").map(|id| format!("{}{id}", convert::GIVEN));
            if self.outgoing.echo(self.label(message), &chat, text, id.as_deref(), now) {
                return Ok(());
            }
        }
        let mut kind = if notice { Kind::Notice } else { Kind::Text };
        let mut words = text.to_owned();
        if let Some(ctcp) = text.strip_prefix('\x01') {
            let ctcp = ctcp.strip_suffix('\x01').unwrap_or(ctcp);
            let (verb, rest) = ctcp.split_once(' ').unwrap_or((ctcp, ""));
            match verb.to_ascii_uppercase().as_str() {
                "ACTION" => (kind, words) = (Kind::Action, rest.to_owned()),
                "DCC" => {
                    let text = Text::owned(
                        format!("{nick} offers a file or chat by DCC, which only works from IRC programs."),
                        format!(
                            "{nick} bietet eine Datei oder einen Chat über DCC an; das geht nur aus IRC-Programmen."
                        ),
                    );
                    return if mine { Ok(()) } else { self.tell_private(message, nick, &text).await };
                }
                question => {
                    if !(mine || notice || in_room) {
                        self.answer_machine(nick, question, rest);
                    }
                    return Ok(());
                }
            }
        }
        let Some(part) = convert::part(kind, &words) else { return Ok(()) };
        let user = self.reader.user(&self.link.features, nick);
        let chat_info = if in_room {
            self.rooms.enter(&self.link.features, room).name_only()
        } else {
            let other = if mine { self.reader.user(&self.link.features, target) } else { user.clone() };
            self.talked.insert(chat.clone());
            ChatInfo::direct(other)
        };
        let id = self.reader.id(message, &source, &chat, text);
        let at = convert::time(message, self.host.now());
        let sender = if mine { Sender::Me } else { Sender::Remote(user) };
        let body = InboundBody::Message { parts: vec![part], reply_to: convert::reply_to(message) };
        let event = Inbound::new(self.reader.portal(chat), sender, id, at, body)
            .in_chat(chat_info)
            .noting(convert::notes(message, nick));
        if let Some(events) = self.collecting(message) {
            events.push(event);
            return Ok(());
        }
        self.deliver(vec![event]).await
    }

    /// Answers what programs ask one another (<https://modern.ircdocs.horse/ctcp>).
    fn answer_machine(&mut self, nick: &str, question: &str, rest: &str) {
        let now = Instant::now();
        if now < self.ctcp_at {
            return;
        }
        let answer = match question {
            "VERSION" => "VERSION Unisono".to_owned(),
            "PING" => format!("PING {}", rest.chars().filter(|char| !char.is_control()).take(64).collect::<String>()),
            "CLIENTINFO" => "CLIENTINFO ACTION CLIENTINFO PING VERSION".to_owned(),
            _ => return,
        };
        self.ctcp_at = now + CTCP_PAUSE;
        self.outgoing.push(line::build(&[], "NOTICE", &[nick, &format!("\x01{answer}\x01")]));
    }

    /// The message of ours that an answer belongs to, where the server says so.
    fn label(&self, message: &Message) -> Option<u64> {
        let own = find_tag(message, "label").and_then(|label| label.parse().ok());
        own.or_else(|| self.batches.get(find_tag(message, "batch")?)?.label)
    }

    async fn refused(&mut self, message: &Message, target: &str, refusal: Refusal) -> Result<(), SessionError> {
        let (outcome, reason) = match refusal {
            Refusal::Final(reason) => (SendOutcome::Rejected { reason: reason.clone() }, reason),
            Refusal::Later(reason) => (SendOutcome::Retry { after: Some(10_000), reason: reason.clone() }, reason),
        };
        let chat = self.fold(target);
        if self.link.features.is_channel(target) && !self.rooms.get(&chat).is_some_and(|room| room.joined) {
            if self.rooms.refuse(&self.link.features, target, &reason) {
                return Ok(());
            }
            if self.is_expected(&chat) {
                return self.not_let_in(message, target, &reason).await;
            }
        }
        let Some(id) = self.outgoing.refuse(self.label(message), &chat, outcome) else { return Ok(()) };
        // It was taken for sent: a bouncer had answered before the server did.
        let body = InboundBody::Failed { target: RemoteId::new(id.as_str()), reason };
        let id = self.reader.next_id();
        let event = Inbound::new(self.reader.portal(chat), Sender::System, id, self.host.now(), body);
        self.save(vec![event]).await
    }

    /// Whether we try to be in a channel without being asked now.
    fn is_expected(&self, chat: &str) -> bool {
        self.rooms.get(chat).is_none()
            && (self.cursor.joined.contains_key(chat)
                || self.login.settings.channels().iter().any(|(name, _)| self.fold(name) == chat))
    }

    /// Says in a channel's own conversation that it is closed to us; the same reason only once.
    async fn not_let_in(&mut self, message: &Message, room: &str, reason: &Text) -> Result<(), SessionError> {
        let chat = self.fold(room);
        let text = Text::owned(
            format!("{room} cannot be entered: {}", reason.en),
            format!("{room} lässt sich nicht betreten: {}", reason.de),
        );
        let info = self.rooms.enter(&self.link.features, room).name_only();
        let at = convert::time(message, self.host.now());
        let event =
            convert::notice(self.reader.portal(chat.clone()), format!("closed:{chat}:{}", reason.en), at, &text, info);
        self.save(vec![event]).await
    }

    /// Tells something in the private chat with somebody.
    pub async fn tell_private(&mut self, message: &Message, nick: &str, text: &Text) -> Result<(), SessionError> {
        let user: RemoteUser = self.reader.user(&self.link.features, nick);
        let (chat, id, at) = (self.fold(nick), self.reader.next_id(), convert::time(message, self.host.now()));
        let event = convert::notice(self.reader.portal(chat), id, at, text, ChatInfo::direct(user));
        self.save(vec![event]).await
    }

    /// Somebody is away: told where we talk with them, and only when it changes.
    async fn is_away(&mut self, message: &Message, nick: &str, reason: &str) -> Result<(), SessionError> {
        let folded = self.fold(nick);
        if reason.is_empty() {
            self.away.remove(&folded);
            return Ok(());
        }
        let reason = convert::part(Kind::Text, reason).map(|part| part.text).unwrap_or_default();
        if !self.talked.contains(&folded) || self.away.get(&folded) == Some(&reason) {
            return Ok(());
        }
        let text = Text::owned(format!("{nick} is away: {reason}"), format!("{nick} ist abwesend: {reason}"));
        self.away.insert(folded, reason);
        self.tell_private(message, nick, &text).await
    }

    async fn typing(&mut self, message: &Message, nick: &str, words: &[String]) -> Result<(), SessionError> {
        let (Some(state), Some(target)) = (find_tag(message, "+typing"), words.first()) else { return Ok(()) };
        if self.is_me(nick) || nick.is_empty() {
            return Ok(());
        }
        let chat = if self.link.features.is_channel(target) { self.fold(target) } else { self.fold(nick) };
        let timeout = if state == "active" { TYPING } else { 0 };
        let user = self.reader.user(&self.link.features, nick);
        let id = self.reader.next_id();
        let body = InboundBody::Typing { timeout };
        let event = Inbound::new(self.reader.portal(chat), Sender::Remote(user), id, self.host.now(), body);
        Ok(self.host.deliver(vec![event], None).await?)
    }

    fn link_lost(&mut self, nick: &str) {
        self.rooms.remove_everywhere(&self.link.features, nick);
        if self.fold(nick) == self.fold(&self.login.credentials.nick) {
            // Our name may be free now.
            self.regain = (Instant::now(), REGAIN_FIRST);
        }
    }

    pub fn has_talked(&self, nick: &str) -> bool {
        self.talked.contains(&self.fold(nick))
    }

    /// We have written to somebody.
    pub fn note_talk(&mut self, chat: &str) {
        self.talked.insert(chat.to_owned());
    }

    async fn batch(
        &mut self,
        message: &Message,
        reference: &str,
        kind: Option<&BatchSubCommand>,
        rest: &[String],
    ) -> Result<(), SessionError> {
        if let Some(reference) = reference.strip_prefix('+') {
            // No server needs more than a few at a time.
            if self.batches.len() < 64 {
                let kind = kind.map(|kind| kind.to_str().to_ascii_lowercase()).unwrap_or_default();
                let target = self.fold(rest.first().map(String::as_str).unwrap_or_default());
                let wanted = kind == "chathistory" && self.histories.iter().any(|pending| pending.target == target);
                let batch = Batch { target, label: self.label(message), events: wanted.then(Vec::new) };
                self.batches.insert(reference.to_owned(), batch);
            }
            return Ok(());
        }
        let Some(batch) = reference.strip_prefix('-').and_then(|reference| self.batches.remove(reference)) else {
            return Ok(());
        };
        self.batch_ended(batch);
        Ok(())
    }
}
