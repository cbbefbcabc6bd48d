//! The web app is embedded at compile time. A server without it must compile too, for those who only
//! work on the server and for `cargo check` in a fresh clone.

use std::{env, fs, path::Path};

fn main() {
    let crate_folder = env::var("CARGO_MANIFEST_DIR").unwrap_or_default();
    let app = Path::new(&crate_folder).join("../../web/dist");
    if let Err(error) = fs::create_dir_all(&app) {
        println!("cargo::warning=cannot make {}: {error}", app.display());
    }
    println!("cargo::rerun-if-changed={}", app.display());
}
