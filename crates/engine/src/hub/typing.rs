//! Telling a network that somebody here types. Of the moment: never stored, never tried again.

use std::time::Duration;

use ruma::{RoomId, UserId};
use unisono_domain::channel::{AccountId, ChatId, Outbound, OutboundBody, PortalKey};
use unisono_store::{
    hub::{accounts, messages, portals},
    rooms::room,
};

use super::compose::message_ref;
use crate::{Engine, Error, Result};

/// Longer is not worth waiting for.
const WITHIN: Duration = Duration::from_secs(5);

/// Somebody types in a room, or stopped. If it is a portal of theirs, the network hears it.
pub(crate) fn on_typing(engine: &Engine, room_id: &RoomId, user_id: &UserId, typing: bool) {
    if engine.hub.channels().next().is_none() {
        return;
    }
    let (engine, room_id, user_id) = (engine.clone(), room_id.to_owned(), user_id.to_owned());
    tokio::spawn(async move {
        if let Err(error) = tell(&engine, &room_id, &user_id, typing).await {
            tracing::debug!(error = %error, "a network was not told of typing");
        }
    });
}

async fn tell(engine: &Engine, room_id: &RoomId, user_id: &UserId, typing: bool) -> Result<()> {
    let (room_id, user_id) = (room_id.to_owned(), user_id.to_owned());
    let core = engine.core();
    let found = engine
        .db
        .read(move |tx| {
            let Some(room) = room::find(tx, &room_id)? else { return Ok(None) };
            let Some(portal) = portals::find_room(tx, room.room_no)? else { return Ok(None) };
            let Some(account_id) = portals::find_account(tx, portal.portal_no, &user_id)? else { return Ok(None) };
            let account = accounts::get(tx, account_id)?;
            let able = core.hub.find_channel(&account.channel).is_some_and(|channel| channel.capabilities().typing);
            if !able {
                return Ok(None);
            }
            let received = messages::list_received(tx, portal.portal_no, i64::MAX, 1)?;
            let outbound = Outbound {
                portal: PortalKey {
                    chat: ChatId::new(&portal.chat),
                    receiver: (portal.receiver != 0).then_some(AccountId(portal.receiver)),
                },
                txn: String::new(),
                sent_at: core.now(),
                sender_name: None,
                subject: None,
                body: OutboundBody::Typing { typing },
                last: None,
                last_received: received.first().map(message_ref),
            };
            Ok::<_, Error>(Some((AccountId(account_id), outbound)))
        })
        .await?;
    let Some((account, outbound)) = found else { return Ok(()) };
    if let Some(session) = engine.hub.find_session(account)
        && tokio::time::timeout(WITHIN, session.send(outbound)).await.is_err()
    {
        tracing::debug!("a network took too long to hear of typing");
    }
    Ok(())
}
