//! A real IRC server for tests, ngIRCd, as a process of our own on free ports; people who talk on it;
//! and a line in between that can be cut.

#![expect(clippy::expect_used, reason = "a test ends here with the reason")]

use std::{
    collections::HashMap,
    fs,
    io::{BufRead as _, BufReader, Write as _},
    net::{Shutdown, TcpListener, TcpStream},
    os::unix::fs::PermissionsExt as _,
    path::Path,
    process::{Child, Command, Stdio},
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use tempfile::TempDir;

use crate::fake_channel::Trouble;

const NGIRCD: &str = "/usr/sbin/ngircd";
const PATIENCE: Duration = Duration::from_secs(30);

/// The server. Stopped and deleted when dropped.
pub struct Ngircd {
    pub port: u16,
    pub tls_port: u16,
    child: Child,
    _folder: TempDir,
}

impl Drop for Ngircd {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Ngircd {
    /// Starts one, with a password if there shall be one. `None`, and said so, where it is not installed.
    pub fn start(password: Option<&str>) -> Option<Self> {
        if !Path::new(NGIRCD).exists() {
            println!("skipped: ngircd is not installed");
            return None;
        }
        let folder = tempfile::Builder::new().prefix("unisono-irc-").tempdir().expect("a folder");
        // The server gives up root's rights and still has to read its certificate.
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).expect("permissions");
        crate::mail::certificate(folder.path()).expect("a certificate");
        fs::set_permissions(folder.path().join("key.pem"), fs::Permissions::from_mode(0o644)).expect("permissions");
        let [port, tls_port] = crate::mail::free_ports(2).expect("ports").try_into().expect("two");
        let password = password.map(|password| format!("Password = {password}\n")).unwrap_or_default();
        let at = folder.path().display();
        let config = format!(
            "[Global]\nName = irc.test\nInfo = Test\nListen = 127.0.0.1\nPorts = {port}\nMotdPhrase = Hello\n{password}\
             ServerUID = 65534\nServerGID = 65534\nPidFile =\n\
             [Limits]\nMaxConnections = 0\nMaxConnectionsIP = 0\nMaxJoins = 0\nMaxNickLength = 20\nMaxPenaltyTime = 0\n\
             [Options]\nDNS = no\nIdent = no\nPAM = no\n\
             [SSL]\nCertFile = {at}/cert.pem\nKeyFile = {at}/key.pem\nPorts = {tls_port}\n"
        );
        let file = folder.path().join("ngircd.conf");
        fs::write(&file, config).expect("a configuration");
        let child = Command::new(NGIRCD)
            .arg("-n")
            .arg("-f")
            .arg(&file)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("ngircd starts");
        let mut server = Self { port, tls_port, child, _folder: folder };
        let began = Instant::now();
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            let ended = server.child.try_wait().ok().flatten();
            assert!(ended.is_none(), "ngircd ended while it started: {ended:?}");
            assert!(began.elapsed() < PATIENCE, "ngircd did not start");
            std::thread::yield_now();
        }
        Some(server)
    }
}

/// Somebody at another program.
pub struct Person {
    nick: String,
    stream: Mutex<TcpStream>,
    lines: Arc<Heard>,
}

#[derive(Default)]
struct Heard {
    lines: Mutex<Vec<String>>,
    more: Condvar,
}

fn held<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Person {
    /// Comes to the server at a port of this machine.
    pub fn come(port: u16, nick: &str) -> Self {
        let stream = TcpStream::connect(("127.0.0.1", port)).expect("the server answers");
        let mut answers = stream.try_clone().expect("a second handle");
        let lines = Arc::new(Heard::default());
        let kept = Arc::clone(&lines);
        let reader = BufReader::new(stream.try_clone().expect("a second handle"));
        std::thread::spawn(move || {
            for line in reader.split(b'\n').map_while(Result::ok) {
                let line = String::from_utf8_lossy(&line).trim_end().to_owned();
                if let Some(token) = line.strip_prefix("PING ") {
                    let _ = write!(answers, "PONG {token}\r\n");
                }
                held(&kept.lines).push(line);
                kept.more.notify_all();
            }
        });
        let person = Self { nick: nick.to_owned(), stream: Mutex::new(stream), lines };
        person.write(&format!("NICK {nick}"));
        person.write(&format!("USER somebody 0 * :{nick}"));
        person.wait_for(" 376 ");
        person
    }

    /// Writes a line as it is.
    pub fn write(&self, line: &str) {
        write!(held(&self.stream), "{line}\r\n").expect("the server takes a line");
    }

    /// Everything that came, in order.
    pub fn lines(&self) -> Vec<String> {
        held(&self.lines.lines).clone()
    }

    /// Waits for a line with these words.
    pub fn wait_for(&self, words: &str) -> String {
        self.wait_after(0, words)
    }

    fn wait_after(&self, before: usize, words: &str) -> String {
        let fits = |lines: &[String]| lines.iter().skip(before).find(|line| line.contains(words)).cloned();
        let lines = held(&self.lines.lines);
        let waiting = self.lines.more.wait_timeout_while(lines, PATIENCE, |lines| fits(lines).is_none());
        let (lines, _) = waiting.unwrap_or_else(PoisonError::into_inner);
        fits(&lines).unwrap_or_else(|| panic!("{} never heard `{words}`: {lines:?}", self.nick))
    }

    /// Writes a line and gives what the server says to it.
    pub fn ask(&self, line: &str) -> Vec<String> {
        let before = held(&self.lines.lines).len();
        self.write(line);
        let token = format!("t{before}");
        self.write(&format!("PING {token}"));
        self.wait_after(before, &format!("PONG irc.test :{token}"));
        held(&self.lines.lines)[before..].to_vec()
    }

    /// The private texts that came from somebody.
    pub fn texts_from(&self, nick: &str) -> Vec<String> {
        let (from, to) = (format!(":{nick}!"), format!(" PRIVMSG {} :", self.nick));
        let lines = held(&self.lines.lines);
        let texts = lines.iter().filter(|line| line.starts_with(&from));
        texts.filter_map(|line| line.split_once(&to).map(|(_, text)| text.to_owned())).collect()
    }
}

/// What a [`Line`] has been told to do.
#[derive(Default)]
struct Plan {
    /// For the next message to a person.
    troubles: HashMap<String, Trouble>,
    /// The next who comes is told that the password is wrong.
    locked: bool,
    streams: Vec<TcpStream>,
}

/// A line to the server that can be cut, or fall silent.
pub struct Line {
    pub port: u16,
    plan: Arc<Mutex<Plan>>,
}

impl Line {
    pub fn to(server: u16) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let plan = Arc::new(Mutex::new(Plan::default()));
        let shared = Arc::clone(&plan);
        std::thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                let plan = Arc::clone(&shared);
                std::thread::spawn(move || carry(client, server, &plan));
            }
        });
        Self { port, plan }
    }

    pub fn prepare(&self, person: &str, trouble: Trouble) {
        let mut plan = held(&self.plan);
        if matches!(trouble, Trouble::Expired) {
            plan.locked = true;
            plan.streams.drain(..).for_each(|stream| drop(stream.shutdown(Shutdown::Both)));
        } else {
            plan.troubles.insert(person.to_owned(), trouble);
        }
    }

    pub fn is_met(&self, person: &str) -> bool {
        !held(&self.plan).troubles.contains_key(person)
    }
}

fn carry(client: TcpStream, server: u16, plan: &Mutex<Plan>) {
    let both = || Some((client.try_clone().ok()?, TcpStream::connect(("127.0.0.1", server)).ok()?));
    let Some((mut down, mut up)) = both() else { return };
    if std::mem::take(&mut held(plan).locked) {
        let _ = down.write_all(b":irc.test 464 * :Invalid password\r\n");
        return;
    }
    held(plan).streams.extend([client.try_clone(), up.try_clone()].into_iter().flatten());
    let silent = Arc::new(Mutex::new(false));
    if let (Ok(from), Ok(mut to)) = (up.try_clone(), down.try_clone()) {
        let silent = Arc::clone(&silent);
        std::thread::spawn(move || {
            for mut line in BufReader::new(from).split(b'\n').map_while(Result::ok) {
                line.push(b'\n');
                if !*held(&silent) && to.write_all(&line).is_err() {
                    break;
                }
            }
            let _ = to.shutdown(Shutdown::Both);
        });
    }
    for mut line in BufReader::new(client).split(b'\n').map_while(Result::ok) {
        line.push(b'\n');
        let words = String::from_utf8_lossy(&line).into_owned();
        let person = words.strip_prefix("PRIVMSG ").and_then(|rest| rest.split(' ').next()).unwrap_or_default();
        let trouble = held(plan).troubles.remove(person);
        if *held(&silent) {
            continue;
        }
        match trouble {
            None => {}
            Some(Trouble::TakenAndCut) => {
                *held(&silent) = true;
                // The server reads what came before the end.
                let _ = up.write_all(&line);
                let _ = down.shutdown(Shutdown::Both);
                let _ = up.shutdown(Shutdown::Write);
                return;
            }
            Some(Trouble::TakenAndSilent) => *held(&silent) = true,
            Some(Trouble::Silent) => {
                *held(&silent) = true;
                continue;
            }
            Some(Trouble::Rejected) => {
                let _ = write!(down, ":irc.test 401 me {person} :No such nick or channel name\r\n");
                continue;
            }
            Some(Trouble::Later(_)) => {
                let _ = write!(down, ":irc.test 439 me {person} :Target change too fast\r\n");
                continue;
            }
            Some(_) => {
                let _ = down.shutdown(Shutdown::Both);
                let _ = up.shutdown(Shutdown::Both);
                return;
            }
        }
        if up.write_all(&line).is_err() {
            break;
        }
    }
    let _ = up.shutdown(Shutdown::Both);
}
