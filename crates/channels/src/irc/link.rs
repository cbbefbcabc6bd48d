//! A connection to a server, up to the moment when it has let us in: capabilities
//! (<https://ircv3.net/specs/extensions/capability-negotiation>), SASL PLAIN
//! (<https://ircv3.net/specs/extensions/sasl-3.1>), and a name that is free.

use std::{collections::HashSet, time::Duration};

use base64::{Engine as _, prelude::BASE64_STANDARD};
use futures_util::StreamExt as _;
use irc_proto::{CapSubCommand, Command, Message};
use tokio::{
    io::{AsyncWriteExt as _, ReadHalf, WriteHalf},
    time::timeout,
};
use tokio_util::codec::FramedRead;
use unisono_domain::{channel::SessionError, net::OutboundGuard, text::Text};

use super::{
    config::Credentials,
    line::{self, Lines},
    names::Features,
};
use crate::net::{self, Io, NetError};

const LET_IN_WITHIN: Duration = Duration::from_secs(60);
const WRITE_WITHIN: Duration = Duration::from_secs(30);
/// How many other names are tried where the wanted one is taken.
const NAMES: usize = 5;
/// An hour, for who was thrown out for good.
const MUCH_LATER: u64 = 60 * 60 * 1000;

/// What we make use of.
const CAPS: [&str; 16] = [
    "account-tag",
    "away-notify",
    "batch",
    "cap-notify",
    "chathistory",
    "draft/chathistory",
    "draft/event-playback",
    "echo-message",
    "extended-join",
    "invite-notify",
    "labeled-response",
    "message-tags",
    "multi-prefix",
    "sasl",
    "server-time",
    "userhost-in-names",
];

/// Why nobody let us in.
#[derive(Debug, thiserror::Error)]
pub enum LinkError {
    #[error(transparent)]
    Net(#[from] NetError),
    /// The server's password, or that of the account, is wrong.
    #[error("{}", .0.en)]
    BadCredentials(Text),
    /// The server does not take this name.
    #[error("{}", .0.en)]
    BadNick(Text),
    #[error("{}", .0.en)]
    Banned(Text),
    #[error("{}", .0.en)]
    Closed(Text),
}

impl From<std::io::Error> for LinkError {
    fn from(error: std::io::Error) -> Self {
        Self::Net(NetError::Lost(error.to_string()))
    }
}

impl From<LinkError> for SessionError {
    fn from(error: LinkError) -> Self {
        let trouble = |reason, retry_after| Self::Trouble { reason, retry_after };
        match error {
            LinkError::Net(error) => trouble(
                Text::owned(
                    format!("The server cannot be reached: {error}"),
                    format!("Der Server ist nicht erreichbar: {error}"),
                ),
                None,
            ),
            LinkError::BadCredentials(reason) | LinkError::BadNick(reason) => Self::BadCredentials(reason),
            LinkError::Banned(reason) => trouble(reason, Some(MUCH_LATER)),
            LinkError::Closed(reason) => trouble(reason, None),
        }
    }
}

/// A connection on which we are somebody.
pub struct Link {
    pub reader: FramedRead<ReadHalf<Box<dyn Io>>, Lines>,
    writer: WriteHalf<Box<dyn Io>>,
    pub features: Features,
    /// What we are called now.
    pub nick: String,
    /// The server knows us by our account.
    pub identified: bool,
}

impl Link {
    /// Connects and registers.
    pub async fn open(guard: &OutboundGuard, credentials: &Credentials) -> Result<Self, LinkError> {
        let host = &credentials.host;
        let stream = net::connect(guard, host, credentials.port).await?;
        let peer = stream.peer_addr()?.ip();
        let stream: Box<dyn Io> =
            if credentials.tls { net::start_tls(host, peer, stream).await? } else { Box::new(stream) };
        let (reader, writer) = tokio::io::split(stream);
        let mut link = Self {
            reader: FramedRead::new(reader, Lines::default()),
            writer,
            features: Features::default(),
            nick: credentials.nick.clone(),
            identified: false,
        };
        timeout(LET_IN_WITHIN, link.register(credentials)).await.map_err(|_| NetError::TimedOut(host.clone()))??;
        Ok(link)
    }

    /// Writes whole lines.
    pub async fn write(&mut self, lines: &str) -> Result<(), LinkError> {
        let writing = async {
            self.writer.write_all(lines.as_bytes()).await?;
            self.writer.flush().await
        };
        timeout(WRITE_WITHIN, writing).await.map_err(|_| NetError::Lost("the server takes nothing".to_owned()))??;
        Ok(())
    }

    /// The next line that means anything. May be dropped while it waits.
    pub async fn read(&mut self) -> Result<Message, LinkError> {
        loop {
            let line = self.reader.next().await.ok_or_else(|| {
                LinkError::Closed(Text::new("The server has hung up.", "Der Server hat aufgelegt."))
            })??;
            if let Some(message) = line::parse(&line) {
                return Ok(message);
            }
        }
    }

    /// Says goodbye and waits until the server has heard it, so that the name is free again.
    pub async fn quit(mut self) {
        let goodbye = async {
            self.write(&line::build(&[], "QUIT", &["Unisono"])).await?;
            while self.read().await.is_ok() {}
            Ok::<_, LinkError>(())
        };
        // A server that says nothing more has taken it, too.
        let _ = timeout(Duration::from_secs(3), goodbye).await;
    }

    async fn register(&mut self, credentials: &Credentials) -> Result<(), LinkError> {
        let mut hello = line::build(&[], "CAP", &["LS", "302"]);
        if let Some(password) = &credentials.server_password {
            hello.push_str(&line::build(&[], "PASS", &[password]));
        }
        hello.push_str(&line::build(&[], "NICK", &[&self.nick]));
        hello.push_str(&line::build(&[], "USER", &[user_name(&credentials.nick), "0", "*", &credentials.real_name]));
        self.write(&hello).await?;
        let mut offered = HashSet::new();
        let mut taken = 0;
        loop {
            let message = self.read().await?;
            if let Some((number, words)) = line::numeric(&message) {
                let said = words.last().cloned().unwrap_or_default();
                match number {
                    1 => {
                        if let Command::Response(_, all) = &message.command
                            && let Some(nick) = all.first()
                        {
                            self.nick.clone_from(nick);
                        }
                    }
                    5 => self.features.learn(words),
                    // The end of the greeting, or there is none.
                    376 | 422 => return Ok(()),
                    433 | 436 | 437 if taken < NAMES => {
                        taken += 1;
                        self.nick = format!("{}{}", credentials.nick, "_".repeat(taken));
                        let nick = line::build(&[], "NICK", &[&self.nick]);
                        self.write(&nick).await?;
                    }
                    431 | 432 | 433 | 436 | 437 => return Err(LinkError::BadNick(bad_nick(&said))),
                    464 => return Err(LinkError::BadCredentials(bad_password(&said))),
                    465 => return Err(LinkError::Banned(closed(&said))),
                    903 => {
                        self.identified = true;
                        self.write("CAP END\r\n").await?;
                    }
                    902 | 904..=906 | 908 => return Err(LinkError::BadCredentials(bad_account(&said))),
                    _ => {}
                }
                continue;
            }
            match &message.command {
                Command::PING(token, _) => {
                    let pong = line::build(&[], "PONG", &[token]);
                    self.write(&pong).await?;
                }
                Command::ERROR(said) if said.to_ascii_lowercase().contains("password") => {
                    return Err(LinkError::BadCredentials(bad_password(said)));
                }
                Command::ERROR(said) => return Err(LinkError::Closed(closed(said))),
                Command::AUTHENTICATE(_) => self.authenticate(credentials).await?,
                Command::CAP(_, sub, third, fourth) => {
                    self.negotiate(credentials, *sub, third.as_deref(), fourth.as_deref(), &mut offered).await?;
                }
                _ => {}
            }
        }
    }

    async fn negotiate(
        &mut self,
        credentials: &Credentials,
        sub: CapSubCommand,
        third: Option<&str>,
        fourth: Option<&str>,
        offered: &mut HashSet<String>,
    ) -> Result<(), LinkError> {
        let list = fourth.or(third).unwrap_or_default();
        match sub {
            CapSubCommand::LS => {
                offered.extend(list.split_whitespace().map(|cap| cap.split('=').next().unwrap_or(cap).to_owned()));
                // `*` before the list: there is more of it.
                if fourth.is_some() && third == Some("*") {
                    return Ok(());
                }
                let wanted: Vec<&str> = CAPS
                    .into_iter()
                    .filter(|cap| offered.contains(*cap) && (*cap != "sasl" || credentials.password.is_some()))
                    .collect();
                if wanted.is_empty() {
                    return self.write("CAP END\r\n").await;
                }
                self.write(&line::build(&[], "CAP", &["REQ", &wanted.join(" ")])).await
            }
            CapSubCommand::ACK => {
                self.features.caps.extend(list.split_whitespace().map(ToOwned::to_owned));
                if self.features.has("sasl") && credentials.password.is_some() {
                    return self.write("AUTHENTICATE PLAIN\r\n").await;
                }
                self.write("CAP END\r\n").await
            }
            CapSubCommand::NAK => self.write("CAP END\r\n").await,
            _ => Ok(()),
        }
    }

    async fn authenticate(&mut self, credentials: &Credentials) -> Result<(), LinkError> {
        let account = credentials.account.as_deref().unwrap_or(&credentials.nick);
        let password = credentials.password.as_deref().unwrap_or_default();
        let sealed = BASE64_STANDARD.encode(format!("{account}\0{account}\0{password}"));
        let mut lines = String::new();
        // In pieces of 400; a last one of just that length is followed by an empty one.
        for piece in sealed.as_bytes().chunks(400) {
            lines.push_str(&line::build(&[], "AUTHENTICATE", &[&String::from_utf8_lossy(piece)]));
        }
        if sealed.len().is_multiple_of(400) {
            lines.push_str("AUTHENTICATE +\r\n");
        }
        self.write(&lines).await
    }
}

/// The login name of old, of which servers take few letters.
fn user_name(nick: &str) -> &str {
    let end = nick.find(|char: char| !char.is_ascii_alphanumeric()).unwrap_or(nick.len()).min(9);
    if end == 0 { "unisono" } else { &nick[..end] }
}

fn bad_nick(said: &str) -> Text {
    Text::owned(
        format!("The server does not take this name: {said}"),
        format!("Der Server nimmt diesen Namen nicht: {said}"),
    )
}

fn bad_password(said: &str) -> Text {
    Text::owned(
        format!("The server's password is wrong: {said}"),
        format!("Das Passwort des Servers stimmt nicht: {said}"),
    )
}

fn bad_account(said: &str) -> Text {
    Text::owned(format!("Account or password are wrong: {said}"), format!("Konto oder Passwort stimmen nicht: {said}"))
}

/// The words with which a server hangs up.
pub fn closed(said: &str) -> Text {
    Text::owned(format!("The server has hung up: {said}"), format!("Der Server hat aufgelegt: {said}"))
}
