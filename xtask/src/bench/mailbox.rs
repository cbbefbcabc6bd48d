//! A Dovecot of our own on a free port, with a mailbox full of mails of mixed kinds.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail};
use tokio::{
    io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufStream},
    net::{TcpListener, TcpStream},
};

use super::process::free_port;
use crate::checkout::{output, run};

pub const ADDRESS: &str = "anna@bench.example";
pub const PASSWORD: &str = "secret";

/// A running IMAP server. Killed when dropped.
pub struct Mailbox {
    child: Child,
    folder: PathBuf,
    pub port: u16,
    /// Where a server listens that takes any login and no mail.
    pub smtp_port: u16,
}

impl Mailbox {
    /// Starts it with so many mails in the inbox. `now` is in seconds since 1970: the mails are
    /// spread over the hours before it.
    pub async fn start(mails: usize, now: u64) -> Result<Self> {
        let port = free_port()?;
        let folder = std::env::temp_dir().join(format!("unisono-mail-{}-{port}", std::process::id()));
        fill(&folder.join("mail"), mails, now)?;
        let config = folder.join("dovecot.conf");
        fs::write(&config, dovecot_conf(&folder, port)?)?;
        let child = Command::new("dovecot")
            .args(["-F", "-c"])
            .arg(&config)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .context("dovecot did not start; `cargo xtask test --only packages` installs it")?;
        let mut mailbox = Self { child, folder, port, smtp_port: submission().await? };
        let deadline = Instant::now() + Duration::from_secs(10);
        while TcpStream::connect(("127.0.0.1", port)).await.is_err() {
            if mailbox.child.try_wait()?.is_some() || Instant::now() > deadline {
                let log = fs::read_to_string(mailbox.folder.join("dovecot.log")).unwrap_or_default();
                bail!("dovecot did not come up\n{log}");
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        Ok(mailbox)
    }
}

impl Drop for Mailbox {
    fn drop(&mut self) {
        // Its children end when the master is told to, not when it is killed.
        _ = Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status();
        _ = self.child.wait();
        _ = fs::remove_dir_all(&self.folder);
    }
}

/// As much of a submission server as adding a mailbox asks for.
async fn submission() -> Result<u16> {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
    let port = listener.local_addr()?.port();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            // A cut connection is the client's business.
            tokio::spawn(async move { _ = talk(stream).await });
        }
    });
    Ok(port)
}

async fn talk(stream: TcpStream) -> std::io::Result<()> {
    let mut stream = BufStream::new(stream);
    let mut answer = "220 bench.example ESMTP\r\n";
    let mut line = String::new();
    loop {
        stream.write_all(answer.as_bytes()).await?;
        stream.flush().await?;
        line.clear();
        if stream.read_line(&mut line).await? == 0 {
            return Ok(());
        }
        let word = line.split_whitespace().next().unwrap_or_default().to_ascii_uppercase();
        answer = match word.as_str() {
            "EHLO" => "250-bench.example\r\n250-8BITMIME\r\n250 AUTH PLAIN LOGIN\r\n",
            "AUTH" if line.trim().ends_with("LOGIN") => "334 VXNlcm5hbWU6\r\n",
            "AUTH" => "235 2.7.0 welcome\r\n",
            "QUIT" | "NOOP" | "RSET" => "250 2.0.0 fine\r\n",
            _ => "550 5.7.1 this server takes no mail\r\n",
        };
    }
}

/// Dovecot started by root keeps its own users and serves the mails as `mail`; started by anybody
/// else, it does everything as that person.
fn dovecot_conf(folder: &Path, port: u16) -> Result<String> {
    let at = folder.display();
    let name = |flag: &str| output(Command::new("id").arg(flag)).unwrap_or_default().trim().to_owned();
    let (user, group) = (name("-un"), name("-gn"));
    let (owner, users) = if user == "root" {
        run(Command::new("chown").args(["-R", "mail:mail"]).arg(folder))?;
        ("uid=mail gid=mail".to_owned(), String::new())
    } else {
        let users = format!(
            "default_internal_user = {user}\ndefault_login_user = {user}\ndefault_internal_group = {group}\n\
             service imap-login {{\n chroot =\n}}\nservice anvil {{\n chroot =\n}}\nservice stats {{\n chroot =\n}}\n"
        );
        (format!("uid={user} gid={group}"), users)
    };
    Ok(format!(
        "protocols = imap\nlisten = 127.0.0.1\nbase_dir = {at}/run\nstate_dir = {at}/state\nlog_path = {at}/dovecot.log\n\
         ssl = no\ndisable_plaintext_auth = no\nauth_mechanisms = plain login\nfirst_valid_uid = 1\nfirst_valid_gid = 1\n\
         mail_location = maildir:{at}/mail\nmail_fsync = never\n{users}\
         passdb {{\n driver = static\n args = password={PASSWORD}\n}}\n\
         userdb {{\n driver = static\n args = {owner} home={at}\n}}\n\
         service imap-login {{\n inet_listener imap {{\n port = {port}\n }}\n inet_listener imaps {{\n port = 0\n }}\n}}\n\
         namespace inbox {{\n inbox = yes\n mailbox Sent {{\n special_use = \\Sent\n auto = create\n }}\n}}\n",
    ))
}

fn fill(maildir: &Path, mails: usize, now: u64) -> Result<()> {
    for part in ["cur", "new", "tmp"] {
        fs::create_dir_all(maildir.join(part))?;
    }
    for number in 0..mails {
        let at = now - (mails - number) as u64 * 300;
        fs::write(maildir.join("new").join(format!("{at}.{number}.bench")), mail(number, at))?;
    }
    Ok(())
}

/// Mails as they come: short ones, newsletters in HTML, Latin-1, some with a file; a third are replies.
fn mail(number: usize, at: u64) -> Vec<u8> {
    let sender = number % 40;
    let thread = number - number % 3;
    let mut head = format!(
        "From: Person {sender} <person{sender}@example.org>\r\nTo: Anna <{ADDRESS}>\r\nSubject: About {thread}\r\n\
         Message-ID: <m{number}@example.org>\r\nDate: {}\r\nMIME-Version: 1.0\r\n",
        date(at)
    );
    if number != thread {
        head += &format!("In-Reply-To: <m{thread}@example.org>\r\nReferences: <m{thread}@example.org>\r\n");
    }
    let text = "Hello Anna,\r\nthis is a mail of common length, with a few lines of text.\r\n\r\n".repeat(4);
    match number % 10 {
        0 => {
            let file = "QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVphYmNkZWZnaGlqa2xtbm9wcXJzdHV2d3h5\r\n".repeat(700);
            format!(
                "{head}Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n\
                 {text}\r\n--b\r\nContent-Type: application/pdf; name=offer.pdf\r\nContent-Disposition: attachment; \
                 filename=offer.pdf\r\nContent-Transfer-Encoding: base64\r\n\r\n{file}\r\n--b--\r\n"
            )
            .into_bytes()
        }
        1..=3 => {
            let html = "<table><tr><td style=\"color:#333\"><p>Our <b>news</b> of the week</p></td></tr></table>\r\n"
                .repeat(80);
            format!(
                "{head}Content-Type: multipart/alternative; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n\
                 {text}\r\n--b\r\nContent-Type: text/html; charset=utf-8\r\n\r\n<html><body>{html}</body></html>\r\n--b--\r\n"
            )
            .into_bytes()
        }
        4 => {
            let head = format!(
                "{head}Content-Type: text/plain; charset=iso-8859-1\r\nContent-Transfer-Encoding: 8bit\r\n\r\n"
            );
            [head.as_bytes(), b"Gr\xfc\xdfe aus M\xfcnchen\r\n", text.as_bytes()].concat()
        }
        _ => format!("{head}Content-Type: text/plain; charset=utf-8\r\n\r\n{text}").into_bytes(),
    }
}

/// RFC 5322 date of seconds since 1970, in UTC.
fn date(at: u64) -> String {
    let (days, seconds) = (at / 86_400, at % 86_400);
    // Howard Hinnant's `civil_from_days`, for days after 1970.
    let z = days + 719_468;
    let era = z / 146_097;
    let doe = z % 146_097;
    let yoe = (doe - doe / 1460 + doe / 36_524 - doe / 146_096) / 365;
    let doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    let mp = (5 * doy + 2) / 153;
    let day = doy - (153 * mp + 2) / 5 + 1;
    let month = if mp < 10 { mp + 3 } else { mp - 9 };
    let year = yoe + era * 400 + u64::from(month <= 2);
    let names = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let name = names.get(usize::try_from(month).unwrap_or(1) - 1).copied().unwrap_or("Jan");
    format!("{day} {name} {year} {:02}:{:02}:{:02} +0000", seconds / 3600, seconds / 60 % 60, seconds % 60)
}

#[cfg(test)]
mod tests {
    use super::{date, mail};

    #[test]
    fn a_date_is_written_as_mails_write_it() {
        assert_eq!(date(0), "1 Jan 1970 00:00:00 +0000");
        assert_eq!(date(1_709_210_096), "29 Feb 2024 12:34:56 +0000");
    }

    #[test]
    fn the_second_mail_of_three_answers_the_first() {
        let text = String::from_utf8(mail(7, 0)).unwrap();
        assert!(text.contains("In-Reply-To: <m6@example.org>"));
        assert!(!String::from_utf8(mail(6, 0)).unwrap().contains("In-Reply-To"));
    }
}
