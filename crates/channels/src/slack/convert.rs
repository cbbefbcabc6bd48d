//! Slack's events as ours (<https://docs.slack.dev/reference/events/message/>). Pure: names are given.

use serde_json::{Value, json};
use unisono_domain::{
    Millis,
    channel::{
        AccountId, ChatInfo, Formatting, Inbound, InboundBody, Media, Part, PartKind, PortalKey, RemoteId, RemoteUser,
        Sender,
    },
    text::Text,
};

use super::{blocks, emoji, people::Names};
use crate::format;

/// Whose account it is.
#[derive(Clone, Debug)]
pub(super) struct Me {
    pub account: AccountId,
    pub user: String,
    pub bot: Option<String>,
}

impl Me {
    pub(super) fn portal(&self, channel: &str) -> PortalKey {
        PortalKey::private(self.account, channel)
    }

    fn is(&self, event: &Value) -> bool {
        event["user"].as_str().is_some_and(|user| user == self.user)
            || (self.bot.is_some() && event["bot_id"].as_str() == self.bot.as_deref())
    }

    /// What a bot does, it was told to do from here; a person may do it elsewhere, too.
    fn is_ours(&self, event: &Value) -> bool {
        self.bot.is_some() && self.is(event)
    }
}

/// A message's id: Slack numbers them channel by channel.
pub(super) fn message_id(channel: &str, ts: &str) -> String {
    format!("{channel}:{ts}")
}

/// Channel and number from a message's id.
pub(super) fn parse_id(id: &RemoteId) -> Option<(&str, &str)> {
    id.as_str().split_once(':')
}

/// `1795435200.000100` as milliseconds.
pub(super) fn time(ts: &str) -> Millis {
    let (seconds, parts) = ts.split_once('.').unwrap_or((ts, ""));
    let seconds: Millis = seconds.parse().unwrap_or(0);
    let millis: Millis = parts.get(..3).and_then(|parts| parts.parse().ok()).unwrap_or(0);
    seconds.saturating_mul(1_000).saturating_add(millis).clamp(0, 32_503_680_000_000)
}

/// The users and chats that an event names.
pub(super) fn named(event: &Value) -> (Vec<String>, Vec<String>) {
    let mut users = Vec::new();
    let mut note = |id: Option<&str>| {
        if let Some(id) = id.filter(|id| !id.is_empty() && !users.iter().any(|known| known == id)) {
            users.push(id.to_owned());
        }
    };
    for message in [event, &event["message"]] {
        note(message["user"].as_str());
        let blocks = blocks::words(&message["blocks"]);
        for text in [message["text"].as_str().unwrap_or_default(), &blocks] {
            for piece in text.split("<@").skip(1).take(20) {
                note(piece.split(['>', '|']).next());
            }
        }
    }
    let channel = channel(event).filter(|channel| !channel.starts_with('D'));
    (users, channel.map(ToOwned::to_owned).into_iter().collect())
}

fn channel(event: &Value) -> Option<&str> {
    let found = event["channel"].as_str().or_else(|| event["item"]["channel"].as_str());
    found.or_else(|| event["channel"]["id"].as_str()).filter(|channel| !channel.is_empty())
}

/// One event of the Events API; nothing for those that tell nothing about a conversation.
pub(super) fn event(me: &Me, event: &Value, names: &Names) -> Option<Inbound> {
    let channel = channel(event)?;
    match event["type"].as_str()? {
        "message" => message_event(me, channel, event, names),
        kind @ ("reaction_added" | "reaction_removed") => {
            let item = event["item"]["ts"].as_str()?;
            let target = RemoteId::new(message_id(channel, item));
            let (name, user) = (event["reaction"].as_str()?, event["user"].as_str()?);
            if me.is_ours(event) {
                return None;
            }
            let (key, at) = (emoji::key(name), event["event_ts"].as_str()?);
            let body = match kind {
                "reaction_added" => InboundBody::Reaction { target, key },
                _ => InboundBody::ReactionRemove { target, key },
            };
            let id = format!("{channel}:{item}:{user}:{name}:{at}");
            Some(Inbound::new(me.portal(channel), sender(me, event, names), id, time(at), body))
        }
        "channel_rename" | "group_rename" => {
            let at = event["event_ts"].as_str().unwrap_or_default();
            let name = event["channel"]["name"].as_str()?;
            let chat = ChatInfo::group(Some(format!("#{name}")), Vec::new());
            let id = format!("{channel}:rename:{at}");
            Some(Inbound::new(me.portal(channel), Sender::System, id, time(at), InboundBody::ChatInfo).in_chat(chat))
        }
        _ => None,
    }
}

fn sender(me: &Me, event: &Value, names: &Names) -> Sender {
    if me.is(event) {
        return Sender::Me;
    }
    match (event["user"].as_str(), event["bot_id"].as_str()) {
        (Some(user), _) if !user.is_empty() => Sender::Remote(names.user(user)),
        (_, Some(bot)) if !bot.is_empty() => {
            let name = event["username"].as_str().or_else(|| event["bot_profile"]["name"].as_str());
            Sender::Remote(RemoteUser::new(bot).named(name))
        }
        _ => Sender::System,
    }
}

fn chat(me: &Me, channel: &str, event: &Value, names: &Names) -> Option<ChatInfo> {
    if event["channel_type"] == "im" || channel.starts_with('D') {
        return match sender(me, event, names) {
            Sender::Remote(user) => Some(ChatInfo::direct(user)),
            Sender::Me | Sender::System => None,
        };
    }
    Some(names.chats.get(channel).cloned().unwrap_or_else(|| ChatInfo::group(None::<String>, Vec::new())))
}

fn message_event(me: &Me, channel: &str, event: &Value, names: &Names) -> Option<Inbound> {
    let at = event["event_ts"].as_str().or_else(|| event["ts"].as_str())?;
    match event["subtype"].as_str().unwrap_or_default() {
        "message_changed" => changed(me, channel, event, at, names),
        "message_deleted" => {
            let target = RemoteId::new(message_id(channel, event["deleted_ts"].as_str()?));
            let id = format!("{target}:deleted");
            Some(Inbound::new(me.portal(channel), Sender::System, id, time(at), InboundBody::Delete { target }))
        }
        // Says only that a thread has grown.
        "message_replied" => None,
        _ => message(me, channel, event, names),
    }
}

/// An edit, or one of the changes that are none: a preview was added, a thread's first message removed.
fn changed(me: &Me, channel: &str, event: &Value, at: &str, names: &Names) -> Option<Inbound> {
    let new = &event["message"];
    let ts = new["ts"].as_str()?;
    let target = RemoteId::new(message_id(channel, ts));
    if new["subtype"] == "tombstone" {
        let id = format!("{target}:deleted");
        return Some(Inbound::new(me.portal(channel), Sender::System, id, time(at), InboundBody::Delete { target }));
    }
    let old = &event["previous_message"];
    if me.is_ours(new) || (old["text"] == new["text"] && old["edited"] == new["edited"]) {
        return None;
    }
    let parts = parts(new, names);
    let edited = new["edited"]["ts"].as_str().unwrap_or(at);
    let body = InboundBody::Edit { target: target.clone(), parts };
    Some(Inbound::new(me.portal(channel), sender(me, new, names), format!("{target}:{edited}"), time(at), body))
}

/// A message as it stands in a channel, from an event or from the history.
pub(super) fn message(me: &Me, channel: &str, event: &Value, names: &Names) -> Option<Inbound> {
    let ts = event["ts"].as_str().filter(|ts| !ts.is_empty() && ts.len() < 64)?;
    let subtype = event["subtype"].as_str().unwrap_or_default();
    let spoken = matches!(subtype, "" | "file_share" | "me_message" | "thread_broadcast" | "bot_message");
    let mut parts = parts(event, names);
    if subtype == "me_message" {
        parts.iter_mut().take(1).for_each(|part| part.text.insert_str(0, "* "));
    }
    if parts.is_empty() {
        let kind: String = subtype.chars().take(60).collect();
        parts.push(Part::notice(
            "0",
            &Text::owned(
                format!("Sent something that is shown only in Slack ({kind})."),
                format!("Hat etwas gesendet, das nur Slack zeigt ({kind})."),
            ),
        ));
    }
    let thread = event["thread_ts"].as_str().filter(|thread| !thread.is_empty() && *thread != ts);
    let reply_to = thread.map(|thread| RemoteId::new(message_id(channel, thread)));
    let sender = if spoken { sender(me, event, names) } else { Sender::System };
    let mut notes = json!({});
    if let Some(thread) = thread {
        notes["thread"] = json!(thread);
    }
    if let Some(txn) = event["metadata"]["event_payload"]["txn"].as_str() {
        notes["txn"] = json!(txn);
    } else if let (Sender::Me, Some(file)) = (&sender, event["files"][0]["id"].as_str()) {
        notes["txn"] = json!(message_id(channel, file));
    }
    let body = InboundBody::Message { parts, reply_to };
    let inbound = Inbound::new(me.portal(channel), sender, message_id(channel, ts), time(ts), body).noting(notes);
    Some(Inbound { chat: chat(me, channel, event, names), ..inbound })
}

/// Mentions with the names of those who are mentioned.
fn with_names(text: &str, names: &Names) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find("<@") {
        let after = &rest[start + 2..];
        let end = after.find(['>', '|', '<']).unwrap_or(after.len());
        let name = names.users.get(&after[..end]).and_then(|user| user.name.as_deref());
        match name.filter(|_| after[end..].starts_with('>')) {
            Some(name) => {
                let name = format::slack_literal(name).replace('|', "/");
                out.push_str(&format!("{}<@{}|{name}", &rest[..start], &after[..end]));
            }
            None => out.push_str(&rest[..start + 2 + end]),
        }
        rest = &after[end..];
    }
    out.push_str(rest);
    out
}

fn parts(message: &Value, names: &Names) -> Vec<Part> {
    let mut text = message["text"].as_str().unwrap_or_default().to_owned();
    if text.trim().is_empty() {
        text = blocks::words(&message["blocks"]);
    }
    // Previews of links say again what the link leads to.
    let is_preview = |attachment: &Value| attachment["from_url"].is_string() || attachment["original_url"].is_string();
    let own = message["attachments"].as_array().into_iter().flatten().filter(|attachment| !is_preview(attachment));
    let attached = blocks::attachments(&own.cloned().collect());
    if !attached.is_empty() && !text.contains(&attached) {
        text = if text.trim().is_empty() { attached } else { format!("{text}\n{attached}") };
    }
    let mut parts = Vec::new();
    if !text.trim().is_empty() {
        parts.push(format::text_part(Formatting::Slack, "0", &emoji::shown(&with_names(&text, names))));
    }
    let files = message["files"].as_array().into_iter().flatten().take(20);
    parts.extend(files.enumerate().map(|(number, file)| self::file(&(number + 1).to_string(), file)));
    parts
}

fn file(id: &str, file: &Value) -> Part {
    let text = |key: &str| file[key].as_str().filter(|text| !text.is_empty());
    let name = text("name").or(text("title")).unwrap_or("file");
    let name: String = name.rsplit(['/', '\\']).next().unwrap_or_default().chars().take(200).collect();
    let gone = matches!(file["mode"].as_str(), Some("tombstone" | "hidden_by_limit"));
    let url = text("url_private_download").or(text("url_private")).filter(|url| url.starts_with("http") && !gone);
    let Some(url) = url else {
        return Part::notice(
            id,
            &Text::owned(
                format!("The file “{name}” is shown only in Slack."),
                format!("Die Datei „{name}“ zeigt nur Slack."),
            ),
        );
    };
    let mime = text("mimetype").unwrap_or("application/octet-stream");
    let kind = match file["subtype"].as_str() {
        Some("slack_audio") => PartKind::Voice,
        _ => PartKind::of_mime(mime),
    };
    Part::media(id, kind, Media { size: file["size"].as_u64(), ..Media::lazy(url, name, mime) }, "")
}

/// Somebody chose a button or a line of a menu
/// (<https://docs.slack.dev/reference/interaction-payloads/block_actions-payload>).
pub(super) fn action(me: &Me, payload: &Value, names: &Names) -> Option<Inbound> {
    if payload["type"] != "block_actions" {
        return None;
    }
    let place = &payload["container"];
    let channel = payload["channel"]["id"].as_str().or_else(|| place["channel_id"].as_str())?;
    let action = &payload["actions"][0];
    let option = &action["selected_option"];
    let label = option["text"]["text"].as_str().or_else(|| action["text"]["text"].as_str())?;
    let id = option["value"].as_str().or_else(|| action["value"].as_str()).unwrap_or(label);
    let at = action["action_ts"].as_str().filter(|at| !at.is_empty())?;
    let user = payload["user"]["id"].as_str().filter(|user| !user.is_empty())?;
    let said_name = payload["user"]["name"].as_str().or_else(|| payload["user"]["username"].as_str());
    let known = names.user(user);
    let user = if known.name.is_some() { known } else { known.named(said_name) };
    let message = place["message_ts"].as_str().or_else(|| payload["message"]["ts"].as_str());
    let part = Part::text("0", label).with("org.unisono.choice", json!({ "id": id, "label": label }));
    let reply_to = message.map(|ts| RemoteId::new(message_id(channel, ts)));
    let body = InboundBody::Message { parts: vec![part], reply_to };
    let direct = channel.starts_with('D');
    let chat = if direct { Some(ChatInfo::direct(user.clone())) } else { names.chats.get(channel).cloned() };
    let id = format!("{channel}:action:{at}");
    let inbound = Inbound::new(me.portal(channel), Sender::Remote(user), id, time(at), body);
    Some(Inbound { chat, ..inbound })
}

/// A whole payload, whichever way it came.
pub(super) fn payload(me: &Me, payload: &Value, names: &Names) -> Option<Inbound> {
    match payload["type"].as_str() {
        Some("block_actions") => action(me, payload, names),
        _ => event(me, &payload["event"], names),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn me() -> Me {
        Me { account: AccountId(1), user: "UME".to_owned(), bot: Some("BME".to_owned()) }
    }

    fn convert(event: &Value) -> Option<Inbound> {
        super::event(&me(), event, &Names::default())
    }

    #[test]
    fn a_preview_that_appears_is_no_edit() {
        let change = |old: &str, new: &str| {
            json!({ "type": "message", "subtype": "message_changed", "channel": "C1", "event_ts": "3.0",
                "message": { "ts": "1.0", "user": "U1", "text": new }, "previous_message": { "ts": "1.0", "text": old } })
        };
        assert_eq!(convert(&change("a", "a")), None);
        let edit = convert(&change("a", "b")).unwrap();
        assert!(matches!(edit.body, InboundBody::Edit { target, .. } if target.as_str() == "C1:1.0"));
    }

    #[test]
    fn what_the_app_says_is_mine() {
        let said = |who: Value| {
            let mut event = json!({ "type": "message", "channel": "C1", "ts": "1.5", "text": "hi" });
            event.as_object_mut().unwrap().extend(who.as_object().unwrap().clone());
            convert(&event).unwrap().sender
        };
        assert_eq!(said(json!({ "user": "UME" })), Sender::Me);
        assert_eq!(said(json!({ "bot_id": "BME", "subtype": "bot_message" })), Sender::Me);
        assert_eq!(
            said(json!({ "bot_id": "B2", "username": "CI", "subtype": "bot_message" })),
            Sender::Remote(RemoteUser::new("B2").named(Some("CI")))
        );
    }

    #[test]
    fn an_answer_in_a_thread_answers_its_first_message() {
        let event =
            json!({ "type": "message", "channel": "C1", "ts": "2.0", "thread_ts": "1.0", "user": "U1", "text": "yes" });
        let inbound = convert(&event).unwrap();
        assert!(matches!(inbound.body, InboundBody::Message { reply_to: Some(to), .. } if to.as_str() == "C1:1.0"));
        assert_eq!(inbound.data["thread"], "1.0");
    }

    #[test]
    fn times_are_read_without_losing_milliseconds() {
        assert_eq!(time("1795435200.123400"), 1_795_435_200_123);
        for odd in ["", ".", "x.y", "999999999999999999999.1", "-5.0"] {
            assert!(time(odd) >= 0, "{odd}");
        }
    }

    #[test]
    fn those_who_are_mentioned_have_names() {
        let mut names = Names::default();
        names.users.insert("U1".to_owned(), RemoteUser::new("U1").named(Some("Anna | <B>")));
        assert_eq!(with_names("hi <@U1> and <@U2> <@", &names), "hi <@U1|Anna / &lt;B&gt;> and <@U2> <@");
    }
}
