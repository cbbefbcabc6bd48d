//! The real binary on a folder, and its API over a plain socket.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::{TcpListener, TcpStream},
    path::Path,
    process::{Child, Command, Stdio},
    sync::mpsc,
    time::{Duration, Instant},
};

use serde_json::{Value, json};

const PATIENCE: Duration = Duration::from_secs(90);

/// A running server; killed without notice when dropped.
pub struct Server {
    child: Child,
    port: u16,
    pub token: String,
}

impl Server {
    /// Starts it and waits until it is ready. `token` is one of an earlier life.
    pub fn start(folder: &Path, token: &str) -> Self {
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let log = std::fs::OpenOptions::new().create(true).append(true).open(folder.join("log")).unwrap();
        let child = Command::new(env!("CARGO_BIN_EXE_unisono"))
            .args(["serve", "--listen", &format!("127.0.0.1:{port}"), "--server-name", "test.local", "--data-dir"])
            .arg(folder.join("data"))
            .current_dir(folder)
            .env("UNISONO_REGISTRATION", "open")
            .env("UNISONO_RATE_LIMITS", "false")
            .env("UNISONO_OUTBOUND_ALLOW", "127.0.0.0/8,::1/128")
            .stdin(Stdio::null())
            .stdout(Stdio::from(log.try_clone().unwrap()))
            .stderr(Stdio::from(log))
            .spawn()
            .unwrap();
        let server = Self { child, port, token: token.to_owned() };
        eventually("the server is ready", || server.try_call("GET", "/healthz", None).filter(|answer| answer.0 == 200));
        server
    }

    /// As `kill -9`.
    pub fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    pub fn register(&mut self, name: &str) {
        let body = json!({ "username": name, "password": "correct horse battery",
            "auth": { "type": "m.login.dummy" } });
        self.token = self.post("/_matrix/client/v3/register", &body)["access_token"].as_str().unwrap().to_owned();
    }

    pub fn port(&self) -> u16 {
        self.port
    }

    pub fn get(&self, path: &str) -> Value {
        self.call("GET", path, None)
    }

    pub fn post(&self, path: &str, body: &Value) -> Value {
        self.call("POST", path, Some(body))
    }

    pub fn call(&self, method: &str, path: &str, body: Option<&Value>) -> Value {
        let (status, answer) = self.try_call(method, path, body).unwrap();
        assert!((200..300).contains(&status), "{method} {path}: {status} {answer}");
        answer
    }

    fn try_call(&self, method: &str, path: &str, body: Option<&Value>) -> Option<(u16, Value)> {
        let mut socket = TcpStream::connect(("127.0.0.1", self.port)).ok()?;
        socket.set_read_timeout(Some(PATIENCE)).ok()?;
        let body = body.map(ToString::to_string).unwrap_or_default();
        let token = match self.token.as_str() {
            "" => String::new(),
            token => format!("Authorization: Bearer {token}\r\n"),
        };
        let head = format!(
            "{method} {path} HTTP/1.1\r\nHost: test.local\r\nConnection: close\r\n{token}\
             Content-Type: application/json\r\nContent-Length: {}\r\n\r\n",
            body.len()
        );
        socket.write_all(head.as_bytes()).ok()?;
        socket.write_all(body.as_bytes()).ok()?;
        let mut reader = BufReader::new(socket);
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        let status = line.split(' ').nth(1)?.parse().ok()?;
        let (mut length, mut chunked) = (None, false);
        loop {
            line.clear();
            reader.read_line(&mut line).ok()?;
            let header = line.trim().to_ascii_lowercase();
            if header.is_empty() {
                break;
            }
            if let Some(value) = header.strip_prefix("content-length:") {
                length = value.trim().parse::<usize>().ok();
            }
            chunked |= header == "transfer-encoding: chunked";
        }
        let mut bytes = Vec::new();
        if chunked {
            loop {
                line.clear();
                reader.read_line(&mut line).ok()?;
                let size = usize::from_str_radix(line.trim(), 16).ok()?;
                let mut chunk = vec![0; size + 2];
                reader.read_exact(&mut chunk).ok()?;
                if size == 0 {
                    break;
                }
                bytes.extend_from_slice(&chunk[..size]);
            }
        } else {
            reader.take(length.unwrap_or(usize::MAX) as u64).read_to_end(&mut bytes).ok()?;
        }
        let value = serde_json::from_slice(&bytes)
            .unwrap_or_else(|_| Value::String(String::from_utf8_lossy(&bytes).into_owned()));
        Some((status, value))
    }

    /// All joined rooms.
    pub fn rooms(&self) -> Vec<String> {
        let rooms = self.get("/_matrix/client/v3/joined_rooms");
        rooms["joined_rooms"].as_array().unwrap().iter().map(|room| room.as_str().unwrap().to_owned()).collect()
    }

    /// All events of a room, oldest first.
    pub fn events(&self, room: &str) -> Vec<Value> {
        let mut events = Vec::new();
        let mut from = String::new();
        loop {
            let path = format!("/_matrix/client/v3/rooms/{}/messages?dir=b&limit=200{from}", escape(room));
            let page = self.get(&path);
            events.extend(page["chunk"].as_array().unwrap().iter().cloned());
            match page["end"].as_str() {
                Some(end) => from = format!("&from={}", escape(end)),
                None => break,
            }
        }
        events.reverse();
        events
    }

    /// The first parts of all mails in all rooms, with the room.
    pub fn mails(&self) -> Vec<(String, Value)> {
        let mut mails = Vec::new();
        for room in self.rooms() {
            for event in self.events(&room) {
                if !event["content"]["org.unisono.email"].is_null() {
                    mails.push((room.clone(), event));
                }
            }
        }
        mails
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What a path segment may not hold as it is.
pub fn escape(text: &str) -> String {
    text.bytes().fold(String::new(), |mut escaped, byte| {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            escaped.push(char::from(byte));
        } else {
            escaped.push_str(&format!("%{byte:02X}"));
        }
        escaped
    })
}

/// Looks again until there is what the test waits for.
#[track_caller]
pub fn eventually<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let began = Instant::now();
    let (_keep, never) = mpsc::channel::<()>();
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(began.elapsed() < PATIENCE, "did not happen: {what}");
        let _ = never.recv_timeout(Duration::from_millis(50));
    }
}
