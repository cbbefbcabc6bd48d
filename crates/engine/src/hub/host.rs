//! What the hub does for one session: takes what comes in, remembers where it was.

use std::{sync::Arc, time::Duration};

use futures_util::{StreamExt, TryStreamExt, stream};
use unisono_domain::{
    Millis,
    channel::{
        AccountId, AccountState, BoxFuture, ChatId, Host, HostError, Inbound, InboundBody, MessageRef, PortalKey,
        RemoteId, Said, Sender,
    },
    net::OutboundGuard,
};
use unisono_store::{
    Hint,
    hub::{accounts, accounts::AccountRow, inbox, messages, portals},
    rooms::room,
};

use super::{compose::message_ref, ghosts::ghost_id, prepare::brings_files, said};
use crate::{Engine, Error, Result};

/// Files that are stored at the same time.
const AT_ONCE: usize = 4;

pub(super) struct AccountHost {
    engine: Engine,
    account: AccountRow,
}

impl AccountHost {
    pub(super) fn new(engine: &Engine, account: &AccountRow) -> Arc<Self> {
        Arc::new(Self { engine: engine.clone(), account: account.clone() })
    }

    fn id(&self) -> AccountId {
        AccountId(self.account.account_id)
    }

    pub(super) async fn store(&self, events: Vec<Inbound>, cursor: Option<serde_json::Value>) -> Result<()> {
        let account_id = self.account.account_id;
        // Typing is of the moment and never stored.
        let (typing, events): (Vec<_>, Vec<_>) =
            events.into_iter().partition(|event| matches!(event.body, InboundBody::Typing { .. }));
        for event in &typing {
            self.show_typing(event).await?;
        }
        // Whether they are known is asked once more when they are written; here it saves their files.
        let fresh = if events.iter().any(brings_files) { self.without_known(events).await? } else { events };
        let stored: Vec<Inbound> = stream::iter(fresh)
            .map(|mut event| async move {
                if event.sent_at == Inbound::NO_TIME {
                    event.sent_at = self.engine.now();
                }
                self.engine.store_files(&self.account.owner, &mut event).await?;
                Ok::<_, Error>(event)
            })
            .buffered(AT_ONCE)
            .try_collect()
            .await?;
        let mut rows = Vec::with_capacity(stored.len());
        for event in stored {
            let json = serde_json::to_string(&event).map_err(Error::internal)?;
            let kind = event.body.kind();
            let from = match event.body {
                InboundBody::Moved { from } => Some(from),
                _ => None,
            };
            rows.push((event.portal, kind, event.id, json, from));
        }
        let (channel, now) = (self.account.channel.clone(), self.engine.now());
        let cursor = cursor.map(|cursor| cursor.to_string());
        self.engine
            .db
            .write(move |tx| {
                if accounts::find(tx, account_id)?.is_none_or(|account| account.removed.is_some()) {
                    return Err(Error::not_found("the account was removed"));
                }
                for (portal, kind, id, json, from) in &rows {
                    if !messages::see(tx, account_id, kind, id.as_str())? {
                        continue;
                    }
                    let receiver = portal.receiver.map_or(0, |receiver| receiver.0);
                    let chat = portal.chat.as_str();
                    if let Some(from) = from {
                        portals::rename(tx, &channel, from.as_str(), receiver, chat)?;
                        continue;
                    }
                    let portal_no = portals::find_or_insert(tx, &channel, chat, receiver, account_id)?;
                    inbox::insert(tx, account_id, portal_no, kind, id.as_str(), json, now)?;
                }
                if let Some(cursor) = &cursor {
                    accounts::set_cursor(tx, account_id, cursor)?;
                }
                if !rows.is_empty() {
                    tx.hint(Hint::Inbox(account_id));
                }
                Ok(())
            })
            .await
    }

    async fn show_typing(&self, event: &Inbound) -> Result<()> {
        let (InboundBody::Typing { timeout }, Sender::Remote(user)) = (&event.body, &event.sender) else {
            return Ok(());
        };
        let ghost = ghost_id(&self.engine, &self.account.channel, user.id.as_str())?;
        let (key, channel) = (event.portal.clone(), self.account.channel.clone());
        let room_id = self
            .engine
            .db
            .read(move |tx| {
                let receiver = key.receiver.map_or(0, |receiver| receiver.0);
                let Some(portal_no) = portals::find_key(tx, &channel, key.chat.as_str(), receiver)? else {
                    return Ok(None);
                };
                let Some(room_no) = portals::get(tx, portal_no)?.room_no else { return Ok(None) };
                Ok::<_, Error>(Some(room::get(tx, room_no)?.room_id))
            })
            .await?;
        let Some(room_id) = room_id else { return Ok(()) };
        let time = (*timeout > 0).then(|| Duration::from_millis(*timeout));
        match self.engine.set_typing(room_id, ghost, time).await {
            // A stranger who types before they ever wrote.
            Err(Error::Forbidden(_)) => Ok(()),
            other => other,
        }
    }

    /// Drops what is known before its files are stored once more.
    async fn without_known(&self, events: Vec<Inbound>) -> Result<Vec<Inbound>> {
        let keys: Vec<(&'static str, RemoteId)> =
            events.iter().map(|event| (event.body.kind(), event.id.clone())).collect();
        let account_id = self.account.account_id;
        let known = self
            .engine
            .db
            .read(move |tx| {
                keys.iter()
                    .map(|(kind, id)| Ok(messages::is_seen(tx, account_id, kind, id.as_str())?))
                    .collect::<Result<Vec<bool>>>()
            })
            .await?;
        Ok(events.into_iter().zip(known).filter(|(_, known)| !known).map(|(event, _)| event).collect())
    }

    async fn read_cursor(&self) -> Result<Option<serde_json::Value>> {
        let account_id = self.account.account_id;
        let cursor = self.engine.db.read(move |tx| Ok::<_, Error>(accounts::find_cursor(tx, account_id)?)).await?;
        cursor.map(|cursor| serde_json::from_str(&cursor).map_err(Error::internal)).transpose()
    }

    async fn look_up(&self, ids: Vec<RemoteId>) -> Result<Vec<(RemoteId, PortalKey)>> {
        let account_id = self.account.account_id;
        self.engine
            .db
            .read(move |tx| {
                let mut found = Vec::new();
                for id in &ids {
                    if let Some((chat, receiver)) = messages::find_portal(tx, account_id, id.as_str())? {
                        let receiver = (receiver != 0).then_some(AccountId(receiver));
                        found.push((id.clone(), PortalKey { chat: ChatId::new(chat), receiver }));
                    }
                }
                Ok(found)
            })
            .await
    }

    async fn list_up_to(&self, portal: PortalKey, up_to: RemoteId, limit: usize) -> Result<Vec<MessageRef>> {
        let channel = self.account.channel.clone();
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        self.engine
            .db
            .read(move |tx| {
                let receiver = portal.receiver.map_or(0, |receiver| receiver.0);
                let Some(portal_no) = portals::find_key(tx, &channel, portal.chat.as_str(), receiver)? else {
                    return Ok(Vec::new());
                };
                let Some(newest) =
                    messages::list(tx, portal_no, up_to.as_str(), "message")?.iter().map(|row| row.position).max()
                else {
                    return Ok(Vec::new());
                };
                let rows = messages::list_received(tx, portal_no, newest, limit)?;
                Ok(rows.iter().map(message_ref).collect())
            })
            .await
    }
}

#[expect(clippy::needless_pass_by_value, reason = "given to map_err")]
fn host_error(error: Error) -> HostError {
    HostError(error.to_string())
}

impl Host for AccountHost {
    fn deliver(
        &self,
        events: Vec<Inbound>,
        cursor: Option<serde_json::Value>,
    ) -> BoxFuture<'_, std::result::Result<(), HostError>> {
        Box::pin(async move { self.store(events, cursor).await.map_err(host_error) })
    }

    fn cursor(&self) -> BoxFuture<'_, std::result::Result<Option<serde_json::Value>, HostError>> {
        Box::pin(async move { self.read_cursor().await.map_err(host_error) })
    }

    fn find_portals<'a>(
        &'a self,
        messages: &'a [RemoteId],
    ) -> BoxFuture<'a, std::result::Result<Vec<(RemoteId, PortalKey)>, HostError>> {
        Box::pin(async move { self.look_up(messages.to_vec()).await.map_err(host_error) })
    }

    fn messages_up_to<'a>(
        &'a self,
        portal: &'a PortalKey,
        up_to: &'a RemoteId,
        limit: usize,
    ) -> BoxFuture<'a, std::result::Result<Vec<MessageRef>, HostError>> {
        Box::pin(async move { self.list_up_to(portal.clone(), up_to.clone(), limit).await.map_err(host_error) })
    }

    fn conversation<'a>(
        &'a self,
        portal: &'a PortalKey,
        after: Option<i64>,
        limit: usize,
    ) -> BoxFuture<'a, std::result::Result<Vec<Said>, HostError>> {
        let channel = &self.account.channel;
        Box::pin(async move { said::list(&self.engine, channel, portal, after, limit).await.map_err(host_error) })
    }

    fn said<'a>(
        &'a self,
        portal: &'a PortalKey,
        id: &'a RemoteId,
    ) -> BoxFuture<'a, std::result::Result<Option<Said>, HostError>> {
        Box::pin(async move { said::find(&self.engine, &self.account.channel, portal, id).await.map_err(host_error) })
    }

    fn media<'a>(&'a self, uri: &'a str) -> BoxFuture<'a, std::result::Result<bytes::Bytes, HostError>> {
        Box::pin(async move {
            let (_, bytes) = self.engine.read_media(uri.into()).await.map_err(host_error)?;
            Ok(bytes)
        })
    }

    fn report(&self, state: AccountState) {
        self.engine.hub.set_state(self.id(), state);
    }

    fn guard(&self) -> &OutboundGuard {
        &self.engine.config.guard
    }

    fn now(&self) -> Millis {
        self.engine.now()
    }
}
