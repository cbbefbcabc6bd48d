//! `unisono user`: people with a login.

use anyhow::Result;
use serde_json::Value;

use crate::{config, control::with_server, options::UserCommand, orders::Order, secret};

pub fn run(command: UserCommand) -> Result<()> {
    let (place, order) = match command {
        UserCommand::Add { name, display_name, admin, password, place } => {
            let password = secret::password(&password, &format!("Password for {name}"))?;
            (place, Order::AddUser { username: name, password, display_name, admin })
        }
        UserCommand::Passwd { name, password, place } => {
            let password = secret::password(&password, &format!("New password for {name}"))?;
            (place, Order::SetPassword { name, password })
        }
        UserCommand::Deactivate { name, place } => (place, Order::Deactivate { name }),
        UserCommand::List { place } => (place, Order::ListUsers),
    };
    let said = match &order {
        Order::AddUser { .. } => "was added",
        Order::SetPassword { .. } => "has a new password",
        Order::Deactivate { .. } => "was deactivated",
        _ => "",
    };
    let answer = with_server(&config::load(&place)?, async |server| server.require(order).await)?;
    match answer {
        Value::Array(people) => people.iter().for_each(print),
        one => println!("{} {said}", one["user_id"].as_str().unwrap_or_default()),
    }
    Ok(())
}

fn print(person: &Value) {
    let mark = |key: &str, word: &str| if person[key] == true { format!("  {word}") } else { String::new() };
    let name = person["user_id"].as_str().unwrap_or_default();
    println!("{name}{}{}", mark("admin", "administrator"), mark("deactivated", "deactivated"));
}
