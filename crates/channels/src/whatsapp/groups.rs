//! What happens to groups of the Groups API
//! (<https://developers.facebook.com/docs/whatsapp/cloud-api/groups/webhooks>).

use serde_json::Value;
use unisono_domain::{
    channel::{ChatInfo, Inbound},
    text::Text,
};

use super::{
    content::bounded,
    convert::{Scene, person},
};
use crate::meta_graph::{
    errors_in,
    read::{id, list, seconds, text},
};

/// One change to a group, as a line from the network and as what is now known of the group.
pub fn event(scene: Scene<'_>, group: &Value) -> Option<Inbound> {
    let chat = id(group, "/group_id")?;
    let at = seconds(&group["timestamp"]);
    let kind = text(group, "/type");
    let request = id(group, "/request_id").unwrap_or_default();
    let added = people(group, "/added_participants");
    let removed = people(group, "/removed_participants");
    // A change of the settings tells each with its fate.
    let settings = |key: &str| [text(group, &format!("/{key}")), text(group, &format!("/{key}/text"))];
    let subject = settings("subject").into_iter().find(|subject| !subject.is_empty()).map(bounded);
    let words = words(kind, group, &added, &removed, subject.as_deref());
    let members = added.iter().map(|number| person(number)).collect();
    let info = ChatInfo::group(subject, members);
    Some(scene.said_by_network(&chat, format!("{chat}:{kind}:{request}:{at}"), at, &words).in_chat(info))
}

/// A group as Meta tells it when asked.
pub fn info(group: &Value) -> ChatInfo {
    let words = |pointer: &str| Some(text(group, pointer)).filter(|words| !words.is_empty()).map(bounded);
    let members = people(group, "/participants").iter().map(|number| person(number)).collect();
    ChatInfo { topic: words("/description"), ..ChatInfo::group(words("/subject"), members) }
}

fn people(group: &Value, pointer: &str) -> Vec<String> {
    list(group, pointer).iter().take(100).filter_map(|one| id(one, "/wa_id").or_else(|| id(one, "/input"))).collect()
}

fn words(kind: &str, group: &Value, added: &[String], removed: &[String], subject: Option<&str>) -> Text {
    let named = |numbers: &[String]| numbers.iter().map(|number| format!("+{number}")).collect::<Vec<_>>().join(", ");
    if !list(group, "/errors").is_empty() {
        let reason = errors_in(&group["errors"]);
        return Text::owned(
            format!("A change of the group failed: {}", reason.en),
            format!("Eine Änderung der Gruppe ist misslungen: {}", reason.de),
        );
    }
    match kind {
        _ if !removed.is_empty() => {
            let who = named(removed);
            Text::owned(format!("Left the group: {who}."), format!("Nicht mehr in der Gruppe: {who}."))
        }
        "group_create" => Text::new("The group was created.", "Die Gruppe wurde angelegt."),
        "group_delete" => Text::new("The group was deleted.", "Die Gruppe wurde gelöscht."),
        "group_suspend" => Text::new("Meta has closed the group.", "Meta hat die Gruppe gesperrt."),
        "group_suspend_cleared" => {
            Text::new("Meta has opened the group again.", "Meta hat die Gruppe wieder geöffnet.")
        }
        "group_join_request_created" => Text::new("Somebody asks to join.", "Jemand möchte beitreten."),
        "group_join_request_revoked" => {
            Text::new("A request to join was withdrawn.", "Eine Beitrittsanfrage wurde zurückgezogen.")
        }
        _ if !added.is_empty() => {
            let who = named(added);
            Text::owned(format!("Joined the group: {who}."), format!("Neu in der Gruppe: {who}."))
        }
        _ => match subject {
            Some(subject) => Text::owned(
                format!("The group is now called “{subject}”."),
                format!("Die Gruppe heißt jetzt „{subject}“."),
            ),
            None => Text::new("The group's settings were changed.", "Die Einstellungen der Gruppe wurden geändert."),
        },
    }
}
