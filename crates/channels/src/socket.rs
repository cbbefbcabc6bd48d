//! WebSockets to vendors, through the same guard and the same TLS as everything else.

use std::time::Duration;

use futures_util::{SinkExt as _, StreamExt as _};
use tokio::time::timeout;
use tokio_tungstenite::{
    WebSocketStream, client_async_with_config,
    tungstenite::{
        Message,
        client::IntoClientRequest as _,
        http::{HeaderName, HeaderValue},
        protocol::WebSocketConfig,
    },
};
use unisono_domain::net::OutboundGuard;
use url::Url;

use crate::net::{self, Io, NetError};

const OPEN_WITHIN: Duration = Duration::from_secs(20);
const SEND_WITHIN: Duration = Duration::from_secs(20);
/// Largest message that is taken.
const MOST: usize = 8 * 1024 * 1024;

/// So long nothing has to come before the other side is asked whether it is there.
const QUIET: Duration = Duration::from_secs(30);
/// It is gone when it does not answer so many times.
const UNANSWERED: u32 = 2;

/// An open connection.
pub struct Socket {
    stream: WebSocketStream<Box<dyn Io>>,
    /// How often it was asked since it last said anything.
    asked: u32,
    /// Why the other side closed.
    pub code: Option<u16>,
}

impl Socket {
    /// Connects to a `ws:` or `wss:` address.
    pub async fn open(guard: &OutboundGuard, url: &Url, headers: &[(&str, &str)]) -> Result<Self, NetError> {
        let host = url.host_str().ok_or_else(|| NetError::Http("the address names no host".to_owned()))?;
        let tls = url.scheme() == "wss";
        let port = url.port().unwrap_or(if tls { 443 } else { 80 });
        let stream = net::connect(guard, host, port).await?;
        let peer = stream.peer_addr().map_err(|error| NetError::Unreachable(host.to_owned(), error))?.ip();
        let stream: Box<dyn Io> = if tls { net::start_tls(host, peer, stream).await? } else { Box::new(stream) };
        let mut request = url.as_str().into_client_request().map_err(|error| NetError::Http(error.to_string()))?;
        for (name, value) in headers {
            let malformed = |_| NetError::Http("a malformed header".to_owned());
            let name = HeaderName::try_from(*name).map_err(|_| malformed(()))?;
            request.headers_mut().insert(name, HeaderValue::from_str(value).map_err(|_| malformed(()))?);
        }
        let config = WebSocketConfig::default().max_message_size(Some(MOST)).max_frame_size(Some(MOST));
        let opened = timeout(OPEN_WITHIN, client_async_with_config(request, stream, Some(config)))
            .await
            .map_err(|_| NetError::TimedOut(host.to_owned()))?;
        opened
            .map(|(stream, _)| Self { stream, asked: 0, code: None })
            .map_err(|error| NetError::Http(error.to_string()))
    }

    /// The next text; `None` when the other side has closed. Pings are answered here, and a side that
    /// has been silent for long is asked. May be dropped while it waits.
    pub async fn next(&mut self) -> Result<Option<String>, NetError> {
        loop {
            let Ok(news) = timeout(QUIET, self.stream.next()).await else {
                if self.asked >= UNANSWERED {
                    return Err(NetError::Lost("the other side does not answer".to_owned()));
                }
                self.asked += 1;
                self.put(Message::Ping(Vec::new().into())).await?;
                continue;
            };
            self.asked = 0;
            match news {
                Some(Ok(Message::Text(text))) => return Ok(Some(text.as_str().to_owned())),
                Some(Ok(Message::Binary(bytes))) => return Ok(Some(String::from_utf8_lossy(&bytes).into_owned())),
                Some(Ok(Message::Close(frame))) => {
                    self.code = frame.map(|frame| frame.code.into());
                    return Ok(None);
                }
                None => return Ok(None),
                Some(Ok(Message::Ping(_) | Message::Pong(_) | Message::Frame(_))) => {}
                Some(Err(error)) => return Err(NetError::Lost(error.to_string())),
            }
        }
    }

    pub async fn send(&mut self, text: impl Into<String>) -> Result<(), NetError> {
        self.put(Message::text(text.into())).await
    }

    async fn put(&mut self, message: Message) -> Result<(), NetError> {
        timeout(SEND_WITHIN, self.stream.send(message))
            .await
            .map_err(|_| NetError::Lost("the other side takes nothing".to_owned()))?
            .map_err(|error| NetError::Lost(error.to_string()))
    }
}
