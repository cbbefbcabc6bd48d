//! Account data: what a person's clients keep on the server, globally and for each room.

use std::collections::BTreeMap;

use ruma::{
    OwnedRoomId, OwnedUserId, RoomId, UserId,
    events::{AnyGlobalAccountDataEvent, AnyRoomAccountDataEvent},
    serde::Raw,
};
use serde_json::value::RawValue;
use unisono_store::{Hint, Tx, account_data as store};

use crate::{Engine, Error, Result};

const MAX_TYPE: usize = 255;
const MAX_CONTENT: usize = 1024 * 1024;

/// Sets account data in the caller's transaction and wakes the person's devices. Also for the kinds
/// that only the server may set (`m.fully_read`, `m.push_rules`). `content` is a JSON object.
pub fn set(tx: &mut Tx<'_>, user_id: &UserId, room_id: Option<&RoomId>, kind: &str, content: &str) -> Result<()> {
    let position = tx.next_position()?;
    store::set(tx, user_id, room_id.map_or("", RoomId::as_str), kind, content, position)?;
    tx.hint(Hint::User(user_id.to_owned()));
    Ok(())
}

/// The content, if it was ever set. `None` as room: global.
pub fn find(tx: &mut Tx<'_>, user_id: &UserId, room_id: Option<&RoomId>, kind: &str) -> Result<Option<Box<RawValue>>> {
    store::find(tx, user_id, room_id.map_or("", RoomId::as_str), kind)?
        .map(|content| RawValue::from_string(content).map_err(Error::internal))
        .transpose()
}

impl Engine {
    /// `PUT .../account_data/{type}`.
    pub async fn set_account_data(
        &self,
        user_id: OwnedUserId,
        room_id: Option<OwnedRoomId>,
        kind: String,
        content: Box<RawValue>,
    ) -> Result<()> {
        if kind == "m.fully_read" || kind == "m.push_rules" {
            return Err(Error::NotAllowed {
                code: "M_BAD_JSON",
                message: format!("{kind} is not set as account data; it has an endpoint of its own"),
            });
        }
        if kind.is_empty() || kind.len() > MAX_TYPE {
            return Err(Error::invalid(format!("a type has 1 to {MAX_TYPE} bytes")));
        }
        if !content.get().starts_with('{') {
            return Err(Error::bad_json("account data is a JSON object"));
        }
        if content.get().len() > MAX_CONTENT {
            return Err(Error::TooLarge(format!("account data has at most {MAX_CONTENT} bytes")));
        }
        self.db.write(move |tx| set(tx, &user_id, room_id.as_deref(), &kind, content.get())).await
    }

    /// `GET .../account_data/{type}`; an error if it was never set.
    pub async fn account_data(
        &self,
        user_id: OwnedUserId,
        room_id: Option<OwnedRoomId>,
        kind: String,
    ) -> Result<Box<RawValue>> {
        self.db
            .read(move |tx| {
                find(tx, &user_id, room_id.as_deref(), &kind)?
                    .ok_or_else(|| Error::not_found("this account data was never set"))
            })
            .await
    }
}

/// Account data as /sync gives it.
#[derive(Clone, Debug, Default)]
pub struct AccountDataNews {
    pub global: Vec<Raw<AnyGlobalAccountDataEvent>>,
    pub rooms: BTreeMap<OwnedRoomId, Vec<Raw<AnyRoomAccountDataEvent>>>,
}

/// What was set in `since < position <= until`; with `since` 0 all of it. Each row is news to all of
/// the person's devices.
pub fn sync(tx: &mut Tx<'_>, user_id: &UserId, since: i64, until: i64) -> Result<AccountDataNews> {
    let mut news = AccountDataNews::default();
    for row in store::list_since(tx, user_id, since, until)? {
        if row.room_id.is_empty() {
            news.global.push(event(&row.kind, &row.content)?);
        } else {
            let room_id = OwnedRoomId::try_from(row.room_id).map_err(Error::internal)?;
            news.rooms.entry(room_id).or_default().push(event(&row.kind, &row.content)?);
        }
    }
    Ok(news)
}

/// All of one room, for a client that sees the room for the first time.
pub fn of_room(tx: &mut Tx<'_>, user_id: &UserId, room_id: &RoomId) -> Result<Vec<Raw<AnyRoomAccountDataEvent>>> {
    let rows = store::list_of_room(tx, user_id, room_id.as_str())?;
    rows.iter().map(|row| event(&row.kind, &row.content)).collect()
}

#[derive(serde::Serialize)]
struct Event<'a> {
    #[serde(rename = "type")]
    kind: &'a str,
    content: &'a RawValue,
}

fn event<T>(kind: &str, content: &str) -> Result<Raw<T>> {
    let content: &RawValue = serde_json::from_str(content).map_err(Error::internal)?;
    serde_json::value::to_raw_value(&Event { kind, content }).map(Raw::from_json).map_err(Error::internal)
}

#[cfg(test)]
mod tests;
