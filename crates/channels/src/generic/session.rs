//! Our side's events as calls to the attached system.

use std::{sync::Arc, time::Duration};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use bytes::Bytes;
use serde::Deserialize;
use serde_json::{Value, json};
use unisono_domain::{
    channel::{
        Account, AccountState, BoxFuture, ChatInfo, FindSent, Host, MediaSource, MessageRef, Outbound, OutboundBody,
        Part, PortalKey, RemoteId, RemoteUser, RequestError, ResolvedChat, SendOutcome, Session, SessionError,
    },
    text::Text,
};
use url::Url;

use super::{Credentials, MOST_FILE, credentials, signature};
use crate::{
    net::{Http, NetError},
    rest::Rest,
};

const DOWNLOAD_WITHIN: Duration = Duration::from_secs(120);
/// Where an answer that refuses has its words.
const WORDS: &str = "/error";

pub(super) struct GenericSession {
    account: Account,
    host: Arc<dyn Host>,
    credentials: Credentials,
    files: Http,
    rest: Option<(Rest, Url)>,
}

/// What the system may answer.
#[derive(Default, Deserialize)]
struct Taken {
    /// Its own id of the message; ours counts where there is none.
    id: Option<String>,
}

impl GenericSession {
    pub(super) fn new(account: Account, host: Arc<dyn Host>) -> Result<Self, SessionError> {
        let broken = |error: &dyn std::fmt::Display| SessionError::Trouble {
            reason: Text::verbatim(&error.to_string()),
            retry_after: None,
        };
        let credentials =
            credentials(&account).ok_or_else(|| SessionError::BadCredentials(Text::verbatim("malformed")))?;
        let files = Http::new(host.guard().clone(), DOWNLOAD_WITHIN).map_err(|error| broken(&error))?;
        let rest = match &credentials.url {
            Some(url) => {
                let rest = Rest::new(host.guard(), url.as_str()).map_err(|error| broken(&error))?;
                Some((rest, url.clone()))
            }
            None => None,
        };
        Ok(Self { account, host, credentials, files, rest })
    }

    async fn post(&self, outbound: &Outbound) -> SendOutcome {
        let Some((rest, url)) = &self.rest else {
            return SendOutcome::Rejected {
                reason: Text::new(
                    "This connection has no address for answers.",
                    "Diese Verbindung hat keine Adresse für Antworten.",
                ),
            };
        };
        let body = Bytes::from(event(outbound).to_string());
        let id = if outbound.txn.is_empty() { "typing" } else { &outbound.txn };
        let Some(headers) = signature::headers(&self.credentials.secret, id, self.host.now(), &body) else {
            return SendOutcome::Unsupported;
        };
        let call = rest.call(reqwest::Method::POST, url.as_str()).header("content-type", "application/json");
        let call = headers.iter().fold(call, |call, (name, value)| call.header(name, value));
        match call.body(body).idempotent().answer(64 * 1024).await {
            Ok(answer) => {
                let taken: Taken = serde_json::from_slice(&answer.body).unwrap_or_default();
                let id = taken.id.filter(|id| !id.is_empty()).unwrap_or_else(|| outbound.txn.clone());
                SendOutcome::Sent { id: RemoteId::new(id), at: self.host.now(), data: Value::Null }
            }
            Err(error) => error.outcome(&*self.host, WORDS),
        }
    }
}

/// An event of ours in the form of the guide.
fn event(outbound: &Outbound) -> Value {
    let id = |message: &MessageRef| message.id.as_str().to_owned();
    let mut event = match &outbound.body {
        OutboundBody::Message { parts, reply_to } => {
            let mut event = content(parts);
            event["type"] = json!("message");
            event["reply_to"] = json!(reply_to.as_ref().map(id));
            event
        }
        OutboundBody::Edit { target, parts } => {
            let mut event = content(parts);
            event["type"] = json!("edit");
            event["target"] = json!(id(target));
            event
        }
        OutboundBody::Delete { target } => json!({ "type": "delete", "target": id(target) }),
        OutboundBody::Reaction { target, key } => json!({ "type": "reaction", "target": id(target), "key": key }),
        OutboundBody::ReactionRemove { target, key } => {
            json!({ "type": "reaction_remove", "target": id(target), "key": key })
        }
        OutboundBody::Read { up_to } => json!({ "type": "read", "target": id(up_to) }),
        OutboundBody::Typing { typing } => json!({ "type": "typing", "timeout": if *typing { 10_000 } else { 0 } }),
    };
    event["id"] = json!(outbound.txn);
    event["chat"] = json!({ "id": outbound.portal.chat.as_str() });
    event["at"] = json!(outbound.sent_at);
    event["sender_name"] = json!(outbound.sender_name);
    event
}

fn content(parts: &[Part]) -> Value {
    let mut content = json!({});
    let mut files = Vec::new();
    for part in parts {
        if let Some(media) = &part.media
            && let MediaSource::Bytes(bytes) = &media.source
        {
            files.push(json!({
                "name": media.name, "mime": media.mime, "kind": part.kind, "caption": part.text,
                "data": STANDARD.encode(bytes),
            }));
            continue;
        }
        content["text"] = json!(part.text);
        content["html"] = json!(part.html);
        if let Some((latitude, longitude)) = part.coordinates() {
            content["location"] = json!({ "latitude": latitude, "longitude": longitude, "label": part.text });
        }
        if let Some(card) = part.extra.get("org.unisono.card") {
            content["card"] = card.clone();
        }
    }
    if !files.is_empty() {
        content["files"] = Value::Array(files);
    }
    content
}

impl Session for GenericSession {
    fn run(&self) -> BoxFuture<'_, Result<(), SessionError>> {
        self.host.report(AccountState::Connected);
        Box::pin(std::future::pending())
    }

    fn send(&self, outbound: Outbound) -> BoxFuture<'_, SendOutcome> {
        Box::pin(async move { self.post(&outbound).await })
    }

    /// The same id again changes nothing at the other side: the guide asks for that.
    fn find_sent<'a>(&'a self, _: &'a Outbound) -> BoxFuture<'a, Result<FindSent, SessionError>> {
        Box::pin(async { Ok(FindSent::NotSent) })
    }

    fn resolve_identifier<'a>(&'a self, identifier: &'a str) -> BoxFuture<'a, Result<ResolvedChat, RequestError>> {
        Box::pin(async move {
            let user = RemoteUser::new(identifier);
            let portal = PortalKey::private(self.account.id, identifier);
            Ok(ResolvedChat { portal, info: ChatInfo::direct(user.clone()), user })
        })
    }

    fn download<'a>(&'a self, media_id: &'a str) -> BoxFuture<'a, Result<Bytes, RequestError>> {
        Box::pin(async move {
            let url: Url = media_id.parse().map_err(|_| RequestError::NotFound)?;
            let most = usize::try_from(MOST_FILE).unwrap_or(usize::MAX);
            self.files.get(&url, most).await.map_err(|error| match error {
                NetError::TooLarge | NetError::Forbidden(_) => {
                    RequestError::Invalid(Text::verbatim(&error.to_string()))
                }
                other => RequestError::Unavailable(other.to_string()),
            })
        })
    }
}
