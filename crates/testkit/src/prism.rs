//! A vendor's published interface description as a server that checks every request against it
//! (`@stoplight/prism-cli`, installed by `cargo xtask test` into `tests/contracts`).

use std::{
    io::{BufRead as _, BufReader},
    net::TcpListener,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::Duration,
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
        Self::serve(&spec(file)?)
    }

    /// Serves a description from anywhere, for one that had to be mended.
    pub fn serve(spec: &Path) -> Option<Self> {
        let prism = workspace().join("tests/contracts/node_modules/.bin/prism");
        if !prism.exists() {
            eprintln!("skipped: Prism is not installed (cargo xtask test installs it into tests/contracts)");
            return None;
        }
        let port = TcpListener::bind(("127.0.0.1", 0)).ok()?.local_addr().ok()?.port();
        let mut child = Command::new(prism)
            .args(["mock", "--errors", "-h", "127.0.0.1", "-p", &port.to_string()])
            .arg(spec)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .ok()?;
        let words = child.stdout.take()?;
        let prism = Self { child, port };
        let (ready, is_ready) = std::sync::mpsc::channel();
        std::thread::spawn(move || {
            // Read to the end, or Prism would stop at a full pipe.
            for line in BufReader::new(words).lines().map_while(Result::ok) {
                if line.contains("is listening") {
                    let _ = ready.send(());
                }
            }
        });
        let started = is_ready.recv_timeout(START_WITHIN);
        assert!(started.is_ok(), "Prism did not start with {}", spec.display());
        Some(prism)
    }

    /// `http://127.0.0.1:PORT`
    pub fn base(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }
}
