//! What is measured, in which order, and what is done with the figures.

use std::{path::PathBuf, time::Duration};

use anyhow::{Context, Result, bail};

use super::{
    import, latency,
    process::{self, Running},
    report::Report,
    throughput, webhooks,
};
use crate::checkout::target_dir;

const USAGE: &str = "\
cargo xtask bench [--only NAME,NAME] [--seconds N] [--label TEXT] [--binary FILE]
    names: start, memory, messages, latency, import, webhooks; N seconds for each load (default 10)
    The figures go to target/bench/LABEL.json and to the screen.
cargo xtask bench --compare A.json B.json
";

/// Numbers of clients that send at the same time.
const CLIENTS: [usize; 3] = [1, 16, 64];
/// Numbers of conversations that a vendor's calls are spread over.
const CONVERSATIONS: [u64; 2] = [1, 500];
/// Messages a second for the measurement of latency.
const RATE: u32 = 200;

struct Options {
    only: Vec<String>,
    load: Duration,
    label: String,
    binary: PathBuf,
}

pub fn run(args: &[String]) -> Result<()> {
    if let [flag, before, after] = args
        && flag == "--compare"
    {
        print!("{}", Report::read(before)?.compare(&Report::read(after)?));
        return Ok(());
    }
    let Some(options) = options(args)? else {
        print!("{USAGE}");
        return Ok(());
    };
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    let report = runtime.block_on(measure(&options))?;
    let file = target_dir().join("bench").join(format!("{}.json", options.label));
    report.write(&file)?;
    print!("\n{}\nThe figures are in {}\n", report.table(), file.display());
    Ok(())
}

async fn measure(options: &Options) -> Result<Report> {
    let wanted = |name: &str| options.only.is_empty() || options.only.iter().any(|one| one == name);
    let mut report = Report::new(&options.label);
    if wanted("start") {
        process::start_up(&options.binary, &mut report).await?;
    }
    if wanted("memory") {
        let server = Running::start(&options.binary).await?;
        tokio::time::sleep(Duration::from_secs(3)).await;
        report.add("memory idle, resident", server.resident_mib()?, "MiB", false);
        report.add("memory idle, proportional", server.proportional_mib()?, "MiB", false);
        server.stop().await?;
    }
    if wanted("messages") {
        for clients in CLIENTS {
            let server = Running::start(&options.binary).await?;
            throughput::measure(&server, clients, options.load, &mut report).await?;
            server.stop().await?;
        }
    }
    if wanted("latency") {
        let server = Running::start(&options.binary).await?;
        latency::measure(&server, RATE, options.load, &mut report).await?;
        report.add("memory after the load, resident", server.resident_mib()?, "MiB", false);
        server.stop().await?;
    }
    if wanted("import") {
        import::measure(&options.binary, &mut report).await?;
    }
    if wanted("webhooks") {
        for conversations in CONVERSATIONS {
            webhooks::measure(&options.binary, conversations, options.load, &mut report).await?;
        }
    }
    Ok(report)
}

fn options(args: &[String]) -> Result<Option<Options>> {
    let mut options = Options {
        only: Vec::new(),
        load: Duration::from_secs(10),
        label: "latest".to_owned(),
        binary: target_dir().join("release/unisono"),
    };
    let mut rest = args.iter();
    while let Some(flag) = rest.next() {
        if flag == "--help" {
            return Ok(None);
        }
        let value = rest.next().with_context(|| format!("{flag} needs a value\n{USAGE}"))?;
        match flag.as_str() {
            "--only" => options.only = value.split(',').map(str::to_owned).collect(),
            "--seconds" => options.load = Duration::from_secs(value.parse()?),
            "--label" => options.label.clone_from(value),
            "--binary" => options.binary = value.into(),
            other => bail!("`bench` does not know {other}\n{USAGE}"),
        }
    }
    Ok(Some(options))
}
