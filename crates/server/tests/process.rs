//! The program itself: started, asked, killed, started again.

#![expect(clippy::unwrap_used, reason = "a test ends here with the reason")]

use std::{
    fs,
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::{SocketAddr, TcpStream},
    path::Path,
    process::{Child, Command, Output, Stdio},
};

use serde_json::{Value, json};
use tempfile::TempDir;

fn unisono(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_unisono"));
    command.args(args).env_remove("UNISONO_DATA_DIR").env("UNISONO_REGISTRATION", "open");
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// Runs a command to its end, with a line on its standard input.
fn run(args: &[&str], input: &str) -> Output {
    let mut child = unisono(args).spawn().unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    child.wait_with_output().unwrap()
}

#[track_caller]
fn fine(output: &Output) -> String {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout.clone()).unwrap()
}

#[track_caller]
fn refused(output: &Output) -> String {
    assert!(!output.status.success());
    String::from_utf8(output.stderr.clone()).unwrap()
}

struct Server {
    child: Child,
    address: SocketAddr,
}

impl Server {
    fn start(folder: &Path) -> Self {
        let mut child = unisono(&["serve", "--listen", "127.0.0.1:0", "--data-dir", folder.to_str().unwrap()])
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let address = line.rsplit("http://").next().unwrap().trim().parse().unwrap();
        Self { child, address }
    }

    fn ask(&self, method: &str, path: &str, token: &str, body: &Value) -> (u16, Value) {
        let mut stream = TcpStream::connect(self.address).unwrap();
        let body = body.to_string();
        write!(
            stream,
            "{method} {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: Bearer {token}\r\n\
             Content-Length: {}\r\n\r\n{body}",
            body.len()
        )
        .unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        (status, serde_json::from_str(body).unwrap_or_else(|_| Value::from(body)))
    }

    fn register(&self, name: &str) -> String {
        let body = json!({ "username": name, "password": "correct horse", "auth": { "type": "m.login.dummy" } });
        let (status, answer) = self.ask("POST", "/_matrix/client/v3/register", "", &body);
        assert_eq!(status, 200, "{answer}");
        answer["access_token"].as_str().unwrap().to_owned()
    }

    fn whoami(&self, token: &str) -> u16 {
        self.ask("GET", "/_matrix/client/v3/account/whoami", token, &json!({})).0
    }

    fn stop(mut self) {
        let id = self.child.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &id]).status().unwrap().success());
        assert!(self.child.wait().unwrap().success(), "it did not end cleanly");
    }

    fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Fails when it has ended already, which is what we want.
        _ = self.child.kill();
        _ = self.child.wait();
    }
}

fn data(folder: &TempDir) -> String {
    folder.path().join("data").to_str().unwrap().to_owned()
}

#[test]
fn it_answers_and_ends_cleanly_on_sigterm() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path());
    assert_eq!(server.ask("GET", "/healthz", "", &json!({})), (200, Value::from("ok")));
    server.stop();
}

#[test]
fn what_was_acknowledged_survives_a_kill() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path());
    let token = server.register("anna");
    server.kill();
    let server = Server::start(folder.path());
    assert_eq!(server.whoami(&token), 200);
    server.stop();
}

#[test]
fn commands_work_beside_a_running_server_and_without_one() {
    let folder = tempfile::tempdir().unwrap();
    let data = data(&folder);
    let server = Server::start(Path::new(&data));
    assert!(fine(&run(&["user", "add", "anna", "--data-dir", &data], "correct horse\n")).contains("@anna:localhost"));
    let body = json!({
        "type": "m.login.password", "user": "anna", "password": "correct horse",
    });
    let (status, login) = server.ask("POST", "/_matrix/client/v3/login", "", &body);
    assert_eq!(status, 200, "{login}");
    let token = login["access_token"].as_str().unwrap();
    assert_eq!(server.whoami(token), 200);
    // The running server hears at once that all devices were logged out.
    fine(&run(&["user", "passwd", "anna", "--data-dir", &data], "another horse\n"));
    assert_eq!(server.whoami(token), 401);
    server.stop();
    assert!(fine(&run(&["user", "list", "--data-dir", &data], "")).contains("@anna:localhost  administrator"));
    let error = refused(&run(&["user", "passwd", "nobody", "--data-dir", &data], "another horse\n"));
    assert!(error.contains("nobody") && error.lines().count() == 1, "{error}");
}

#[test]
fn a_mailbox_is_refused_with_the_field_that_is_wrong() {
    let folder = tempfile::tempdir().unwrap();
    let data = data(&folder);
    fine(&run(&["user", "add", "anna", "--data-dir", &data], "correct horse\n"));
    let args = [
        "account",
        "add",
        "email",
        "--address",
        "anna@example.org",
        "--imap-host",
        "127.0.0.1",
        "--smtp-host",
        "127.0.0.1",
        "--password-stdin",
        "--data-dir",
        &data,
    ];
    let error = refused(&run(&args, "secret\n"));
    assert!(error.contains("imap_host") && error.contains("outbound.allow"), "{error}");
    assert_eq!(fine(&run(&["account", "list", "--data-dir", &data], "")), "");
}

#[test]
fn a_second_server_on_the_same_data_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path());
    let second = run(&["serve", "--listen", "127.0.0.1:0", "--data-dir", folder.path().to_str().unwrap()], "");
    assert!(refused(&second).contains("another server"));
    server.stop();
}

#[test]
fn a_port_that_is_taken_is_said_in_one_line_and_leaves_no_data() {
    let folder = tempfile::tempdir().unwrap();
    let data = data(&folder);
    let server = Server::start(folder.path());
    let second = run(&["serve", "--listen", &server.address.to_string(), "--data-dir", &data], "");
    let error = refused(&second);
    assert!(error.contains(&server.address.to_string()) && error.lines().count() == 1, "{error}");
    assert!(!Path::new(&data).join("unisono.db").exists());
    server.stop();
}

#[test]
fn an_unknown_key_is_named_with_its_line() {
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("unisono.toml");
    fs::write(&config, "rate_limits = true\nregistratoin = \"open\"\n").unwrap();
    let error = refused(&run(&["check-config", "--config", config.to_str().unwrap()], ""));
    assert!(error.contains("registratoin") && error.contains("line 2"), "{error}");
    fs::write(&config, "registration = \"off\"\n").unwrap();
    fine(&run(&["check-config", "--config", config.to_str().unwrap()], ""));
}

#[test]
fn a_backup_of_a_running_server_comes_back_whole_elsewhere() {
    let folder = tempfile::tempdir().unwrap();
    let (data, copy) = (data(&folder), folder.path().join("copy"));
    let (copy, other) = (copy.to_str().unwrap(), folder.path().join("other"));
    let server = Server::start(Path::new(&data));
    let token = server.register("anna");
    let (status, upload) = server.ask("POST", "/_matrix/media/v3/upload", &token, &json!("the file"));
    assert_eq!(status, 200, "{upload}");
    fine(&run(&["backup", copy, "--data-dir", &data], ""));
    let late = server.register("later");
    server.stop();

    let target = other.to_str().unwrap();
    fine(&run(&["restore", copy, "--data-dir", target], ""));
    let error = refused(&run(&["restore", copy, "--data-dir", target], ""));
    assert!(error.contains("holds data already"), "{error}");
    let restored = Server::start(&other);
    assert_eq!(restored.whoami(&token), 200);
    assert_eq!(restored.whoami(&late), 401);
    let media = upload["content_uri"].as_str().unwrap().trim_start_matches("mxc://");
    let path = format!("/_matrix/client/v1/media/download/{media}");
    assert_eq!(restored.ask("GET", &path, &token, &json!({})), (200, Value::from("the file")));
    restored.stop();
}
