//! The server as a process: started, watched and stopped.

use std::{
    fs::{self, File},
    net::{Ipv4Addr, SocketAddr, TcpListener},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail};

use super::{connection::Connection, report::Report};

/// A server with a fresh folder and open registration. Killed and removed when dropped.
pub struct Running {
    child: Child,
    pub address: SocketAddr,
    pub folder: PathBuf,
    /// From its start to its first 200.
    pub took: Duration,
}

impl Running {
    pub async fn start(binary: &Path) -> Result<Self> {
        let folder = std::env::temp_dir().join(format!("unisono-bench-{}-{}", std::process::id(), free_port()?));
        fs::create_dir_all(&folder)?;
        Self::start_in(binary, folder).await
    }

    /// Starts it in a folder that may hold data already.
    pub async fn start_in(binary: &Path, folder: PathBuf) -> Result<Self> {
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, free_port()?));
        let config = folder.join("unisono.toml");
        fs::write(&config, "[outbound]\nallow = [\"127.0.0.0/8\"]\n")?;
        let log = File::create(folder.join("server.log"))?;
        let start = Instant::now();
        let child = Command::new(binary)
            .args(["serve", "--server-name", "bench.local", "--listen", &address.to_string(), "--config"])
            .arg(&config)
            .arg("--data-dir")
            .arg(folder.join("data"))
            .env("UNISONO_REGISTRATION", "open")
            .env("UNISONO_RATE_LIMITS", "false")
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log)
            .spawn()
            .with_context(|| format!("{} did not start", binary.display()))?;
        let mut server = Self { child, address, folder, took: Duration::ZERO };
        while !is_ready(address).await {
            if let Some(status) = server.child.try_wait()? {
                bail!("the server ended at once: {status}\n{}", server.log());
            }
            if start.elapsed() > Duration::from_secs(30) {
                bail!("the server was not ready after 30 seconds\n{}", server.log());
            }
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        server.took = start.elapsed();
        Ok(server)
    }

    /// Stops it and keeps the folder until the end of this program's use of it.
    pub async fn stop(mut self) -> Result<()> {
        self.end().await
    }

    /// Kills it without notice; gives its folder, for [`Self::start_in`].
    pub fn kill(mut self) -> Result<PathBuf> {
        self.child.kill()?;
        self.child.wait()?;
        Ok(std::mem::take(&mut self.folder))
    }

    /// Ends the process by SIGTERM and waits for it.
    async fn end(&mut self) -> Result<()> {
        Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status()?;
        let deadline = Instant::now() + Duration::from_secs(20);
        while self.child.try_wait()?.is_none() {
            if Instant::now() > deadline {
                bail!("the server is still there 20 seconds after SIGTERM\n{}", self.log());
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        Ok(())
    }

    /// Resident memory.
    pub fn resident_mib(&self) -> Result<f64> {
        kib(&format!("/proc/{}/status", self.child.id()), "VmRSS:")
    }

    /// Resident memory with pages shared by several processes divided among them.
    pub fn proportional_mib(&self) -> Result<f64> {
        kib(&format!("/proc/{}/smaps_rollup", self.child.id()), "Pss:")
    }

    /// Processor time so far, in seconds.
    pub fn cpu(&self) -> Result<f64> {
        cpu(&self.child.id().to_string())
    }

    fn log(&self) -> String {
        fs::read_to_string(self.folder.join("server.log")).unwrap_or_default()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // Both fail when it has ended already, which is what we want.
        _ = self.child.kill();
        _ = self.child.wait();
        _ = fs::remove_dir_all(&self.folder);
    }
}

/// How long a start takes: the first one, which makes the database, and later ones.
pub async fn start_up(binary: &Path, report: &mut Report) -> Result<()> {
    let mut server = Running::start(binary).await?;
    report.add("start, first", server.took.as_secs_f64() * 1000.0, "ms", false);
    let mut later = Vec::new();
    for _ in 0..5 {
        server.end().await?;
        let next = Running::start_in(binary, server.folder.clone()).await?;
        // The folder now belongs to the new one.
        server.folder = PathBuf::new();
        later.push(next.took);
        server = next;
    }
    later.sort();
    report.add("start, later, median of 5", later[later.len() / 2].as_secs_f64() * 1000.0, "ms", false);
    server.stop().await
}

/// Our own processor time so far, in seconds.
pub fn own_cpu() -> Result<f64> {
    cpu("self")
}

/// `utime` and `stime` of proc(5), whose unit is a hundredth of a second on every Linux we know.
fn cpu(process: &str) -> Result<f64> {
    let stat = fs::read_to_string(format!("/proc/{process}/stat"))?;
    let after_name = stat.rsplit(')').next().context("a strange /proc/PID/stat")?;
    let fields: Vec<&str> = after_name.split_whitespace().collect();
    let ticks =
        |at: usize| fields.get(at).and_then(|field| field.parse::<f64>().ok()).context("a strange /proc/PID/stat");
    Ok((ticks(11)? + ticks(12)?) / 100.0)
}

fn kib(file: &str, key: &str) -> Result<f64> {
    let text = fs::read_to_string(file)?;
    let line = text.lines().find_map(|line| line.strip_prefix(key)).with_context(|| format!("{file} has no {key}"))?;
    let number: f64 = line.split_whitespace().next().context("no number")?.parse()?;
    Ok(number / 1024.0)
}

async fn is_ready(address: SocketAddr) -> bool {
    let Ok(mut connection) = Connection::open(address, "").await else { return false };
    connection.ask("GET", "/healthz", "").await.is_ok_and(|answer| answer.status == 200)
}

/// A port that is free at the moment.
pub fn free_port() -> Result<u16> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port())
}
