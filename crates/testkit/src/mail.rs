//! A real mail server for tests: Dovecot (IMAP, LMTP, SASL) and Postfix (submission) as processes of
//! our own, on free ports, with virtual users and a self-signed certificate in a temporary folder.

mod config;
mod maildir;
mod sink;

use std::{
    fs,
    io::{self, BufRead, BufReader, Write},
    net::{TcpListener, TcpStream},
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use tempfile::TempDir;

pub use self::{
    config::certificate,
    sink::{Script, SmtpSink},
};

const DOVECOT: &str = "/usr/sbin/dovecot";
const POSTFIX: &str = "/usr/sbin/postfix";
const START: Duration = Duration::from_secs(30);

/// The server. Stopped and deleted when dropped.
pub struct MailServer {
    folder: TempDir,
    pub imap_port: u16,
    pub imaps_port: u16,
    /// Submission with STARTTLS.
    pub smtp_port: u16,
    /// Submission with TLS from the start.
    pub smtps_port: u16,
    dovecot: Option<Child>,
    postfix: Option<Child>,
}

impl MailServer {
    /// Starts both for users given as (address, password). `None`, with a word on why, where the
    /// programs are not installed or may not be run.
    pub fn start(users: &[(&str, &str)]) -> Option<Self> {
        if !Path::new(DOVECOT).exists() || !Path::new(POSTFIX).exists() {
            println!("skipped: dovecot-imapd, dovecot-lmtpd and postfix are not installed");
            return None;
        }
        let folder = tempfile::Builder::new().prefix("unisono-mail-").tempdir().ok()?;
        if std::os::unix::fs::chown(folder.path(), Some(0), Some(0)).is_err() {
            println!("skipped: the mail servers need to be started as root");
            return None;
        }
        let ports = free_ports(4).ok()?;
        let mut server = Self {
            folder,
            imap_port: ports[0],
            imaps_port: ports[1],
            smtp_port: ports[2],
            smtps_port: ports[3],
            dovecot: None,
            postfix: None,
        };
        match server.prepare(users).and_then(|()| server.resume()) {
            Ok(()) => Some(server),
            Err(error) => panic!("the mail server does not start: {error}\n{}", server.logs()),
        }
    }

    fn prepare(&self, users: &[(&str, &str)]) -> io::Result<()> {
        let root = self.path("");
        fs::set_permissions(&root, fs::Permissions::from_mode(0o755))?;
        for name in ["dovecot", "postfix", "queue", "data", "mail", "run"] {
            fs::create_dir_all(self.path(name))?;
        }
        certificate(&root)?;
        config::dovecot(&root, users, self.imap_port, self.imaps_port)?;
        config::postfix(&root, users, self.smtp_port, self.smtps_port)?;
        for (address, _) in users {
            maildir::create(&self.maildir(address, "INBOX"))?;
        }
        Ok(())
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn maildir(&self, address: &str, folder: &str) -> PathBuf {
        let (user, domain) = address.split_once('@').unwrap_or((address, "local"));
        let home = self.path("mail").join(domain).join(user).join("Maildir");
        if folder == "INBOX" { home } else { home.join(format!(".{folder}")) }
    }

    /// The certificate of the server, which is its own authority.
    pub fn certificate(&self) -> PathBuf {
        self.path("cert.pem")
    }

    /// Starts what [`Self::stop`] ended.
    pub fn resume(&mut self) -> io::Result<()> {
        let log = fs::OpenOptions::new().create(true).append(true).open(self.path("processes.log"))?;
        let quiet = || log.try_clone().map(Stdio::from);
        self.dovecot = Some(
            Command::new(DOVECOT)
                .args(["-F", "-c"])
                .arg(self.path("dovecot/dovecot.conf"))
                .stdin(Stdio::null())
                .stdout(quiet()?)
                .stderr(quiet()?)
                .spawn()?,
        );
        self.postfix = Some(
            Command::new(POSTFIX)
                .arg("-c")
                .arg(self.path("postfix"))
                .arg("start-fg")
                .stdin(Stdio::null())
                .stdout(quiet()?)
                .stderr(quiet()?)
                .spawn()?,
        );
        for (port, greeting) in [(self.imap_port, "* OK"), (self.smtp_port, "220")] {
            wait_for(port, greeting)?;
        }
        Ok(())
    }

    /// Ends both, as if the machine were away.
    pub fn stop(&mut self) {
        if self.postfix.is_some() {
            let _ = Command::new(POSTFIX).arg("-c").arg(self.path("postfix")).arg("stop").output();
        }
        for child in [self.postfix.take(), self.dovecot.take()].into_iter().flatten() {
            end(child);
        }
    }

    /// Puts a mail into a folder, as if it had lain there since `received` (seconds since 1970).
    pub fn append(&self, address: &str, folder: &str, raw: &[u8], received: u64, seen: bool) {
        let path = self.maildir(address, folder);
        maildir::create(&path).and_then(|()| maildir::append(&path, raw, received, seen)).unwrap_or_else(|error| {
            panic!("a mail could not be put into {}: {error}", path.display());
        });
    }

    /// All mails of a folder with whether they were read, in the order of arrival.
    pub fn mails(&self, address: &str, folder: &str) -> Vec<(Vec<u8>, bool)> {
        maildir::read(&self.maildir(address, folder))
    }

    /// Sets or clears the mark of a mail that contains these words, by a second mail program.
    pub fn set_seen(&self, address: &str, password: &str, words: &str, seen: bool) {
        let change = if seen { "+FLAGS" } else { "-FLAGS" };
        let commands =
            [format!("LOGIN {address} {password}"), "SELECT INBOX".to_owned(), format!("SEARCH TEXT \"{words}\"")];
        let mut session = Lines::connect(self.imap_port).unwrap_or_else(|error| panic!("IMAP: {error}"));
        let mut found = String::new();
        for command in commands {
            found = session.imap(&command);
        }
        let number = found
            .lines()
            .find_map(|line| line.strip_prefix("* SEARCH"))
            .and_then(|rest| rest.split_whitespace().next())
            .unwrap_or_else(|| panic!("no mail contains `{words}`"))
            .to_owned();
        session.imap(&format!("STORE {number} {change} (\\Seen)"));
        session.imap("LOGOUT");
    }

    /// Runs any IMAP commands as a user and gives the answers.
    pub fn imap(&self, address: &str, password: &str, commands: &[&str]) -> Vec<String> {
        let mut session = Lines::connect(self.imap_port).unwrap_or_else(|error| panic!("IMAP: {error}"));
        session.imap(&format!("LOGIN {address} {password}"));
        commands.iter().map(|command| session.imap(command)).collect()
    }

    /// Delivers a mail from outside by SMTP, through Postfix and LMTP.
    pub fn deliver(&self, from: &str, to: &str, raw: &[u8]) {
        let mut session = Lines::connect(self.smtp_port).unwrap_or_else(|error| panic!("SMTP: {error}"));
        for command in [
            "EHLO outside.test".to_owned(),
            format!("MAIL FROM:<{from}>"),
            format!("RCPT TO:<{to}>"),
            "DATA".to_owned(),
        ] {
            session.smtp(&command);
        }
        let mut body = Vec::with_capacity(raw.len() + 64);
        for line in raw.split_inclusive(|byte| *byte == b'\n') {
            if line.starts_with(b".") {
                body.push(b'.');
            }
            body.extend_from_slice(
                line.strip_suffix(b"\n").map_or(line, |line| line.strip_suffix(b"\r").unwrap_or(line)),
            );
            body.extend_from_slice(b"\r\n");
        }
        body.extend_from_slice(b".");
        session.smtp_bytes(&body);
        session.smtp("QUIT");
    }

    /// Makes the server number a user's mails anew, as after its index was lost. Only while stopped.
    pub fn renumber(&self, address: &str) {
        // The highest UIDVALIDITY so far stays known in another file, so the next one is another.
        for entry in fs::read_dir(self.maildir(address, "INBOX")).into_iter().flatten().flatten() {
            let name = entry.file_name().to_string_lossy().into_owned();
            if name.starts_with("dovecot.index") || name == "dovecot-uidlist" {
                let _ = fs::remove_file(entry.path());
            }
        }
    }

    /// What the servers logged, for the message of a failing test.
    pub fn logs(&self) -> String {
        ["dovecot.log", "postfix.log", "processes.log"]
            .iter()
            .map(|name| fs::read_to_string(self.path(name)).unwrap_or_default())
            .collect::<Vec<_>>()
            .join("\n")
    }
}

impl Drop for MailServer {
    fn drop(&mut self) {
        self.stop();
    }
}

/// Asks a process to end, and makes it.
fn end(mut child: Child) {
    let _ = Command::new("kill").arg(child.id().to_string()).output();
    let deadline = Instant::now() + Duration::from_secs(5);
    while Instant::now() < deadline {
        if !matches!(child.try_wait(), Ok(None)) {
            return;
        }
        std::thread::yield_now();
    }
    let _ = child.kill();
    let _ = child.wait();
}

pub(crate) fn free_ports(count: usize) -> io::Result<Vec<u16>> {
    let listeners = (0..count).map(|_| TcpListener::bind(("127.0.0.1", 0))).collect::<io::Result<Vec<_>>>()?;
    listeners.iter().map(|listener| Ok(listener.local_addr()?.port())).collect()
}

fn wait_for(port: u16, greeting: &str) -> io::Result<()> {
    let deadline = Instant::now() + START;
    loop {
        if let Ok(session) = Lines::connect(port)
            && session.greeting.starts_with(greeting)
        {
            return Ok(());
        }
        if Instant::now() > deadline {
            return Err(io::Error::other(format!("nothing answers on port {port}")));
        }
        std::thread::yield_now();
    }
}

/// A conversation in lines.
struct Lines {
    reader: BufReader<TcpStream>,
    greeting: String,
    count: u32,
}

impl Lines {
    fn connect(port: u16) -> io::Result<Self> {
        let stream = TcpStream::connect(("127.0.0.1", port))?;
        stream.set_read_timeout(Some(Duration::from_secs(30)))?;
        let mut reader = BufReader::new(stream);
        let mut greeting = String::new();
        reader.read_line(&mut greeting)?;
        Ok(Self { reader, greeting, count: 0 })
    }

    fn line(&mut self) -> String {
        let mut line = Vec::new();
        let count = self.reader.read_until(b'\n', &mut line).unwrap_or_else(|error| panic!("mail server: {error}"));
        assert!(count > 0, "the mail server hung up");
        String::from_utf8_lossy(&line).into_owned()
    }

    fn imap(&mut self, command: &str) -> String {
        self.count += 1;
        let tag = format!("t{} ", self.count);
        self.write(format!("{tag}{command}\r\n").as_bytes());
        let mut answer = String::new();
        loop {
            let line = self.line();
            answer.push_str(&line);
            if line.starts_with(&tag) {
                assert!(line.contains(" OK"), "{command}: {line}");
                return answer;
            }
        }
    }

    fn smtp(&mut self, command: &str) {
        self.smtp_bytes(command.as_bytes());
    }

    fn smtp_bytes(&mut self, command: &[u8]) {
        self.write(command);
        self.write(b"\r\n");
        loop {
            let line = self.line();
            assert!(line.starts_with(['2', '3']), "SMTP: {line}");
            if line.as_bytes().get(3) != Some(&b'-') {
                return;
            }
        }
    }

    fn write(&mut self, bytes: &[u8]) {
        self.reader.get_mut().write_all(bytes).unwrap_or_else(|error| panic!("mail server: {error}"));
    }
}
