//! A server of our own for a test or a measurement: fresh folder, free port, gone afterwards.

use std::{
    fs::{self, File},
    io::{Read as _, Write as _},
    net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail};

/// A running server. Killed when dropped, unless stopped before.
pub struct Served {
    child: Child,
    address: SocketAddr,
    folder: PathBuf,
}

impl Served {
    /// Starts the binary with open registration, and waits until it is ready. Rate limits would slow
    /// down tests that are not about them.
    pub fn start(binary: &Path, rate_limits: bool) -> Result<Self> {
        let address = free_address()?;
        let folder = std::env::temp_dir().join(format!("unisono-{}-{}", std::process::id(), address.port()));
        fs::create_dir_all(&folder)?;
        let log = File::create(folder.join("server.log"))?;
        let child = Command::new(binary)
            .arg("serve")
            .args(["--server-name", "test.localhost", "--listen", &address.to_string(), "--data-dir"])
            .arg(folder.join("data"))
            .env("UNISONO_REGISTRATION", "open")
            .env("UNISONO_RATE_LIMITS", rate_limits.to_string())
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log)
            .spawn()
            .with_context(|| format!("{} did not start", binary.display()))?;
        let mut server = Self { child, address, folder };
        server.wait_until_ready()?;
        Ok(server)
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The last lines that the server wrote.
    pub fn log_tail(&self) -> String {
        let log = fs::read_to_string(self.folder.join("server.log")).unwrap_or_default();
        let lines: Vec<&str> = log.lines().collect();
        lines[lines.len().saturating_sub(40)..].join("\n")
    }

    /// Ends it by SIGTERM, as a service manager would, and fails if it does not end cleanly.
    pub fn stop(mut self) -> Result<()> {
        let id = self.child.id().to_string();
        Command::new("kill").args(["-TERM", &id]).status().context("cannot stop the server")?;
        let deadline = Instant::now() + Duration::from_secs(20);
        loop {
            if let Some(status) = self.child.try_wait()? {
                if !status.success() {
                    bail!("the server did not end cleanly on SIGTERM: {status}\n{}", self.log_tail());
                }
                return Ok(());
            }
            if Instant::now() > deadline {
                bail!("the server is still there 20 seconds after SIGTERM\n{}", self.log_tail());
            }
            pause();
        }
    }

    fn wait_until_ready(&mut self) -> Result<()> {
        let deadline = Instant::now() + Duration::from_secs(30);
        while !is_ready(self.address) {
            if let Some(status) = self.child.try_wait()? {
                bail!("the server ended at once: {status}\n{}", self.log_tail());
            }
            if Instant::now() > deadline {
                bail!("the server was not ready after 30 seconds\n{}", self.log_tail());
            }
            pause();
        }
        Ok(())
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        // Both fail when it has ended already, which is what we want.
        _ = self.child.kill();
        _ = self.child.wait();
        _ = fs::remove_dir_all(&self.folder);
    }
}

/// Whether `/healthz` answers 200.
fn is_ready(address: SocketAddr) -> bool {
    let ask = || -> std::io::Result<String> {
        let mut stream = TcpStream::connect_timeout(&address, Duration::from_secs(1))?;
        stream.set_read_timeout(Some(Duration::from_secs(2)))?;
        write!(stream, "GET /healthz HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n")?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        Ok(answer)
    };
    ask().is_ok_and(|answer| answer.starts_with("HTTP/1.1 200"))
}

fn free_address() -> Result<SocketAddr> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).context("no free port")?;
    Ok(listener.local_addr()?)
}

#[expect(clippy::disallowed_methods, reason = "another process has no event that we could wait for")]
fn pause() {
    std::thread::sleep(Duration::from_millis(10));
}
