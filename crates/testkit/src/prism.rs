//! A vendor's published interface description as a server that checks every request against it
//! (`@stoplight/prism-cli`, installed by `cargo xtask test` into `tests/contracts`).

use std::{
    net::TcpListener,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

/// Large descriptions take their time, the more so beside a build.
const START_WITHIN: Duration = Duration::from_secs(120);

/// A running mock server; ends with the value.
pub struct Prism {
    child: Child,
    port: u16,
}

impl Drop for Prism {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// A file of the vendors' descriptions, which lie beside the project (`../shared/specs`). `None`, and
/// said so, where they are not.
pub fn spec(file: &str) -> Option<PathBuf> {
    let path = workspace().join("../shared/specs").join(file);
    if path.exists() {
        return Some(path);
    }
    eprintln!("skipped: {file} is not here (../shared/specs)");
    None
}

impl Prism {
    /// Serves a description. `None`, and said so, where the description or Prism is missing.
    pub fn start(file: &str) -> Option<Self> {
        let spec = spec(file)?;
        let prism = workspace().join("tests/contracts/node_modules/.bin/prism");
        if !prism.exists() {
            eprintln!("skipped: Prism is not installed (cargo xtask test installs it into tests/contracts)");
            return None;
        }
        let port = TcpListener::bind(("127.0.0.1", 0)).ok()?.local_addr().ok()?.port();
        let child = Command::new(prism)
            .args(["mock", "--errors", "-h", "127.0.0.1", "-p", &port.to_string()])
            .arg(spec)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .ok()?;
        let mut prism = Self { child, port };
        let began = Instant::now();
        while std::net::TcpStream::connect(("127.0.0.1", port)).is_err() {
            let ended = prism.child.try_wait().ok().flatten();
            assert!(ended.is_none(), "Prism ended while it started: {ended:?}");
            assert!(began.elapsed() < START_WITHIN, "Prism did not start");
            std::thread::sleep(Duration::from_millis(100));
        }
        Some(prism)
    }

    /// `http://127.0.0.1:PORT`
    pub fn base(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }
}
