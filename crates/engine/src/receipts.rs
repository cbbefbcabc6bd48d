//! Who has read up to where (specification, "Receipts" and "Fully read markers").

use std::collections::BTreeMap;

use ruma::{EventId, OwnedEventId, OwnedRoomId, OwnedUserId, UserId, events::AnySyncEphemeralRoomEvent, serde::Raw};
use serde_json::{Map, Value, json};
use unisono_domain::Millis;
use unisono_store::{
    Hint, Tx,
    rooms::{
        events, members,
        receipts::{self, Extent, ReceiptRow},
        room::{self, RoomRow},
    },
};

use crate::{Core, Engine, Error, Result, account_data, hub, rooms::require_joined};

/// The kinds of marks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mark {
    /// Seen by everybody in the room.
    Read,
    /// Seen by nobody else.
    ReadPrivate,
    /// Where the line "new messages" is drawn: account data, clears nothing.
    FullyRead,
}

/// One mark to set.
#[derive(Clone, Debug)]
pub struct NewMark {
    pub mark: Mark,
    pub event_id: OwnedEventId,
    /// `main` or a thread's root; `None`: all of the room.
    pub thread: Option<String>,
}

impl Engine {
    /// `POST /rooms/{}/receipt/{}/{}` and `POST /rooms/{}/read_markers`: all of the marks or none.
    pub async fn set_marks(&self, room_id: OwnedRoomId, user_id: OwnedUserId, marks: Vec<NewMark>) -> Result<()> {
        let core = self.core();
        self.db
            .write(move |tx| {
                let room = require_joined(tx, &room_id, &user_id)?;
                for mark in &marks {
                    if set(tx, &core, &room, &user_id, mark, core.now())?
                        && mark.mark == Mark::Read
                        && let Some(position) = position_in(tx, &room, &mark.event_id)?
                    {
                        hub::on_receipt(tx, &core, room.room_no, &user_id, &mark.event_id, position)?;
                    }
                }
                Ok(())
            })
            .await
    }
}

/// Sets a mark in the caller's transaction; says whether it moved. An older event never moves it back.
pub fn set(tx: &mut Tx<'_>, core: &Core, room: &RoomRow, user_id: &UserId, mark: &NewMark, at: Millis) -> Result<bool> {
    let event_position = position_in(tx, room, &mark.event_id)?
        .ok_or_else(|| Error::not_found("there is no such event in this room"))?;
    let extent = extent_of(mark)?;
    let kind = match mark.mark {
        Mark::FullyRead => return set_fully_read(tx, room, user_id, mark, event_position),
        Mark::Read => "m.read",
        Mark::ReadPrivate => "m.read.private",
    };
    let thread = mark.thread.as_deref().unwrap_or_default();
    if let Some(before) = receipts::find(tx, room.room_no, user_id, kind, thread)?
        && position_in(tx, room, &before)?.is_some_and(|before| before >= event_position)
    {
        return Ok(false);
    }
    let position = tx.next_position()?;
    let row = ReceiptRow {
        room_no: room.room_no,
        user_id: user_id.to_owned(),
        kind: kind.to_owned(),
        thread: thread.to_owned(),
        event_id: mark.event_id.clone(),
        at,
    };
    receipts::set(tx, &row, position)?;
    receipts::clear_notifications(tx, user_id, room.room_no, event_position, extent)?;
    room::touch(tx, room.room_no, position)?;
    if mark.mark == Mark::Read {
        for person in members::list_people(tx, room.room_no)? {
            tx.hint(Hint::User(person));
        }
    }
    tx.hint(Hint::User(user_id.to_owned()));
    // A private receipt is no news to the network, and one of a thread says nothing of the rest.
    if mark.mark == Mark::Read && !matches!(extent, Extent::Thread(_)) {
        hub::on_receipt(tx, core, room.room_no, user_id, &mark.event_id, event_position)?;
    }
    Ok(true)
}

fn position_in(tx: &mut Tx<'_>, room: &RoomRow, event_id: &EventId) -> Result<Option<i64>> {
    let found = events::find_position(tx, event_id)?;
    Ok(found.filter(|(room_no, _)| *room_no == room.room_no).map(|(_, position)| position))
}

fn extent_of(mark: &NewMark) -> Result<Extent<'_>> {
    let Some(thread) = &mark.thread else { return Ok(Extent::Everything) };
    if mark.mark == Mark::FullyRead {
        return Err(Error::invalid("m.fully_read has no thread_id"));
    }
    if thread == "main" {
        return Ok(Extent::Main);
    }
    let root = <&EventId>::try_from(thread.as_str())
        .map_err(|_| Error::invalid("thread_id is `main` or the id of a thread's root"))?;
    Ok(Extent::Thread(root))
}

#[derive(serde::Deserialize)]
struct FullyRead {
    event_id: OwnedEventId,
}

fn set_fully_read(tx: &mut Tx<'_>, room: &RoomRow, user_id: &UserId, mark: &NewMark, position: i64) -> Result<bool> {
    const KIND: &str = "m.fully_read";
    if let Some(before) = account_data::find(tx, user_id, Some(&room.room_id), KIND)?
        && let Ok(before) = serde_json::from_str::<FullyRead>(before.get())
        && position_in(tx, room, &before.event_id)?.is_some_and(|before| before >= position)
    {
        return Ok(false);
    }
    let content = json!({ "event_id": mark.event_id }).to_string();
    account_data::set(tx, user_id, Some(&room.room_id), KIND, &content)?;
    Ok(true)
}

/// The receipts that /sync gives: `m.receipt` events by room number, with what was set in
/// `since < position <= until` (since 0: all). Others' private receipts are not among them. A room
/// may have more than one event: a person's receipts of several threads can be at the same message,
/// and one event has room for one of them only.
pub fn sync(
    tx: &mut Tx<'_>,
    user_id: &UserId,
    rooms: &[i64],
    since: i64,
    until: i64,
) -> Result<BTreeMap<i64, Vec<Raw<AnySyncEphemeralRoomEvent>>>> {
    let mut of_rooms: BTreeMap<i64, Vec<ReceiptRow>> = BTreeMap::new();
    if since > 0 {
        for row in receipts::list_news(tx, user_id, since, until)? {
            if rooms.contains(&row.room_no) {
                of_rooms.entry(row.room_no).or_default().push(row);
            }
        }
    } else {
        for room_no in rooms {
            let rows = receipts::list_of_room(tx, *room_no, user_id, since, until)?;
            if !rows.is_empty() {
                of_rooms.insert(*room_no, rows);
            }
        }
    }
    of_rooms.into_iter().map(|(room_no, rows)| Ok((room_no, receipt_events(&rows)?))).collect()
}

fn receipt_events(rows: &[ReceiptRow]) -> Result<Vec<Raw<AnySyncEphemeralRoomEvent>>> {
    let mut contents: Vec<Map<String, Value>> = Vec::new();
    for row in rows {
        let mut receipt = json!({ "ts": row.at });
        if !row.thread.is_empty() {
            receipt["thread_id"] = Value::String(row.thread.clone());
        }
        let taken = |content: &Map<String, Value>| {
            content
                .get(row.event_id.as_str())
                .and_then(|kinds| kinds.get(&row.kind))
                .is_some_and(|people| people.get(row.user_id.as_str()).is_some())
        };
        let free = contents.iter().position(|content| !taken(content)).unwrap_or_else(|| {
            contents.push(Map::new());
            contents.len() - 1
        });
        let kinds = contents[free].entry(row.event_id.as_str()).or_insert_with(|| json!({}));
        kinds[&row.kind][row.user_id.as_str()] = receipt;
    }
    contents
        .into_iter()
        .map(|content| {
            serde_json::value::to_raw_value(&json!({ "type": "m.receipt", "content": content }))
                .map(Raw::from_json)
                .map_err(Error::internal)
        })
        .collect()
}

#[cfg(test)]
mod tests;
