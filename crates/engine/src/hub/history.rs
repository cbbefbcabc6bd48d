//! Fetching what was said before the import, when somebody scrolls back.

use std::{sync::Arc, time::Duration};

use unisono_domain::channel::{AccountId, ChatId, Inbound, InboundBody, PortalKey, RequestError, Sender};
use unisono_store::{
    Tx,
    hub::{
        accounts::{self, AccountRow},
        messages::{self, MessageRow},
        portals::{self, PortalRow},
    },
    rooms::room::{self, RoomRow},
};

use super::{content::canonical, ghosts, ingest::contents};
use crate::{
    Core, Engine, Error, Result,
    rooms::{NewEvent, Place, append},
};

const PAGE: usize = 50;
const ANSWER_WITHIN: Duration = Duration::from_secs(30);

impl Engine {
    /// Fetches one page of earlier messages of a portal from its network and puts it before the
    /// oldest event that is here; gives how many events came. 0: there is nothing older, the room
    /// is no portal, or the network is away. Does nothing but that lookup for other rooms.
    pub async fn fetch_older(&self, room_no: i64) -> Result<usize> {
        let found = self
            .db
            .read(move |tx| {
                let Some(portal) = portals::find_room(tx, room_no)?.filter(|portal| !portal.history_done) else {
                    return Ok(None);
                };
                let account = accounts::find(tx, portal.account_id)?;
                Ok::<_, Error>(account.map(|account| (portal, account)))
            })
            .await?;
        let Some((portal, account)) = found else { return Ok(0) };
        let Some(session) = self.hub.find_session(AccountId(account.account_id)) else { return Ok(0) };
        let key = PortalKey {
            chat: ChatId::new(&portal.chat),
            receiver: (portal.receiver != 0).then_some(AccountId(portal.receiver)),
        };
        let page = tokio::time::timeout(ANSWER_WITHIN, session.fetch_history(&key, PAGE)).await;
        let events = match page {
            Ok(Ok(events)) => events,
            Ok(Err(RequestError::Unsupported)) => Vec::new(),
            Ok(Err(error)) => {
                tracing::info!(error = %error, account.id = account.account_id, "earlier messages cannot be fetched");
                return Ok(0);
            }
            Err(_) => return Ok(0),
        };
        if events.is_empty() {
            let portal_no = portal.portal_no;
            self.db.write(move |tx| Ok::<_, Error>(portals::set_history_done(tx, portal_no)?)).await?;
            return Ok(0);
        }
        let mut ready = Vec::with_capacity(events.len());
        for mut event in events {
            self.store_files(&account.owner, &mut event).await?;
            if self.fetch_files(&account.owner, Some(&*session), &mut event, false).await.is_ok() {
                ready.push(event);
            }
        }
        let (core, ready) = (self.core(), Arc::new(ready));
        self.db.write(move |tx| write(tx, &core, &account, &portal, room_no, &ready)).await
    }
}

/// One event of a page.
struct Earlier<'a> {
    inbound: &'a Inbound,
    sender: ruma::OwnedUserId,
    content: serde_json::Value,
    row: MessageRow,
    first: bool,
}

fn write(
    tx: &mut Tx<'_>,
    core: &Core,
    account: &AccountRow,
    portal: &PortalRow,
    room_no: i64,
    page: &[Inbound],
) -> Result<usize> {
    let mut room = room::get(tx, room_no)?;
    let mut list = Vec::new();
    for inbound in page {
        let InboundBody::Message { parts, reply_to } = &inbound.body else { continue };
        if !messages::see(tx, account.account_id, "message", inbound.id.as_str())? {
            continue;
        }
        let sender = match &inbound.sender {
            Sender::Me => account.owner.clone(),
            Sender::System => ghosts::bot_id(core)?,
            Sender::Remote(user) => {
                let ghost = ghosts::ensure(tx, core, &account.channel, user)?;
                ghosts::ensure_joined(tx, core, &mut room, &ghost)?;
                ghost
            }
        };
        for (number, (content, row)) in
            contents(tx, portal.portal_no, inbound, parts, reply_to.as_ref())?.into_iter().enumerate()
        {
            list.push(Earlier { inbound, sender: sender.clone(), content, row, first: number == 0 });
        }
    }
    put(tx, core, account, &mut room, list)
}

fn put(
    tx: &mut Tx<'_>,
    core: &Core,
    account: &AccountRow,
    room: &mut RoomRow,
    list: Vec<Earlier<'_>>,
) -> Result<usize> {
    let count = list.len();
    let lowest = room::lower_by(tx, room.room_no, i64::try_from(count).map_err(Error::internal)?)?;
    let mut main = None;
    for (position, earlier) in (lowest..).zip(list) {
        let mut content = earlier.content;
        match &main {
            Some(main) if !earlier.first => content["org.unisono.part_of"] = serde_json::json!(main),
            _ => {}
        }
        let event = NewEvent {
            place: Place::Before { position },
            from_network: true,
            ..NewEvent::message(&earlier.sender, "m.room.message", canonical(content)?, earlier.inbound.sent_at)
        };
        let appended = append(tx, core, room, event)?;
        if earlier.first {
            main = Some(appended.event_id.clone());
        }
        let row = MessageRow { event_id: appended.event_id, position, ..earlier.row };
        messages::insert(tx, account.account_id, &row)?;
    }
    Ok(count)
}
