//! Slack's Web API: every answer is HTTP 200 and says in `ok` whether it worked
//! (<https://docs.slack.dev/apis/web-api/>).

use bytes::Bytes;
use reqwest::StatusCode;
use serde_json::{Value, json};
use unisono_domain::{
    channel::{Host, SendOutcome},
    text::Text,
};

use crate::rest::{Call, Rest, RestError};

pub(super) const API: &str = "https://slack.com/api";
/// Where its errors have their word.
pub(super) const ERROR: &str = "/error";

/// Slack with somebody's token.
#[derive(Clone, Debug)]
pub(super) struct Api {
    pub rest: Rest,
    token: String,
}

impl Api {
    pub(super) fn new(rest: Rest, token: &str) -> Self {
        Self { rest, token: token.to_owned() }
    }

    /// Asks something; may be asked twice.
    pub(super) async fn ask(&self, method: &str, query: &[(&str, &str)]) -> Result<Value, RestError> {
        self.finish(self.rest.get(method).query(query), true).await
    }

    /// Does something.
    pub(super) async fn act(&self, method: &str, body: &Value) -> Result<Value, RestError> {
        self.finish(self.rest.post(method).json(body), false).await
    }

    /// The same where twice is as good as once.
    pub(super) async fn set(&self, method: &str, body: &Value) -> Result<Value, RestError> {
        self.finish(self.rest.post(method).json(body).idempotent(), true).await
    }

    /// For methods that take forms only.
    pub(super) async fn form(&self, method: &str, form: &[(&str, &str)]) -> Result<Value, RestError> {
        self.finish(self.rest.post(method).form(form).idempotent(), true).await
    }

    async fn finish(&self, call: Call<'_>, idempotent: bool) -> Result<Value, RestError> {
        let answer: Value = call.bearer(&self.token).send().await?;
        if answer["ok"] == true {
            return Ok(answer);
        }
        let Some(error) = answer["error"].as_str() else {
            return Err(RestError::Malformed("neither ok nor an error".to_owned()));
        };
        Err(RestError::Refused { status: status(error), retry_after: None, body: said(&answer, error), idempotent })
    }
}

/// What another interface would have said by its status.
fn status(error: &str) -> StatusCode {
    match error {
        "invalid_auth" | "not_authed" | "account_inactive" | "token_revoked" | "token_expired" | "no_permission"
        | "org_login_required" => StatusCode::UNAUTHORIZED,
        "ratelimited" | "rate_limited" => StatusCode::TOO_MANY_REQUESTS,
        "internal_error" | "fatal_error" => StatusCode::INTERNAL_SERVER_ERROR,
        "service_unavailable" | "team_added_to_org" => StatusCode::SERVICE_UNAVAILABLE,
        "users_not_found" | "user_not_found" | "channel_not_found" => StatusCode::NOT_FOUND,
        _ => StatusCode::BAD_REQUEST,
    }
}

fn said(answer: &Value, error: &str) -> Bytes {
    let error = match answer["needed"].as_str().filter(|_| error == "missing_scope") {
        Some(needed) => format!("{error}: {needed}"),
        None => error.to_owned(),
    };
    json!({ "error": error }).to_string().into()
}

/// Slack's word for what went wrong.
pub(super) fn word(error: &RestError) -> String {
    error.json()["error"].as_str().unwrap_or_default().to_owned()
}

/// What becomes of a message.
pub(super) fn outcome(error: RestError, host: &dyn Host) -> SendOutcome {
    let word = word(&error);
    match (error.outcome(host, ERROR), explain(&word)) {
        (SendOutcome::Rejected { .. }, Some(reason)) => SendOutcome::Rejected { reason },
        (outcome, _) => outcome,
    }
}

/// Words of ours for what happens most.
pub(super) fn explain(word: &str) -> Option<Text> {
    let text = match word {
        "not_in_channel" | "channel_not_found" => Text::new(
            "The app is not in this channel. Invite it in Slack with /invite.",
            "Die App ist nicht in diesem Kanal. Lade sie in Slack mit /invite ein.",
        ),
        "is_archived" => Text::new("This channel is archived.", "Dieser Kanal ist archiviert."),
        "restricted_action" | "restricted_action_read_only_channel" | "cannot_reply_to_message" => {
            Text::new("This workspace does not allow it here.", "Dieser Arbeitsbereich erlaubt das hier nicht.")
        }
        "edit_window_closed" => {
            Text::new("It is too late to change this message.", "Diese Nachricht lässt sich nicht mehr ändern.")
        }
        "cant_update_message" | "cant_delete_message" => Text::new(
            "Slack lets the app change only its own messages.",
            "Slack lässt die App nur ihre eigenen Nachrichten ändern.",
        ),
        "invalid_name" => {
            Text::new("This workspace has no such emoji.", "Dieser Arbeitsbereich kennt dieses Emoji nicht.")
        }
        "too_many_reactions" | "too_many_emoji" => {
            Text::new("The message has too many reactions.", "Die Nachricht hat zu viele Reaktionen.")
        }
        "file_uploads_disabled" | "storage_limit_reached" => {
            Text::new("This workspace takes no more files.", "Dieser Arbeitsbereich nimmt keine Dateien mehr an.")
        }
        _ => {
            let scope = word.strip_prefix("missing_scope: ")?;
            return Some(Text::owned(
                format!("The app lacks a permission at Slack: {scope}."),
                format!("Der App fehlt bei Slack eine Berechtigung: {scope}."),
            ));
        }
    };
    Some(text)
}
