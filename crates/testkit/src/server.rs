//! A server in the test's own process: real routes and a real database, no socket.

#![expect(clippy::expect_used, reason = "a test ends here with the reason")]

use std::{path::Path, sync::Arc};

use axum::{Router, body::Body};
use bytes::Bytes;
use http::{HeaderMap, Method, Request, StatusCode, header};
use serde_json::Value;
use tempfile::TempDir;
use tower::ServiceExt as _;
use unisono_domain::net::OutboundGuard;
use unisono_engine::{Config, Engine, Registration, SystemClock};
use unisono_http::App;

/// A server with an empty database of its own, gone with the test.
pub struct TestServer {
    pub engine: Engine,
    router: Router,
    folder: TempDir,
}

/// An answer, read to its end.
#[derive(Debug)]
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    /// The body as it came.
    pub bytes: Bytes,
    /// The body as JSON, or as text where it is none.
    pub body: Value,
}

impl Answer {
    /// The Matrix error code.
    pub fn errcode(&self) -> &str {
        self.body["errcode"].as_str().unwrap_or_default()
    }

    /// The body of a successful answer.
    #[track_caller]
    pub fn ok(self) -> Value {
        assert!(self.status.is_success(), "{} {}", self.status, self.body);
        self.body
    }
}

/// The configuration of test servers: open to everybody, named `test.local`.
pub fn config() -> Config {
    Config {
        server_name: ruma_server_name(),
        registration: Registration::Open,
        rate_limits: false,
        guard: OutboundGuard::default(),
        public_url: None,
        trusted_proxies: Vec::new(),
        max_upload: 1024 * 1024,
    }
}

fn ruma_server_name() -> ruma::OwnedServerName {
    ruma::owned_server_name!("test.local")
}

impl TestServer {
    pub async fn start() -> Self {
        Self::start_with(config()).await
    }

    pub async fn start_with(config: Config) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let engine = Engine::open(folder.path(), config, Arc::new(SystemClock)).await.expect("the engine opens");
        let router = unisono_http::router(&App::new(engine.clone()));
        Self { engine, router, folder }
    }

    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Makes one request; `token` and `body` may be left out.
    pub async fn call(&self, method: Method, path: &str, token: Option<&str>, body: Option<Value>) -> Answer {
        let mut request = Request::builder().method(method).uri(path);
        if let Some(token) = token {
            request = request.header(header::AUTHORIZATION, format!("Bearer {token}"));
        }
        let body = body.map_or_else(Body::empty, |body| Body::from(body.to_string()));
        self.send(request.body(body).expect("a well-formed request")).await
    }

    /// Makes one request as it is.
    pub async fn send(&self, request: Request<Body>) -> Answer {
        let response = self.router.clone().oneshot(request).await.expect("the router answers");
        let (status, headers) = (response.status(), response.headers().clone());
        let bytes = axum::body::to_bytes(response.into_body(), usize::MAX).await.expect("a whole body");
        let body = serde_json::from_slice(&bytes)
            .unwrap_or_else(|_| Value::String(String::from_utf8_lossy(&bytes).into_owned()));
        Answer { status, headers, bytes, body }
    }

    /// Registers a person over the API; gives their user id and access token.
    pub async fn register(&self, name: &str) -> (String, String) {
        let body = serde_json::json!({
            "username": name, "password": "correct horse battery", "auth": { "type": "m.login.dummy" },
        });
        let answer = self.call(Method::POST, "/_matrix/client/v3/register", None, Some(body)).await.ok();
        let text = |key: &str| answer[key].as_str().expect("a login").to_owned();
        (text("user_id"), text("access_token"))
    }
}
