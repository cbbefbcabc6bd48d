//! How seven.io signs its calls (<https://docs.seven.io/en/rest-api/signing>): HMAC-SHA-256 with the
//! account's signing key over time, nonce, method, address and the body's MD5, a line each.

use md5::{Digest as _, Md5};
use unisono_domain::channel::{WebhookError, WebhookRequest};

use crate::verify;

/// Without a key there is nothing to check but the secret in the address that was called. An old call
/// played again changes nothing: its events are known by their ids.
pub(super) fn verify(key: Option<&str>, request: &WebhookRequest) -> Result<(), WebhookError> {
    let Some(key) = key else { return Ok(()) };
    let header = |name| request.header(name).ok_or(WebhookError::BadSignature);
    let body = verify::hex(&Md5::digest(&request.body));
    let signed = [header("x-timestamp")?, header("x-nonce")?, &request.method, &request.url, &body].join("\n");
    let expected = verify::hmac_sha256(key.as_bytes(), &[signed.as_bytes()]);
    if verify::same_hex(&expected, header("x-signature")?) { Ok(()) } else { Err(WebhookError::BadSignature) }
}
