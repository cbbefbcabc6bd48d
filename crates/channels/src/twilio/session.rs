//! Talking to Twilio.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use serde::Deserialize;
use unisono_domain::{
    channel::{
        Account, AccountId, AccountState, BoxFuture, Host, MediaSource, Outbound, OutboundBody, Part, RemoteId,
        RequestError, ResolvedChat, SendOutcome, Served, Session, SessionError, WebhookRequest,
    },
    text::Text,
};
use url::Url;

use super::{Credentials, credentials, errors, numbers, shelf::Shelf};
use crate::{rest::Rest, sms_text};

/// Largest file that is fetched, in bytes (WhatsApp and RCS have larger ones than MMS).
const MOST_FILE: usize = 100 * 1024 * 1024;
const FILE_WITHIN: Duration = Duration::from_secs(120);

const NO_FILES: Text = Text::new(
    "Twilio fetches files from us, and this server has no address on the internet (public_url is not set).",
    "Twilio holt Dateien bei uns ab, und dieser Server hat keine Adresse im Internet (public_url ist nicht gesetzt).",
);

pub(super) struct TwilioSession {
    account: AccountId,
    hook_url: Option<Url>,
    host: Arc<dyn Host>,
    credentials: Credentials,
    rest: Rest,
    shelf: Shelf,
}

#[derive(Deserialize)]
struct Taken {
    sid: String,
}

impl TwilioSession {
    pub(super) fn new(account: Account, host: Arc<dyn Host>) -> Result<Self, SessionError> {
        let credentials =
            credentials(&account).ok_or_else(|| SessionError::BadCredentials(Text::verbatim("malformed")))?;
        let rest = Rest::new(host.guard(), credentials.api()).map_err(|error| error.session(errors::WORDS))?;
        Ok(Self { account: account.id, hook_url: account.hook_url, host, credentials, rest, shelf: Shelf::default() })
    }

    async fn open(&self) -> Result<(), SessionError> {
        let opened = match &self.hook_url {
            Some(url) => numbers::register(&self.rest, &self.credentials, url).await,
            None => numbers::list(&self.rest, &self.credentials).await.map(drop),
        };
        opened.map_err(|error| error.session(errors::WORDS))
    }

    async fn dispatch(&self, outbound: &Outbound) -> SendOutcome {
        let OutboundBody::Message { parts, .. } = &outbound.body else { return SendOutcome::Unsupported };
        let to = outbound.portal.chat.as_str();
        if sms_text::digits(to).is_none() {
            return SendOutcome::Rejected { reason: sms_text::NO_ANSWER };
        }
        let mut form = vec![("To", to.to_owned())];
        let sender = &self.credentials.sender;
        if sender.starts_with("MG") {
            form.push(("MessagingServiceSid", sender.clone()));
        } else {
            // An answer comes from the address that was written to.
            let written_to = outbound.last_received.as_ref().and_then(|last| last.data["to"].as_str());
            form.push(("From", written_to.unwrap_or(sender).to_owned()));
        }
        if let Some(url) = &self.hook_url {
            form.push(("StatusCallback", url.to_string()));
        }
        let text: Vec<&str> = parts.iter().map(|part| part.text.as_str()).filter(|text| !text.is_empty()).collect();
        let text = text.join("\n");
        if !text.is_empty() {
            form.push(("Body", text.clone()));
        }
        for part in parts {
            match self.offer(part) {
                Ok(Some(url)) => form.push(("MediaUrl", url)),
                Ok(None) => {}
                Err(reason) => return SendOutcome::Rejected { reason },
            }
        }
        let call = self.rest.post(&self.credentials.path("Messages.json"));
        match self.credentials.sign_in(call).form(&form).send::<Taken>().await {
            Ok(taken) => {
                SendOutcome::Sent { id: RemoteId::new(taken.sid), at: self.host.now(), data: sms_text::note(&text) }
            }
            Err(error) => {
                let known = error.json()["code"].as_u64().and_then(errors::words);
                match (error.outcome(&*self.host, errors::WORDS), known) {
                    (SendOutcome::Rejected { .. }, Some(reason)) => SendOutcome::Rejected { reason },
                    (outcome, _) => outcome,
                }
            }
        }
    }

    /// Where Twilio can fetch a part's file.
    fn offer(&self, part: &Part) -> Result<Option<String>, Text> {
        let Some(media) = &part.media else { return Ok(None) };
        let MediaSource::Bytes(bytes) = &media.source else { return Ok(None) };
        let base = self.hook_url.as_ref().ok_or(NO_FILES)?;
        let place = self.shelf.put(bytes.clone(), &media.mime, self.host.now());
        Ok(Some(format!("{}/{place}", base.as_str().trim_end_matches('/'))))
    }

    /// Whether an address is Twilio's, so that it may see the token.
    fn is_twilio(&self, url: &str) -> bool {
        let Ok(url) = url.parse::<Url>() else { return false };
        let host = url.host_str().unwrap_or_default();
        url.as_str().starts_with(&format!("{}/", self.credentials.api().trim_end_matches('/')))
            || (url.scheme() == "https" && host.ends_with(".twilio.com"))
    }
}

impl Session for TwilioSession {
    fn run(&self) -> BoxFuture<'_, Result<(), SessionError>> {
        Box::pin(async {
            self.open().await?;
            self.host.report(AccountState::Connected);
            std::future::pending().await
        })
    }

    fn send(&self, outbound: Outbound) -> BoxFuture<'_, SendOutcome> {
        Box::pin(async move { self.dispatch(&outbound).await })
    }

    /// A chat of the sender's kind: RCS stays RCS.
    fn resolve_identifier<'a>(&'a self, identifier: &'a str) -> BoxFuture<'a, Result<ResolvedChat, RequestError>> {
        Box::pin(async move {
            let sender = &self.credentials.sender;
            let mut found = sms_text::resolve(self.account, sender, identifier)?;
            let network = sender.strip_suffix(sms_text::bare(sender)).unwrap_or_default();
            found.portal = sms_text::portal(self.account, &format!("{network}{}", found.portal.chat));
            Ok(found)
        })
    }

    fn download<'a>(&'a self, media_id: &'a str) -> BoxFuture<'a, Result<Bytes, RequestError>> {
        Box::pin(async move {
            if !self.is_twilio(media_id) {
                return Err(RequestError::NotFound);
            }
            let call = self.credentials.sign_in(self.rest.get(media_id)).within(FILE_WITHIN);
            call.answer(MOST_FILE).await.map(|answer| answer.body).map_err(|error| error.request(errors::WORDS))
        })
    }

    fn serve<'a>(&'a self, request: &'a WebhookRequest) -> BoxFuture<'a, Option<Served>> {
        Box::pin(async move { self.shelf.serve(request, self.host.now()) })
    }
}
