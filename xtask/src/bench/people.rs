//! People and rooms to measure with, made through the ordinary API.

use std::net::SocketAddr;

use anyhow::{Context, Result};
use serde_json::{Value, json};

use super::connection::Connection;

const PASSWORD: &str = "a password for measuring 7!";

/// Registers somebody and opens a connection for them.
pub async fn register(address: SocketAddr, name: &str) -> Result<Connection> {
    let mut connection = Connection::open(address, "").await?;
    let body = json!({ "username": name, "password": PASSWORD, "auth": { "type": "m.login.dummy" } });
    let answer = connection.ask("POST", "/_matrix/client/v3/register", &body.to_string()).await?;
    let login = answer.json().context("cannot register; is registration open?")?;
    connection.token = text(&login, "access_token")?;
    Ok(connection)
}

/// Makes a room that others may join.
pub async fn create_room(owner: &mut Connection) -> Result<String> {
    let body = json!({ "preset": "public_chat", "name": "Measuring" });
    let answer = owner.ask("POST", "/_matrix/client/v3/createRoom", &body.to_string()).await?;
    text(&answer.json().context("cannot make a room")?, "room_id")
}

pub async fn join(person: &mut Connection, room: &str) -> Result<()> {
    let path = format!("/_matrix/client/v3/join/{}", encode(room));
    person.ask("POST", &path, "{}").await?.json().context("cannot join")?;
    Ok(())
}

/// The path that sends a message; each transaction id may be used once.
pub fn send_path(room: &str, transaction: &str) -> String {
    format!("/_matrix/client/v3/rooms/{}/send/m.room.message/{transaction}", encode(room))
}

fn text(value: &Value, key: &str) -> Result<String> {
    Ok(value[key].as_str().with_context(|| format!("the answer has no {key}"))?.to_owned())
}

fn encode(id: &str) -> String {
    id.replace('!', "%21").replace(':', "%3A").replace('#', "%23")
}
