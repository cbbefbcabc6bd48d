//! Threema's server: keys, look-ups, files, sending. Always with ID and secret in the request.

use std::time::Duration;

use bytes::Bytes;
use reqwest::multipart::{Form, Part};
use unisono_domain::net::OutboundGuard;

use super::{
    Credentials,
    boxes::{self, Key, Nonce},
};
use crate::{
    rest::{Call, Rest, RestError},
    verify::{hex, hmac_sha256},
};

/// The keys of the hashes that numbers and addresses are looked up by; they are no secret
/// (<https://gateway.threema.ch/en/developer/api>, "ID lookups").
const PHONE: &str = "85adf8226953f3d96cfd5d09bf29555eb955fcd8aa5ec4f9fcd869e258370723";
const EMAIL: &str = "30a5500fed9701fa6defdb610841900febb8e430881f7ad816826264ec09bad7";
/// The answers are short.
const MOST_TEXT: usize = 4_096;
const MOST_FILE: usize = 100 * 1024 * 1024;
const FILE_WITHIN: Duration = Duration::from_secs(180);

pub(super) struct Directory {
    rest: Rest,
    id: String,
    secret: String,
}

impl Directory {
    pub(super) fn new(guard: &OutboundGuard, credentials: &Credentials) -> Result<Self, RestError> {
        let rest = Rest::new(guard, credentials.api())?;
        Ok(Self { rest, id: credentials.id.clone(), secret: credentials.secret.clone() })
    }

    fn signed_in<'a>(&self, call: Call<'a>) -> Call<'a> {
        call.query(&[("from", &self.id), ("secret", &self.secret)])
    }

    async fn text(&self, call: Call<'_>) -> Result<String, RestError> {
        let answer = call.answer(MOST_TEXT).await?;
        Ok(String::from_utf8_lossy(&answer.body).trim().to_owned())
    }

    /// Whether ID and secret are right: asks for the credits.
    pub(super) async fn probe(&self) -> Result<(), RestError> {
        self.text(self.signed_in(self.rest.get("credits"))).await.map(drop)
    }

    /// `None`: there is no such ID.
    pub(super) async fn public_key(&self, id: &str) -> Result<Option<Key>, RestError> {
        match self.text(self.signed_in(self.rest.get(&format!("pubkeys/{id}")))).await {
            Ok(key) => boxes::unhex(&key).map(Some).ok_or_else(|| RestError::Malformed("no key".to_owned())),
            Err(error) if error.status() == Some(404) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// The ID of a number (`+49...`) or address; only their hash is told to Threema.
    pub(super) async fn look_up(&self, handle: &str) -> Result<Option<String>, RestError> {
        let (kind, key, handle) = match handle.strip_prefix('+') {
            Some(number) => ("phone_hash", PHONE, number.to_owned()),
            None => ("email_hash", EMAIL, handle.trim().to_lowercase()),
        };
        let hash = hmac_sha256(&boxes::unhex_all(key).unwrap_or_default(), &[handle.as_bytes()]);
        match self.text(self.signed_in(self.rest.get(&format!("lookup/{kind}/{}", hex(&hash))))).await {
            Ok(id) => Ok(Some(id)),
            Err(error) if error.status() == Some(404) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Gives the message's id.
    pub(super) async fn send(&self, to: &str, nonce: &Nonce, sealed: &[u8]) -> Result<String, RestError> {
        let (nonce, sealed) = (hex(nonce), hex(sealed));
        let form =
            [("from", self.id.as_str()), ("to", to), ("nonce", &nonce), ("box", &sealed), ("secret", &self.secret)];
        self.text(self.rest.post("send_e2e").form(&form)).await
    }

    /// Gives the blob's id.
    pub(super) async fn upload(&self, sealed: Vec<u8>) -> Result<String, RestError> {
        let form = Form::new().part("blob", Part::bytes(sealed).file_name("blob"));
        let call = self.signed_in(self.rest.post("upload_blob")).multipart(form).within(FILE_WITHIN);
        // A blob that nobody names is deleted after a while.
        self.text(call.idempotent()).await
    }

    pub(super) async fn download(&self, blob: &str) -> Result<Bytes, RestError> {
        let call = self.signed_in(self.rest.get(&format!("blobs/{blob}"))).within(FILE_WITHIN);
        Ok(call.answer(MOST_FILE).await?.body)
    }
}
