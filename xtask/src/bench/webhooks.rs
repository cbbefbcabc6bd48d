//! Messages a second from a vendor's call to a client's sync, with one conversation and with many; and
//! that a `kill -9` in the middle loses none of those that were acknowledged.

use std::{
    collections::HashSet,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use hmac::{Hmac, KeyInit as _, Mac as _};
use serde_json::{Value, json};
use tokio::task::JoinSet;

use super::{connection::Connection, people, process::Running, report::Report};

const KEY: &[u8; 32] = b"a key of 32 bytes, as it should.";
/// Calls that are on their way at the same time, as from a vendor with a backlog.
const AT_ONCE: u64 = 32;
const PATIENCE: Duration = Duration::from_secs(120);

pub async fn measure(binary: &Path, conversations: u64, load: Duration, report: &mut Report) -> Result<()> {
    println!("webhooks: {conversations} conversations, {} s", load.as_secs());
    let server = Running::start(binary).await?;
    let mut anna = people::register(server.address, "anna").await?;
    let hook = connect(&mut anna).await?;

    // The first message of each conversation makes its room and is measured by itself.
    let begun = Instant::now();
    let first = post(&server, &hook, conversations, Until::Count(conversations)).await?;
    let (_, since) = receive(&mut anna, None, &first).await?;
    if conversations > 1 {
        report.add("webhooks, new conversations", conversations as f64 / begun.elapsed().as_secs_f64(), "/s", true);
    }

    let (cpu, begun) = (server.cpu()?, Instant::now());
    let address = server.address;
    let mut reader = Connection::open(address, &anna.token).await?;
    let (sent, reading) = tokio::join!(post(&server, &hook, conversations, Until::Time(begun + load)), async {
        // Reads along from the start, as a client would.
        let mut seen = HashSet::new();
        let mut since = since;
        while begun.elapsed() < load {
            since = take_in(&mut reader, Some(&since), &mut seen).await?;
        }
        Ok::<_, anyhow::Error>((seen, since))
    });
    let (sent, (mut seen, mut since)) = (sent?, reading?);
    while !sent.is_subset(&seen) {
        if begun.elapsed() > PATIENCE {
            bail!("{} of {} messages never came", sent.difference(&seen).count(), sent.len());
        }
        since = take_in(&mut reader, Some(&since), &mut seen).await?;
    }
    let took = begun.elapsed().as_secs_f64();
    let name = |what: &str| format!("webhooks, {conversations} conversations, {what}");
    report.add(&name("visible"), sent.len() as f64 / took, "/s", true);
    report.add(&name("server processor time each"), (server.cpu()? - cpu) * 1e6 / sent.len() as f64, "µs", false);
    server.stop().await?;
    survive_a_kill(binary, conversations, &name("lost by kill -9"), report).await
}

async fn survive_a_kill(binary: &Path, conversations: u64, name: &str, report: &mut Report) -> Result<()> {
    let server = Running::start(binary).await?;
    let mut anna = people::register(server.address, "anna").await?;
    let token = anna.token.clone();
    let hook = connect(&mut anna).await?;
    let acknowledged =
        post(&server, &hook, conversations, Until::Time(Instant::now() + Duration::from_secs(2))).await?;
    // At once after the last answer: much of it is not worked in yet.
    let folder = server.kill()?;
    let server = Running::start_in(binary, folder).await?;
    let mut anna = Connection::open(server.address, &token).await?;
    let (seen, _) = receive(&mut anna, None, &acknowledged).await?;
    report.add(name, acknowledged.difference(&seen).count() as f64, "messages", false);
    server.stop().await
}

/// Adds an account of the generic API; gives the path of its address.
async fn connect(anna: &mut Connection) -> Result<String> {
    let start = json!({ "channel": "generic", "flow": "form" }).to_string();
    let begun = anna.ask("POST", "/_unisono/v1/logins", &start).await?.json()?;
    let path = format!("/_unisono/v1/logins/{}", begun["login_id"].as_str().context("no login_id")?);
    let secret = format!("whsec_{}", STANDARD.encode(KEY));
    let fields = json!({ "fields": { "name": "bench", "secret": secret } }).to_string();
    anna.ask("POST", &path, &fields).await?.json()?;
    let accounts = anna.ask("GET", "/_unisono/v1/accounts", "").await?.json()?;
    let hook = accounts["accounts"][0]["hook"]["verify_token"].as_str().context("no call-back address")?;
    Ok(format!("/_unisono/hooks/{hook}"))
}

#[derive(Clone, Copy)]
enum Until {
    Count(u64),
    Time(Instant),
}

/// Posts messages to one conversation after the other; gives the texts of those acknowledged.
async fn post(server: &Running, hook: &str, conversations: u64, until: Until) -> Result<HashSet<String>> {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    let first = NEXT.load(Ordering::Relaxed);
    let number = Arc::new(AtomicU64::new(first));
    let mut posting = JoinSet::new();
    for _ in 0..AT_ONCE {
        let mut connection = Connection::open(server.address, "").await?;
        let (number, hook) = (Arc::clone(&number), hook.to_owned());
        posting.spawn(async move {
            let mut acknowledged = Vec::new();
            loop {
                let number = number.fetch_add(1, Ordering::Relaxed);
                let over = match until {
                    Until::Count(count) => number >= first + count,
                    Until::Time(end) => Instant::now() >= end,
                };
                if over {
                    return Ok::<_, anyhow::Error>(acknowledged);
                }
                let (headers, body) = call(number, number % conversations)?;
                let answer = connection.ask_with("POST", &hook, &headers, &body).await?;
                if answer.status != 200 {
                    bail!("a call was refused: {} {}", answer.status, String::from_utf8_lossy(&answer.body));
                }
                acknowledged.push(text(number));
            }
        });
    }
    let mut acknowledged = HashSet::new();
    while let Some(done) = posting.join_next().await {
        acknowledged.extend(done??);
    }
    NEXT.store(number.load(Ordering::Relaxed), Ordering::Relaxed);
    Ok(acknowledged)
}

fn text(number: u64) -> String {
    format!("measured {number}")
}

/// The headers and the body of a call.
fn call(number: u64, person: u64) -> Result<(String, String)> {
    let body = json!({
        "type": "message", "id": format!("m{number}"), "at": 1_795_435_200_000_u64 + number, "text": text(number),
        "chat": { "id": format!("p{person}") }, "sender": { "id": format!("p{person}"), "name": "Somebody" },
    });
    let body = body.to_string();
    let mut mac = Hmac::<sha2::Sha256>::new_from_slice(KEY)?;
    mac.update(format!("m{number}.1795435200.{body}").as_bytes());
    let signature = STANDARD.encode(mac.finalize().into_bytes());
    let headers =
        format!("webhook-id: m{number}\r\nwebhook-timestamp: 1795435200\r\nwebhook-signature: v1,{signature}\r\n");
    Ok((headers, body))
}

/// Syncs until all of the given texts are there.
async fn receive(
    anna: &mut Connection,
    since: Option<String>,
    wanted: &HashSet<String>,
) -> Result<(HashSet<String>, String)> {
    let (mut seen, begun) = (HashSet::new(), Instant::now());
    let mut since = since;
    loop {
        let next = take_in(anna, since.as_deref(), &mut seen).await?;
        if wanted.is_subset(&seen) {
            return Ok((seen, next));
        }
        if begun.elapsed() > PATIENCE {
            bail!("{} of {} messages never came", wanted.difference(&seen).count(), wanted.len());
        }
        since = Some(next);
    }
}

/// One sync, and what it left out before; a text that comes a second time is an error.
async fn take_in(anna: &mut Connection, since: Option<&str>, seen: &mut HashSet<String>) -> Result<String> {
    let filter = "%7B%22room%22%3A%7B%22timeline%22%3A%7B%22limit%22%3A1000%7D%7D%7D";
    let since = since.map(|since| format!("&since={since}")).unwrap_or_default();
    let path = format!("/_matrix/client/v3/sync?timeout=1000&filter={filter}{since}");
    let answer = anna.ask("GET", &path, "").await?.json()?;
    let rooms = answer["rooms"]["join"].as_object().into_iter().flatten();
    for (room_id, room) in rooms {
        let timeline = &room["timeline"];
        let mut is_whole = timeline["limited"] != true;
        let known = if is_whole { HashSet::new() } else { seen.clone() };
        note(&timeline["events"], seen)?;
        let mut from = timeline["prev_batch"].as_str().map(ToOwned::to_owned);
        while let Some(place) = from.take().filter(|_| !is_whole) {
            let path = format!("/_matrix/client/v3/rooms/{room_id}/messages?dir=b&limit=1000&from={place}");
            let page = anna.ask("GET", &path, "").await?.json()?;
            let new: Vec<Value> = page["chunk"].as_array().into_iter().flatten().cloned().collect();
            // What an earlier sync has given already ends the gap.
            is_whole =
                new.iter().any(|event| event["content"]["body"].as_str().is_some_and(|body| known.contains(body)));
            let fresh = new
                .into_iter()
                .filter(|event| event["content"]["body"].as_str().is_none_or(|body| !known.contains(body)));
            note(&Value::from_iter(fresh), seen)?;
            from = page["end"].as_str().map(ToOwned::to_owned);
        }
    }
    Ok(value_text(&answer, "next_batch")?.to_owned())
}

fn note(events: &Value, seen: &mut HashSet<String>) -> Result<()> {
    let events = events.as_array().into_iter().flatten();
    for body in events.filter_map(|event| event["content"]["body"].as_str()) {
        if body.starts_with("measured") && !seen.insert(body.to_owned()) {
            bail!("“{body}” came twice");
        }
    }
    Ok(())
}

fn value_text<'a>(value: &'a Value, key: &str) -> Result<&'a str> {
    value[key].as_str().with_context(|| format!("the answer has no {key}"))
}
