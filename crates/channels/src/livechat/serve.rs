//! What the bubble asks of us. Everything here may come from anybody.

use std::time::Duration;

use serde_json::{Value, json};
use unisono_domain::channel::{
    CLIENT, Inbound, InboundBody, Media, Part, RemoteId, Sender, Served, ServedBody, WebhookRequest,
};

use super::{
    files, limits,
    listeners::{self, News},
    refusal::Refusal,
    requests::{self, Customer, Delete, Edit, Got, Read, Text, Typing, Visit},
    session::Site,
    settings::Ask,
    visitor::Visitor,
    wire,
};
use crate::phone;

/// Messages that a page gets at first, and at most after a break.
const PAGE: usize = 60;
const CAUGHT_UP: usize = 600;
/// Typing that is not renewed ends, in milliseconds.
const TYPES_FOR: u64 = 8_000;
/// How long to look whether a message has found its place, in milliseconds.
const SETTLES: [u64; 7] = [5, 10, 20, 40, 100, 300, 600];
/// Receipts in one call.
const RECEIPTS: usize = 50;

type Answer = Result<Served, Refusal>;

fn ok(body: &Value) -> Served {
    let headers = vec![
        ("content-type".to_owned(), "application/json".to_owned()),
        ("cache-control".to_owned(), "no-store".to_owned()),
    ];
    Served { status: 200, headers, body: ServedBody::Bytes(body.to_string().into()) }
}

impl Site {
    pub(super) async fn answer(&self, request: &WebhookRequest) -> Served {
        let Ok(origin) = self.settings.allow(request) else { return Refusal::Origin.serve() };
        let mut served = if request.method == "OPTIONS" {
            let headers = [
                ("access-control-allow-methods", "GET, POST"),
                ("access-control-allow-headers", "authorization, content-type, last-event-id"),
                ("access-control-max-age", "7200"),
            ];
            let headers = headers.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec();
            Served { status: 204, headers, body: ServedBody::Bytes(bytes::Bytes::new()) }
        } else {
            self.route(request).await.unwrap_or_else(Refusal::serve)
        };
        if let Some(origin) = origin {
            served.headers.push(("access-control-allow-origin".to_owned(), origin));
        }
        served.headers.push(("vary".to_owned(), "origin".to_owned()));
        served
    }

    async fn route(&self, request: &WebhookRequest) -> Answer {
        match (request.method.as_str(), request.path.as_str()) {
            ("GET" | "HEAD", "config") => Ok(ok(&self.settings.public())),
            ("POST", "visit") => self.visit(request),
            ("GET", "messages") => self.list(request).await,
            ("GET", "events") => self.events(request).await,
            ("POST", "messages") => self.message(request).await,
            ("POST", "files") => self.take_file(request).await,
            ("POST", "edit") => self.edit(request).await,
            ("POST", "delete") => self.delete(request).await,
            ("POST", "typing") => self.typing(request).await,
            ("POST", "got") => self.got(request).await,
            ("POST", "read") => self.read(request).await,
            ("GET" | "HEAD", path) if path.starts_with("file/") => self.give_file(path).await,
            _ => Err(Refusal::NotFound),
        }
    }

    fn limit(&self, what: &'static str, who: &str, rate: limits::Rate) -> Result<(), Refusal> {
        self.limits.take(what, who, rate, self.host.now()).map_err(Refusal::Limited)
    }

    /// Who asks (RFC 6750, section 2.1).
    fn visitor(&self, request: &WebhookRequest) -> Result<Visitor, Refusal> {
        let token = request.header("authorization").and_then(|value| value.strip_prefix("Bearer "));
        self.keys.open(token.unwrap_or_default(), self.host.now()).ok_or(Refusal::Token)
    }

    /// Begins or renews a visit. Nothing is stored: what the form says goes into the token.
    fn visit(&self, request: &WebhookRequest) -> Answer {
        let now = self.host.now();
        self.limit("visit", request.header(CLIENT).unwrap_or_default(), limits::VISITS)?;
        let asked: Visit = requests::json(request)?;
        let german = asked.language.as_deref().is_some_and(|language| language.starts_with("de"));
        let known = asked.token.as_deref().and_then(|token| self.keys.open(token, now));
        let mut visitor = match &asked.user {
            Some(Customer { id, hash }) => {
                if id.is_empty() || id.len() > 200 || !self.keys.vouches(id, hash) {
                    return Err(Refusal::Identity);
                }
                let mut visitor = Visitor::new(self.keys.customer(id), german, now);
                if let Some(known) = known.filter(|known| known.id == visitor.id) {
                    visitor = known;
                }
                visitor.customer = true;
                visitor
            }
            // A page on which nobody is logged in must not go on as the customer who was.
            None => known.filter(|known| !known.customer).unwrap_or_else(|| Visitor::stranger(german, now)),
        };
        visitor.renew(now);
        visitor.name = requests::line(asked.name.as_deref(), 80).or(visitor.name);
        if let Some(given) = requests::line(asked.email.as_deref(), 254) {
            visitor.email = Some(requests::email(&given).ok_or(Refusal::Field("email"))?);
        }
        if let Some(given) = requests::line(asked.phone.as_deref(), 40) {
            visitor.phone = Some(phone::e164(&given, Some("DE")).ok_or(Refusal::Field("phone"))?);
        }
        // The site knows its customers; strangers are asked.
        let needed = [
            (self.settings.ask_name, visitor.name.is_none(), "name"),
            (self.settings.ask_email, visitor.email.is_none(), "email"),
            (self.settings.ask_phone, visitor.phone.is_none(), "phone"),
        ];
        let missing = needed.iter().find(|(ask, missing, _)| *ask == Ask::Required && *missing);
        if let Some((_, _, field)) = missing.filter(|_| !visitor.customer) {
            return Err(Refusal::Field(field));
        }
        let token = self.keys.issue(&visitor);
        Ok(ok(&json!({ "token": token, "visitor": visitor.id, "name": visitor.name })))
    }

    /// How things stand: the newest messages, and all after a place.
    async fn stand(&self, visitor: &Visitor, after: Option<i64>) -> Result<(Value, Option<i64>), Refusal> {
        let portal = visitor.portal(self.account.id);
        let mut said = self.host.conversation(&portal, None, PAGE).await?;
        let whole = said.len() < PAGE;
        if let (Some(after), Some(first)) = (after, said.first().map(|first| first.position))
            && after < first
        {
            let mut between = self.host.conversation(&portal, Some(after), CAUGHT_UP).await?;
            between.retain(|one| one.position < first);
            between.append(&mut said);
            said = between;
        }
        let last = said.last().map(|last| last.position);
        let page = self.page(&visitor.id);
        let messages: Vec<Value> = said.iter().filter(|one| self.is_out(one)).map(|one| page.message(one)).collect();
        let read = self.listeners.find_read(&visitor.id);
        Ok((json!({ "messages": messages, "whole": whole, "read": read }), last))
    }

    /// For pages whose network lets no stream through.
    async fn list(&self, request: &WebhookRequest) -> Answer {
        let visitor = self.visitor(request)?;
        self.limit("list", &visitor.id, limits::READS)?;
        Ok(ok(&self.stand(&visitor, place(request)).await?.0))
    }

    async fn events(&self, request: &WebhookRequest) -> Answer {
        let visitor = self.visitor(request)?;
        self.limit("list", &visitor.id, limits::READS)?;
        let receiver = self.listeners.join(&visitor.id).ok_or(Refusal::Limited(60_000))?;
        let (stand, last) = self.stand(&visitor, place(request)).await?;
        let headers =
            [("content-type", "text/event-stream"), ("cache-control", "no-store"), ("x-accel-buffering", "no")];
        Ok(Served {
            status: 200,
            headers: headers.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec(),
            body: listeners::body(receiver, &News::new("sync", &stand, last)),
        })
    }

    /// An event by the visitor, as the hub takes it.
    fn event(&self, visitor: &Visitor, id: impl Into<String>, body: InboundBody) -> Inbound {
        let sender = Sender::Remote(visitor.user());
        Inbound::new(visitor.portal(self.account.id), sender, id, self.host.now(), body).in_chat(visitor.chat())
    }

    async fn message(&self, request: &WebhookRequest) -> Answer {
        let visitor = self.visitor(request)?;
        let asked: Text = requests::json(request)?;
        let (own, text) = (requests::own_id(&asked.id)?, requests::text(&asked.text)?);
        let reply_to = asked.reply_to.as_deref().map(requests::any_id).transpose()?;
        self.limit("message", &visitor.id, limits::MESSAGES)?;
        let mut part = Part::text("0", text.as_str());
        if let Some(choice) = &asked.choice {
            let (id, label) = (requests::line(Some(&choice.id), 200), requests::line(Some(&choice.label), 200));
            part = part.with("org.unisono.choice", json!({ "id": id, "label": label }));
        }
        if let Some(page) = requests::line(asked.page.as_deref(), 500).filter(|page| page.starts_with("http")) {
            part = part.with("org.unisono.visit", json!({ "page": page }));
        }
        let answers = reply_to.map(|id| RemoteId::new(wire::remote_id(&visitor, id)));
        let body = InboundBody::Message { parts: vec![part], reply_to: answers };
        self.host.deliver(vec![self.event(&visitor, visitor.message_id(own), body)], None).await?;
        self.settle(&visitor, own).await
    }

    /// A message is on disk already; a moment later it stands in the conversation, where all pages of
    /// the visitor see it.
    async fn settle(&self, visitor: &Visitor, own: &str) -> Answer {
        let (portal, id) = (visitor.portal(self.account.id), RemoteId::new(visitor.message_id(own)));
        for pause in SETTLES {
            tokio::time::sleep(Duration::from_millis(pause)).await;
            if let Some(said) = self.host.said(&portal, &id).await? {
                let message = self.page(&visitor.id).message(&said);
                self.listeners.tell(&visitor.id, News::new("message", &message, Some(said.position)));
                return Ok(ok(&message));
            }
        }
        Ok(ok(&json!({ "id": own })))
    }

    async fn take_file(&self, request: &WebhookRequest) -> Answer {
        let visitor = self.visitor(request)?;
        let own = requests::own_id(request.parameter("id").unwrap_or_default())?;
        if request.body.len() > self.settings.max_file {
            return Err(Refusal::TooLarge);
        }
        if request.body.is_empty() {
            return Err(Refusal::Malformed);
        }
        let name = files::tame_name(request.parameter("name").unwrap_or_default());
        let (kind, mime) = files::kind_of(&name, &request.body).ok_or(Refusal::FileType)?;
        self.limit("file", &visitor.id, limits::FILES)?;
        let part = Part::media("0", kind, Media::bytes(request.body.clone(), name, mime), "");
        let event = self.event(&visitor, visitor.message_id(own), InboundBody::message(vec![part]));
        self.host.deliver(vec![event], None).await?;
        self.settle(&visitor, own).await
    }

    async fn edit(&self, request: &WebhookRequest) -> Answer {
        let visitor = self.visitor(request)?;
        let asked: Edit = requests::json(request)?;
        let (own, edit, text) =
            (requests::own_id(&asked.id)?, requests::own_id(&asked.edit)?, requests::text(&asked.text)?);
        self.limit("message", &visitor.id, limits::MESSAGES)?;
        self.require_own(&visitor, own).await?;
        let target = RemoteId::new(visitor.message_id(own));
        let body = InboundBody::Edit { target, parts: vec![Part::text("0", text.as_str())] };
        self.host.deliver(vec![self.event(&visitor, visitor.message_id(edit), body)], None).await?;
        self.listeners.tell(&visitor.id, News::new("edited", &json!({ "id": own, "text": text }), None));
        Ok(ok(&json!({})))
    }

    async fn delete(&self, request: &WebhookRequest) -> Answer {
        let visitor = self.visitor(request)?;
        let asked: Delete = requests::json(request)?;
        let own = requests::own_id(&asked.id)?;
        self.limit("message", &visitor.id, limits::MESSAGES)?;
        self.require_own(&visitor, own).await?;
        let target = RemoteId::new(visitor.message_id(own));
        let event = self.event(&visitor, target.as_str(), InboundBody::Delete { target: target.clone() });
        self.host.deliver(vec![event], None).await?;
        self.listeners.tell(&visitor.id, News::new("deleted", &json!({ "id": own }), None));
        Ok(ok(&json!({})))
    }

    /// What is about nothing would wait in the inbox for something that never comes.
    async fn require_own(&self, visitor: &Visitor, own: &str) -> Result<(), Refusal> {
        let id = RemoteId::new(visitor.message_id(own));
        let said = self.host.said(&visitor.portal(self.account.id), &id).await?;
        said.filter(|said| !said.mine).map(drop).ok_or(Refusal::NotFound)
    }

    async fn typing(&self, request: &WebhookRequest) -> Answer {
        let visitor = self.visitor(request)?;
        let Typing { typing } = requests::json(request)?;
        self.limit("signal", &visitor.id, limits::SIGNALS)?;
        let body = InboundBody::Typing { timeout: if typing { TYPES_FOR } else { 0 } };
        self.host.deliver(vec![self.event(&visitor, "typing", body)], None).await?;
        Ok(ok(&json!({})))
    }

    /// Ours, by the id that the hub knows it by.
    async fn find_ours(&self, visitor: &Visitor, id: &str) -> Result<Option<RemoteId>, Refusal> {
        let id = RemoteId::new(requests::any_id(id)?);
        let said = self.host.said(&visitor.portal(self.account.id), &id).await?;
        Ok(said.filter(|said| said.mine && self.is_out(said)).map(|said| said.id.unwrap_or(id)))
    }

    async fn got(&self, request: &WebhookRequest) -> Answer {
        let visitor = self.visitor(request)?;
        let Got { ids } = requests::json(request)?;
        self.limit("signal", &visitor.id, limits::SIGNALS)?;
        let mut events = Vec::new();
        for id in ids.iter().take(RECEIPTS) {
            if let Some(target) = self.find_ours(&visitor, id).await? {
                events.push(self.event(&visitor, target.as_str(), InboundBody::Delivered { target: target.clone() }));
            }
        }
        self.host.deliver(events, None).await?;
        Ok(ok(&json!({})))
    }

    async fn read(&self, request: &WebhookRequest) -> Answer {
        let visitor = self.visitor(request)?;
        let Read { up_to } = requests::json(request)?;
        self.limit("signal", &visitor.id, limits::SIGNALS)?;
        if let Some(target) = self.find_ours(&visitor, &up_to).await? {
            let body = InboundBody::Read { up_to: target.clone() };
            self.host.deliver(vec![self.event(&visitor, target.as_str(), body)], None).await?;
        }
        Ok(ok(&json!({})))
    }

    /// A message's file, for whoever has its address. The address was given to the visitor alone.
    async fn give_file(&self, path: &str) -> Answer {
        let mut segments = path.split('/').skip(1);
        let (Some(visitor), Some(id), Some(ticket), None) =
            (segments.next(), segments.next(), segments.next(), segments.next())
        else {
            return Err(Refusal::NotFound);
        };
        let now = self.host.now();
        if !self.keys.admits(visitor, id, ticket, now) {
            return Err(Refusal::NotFound);
        }
        let visitor = Visitor::new(visitor.to_owned(), false, now);
        let id = RemoteId::new(wire::remote_id(&visitor, id));
        let said = self.host.said(&visitor.portal(self.account.id), &id).await?.ok_or(Refusal::NotFound)?;
        let content = &said.content;
        let uri = content["url"].as_str().ok_or(Refusal::NotFound)?;
        let bytes = self.host.media(uri).await.map_err(|_| Refusal::NotFound)?;
        let name = content["filename"].as_str().or(content["body"].as_str()).unwrap_or("file");
        let headers = files::headers(name, content["info"]["mimetype"].as_str().unwrap_or_default());
        Ok(Served { status: 200, headers, body: ServedBody::Bytes(bytes) })
    }
}

/// Where a page was (HTML standard, section 9.2.4).
fn place(request: &WebhookRequest) -> Option<i64> {
    request.header("last-event-id").or(request.parameter("after"))?.parse().ok()
}
