//! A call of the Gateway (<https://gateway.threema.ch/en/developer/api>, "Receiving messages"): a form
//! whose fields are signed with the API secret.

use std::collections::BTreeMap;

use unisono_domain::{
    Millis,
    channel::{WebhookError, WebhookRequest},
};

use super::{
    Credentials,
    boxes::{self, Nonce},
    message::is_id,
};
use crate::verify;

#[derive(Clone, Debug)]
pub(super) struct Call {
    pub from: String,
    pub id: String,
    pub at: Millis,
    pub nonce: Nonce,
    pub sealed: Vec<u8>,
    pub nickname: Option<String>,
}

impl Call {
    /// A call for this account that Threema has made.
    pub(super) fn read(credentials: &Credentials, request: &WebhookRequest) -> Result<Self, WebhookError> {
        let form: BTreeMap<String, String> = url::form_urlencoded::parse(&request.body).into_owned().collect();
        let get = |name: &str| form.get(name).map(String::as_str).unwrap_or_default();
        let signed = ["from", "to", "messageId", "date", "nonce", "box"].map(|name| get(name).as_bytes());
        if !verify::same_hex(&verify::hmac_sha256(credentials.secret.as_bytes(), &signed), get("mac")) {
            return Err(WebhookError::BadSignature);
        }
        let malformed = |what: &str| WebhookError::Malformed(format!("no {what}"));
        if get("to") != credentials.id {
            return Err(malformed("message for this ID"));
        }
        Ok(Self {
            from: Some(get("from")).filter(|from| is_id(from)).ok_or_else(|| malformed("sender"))?.to_owned(),
            id: verify::hex(&boxes::unhex::<8>(get("messageId")).ok_or_else(|| malformed("messageId"))?),
            at: get("date").parse::<Millis>().ok().and_then(|at| at.checked_mul(1_000)).unwrap_or_default(),
            nonce: boxes::unhex(get("nonce")).ok_or_else(|| malformed("nonce"))?,
            sealed: boxes::unhex_all(get("box")).ok_or_else(|| malformed("box"))?,
            nickname: Some(get("nickname").chars().take(100).collect()).filter(|name: &String| !name.is_empty()),
        })
    }
}
