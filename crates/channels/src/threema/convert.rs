//! Messages as events.

use serde_json::json;
use unisono_domain::{
    channel::{
        AccountId, ChatInfo, Inbound, InboundBody, Media, Part, PartKind, PortalKey, RemoteId, RemoteUser, Sender,
    },
    text::Text,
};

use super::{
    boxes,
    call::Call,
    message::{File, Message, Status},
};
use crate::{format, verify::hex};

/// How long "is typing" is shown, in milliseconds.
const TYPING: u64 = 15_000;
pub(super) const AGREED: &str = "👍";
pub(super) const DECLINED: &str = "👎";

pub(super) const UNREADABLE: Text = Text::new(
    "Sent a message that cannot be decrypted: it was made for another key.",
    "Hat eine Nachricht gesendet, die sich nicht entschlüsseln lässt: Sie ist für einen anderen Schlüssel.",
);
const GROUP: Text = Text::new(
    "Wrote in a group. A Gateway ID cannot be in groups, so this is not shown.",
    "Hat in eine Gruppe geschrieben. Eine Gateway-ID kann nicht in Gruppen sein, darum wird es nicht gezeigt.",
);
const OTHER: Text = Text::new(
    "Sent something that is shown only in Threema (a poll, for example).",
    "Hat etwas gesendet, das nur Threema zeigt (etwa eine Umfrage).",
);

pub(super) fn person(id: &str, nickname: Option<&str>) -> RemoteUser {
    RemoteUser::new(id).named(nickname).reached_by(format!("threema:{id}"))
}

/// The events of a message; `None` for one that cannot be read.
pub(super) fn events(account: AccountId, call: &Call, message: Option<Message>) -> Vec<Inbound> {
    let user = person(&call.from, call.nickname.as_deref());
    let event = |id: String, body| {
        let portal = PortalKey::private(account, &call.from);
        Inbound::new(portal, Sender::Remote(user.clone()), id, call.at, body).in_chat(ChatInfo::direct(user.clone()))
    };
    let said = |part: Part| vec![event(call.id.clone(), InboundBody::message(vec![part]))];
    match message {
        None => said(Part::notice("0", &UNREADABLE)),
        Some(Message::Group) => said(Part::notice("0", &GROUP)),
        Some(Message::Other(_)) => said(Part::notice("0", &OTHER)),
        Some(Message::Text(text)) => said(format::text_part(unisono_domain::channel::Formatting::WhatsApp, "0", &text)),
        Some(Message::Location { latitude, longitude, label }) => {
            said(Part::location("0", latitude, longitude, label.as_deref()))
        }
        Some(Message::Image { blob, nonce }) => {
            let media =
                Media::lazy(format!("image:{}:{}:{}", hex(&blob), hex(&nonce), call.from), "image.jpg", "image/jpeg");
            said(Part::media("0", PartKind::Image, media, ""))
        }
        Some(Message::File(file)) => said(file_part(*file)),
        Some(Message::Typing(typing)) => {
            vec![event(call.id.clone(), InboundBody::Typing { timeout: if typing { TYPING } else { 0 } })]
        }
        Some(Message::Receipt { status, ids }) => {
            let about = ids.into_iter().map(|id| {
                let target = RemoteId::new(&id);
                let reaction = |key: &str| InboundBody::Reaction { target: RemoteId::new(&id), key: key.to_owned() };
                let body = match status {
                    Status::Received => InboundBody::Delivered { target },
                    Status::Read => InboundBody::Read { up_to: target },
                    Status::Agreed => reaction(AGREED),
                    Status::Declined => reaction(DECLINED),
                };
                event(format!("{}.{id}", call.id), body).noting(json!({}))
            });
            about.collect()
        }
    }
}

fn file_part(file: File) -> Part {
    if boxes::unhex::<16>(&file.b).is_none() || boxes::unhex::<32>(&file.k).is_none() {
        return Part::notice("0", &OTHER);
    }
    let name = file.n.unwrap_or_else(|| "file".to_owned());
    let name: String = name.rsplit(['/', '\\']).next().unwrap_or_default().chars().take(200).collect();
    let kind = match PartKind::of_mime(&file.m) {
        PartKind::Audio if file.j == 1 => PartKind::Voice,
        kind => kind,
    };
    let media = Media { size: Some(file.s), ..Media::lazy(format!("file:{}:{}", file.b, file.k), name, file.m) };
    Part::media("0", kind, media, file.d.unwrap_or_default())
}
