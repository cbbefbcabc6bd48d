//! From a JID and a password to a stream that is bound and counts its stanzas: name look-up (SRV),
//! TLS from the start or by STARTTLS, SASL, resource binding (RFC 6120, XEP-0368, XEP-0198).

use std::{borrow::Cow, time::Duration};

use futures_util::{SinkExt as _, StreamExt as _};
use hickory_resolver::{TokioResolver, proto::rr::RData};
use sasl::common::Credentials;
use tokio::{
    io::{AsyncWrite, BufStream},
    net::TcpStream,
    time::timeout,
};
use tokio_xmpp::{
    client_login,
    error::{AuthError, Error as XmppError},
    xmlstream::{ReadError, StreamHeader, Timeouts, XmppStream, XmppStreamElement, initiate_stream},
};
use unisono_domain::{channel::SessionError, channel::login::LoginError, net::OutboundGuard, text::Text};
use xmpp_parsers::{
    bind::{BindQuery, BindResponse},
    iq::Iq,
    jid::{BareJid, FullJid, NodeRef},
    ns,
    sasl::DefinedCondition,
    sm,
    stanza::Stanza,
    starttls,
    stream_features::StreamFeatures,
};

use super::sieve::Sieve;
use crate::net::{self, Io, NetError};

/// For name look-up, connecting, TLS and signing in at one address.
const OPEN_WITHIN: Duration = Duration::from_secs(40);
const LOOK_UP_WITHIN: Duration = Duration::from_secs(8);
/// More addresses than this are not tried.
const MOST_SERVERS: usize = 6;
/// A server that is silent for so long is asked whether it is there, and has half of it to answer.
const SILENCE: Timeouts = Timeouts { read_timeout: Duration::from_secs(60), response_timeout: Duration::from_secs(30) };

pub type Stream = XmppStream<BufStream<Sieve>>;

/// A stream on which stanzas can be sent.
pub struct Opened {
    pub stream: Stream,
    pub bound: FullJid,
    /// The server counts stanzas (XEP-0198).
    pub counts: bool,
    /// What arrived while the counting was agreed on.
    pub early: Vec<Stanza>,
}

/// Whom to connect as, and where.
#[derive(Clone, Copy, Debug)]
pub struct Address<'a> {
    pub jid: &'a BareJid,
    /// A server that the user named: `host` or `host:port`.
    pub server: Option<&'a str>,
    pub resource: &'a str,
}

#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    #[error(transparent)]
    Net(#[from] NetError),
    #[error("the server refuses the password ({0})")]
    BadCredentials(String),
    #[error("the server offers no encryption")]
    NoTls,
    #[error("{0}")]
    Protocol(String),
    #[error("the server did not answer in time")]
    TimedOut,
}

impl From<std::io::Error> for OpenError {
    fn from(error: std::io::Error) -> Self {
        Self::Protocol(error.to_string())
    }
}

impl From<XmppError> for OpenError {
    fn from(error: XmppError) -> Self {
        use DefinedCondition as Condition;
        match error {
            XmppError::Auth(AuthError::Fail(
                condition @ (Condition::NotAuthorized
                | Condition::AccountDisabled
                | Condition::CredentialsExpired
                | Condition::InvalidAuthzid
                | Condition::MalformedRequest),
            )) => Self::BadCredentials(format!("{condition:?}")),
            other => Self::Protocol(other.to_string()),
        }
    }
}

impl OpenError {
    fn words(&self) -> Text {
        match self {
            Self::BadCredentials(_) => Text::new(
                "The server does not accept this address and password.",
                "Der Server nimmt Adresse und Passwort nicht an.",
            ),
            Self::NoTls => Text::new(
                "This server offers no encrypted connection; nothing was sent to it.",
                "Dieser Server bietet keine verschlüsselte Verbindung; es wurde nichts gesendet.",
            ),
            Self::TimedOut => {
                Text::new("The server did not answer in time.", "Der Server hat nicht rechtzeitig geantwortet.")
            }
            Self::Net(error) => Text::owned(
                format!("The XMPP server cannot be reached: {error}"),
                format!("Der XMPP-Server ist nicht erreichbar: {error}"),
            ),
            Self::Protocol(words) => Text::owned(
                format!("The XMPP server did not let us in: {words}"),
                format!("Der XMPP-Server hat uns nicht eingelassen: {words}"),
            ),
        }
    }

    pub fn session(&self) -> SessionError {
        match self {
            Self::BadCredentials(_) => SessionError::BadCredentials(self.words()),
            _ => SessionError::Trouble { reason: self.words(), retry_after: None },
        }
    }

    pub fn login(&self) -> LoginError {
        match self {
            Self::BadCredentials(_) => LoginError::BadCredentials(self.words()),
            _ => LoginError::Unavailable(self.words()),
        }
    }
}

/// Signs in at the first server that can be spoken with.
pub async fn open(guard: &OutboundGuard, address: Address<'_>, password: &str) -> Result<Opened, OpenError> {
    let mut last = OpenError::TimedOut;
    for server in servers(address).await.into_iter().take(MOST_SERVERS) {
        match timeout(OPEN_WITHIN, open_at(guard, address, password, &server)).await {
            Ok(Ok(opened)) => return Ok(opened),
            Ok(Err(error @ OpenError::BadCredentials(_))) => return Err(error),
            // The more telling reason stays.
            Ok(Err(OpenError::Net(_))) if matches!(last, OpenError::NoTls | OpenError::Protocol(_)) => {}
            Ok(Err(error)) => last = error,
            Err(_) => last = OpenError::TimedOut,
        }
    }
    Err(last)
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Server {
    host: String,
    port: u16,
    /// TLS from the first byte.
    direct: bool,
}

impl Server {
    fn new(host: &str, port: u16, direct: bool) -> Self {
        Self { host: host.to_owned(), port, direct }
    }
}

async fn servers(address: Address<'_>) -> Vec<Server> {
    let domain = &ascii(address.jid.domain().as_str());
    match address.server {
        Some(named) => named_server(named),
        None => {
            let mut found = timeout(LOOK_UP_WITHIN, service_records(domain)).await.unwrap_or_default();
            if found.is_empty() {
                found = vec![Server::new(domain, 5222, false), Server::new(domain, 5223, true)];
            }
            found
        }
    }
}

/// A domain as name servers and certificates write it (RFC 5890).
fn ascii(domain: &str) -> String {
    url::Host::parse(domain).map_or_else(|_| domain.to_owned(), |host| host.to_string())
}

fn named_server(named: &str) -> Vec<Server> {
    let (host, port) = match named.rsplit_once(':') {
        Some((host, port)) if !host.ends_with(':') => match port.parse() {
            Ok(port) => (host, Some(port)),
            Err(_) => (named, None),
        },
        _ => (named, None),
    };
    match port {
        Some(port) => {
            let direct = matches!(port, 443 | 5223);
            vec![Server::new(host, port, direct), Server::new(host, port, !direct)]
        }
        None => vec![Server::new(host, 5222, false), Server::new(host, 5223, true)],
    }
}

/// RFC 6120, 3.2.1 and XEP-0368, best first.
async fn service_records(domain: &str) -> Vec<Server> {
    let Some(resolver) = TokioResolver::builder_tokio().ok().and_then(|builder| builder.build().ok()) else {
        return Vec::new();
    };
    let mut found = Vec::new();
    for (service, direct) in [("_xmpps-client", true), ("_xmpp-client", false)] {
        let Ok(answer) = resolver.srv_lookup(format!("{service}._tcp.{domain}.")).await else { continue };
        for record in answer.answers() {
            let RData::SRV(srv) = &record.data else { continue };
            let host = srv.target.to_utf8();
            let host = host.trim_end_matches('.');
            if !host.is_empty() {
                found.push((srv.priority, std::cmp::Reverse(srv.weight), Server::new(host, srv.port, direct)));
            }
        }
    }
    found.sort_by_key(|(priority, weight, _)| (*priority, *weight));
    found.into_iter().map(|(_, _, server)| server).collect()
}

async fn open_at(
    guard: &OutboundGuard,
    address: Address<'_>,
    password: &str,
    server: &Server,
) -> Result<Opened, OpenError> {
    let domain = address.jid.domain().as_str();
    let stream = net::connect(guard, &server.host, server.port).await?;
    let peer = stream.peer_addr()?.ip();
    let stream = if server.direct { stream } else { start_tls(stream, domain).await? };
    // Certificates are made out to the domain of the address, whatever the server is called.
    let encrypted = net::start_tls(&ascii(domain), peer, stream).await?;
    sign_in(encrypted, address, password).await
}

/// Asks for TLS on a plain stream; gives back the bare connection.
async fn start_tls(stream: TcpStream, domain: &str) -> Result<TcpStream, OpenError> {
    let pending = initiate_stream(BufStream::new(stream), ns::JABBER_CLIENT, header(domain), SILENCE).await?;
    let (features, mut stream): (StreamFeatures, XmppStream<_>) =
        pending.recv_features().await.map_err(|error| OpenError::Protocol(error.to_string()))?;
    if !features.can_starttls() {
        return Err(OpenError::NoTls);
    }
    stream.send(&XmppStreamElement::Starttls(starttls::Nonza::Request(starttls::Request))).await?;
    match next(&mut stream).await? {
        XmppStreamElement::Starttls(starttls::Nonza::Proceed(_)) => Ok(stream.into_inner().into_inner()),
        _ => Err(OpenError::NoTls),
    }
}

async fn sign_in(encrypted: Box<dyn Io>, address: Address<'_>, password: &str) -> Result<Opened, OpenError> {
    let domain = address.jid.domain().as_str();
    let protocol = |error: &dyn std::fmt::Display| OpenError::Protocol(error.to_string());
    let io = BufStream::new(Sieve::new(encrypted));
    let pending = initiate_stream(io, ns::JABBER_CLIENT, header(domain), SILENCE).await?;
    let (features, stream): (StreamFeatures, Stream) =
        pending.recv_features().await.map_err(|error| protocol(&error))?;
    let username = address.jid.node().map(NodeRef::as_str).unwrap_or_default();
    let credentials = Credentials::default().with_username(username).with_password(password);
    let stream = client_login(stream, features.sasl_mechanisms, credentials).await?;
    let pending = stream.send_header(header(domain)).await?;
    let (features, mut stream): (StreamFeatures, Stream) =
        pending.recv_features().await.map_err(|error| protocol(&error))?;

    let bind = Iq::from_set("bind", BindQuery::new(Some(address.resource.to_owned())));
    stream.send(&XmppStreamElement::Stanza(Stanza::Iq(bind))).await?;
    let bound = match next(&mut stream).await? {
        XmppStreamElement::Stanza(Stanza::Iq(Iq::Result { id, payload: Some(payload), .. })) if id == "bind" => {
            FullJid::from(BindResponse::try_from(payload).map_err(|error| protocol(&error))?)
        }
        XmppStreamElement::Stanza(Stanza::Iq(Iq::Error { error, .. })) => {
            return Err(OpenError::Protocol(format!("no resource: {:?}", error.defined_condition)));
        }
        _ => return Err(OpenError::Protocol("no answer to the binding".to_owned())),
    };
    let mut early = Vec::new();
    let mut counts = false;
    if features.stream_management.is_some() {
        stream.send(&XmppStreamElement::SM(sm::Nonza::Enable(sm::Enable::new()))).await?;
        loop {
            match next(&mut stream).await? {
                XmppStreamElement::SM(sm::Nonza::Enabled(_)) => {
                    counts = true;
                    break;
                }
                XmppStreamElement::SM(sm::Nonza::Failed(_)) => break,
                XmppStreamElement::Stanza(stanza) => early.push(stanza),
                _ => {}
            }
        }
    }
    Ok(Opened { stream, bound, counts, early })
}

fn header(domain: &str) -> StreamHeader<'_> {
    StreamHeader { to: Some(Cow::Borrowed(domain)), from: None, id: None }
}

async fn next<S>(stream: &mut XmppStream<S>) -> Result<XmppStreamElement, OpenError>
where
    S: tokio::io::AsyncBufRead + AsyncWrite + Unpin,
{
    let element = match stream.next().await {
        Some(Ok(element)) => element.into_read_error(),
        Some(Err(error)) => Err(error),
        None => return Err(OpenError::Protocol("the server hung up".to_owned())),
    };
    element.map_err(|error| match error {
        ReadError::SoftTimeout => OpenError::TimedOut,
        error => OpenError::Protocol(error.to_string()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_named_server_is_tried_in_both_ways() {
        assert_eq!(
            named_server("chat.example.org"),
            [Server::new("chat.example.org", 5222, false), Server::new("chat.example.org", 5223, true)]
        );
        assert_eq!(named_server("127.0.0.1:443")[0], Server::new("127.0.0.1", 443, true));
        assert_eq!(named_server("127.0.0.1:15222")[1], Server::new("127.0.0.1", 15222, true));
        assert_eq!(named_server("::1")[0], Server::new("::1", 5222, false));
        assert_eq!(ascii("bücher.example"), "xn--bcher-kva.example");
    }
}
