//! A real MQTT broker for tests, Mosquitto, as a process of our own on free ports; its own clients as
//! devices; and a line in between that can be cut.

#![expect(clippy::expect_used, reason = "a test ends here with the reason")]

use std::{
    fs,
    io::{BufRead as _, BufReader, Write as _},
    net::{Shutdown, TcpListener, TcpStream},
    path::Path,
    process::{Child, Command, Stdio},
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use tempfile::TempDir;

use crate::fake_channel::Trouble;

const BROKER: &str = "/usr/sbin/mosquitto";
const PATIENCE: Duration = Duration::from_secs(30);

/// Who may come in.
pub const USER: (&str, &str) = ("unisono", "geheim");

/// The broker. Stopped and deleted when dropped.
pub struct Mosquitto {
    pub port: u16,
    pub tls_port: u16,
    child: Child,
    _folder: TempDir,
}

impl Drop for Mosquitto {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn quiet(program: &str) -> Command {
    let mut command = Command::new(program);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command
}

impl Mosquitto {
    /// Starts one. `None`, and said so, where it or its clients are not installed.
    pub fn start() -> Option<Self> {
        if !Path::new(BROKER).exists() || quiet("mosquitto_pub").arg("--help").status().is_err() {
            println!("skipped: mosquitto and mosquitto-clients are not installed");
            return None;
        }
        let folder = tempfile::Builder::new().prefix("unisono-mqtt-").tempdir().expect("a folder");
        crate::mail::certificate(folder.path()).expect("a certificate");
        let [port, tls_port] = crate::mail::free_ports(2).expect("ports").try_into().expect("two");
        let at = folder.path().display();
        let passwords = folder.path().join("passwords");
        let made = quiet("mosquitto_passwd").args(["-b", "-c"]).arg(&passwords).args([USER.0, USER.1]).status();
        assert!(made.is_ok_and(|status| status.success()), "no password file");
        let config = format!(
            "user root\npersistence false\nper_listener_settings false\nallow_anonymous false\n\
             password_file {at}/passwords\nmax_queued_messages 10000\nmax_inflight_messages 0\n\
             listener {port} 127.0.0.1\n\
             listener {tls_port} 127.0.0.1\ncertfile {at}/cert.pem\nkeyfile {at}/key.pem\n"
        );
        let file = folder.path().join("mosquitto.conf");
        fs::write(&file, config).expect("a configuration");
        let child = quiet(BROKER).arg("-c").arg(&file).spawn().expect("mosquitto starts");
        let mut broker = Self { port, tls_port, child, _folder: folder };
        let began = Instant::now();
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            let ended = broker.child.try_wait().ok().flatten();
            assert!(ended.is_none(), "mosquitto ended while it started: {ended:?}");
            assert!(began.elapsed() < PATIENCE, "mosquitto did not start");
            std::thread::yield_now();
        }
        Some(broker)
    }

    fn client(&self, program: &str) -> Command {
        let mut command = quiet(program);
        command.args(["-h", "127.0.0.1", "-p", &self.port.to_string(), "-u", USER.0, "-P", USER.1, "-q", "1"]);
        command
    }

    /// A device publishes.
    pub fn publish(&self, topic: &str, payload: impl AsRef<[u8]>) {
        self.publish_as(topic, payload.as_ref(), &[]);
    }

    /// A device publishes what the broker keeps for who comes later.
    pub fn publish_retained(&self, topic: &str, payload: impl AsRef<[u8]>) {
        self.publish_as(topic, payload.as_ref(), &["-r"]);
    }

    fn publish_as(&self, topic: &str, payload: &[u8], more: &[&str]) {
        let mut client = self
            .client("mosquitto_pub")
            .args(["-t", topic, if payload.is_empty() { "-n" } else { "-s" }])
            .args(more)
            .stdin(Stdio::piped())
            .spawn()
            .expect("mosquitto_pub starts");
        client.stdin.take().expect("its input").write_all(payload).expect("it reads");
        assert!(client.wait().expect("it ends").success(), "the broker did not take it");
    }

    /// A device listens.
    pub fn listen(&self, filter: &str) -> Listener {
        let mut client = self
            .client("mosquitto_sub")
            .args(["-t", filter, "-t", "test/ready/#", "-F", "%t %p"])
            .stdout(Stdio::piped())
            .spawn()
            .expect("mosquitto_sub starts");
        let heard = Arc::new(Heard::default());
        let kept = Arc::clone(&heard);
        let lines = BufReader::new(client.stdout.take().expect("its output"));
        std::thread::spawn(move || {
            for line in lines.lines().map_while(Result::ok) {
                held(&kept.lines).push(line);
                kept.more.notify_all();
            }
        });
        let listener = Listener { client, heard };
        // It has subscribed when it hears what was kept.
        let ready = format!("test/ready/{}", listener.client.id());
        self.publish_retained(&ready, "1");
        listener.wait_for(&ready);
        self.publish_retained(&ready, "");
        listener
    }
}

#[derive(Default)]
struct Heard {
    lines: Mutex<Vec<String>>,
    more: Condvar,
}

fn held<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A device that listens; ends with the value.
pub struct Listener {
    client: Child,
    heard: Arc<Heard>,
}

impl Drop for Listener {
    fn drop(&mut self) {
        let _ = self.client.kill();
        let _ = self.client.wait();
    }
}

impl Listener {
    /// What came on a topic, in order.
    pub fn heard(&self, topic: &str) -> Vec<String> {
        let lines = held(&self.heard.lines);
        let ours = lines.iter().filter_map(|line| line.split_once(' '));
        ours.filter(|(known, _)| *known == topic).map(|(_, payload)| payload.to_owned()).collect()
    }

    /// Waits for a line, topic first, that contains these words.
    pub fn wait_for(&self, words: &str) {
        let lines = held(&self.heard.lines);
        let missing = |lines: &mut Vec<String>| !lines.iter().any(|line| line.contains(words));
        let waiting = self.heard.more.wait_timeout_while(lines, PATIENCE, missing);
        let (lines, timeout) = waiting.unwrap_or_else(PoisonError::into_inner);
        assert!(!timeout.timed_out(), "`{words}` was never heard: {lines:?}");
    }
}

#[derive(Default)]
struct Plan {
    /// For the next message on a topic.
    trouble: Vec<(String, Trouble)>,
    /// The next who comes is told that the password is wrong.
    locked: bool,
    /// The broker does not hear that its messages arrived.
    deaf: bool,
    streams: Vec<TcpStream>,
}

/// A line to the broker that can be cut, or fall silent.
pub struct Line {
    pub port: u16,
    plan: Arc<Mutex<Plan>>,
}

impl Line {
    pub fn to(broker: u16) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let plan = Arc::new(Mutex::new(Plan::default()));
        let shared = Arc::clone(&plan);
        std::thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                let plan = Arc::clone(&shared);
                std::thread::spawn(move || carry(client, broker, &plan));
            }
        });
        Self { port, plan }
    }

    pub fn prepare(&self, topic: &str, trouble: Trouble) {
        if matches!(trouble, Trouble::Expired) {
            held(&self.plan).locked = true;
            self.cut();
        } else {
            held(&self.plan).trouble.push((topic.to_owned(), trouble));
        }
    }

    pub fn is_met(&self, topic: &str) -> bool {
        !held(&self.plan).trouble.iter().any(|(known, _)| known == topic)
    }

    /// Lets the broker believe from now on that nothing arrives, so that it sends everything again.
    pub fn keep_acknowledgements(&self) {
        held(&self.plan).deaf = true;
    }

    pub fn cut(&self) {
        held(&self.plan).streams.drain(..).for_each(|stream| drop(stream.shutdown(Shutdown::Both)));
    }
}

/// The next packet as it is.
fn packet(from: &mut impl std::io::Read) -> Option<Vec<u8>> {
    let mut packet = vec![0; 1];
    from.read_exact(&mut packet).ok()?;
    let (mut length, mut shift) = (0usize, 0);
    loop {
        let mut byte = [0];
        from.read_exact(&mut byte).ok()?;
        packet.push(byte[0]);
        length |= usize::from(byte[0] & 0x7f) << shift;
        shift += 7;
        if byte[0] & 0x80 == 0 || shift > 21 {
            break;
        }
    }
    let head = packet.len();
    packet.resize(head + length, 0);
    from.read_exact(&mut packet[head..]).ok()?;
    Some(packet)
}

/// The topic of a message; `None` for other packets.
fn topic(packet: &[u8]) -> Option<String> {
    if packet.first()? >> 4 != 3 {
        return None;
    }
    let at = 1 + packet[1..].iter().take_while(|byte| **byte & 0x80 != 0).count() + 1;
    let length = usize::from(u16::from_be_bytes([*packet.get(at)?, *packet.get(at + 1)?]));
    String::from_utf8(packet.get(at + 2..at + 2 + length)?.to_vec()).ok()
}

fn carry(client: TcpStream, broker: u16, plan: &Mutex<Plan>) {
    let both = || Some((client.try_clone().ok()?, TcpStream::connect(("127.0.0.1", broker)).ok()?));
    let Some((mut down, mut up)) = both() else { return };
    let mut from = BufReader::new(client);
    let Some(hello) = packet(&mut from) else { return };
    if std::mem::take(&mut held(plan).locked) {
        let _ = down.write_all(&[0x20, 2, 0, 5]);
        return;
    }
    if up.write_all(&hello).is_err() {
        return;
    }
    held(plan).streams.extend([down.try_clone(), up.try_clone()].into_iter().flatten());
    let silent = Arc::new(Mutex::new(false));
    if let (Ok(answers), Ok(mut to)) = (up.try_clone(), down.try_clone()) {
        let silent = Arc::clone(&silent);
        std::thread::spawn(move || {
            let mut answers = BufReader::new(answers);
            while let Some(packet) = packet(&mut answers) {
                if !*held(&silent) && to.write_all(&packet).is_err() {
                    break;
                }
            }
            let _ = to.shutdown(Shutdown::Both);
        });
    }
    while let Some(packet) = packet(&mut from) {
        if *held(&silent) || (held(plan).deaf && packet[0] >> 4 == 4) {
            continue;
        }
        let topic = topic(&packet);
        let trouble = topic.and_then(|topic| {
            let mut plan = held(plan);
            let at = plan.trouble.iter().position(|(known, _)| *known == topic)?;
            Some(plan.trouble.remove(at).1)
        });
        match trouble {
            None => {}
            Some(Trouble::TakenAndCut) => {
                *held(&silent) = true;
                let _ = up.write_all(&packet);
                let _ = down.shutdown(Shutdown::Both);
                // The broker reads what came before the end.
                let _ = up.shutdown(Shutdown::Write);
                return;
            }
            Some(Trouble::TakenAndSilent) => *held(&silent) = true,
            Some(Trouble::Silent) => {
                *held(&silent) = true;
                continue;
            }
            Some(_) => break,
        }
        if up.write_all(&packet).is_err() {
            break;
        }
    }
    let _ = down.shutdown(Shutdown::Both);
    let _ = up.shutdown(Shutdown::Both);
}
