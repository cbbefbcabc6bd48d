//! Submission (RFC 6409): one connection a mail, every step's outcome told apart.

use std::{
    io,
    net::{IpAddr, Ipv4Addr, SocketAddr},
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use lettre::{
    Address,
    transport::smtp::{
        authentication::{Credentials, Mechanism},
        client::{AsyncSmtpConnection, AsyncTokioStream},
        commands::{Data, Mail, Quit, Rcpt},
        extension::{ClientId, Extension, MailBodyParameter, MailParameter},
    },
};
use tokio::{
    io::{AsyncBufReadExt, AsyncRead, AsyncWrite, AsyncWriteExt, BufReader, ReadBuf},
    time::timeout,
};
use unisono_domain::net::OutboundGuard;

use super::config::{Security, Server};
use crate::net::{self, Io, NetError};

const STEP: Duration = Duration::from_secs(60);
/// RFC 5321 section 4.5.3.2 asks for ten minutes after the data.
const AFTER_DATA: Duration = Duration::from_secs(600);

/// Why a mail was not, or perhaps not, taken.
#[derive(Debug, thiserror::Error)]
pub enum SmtpError {
    #[error(transparent)]
    Net(#[from] NetError),
    #[error("{0}")]
    Auth(String),
    /// Worth another try.
    #[error("{0}")]
    Temporary(String),
    /// Never.
    #[error("{0}")]
    Permanent(String),
    /// The connection broke when everything had been handed over.
    #[error("{0}")]
    Uncertain(String),
}

/// Logs in and leaves: for the set-up of an account.
pub async fn probe(guard: &OutboundGuard, server: &Server, password: &str) -> Result<(), SmtpError> {
    let mut connection = connect(guard, server, password).await?;
    let _ = timeout(STEP, connection.command(Quit)).await;
    Ok(())
}

/// A mail was taken; the connection is still to be closed.
#[must_use = "say goodbye to the mail server"]
pub struct Taken(AsyncSmtpConnection);

impl Taken {
    pub async fn goodbye(mut self) {
        let _ = timeout(Duration::from_secs(2), self.0.command(Quit)).await;
    }
}

/// Hands a mail over. Returns at once when the server has it, because every moment until that is
/// noted is one in which a crash would send it twice.
pub async fn send(
    guard: &OutboundGuard,
    server: &Server,
    password: &str,
    sender: &str,
    recipients: &[String],
    raw: &[u8],
) -> Result<Taken, SmtpError> {
    let mut addresses = Vec::with_capacity(recipients.len());
    for recipient in recipients {
        addresses.push(parse_address(recipient)?);
    }
    let sender = parse_address(sender)?;
    let mut connection = connect(guard, server, password).await?;
    let mut options = Vec::new();
    if !raw.is_ascii() && connection.server_info().supports_feature(Extension::EightBitMime) {
        options.push(MailParameter::Body(MailBodyParameter::EightBitMime));
    }
    if addresses.iter().chain([&sender]).any(|address| !address.to_string().is_ascii()) {
        if !connection.server_info().supports_feature(Extension::SmtpUtfEight) {
            return Err(SmtpError::Permanent("this mail server cannot send to addresses with such letters".to_owned()));
        }
        options.push(MailParameter::SmtpUtfEight);
    }
    step(connection.command(Mail::new(Some(sender), options)), "").await?;
    for address in addresses {
        let name = address.to_string();
        step(connection.command(Rcpt::new(address, Vec::new())), &name).await?;
    }
    step(connection.command(Data), "").await?;
    match timeout(AFTER_DATA, connection.message(raw)).await {
        Ok(Ok(_)) => Ok(Taken(connection)),
        Ok(Err(error)) => Err(match classify(&error, "") {
            SmtpError::Temporary(words) if error.status().is_none() => SmtpError::Uncertain(words),
            other => other,
        }),
        Err(_) => Err(SmtpError::Uncertain("no answer after the mail was handed over".to_owned())),
    }
}

fn parse_address(address: &str) -> Result<Address, SmtpError> {
    address.parse().map_err(|_| SmtpError::Permanent(format!("{address} is not a mail address")))
}

async fn step<T>(
    command: impl Future<Output = Result<T, lettre::transport::smtp::Error>>,
    about: &str,
) -> Result<T, SmtpError> {
    match timeout(STEP, command).await {
        Ok(Ok(value)) => Ok(value),
        Ok(Err(error)) => Err(classify(&error, about)),
        Err(_) => Err(SmtpError::Temporary("the mail server does not answer".to_owned())),
    }
}

fn classify(error: &lettre::transport::smtp::Error, about: &str) -> SmtpError {
    let mut words = match (std::error::Error::source(error), error.status()) {
        (Some(source), Some(code)) => format!("{code} {source}"),
        (Some(source), None) => source.to_string(),
        (None, _) => error.to_string(),
    };
    if !about.is_empty() && !words.contains(about) {
        words = format!("{about}: {words}");
    }
    if error.is_permanent() { SmtpError::Permanent(words) } else { SmtpError::Temporary(words) }
}

async fn connect(guard: &OutboundGuard, server: &Server, password: &str) -> Result<AsyncSmtpConnection, SmtpError> {
    let tcp = net::connect(guard, &server.host, server.port).await?;
    let peer = tcp.peer_addr().map_err(|error| NetError::Unreachable(server.host.clone(), error))?;
    // An address literal is right for everybody who has no public name (RFC 5321, section 4.1.4).
    let hello = match tcp.local_addr().map(|local| local.ip().to_canonical()) {
        Ok(IpAddr::V4(address)) => ClientId::Ipv4(address),
        Ok(IpAddr::V6(address)) => ClientId::Ipv6(address),
        Err(_) => ClientId::Ipv4(Ipv4Addr::LOCALHOST),
    };
    let stream: Box<dyn AsyncTokioStream> = match server.security {
        Security::Tls => {
            let io = net::start_tls(&server.host, peer.ip(), tcp).await?;
            Box::new(Greeted { greeting: b"", io, peer })
        }
        Security::StartTls => {
            let io = timeout(STEP, upgrade(tcp, &hello))
                .await
                .map_err(|_| NetError::TimedOut(server.host.clone()))?
                .map_err(|error| NetError::Tls(server.host.clone(), error))?;
            let io = net::start_tls(&server.host, peer.ip(), io).await?;
            Box::new(Greeted { greeting: b"220 encrypted\r\n", io, peer })
        }
        Security::None => {
            if OutboundGuard::default().permits(peer.ip()) {
                return Err(SmtpError::Permanent(
                    "an unencrypted connection is only made within a private network".to_owned(),
                ));
            }
            Box::new(Greeted { greeting: b"", io: Box::new(tcp), peer })
        }
    };
    let mut connection = step(AsyncSmtpConnection::connect_with_transport(stream, &hello), "").await?;
    let credentials = Credentials::new(server.username.clone(), password.to_owned());
    match timeout(STEP, connection.auth(&[Mechanism::Plain, Mechanism::Login], &credentials)).await {
        Ok(Ok(_)) => Ok(connection),
        Ok(Err(error)) => Err(match classify(&error, "") {
            SmtpError::Permanent(words) => SmtpError::Auth(words),
            // A relay within the house that asks nobody for a password.
            SmtpError::Temporary(_) if error.is_client() && server.security == Security::None => return Ok(connection),
            other => other,
        }),
        Err(_) => Err(NetError::TimedOut(server.host.clone()).into()),
    }
}

/// Greeting, EHLO and STARTTLS (RFC 3207) in the clear. What the server sends beyond its answer, in
/// the clear but before TLS, is thrown away.
async fn upgrade<T: Io>(tcp: T, hello: &ClientId) -> io::Result<T> {
    let mut lines = BufReader::new(tcp);
    expect(&mut lines, "220").await?;
    lines.write_all(format!("EHLO {hello}\r\n").as_bytes()).await?;
    expect(&mut lines, "250").await?;
    lines.write_all(b"STARTTLS\r\n").await?;
    expect(&mut lines, "220").await?;
    Ok(lines.into_inner())
}

async fn expect<T: Io>(lines: &mut BufReader<T>, code: &str) -> io::Result<()> {
    for _ in 0..100 {
        let mut line = String::new();
        if lines.read_line(&mut line).await? == 0 || line.len() > 2_000 {
            break;
        }
        if !line.starts_with(code) {
            return Err(io::Error::other(line.trim().to_owned()));
        }
        if line.as_bytes().get(3) != Some(&b'-') {
            return Ok(());
        }
    }
    Err(io::Error::other("the mail server ended the connection"))
}

/// A stream on which the library hears a greeting that we have heard already.
#[derive(Debug)]
struct Greeted {
    greeting: &'static [u8],
    io: Box<dyn Io>,
    peer: SocketAddr,
}

impl AsyncTokioStream for Greeted {
    fn peer_addr(&self) -> io::Result<SocketAddr> {
        Ok(self.peer)
    }
}

impl AsyncRead for Greeted {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.greeting.is_empty() {
            return Pin::new(&mut self.io).poll_read(context, buffer);
        }
        let count = self.greeting.len().min(buffer.remaining());
        let (now, later) = self.greeting.split_at(count);
        buffer.put_slice(now);
        self.greeting = later;
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Greeted {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.io).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_shutdown(context)
    }
}
