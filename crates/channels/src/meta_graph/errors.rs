//! What an error of the Graph API means. Meta's own codes say more than the HTTP status: an expired
//! token comes as 400 as well as 401, a rate limit as 400, 403 or 429
//! (<https://developers.facebook.com/docs/graph-api/guides/error-handling>,
//! <https://developers.facebook.com/docs/whatsapp/cloud-api/support/error-codes>).

use reqwest::StatusCode;
use serde_json::{Value, json};
use unisono_domain::{
    channel::{Host, RequestError, SendOutcome, SessionError, login::LoginError},
    text::Text,
};

use super::window;
use crate::rest::RestError;

const WORDS: &str = "/error/message";

const UNREACHABLE: Text = Text::new(
    "WhatsApp could not deliver it: the number has no WhatsApp, has not accepted its terms, or has an old version.",
    "WhatsApp konnte es nicht zustellen: Die Nummer hat kein WhatsApp, hat die Bedingungen nicht angenommen oder eine alte Version.",
);
const NOT_ALLOWED: Text = Text::new(
    "Meta's test number writes only to the numbers on its list (App Dashboard, WhatsApp, API Setup, To).",
    "Metas Testnummer schreibt nur an die Nummern auf ihrer Liste (App Dashboard, WhatsApp, API Setup, To).",
);
const GONE: Text = Text::new(
    "This person cannot be written to at the moment: they have left, or have blocked the account.",
    "Dieser Mensch ist gerade nicht zu erreichen: Er ist weg oder hat das Konto blockiert.",
);

/// The words for the codes that people meet most.
pub fn reason(code: i64, subcode: i64, words: &str) -> Text {
    match (code, subcode) {
        (131_047, _) => window::TEMPLATE,
        (10, 2_018_278) => window::SEVEN_DAYS,
        (131_026, _) => UNREACHABLE,
        (131_030, _) => NOT_ALLOWED,
        (551, _) | (100, 2_018_001) => GONE,
        _ => Text::verbatim(words),
    }
}

/// The code, the subcode and the best words of an error object, in an answer or in a call to us.
pub fn parts(error: &Value) -> (i64, i64, String) {
    let number = |key: &str| error[key].as_i64().unwrap_or_default();
    let words = [&error["error_user_msg"], &error["error_data"]["details"], &error["message"], &error["title"]];
    let words = words.into_iter().filter_map(Value::as_str).find(|words| !words.trim().is_empty());
    let words: String = words.unwrap_or_default().chars().take(300).collect();
    (number("code"), number("error_subcode"), words)
}

/// The words of a list of errors that came in a call.
pub fn errors_in(errors: &Value) -> Text {
    const NONE: Text = Text::new("Meta gave no reason.", "Meta hat keinen Grund genannt.");
    match parts(&errors[0]) {
        (0, _, words) if words.is_empty() => NONE,
        (code, subcode, words) => reason(code, subcode, &words),
    }
}

/// The same error with the status that its code stands for, and with the best words.
fn plain(error: RestError) -> RestError {
    let json = error.json();
    let RestError::Refused { status, retry_after, body, idempotent } = error else { return error };
    if !json["error"].is_object() {
        return RestError::Refused { status, retry_after, body, idempotent };
    }
    let (code, _, words) = parts(&json["error"]);
    let status = match code {
        102 | 190 => StatusCode::UNAUTHORIZED,
        4 | 17 | 32 | 613 | 80_000..=80_014 | 130_429 | 131_056 => StatusCode::TOO_MANY_REQUESTS,
        _ => status,
    };
    let body = json!({ "error": { "message": words } }).to_string().into();
    RestError::Refused { status, retry_after, body, idempotent }
}

/// What becomes of the message.
pub fn outcome(error: RestError, host: &dyn Host) -> SendOutcome {
    let (code, subcode, words) = parts(&error.json()["error"]);
    match plain(error).outcome(host, WORDS) {
        SendOutcome::Rejected { reason: given } if words.is_empty() => SendOutcome::Rejected { reason: given },
        SendOutcome::Rejected { .. } => SendOutcome::Rejected { reason: reason(code, subcode, &words) },
        other => other,
    }
}

pub fn session_error(error: RestError) -> SessionError {
    plain(error).session(WORDS)
}

pub fn request_error(error: RestError) -> RequestError {
    plain(error).request(WORDS)
}

pub fn login_error(error: RestError) -> LoginError {
    plain(error).login(WORDS)
}

#[cfg(test)]
mod tests {
    use unisono_testkit::test_host::TestHost;

    use super::*;

    fn refused(status: u16, error: &Value) -> RestError {
        RestError::Refused {
            status: StatusCode::from_u16(status).unwrap(),
            retry_after: None,
            body: json!({ "error": error }).to_string().into(),
            idempotent: false,
        }
    }

    #[test]
    fn the_code_decides_and_not_the_status() {
        let host = TestHost::start();
        let expired = json!({ "message": "Error validating access token", "type": "OAuthException", "code": 190 });
        assert!(matches!(outcome(refused(400, &expired), &*host), SendOutcome::Retry { .. }));
        assert_eq!(host.reports().len(), 1, "the user is told");

        let throttled = json!({ "message": "(#130429) Rate limit hit", "code": 130_429 });
        assert!(matches!(outcome(refused(400, &throttled), &*host), SendOutcome::Retry { .. }));

        let late = json!({ "message": "(#131047) Re-engagement message", "code": 131_047 });
        let SendOutcome::Rejected { reason } = outcome(refused(400, &late), &*host) else { panic!("refused") };
        assert_eq!(reason, window::TEMPLATE);

        let details = json!({ "message": "(#100) Invalid parameter", "code": 100,
            "error_data": { "messaging_product": "whatsapp", "details": "Text is too long" } });
        let SendOutcome::Rejected { reason } = outcome(refused(400, &details), &*host) else { panic!("refused") };
        assert_eq!(reason.en, "Text is too long");
        assert_eq!(host.reports().len(), 1);
    }
}
