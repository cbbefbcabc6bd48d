//! A small WebSocket server for vendors that hold a socket open to us. Runs on a thread of its own, so
//! it outlives a restart of ours.

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex, PoisonError},
};

use futures_util::{SinkExt as _, StreamExt as _};
use tokio::sync::mpsc;
use tokio_tungstenite::tungstenite::{Message, handshake::server};
use tokio_util::sync::CancellationToken;

/// What the vendor does on its side of a socket.
pub trait Peer: Send + Sync + 'static {
    /// What it says when somebody connects.
    fn opened(&self, path: &str) -> Vec<String>;

    /// What it answers.
    fn heard(&self, text: &str) -> Vec<String>;
}

type Open = Arc<Mutex<Vec<mpsc::UnboundedSender<String>>>>;

pub struct SocketServer {
    pub address: SocketAddr,
    open: Open,
    stop: CancellationToken,
}

impl Drop for SocketServer {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

impl SocketServer {
    pub fn start(peer: Arc<impl Peer>) -> Self {
        Self::start_before(peer, None)
    }

    /// The same, where the vendor has sockets and everything else at one address: what asks for no
    /// socket goes on to the other server.
    pub fn start_before(peer: Arc<impl Peer>, other: Option<SocketAddr>) -> Self {
        let listener = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap();
        listener.set_nonblocking(true).unwrap();
        let address = listener.local_addr().unwrap();
        let (open, stop) = (Open::default(), CancellationToken::new());
        let (all, ended) = (Arc::clone(&open), stop.clone());
        std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async move {
                let listener = tokio::net::TcpListener::from_std(listener).unwrap();
                loop {
                    tokio::select! {
                        () = ended.cancelled() => return,
                        accepted = listener.accept() => {
                            let (stream, _) = accepted.unwrap();
                            let (peer, all) = (Arc::clone(&peer), Arc::clone(&all));
                            tokio::spawn(async move {
                                match other {
                                    Some(other) if !asks_for_a_socket(&stream).await => pass_on(stream, other).await,
                                    _ => serve(stream, peer, all).await,
                                }
                            });
                        }
                    }
                }
            });
        });
        Self { address, open, stop }
    }

    /// `ws://127.0.0.1:PORT`
    pub fn base(&self) -> String {
        format!("ws://{}", self.address)
    }

    /// Says something to everybody who is connected.
    pub fn say(&self, text: &str) {
        let open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        open.iter().for_each(|socket| drop(socket.send(text.to_owned())));
    }
}

/// Whether a connection begins with the handshake of a socket.
async fn asks_for_a_socket(stream: &tokio::net::TcpStream) -> bool {
    let mut head = [0; 2_048];
    loop {
        let Ok(length) = stream.peek(&mut head).await else { return false };
        let text = String::from_utf8_lossy(&head[..length]).to_ascii_lowercase();
        if length == 0 || length == head.len() || text.contains("\r\n\r\n") {
            return text.contains("upgrade: websocket");
        }
        tokio::task::yield_now().await;
    }
}

async fn pass_on(mut stream: tokio::net::TcpStream, other: SocketAddr) {
    if let Ok(mut other) = tokio::net::TcpStream::connect(other).await {
        let _ = tokio::io::copy_bidirectional(&mut stream, &mut other).await;
    }
}

async fn serve(stream: tokio::net::TcpStream, peer: Arc<impl Peer>, open: Open) {
    let path = Arc::new(Mutex::new(String::new()));
    let asked = Arc::clone(&path);
    #[expect(clippy::result_large_err, reason = "the library's own type")]
    let note = move |request: &server::Request, response: server::Response| {
        *asked.lock().unwrap() = request.uri().to_string();
        Ok(response)
    };
    let Ok(mut socket) = tokio_tungstenite::accept_hdr_async(stream, note).await else { return };
    let (say, mut said) = mpsc::unbounded_channel();
    // Known before the first word, so that what is said meanwhile comes after it.
    open.lock().unwrap_or_else(PoisonError::into_inner).push(say);
    let path = path.lock().unwrap().clone();
    for text in peer.opened(&path) {
        if socket.send(Message::text(text)).await.is_err() {
            return;
        }
    }
    loop {
        let answers = tokio::select! {
            text = said.recv() => match text {
                Some(text) => vec![text],
                None => return,
            },
            heard = socket.next() => match heard {
                Some(Ok(Message::Text(text))) => peer.heard(text.as_str()),
                Some(Ok(Message::Close(_)) | Err(_)) | None => return,
                Some(Ok(_)) => Vec::new(),
            },
        };
        for text in answers {
            if socket.send(Message::text(text)).await.is_err() {
                return;
            }
        }
    }
}
