//! A bound connection: frames, sequence numbers, and what cannot be read.

use std::{str::FromStr as _, time::Duration};

use futures_util::{SinkExt as _, StreamExt as _};
use rusmpp::{
    Command, CommandId, CommandStatus, Pdu, pdus::BindTransceiver, tokio_codec::CommandCodec, types::COctetString,
    values::InterfaceVersion,
};
use tokio::{
    io::{ReadHalf, WriteHalf},
    time::timeout,
};
use tokio_util::codec::{Decoder as _, FramedRead, FramedWrite, LengthDelimitedCodec};
use unisono_domain::{channel::SessionError, net::OutboundGuard, text::Text};

use super::{Credentials, answer};
use crate::net::{self, Io};

/// Largest command that is taken, in octets.
const MOST: usize = 80 * 1024;
const BOUND_WITHIN: Duration = Duration::from_secs(20);
const SENT_WITHIN: Duration = Duration::from_secs(20);

const TOO_LONG: Text = Text::new(
    "A system ID has at most 15 characters, a password at most 8, a system type at most 12.",
    "Eine System-ID hat höchstens 15 Zeichen, ein Passwort höchstens 8, ein System-Typ höchstens 12.",
);
const CLOSED: Text =
    Text::new("The other side has closed the connection.", "Die Gegenseite hat die Verbindung beendet.");

pub(super) struct Link {
    reader: FramedRead<ReadHalf<Box<dyn Io>>, LengthDelimitedCodec>,
    writer: FramedWrite<WriteHalf<Box<dyn Io>>, CommandCodec>,
    sequence: u32,
}

pub(super) enum Heard {
    Command(Box<Command>),
    /// A frame that makes no sense, with the numbers from its header.
    Garbled {
        id: u32,
        sequence: u32,
    },
}

pub(super) fn trouble(reason: Text) -> SessionError {
    SessionError::Trouble { reason, retry_after: None }
}

fn lost(error: &impl ToString) -> SessionError {
    trouble(Text::verbatim(&error.to_string()))
}

impl Link {
    /// Connects and binds.
    pub(super) async fn open(guard: &OutboundGuard, credentials: &Credentials) -> Result<Self, SessionError> {
        let host = credentials.host.as_str();
        let stream = net::connect(guard, host, credentials.port).await.map_err(|error| lost(&error))?;
        let peer = stream.peer_addr().map_err(|error| lost(&error))?.ip();
        let stream: Box<dyn Io> = if credentials.tls {
            net::start_tls(host, peer, stream).await.map_err(|error| lost(&error))?
        } else {
            Box::new(stream)
        };
        let (reader, writer) = tokio::io::split(stream);
        // The length counts itself, and is left in the frame (section 3.2).
        let frames = LengthDelimitedCodec::builder().num_skip(0).max_frame_length(MOST).new_codec();
        let mut link = Self {
            reader: FramedRead::new(reader, frames),
            writer: FramedWrite::new(writer, CommandCodec::new()),
            sequence: 0,
        };
        timeout(BOUND_WITHIN, link.bind(credentials))
            .await
            .map_err(|_| trouble(Text::new("The server does not answer.", "Der Server antwortet nicht.")))??;
        Ok(link)
    }

    async fn bind(&mut self, credentials: &Credentials) -> Result<(), SessionError> {
        let too_long = |_| SessionError::BadCredentials(TOO_LONG);
        let bind = BindTransceiver::builder()
            .system_id(COctetString::from_str(&credentials.system_id).map_err(too_long)?)
            .password(COctetString::from_str(&credentials.password).map_err(too_long)?)
            .system_type(COctetString::from_str(&credentials.system_type).map_err(too_long)?)
            .interface_version(InterfaceVersion::Smpp3_4)
            .build();
        let sequence = self.ask(bind).await?;
        loop {
            let Heard::Command(command) = self.next().await? else { continue };
            if command.sequence_number() != sequence {
                continue;
            }
            return match command.id() {
                CommandId::BindTransceiverResp if command.status() == CommandStatus::EsmeRok => Ok(()),
                _ => Err(answer::not_bound(command.status())),
            };
        }
    }

    /// The next command. May be dropped while it waits.
    pub(super) async fn next(&mut self) -> Result<Heard, SessionError> {
        let mut frame = match self.reader.next().await {
            Some(Ok(frame)) => frame,
            Some(Err(error)) => return Err(lost(&error)),
            None => return Err(trouble(CLOSED)),
        };
        let number = |at: usize| {
            let octets = frame.get(at..at + 4).and_then(|octets| octets.try_into().ok());
            octets.map(u32::from_be_bytes).unwrap_or_default()
        };
        let (id, sequence) = (number(4), number(12));
        Ok(match CommandCodec::new().with_max_length(MOST).decode(&mut frame) {
            Ok(Some(command)) => Heard::Command(Box::new(command)),
            Ok(None) | Err(_) => Heard::Garbled { id, sequence },
        })
    }

    /// Sends a request; gives its number.
    pub(super) async fn ask(&mut self, pdu: impl Into<Pdu>) -> Result<u32, SessionError> {
        // Section 3.2: from 1 to 0x7fffffff.
        self.sequence = self.sequence % 0x7fff_ffff + 1;
        self.answer(CommandStatus::EsmeRok, self.sequence, pdu).await?;
        Ok(self.sequence)
    }

    /// Sends the answer to a request of the other side.
    pub(super) async fn answer(
        &mut self,
        status: CommandStatus,
        sequence: u32,
        pdu: impl Into<Pdu>,
    ) -> Result<(), SessionError> {
        timeout(SENT_WITHIN, self.writer.send(Command::new(status, sequence, pdu)))
            .await
            .map_err(|_| trouble(CLOSED))?
            .map_err(|error| lost(&error))
    }
}
