//! The gateway's events as ours (<https://discord.com/developers/docs/events/gateway-events>). Pure.

use serde_json::{Value, json};
use unisono_domain::{
    Millis,
    channel::{AccountId, ChatInfo, ChatKind, Inbound, InboundBody, Part, PortalKey, RemoteId, RemoteUser, Sender},
};

use super::{
    parts,
    places::{Places, name, user},
};

/// How long "is typing" is shown, in milliseconds: Discord says it again after ten seconds.
const TYPING: u64 = 10_000;
/// The first second of Discord, in milliseconds.
const EPOCH: Millis = 1_420_070_400_000;

/// Whose account it is.
#[derive(Clone, Debug)]
pub(super) struct Me {
    pub account: AccountId,
    pub user: String,
}

impl Me {
    pub(super) fn portal(&self, channel: &str) -> PortalKey {
        PortalKey::private(self.account, channel)
    }
}

/// When something was made, from its number.
pub(super) fn time(snowflake: &str) -> Millis {
    match snowflake.parse::<u64>() {
        Ok(number) => Millis::try_from(number >> 22).unwrap_or_default() + EPOCH,
        Err(_) => Inbound::NO_TIME,
    }
}

/// The number that something made at a time would have at least.
pub(super) fn snowflake(time: Millis) -> u64 {
    u64::try_from(time - EPOCH).unwrap_or_default() << 22
}

/// One dispatch. `stamp` is different for each, and the same when it is told again.
pub(super) fn dispatch(me: &Me, kind: &str, data: &Value, stamp: &str, places: &Places) -> Vec<Inbound> {
    match kind {
        "MESSAGE_CREATE" => message(me, data, places).into_iter().collect(),
        "MESSAGE_UPDATE" => edit(me, data, places).into_iter().collect(),
        "MESSAGE_DELETE" => deletion(me, data, data["id"].as_str()).into_iter().collect(),
        "MESSAGE_DELETE_BULK" => {
            let ids = data["ids"].as_array().into_iter().flatten();
            ids.filter_map(|id| deletion(me, data, id.as_str())).collect()
        }
        "MESSAGE_REACTION_ADD" | "MESSAGE_REACTION_REMOVE" => {
            reaction(me, data, kind == "MESSAGE_REACTION_ADD", stamp).into_iter().collect()
        }
        "TYPING_START" => typing(me, data, stamp).into_iter().collect(),
        "INTERACTION_CREATE" => choice(me, data).into_iter().collect(),
        _ => Vec::new(),
    }
}

fn channel(data: &Value) -> Option<&str> {
    data["channel_id"].as_str().filter(|channel| !channel.is_empty())
}

fn sender(me: &Me, message: &Value) -> Sender {
    let author = &message["author"];
    if author["id"].as_str() == Some(&me.user) {
        return Sender::Me;
    }
    // A webhook speaks by many names.
    if message["webhook_id"].is_string() && message["interaction_metadata"].is_null() {
        let (id, said) = (author["id"].as_str().unwrap_or_default(), author["username"].as_str().unwrap_or_default());
        return Sender::Remote(RemoteUser::new(format!("{id}/{said}")).named(Some(said)));
    }
    match user(author) {
        Some(user) => {
            let nick = message["member"]["nick"].as_str().filter(|nick| !nick.is_empty());
            Sender::Remote(if nick.is_some() { user.named(nick) } else { user })
        }
        None => Sender::System,
    }
}

fn chat(message: &Value, channel: &str, sender: &Sender, places: &Places) -> Option<ChatInfo> {
    if let Some(known) = places.find(channel).filter(|known| known.kind == ChatKind::Group) {
        return Some(known.clone());
    }
    if message["guild_id"].is_string() {
        return Some(ChatInfo::group(None::<String>, Vec::new()));
    }
    match sender {
        Sender::Remote(user) => Some(ChatInfo::direct(user.clone())),
        Sender::Me | Sender::System => None,
    }
}

/// A message as the gateway and the history have it.
pub(super) fn message(me: &Me, message: &Value, places: &Places) -> Option<Inbound> {
    let (channel, id) = (channel(message)?, message["id"].as_str().filter(|id| !id.is_empty() && id.len() < 100)?);
    let sender = sender(me, message);
    let chat = chat(message, channel, &sender, places);
    let (parts, sender) = match parts::notice(message) {
        Some(words) => (vec![Part::notice("0", &words)], Sender::System),
        None => (parts::of(message, places), sender),
    };
    let reference = &message["message_reference"];
    let answered = reference["message_id"].as_str().filter(|_| reference["type"].as_u64().unwrap_or(0) == 0);
    let reply_to = answered.filter(|_| message["type"] == 19).map(RemoteId::new);
    let body = InboundBody::Message { parts, reply_to };
    Some(Inbound { chat, ..Inbound::new(me.portal(channel), sender, id, time(id), body) })
}

fn edit(me: &Me, message: &Value, places: &Places) -> Option<Inbound> {
    let (channel, id) = (channel(message)?, message["id"].as_str()?);
    // Without it only a preview was added. What the bot does, it was told to do from here.
    let edited = message["edited_timestamp"].as_str()?;
    let sender = sender(me, message);
    if sender == Sender::Me || parts::notice(message).is_some() {
        return None;
    }
    let at = edited.parse::<jiff::Timestamp>().map_or(Inbound::NO_TIME, jiff::Timestamp::as_millisecond);
    let body = InboundBody::Edit { target: RemoteId::new(id), parts: parts::of(message, places) };
    Some(Inbound::new(me.portal(channel), sender, format!("{id}:{edited}"), at, body))
}

fn deletion(me: &Me, data: &Value, id: Option<&str>) -> Option<Inbound> {
    let (channel, id) = (channel(data)?, id?);
    let body = InboundBody::Delete { target: RemoteId::new(id) };
    Some(Inbound::new(me.portal(channel), Sender::System, format!("{id}:deleted"), Inbound::NO_TIME, body))
}

/// An emoji as the key of a reaction: Discord's own have a name only.
pub(super) fn key(emoji: &Value) -> Option<String> {
    let name = emoji["name"].as_str().filter(|name| !name.is_empty())?;
    Some(if emoji["id"].is_string() { format!(":{name}:") } else { name.to_owned() })
}

fn reaction(me: &Me, data: &Value, added: bool, stamp: &str) -> Option<Inbound> {
    let (channel, message, by) = (channel(data)?, data["message_id"].as_str()?, data["user_id"].as_str()?);
    if by == me.user {
        return None;
    }
    let key = key(&data["emoji"])?;
    let sender = Sender::Remote(RemoteUser::new(by).named(member_name(&data["member"])));
    let target = RemoteId::new(message);
    let body = if added { InboundBody::Reaction { target, key } } else { InboundBody::ReactionRemove { target, key } };
    Some(Inbound::new(me.portal(channel), sender, format!("{message}:{by}:{stamp}"), Inbound::NO_TIME, body))
}

fn member_name(member: &Value) -> Option<&str> {
    member["nick"].as_str().filter(|nick| !nick.is_empty()).or_else(|| name(&member["user"]))
}

fn typing(me: &Me, data: &Value, stamp: &str) -> Option<Inbound> {
    let (channel, by) = (channel(data)?, data["user_id"].as_str().filter(|by| *by != me.user)?);
    let sender = Sender::Remote(RemoteUser::new(by).named(member_name(&data["member"])));
    let body = InboundBody::Typing { timeout: TYPING };
    Some(Inbound::new(me.portal(channel), sender, format!("typing:{stamp}"), Inbound::NO_TIME, body))
}

/// Somebody pressed a button or chose from a menu
/// (<https://discord.com/developers/docs/interactions/receiving-and-responding>).
fn choice(me: &Me, data: &Value) -> Option<Inbound> {
    if data["type"] != 3 {
        return None;
    }
    let (channel, id) = (channel(data)?, data["id"].as_str()?);
    let by = user(&data["member"]["user"]).or_else(|| user(&data["user"]))?;
    let custom = data["data"]["custom_id"].as_str()?;
    let value = data["data"]["values"][0].as_str();
    let label = label(&data["message"]["components"], custom, value, 0)?;
    let chosen = value.or_else(|| custom.split_once('.').map(|(_, id)| id)).unwrap_or(custom);
    let part = Part::text("0", &label).with("org.unisono.choice", json!({ "id": chosen, "label": label }));
    let reply_to = data["message"]["id"].as_str().map(RemoteId::new);
    let chat = match data["guild_id"].is_string() {
        true => ChatInfo::group(None::<String>, Vec::new()),
        false => ChatInfo::direct(by.clone()),
    };
    let body = InboundBody::Message { parts: vec![part], reply_to };
    Some(Inbound::new(me.portal(channel), Sender::Remote(by), id, time(id), body).in_chat(chat))
}

/// The words on what was pressed.
fn label(components: &Value, custom: &str, value: Option<&str>, depth: usize) -> Option<String> {
    if depth > 5 {
        return None;
    }
    components.as_array()?.iter().find_map(|component| {
        if component["custom_id"].as_str() != Some(custom) {
            return label(&component["components"], custom, value, depth + 1);
        }
        let option = value.and_then(|value| {
            component["options"].as_array()?.iter().find(|option| option["value"].as_str() == Some(value))
        });
        let words = option.unwrap_or(component)["label"].as_str().or(value)?;
        Some(words.to_owned())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn me() -> Me {
        Me { account: AccountId(1), user: "1".to_owned() }
    }

    fn convert(kind: &str, data: &Value) -> Vec<Inbound> {
        dispatch(&me(), kind, data, "s.1", &Places::default())
    }

    #[test]
    fn a_number_tells_its_time() {
        assert_eq!(time("175928847299117063"), 1_462_015_105_796);
        assert_eq!(time(&snowflake(1_462_015_105_796).to_string()), 1_462_015_105_796);
        assert_eq!(snowflake(0), 0);
        assert_eq!(time("x"), Inbound::NO_TIME);
    }

    #[test]
    fn only_edits_by_others_that_say_when_are_edits() {
        let edit = |author: &str, at: Value| {
            convert(
                "MESSAGE_UPDATE",
                &json!({ "id": "5", "channel_id": "9", "content": "new", "type": 0,
                "author": { "id": author, "username": "a" }, "edited_timestamp": at }),
            )
        };
        assert!(edit("2", Value::Null).is_empty());
        assert!(edit("1", json!("2026-11-23T12:00:00Z")).is_empty());
        assert_eq!(edit("2", json!("2026-11-23T12:00:00+00:00"))[0].sent_at, 1_795_435_200_000);
    }

    #[test]
    fn the_same_reaction_given_again_is_another_event() {
        let data =
            json!({ "user_id": "2", "channel_id": "9", "message_id": "5", "emoji": { "id": null, "name": "🔥" } });
        let first = dispatch(&me(), "MESSAGE_REACTION_ADD", &data, "s.1", &Places::default());
        let again = dispatch(&me(), "MESSAGE_REACTION_ADD", &data, "s.3", &Places::default());
        assert_ne!(first[0].id, again[0].id);
    }

    #[test]
    fn a_choice_has_the_words_of_its_button() {
        let components = json!([{ "type": 1, "components": [{ "type": 2, "custom_id": "0.yes", "label": "Yes!" }] }]);
        let events = convert(
            "INTERACTION_CREATE",
            &json!({ "type": 3, "id": "77", "token": "t", "channel_id": "9",
            "user": { "id": "2", "username": "anna" }, "data": { "custom_id": "0.yes", "component_type": 2 },
            "message": { "id": "5", "components": components } }),
        );
        let InboundBody::Message { parts, .. } = &events[0].body else { panic!("{events:?}") };
        assert_eq!(parts[0].extra["org.unisono.choice"], json!({ "id": "yes", "label": "Yes!" }));
    }
}
