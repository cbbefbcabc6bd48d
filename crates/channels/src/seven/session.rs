//! Talking to seven.io.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use serde_json::{Value, json};
use unisono_domain::{
    channel::{
        Account, AccountId, AccountState, BoxFuture, FindSent, Host, MessageRef, Outbound, OutboundBody, RemoteId,
        RequestError, ResolvedChat, SendOutcome, Served, ServedBody, Session, SessionError, WebhookRequest,
        login::LoginError,
    },
    net::OutboundGuard,
    text::Text,
};
use url::Url;

use super::{
    Credentials,
    codes::{self, Verdict},
    convert::{Call, foreign_id},
    credentials, signature,
};
use crate::{
    rest::{self, Rest},
    sms_text,
};

/// Where an error has its words.
const WORDS: &str = "/error_text";
/// Largest file that is fetched, in bytes.
const MOST_FILE: usize = 100 * 1024 * 1024;
const FILE_WITHIN: Duration = Duration::from_secs(120);
const UNCLEAR: Text = Text::new(
    "seven.io did not say whether it sent the message.",
    "seven.io hat nicht gesagt, ob es die Nachricht gesendet hat.",
);

pub(super) struct SevenSession {
    account: AccountId,
    hook_url: Option<Url>,
    host: Arc<dyn Host>,
    credentials: Credentials,
    rest: Rest,
}

/// Whether seven.io takes the key; asks for the balance, which costs nothing.
pub(super) async fn probe(guard: &OutboundGuard, credentials: &Credentials) -> Result<(), LoginError> {
    let rest = Rest::new(guard, credentials.api()).map_err(|error| error.login(WORDS))?;
    let answer: Value = call(rest.get("balance"), credentials).send().await.map_err(|error| error.login(WORDS))?;
    codes::no_access(&answer).map_or(Ok(()), |reason| Err(LoginError::BadCredentials(reason)))
}

fn call<'a>(call: rest::Call<'a>, credentials: &Credentials) -> rest::Call<'a> {
    call.header("x-api-key", &credentials.key).header("accept", "application/json")
}

impl SevenSession {
    pub(super) fn new(account: Account, host: Arc<dyn Host>) -> Result<Self, SessionError> {
        let credentials =
            credentials(&account).ok_or_else(|| SessionError::BadCredentials(Text::verbatim("malformed")))?;
        let rest = Rest::new(host.guard(), credentials.api()).map_err(|error| error.session(WORDS))?;
        Ok(Self { account: account.id, hook_url: account.hook_url, host, credentials, rest })
    }

    fn get(&self, path: &str) -> rest::Call<'_> {
        call(self.rest.get(path), &self.credentials)
    }

    fn post(&self, path: &str) -> rest::Call<'_> {
        call(self.rest.post(path), &self.credentials)
    }

    async fn open(&self) -> Result<(), SessionError> {
        let balance: Value = self.get("balance").send().await.map_err(|error| error.session(WORDS))?;
        if let Some(reason) = codes::no_access(&balance) {
            return Err(SessionError::BadCredentials(reason));
        }
        match &self.hook_url {
            Some(url) => self.register(url).await,
            None => Ok(()),
        }
    }

    /// Has seven.io call us, unless it does already (<https://docs.seven.io/en/rest-api/endpoints/hooks>).
    async fn register(&self, url: &Url) -> Result<(), SessionError> {
        let known: Value = self.get("hooks").send().await.map_err(|error| error.session(WORDS))?;
        let hooks = known["hooks"].as_array().cloned().unwrap_or_default();
        let wanted = ["sms_mo", "dlr"].into_iter().chain(self.credentials.agent.as_ref().map(|_| "rcs"));
        for event in wanted {
            let is_this = |hook: &Value| {
                hook["target_url"] == url.as_str() && (hook["event_type"] == event || hook["event_type"] == "all")
            };
            if hooks.iter().any(is_this) {
                continue;
            }
            let form = [("target_url", url.as_str()), ("event_type", event), ("request_method", "JSON")];
            let made: Value = self.post("hooks").form(&form).send().await.map_err(|error| error.session(WORDS))?;
            if made["success"] == false {
                let words = made["error_message"].as_str().unwrap_or("?");
                return Err(SessionError::Trouble {
                    reason: Text::owned(
                        format!("seven.io does not want to call us: {words}"),
                        format!("seven.io will uns nicht anrufen: {words}"),
                    ),
                    retry_after: None,
                });
            }
        }
        Ok(())
    }

    async fn dispatch(&self, outbound: &Outbound) -> SendOutcome {
        let (digits, text) = match sms_text::outgoing(&outbound.portal, &outbound.body) {
            Ok(outgoing) => outgoing,
            Err(outcome) => return outcome,
        };
        let foreign_id = foreign_id(digits, &outbound.txn);
        let mut form = vec![("to", digits), ("text", text), ("foreign_id", &foreign_id)];
        let path = match &self.credentials.agent {
            Some(agent) => {
                form.extend([("from", agent.as_str()), ("fallback", "sms")]);
                "rcs/messages"
            }
            None => {
                // An answer comes from the number that was written to.
                let written_to = outbound.last_received.as_ref().and_then(|last| last.data["to"].as_str());
                form.push(("from", written_to.unwrap_or(&self.credentials.from)));
                "sms"
            }
        };
        let answer: Value = match self.post(path).form(&form).send().await {
            Ok(answer) => answer,
            Err(error) => return error.outcome(&*self.host, WORDS),
        };
        match codes::judge(&answer) {
            Verdict::Taken => {
                let message = &answer["messages"][0];
                let id = message["id"].as_str().map_or(foreign_id, ToOwned::to_owned);
                SendOutcome::Sent { id: RemoteId::new(id), at: self.host.now(), data: sms_text::note(text) }
            }
            Verdict::NoAccess(reason) => {
                self.host.report(AccountState::BadCredentials { reason: reason.clone() });
                SendOutcome::Retry { after: None, reason }
            }
            Verdict::Refused(reason) => SendOutcome::Rejected { reason },
            Verdict::Unclear => SendOutcome::Unknown { reason: UNCLEAR },
        }
    }

    /// Tells an RCS phone something of the moment; SMS has no such thing.
    async fn signal(&self, form: &[(&str, &str)]) -> SendOutcome {
        match self.post("rcs/events").form(form).idempotent().send::<Value>().await {
            Ok(_) => SendOutcome::Sent { id: RemoteId::new(""), at: self.host.now(), data: Value::Null },
            Err(error) => error.outcome(&*self.host, WORDS),
        }
    }

    /// Looks a message up in the journal by what we gave along.
    async fn look_up(&self, outbound: &Outbound) -> Result<FindSent, SessionError> {
        let Some(digits) = sms_text::digits(outbound.portal.chat.as_str()) else { return Ok(FindSent::CannotTell) };
        let foreign_id = foreign_id(digits, &outbound.txn);
        let asked = self.get("journal/outbound").query(&[("to", digits), ("limit", "100")]).send::<Value>().await;
        let journal = asked.map_err(|error| error.session(WORDS))?;
        let mut entries = journal.as_array().into_iter().flatten();
        Ok(match entries.find(|entry| entry["foreign_id"] == foreign_id).and_then(|entry| entry["id"].as_str()) {
            Some(id) => FindSent::Sent(MessageRef { id: RemoteId::new(id), data: json!({}) }),
            None => FindSent::CannotTell,
        })
    }

    /// Takes a status that does not say whose chat it is about; the message's number does.
    async fn take_status(&self, request: &WebhookRequest) -> Option<u16> {
        const AGAIN: u16 = 503;
        let call: Call = request.json().ok()?;
        let status = call.status()?;
        if !call.convert(self.account).ok()?.is_empty() {
            return None;
        }
        signature::verify(self.credentials.signing_key.as_deref(), request).ok()?;
        let Ok(found) = self.host.find_portals(&[RemoteId::new(&status.message)]).await else { return Some(AGAIN) };
        let (_, portal) = found.first()?;
        let events = status.tell(self.account, portal.chat.as_str()).into_iter().collect();
        Some(self.host.deliver(events, None).await.map_or(AGAIN, |()| 200))
    }
}

impl Session for SevenSession {
    fn run(&self) -> BoxFuture<'_, Result<(), SessionError>> {
        Box::pin(async {
            self.open().await?;
            self.host.report(AccountState::Connected);
            std::future::pending().await
        })
    }

    fn send(&self, outbound: Outbound) -> BoxFuture<'_, SendOutcome> {
        Box::pin(async move {
            match &outbound.body {
                OutboundBody::Typing { typing: true } if self.credentials.agent.is_some() => {
                    let Some(to) = sms_text::digits(outbound.portal.chat.as_str()) else {
                        return SendOutcome::Unsupported;
                    };
                    self.signal(&[("event", "IS_TYPING"), ("to", to)]).await
                }
                OutboundBody::Read { up_to } if up_to.data["rcs"] == true => {
                    let Some(id) = up_to.data["id"].as_str() else { return SendOutcome::Unsupported };
                    self.signal(&[("event", "READ"), ("msg_id", id)]).await
                }
                _ => self.dispatch(&outbound).await,
            }
        })
    }

    fn find_sent<'a>(&'a self, outbound: &'a Outbound) -> BoxFuture<'a, Result<FindSent, SessionError>> {
        Box::pin(self.look_up(outbound))
    }

    fn resolve_identifier<'a>(&'a self, identifier: &'a str) -> BoxFuture<'a, Result<ResolvedChat, RequestError>> {
        Box::pin(async move { sms_text::resolve(self.account, &self.credentials.from, identifier) })
    }

    /// RCS files lie at addresses of their own; the key is none of their business.
    fn download<'a>(&'a self, media_id: &'a str) -> BoxFuture<'a, Result<Bytes, RequestError>> {
        Box::pin(async move {
            let answer = self.rest.get(media_id).within(FILE_WITHIN).answer(MOST_FILE).await;
            answer.map(|answer| answer.body).map_err(|error| error.request(""))
        })
    }

    fn serve<'a>(&'a self, request: &'a WebhookRequest) -> BoxFuture<'a, Option<Served>> {
        Box::pin(async move {
            let status = self.take_status(request).await?;
            Some(Served { status, headers: Vec::new(), body: ServedBody::Bytes(Bytes::new()) })
        })
    }
}
