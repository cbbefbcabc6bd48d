//! What a message of Signal holds (receive.DataMessage of the bridge's description).

use serde_json::Value;
use unisono_domain::{
    channel::{Media, Part, PartKind},
    text::Text,
};

use crate::format::{self, Range, What};

pub(super) const CALLED: Text =
    Text::new("Called. Calls are taken on the phone.", "Hat angerufen. Anrufe nimmt das Telefon an.");
const ONCE: Text = Text::new(
    "Sent something to be seen once, which only the phone shows.",
    "Hat etwas zum einmaligen Ansehen gesendet, das nur das Telefon zeigt.",
);
const STICKER: Text =
    Text::new("Sent a sticker, which only the phone shows.", "Hat einen Sticker gesendet, den nur das Telefon zeigt.");
const PAID: Text = Text::new("Sent a payment.", "Hat eine Zahlung gesendet.");
const VOTED: Text = Text::new("Voted in a poll.", "Hat bei einer Umfrage abgestimmt.");
const POLL_OVER: Text = Text::new("Ended a poll.", "Hat eine Umfrage beendet.");
const PINNED: Text = Text::new("Pinned a message.", "Hat eine Nachricht angeheftet.");
const UNPINNED: Text = Text::new("Unpinned a message.", "Hat eine Nachricht abgelöst.");

/// The parts; none for what tells nothing, such as a change of keys.
pub(super) fn of(data: &Value) -> Vec<Part> {
    let mut parts = Vec::new();
    if data["isExpirationUpdate"] == true {
        return vec![Part::notice("0", &expiry(data["expiresInSeconds"].as_u64().unwrap_or(0)))];
    }
    if let Some(text) = data["message"].as_str().filter(|text| !text.trim().is_empty()) {
        let (text, html) = format::read_ranges(text, &ranges(data));
        parts.push(Part { html, ..Part::text("0", text) });
    }
    if data["viewOnce"] == true {
        parts.push(Part::notice("once", &ONCE));
        return parts;
    }
    let files = data["attachments"].as_array().into_iter().flatten().take(50);
    parts.extend(files.enumerate().filter_map(|(number, file)| attachment(number + 1, file)));
    let contacts = data["contacts"].as_array().into_iter().flatten().take(20);
    parts.extend(contacts.enumerate().map(|(number, contact)| self::contact(number, contact)));
    let kinds = [
        ("sticker", &STICKER),
        ("payment", &PAID),
        ("pollVote", &VOTED),
        ("pollTerminate", &POLL_OVER),
        ("pinMessage", &PINNED),
        ("unpinMessage", &UNPINNED),
    ];
    for (key, words) in kinds {
        if data[key].is_object() {
            parts.push(Part::notice(key, words));
        }
    }
    if let Some(question) = data["pollCreate"]["question"].as_str() {
        let options = data["pollCreate"]["options"].as_array().into_iter().flatten().filter_map(Value::as_str);
        let options: String = options.take(20).map(|option| format!("\n• {option}")).collect();
        parts.push(Part::notice(
            "poll",
            &Text::owned(
                format!("Poll, to be answered on the phone: {question}{options}"),
                format!("Umfrage, zu beantworten am Telefon: {question}{options}"),
            ),
        ));
    }
    parts
}

fn expiry(seconds: u64) -> Text {
    if seconds == 0 {
        return Text::new("Switched disappearing messages off.", "Hat verschwindende Nachrichten ausgeschaltet.");
    }
    let (count, en, de) = match seconds {
        seconds if seconds % 604_800 == 0 => (seconds / 604_800, "week(s)", "Woche(n)"),
        seconds if seconds % 86_400 == 0 => (seconds / 86_400, "day(s)", "Tag(en)"),
        seconds if seconds % 3_600 == 0 => (seconds / 3_600, "hour(s)", "Stunde(n)"),
        seconds if seconds % 60 == 0 => (seconds / 60, "minute(s)", "Minute(n)"),
        seconds => (seconds, "second(s)", "Sekunde(n)"),
    };
    Text::owned(
        format!("On the phones, messages now disappear after {count} {en}. Here they stay."),
        format!("Auf den Telefonen verschwinden Nachrichten nun nach {count} {de}. Hier bleiben sie."),
    )
}

fn ranges(data: &Value) -> Vec<Range> {
    let place = |value: &Value| {
        let number = |key: &str| value[key].as_u64().and_then(|number| usize::try_from(number).ok());
        Some((number("start")?, number("length")?))
    };
    let styles = data["textStyles"].as_array().into_iter().flatten().filter_map(|style| {
        let (start, length) = place(style)?;
        let what = match style["style"].as_str()? {
            "BOLD" => What::Bold,
            "ITALIC" => What::Italic,
            "STRIKETHROUGH" => What::Strike,
            "MONOSPACE" => What::Code,
            "SPOILER" => What::Spoiler,
            _ => return None,
        };
        Some(Range { start, length, what })
    });
    let mentions = data["mentions"].as_array().into_iter().flatten().filter_map(|mention| {
        let (start, length) = place(mention)?;
        let name = mention["name"].as_str().or_else(|| mention["number"].as_str()).unwrap_or("?");
        Some(Range { start, length, what: What::Person(name.chars().take(100).collect()) })
    });
    styles.chain(mentions).collect()
}

fn attachment(number: usize, file: &Value) -> Option<Part> {
    let id = file["id"].as_str().filter(|id| !id.is_empty())?;
    let mime = file["contentType"].as_str().unwrap_or("application/octet-stream");
    let given =
        file["filename"].as_str().and_then(|name| name.rsplit(['/', '\\']).next()).filter(|name| !name.is_empty());
    let name: String = given.unwrap_or(id).chars().take(200).collect();
    // Signal's voice messages have no name; music that is sent has.
    let kind = match PartKind::of_mime(mime) {
        PartKind::Audio if given.is_none() => PartKind::Voice,
        kind => kind,
    };
    let media = Media { size: file["size"].as_u64(), ..Media::lazy(id, name, mime) };
    Some(Part::media(number.to_string(), kind, media, file["caption"].as_str().unwrap_or_default()))
}

/// A shared contact as a vCard (RFC 6350).
fn contact(number: usize, contact: &Value) -> Part {
    let name = &contact["name"];
    let names = ["given", "family"].into_iter().filter_map(|key| name[key].as_str()).collect::<Vec<_>>().join(" ");
    let organization = contact["organization"].as_str().unwrap_or_default();
    let shown = if names.trim().is_empty() { organization } else { names.trim() };
    let clean =
        |text: &str| text.replace(['\r', '\n'], " ").replace('\\', "\\\\").replace(';', "\\;").replace(',', "\\,");
    let mut card = format!("BEGIN:VCARD\r\nVERSION:4.0\r\nFN:{}\r\n", clean(shown));
    for (key, property) in [("phone", "TEL"), ("email", "EMAIL")] {
        for value in contact[key].as_array().into_iter().flatten().filter_map(|entry| entry["value"].as_str()) {
            card.push_str(&format!("{property}:{}\r\n", clean(value)));
        }
    }
    card.push_str("END:VCARD\r\n");
    Part::contact(format!("contact.{number}"), if shown.is_empty() { "contact" } else { shown }, card)
}
