//! seven.io's calls as events (<https://docs.seven.io/en/rest-api/webhooks>). Numbers come as strings
//! or as numbers, so they are taken as either.

use serde::Deserialize;
use serde_json::{Value, json};
use unisono_domain::{
    Millis,
    channel::{AccountId, Inbound, InboundBody, Media, Part, PartKind, WebhookError},
    text::Text,
};

use crate::sms_text::{self, Fate};

/// How long "is typing" is shown, in milliseconds.
const TYPING: u64 = 20_000;
/// What tells the messages of others from ours: the two are numbered apart.
const THEIRS: &str = "in.";

#[derive(Deserialize)]
pub(super) struct Call {
    #[serde(default)]
    webhook_event: String,
    #[serde(default)]
    data: Value,
}

/// What became of a message of ours; whose chat it is in is not always said.
pub(super) struct Status {
    pub message: String,
    address: Option<String>,
    word: String,
}

impl Call {
    pub(super) fn convert(&self, account: AccountId) -> Result<Vec<Inbound>, WebhookError> {
        if let Some(status) = self.status() {
            let Some(address) = &status.address else { return Ok(Vec::new()) };
            return Ok(status.tell(account, address).into_iter().collect());
        }
        match self.webhook_event.as_str() {
            "sms_mo" | "rcs" => self.message(account).map(|event| vec![event]),
            // Calls and clicks, which are not ours to show.
            _ => Ok(Vec::new()),
        }
    }

    /// The call as a status, if it is one.
    pub(super) fn status(&self) -> Option<Status> {
        if !matches!(self.webhook_event.as_str(), "dlr" | "rcs") {
            return None;
        }
        let word = self.data["status"].as_str()?.to_owned();
        let address = word_of(&self.data["foreign_id"]).and_then(|id| address_in(&id));
        let sender = word_of(&self.data["sender"]).filter(|_| self.webhook_event == "rcs");
        let address = address.or_else(|| sms_text::address(&sender?));
        Some(Status { message: word_of(&self.data["msg_id"]).unwrap_or_default(), address, word })
    }

    fn message(&self, account: AccountId) -> Result<Inbound, WebhookError> {
        let missing = |what: &str| WebhookError::Malformed(format!("no {what}"));
        let data = &self.data;
        let id = word_of(&data["id"]).ok_or_else(|| missing("id"))?;
        let sender = word_of(&data["sender"]).and_then(|sender| sms_text::address(&sender));
        let sender = sender.ok_or_else(|| missing("sender"))?;
        let rcs = data["message_type"] == "RCS" || self.webhook_event == "rcs";
        let seconds = word_of(&data["time"]).and_then(|time| time.parse::<Millis>().ok());
        let at = seconds.and_then(|seconds| seconds.checked_mul(1_000)).unwrap_or(Inbound::NO_TIME);
        let body = InboundBody::message(vec![part(data)]);
        let note = json!({ "rcs": rcs, "id": id, "to": word_of(&data["system"]) });
        let network = if rcs { "rcs" } else { "sms" };
        Ok(sms_text::from(account, &sender, format!("{THEIRS}{network}.{id}"), at, body).noting(note))
    }
}

impl Status {
    /// `None`: on its way, which nobody needs to be told.
    pub(super) fn tell(&self, account: AccountId, address: &str) -> Option<Inbound> {
        let failed = |en, de| Some(Fate::Failed(Text::new(en, de)));
        let fate = match self.word.as_str() {
            "DELIVERED" => Some(Fate::Delivered),
            "READ" => Some(Fate::Read),
            "NOTDELIVERED" | "FAILED" => failed("It could not be delivered.", "Sie konnte nicht zugestellt werden."),
            "EXPIRED" => {
                failed("The phone was not reached for two days.", "Das Telefon war zwei Tage lang nicht zu erreichen.")
            }
            "REJECTED" => failed("The phone company refused it.", "Die Telefongesellschaft hat sie abgelehnt."),
            "IS_TYPING" => {
                let body = InboundBody::Typing { timeout: TYPING };
                return Some(sms_text::from(account, address, "typing".to_owned(), Inbound::NO_TIME, body));
            }
            _ => None,
        };
        let fate = fate.filter(|_| !self.message.is_empty())?;
        Some(fate.tell(account, address, &self.message, Inbound::NO_TIME))
    }
}

/// What was sent. Further kinds than these are told in words.
fn part(data: &Value) -> Part {
    let text = |value: &Value| word_of(value).unwrap_or_default();
    match data["content_type"].as_str() {
        None | Some("text") => Part::text("0", text(&data["text"])),
        Some("suggestion_response") => {
            let choice = &data["suggestion_response"];
            let label = text(&choice["text"]);
            Part::text("0", label.clone())
                .with("org.unisono.choice", json!({ "id": text(&choice["postbackData"]), "label": label }))
        }
        Some("location") => match (data["location"]["latitude"].as_f64(), data["location"]["longitude"].as_f64()) {
            (Some(latitude), Some(longitude)) => Part::location("0", latitude, longitude, None),
            _ => other("location"),
        },
        Some("user_file") => {
            let file = &data["user_file"]["payload"];
            let Some(url) = file["fileUri"].as_str().filter(|url| url.starts_with("http")) else {
                return other("file");
            };
            let mime = file["mimeType"].as_str().unwrap_or("application/octet-stream");
            let name = file["fileName"].as_str().unwrap_or("file");
            let name: String = name.rsplit(['/', '\\']).next().unwrap_or_default().chars().take(200).collect();
            let media = Media { size: file["fileSizeBytes"].as_u64(), ..Media::lazy(url, name, mime) };
            Part::media("0", PartKind::of_mime(mime), media, "")
        }
        Some(kind) => other(&kind.chars().take(40).collect::<String>()),
    }
}

fn other(kind: &str) -> Part {
    let words = Text::owned(
        format!("Sent something that is shown only by RCS on the phone ({kind})."),
        format!("Hat etwas gesendet, das nur RCS auf dem Telefon zeigt ({kind})."),
    );
    Part::notice("0", &words)
}

/// A string, or a number as one.
fn word_of(value: &Value) -> Option<String> {
    match value {
        Value::String(word) => Some(word.clone()).filter(|word| !word.is_empty()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

/// What we ask seven.io to return with the status of a message: to whom it went, and which it is.
/// At most 64 of `A-Za-z0-9.-_@`.
pub(super) fn foreign_id(digits: &str, txn: &str) -> String {
    let hash = crate::verify::hex(&crate::verify::hmac_sha256(b"seven", &[txn.as_bytes()]));
    format!("{digits}.{}", hash.get(..24).unwrap_or_default())
}

fn address_in(foreign_id: &str) -> Option<String> {
    let (digits, _) = foreign_id.split_once('.')?;
    sms_text::digits(digits)?;
    sms_text::address(digits)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn call(json: Value) -> Vec<Inbound> {
        serde_json::from_value::<Call>(json).unwrap().convert(AccountId(1)).unwrap()
    }

    #[test]
    fn a_status_finds_its_chat_by_what_we_gave_along() {
        let foreign_id = foreign_id("491701234567", "$event");
        assert!(foreign_id.len() <= 64);
        let events = call(json!({ "webhook_event": "dlr", "data": {
            "msg_id": "77149843739", "status": "DELIVERED", "foreign_id": foreign_id } }));
        assert_eq!(events[0].portal.chat.as_str(), "+491701234567");
        assert_eq!(
            events[0].body,
            InboundBody::Delivered { target: unisono_domain::channel::RemoteId::new("77149843739") }
        );
        assert!(call(json!({ "webhook_event": "dlr", "data": { "msg_id": 7, "status": "DELIVERED" } })).is_empty());
    }

    #[test]
    fn on_its_way_is_no_news() {
        let foreign_id = foreign_id("491701234567", "$event");
        for word in ["TRANSMITTED", "ACCEPTED", "BUFFERED", "UNKNOWN"] {
            let data = json!({ "msg_id": "7", "status": word, "foreign_id": foreign_id });
            assert!(call(json!({ "webhook_event": "dlr", "data": data })).is_empty(), "{word}");
        }
    }
}
