//! What LINE tells us, as events of the hub
//! (<https://developers.line.biz/en/reference/messaging-api/#webhook-event-objects>).

use serde_json::{Value, json};
use unisono_domain::{
    channel::{
        AccountId, ChatInfo, Inbound, InboundBody, Media, Part, PartKind, PortalKey, RemoteId, RemoteUser, Sender,
    },
    text::Text,
};

/// Where something happened, and who did it.
pub(super) struct Source {
    pub chat: String,
    pub user: Option<String>,
    pub group: bool,
}

impl Source {
    pub fn of(event: &Value) -> Option<Self> {
        let source = &event["source"];
        let user = id(&source["userId"]).map(str::to_owned);
        let group = id(&source["groupId"]).or_else(|| id(&source["roomId"])).map(str::to_owned);
        Some(Self { group: group.is_some(), chat: group.or_else(|| user.clone())?, user })
    }

    fn sender(&self) -> Sender {
        // Members of a group who have not agreed to LINE's rules for bots stay unnamed.
        let nobody = || RemoteUser::new(format!("{}.somebody", self.chat)).named(Some("LINE"));
        Sender::Remote(self.user.as_ref().map_or_else(nobody, RemoteUser::new))
    }

    fn info(&self) -> ChatInfo {
        match (&self.user, self.group) {
            (Some(user), false) => ChatInfo::direct(RemoteUser::new(user)),
            _ => ChatInfo::group(None::<String>, Vec::new()),
        }
    }
}

/// An id of LINE's. They become parts of addresses, so that nothing but letters and digits is one.
pub(super) fn id(value: &Value) -> Option<&str> {
    let plain = |id: &&str| (1..=100).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_alphanumeric());
    value.as_str().filter(plain)
}

/// All that a call says.
pub(super) fn convert(call: &Value, account: AccountId) -> Vec<Inbound> {
    call["events"].as_array().into_iter().flatten().filter_map(|event| one(event, account)).collect()
}

fn one(event: &Value, account: AccountId) -> Option<Inbound> {
    let source = Source::of(event)?;
    let at = event["timestamp"].as_i64().unwrap_or_default().clamp(0, 253_402_300_799_000);
    let event_id = || event["webhookEventId"].as_str().map(|id| id.chars().take(100).collect::<String>());
    let kind = event["type"].as_str()?;
    let make = |sender, id: String, body| {
        Inbound::new(PortalKey::private(account, &source.chat), sender, id, at, body).in_chat(source.info())
    };
    match kind {
        "message" => {
            let message = &event["message"];
            let reply_to = id(&message["quotedMessageId"]).map(RemoteId::new);
            let body = InboundBody::Message { parts: vec![part(message)?], reply_to };
            let notes = json!({
                "reply": event["replyToken"], "at": at, "quote": message["quoteToken"], "read": message["markAsReadToken"],
            });
            Some(make(source.sender(), id(&message["id"])?.to_owned(), body).noting(notes))
        }
        "unsend" => {
            let target = RemoteId::new(id(&event["unsend"]["messageId"])?);
            Some(make(source.sender(), event_id()?, InboundBody::Delete { target }))
        }
        "postback" => {
            let body = InboundBody::message(vec![choice(&event["postback"])?]);
            Some(make(source.sender(), event_id()?, body).noting(json!({ "reply": event["replyToken"], "at": at })))
        }
        _ => {
            let body = InboundBody::message(vec![Part::notice("0", &notice(kind, event)?)]);
            let mut made = make(Sender::System, event_id()?, body);
            let joined = event["joined"]["members"].as_array().into_iter().flatten();
            let joined = joined.filter_map(|member| id(&member["userId"])).map(RemoteUser::new).take(100);
            made.chat.as_mut()?.members.extend(joined);
            Some(made)
        }
    }
}

fn part(message: &Value) -> Option<Part> {
    let text = |key: &str| message[key].as_str().unwrap_or_default();
    let part = match text("type") {
        "text" => Part::text("0", text("text")),
        "image" => file(message, PartKind::Image, "image.jpg", "image/jpeg")?,
        "video" => file(message, PartKind::Video, "video.mp4", "video/mp4")?,
        "audio" => file(message, PartKind::Voice, "audio.m4a", "audio/mp4")?,
        "file" => {
            let name = text("fileName").rsplit(['/', '\\']).next().unwrap_or_default();
            let name: String = name.chars().filter(|char| !char.is_control()).take(200).collect();
            let name = if name.trim().is_empty() { "file".to_owned() } else { name };
            file(message, PartKind::File, &name, "application/octet-stream")?
        }
        "location" => {
            let label = [text("title"), text("address")].join("\n");
            let label = Some(label.trim()).filter(|label| !label.is_empty());
            let (latitude, longitude) = (message["latitude"].as_f64()?, message["longitude"].as_f64()?);
            Part::location("0", latitude.clamp(-90.0, 90.0), longitude.clamp(-180.0, 180.0), label)
        }
        "sticker" => sticker(message),
        other => {
            let other: String = other.chars().take(40).collect();
            Part::notice(
                "0",
                &Text::owned(
                    format!("sent something that only LINE shows ({other})"),
                    format!("hat etwas geschickt, das nur LINE zeigt ({other})"),
                ),
            )
        }
    };
    Some(match message["imageSet"]["id"].as_str() {
        Some(set) => part.with("org.unisono.album", set),
        None => part,
    })
}

/// Files lie at LINE, or with whoever made the message for somebody (`contentProvider`).
fn file(message: &Value, kind: PartKind, name: &str, mime: &str) -> Option<Part> {
    let provider = &message["contentProvider"];
    let elsewhere = provider["originalContentUrl"].as_str().filter(|_| provider["type"] == "external");
    let place = match elsewhere {
        Some(url) => url.to_owned(),
        None => id(&message["id"])?.to_owned(),
    };
    let media = Media { size: message["fileSize"].as_u64(), ..Media::lazy(place, name, mime) };
    Some(Part::media("0", kind, media, ""))
}

/// LINE gives no pictures of stickers to anybody; what they say is told in words.
fn sticker(message: &Value) -> Part {
    let keywords = message["keywords"].as_array().into_iter().flatten().filter_map(Value::as_str);
    let written = message["text"].as_str().map(str::to_owned);
    let words = written.unwrap_or_else(|| keywords.take(3).collect::<Vec<_>>().join(", "));
    let gap = if words.is_empty() { "" } else { ": " };
    let said = Text::owned(format!("sent a sticker{gap}{words}"), format!("hat einen Sticker geschickt{gap}{words}"));
    let sticker = json!({ "package": message["packageId"], "id": message["stickerId"] });
    Part::notice("0", &said).with("org.unisono.sticker", sticker)
}

/// A button was pressed. What we write into one is its id and its label.
fn choice(postback: &Value) -> Option<Part> {
    let data = postback["data"].as_str()?;
    let ours: Value = serde_json::from_str(data).unwrap_or_default();
    let picked = ["datetime", "date", "time"].iter().find_map(|key| postback["params"][*key].as_str());
    let id = ours["id"].as_str().unwrap_or(data);
    let label = picked.or(ours["label"].as_str()).unwrap_or(id);
    Some(Part::text("0", label).with("org.unisono.choice", json!({ "id": id, "label": label })))
}

fn notice(kind: &str, event: &Value) -> Option<Text> {
    let count = |list: &Value| list.as_array().map_or(0, Vec::len);
    Some(match kind {
        "follow" if event["follow"]["isUnblocked"] == true => {
            Text::new("Has unblocked the account", "Hat den Account wieder freigegeben")
        }
        "follow" => Text::new("Has added the account as a friend", "Hat den Account als Freund hinzugefügt"),
        "unfollow" => Text::new(
            "Has blocked the account; messages do not arrive any more",
            "Hat den Account blockiert; Nachrichten kommen nicht mehr an",
        ),
        "join" => Text::new("The account was added to this chat", "Der Account wurde zu diesem Chat hinzugefügt"),
        "leave" => Text::new("The account was removed from this chat", "Der Account wurde aus diesem Chat entfernt"),
        "memberJoined" => {
            let joined = count(&event["joined"]["members"]);
            Text::owned(format!("Joined: {joined}"), format!("Beigetreten: {joined}"))
        }
        "memberLeft" => {
            let left = count(&event["left"]["members"]);
            Text::owned(format!("Left: {left}"), format!("Gegangen: {left}"))
        }
        "videoPlayComplete" => Text::new("Has watched the video to its end", "Hat das Video zu Ende gesehen"),
        "beacon" => Text::new("Is near one of your beacons", "Ist in der Nähe eines deiner Beacons"),
        "accountLink" if event["link"]["result"] == "ok" => {
            Text::new("Has linked an account", "Hat ein Konto verknüpft")
        }
        "accountLink" => Text::new("Could not link an account", "Konnte kein Konto verknüpfen"),
        "membership" => match event["membership"]["type"].as_str()? {
            "joined" => Text::new("Has become a member", "Ist Mitglied geworden"),
            "left" => Text::new("Is not a member any more", "Ist nicht mehr Mitglied"),
            _ => Text::new("Has renewed the membership", "Hat die Mitgliedschaft verlängert"),
        },
        // About the account itself, or about messages to telephone numbers, which we do not send.
        "module" | "activated" | "deactivated" | "botSuspended" | "botResumed" | "delivery" => return None,
        other => {
            let other: String = other.chars().take(40).collect();
            Text::owned(format!("Something new in LINE: {other}"), format!("Etwas Neues in LINE: {other}"))
        }
    })
}
