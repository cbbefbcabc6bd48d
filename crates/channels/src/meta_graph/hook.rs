//! Meta's calls to us: the question whether the address is ours, and signed events
//! (<https://developers.facebook.com/docs/graph-api/webhooks/getting-started>).

use serde_json::Value;
use unisono_domain::channel::{WebhookError, WebhookReply, WebhookRequest};

use crate::verify::{hmac_sha256, same, same_hex};

/// A call that is Meta's own.
pub enum Hook {
    /// To be answered as it is.
    Answer(WebhookReply),
    Events(Value),
}

/// Checks a call. `token`: what the user pasted as "Verify token".
pub fn open(request: &WebhookRequest, secret: &str, token: &str) -> Result<Hook, WebhookError> {
    if request.method.eq_ignore_ascii_case("GET") {
        let given = request.parameter("hub.verify_token").unwrap_or_default();
        let fits = request.parameter("hub.mode") == Some("subscribe") && same(token.as_bytes(), given.as_bytes());
        let challenge = request.parameter("hub.challenge").filter(|challenge| fits && challenge.len() <= 256);
        let challenge = challenge.ok_or(WebhookError::BadSignature)?;
        return Ok(Hook::Answer(WebhookReply::answer(challenge.to_owned(), "text/plain")));
    }
    let given = request.header("x-hub-signature-256").and_then(|given| given.strip_prefix("sha256="));
    let given = given.ok_or(WebhookError::BadSignature)?;
    // An account without a secret takes nothing: an empty key would be everybody's.
    if secret.is_empty() || !same_hex(&hmac_sha256(secret.as_bytes(), &[&request.body]), given) {
        return Err(WebhookError::BadSignature);
    }
    request.json().map(Hook::Events)
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;
    use crate::verify::hex;

    fn call(method: &str, query: &[(&str, &str)], body: &'static str) -> WebhookRequest {
        WebhookRequest {
            method: method.to_owned(),
            headers: Vec::new(),
            query: query.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect(),
            body: Bytes::from_static(body.as_bytes()),
            url: String::new(),
            path: String::new(),
        }
    }

    #[test]
    fn the_challenge_is_answered_only_to_who_knows_the_token() {
        let ask = |mode: &str, token: &str| {
            let query = [("hub.mode", mode), ("hub.verify_token", token), ("hub.challenge", "1158201444")];
            open(&call("GET", &query, ""), "secret", "token")
        };
        let Ok(Hook::Answer(reply)) = ask("subscribe", "token") else { panic!("an answer") };
        assert_eq!(reply.body, "1158201444");
        assert!(ask("subscribe", "tokem").is_err());
        assert!(ask("subscribe", "").is_err());
        assert!(ask("unsubscribe", "token").is_err());
    }

    #[test]
    fn an_empty_secret_takes_no_events() {
        let mut request = call("POST", &[], "{}");
        let signature = hex(&hmac_sha256(b"", &[b"{}"]));
        request.headers.push(("x-hub-signature-256".to_owned(), format!("sha256={signature}")));
        assert!(open(&request, "", "token").is_err());
    }
}
