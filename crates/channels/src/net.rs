//! How adapters reach the outside: names are resolved, every address is shown to the guard, and only
//! the very address that it let through is connected to. All with time-outs and size limits.

use std::{
    fmt::Debug,
    net::{IpAddr, SocketAddr},
    sync::Arc,
    time::Duration,
};

use bytes::{Bytes, BytesMut};
use futures_util::future::FutureExt;
use reqwest::{
    StatusCode,
    dns::{Addrs, Name, Resolve, Resolving},
    header::HeaderMap,
    redirect,
};
use rustls::pki_types::ServerName;
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpStream,
    time::timeout,
};
use tokio_rustls::TlsConnector;
use unisono_domain::net::OutboundGuard;
use url::{Host, Url};

pub use crate::tls::{EXTRA_CA, trust};

const CONNECT: Duration = Duration::from_secs(10);
const REDIRECTS: usize = 5;

/// Why there is no connection. The words are fit for the user.
#[derive(Debug, thiserror::Error)]
pub enum NetError {
    #[error("there is no server named {0}")]
    NoSuchHost(String),
    /// The guard refused every address of the name.
    #[error("{0} lies in a private network that the operator has not opened (outbound.allow)")]
    Forbidden(String),
    #[error("{0} does not answer")]
    TimedOut(String),
    #[error("{0} cannot be reached: {1}")]
    Unreachable(String, std::io::Error),
    #[error("no safe connection to {0}: {1}")]
    Tls(String, std::io::Error),
    #[error("TLS is not set up: {0}")]
    Setup(#[from] rustls::Error),
    /// Nothing has been sent.
    #[error("{0}")]
    Http(String),
    /// Broken off after something may have been sent.
    #[error("{0}")]
    Lost(String),
    #[error("the answer is too large")]
    TooLarge,
}

/// A byte stream, encrypted or not.
pub trait Io: AsyncRead + AsyncWrite + Unpin + Send + Sync + Debug {}
impl<T: AsyncRead + AsyncWrite + Unpin + Send + Sync + Debug> Io for T {}

/// Addresses of a name that the guard permits. At least one, else an error.
pub async fn resolve(guard: &OutboundGuard, host: &str, port: u16) -> Result<Vec<SocketAddr>, NetError> {
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    let found: Vec<SocketAddr> = match bare.parse::<IpAddr>() {
        Ok(address) => vec![SocketAddr::new(address, port)],
        Err(_) => timeout(CONNECT, tokio::net::lookup_host((bare, port)))
            .await
            .map_err(|_| NetError::TimedOut(host.to_owned()))?
            .map_err(|_| NetError::NoSuchHost(host.to_owned()))?
            .collect(),
    };
    if found.is_empty() {
        return Err(NetError::NoSuchHost(host.to_owned()));
    }
    let permitted: Vec<_> = found.into_iter().filter(|address| guard.permits(address.ip())).collect();
    if permitted.is_empty() {
        return Err(NetError::Forbidden(host.to_owned()));
    }
    Ok(permitted)
}

/// Connects to the first permitted address that answers.
pub async fn connect(guard: &OutboundGuard, host: &str, port: u16) -> Result<TcpStream, NetError> {
    let mut last = NetError::TimedOut(host.to_owned());
    for address in resolve(guard, host, port).await? {
        match timeout(CONNECT, TcpStream::connect(address)).await {
            Ok(Ok(stream)) => {
                stream.set_nodelay(true).map_err(|error| NetError::Unreachable(host.to_owned(), error))?;
                return Ok(stream);
            }
            Ok(Err(error)) => last = NetError::Unreachable(host.to_owned(), error),
            Err(_) => last = NetError::TimedOut(host.to_owned()),
        }
    }
    Err(last)
}

/// Starts TLS on a connection. `peer` is the address behind it: loopback may have any certificate.
pub async fn start_tls(host: &str, peer: IpAddr, stream: impl Io + 'static) -> Result<Box<dyn Io>, NetError> {
    let config = if peer.to_canonical().is_loopback() { crate::tls::loopback()? } else { crate::tls::verified()? };
    let name = ServerName::try_from(host.to_owned()).map_err(|_| NetError::NoSuchHost(host.to_owned()))?;
    let stream = timeout(CONNECT, TlsConnector::from(config).connect(name, stream))
        .await
        .map_err(|_| NetError::TimedOut(host.to_owned()))?
        .map_err(|error| NetError::Tls(host.to_owned(), error))?;
    Ok(Box::new(stream))
}

/// An HTTP client that keeps to the guard, follows few redirects and reads no endless answers.
#[derive(Clone, Debug)]
pub struct Http {
    client: reqwest::Client,
    guard: OutboundGuard,
}

impl Http {
    /// `total` bounds a whole exchange, the body included.
    pub fn new(guard: OutboundGuard, total: Duration) -> Result<Self, NetError> {
        let redirect_guard = guard.clone();
        let client = reqwest::Client::builder()
            .tls_backend_preconfigured(crate::tls::verified()?.as_ref().clone())
            .dns_resolver(Arc::new(GuardedResolver(guard.clone())))
            .redirect(redirect::Policy::custom(move |attempt| {
                let downgrade = attempt.previous().last().is_some_and(|from| from.scheme() == "https")
                    && attempt.url().scheme() != "https";
                if attempt.previous().len() > REDIRECTS || downgrade || !permits_literal(&redirect_guard, attempt.url())
                {
                    attempt.error("this redirect is not followed")
                } else {
                    attempt.follow()
                }
            }))
            .no_proxy()
            .connect_timeout(CONNECT)
            .timeout(total)
            .user_agent("Unisono")
            .build()
            .map_err(|error| NetError::Http(error.to_string()))?;
        Ok(Self { client, guard })
    }

    /// The body behind an address, if the answer is a success of at most `limit` bytes.
    pub async fn get(&self, url: &Url, limit: usize) -> Result<Bytes, NetError> {
        self.fetch(self.client.get(url.clone()), limit).await
    }

    /// Starts a request, to be finished by [`Self::fetch`].
    pub fn request(&self, method: reqwest::Method, url: &Url) -> reqwest::RequestBuilder {
        self.client.request(method, url.clone())
    }

    /// Sends a request and reads at most `limit` bytes of a successful answer.
    pub async fn fetch(&self, request: reqwest::RequestBuilder, limit: usize) -> Result<Bytes, NetError> {
        let (status, _, body) = self.exchange(request, limit).await?;
        if status.is_success() { Ok(body) } else { Err(NetError::Http(status.to_string())) }
    }

    /// Sends a request and reads at most `limit` bytes of whatever answer.
    pub async fn exchange(
        &self,
        request: reqwest::RequestBuilder,
        limit: usize,
    ) -> Result<(StatusCode, HeaderMap, Bytes), NetError> {
        let request = request.build().map_err(|error| NetError::Http(error.to_string()))?;
        if !permits_literal(&self.guard, request.url()) {
            return Err(NetError::Forbidden(request.url().host_str().unwrap_or_default().to_owned()));
        }
        let mut answer = self.client.execute(request).await.map_err(|error| {
            let unsent = error.is_connect() || error.is_builder();
            let reason = causes(&error.without_url());
            if unsent { NetError::Http(reason) } else { NetError::Lost(reason) }
        })?;
        let (status, headers) = (answer.status(), answer.headers().clone());
        let mut body = BytesMut::new();
        while let Some(chunk) = answer.chunk().await.map_err(|error| NetError::Lost(causes(&error.without_url())))? {
            if body.len() + chunk.len() > limit {
                return Err(NetError::TooLarge);
            }
            body.extend_from_slice(&chunk);
        }
        Ok((status, headers, body.freeze()))
    }
}

/// An error with what caused it: the outer one alone says only "error sending request".
fn causes(error: &dyn std::error::Error) -> String {
    std::iter::successors(Some(error), |error| error.source()).map(ToString::to_string).collect::<Vec<_>>().join(": ")
}

/// Addresses written out in the URL never reach the resolver, so they are looked at here.
fn permits_literal(guard: &OutboundGuard, url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(address)) => guard.permits(address.into()),
        Some(Host::Ipv6(address)) => guard.permits(address.into()),
        Some(Host::Domain(_)) => true,
        None => false,
    }
}

struct GuardedResolver(OutboundGuard);

impl Resolve for GuardedResolver {
    fn resolve(&self, name: Name) -> Resolving {
        let guard = self.0.clone();
        async move {
            let found = resolve(&guard, name.as_str(), 0).await?;
            Ok(Box::new(found.into_iter()) as Addrs)
        }
        .boxed()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_private_address_is_not_connected_to() {
        let guard = OutboundGuard::default();
        for host in ["127.0.0.1", "localhost", "[::1]", "169.254.169.254"] {
            assert!(matches!(connect(&guard, host, 25).await, Err(NetError::Forbidden(_))), "{host}");
        }
    }

    #[tokio::test]
    async fn a_literal_private_address_in_a_url_is_refused_before_any_request() {
        let http = Http::new(OutboundGuard::default(), Duration::from_secs(1)).unwrap();
        for url in
            ["http://127.0.0.1/", "http://[::1]/", "http://169.254.169.254/latest/meta-data", "http://2130706433/"]
        {
            let refused = http.get(&url.parse().unwrap(), 10).await;
            assert!(matches!(refused, Err(NetError::Forbidden(_))), "{url}: {refused:?}");
        }
    }
}
