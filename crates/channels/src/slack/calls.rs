//! Slack's calls to us: signed, at most five minutes old
//! (<https://docs.slack.dev/authentication/verifying-requests-from-slack>).

use bytes::Bytes;
use serde_json::Value;
use unisono_domain::{
    Millis,
    channel::{WebhookError, WebhookRequest},
};

use super::Credentials;
use crate::verify;

const OLDEST: Millis = 5 * 60 * 1_000;

/// The payload of a call that Slack has signed. Buttons come as a form, everything else as JSON.
pub(super) fn read(request: &WebhookRequest, credentials: &Credentials) -> Result<Value, WebhookError> {
    let secret = credentials.signing_secret.as_deref().ok_or(WebhookError::NotSupported)?;
    let stamp = request.header("x-slack-request-timestamp").unwrap_or_default();
    let given = request.header("x-slack-signature").and_then(|given| given.strip_prefix("v0=")).unwrap_or_default();
    let expected = verify::hmac_sha256(secret.as_bytes(), &[b"v0:", stamp.as_bytes(), b":", &request.body]);
    if !verify::same_hex(&expected, given) {
        return Err(WebhookError::BadSignature);
    }
    if request.body.starts_with(b"payload=") {
        let form = url::form_urlencoded::parse(&request.body).find(|(key, _)| key == "payload");
        let payload = form.map(|(_, value)| value).unwrap_or_default();
        return serde_json::from_str(&payload).map_err(|error| WebhookError::Malformed(error.to_string()));
    }
    request.json()
}

/// Whether the call was made just now: an older one may be somebody else's repetition.
pub(super) fn is_fresh(request: &WebhookRequest, now: Millis) -> bool {
    let stamp = request.header("x-slack-request-timestamp").and_then(|stamp| stamp.parse::<Millis>().ok());
    stamp.is_some_and(|stamp| stamp.saturating_mul(1_000).abs_diff(now) <= OLDEST.unsigned_abs())
}

/// What Slack wants to hear when it is told our address.
pub(super) fn challenge(payload: &Value) -> Option<Bytes> {
    let challenge = payload["challenge"].as_str().filter(|_| payload["type"] == "url_verification")?;
    Some(Bytes::copy_from_slice(challenge.as_bytes()))
}
