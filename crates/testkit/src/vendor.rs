//! A vendor's server that a test writes down: a real socket with scripted answers, that takes
//! messages, forgets, refuses and breaks off as it is told.

#![expect(clippy::expect_used, reason = "a test ends here with the reason")]

use std::{
    collections::{HashMap, VecDeque},
    net::SocketAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use axum::{
    body::Body,
    extract::Request,
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use http::{HeaderMap, StatusCode};
use serde_json::Value;
use tokio_util::sync::CancellationToken;

use crate::fake_channel::Trouble;

/// A request as the vendor got it.
#[derive(Clone, Debug)]
pub struct Asked {
    pub method: String,
    pub path: String,
    pub query: String,
    pub headers: HeaderMap,
    pub body: Bytes,
}

impl Asked {
    /// The body as JSON; null where it is none.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }

    /// A field of a form (`application/x-www-form-urlencoded`).
    pub fn form(&self, name: &str) -> Option<String> {
        let body = String::from_utf8_lossy(&self.body).into_owned();
        url::form_urlencoded::parse(body.as_bytes()).find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
    }

    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

/// What the vendor answers.
#[derive(Clone, Debug)]
pub struct Told {
    pub status: u16,
    pub headers: Vec<(&'static str, String)>,
    pub body: Bytes,
}

impl Told {
    pub fn json(body: &Value) -> Self {
        Self::status(200, body)
    }

    pub fn status(status: u16, body: &Value) -> Self {
        let headers = vec![("content-type", "application/json".to_owned())];
        Self { status, headers, body: body.to_string().into() }
    }

    /// Bytes of a file.
    pub fn file(mime: &str, body: impl Into<Bytes>) -> Self {
        Self { status: 200, headers: vec![("content-type", mime.to_owned())], body: body.into() }
    }

    #[must_use]
    pub fn header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }
}

/// How a vendor's server behaves.
pub trait Script: Send + Sync + 'static {
    /// Whom a request has a message for, and its text; `None` for every other request.
    fn message(&self, asked: &Asked) -> Option<(String, String)>;

    /// The key under which the vendor takes a message only once, where it has such a thing.
    fn key(&self, _asked: &Asked) -> Option<String> {
        None
    }

    /// The answer to a message that is taken, the `number`th; it may get lost on the way.
    fn taken(&self, asked: &Asked, number: usize) -> Told;

    /// The answer to everything else. It may wait, as for a long poll: it runs on a thread of its own.
    fn other(&self, asked: &Asked) -> Told;

    /// A message that the vendor will never take.
    fn refused(&self) -> Told {
        Told::status(400, &serde_json::json!({ "error": "not allowed" }))
    }

    /// Too many requests.
    fn too_many(&self, seconds: u64) -> Told {
        Told::status(429, &Value::Null).header("retry-after", seconds.to_string())
    }

    /// The credentials do not hold any longer.
    fn expired(&self) -> Told {
        Told::status(401, &Value::Null)
    }
}

#[derive(Default)]
struct World {
    asked: Vec<Asked>,
    taken: Vec<(String, String)>,
    /// The keys of what was taken, with its number.
    keys: HashMap<String, usize>,
    troubles: HashMap<String, VecDeque<Trouble>>,
}

/// The running server; ends with the value.
pub struct Vendor {
    pub address: SocketAddr,
    world: Arc<Mutex<World>>,
    stop: CancellationToken,
}

impl Drop for Vendor {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

impl Vendor {
    /// Starts it on a free port, on a thread of its own: it outlives a restart of ours.
    pub fn start(script: Arc<impl Script>) -> Self {
        let world = Arc::new(Mutex::new(World::default()));
        let stop = CancellationToken::new();
        let listener = std::net::TcpListener::bind(("127.0.0.1", 0)).expect("a free port");
        listener.set_nonblocking(true).expect("a socket");
        let address = listener.local_addr().expect("an address");
        let (state, ended) = (Arc::clone(&world), stop.clone());
        std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
            runtime.expect("a runtime").block_on(async move {
                let listener = tokio::net::TcpListener::from_std(listener).expect("a socket");
                let answer = move |request: Request| answer(Arc::clone(&script), Arc::clone(&state), request);
                let router = axum::Router::new().fallback(answer);
                tokio::select! {
                    () = ended.cancelled() => {}
                    _ = axum::serve(listener, router).into_future() => {}
                }
            });
        });
        Self { address, world, stop }
    }

    /// `http://127.0.0.1:PORT`
    pub fn base(&self) -> String {
        format!("http://{}", self.address)
    }

    fn world(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// All requests so far.
    pub fn asked(&self) -> Vec<Asked> {
        self.world().asked.clone()
    }

    /// The texts that were taken for a person, in order.
    pub fn taken(&self, person: &str) -> Vec<String> {
        self.world().taken.iter().filter(|(to, _)| to == person).map(|(_, text)| text.clone()).collect()
    }

    /// Prepares trouble for the next message to a person.
    pub fn trouble(&self, person: &str, trouble: Trouble) {
        self.world().troubles.entry(person.to_owned()).or_default().push_back(trouble);
    }

    /// Whether all prepared trouble has been met with.
    pub fn is_met(&self, person: &str) -> bool {
        self.world().troubles.get(person).is_none_or(VecDeque::is_empty)
    }
}

async fn answer(script: Arc<impl Script>, world: Arc<Mutex<World>>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let body = axum::body::to_bytes(body, usize::MAX).await.unwrap_or_default();
    let asked = Asked {
        method: parts.method.as_str().to_owned(),
        path: parts.uri.path().to_owned(),
        query: parts.uri.query().unwrap_or_default().to_owned(),
        headers: parts.headers,
        body,
    };
    let Some((person, text)) = script.message(&asked) else {
        note(&world, &asked);
        let told = tokio::task::spawn_blocking(move || script.other(&asked)).await.expect("an answer");
        return respond(told);
    };
    note(&world, &asked);
    let (trouble, number) = {
        let mut world = world.lock().unwrap_or_else(PoisonError::into_inner);
        let trouble = world.troubles.get_mut(&person).and_then(VecDeque::pop_front);
        let takes = matches!(trouble, None | Some(Trouble::TakenAndCut | Trouble::TakenAndSilent | Trouble::EchoLater));
        let key = script.key(&asked);
        let known = key.as_ref().and_then(|key| world.keys.get(key).copied());
        if takes && known.is_none() {
            world.taken.push((person, text));
            let number = world.taken.len();
            world.keys.extend(key.map(|key| (key, number)));
        }
        (trouble, known.unwrap_or(world.taken.len()))
    };
    // Also when the answer gets lost: some can be asked what they have.
    let takes = matches!(trouble, None | Some(Trouble::TakenAndCut | Trouble::TakenAndSilent | Trouble::EchoLater));
    let told = takes.then(|| script.taken(&asked, number));
    match trouble {
        None | Some(Trouble::EchoLater) => respond(told.expect("it was taken")),
        Some(Trouble::Later(milliseconds)) => respond(script.too_many(milliseconds.div_ceil(1_000))),
        Some(Trouble::Rejected) => respond(script.refused()),
        Some(Trouble::Expired) => respond(script.expired()),
        Some(Trouble::Broken) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
        // The connection's task ends, and with it the connection.
        #[expect(clippy::panic, reason = "breaks the connection off without an answer")]
        Some(Trouble::TakenAndCut | Trouble::LostAndCut) => std::panic::panic_any("cut off as the test wanted"),
        Some(Trouble::TakenAndSilent | Trouble::Silent) => std::future::pending().await,
    }
}

fn note(world: &Mutex<World>, asked: &Asked) {
    world.lock().unwrap_or_else(PoisonError::into_inner).asked.push(asked.clone());
}

fn respond(told: Told) -> Response {
    let mut response = Response::builder().status(told.status);
    for (name, value) in told.headers {
        response = response.header(name, value);
    }
    response.body(Body::from(told.body)).expect("a response")
}
