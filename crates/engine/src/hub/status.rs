//! The fate of messages, as Matrix clients with bridge support read it
//! (`com.beeper.message_send_status`, MSC3523's successor in use).

use ruma::{EventId, OwnedUserId};
use serde_json::{Value, json};
use unisono_domain::text::Text;
use unisono_store::{Tx, rooms::room};

use super::{content::canonical, ghosts};
use crate::{
    Core, Result,
    rooms::{NewEvent, Place, append},
};

/// What became of a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Fate {
    /// Not sent yet.
    Pending(Option<Text>),
    Sent,
    Delivered(Vec<OwnedUserId>),
    /// The user may try again.
    FailedForNow(Text),
    /// Trying again as it is will not help.
    Failed(Text),
}

/// Tells everybody in the room what became of a message.
pub(super) fn tell(
    tx: &mut Tx<'_>,
    core: &Core,
    room_no: i64,
    channel: &str,
    event_id: &EventId,
    fate: &Fate,
) -> Result<()> {
    let mut content = json!({
        "m.relates_to": { "rel_type": "m.reference", "event_id": event_id },
        "network": channel,
    });
    let (word, text) = match fate {
        Fate::Pending(text) => ("PENDING", text.as_ref()),
        Fate::Sent => ("SUCCESS", None),
        Fate::Delivered(users) => {
            content["delivered_to_users"] = json!(users);
            ("SUCCESS", None)
        }
        Fate::FailedForNow(text) => ("FAIL_RETRIABLE", Some(text)),
        Fate::Failed(text) => ("FAIL_PERMANENT", Some(text)),
    };
    content["status"] = Value::from(word);
    if let Some(text) = text {
        content["message"] = Value::from(text.en.as_ref());
        content["org.unisono.message"] = json!(text);
    }
    if matches!(fate, Fate::FailedForNow(_) | Fate::Failed(_)) {
        content["reason"] = Value::from("m.event_not_handled");
    }
    let bot = ghosts::bot_id(core)?;
    let mut row = room::get(tx, room_no)?;
    let event = NewEvent {
        place: Place::Newest { notify: false },
        from_network: true,
        ..NewEvent::message(&bot, "com.beeper.message_send_status", canonical(content)?, core.now())
    };
    append(tx, core, &mut row, event)?;
    Ok(())
}
