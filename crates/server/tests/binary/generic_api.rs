//! The generic API as its guide describes it: the clients of `docs/guide/examples` against the real
//! binary, which is killed in between.

use std::{
    io::{BufRead as _, BufReader, Lines},
    path::{Path, PathBuf},
    process::{Child, ChildStdout, Command, Stdio},
};

use serde_json::{Value, json};

use crate::server::{Server, eventually};

const SECRET: &str = "whsec_YSBrZXkgb2YgMzIgYnl0ZXMsIGFzIGl0IHNob3VsZC4=";

fn example(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/guide/examples").join(name)
}

/// The Python client in the part of the attached system.
struct Listening {
    child: Child,
    lines: Lines<BufReader<ChildStdout>>,
    port: u64,
}

impl Drop for Listening {
    fn drop(&mut self) {
        _ = self.child.kill();
        _ = self.child.wait();
    }
}

impl Listening {
    fn start() -> Self {
        let mut child = Command::new("python3")
            .arg(example("generic_api.py"))
            .args(["listen", "0", SECRET])
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let first: Value = serde_json::from_str(&lines.next().unwrap().unwrap()).unwrap();
        Self { port: first["listening"].as_u64().unwrap(), child, lines }
    }

    fn next(&mut self) -> Value {
        serde_json::from_str(&self.lines.next().unwrap().unwrap()).unwrap()
    }
}

fn send(program: &str, script: &str, hook: &str, words: [&str; 3]) {
    let mut command = Command::new(program);
    command.arg(example(script));
    if program == "python3" {
        command.arg("send");
    }
    let sent = command.args([hook, SECRET]).args(words).output().unwrap();
    assert!(sent.status.success(), "{}", String::from_utf8_lossy(&sent.stderr));
}

/// The room where somebody said something, with their name.
fn room_of(server: &Server, text: &str) -> Option<(String, String)> {
    let sync = server.get("/_matrix/client/v3/sync?timeout=0");
    let rooms = sync["rooms"]["join"].as_object()?.clone();
    rooms.into_iter().find_map(|(room_id, room)| {
        let events = room["timeline"]["events"].as_array()?.clone();
        let said = events.iter().find(|event| event["content"]["body"] == text)?;
        Some((room_id, said["sender"].as_str()?.to_owned()))
    })
}

#[test]
fn the_guides_clients_talk_both_ways_through_a_kill() {
    let folder = tempfile::tempdir().unwrap();
    let mut system = Listening::start();
    let mut server = Server::start(folder.path(), "");
    server.register("owner");
    let login = server.post("/_unisono/v1/logins", &json!({ "channel": "generic", "flow": "form" }));
    let login = login["login_id"].as_str().unwrap().to_owned();
    let url = format!("http://127.0.0.1:{}/", system.port);
    let fields = json!({ "name": "Shop", "url": url, "secret": SECRET });
    let done = server.post(&format!("/_unisono/v1/logins/{login}"), &json!({ "fields": fields }));
    assert_eq!(done["step"]["type"], "done", "{done}");

    let hook_of = |server: &Server| {
        let account = server.get("/_unisono/v1/accounts")["accounts"][0].clone();
        format!(
            "http://127.0.0.1:{}/_unisono/hooks/{}",
            server.port(),
            account["hook"]["verify_token"].as_str().unwrap()
        )
    };
    send("python3", "generic_api.py", &hook_of(&server), ["anna", "Anna Schmidt", "Where is my parcel?"]);
    // Taken means on disk.
    let token = server.token.clone();
    server.kill();
    let server = Server::start(folder.path(), &token);
    let (room, sender) = eventually("the message is there", || room_of(&server, "Where is my parcel?"));
    assert_eq!(sender, "@generic_anna:test.local");

    send("sh", "generic_api.sh", &hook_of(&server), ["bert", "Bert", "Hello by curl"]);
    eventually("the other message is there", || room_of(&server, "Hello by curl"));

    let answer = json!({ "msgtype": "m.text", "body": "On its way" });
    server.call("PUT", &format!("/_matrix/client/v3/rooms/{room}/send/m.room.message/t1"), Some(&answer));
    let told = system.next();
    assert_eq!(
        (&told["type"], &told["chat"]["id"], &told["text"]),
        (&json!("message"), &json!("anna"), &json!("On its way"))
    );

    let forged = Command::new("python3")
        .arg(example("generic_api.py"))
        .args(["send", &hook_of(&server), "whsec_YW5vdGhlciBrZXkgb2YgMzIgYnl0ZXMgb3Igc28=", "eve", "Eve", "let me in"])
        .output()
        .unwrap();
    assert!(!forged.status.success() && String::from_utf8_lossy(&forged.stderr).contains("403"));
}
