//! Tags of rooms (`m.tag`): account data that has endpoints of its own.

use ruma::{OwnedRoomId, OwnedUserId, RoomId, UserId, events::tag::TagInfo};
use serde_json::{Map, Value, json};
use unisono_store::Tx;

use crate::{Engine, Error, Result, account_data};

const KIND: &str = "m.tag";
const MAX_NAME: usize = 255;

impl Engine {
    /// The tags of a room, `{"m.favourite": {"order": 0.25}}`.
    pub async fn tags(&self, user_id: OwnedUserId, room_id: OwnedRoomId) -> Result<Map<String, Value>> {
        self.db.read(move |tx| list(tx, &user_id, &room_id)).await
    }

    pub async fn set_tag(&self, user_id: OwnedUserId, room_id: OwnedRoomId, tag: String, info: TagInfo) -> Result<()> {
        if tag.is_empty() || tag.len() > MAX_NAME {
            return Err(Error::invalid(format!("a tag has 1 to {MAX_NAME} bytes")));
        }
        let info = serde_json::to_value(info).map_err(Error::internal)?;
        self.db
            .write(move |tx| {
                let mut tags = list(tx, &user_id, &room_id)?;
                tags.insert(tag.clone(), info.clone());
                store(tx, &user_id, &room_id, &tags)
            })
            .await
    }

    /// Removing a tag that is not there is no error.
    pub async fn remove_tag(&self, user_id: OwnedUserId, room_id: OwnedRoomId, tag: String) -> Result<()> {
        self.db
            .write(move |tx| {
                let mut tags = list(tx, &user_id, &room_id)?;
                match tags.remove(&tag) {
                    Some(_) => store(tx, &user_id, &room_id, &tags),
                    None => Ok(()),
                }
            })
            .await
    }
}

fn list(tx: &mut Tx<'_>, user_id: &UserId, room_id: &RoomId) -> Result<Map<String, Value>> {
    let Some(content) = account_data::find(tx, user_id, Some(room_id), KIND)? else { return Ok(Map::new()) };
    // Clients may set m.tag as plain account data as well, and then anything may be in it.
    Ok(match serde_json::from_str::<Value>(content.get()).map_err(Error::internal)? {
        Value::Object(mut content) => match content.remove("tags") {
            Some(Value::Object(tags)) => tags,
            _ => Map::new(),
        },
        _ => Map::new(),
    })
}

fn store(tx: &mut Tx<'_>, user_id: &UserId, room_id: &RoomId, tags: &Map<String, Value>) -> Result<()> {
    account_data::set(tx, user_id, Some(room_id), KIND, &json!({ "tags": tags }).to_string())
}
