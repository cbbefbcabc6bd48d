//! One telephone number, connected.

use std::{sync::Arc, time::Duration};

use reqwest::multipart::Form;
use serde_json::{Value, json};
use unisono_domain::{
    channel::{
        Account, AccountState, BoxFuture, ChatInfo, Host, Media, MediaSource, Outbound, OutboundBody, Part, PartKind,
        PortalKey, RemoteId, RequestError, ResolvedChat, SendOutcome, Session, SessionError, Template,
    },
    text::Text,
};

use super::{Credentials, MOST_FILE, compose, convert, groups, templates};
use crate::{
    meta_graph::{self, FILE_WITHIN, Graph, read, window},
    phone,
    rest::RestError,
};

/// Until Meta is told our address once more, at first and at most.
const AGAIN: (Duration, Duration) = (Duration::from_secs(5), Duration::from_secs(3_600));

const NO_NUMBER: Text = Text::new(
    "This is not a telephone number. Write it with the country's code: +49 170 1234567.",
    "Das ist keine Telefonnummer. Schreib sie mit Ländervorwahl: +49 170 1234567.",
);

pub(super) struct WhatsAppSession {
    account: Account,
    host: Arc<dyn Host>,
    own: Credentials,
    graph: Graph,
}

/// Why a message did not go.
enum Failure {
    Rest(RestError),
    /// Not even tried.
    Refused(Text),
    Unsupported,
}

impl From<RestError> for Failure {
    fn from(error: RestError) -> Self {
        Self::Rest(error)
    }
}

impl WhatsAppSession {
    pub(super) fn new(account: Account, host: Arc<dyn Host>, own: Credentials) -> Result<Self, SessionError> {
        let graph = Graph::new(host.guard(), &own.access).map_err(meta_graph::session_error)?;
        Ok(Self { account, host, own, graph })
    }

    async fn try_send(&self, outbound: &Outbound) -> Result<RemoteId, Failure> {
        match &outbound.body {
            OutboundBody::Message { parts, reply_to } => {
                // The hub gives one part a message.
                let part = parts.first().ok_or(Failure::Unsupported)?;
                let wish = part.extra.get("org.unisono.template");
                let mut message = match wish {
                    Some(wish) => {
                        let template = templates::fill(&self.graph, &self.own.waba_id, wish).await?;
                        json!({ "type": "template", "template": template.map_err(Failure::Refused)? })
                    }
                    None => {
                        self.check_window(outbound)?;
                        self.message(part).await?
                    }
                };
                if let Some(answered) = reply_to {
                    message["context"] = json!({ "message_id": answered.id });
                }
                self.post(outbound, message).await
            }
            OutboundBody::Reaction { target, key } => self.react(outbound, &target.id, key).await,
            OutboundBody::ReactionRemove { target, .. } => self.react(outbound, &target.id, "").await,
            OutboundBody::Read { up_to } => self.mark(&up_to.id, false).await,
            OutboundBody::Typing { typing: true } => match &outbound.last_received {
                Some(last) => self.mark(&last.id, true).await,
                None => Ok(RemoteId::new("typing")),
            },
            // It ends by itself after 25 seconds, or with the message.
            OutboundBody::Typing { typing: false } => Ok(RemoteId::new("typing")),
            OutboundBody::Edit { .. } | OutboundBody::Delete { .. } => Err(Failure::Unsupported),
        }
    }

    fn check_window(&self, outbound: &Outbound) -> Result<(), Failure> {
        let is_open = window::age(outbound, self.host.now()).is_some_and(|age| age < window::DAY);
        if is_open { Ok(()) } else { Err(Failure::Refused(window::TEMPLATE)) }
    }

    async fn message(&self, part: &Part) -> Result<Value, Failure> {
        let Some(media) = &part.media else { return Ok(compose::message(part)) };
        if part.kind == PartKind::Contact
            && let MediaSource::Bytes(vcard) = &media.source
            && let Some(card) = compose::card_of(vcard)
        {
            return Ok(card);
        }
        let id = self.upload(media).await?;
        Ok(compose::file(part, media, &id))
    }

    async fn upload(&self, media: &Media) -> Result<String, RestError> {
        let form = Form::new().text("messaging_product", "whatsapp").text("type", media.mime.clone());
        let form = meta_graph::upload(form, "file", media);
        // A file that lies there twice does no harm.
        let call = self.graph.post(&format!("{}/media", self.own.phone_number_id)).multipart(form);
        let answer: Value = call.within(FILE_WITHIN).idempotent().send().await?;
        read::id(&answer, "/id").ok_or_else(|| RestError::Unsent("Meta gave no id for the file".to_owned()))
    }

    async fn react(&self, outbound: &Outbound, target: &RemoteId, emoji: &str) -> Result<RemoteId, Failure> {
        self.check_window(outbound)?;
        let reaction = json!({ "message_id": target, "emoji": emoji });
        self.post(outbound, json!({ "type": "reaction", "reaction": reaction })).await
    }

    async fn post(&self, outbound: &Outbound, mut message: Value) -> Result<RemoteId, Failure> {
        let chat = outbound.portal.chat.as_str();
        message["messaging_product"] = json!("whatsapp");
        message["recipient_type"] = json!("individual");
        if convert::is_number(chat) {
            message["to"] = json!(format!("+{chat}"));
        } else if convert::is_user_id(chat) {
            message["recipient"] = json!(chat);
        } else {
            message["recipient_type"] = json!("group");
            message["to"] = json!(chat);
        }
        let answer = self.tell(&message).await?;
        let id = read::id(&answer, "/messages/0/id");
        Ok(RemoteId::new(id.ok_or_else(|| RestError::Malformed("there is no id in it".to_owned()))?))
    }

    /// Reading and typing are one call; who types has read.
    async fn mark(&self, message: &RemoteId, typing: bool) -> Result<RemoteId, Failure> {
        let mut mark = json!({ "messaging_product": "whatsapp", "status": "read", "message_id": message });
        if typing {
            mark["typing_indicator"] = json!({ "type": "text" });
        }
        self.tell(&mark).await?;
        Ok(message.clone())
    }

    async fn tell(&self, body: &Value) -> Result<Value, RestError> {
        self.graph.post(&format!("{}/messages", self.own.phone_number_id)).json(body).send().await
    }

    /// Has Meta send this number's calls here, whatever address the app has for its other numbers
    /// (<https://developers.facebook.com/docs/whatsapp/embedded-signup/webhooks/override>).
    async fn point_here(&self) -> Result<(), RestError> {
        let subscribed = self.graph.post(&format!("{}/subscribed_apps", self.own.waba_id)).idempotent();
        let _: Value = subscribed.send().await?;
        match &self.account.hook_url {
            Some(url) => self.override_hook(url.as_str()).await,
            None => Ok(()),
        }
    }

    async fn override_hook(&self, url: &str) -> Result<(), RestError> {
        let webhook = json!({ "override_callback_uri": url, "verify_token": self.account.hook });
        let call = self.graph.post(&self.own.phone_number_id).json(&json!({ "webhook_configuration": webhook }));
        call.idempotent().send::<Value>().await.map(drop)
    }
}

/// Whether an id can be a piece of a path without leading elsewhere.
fn is_plain(id: &str) -> bool {
    !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'))
}

impl Session for WhatsAppSession {
    fn run(&self) -> BoxFuture<'_, Result<(), SessionError>> {
        Box::pin(async {
            super::probe(&self.graph, &self.own).await.map_err(meta_graph::session_error)?;
            self.host.report(AccountState::Connected);
            let mut pause = AGAIN.0;
            // Meta asks our address at once whether it is ours, and it may not be open yet.
            while let Err(error) = self.point_here().await {
                tracing::warn!(account.id = self.account.id.0, error = %error, "Meta did not take the address for calls");
                tokio::time::sleep(pause).await;
                pause = (pause * 2).min(AGAIN.1);
            }
            std::future::pending().await
        })
    }

    fn send(&self, outbound: Outbound) -> BoxFuture<'_, SendOutcome> {
        Box::pin(async move {
            match self.try_send(&outbound).await {
                Ok(id) => SendOutcome::Sent { id, at: self.host.now(), data: Value::Null },
                Err(Failure::Rest(error)) => meta_graph::outcome(error, &*self.host),
                Err(Failure::Refused(reason)) => SendOutcome::Rejected { reason },
                Err(Failure::Unsupported) => SendOutcome::Unsupported,
            }
        })
    }

    /// <https://developers.facebook.com/docs/whatsapp/cloud-api/groups/reference>
    fn chat_info<'a>(&'a self, portal: &'a PortalKey) -> BoxFuture<'a, Result<ChatInfo, RequestError>> {
        Box::pin(async move {
            let chat = portal.chat.as_str();
            if convert::is_number(chat) || convert::is_user_id(chat) {
                return Ok(ChatInfo::direct(convert::person(chat)));
            }
            if !is_plain(chat) {
                return Err(RequestError::NotFound);
            }
            let call = self.graph.get(chat).query(&[("fields", "subject,description,participants")]);
            let group: Value = call.send().await.map_err(meta_graph::request_error)?;
            Ok(groups::info(&group))
        })
    }

    /// Whether the number has WhatsApp shows only when something is sent to it.
    fn resolve_identifier<'a>(&'a self, identifier: &'a str) -> BoxFuture<'a, Result<ResolvedChat, RequestError>> {
        let number = phone::e164(identifier, phone::region(&self.own.number).as_deref());
        Box::pin(async move {
            let number = number.ok_or(RequestError::Invalid(NO_NUMBER))?;
            let id = number.trim_start_matches('+');
            let user = convert::person(id);
            let portal = PortalKey::private(self.account.id, id);
            Ok(ResolvedChat { portal, info: ChatInfo::direct(user.clone()), user })
        })
    }

    fn download<'a>(&'a self, media_id: &'a str) -> BoxFuture<'a, Result<bytes::Bytes, RequestError>> {
        Box::pin(async move {
            if !is_plain(media_id) {
                return Err(RequestError::NotFound);
            }
            let call = self.graph.get(media_id).query(&[("phone_number_id", &self.own.phone_number_id)]);
            let found: Value = call.send().await.map_err(meta_graph::request_error)?;
            let most = usize::try_from(MOST_FILE).unwrap_or(usize::MAX);
            self.graph.file(read::text(&found, "/url"), true, most).await
        })
    }

    fn templates(&self) -> BoxFuture<'_, Result<Vec<Template>, RequestError>> {
        Box::pin(templates::fetch(&self.graph, &self.own.waba_id))
    }

    fn logout(&self) -> BoxFuture<'_, Result<(), RequestError>> {
        Box::pin(async { self.override_hook("").await.map_err(meta_graph::request_error) })
    }
}
