//! Sending a failed message again by hand.

use ruma::{OwnedEventId, OwnedRoomId, OwnedUserId};
use unisono_store::{Hint, hub::outbox, rooms::events};

use super::{outcome, status::Fate};
use crate::{Engine, Error, Result, rooms::require_joined};

impl Engine {
    /// Queues a failed message of one's own once more.
    pub async fn retry_message(&self, user: OwnedUserId, room_id: OwnedRoomId, event_id: OwnedEventId) -> Result<()> {
        let core = self.core();
        self.db
            .write(move |tx| {
                let room = require_joined(tx, &room_id, &user)?;
                let event = events::find(tx, &event_id)?
                    .filter(|event| event.room_no == room.room_no)
                    .ok_or_else(|| Error::not_found("there is no such message here"))?;
                if event.sender != user {
                    return Err(Error::forbidden("this is not your message"));
                }
                let row =
                    outbox::find(tx, &event_id)?.ok_or_else(|| Error::not_found("this message has not failed"))?;
                if !outbox::queue_again(tx, row.outbox_no, core.now())? {
                    // It is on its way already; saying so twice does no harm.
                    return Ok(());
                }
                outcome::tell(tx, &core, &row, &Fate::Pending(None))?;
                tx.hint(Hint::Outbox);
                Ok(())
            })
            .await
    }
}
