//! What was said before: Meta gives the latest conversations and their messages
//! (<https://developers.facebook.com/docs/messenger-platform/conversations>).

use serde_json::{Value, json};
use unisono_domain::{
    Millis,
    channel::{ChatInfo, Host, Inbound, InboundBody, Part, PortalKey, RemoteId, RemoteUser, RequestError, Sender},
};

use super::{Platform, convert::Scene};
use crate::{
    meta_graph::{
        Graph,
        read::{id, list, text},
        request_error, window,
    },
    rest::RestError,
};

const MESSAGE: &str = "id,created_time,from,to,message,attachments,shares";
/// Conversations that are fetched when an account is new, with so many messages each.
const LATEST: (usize, usize) = (50, 20);
/// Pages that are looked through for messages that are not here yet.
const PAGES: usize = 20;

/// Where to ask, and as whom.
pub(super) struct Archive<'a> {
    pub graph: &'a Graph,
    pub page_id: &'a str,
    pub platform: Platform,
    pub scene: Scene<'a>,
}

impl Archive<'_> {
    /// The latest conversations, each from its older to its newer messages.
    pub async fn latest(&self) -> Result<Vec<Inbound>, RestError> {
        let (conversations, messages) = LATEST;
        let fields = format!("messages.limit({messages}){{{MESSAGE}}}");
        let found = self.ask(&[("fields", &fields), ("limit", &conversations.to_string())]).await?;
        let events = list(&found, "/data").iter().flat_map(|one| self.events(list(one, "/messages/data"), None));
        Ok(events.collect())
    }

    /// Up to `limit` messages of one conversation that are not here yet.
    pub async fn older(&self, host: &dyn Host, portal: &PortalKey, limit: usize) -> Result<Vec<Inbound>, RequestError> {
        let person = portal.chat.as_str();
        let fields = format!("messages.limit({limit}){{{MESSAGE}}}");
        let found = self.ask(&[("fields", &fields), ("user_id", person)]).await.map_err(request_error)?;
        let mut page = found["data"][0]["messages"].clone();
        for _ in 0..PAGES {
            let mut events = self.events(list(&page, "/data"), Some(person));
            let ids: Vec<RemoteId> = events.iter().map(|event| event.id.clone()).collect();
            let known = host.find_portals(&ids).await.map_err(|error| RequestError::Unavailable(error.to_string()))?;
            events.retain(|event| known.iter().all(|(id, _)| *id != event.id));
            let after = text(&page, "/paging/cursors/after").to_owned();
            if !events.is_empty() || after.is_empty() || text(&page, "/paging/next").is_empty() {
                return Ok(events);
            }
            let Some(conversation) = id(&found, "/data/0/id") else { break };
            let next = self.graph.get(&format!("{conversation}/messages"));
            let limit = limit.to_string();
            let query = [("fields", MESSAGE), ("limit", limit.as_str()), ("after", after.as_str())];
            page = next.query(&query).send().await.map_err(request_error)?;
        }
        Ok(Vec::new())
    }

    async fn ask(&self, query: &[(&str, &str)]) -> Result<Value, RestError> {
        let call = self.graph.get(&format!("{}/conversations", self.page_id));
        call.query(&[("platform", self.platform.name())]).query(query).send().await
    }

    /// Meta gives the newest first.
    fn events(&self, messages: &[Value], person: Option<&str>) -> Vec<Inbound> {
        messages.iter().rev().filter_map(|message| self.event(message, person)).collect()
    }

    fn event(&self, message: &Value, person: Option<&str>) -> Option<Inbound> {
        let (mid, from) = (id(message, "/id")?, id(message, "/from/id")?);
        let mine = self.scene.own.contains(&from.as_str());
        let other = if mine { id(message, "/to/data/0/id") } else { Some(from) };
        let other = person.map(ToOwned::to_owned).or(other)?;
        let at = time(text(message, "/created_time"));
        let user = RemoteUser::new(other.as_str()).named((!mine).then(|| text(message, "/from/name")));
        let sender = if mine { Sender::Me } else { Sender::Remote(user.clone()) };
        let body = InboundBody::message(self.parts(message));
        let event = Inbound::new(PortalKey::private(self.scene.account, other), sender, mid, at, body);
        let event = Inbound { seen: true, historical: true, ..event.in_chat(ChatInfo::direct(user)) };
        Some(if mine { event } else { event.noting(window::note(at)) })
    }

    /// The same parts as a call would have brought, from the archive's own form.
    fn parts(&self, message: &Value) -> Vec<Part> {
        let files = list(message, "/attachments/data").iter().map(|file| {
            let pictures = [text(file, "/image_data/url"), text(file, "/video_data/url"), text(file, "/file_url")];
            let at = pictures.iter().position(|url| !url.is_empty()).unwrap_or(2);
            let kind = match (at, text(file, "/mime_type")) {
                (0, _) => "image",
                (1, _) => "video",
                (_, mime) if mime.starts_with("audio/") => "audio",
                _ => "file",
            };
            json!({ "type": kind, "payload": { "url": pictures[at] } })
        });
        let links = list(message, "/shares/data").iter();
        let links = links.map(|share| json!({ "type": "fallback", "title": share["name"], "url": share["link"] }));
        let attachments: Vec<Value> = files.chain(links).collect();
        super::content::parts(&json!({ "text": message["message"], "attachments": attachments }), self.platform)
    }
}

/// `2026-11-23T12:00:00+0000`
fn time(words: &str) -> Millis {
    let time = jiff::Timestamp::strptime("%Y-%m-%dT%H:%M:%S%z", words);
    time.map_or(Inbound::NO_TIME, jiff::Timestamp::as_millisecond)
}
