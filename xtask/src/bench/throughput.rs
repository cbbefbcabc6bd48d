//! Durable messages a second: each client sends, waits for the answer, and sends again.

use std::time::{Duration, Instant};

use anyhow::Result;
use hdrhistogram::Histogram;
use tokio::task::JoinSet;

use super::{
    connection::Connection,
    people,
    process::{self, Running},
    report::Report,
};

/// So many clients share a room, as in a lively group.
const PER_ROOM: usize = 4;
const WARM_UP: Duration = Duration::from_secs(1);

pub async fn measure(server: &Running, clients: usize, load: Duration, report: &mut Report) -> Result<()> {
    let clients = prepare(server, clients).await?;
    let count = clients.len();
    println!("messages: {count} clients, {} s", load.as_secs());
    let start = Instant::now();
    let counted = (start + WARM_UP, start + WARM_UP + load);
    let mut senders = JoinSet::new();
    for (number, (connection, room)) in clients.into_iter().enumerate() {
        senders.spawn(send(connection, room, number, counted));
    }
    tokio::time::sleep(WARM_UP).await;
    let (server_before, ours_before) = (server.cpu()?, process::own_cpu()?);
    tokio::time::sleep(load).await;
    let (server_used, ours_used) = (server.cpu()? - server_before, process::own_cpu()? - ours_before);
    let mut took = histogram()?;
    while let Some(sent) = senders.join_next().await {
        took.add(sent??)?;
    }
    let sent = took.len() as f64;
    let name = |what: &str| format!("messages, {count} clients, {what}");
    report.add(&name("durable"), sent / load.as_secs_f64(), "/s", true);
    report.add(&name("answer p50"), milliseconds(took.value_at_quantile(0.5)), "ms", false);
    report.add(&name("answer p99"), milliseconds(took.value_at_quantile(0.99)), "ms", false);
    report.add(&name("server processor time each"), server_used * 1e6 / sent.max(1.0), "µs", false);
    report.add(&name("load tool's processor time each"), ours_used * 1e6 / sent.max(1.0), "µs", false);
    Ok(())
}

async fn prepare(server: &Running, count: usize) -> Result<Vec<(Connection, String)>> {
    let mut clients = Vec::new();
    let mut room = String::new();
    for number in 0..count {
        let mut person = people::register(server.address, &format!("client{number}")).await?;
        if number % PER_ROOM == 0 {
            room = people::create_room(&mut person).await?;
        } else {
            people::join(&mut person, &room).await?;
        }
        clients.push((person, room.clone()));
    }
    Ok(clients)
}

/// Sends until the end; gives how long the answers took that came in the counted time.
async fn send(
    mut connection: Connection,
    room: String,
    number: usize,
    counted: (Instant, Instant),
) -> Result<Histogram<u64>> {
    let mut took = histogram()?;
    for message in 0.. {
        let path = people::send_path(&room, &format!("{number}-{message}"));
        let body = format!(r#"{{"msgtype":"m.text","body":"message {message} of client {number}, of common length"}}"#);
        let start = Instant::now();
        if start > counted.1 {
            break;
        }
        let answer = connection.ask("PUT", &path, &body).await?;
        let end = Instant::now();
        answer.json()?;
        if end >= counted.0 && end <= counted.1 {
            took.record(u64::try_from((end - start).as_micros())?)?;
        }
    }
    Ok(took)
}

/// For microseconds, with three digits.
pub fn histogram() -> Result<Histogram<u64>> {
    Ok(Histogram::new_with_bounds(1, 60_000_000, 3)?)
}

pub fn milliseconds(microseconds: u64) -> f64 {
    microseconds as f64 / 1000.0
}
