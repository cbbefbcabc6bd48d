//! Signatures of Standard Webhooks: HMAC-SHA-256 over id, time and body.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use unisono_domain::{
    Millis,
    channel::{WebhookError, WebhookRequest},
};

use crate::verify::{hmac_sha256, same_base64};

const PREFIX: &str = "whsec_";
/// The shortest key (Standard Webhooks, "Signature scheme").
const SHORTEST: usize = 24;

/// A fresh secret.
pub(super) fn new_secret() -> String {
    format!("{PREFIX}{}", STANDARD.encode(rand::random::<[u8; 32]>()))
}

/// The key in a secret; `None` if it is malformed or too short.
pub(super) fn key(secret: &str) -> Option<Vec<u8>> {
    let key = STANDARD.decode(secret.strip_prefix(PREFIX).unwrap_or(secret)).ok()?;
    (key.len() >= SHORTEST).then_some(key)
}

fn sign(key: &[u8], id: &str, seconds: &str, body: &[u8]) -> Vec<u8> {
    hmac_sha256(key, &[id.as_bytes(), b".", seconds.as_bytes(), b".", body])
}

/// The three headers of a call.
pub(super) fn headers(secret: &str, id: &str, now: Millis, body: &[u8]) -> Option<[(&'static str, String); 3]> {
    let seconds = (now / 1_000).to_string();
    let signature = STANDARD.encode(sign(&key(secret)?, id, &seconds, body));
    Some([
        ("webhook-id", id.to_owned()),
        ("webhook-timestamp", seconds),
        ("webhook-signature", format!("v1,{signature}")),
    ])
}

/// Checks a call. Replays need no time window here: what came once changes nothing a second time.
pub(super) fn verify(secret: &str, request: &WebhookRequest) -> Result<(), WebhookError> {
    let header = |name| request.header(name).ok_or(WebhookError::BadSignature);
    let (id, seconds, given) = (header("webhook-id")?, header("webhook-timestamp")?, header("webhook-signature")?);
    let expected = sign(&key(secret).ok_or(WebhookError::BadSignature)?, id, seconds, &request.body);
    // Several signatures while a secret is being exchanged.
    let fits = given.split(' ').filter_map(|one| one.strip_prefix("v1,")).any(|one| same_base64(&expected, one));
    if fits { Ok(()) } else { Err(WebhookError::BadSignature) }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of the Standard Webhooks specification's reference libraries.
    #[test]
    fn the_published_example_comes_out() {
        let secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
        let headers =
            headers(secret, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330_000, br#"{"test": 2432232314}"#).unwrap();
        assert_eq!(headers[2].1, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    }
}
