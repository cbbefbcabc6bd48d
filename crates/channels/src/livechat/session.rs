//! One site: what is said to its visitors, and who listens.

use std::sync::Arc;

use serde_json::json;
use unisono_domain::{
    channel::{
        Account, AccountState, BoxFuture, FindSent, Host, Outbound, OutboundBody, PortalKey, RemoteId, Said,
        SendOutcome, Served, Session, SessionError, WebhookRequest,
    },
    text::Text,
};

use super::{
    limits::Limits,
    listeners::{Listeners, News},
    settings::Settings,
    visitor::Keys,
    wire::{Page, page_id},
};

pub(super) struct Site {
    pub account: Account,
    pub settings: Settings,
    pub keys: Keys,
    pub host: Arc<dyn Host>,
    pub listeners: Listeners,
    pub limits: Limits,
}

impl Site {
    pub(super) fn new(account: Account, keys: Keys, host: Arc<dyn Host>) -> Self {
        let mut settings = Settings::read(&account.settings);
        if settings.name.is_empty() {
            settings.name.clone_from(&account.display_name);
        }
        Self { account, settings, keys, host, listeners: Listeners::default(), limits: Limits::default() }
    }

    pub(super) fn page<'a>(&'a self, visitor: &'a str) -> Page<'a> {
        Page { keys: &self.keys, visitor, show_names: self.settings.show_names, now: self.host.now() }
    }

    /// Whether a message is for the visitor: their own, and ours once it was sent to them.
    pub(super) fn is_out(&self, said: &Said) -> bool {
        !said.mine || said.id.is_some() || self.listeners.is_sent(&said.event_id)
    }

    /// Tells the open pages how a message stands now.
    async fn show(&self, portal: &PortalKey, id: &RemoteId, new: bool) -> Result<(), SendOutcome> {
        let visitor = portal.chat.as_str();
        let said = self
            .host
            .said(portal, id)
            .await
            .map_err(|error| SendOutcome::Retry { after: None, reason: Text::verbatim(&error.to_string()) })?;
        // Without it, it was removed meanwhile.
        if let Some(said) = said {
            self.listeners.note_sent(&said.event_id);
            let position = new.then_some(said.position);
            self.listeners.tell(visitor, News::new("message", &self.page(visitor).message(&said), position));
        }
        Ok(())
    }

    async fn tell(&self, outbound: &Outbound) -> Result<RemoteId, SendOutcome> {
        let visitor = outbound.portal.chat.as_str();
        // What is sent again by hand keeps its id: it is the same message to the visitor.
        let own = RemoteId::new(outbound.txn.split('~').next().unwrap_or_default());
        match &outbound.body {
            OutboundBody::Message { .. } => self.show(&outbound.portal, &own, true).await?,
            OutboundBody::Edit { target, .. } => self.show(&outbound.portal, &target.id, false).await?,
            OutboundBody::Delete { target } => {
                let id = page_id(visitor, target.id.as_str());
                self.listeners.tell(visitor, News::new("deleted", &json!({ "id": id }), None));
            }
            OutboundBody::Read { up_to } => {
                let id = page_id(visitor, up_to.id.as_str());
                self.listeners.set_read(visitor, &id);
                self.listeners.tell(visitor, News::new("read", &json!({ "up_to": id }), None));
            }
            OutboundBody::Typing { typing } => {
                self.listeners.tell(visitor, News::new("typing", &json!({ "typing": typing }), None));
            }
            OutboundBody::Reaction { .. } | OutboundBody::ReactionRemove { .. } => {
                return Err(SendOutcome::Unsupported);
            }
        }
        Ok(own)
    }
}

impl Session for Site {
    fn run(&self) -> BoxFuture<'_, Result<(), SessionError>> {
        self.host.report(AccountState::Connected);
        Box::pin(std::future::pending())
    }

    fn send(&self, outbound: Outbound) -> BoxFuture<'_, SendOutcome> {
        Box::pin(async move {
            match self.tell(&outbound).await {
                Ok(id) => SendOutcome::Sent { id, at: self.host.now(), data: json!({}) },
                Err(outcome) => outcome,
            }
        })
    }

    /// A page takes a message twice under one id without harm.
    fn find_sent<'a>(&'a self, _: &'a Outbound) -> BoxFuture<'a, Result<FindSent, SessionError>> {
        Box::pin(async { Ok(FindSent::NotSent) })
    }

    fn serve<'a>(&'a self, request: &'a WebhookRequest) -> BoxFuture<'a, Option<Served>> {
        Box::pin(async move { Some(self.answer(request).await) })
    }
}
