//! `unisono account`: drives the same login steps as the app's wizard.

use std::{collections::BTreeMap, io::IsTerminal as _};

use anyhow::{Context as _, Result, bail};
use serde_json::Value;

use crate::{
    config,
    control::{Server, with_server},
    options::{AccountCommand, Mailbox, Network},
    orders::Order,
    secret,
};

pub fn run(command: AccountCommand) -> Result<()> {
    match command {
        AccountCommand::Add { network: Network::Email(mailbox) } => add_mailbox(&mailbox),
        AccountCommand::List { owner, place } => {
            let order = Order::ListAccounts { owner };
            let list = with_server(&config::load(&place)?, async |server| server.require(order).await)?;
            list.as_array().into_iter().flatten().for_each(print);
            Ok(())
        }
        AccountCommand::Remove { id, delete_conversations, place } => {
            let order = Order::RemoveAccount { id, conversations: delete_conversations };
            with_server(&config::load(&place)?, async |server| server.require(order).await)?;
            println!("Account {id} was removed.");
            Ok(())
        }
    }
}

fn print(account: &Value) {
    let text = |key: &str| account[key].as_str().unwrap_or_default();
    let state = account["state"]["state"].as_str().unwrap_or_default();
    let why = account["state"]["reason"]["en"].as_str().map(|reason| format!(" ({reason})")).unwrap_or_default();
    println!("{}  {}  {}  {}  {state}{why}", account["id"], text("channel"), text("remote_id"), text("owner"));
}

fn add_mailbox(mailbox: &Mailbox) -> Result<()> {
    let settings = config::load(&mailbox.place)?;
    let is_interactive = std::io::stdin().is_terminal() && !mailbox.password.password_stdin;
    let mut fields = BTreeMap::new();
    for pair in &mailbox.fields {
        let (name, value) = pair.split_once('=').with_context(|| format!("--field {pair}: NAME=VALUE is wanted"))?;
        fields.insert(name.to_owned(), value.to_owned());
    }
    let port = |port: Option<u16>| port.map(|port| port.to_string());
    let address = match &mailbox.address {
        Some(address) => address.clone(),
        None if is_interactive => secret::ask("Mail address")?,
        None => bail!("--address is missing"),
    };
    let named = [
        ("email", Some(address.clone())),
        ("display_name", mailbox.display_name.clone()),
        ("username", mailbox.username.clone()),
        ("imap_host", mailbox.imap_host.clone()),
        ("imap_port", port(mailbox.imap_port)),
        ("imap_security", mailbox.imap_security.clone()),
        ("smtp_host", mailbox.smtp_host.clone()),
        ("smtp_port", port(mailbox.smtp_port)),
        ("smtp_security", mailbox.smtp_security.clone()),
    ];
    fields.extend(named.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))));
    if !fields.contains_key("password") {
        fields.insert("password".to_owned(), secret::password(&mailbox.password, &format!("Password of {address}"))?);
    }
    let flow = if mailbox.imap_host.is_some() || mailbox.smtp_host.is_some() { "manual" } else { "password" };
    let start = Order::StartLogin { owner: mailbox.owner.clone(), channel: "email".to_owned(), flow: flow.to_owned() };
    let id = with_server(&settings, async |server| log_in(server, start, fields, is_interactive).await)?;
    println!("Account {id} was added: {address}");
    Ok(())
}

/// Answers step after step with the given fields, and asks for what is missing if somebody is there.
async fn log_in(
    server: &mut Server,
    start: Order,
    mut fields: BTreeMap<String, String>,
    is_interactive: bool,
) -> Result<i64> {
    let mut progress = server.require(start).await?;
    let mut last_asked = Vec::new();
    loop {
        let owner = serde_json::from_value(progress["owner"].clone())?;
        let login_id = progress["login_id"].as_str().unwrap_or_default().to_owned();
        let step = &progress["step"];
        match step["type"].as_str() {
            Some("done") => return step["account_id"].as_i64().context("the account has no number"),
            Some("fields") => {
                let message = step["message"]["en"].as_str();
                let asked: Vec<String> = names(step);
                // The same step again, with nothing new to say: it would go round for ever.
                let is_stuck = asked == last_asked && !is_interactive;
                let missing = answer_fields(step, &mut fields, is_interactive)?;
                if let Some(missing) = missing.or(is_stuck.then(String::new)) {
                    server.order(Order::CancelLogin { owner, login_id }).await?.ok();
                    match message {
                        Some(message) => bail!("{message} {}", hint(&missing)),
                        None => bail!("the login needs more. {}", hint(&missing)),
                    }
                }
                let given = asked.iter().filter_map(|name| Some((name.clone(), fields.get(name)?.clone()))).collect();
                last_asked = asked;
                let submit =
                    Order::SubmitLogin { owner: Clone::clone(&owner), login_id: login_id.clone(), fields: given };
                progress = match server.order(submit).await? {
                    Ok(next) => next,
                    Err(refusal) if refusal.retry && is_interactive => {
                        eprintln!("{}", refusal.message);
                        // Asked again: the password if nothing else is to blame.
                        fields.remove(refusal.field.as_deref().unwrap_or("password"));
                        progress
                    }
                    Err(refusal) => {
                        server.order(Order::CancelLogin { owner, login_id }).await?.ok();
                        let field = refusal.field.map(|field| format!(" (field {field})")).unwrap_or_default();
                        bail!("{}{field}", refusal.message);
                    }
                };
            }
            _ => progress = server.require(Order::WaitLogin { owner, login_id }).await?,
        }
    }
}

fn hint(missing: &str) -> String {
    if missing.is_empty() {
        return String::new();
    }
    format!("(missing: --{} or --field {missing}=...)", missing.replace('_', "-"))
}

fn names(step: &Value) -> Vec<String> {
    let fields = step["fields"].as_array().into_iter().flatten();
    fields.filter_map(|field| field["id"].as_str().map(ToOwned::to_owned)).collect()
}

/// Fills what the step asks for and nobody has said; gives the name of what stays missing.
fn answer_fields(step: &Value, fields: &mut BTreeMap<String, String>, is_interactive: bool) -> Result<Option<String>> {
    for field in step["fields"].as_array().into_iter().flatten() {
        let name = field["id"].as_str().unwrap_or_default().to_owned();
        if fields.contains_key(&name) {
            continue;
        }
        let value = field["value"].as_str().map(ToOwned::to_owned);
        let is_required = field["required"] == true;
        if is_interactive && (is_required || value.is_some()) {
            let label = field["label"]["en"].as_str().unwrap_or(&name);
            let answer = match (field["kind"].as_str(), &value) {
                (Some("secret"), _) => secret::hidden(label)?,
                (_, Some(value)) => secret::ask(&format!("{label} [{value}]"))?,
                (_, None) => secret::ask(label)?,
            };
            let answer = if answer.is_empty() { value.unwrap_or_default() } else { answer };
            fields.insert(name, answer);
        } else if let Some(value) = value {
            fields.insert(name, value);
        } else if is_required {
            return Ok(Some(name));
        }
    }
    Ok(None)
}
