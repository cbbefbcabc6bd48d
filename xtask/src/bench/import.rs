//! Mails a second on adding a mailbox: from the login to the last mail as a message in a room,
//! against a real Dovecot.

use std::{
    path::Path,
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use anyhow::{Context, Result, bail};
use serde_json::{Map, Value, json};

use super::{
    connection::Connection,
    mailbox::{ADDRESS, Mailbox, PASSWORD},
    people,
    process::Running,
    report::Report,
};

const MAILS: usize = 1000;
const PATIENCE: Duration = Duration::from_secs(300);

#[expect(clippy::disallowed_methods, reason = "the mails carry real dates, of the last days before now")]
pub async fn measure(binary: &Path, report: &mut Report) -> Result<()> {
    println!("import: {MAILS} mails");
    let now = SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs();
    let mailbox = Mailbox::start(MAILS, now).await?;
    let server = Running::start(binary).await?;
    let mut anna = people::register(server.address, "anna").await?;
    let start = Instant::now();
    add_mailbox(&mut anna, &mailbox).await?;
    let (mut since, mut seen) = (None, 0);
    while seen < MAILS {
        if start.elapsed() > PATIENCE {
            bail!("only {seen} of {MAILS} mails after {} s", PATIENCE.as_secs());
        }
        let (found, next) = new_mails(&mut anna, since.as_deref()).await?;
        seen += found;
        since = Some(next);
    }
    let took = start.elapsed().as_secs_f64();
    report.add("import, mails", seen as f64 / took, "/s", true);
    report.add("import, server processor time each", server.cpu()? * 1e6 / seen as f64, "µs", false);
    report.add("memory after the import, resident", server.resident_mib()?, "MiB", false);
    server.stop().await
}

/// Goes through the same steps as the page that adds an account.
async fn add_mailbox(anna: &mut Connection, mailbox: &Mailbox) -> Result<()> {
    let channels = anna.ask("GET", "/_unisono/v1/channels", "").await?.json()?;
    let all = channels["channels"].as_array().context("no list of channels")?;
    let email = all.iter().find(|channel| channel["id"] == "email").context("there is no e-mail here")?;
    // All by hand: nothing outside is asked where the servers of a made-up address are.
    let flows = email["flows"].as_array().context("no way to add a mailbox")?;
    let flow = flows.iter().find(|flow| flow["id"] == "manual").or(flows.first()).context("no way to add a mailbox")?;
    let start = json!({ "channel": "email", "flow": flow["id"] });
    let mut answer = anna.ask("POST", "/_unisono/v1/logins", &start.to_string()).await?.json()?;
    let path = format!("/_unisono/v1/logins/{}", answer["login_id"].as_str().context("no login_id")?);
    for _ in 0..4 {
        let step = &answer["step"];
        if step["type"] == "done" {
            return Ok(());
        }
        let fields = json!({ "fields": filled(&step["fields"], mailbox)? });
        answer = anna.ask("POST", &path, &fields.to_string()).await?.json().context("the mailbox was refused")?;
    }
    bail!("the login does not end: {answer}")
}

/// Answers to whatever the step asks, by what the fields are called.
fn filled(fields: &Value, mailbox: &Mailbox) -> Result<Map<String, Value>> {
    let mut answers = Map::new();
    for field in fields.as_array().context("a step without fields")? {
        let id = field["id"].as_str().unwrap_or_default();
        let answer = match id {
            _ if id.ends_with("password") => PASSWORD.to_owned(),
            _ if id.ends_with("security") => "none".to_owned(),
            _ if id.ends_with("host") || id.ends_with("server") => "127.0.0.1".to_owned(),
            _ if id.ends_with("port") && id.contains("smtp") => mailbox.smtp_port.to_string(),
            _ if id.ends_with("port") => mailbox.port.to_string(),
            _ if id.contains("address") || id.contains("user") || id == "email" => ADDRESS.to_owned(),
            _ => field["value"].as_str().unwrap_or_default().to_owned(),
        };
        answers.insert(id.to_owned(), answer.into());
    }
    Ok(answers)
}

/// How many mails have come since.
async fn new_mails(anna: &mut Connection, since: Option<&str>) -> Result<(usize, String)> {
    let filter = "%7B%22room%22%3A%7B%22timeline%22%3A%7B%22limit%22%3A1000%7D%7D%7D";
    let since = since.map(|since| format!("&since={since}")).unwrap_or_default();
    let path = format!("/_matrix/client/v3/sync?timeout=1000&filter={filter}{since}");
    let answer = anna.ask("GET", &path, "").await?.json()?;
    let rooms = answer["rooms"]["join"].as_object().into_iter().flat_map(Map::values);
    let events = rooms.flat_map(|room| room["timeline"]["events"].as_array().into_iter().flatten());
    let mails = events.filter(|event| event["content"].get("org.unisono.email").is_some()).count();
    Ok((mails, answer["next_batch"].as_str().context("a sync without next_batch")?.to_owned()))
}
