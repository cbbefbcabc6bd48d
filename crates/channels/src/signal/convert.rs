//! What signal-cli received as events (data.Message of the bridge's description,
//! <https://bbernhard.github.io/signal-cli-rest-api/>). Pure.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Value, json};
use unisono_domain::{
    Millis,
    channel::{AccountId, ChatInfo, Inbound, InboundBody, MessageRef, PortalKey, RemoteId, RemoteUser, Sender},
};

use super::parts;

/// Who begins the id of an own message.
pub(super) const MINE: &str = "me";
/// How long "is typing" is shown, in milliseconds; Signal's own apps take as long.
const TYPING: u64 = 15_000;

/// Whose account it is, and what was learned of it.
#[derive(Clone, Debug)]
pub(super) struct Me {
    pub account: AccountId,
    pub number: String,
    pub uuid: Option<String>,
}

/// What a received message means.
#[derive(Debug, Default)]
pub(super) struct Heard {
    pub events: Vec<Inbound>,
    /// Marks on messages whose chat is not said: the hub knows it. `portal` of these is a guess.
    pub unplaced: Vec<Inbound>,
    /// An edit's number and the message that it changes, which later events may mean by it.
    pub revision: Option<(RemoteId, RemoteId)>,
    pub uuid: Option<String>,
}

/// What is known besides the message itself.
pub(super) trait Known {
    /// The message as it first was, if this names one of its edits.
    fn original(&self, id: RemoteId) -> RemoteId;
    fn group(&self, internal: &str) -> Option<ChatInfo>;
}

impl Me {
    fn is(&self, number: Option<&str>, uuid: Option<&str>) -> bool {
        number == Some(&self.number) || (uuid.is_some() && uuid == self.uuid.as_deref())
    }

    pub(super) fn portal(&self, chat: &str) -> PortalKey {
        PortalKey::private(self.account, chat)
    }
}

/// Somebody named by `source…`, `destination…`, `author…` and the like.
struct Person<'a> {
    number: Option<&'a str>,
    uuid: Option<&'a str>,
}

impl<'a> Person<'a> {
    fn find(value: &'a Value, kind: &str) -> Option<Self> {
        let text = |key: &str| value[key].as_str().filter(|text| !text.is_empty() && text.len() < 100);
        let plain = text(kind);
        let number = text(&format!("{kind}Number")).or(plain.filter(|plain| plain.starts_with('+')));
        let uuid = text(&format!("{kind}Uuid")).or(plain.filter(|plain| !plain.starts_with('+')));
        (number.is_some() || uuid.is_some()).then_some(Self { number, uuid })
    }

    /// The number may change hands and be hidden; the other id stays.
    fn id(&self) -> &'a str {
        self.uuid.or(self.number).unwrap_or_default()
    }

    fn user(&self, name: Option<&str>) -> RemoteUser {
        let user = RemoteUser::new(self.id()).named(name);
        match self.number {
            Some(number) => user.reached_by(format!("tel:{number}")),
            None => user,
        }
    }

    fn author(&self, me: &Me) -> &'a str {
        if me.is(self.number, self.uuid) { MINE } else { self.id() }
    }
}

/// The id that the bridge has for a group: what signal-cli calls it, once more encoded.
pub(super) fn group_id(internal: &str) -> String {
    format!("group.{}", STANDARD.encode(internal))
}

fn message_id(author: &str, at: Millis) -> RemoteId {
    RemoteId::new(format!("{author}:{at}"))
}

fn number(value: &Value) -> Option<Millis> {
    value.as_i64().filter(|number| (1..=4_102_444_800_000).contains(number))
}

/// One message off the socket.
pub(super) fn heard(me: &Me, message: &Value, known: &dyn Known) -> Heard {
    let envelope = &message["envelope"];
    let mut heard = Heard::default();
    let Some(source) = Person::find(envelope, "source") else { return heard };
    if me.is(source.number, source.uuid) {
        heard.uuid = source.uuid.map(ToOwned::to_owned);
    }
    let name = envelope["sourceName"].as_str();
    let sender = if me.is(source.number, source.uuid) { Sender::Me } else { Sender::Remote(source.user(name)) };
    let said =
        Said { me, known, author: source.author(me), sender, chat: source.id(), at: number(&envelope["timestamp"]) };
    if envelope["dataMessage"].is_object() {
        heard.events.extend(said.data(&envelope["dataMessage"]).into_iter().flat_map(replacing));
    }
    if envelope["editMessage"].is_object() {
        said.edit(&envelope["editMessage"], &mut heard);
    }
    let sent = &envelope["syncMessage"]["sentMessage"];
    if sent.is_object() {
        said.sent_elsewhere(sent, &mut heard);
    }
    for read in envelope["syncMessage"]["readMessages"].as_array().into_iter().flatten() {
        if let (Some(sender), Some(at)) = (Person::find(read, "sender"), number(&read["timestamp"])) {
            let up_to = known.original(message_id(sender.author(me), at));
            let id = format!("read:{up_to}");
            let body = InboundBody::Read { up_to };
            heard.unplaced.push(Inbound::new(me.portal(sender.id()), Sender::Me, id, at, body));
        }
    }
    if envelope["receiptMessage"].is_object() {
        said.receipt(&envelope["receiptMessage"], &mut heard);
    }
    if envelope["typingMessage"].is_object() {
        heard.events.extend(said.typing(&envelope["typingMessage"]));
    }
    if envelope["callMessage"]["offerMessage"].is_object() {
        heard.events.extend(said.notice("call", &parts::CALLED));
    }
    heard
}

/// Who said it, in which chat.
struct Said<'a> {
    me: &'a Me,
    known: &'a dyn Known,
    author: &'a str,
    sender: Sender,
    /// The chat, if it is no group's.
    chat: &'a str,
    at: Option<Millis>,
}

impl Said<'_> {
    fn place(&self, data: &Value) -> (PortalKey, Option<ChatInfo>) {
        let group = &data["groupInfo"];
        let Some(internal) = group["groupId"].as_str().filter(|id| !id.is_empty()) else {
            let chat = match &self.sender {
                Sender::Remote(user) => Some(ChatInfo::direct(user.clone())),
                Sender::Me | Sender::System => None,
            };
            return (self.me.portal(self.chat), chat);
        };
        let name = group["groupName"].as_str().filter(|name| !name.is_empty());
        let mut info = self.known.group(internal).unwrap_or_else(|| ChatInfo::group(None::<String>, Vec::new()));
        if name.is_some() {
            info.name = name.map(ToOwned::to_owned);
        }
        (self.me.portal(&group_id(internal)), Some(info))
    }

    /// A message, a reaction or a deletion.
    fn data(&self, data: &Value) -> Option<Inbound> {
        let at = number(&data["timestamp"]).or(self.at)?;
        let (portal, chat) = self.place(data);
        let id = message_id(self.author, at);
        let event = |body: InboundBody| Inbound {
            chat: chat.clone(),
            ..Inbound::new(portal.clone(), self.sender.clone(), id.as_str(), at, body)
        };
        if data["reaction"].is_object() {
            let reaction = &data["reaction"];
            let target = self.target(reaction, "targetAuthor", &reaction["targetSentTimestamp"])?;
            let key = reaction["emoji"].as_str().filter(|key| !key.is_empty())?.to_owned();
            let removed = reaction["isRemove"] == true;
            return Some(event(match removed {
                true => InboundBody::ReactionRemove { target, key },
                false => InboundBody::Reaction { target, key },
            }));
        }
        if let Some(removed) = number(&data["remoteDelete"]["timestamp"]) {
            let target = self.known.original(message_id(self.author, removed));
            return Some(event(InboundBody::Delete { target }));
        }
        if data["adminDelete"].is_object() {
            let removed = &data["adminDelete"];
            let target = self.target(removed, "targetAuthor", &removed["targetSentTimestamp"])?;
            return Some(event(InboundBody::Delete { target }));
        }
        let parts = parts::of(data);
        if parts.is_empty() {
            return None;
        }
        let quote = &data["quote"];
        let reply_to = if quote.is_object() { self.target(quote, "author", &quote["id"]) } else { None };
        let text: String = parts[0].text.chars().take(300).collect();
        Some(event(InboundBody::Message { parts, reply_to }).noting(json!({ "text": text })))
    }

    fn target(&self, value: &Value, kind: &str, at: &Value) -> Option<RemoteId> {
        let author = Person::find(value, kind)?;
        Some(self.known.original(message_id(author.author(self.me), number(at)?)))
    }

    fn edit(&self, edit: &Value, heard: &mut Heard) {
        let data = &edit["dataMessage"];
        let (Some(target), Some(at)) = (number(&edit["targetSentTimestamp"]), number(&data["timestamp"]).or(self.at))
        else {
            return;
        };
        let target = self.known.original(message_id(self.author, target));
        let parts = parts::of(data);
        if parts.is_empty() {
            return;
        }
        let id = message_id(self.author, at);
        heard.revision = Some((id.clone(), target.clone()));
        let (portal, _) = self.place(data);
        let body = InboundBody::Edit { target, parts };
        heard.events.push(Inbound::new(portal, self.sender.clone(), id.as_str(), at, body));
    }

    /// What the owner said from their phone.
    fn sent_elsewhere(&self, sent: &Value, heard: &mut Heard) {
        let to = Person::find(sent, "destination");
        let chat = to.as_ref().map_or(self.chat, Person::id);
        let said = Said { sender: Sender::Me, author: MINE, chat, ..Said { sender: Sender::Me, ..*self } };
        if sent["editMessage"].is_object() {
            let before = heard.events.len();
            said.edit(&sent["editMessage"], heard);
            // The group is told beside the edit.
            if sent["groupInfo"].is_object() {
                let (portal, _) = said.place(sent);
                heard.events.iter_mut().skip(before).for_each(|event| event.portal.clone_from(&portal));
            }
            return;
        }
        let event = said.data(sent).map(|event| match to {
            // A chat that begins on the phone has its person from here.
            Some(to) if event.chat.is_none() => event.in_chat(ChatInfo::direct(to.user(None))),
            _ => event,
        });
        heard.events.extend(event.into_iter().flat_map(replacing));
    }

    fn receipt(&self, receipt: &Value, heard: &mut Heard) {
        let when = number(&receipt["when"]).or(self.at).unwrap_or(Inbound::NO_TIME);
        for at in receipt["timestamps"].as_array().into_iter().flatten().filter_map(number).take(1_000) {
            let target = self.known.original(message_id(MINE, at));
            let (kind, body) = match receipt["isRead"] == true || receipt["isViewed"] == true {
                true => ("read", InboundBody::Read { up_to: target.clone() }),
                false => ("delivered", InboundBody::Delivered { target: target.clone() }),
            };
            let id = format!("{kind}:{}:{target}", self.author);
            heard.unplaced.push(Inbound::new(self.me.portal(self.chat), self.sender.clone(), id, when, body));
        }
    }

    fn typing(&self, typing: &Value) -> Option<Inbound> {
        let portal = match typing["groupId"].as_str().filter(|group| !group.is_empty()) {
            Some(group) => self.me.portal(&group_id(group)),
            None => self.me.portal(self.chat),
        };
        let timeout = if typing["action"] == "STOPPED" { 0 } else { TYPING };
        let body = InboundBody::Typing { timeout };
        Some(Inbound::new(portal, self.sender.clone(), "typing", self.at.unwrap_or(Inbound::NO_TIME), body))
    }

    fn notice(&self, what: &str, words: &unisono_domain::text::Text) -> Option<Inbound> {
        let at = self.at?;
        let (portal, chat) = self.place(&Value::Null);
        let body = InboundBody::message(vec![unisono_domain::channel::Part::notice("0", words)]);
        let id = format!("{}:{at}:{what}", self.author);
        Some(Inbound { chat, ..Inbound::new(portal, self.sender.clone(), id, at, body) })
    }
}

/// On Signal everybody has one reaction to a message: a new one takes the place of the old.
fn replacing(event: Inbound) -> Vec<Inbound> {
    let InboundBody::Reaction { target, .. } = &event.body else { return vec![event] };
    let body = InboundBody::ReactionRemove { target: target.clone(), key: String::new() };
    let gone = Inbound { id: RemoteId::new(format!("{}:before", event.id)), body, ..event.clone() };
    vec![gone, event]
}

/// Author and time from a message's id, as the bridge wants them.
pub(super) fn named<'a>(me: &'a Me, message: &'a MessageRef) -> Option<(&'a str, Millis)> {
    let (author, at) = message.id.as_str().rsplit_once(':')?;
    Some((if author == MINE { &me.number } else { author }, at.parse().ok()?))
}
