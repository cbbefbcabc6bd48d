//! What Telegram says about a chat, in words: people come and go, titles and pictures change.

use serde_json::Value;
use unisono_domain::text::Text;

use super::wire::{name, text};

/// What happened, as it follows the name of who did it
/// (<https://core.telegram.org/bots/api#message>, "Service message").
const EVENTS: &[(&str, &str, &str)] = &[
    ("new_chat_photo", "changed the picture", "hat das Bild geändert"),
    ("delete_chat_photo", "removed the picture", "hat das Bild entfernt"),
    ("group_chat_created", "created the group", "hat die Gruppe angelegt"),
    ("supergroup_chat_created", "created the group", "hat die Gruppe angelegt"),
    ("channel_chat_created", "created the channel", "hat den Kanal angelegt"),
    (
        "message_auto_delete_timer_changed",
        "changed when messages vanish",
        "hat geändert, wann Nachrichten verschwinden",
    ),
    ("pinned_message", "pinned a message", "hat eine Nachricht angeheftet"),
    ("successful_payment", "has paid", "hat bezahlt"),
    ("refunded_payment", "got money back", "hat Geld zurückbekommen"),
    ("video_chat_scheduled", "announced a video chat", "hat einen Video-Chat angekündigt"),
    ("video_chat_started", "started a video chat", "hat einen Video-Chat begonnen"),
    ("video_chat_ended", "ended the video chat", "hat den Video-Chat beendet"),
    ("video_chat_participants_invited", "invited to the video chat", "hat zum Video-Chat eingeladen"),
    ("forum_topic_created", "opened a topic", "hat ein Thema eröffnet"),
    ("forum_topic_edited", "changed a topic", "hat ein Thema geändert"),
    ("forum_topic_closed", "closed a topic", "hat ein Thema geschlossen"),
    ("forum_topic_reopened", "reopened a topic", "hat ein Thema wieder geöffnet"),
    ("boost_added", "boosted the group", "hat die Gruppe verstärkt"),
    ("chat_background_set", "changed the background", "hat den Hintergrund geändert"),
    ("proximity_alert_triggered", "came near", "ist in der Nähe"),
    ("write_access_allowed", "allowed the bot to write", "hat dem Bot das Schreiben erlaubt"),
    ("checklist_tasks_done", "ticked off tasks", "hat Aufgaben abgehakt"),
    ("checklist_tasks_added", "added tasks", "hat Aufgaben ergänzt"),
];

/// What a service message says; `None` for messages that somebody wrote.
pub(super) fn of(message: &Value, who: &str) -> Option<Text> {
    let has = |key: &str| message.get(key).is_some_and(|value| !value.is_null());
    let by = |en: String, de: String| Text::owned(format!("{who} {en}"), format!("{who} {de}"));
    if let Some(people) = message["new_chat_members"].as_array() {
        let names = people.iter().take(20).map(name).collect::<Vec<_>>().join(", ");
        let have = if people.len() > 1 { "sind" } else { "ist" };
        return Some(Text::owned(format!("{names} joined"), format!("{names} {have} beigetreten")));
    }
    if has("left_chat_member") {
        let gone = name(&message["left_chat_member"]);
        return Some(Text::owned(format!("{gone} left"), format!("{gone} ist nicht mehr dabei")));
    }
    if has("new_chat_title") {
        let title = text(message, "new_chat_title");
        return Some(by(format!("named the chat “{title}”"), format!("hat den Chat „{title}“ genannt")));
    }
    if has("migrate_to_chat_id") {
        return Some(Text::new(
            "Telegram has made this group a supergroup.",
            "Telegram hat aus dieser Gruppe eine Supergruppe gemacht.",
        ));
    }
    let (_, en, de) = EVENTS.iter().find(|(key, ..)| has(key))?;
    Some(by((*en).to_owned(), (*de).to_owned()))
}

/// The bot's own standing in a chat has changed
/// (<https://core.telegram.org/bots/api#chatmemberupdated>).
pub(super) fn standing(update: &Value) -> Option<Text> {
    let who = name(&update["from"]);
    let status = |key: &str| text(&update[key], "status").to_owned();
    let private = text(&update["chat"], "type") == "private";
    let (old, new) = (status("old_chat_member"), status("new_chat_member"));
    let words = |en: &str, de: &str| Some(Text::owned(format!("{who} {en}"), format!("{who} {de}")));
    match (private, new.as_str()) {
        (true, "kicked") => words(
            "has stopped the bot; messages do not arrive any more",
            "hat den Bot gestoppt; Nachrichten kommen nicht mehr an",
        ),
        (true, _) if old == "kicked" => words("has started the bot again", "hat den Bot wieder gestartet"),
        (true, _) => None,
        (false, "kicked" | "left") => words("has removed the bot", "hat den Bot entfernt"),
        (false, "administrator") => words("has made the bot an administrator", "hat den Bot zum Administrator gemacht"),
        (false, _) if matches!(old.as_str(), "left" | "kicked") => {
            words("has added the bot", "hat den Bot hinzugefügt")
        }
        (false, _) => None,
    }
}

/// Something that has no likeness here.
pub(super) fn only_there(message: &Value) -> Text {
    /// What surrounds every message and says nothing of its kind.
    const AROUND: &[&str] = &[
        "message_id",
        "message_thread_id",
        "direct_messages_topic",
        "from",
        "sender_chat",
        "sender_boost_count",
        "sender_business_bot",
        "sender_tag",
        "date",
        "guest_query_id",
        "business_connection_id",
        "chat",
        "forward_origin",
        "is_topic_message",
        "is_automatic_forward",
        "reply_to_message",
        "external_reply",
        "quote",
        "reply_to_story",
        "reply_to_checklist_task_id",
        "reply_to_poll_option_id",
        "via_bot",
        "edit_date",
        "has_protected_content",
        "is_from_offline",
        "is_paid_post",
        "media_group_id",
        "author_signature",
        "paid_star_count",
        "entities",
        "link_preview_options",
        "suggested_post_info",
        "effect_id",
        "caption",
        "caption_entities",
        "show_caption_above_media",
        "has_media_spoiler",
        "reply_markup",
        "text",
    ];
    let known = |key: &str| AROUND.contains(&key);
    let kind = message.as_object().and_then(|fields| fields.keys().find(|key| !known(key)));
    let kind: String = kind.map_or("?", String::as_str).replace('_', " ").chars().take(40).collect();
    Text::owned(
        format!("sent something that only Telegram shows ({kind})"),
        format!("hat etwas geschickt, das nur Telegram zeigt ({kind})"),
    )
}
