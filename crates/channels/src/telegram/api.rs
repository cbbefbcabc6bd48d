//! Calls to the Bot API (<https://core.telegram.org/bots/api#making-requests>), and what its refusals
//! mean to a person.

use std::time::Duration;

use bytes::Bytes;
use reqwest::multipart::{Form, Part};
use serde_json::{Map, Value};
use unisono_domain::{
    channel::{Host, Media, MediaSource, RequestError, SendOutcome},
    net::OutboundGuard,
    text::Text,
};

use crate::rest::{Rest, RestError};

pub(super) const OFFICIAL: &str = "https://api.telegram.org";
/// Where the vendor has its words in an error.
pub(super) const WORDS: &str = "/description";
/// Large files take their time.
const UPLOAD_WITHIN: Duration = Duration::from_secs(170);

const SLOW_DOWN: Text = Text::new("Telegram asks us to slow down.", "Telegram bittet um Geduld.");

/// What is refused for good, by a piece of Telegram's words.
const REFUSALS: &[(&str, Text)] = &[
    (
        "bot was blocked by the user",
        Text::new(
            "This person has stopped the bot. They have to start it again before you can write to them.",
            "Diese Person hat den Bot gestoppt. Sie muss ihn erst wieder starten, bevor du ihr schreiben kannst.",
        ),
    ),
    ("user is deactivated", Text::new("This Telegram account was deleted.", "Dieses Telegram-Konto wurde gelöscht.")),
    (
        "initiate conversation",
        Text::new(
            "A bot cannot write first: this person has to start it.",
            "Ein Bot kann nicht zuerst schreiben: Diese Person muss ihn starten.",
        ),
    ),
    ("bot was kicked", Text::new("The bot was removed from this group.", "Der Bot wurde aus dieser Gruppe entfernt.")),
    ("bot is not a member", Text::new("The bot is not in this chat.", "Der Bot ist nicht in diesem Chat.")),
    ("chat not found", Text::new("Telegram does not know this chat.", "Telegram kennt diesen Chat nicht.")),
    ("not enough rights", Text::new("The bot may not do this in this chat.", "Der Bot darf das in diesem Chat nicht.")),
    ("have no rights", Text::new("The bot may not do this in this chat.", "Der Bot darf das in diesem Chat nicht.")),
    (
        "reaction_invalid",
        Text::new(
            "Telegram lets bots react only with some emoji; this is none of them.",
            "Telegram lässt Bots nur mit bestimmten Emoji reagieren; dieses gehört nicht dazu.",
        ),
    ),
    ("message is too long", Text::new("The text is too long for Telegram.", "Der Text ist zu lang für Telegram.")),
    (
        "message can't be edited",
        Text::new("Telegram does not let this message be changed.", "Telegram lässt diese Nachricht nicht ändern."),
    ),
    (
        "message can't be deleted",
        Text::new(
            "Telegram lets bots take back messages for 48 hours only.",
            "Telegram lässt Bots Nachrichten nur 48 Stunden lang zurückholen.",
        ),
    ),
    (
        "voice_messages_forbidden",
        Text::new("This person takes no voice messages.", "Diese Person nimmt keine Sprachnachrichten an."),
    ),
    ("file is too big", Text::new("The file is too large for Telegram.", "Die Datei ist zu groß für Telegram.")),
    (
        "request entity too large",
        Text::new("The file is too large for Telegram.", "Die Datei ist zu groß für Telegram."),
    ),
];

/// The interface of one bot.
#[derive(Clone, Debug)]
pub(super) struct Api {
    rest: Rest,
    token: String,
}

/// A call with a file.
pub(super) struct Upload {
    /// The parameter that the file goes into.
    pub field: &'static str,
    pub media: Media,
}

impl Api {
    pub fn new(guard: &OutboundGuard, base: &str, token: &str) -> Result<Self, RestError> {
        Ok(Self { rest: Rest::new(guard, base)?, token: token.to_owned() })
    }

    fn path(&self, method: &str) -> String {
        format!("bot{}/{method}", self.token)
    }

    /// The `result` of a call.
    pub async fn call(&self, method: &str, parameters: &Value) -> Result<Value, RestError> {
        result(self.rest.post(&self.path(method)).json(parameters).send().await?)
    }

    /// The same for what may be asked twice without harm.
    pub async fn ask(&self, method: &str, parameters: &Value) -> Result<Value, RestError> {
        result(self.rest.post(&self.path(method)).json(parameters).idempotent().send().await?)
    }

    /// The same, waiting for an answer longer.
    pub async fn poll(&self, parameters: &Value, within: Duration) -> Result<Value, RestError> {
        result(self.rest.post(&self.path("getUpdates")).json(parameters).within(within).idempotent().send().await?)
    }

    /// The same with a file (<https://core.telegram.org/bots/api#sending-files>).
    pub async fn upload(
        &self,
        method: &str,
        parameters: &Map<String, Value>,
        upload: &Upload,
    ) -> Result<Value, RestError> {
        let MediaSource::Bytes(bytes) = &upload.media.source else {
            return Err(RestError::Unsent("the file is not here".to_owned()));
        };
        let mut form = Form::new();
        for (key, value) in parameters {
            form = form.text(key.clone(), value.as_str().map_or_else(|| value.to_string(), str::to_owned));
        }
        let mime = if upload.media.mime.contains('/') { &upload.media.mime } else { "application/octet-stream" };
        let file = Part::stream(bytes.clone()).file_name(upload.media.name.clone()).mime_str(mime);
        let file = file.map_err(|error| RestError::Unsent(error.to_string()))?;
        let call = self.rest.post(&self.path(method)).multipart(form.part(upload.field, file));
        result(call.within(UPLOAD_WITHIN).send().await?)
    }

    /// The bytes of a file (<https://core.telegram.org/bots/api#getfile>), at most `most`.
    pub async fn file(&self, id: &str, most: u64) -> Result<Bytes, RequestError> {
        let file = self.ask("getFile", &serde_json::json!({ "file_id": id })).await.map_err(request)?;
        let path = file["file_path"].as_str().filter(|path| !path.contains("..") && !path.contains('?'));
        let path = path.ok_or(RequestError::NotFound)?;
        let call = self.rest.get(&format!("file/bot{}/{path}", self.token)).within(UPLOAD_WITHIN);
        let most = usize::try_from(most).unwrap_or(usize::MAX);
        Ok(call.answer(most).await.map_err(request)?.body)
    }
}

fn result(mut answer: Value) -> Result<Value, RestError> {
    match answer.get_mut("result") {
        Some(result) => Ok(result.take()),
        None => Err(RestError::Malformed("no result".to_owned())),
    }
}

/// Whether Telegram's words have this in them, whatever the case.
pub(super) fn says(error: &RestError, words: &str) -> bool {
    error.json()["description"].as_str().is_some_and(|said| said.to_lowercase().contains(words))
}

/// How long Telegram wants to be left alone, in milliseconds: it says so in the body
/// (<https://core.telegram.org/bots/api#responseparameters>).
pub(super) fn retry_after(error: &RestError) -> Option<u64> {
    error.json()["parameters"]["retry_after"].as_u64().map(|seconds| seconds.min(86_400) * 1_000)
}

/// What becomes of a message that was not taken.
pub(super) fn outcome(error: RestError, host: &dyn Host) -> SendOutcome {
    if error.status() == Some(429) {
        return SendOutcome::Retry { after: retry_after(&error), reason: SLOW_DOWN };
    }
    let refusal = REFUSALS.iter().find(|(words, _)| says(&error, words));
    match refusal.filter(|_| error.status().is_some_and(|status| (400..500).contains(&status) && status != 401)) {
        Some((_, reason)) => SendOutcome::Rejected { reason: reason.clone() },
        None => error.outcome(host, WORDS),
    }
}

/// What becomes of a question.
pub(super) fn request(error: RestError) -> RequestError {
    if says(&error, "not found") || says(&error, "wrong file_id") || says(&error, "file is too big") {
        return RequestError::NotFound;
    }
    error.request(WORDS)
}

/// Whether a token is wrong: unknown ones are unauthorised, others lead nowhere.
pub(super) fn is_wrong_token(error: &RestError) -> bool {
    matches!(error.status(), Some(401 | 404))
}
