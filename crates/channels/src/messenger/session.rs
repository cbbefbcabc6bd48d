//! One page, or the Instagram account of one, connected.

use std::{sync::Arc, time::Duration};

use reqwest::multipart::Form;
use serde_json::{Value, json};
use unisono_domain::{
    channel::{
        Account, AccountState, BoxFuture, Host, Inbound, Media, Outbound, OutboundBody, Part, PortalKey, RemoteId,
        RemoteUserId, RequestError, SendOutcome, Session, SessionError, UserInfo,
    },
    text::Text,
};

use super::{Credentials, MOST_FILE, Platform, compose, convert, history::Archive};
use crate::{
    meta_graph::{self, FILE_WITHIN, Graph, read, window},
    rest::RestError,
};

/// What a page tells us of: for both networks the same, as the list replaces the one before
/// (<https://developers.facebook.com/docs/graph-api/reference/page/subscribed_apps>).
const FIELDS: &str = "messages,messaging_postbacks,message_reactions,message_reads,message_deliveries,message_echoes,\
                      message_edits,messaging_referrals,messaging_optins,messaging_handovers,standby";
/// Until a page is asked once more for its events, at first and at most.
const AGAIN: (Duration, Duration) = (Duration::from_secs(30), Duration::from_secs(3_600));
/// Largest picture on Instagram.
const MOST_PICTURE: u64 = 8 * 1024 * 1024;

const PDF_ONLY: Text = Text::new(
    "Instagram takes pictures up to 8 MB, sound, video and PDF, and no other files.",
    "Instagram nimmt Bilder bis 8 MB, Ton, Video und PDF, und keine anderen Dateien.",
);

pub(super) struct PageSession {
    account: Account,
    host: Arc<dyn Host>,
    own: Credentials,
    platform: Platform,
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

impl PageSession {
    pub(super) fn new(
        account: Account,
        host: Arc<dyn Host>,
        own: Credentials,
        platform: Platform,
    ) -> Result<Self, SessionError> {
        let graph = Graph::new(host.guard(), &own.access).map_err(meta_graph::session_error)?;
        Ok(Self { account, host, own, platform, graph })
    }

    async fn try_send(&self, outbound: &Outbound) -> Result<RemoteId, Failure> {
        match &outbound.body {
            OutboundBody::Message { parts, reply_to } => {
                // Who may write at all is known before a file is uploaded.
                let mut call = self.within_window(outbound)?;
                // The hub gives one part a message.
                call["message"] = self.message(parts.first().ok_or(Failure::Unsupported)?).await?;
                if let Some(answered) = reply_to {
                    call["reply_to"] = json!({ "mid": answered.id });
                }
                let answer = self.post(outbound, call).await?;
                let mid = read::id(&answer, "/message_id");
                Ok(RemoteId::new(mid.ok_or_else(|| RestError::Malformed("there is no id in it".to_owned()))?))
            }
            OutboundBody::Reaction { target, key } => {
                // Instagram knows the heart by its name.
                let is_heart = self.platform == Platform::Instagram && key.starts_with('❤');
                let reaction = if is_heart { "love" } else { key };
                self.act(outbound, "react", Some(json!({ "message_id": target.id, "reaction": reaction }))).await
            }
            OutboundBody::ReactionRemove { target, .. } => {
                self.act(outbound, "unreact", Some(json!({ "message_id": target.id }))).await
            }
            OutboundBody::Read { .. } => self.act(outbound, "mark_seen", None).await,
            OutboundBody::Typing { typing } => {
                self.act(outbound, if *typing { "typing_on" } else { "typing_off" }, None).await
            }
            OutboundBody::Edit { .. } | OutboundBody::Delete { .. } => Err(Failure::Unsupported),
        }
    }

    /// After a day only people may answer, for a week
    /// (<https://developers.facebook.com/docs/messenger-platform/send-messages/message-tags>).
    fn within_window(&self, outbound: &Outbound) -> Result<Value, Failure> {
        match window::age(outbound, self.host.now()) {
            Some(age) if age < window::DAY => Ok(json!({ "messaging_type": "RESPONSE" })),
            Some(age) if age < window::WEEK => Ok(json!({ "messaging_type": "MESSAGE_TAG", "tag": "HUMAN_AGENT" })),
            _ => Err(Failure::Refused(window::SEVEN_DAYS)),
        }
    }

    async fn message(&self, part: &Part) -> Result<Value, Failure> {
        let Some(media) = &part.media else { return Ok(compose::message(part, self.platform.most_text())) };
        let kind = compose::kind_of(part.kind);
        let too_large = kind == "image" && media.size.is_some_and(|size| size > MOST_PICTURE);
        let no_pdf = kind == "file" && meta_graph::bare_mime(&media.mime) != "application/pdf";
        if self.platform == Platform::Instagram && (too_large || no_pdf) {
            return Err(Failure::Refused(PDF_ONLY));
        }
        let id = self.upload(kind, media).await?;
        Ok(json!({ "attachment": { "type": kind, "payload": { "attachment_id": id } } }))
    }

    /// <https://developers.facebook.com/docs/messenger-platform/reference/attachment-upload-api>
    async fn upload(&self, kind: &str, media: &Media) -> Result<String, RestError> {
        let message = json!({ "attachment": { "type": kind, "payload": { "is_reusable": true } } });
        let mut form = Form::new().text("message", message.to_string());
        if self.platform == Platform::Instagram {
            form = form.text("platform", "instagram");
        }
        let form = meta_graph::upload(form, "filedata", media);
        // A file that lies there twice does no harm.
        let call = self.graph.post(&format!("{}/message_attachments", self.own.page_id)).multipart(form);
        let answer: Value = call.within(FILE_WITHIN).idempotent().send().await?;
        read::id(&answer, "/attachment_id").ok_or_else(|| RestError::Unsent("Meta gave no id for the file".to_owned()))
    }

    /// What leaves no message: no id comes back for it.
    async fn act(&self, outbound: &Outbound, action: &str, payload: Option<Value>) -> Result<RemoteId, Failure> {
        let mut call = json!({ "sender_action": action });
        if let Some(payload) = payload {
            call["payload"] = payload;
        }
        self.post(outbound, call).await?;
        Ok(RemoteId::new(format!("{action}:{}", outbound.txn)))
    }

    async fn post(&self, outbound: &Outbound, mut call: Value) -> Result<Value, RestError> {
        call["recipient"] = json!({ "id": outbound.portal.chat });
        self.graph.post(&format!("{}/messages", self.own.page_id)).json(&call).send().await
    }

    fn archive<'a>(&'a self, own: &'a [&'a str]) -> Archive<'a> {
        let scene = convert::Scene { account: self.account.id, platform: self.platform, own };
        Archive { graph: &self.graph, page_id: &self.own.page_id, platform: self.platform, scene }
    }

    /// Brings the latest conversations when the account is new. Without the right to read them it
    /// works all the same.
    async fn import(&self) -> Result<(), SessionError> {
        if self.host.cursor().await?.is_some() {
            return Ok(());
        }
        match self.archive(&self.own.ids()).latest().await {
            Ok(events) => Ok(self.host.deliver(events, Some(json!({ "imported": true }))).await?),
            Err(error) => {
                tracing::warn!(account.id = self.account.id.0, error = %error, "earlier conversations were not given");
                Ok(())
            }
        }
    }

    async fn subscribe(&self) -> Result<(), RestError> {
        let call = self.graph.post(&format!("{}/subscribed_apps", self.own.page_id));
        call.query(&[("subscribed_fields", FIELDS)]).idempotent().send::<Value>().await.map(drop)
    }
}

impl Session for PageSession {
    fn run(&self) -> BoxFuture<'_, Result<(), SessionError>> {
        Box::pin(async {
            let probe = self.graph.get(&self.own.page_id).query(&[("fields", "id,name")]);
            let _: Value = probe.send().await.map_err(meta_graph::session_error)?;
            self.host.report(AccountState::Connected);
            self.import().await?;
            let mut pause = AGAIN.0;
            while let Err(error) = self.subscribe().await {
                tracing::warn!(account.id = self.account.id.0, error = %error, "the page was not subscribed to");
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

    /// <https://developers.facebook.com/docs/messenger-platform/identity/user-profile>
    fn user_info<'a>(&'a self, user: &'a RemoteUserId) -> BoxFuture<'a, Result<UserInfo, RequestError>> {
        Box::pin(async move {
            let id = user.as_str();
            if id.is_empty() || !id.bytes().all(|byte| byte.is_ascii_digit()) {
                return Err(RequestError::NotFound);
            }
            let call = self.graph.get(id).query(&[("fields", self.platform.profile_fields())]);
            let profile: Value = call.send().await.map_err(meta_graph::request_error)?;
            let names = [read::text(&profile, "/name"), read::text(&profile, "/username")];
            let picture = read::text(&profile, "/profile_pic");
            Ok(UserInfo {
                name: names.into_iter().find(|name| !name.is_empty()).map(ToOwned::to_owned),
                avatar: (!picture.is_empty()).then(|| Media::lazy(picture, "picture.jpg", "image/jpeg")),
            })
        })
    }

    fn fetch_history<'a>(
        &'a self,
        portal: &'a PortalKey,
        limit: usize,
    ) -> BoxFuture<'a, Result<Vec<Inbound>, RequestError>> {
        Box::pin(async move { self.archive(&self.own.ids()).older(&*self.host, portal, limit).await })
    }

    /// Files and pictures are named by their addresses, which hold for some days.
    fn download<'a>(&'a self, media_id: &'a str) -> BoxFuture<'a, Result<bytes::Bytes, RequestError>> {
        let most = usize::try_from(MOST_FILE).unwrap_or(usize::MAX);
        Box::pin(self.graph.file(media_id, false, most))
    }
}
