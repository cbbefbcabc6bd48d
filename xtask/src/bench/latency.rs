//! From the moment a message should be sent to its arrival in another client's `/sync`.
//!
//! Messages are sent by the clock, whether the earlier ones have arrived or not, and counted from
//! when they were due: a server that stalls is not excused by a client that waited for it.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use hdrhistogram::Histogram;
use serde_json::Value;
use tokio::task::JoinSet;

use super::{
    connection::Connection,
    people,
    process::Running,
    report::Report,
    throughput::{histogram, milliseconds},
};

/// Pairs of a sender and a receiver, each in a room of their own.
const PAIRS: u32 = 20;
const WARM_UP: Duration = Duration::from_secs(2);

pub async fn measure(server: &Running, rate: u32, load: Duration, report: &mut Report) -> Result<()> {
    let each = rate / PAIRS;
    let total = each * u32::try_from((WARM_UP + load).as_secs())?;
    println!("latency: {rate} messages a second in {PAIRS} rooms, {} s", load.as_secs());
    let mut pairs = Vec::new();
    for pair in 0..PAIRS {
        let mut sender = people::register(server.address, &format!("sender{pair}")).await?;
        let mut receiver = people::register(server.address, &format!("receiver{pair}")).await?;
        let room = people::create_room(&mut sender).await?;
        people::join(&mut receiver, &room).await?;
        let since = sync(&mut receiver, None, 0).await?.1;
        pairs.push((sender, receiver, room, since));
    }
    let start = Instant::now() + Duration::from_millis(200);
    let every = Duration::from_secs(1) / each;
    let (mut senders, mut receivers) = (JoinSet::new(), JoinSet::new());
    for (number, (sender, receiver, room, since)) in (0..PAIRS).zip(pairs) {
        // Spread evenly, not all at the same moment.
        let first = start + every * number / PAIRS;
        receivers.spawn(receive(receiver, since, start, total));
        senders.spawn(send(sender, room, start, first, every, total));
    }
    while let Some(sent) = senders.join_next().await {
        sent??;
    }
    let mut took = histogram()?;
    while let Some(received) = receivers.join_next().await {
        took.add(received??)?;
    }
    let name = |what: &str| format!("latency, {rate} messages/s, {what}");
    report.add(&name("p50"), milliseconds(took.value_at_quantile(0.5)), "ms", false);
    report.add(&name("p99"), milliseconds(took.value_at_quantile(0.99)), "ms", false);
    report.add(&name("highest"), milliseconds(took.max()), "ms", false);
    Ok(())
}

async fn send(
    mut sender: Connection,
    room: String,
    start: Instant,
    first: Instant,
    every: Duration,
    total: u32,
) -> Result<()> {
    for message in 0..total {
        let due = first + every * message;
        tokio::time::sleep_until(due.into()).await;
        let since_start = (due - start).as_micros();
        let body = format!(r#"{{"msgtype":"m.text","body":"measured","due":{since_start}}}"#);
        sender.ask("PUT", &people::send_path(&room, &format!("m{message}")), &body).await?.json()?;
    }
    Ok(())
}

/// Syncs until all messages are there, each once.
async fn receive(mut receiver: Connection, mut since: String, start: Instant, total: u32) -> Result<Histogram<u64>> {
    let mut took = histogram()?;
    let mut seen = 0;
    let deadline = Instant::now() + Duration::from_secs(600);
    while seen < total {
        let (answer, next) = sync(&mut receiver, Some(&since), 30_000).await?;
        let now = Instant::now();
        since = next;
        for due in due_times(&answer) {
            seen += 1;
            let due = start + Duration::from_micros(due);
            if due >= start + WARM_UP {
                took.record(u64::try_from((now - due).as_micros())?.max(1))?;
            }
        }
        if now > deadline {
            bail!("only {seen} of {total} messages arrived");
        }
    }
    if seen > total {
        bail!("{seen} messages arrived where {total} were sent");
    }
    Ok(took)
}

async fn sync(person: &mut Connection, since: Option<&str>, timeout: u32) -> Result<(Value, String)> {
    let mut path = format!("/_matrix/client/v3/sync?timeout={timeout}");
    if let Some(since) = since {
        path += &format!("&since={since}");
    }
    let answer = person.ask("GET", &path, "").await?.json().context("cannot sync")?;
    let next = answer["next_batch"].as_str().context("a sync without next_batch")?.to_owned();
    Ok((answer, next))
}

/// When the messages in a sync were due, in microseconds since the start.
fn due_times(answer: &Value) -> Vec<u64> {
    let rooms = answer["rooms"]["join"].as_object().into_iter().flat_map(|rooms| rooms.values());
    let events = rooms.flat_map(|room| room["timeline"]["events"].as_array().into_iter().flatten());
    events.filter_map(|event| event["content"]["due"].as_u64()).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::due_times;

    #[test]
    fn only_measured_messages_are_counted() {
        let timeline = json!({ "events": [{ "content": { "due": 7 } }, { "content": { "body": "other" } }] });
        assert_eq!(due_times(&json!({ "rooms": { "join": { "!a": { "timeline": timeline } } } })), [7]);
        assert_eq!(due_times(&json!({})), [0_u64; 0]);
    }
}
