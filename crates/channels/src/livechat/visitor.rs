//! Who a visitor is: a token that we signed and their browser keeps, so that we need no list of them.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD as BASE64};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use unisono_domain::{
    Millis,
    channel::{AccountId, ChatInfo, PortalKey, RemoteUser},
};

use crate::verify;

/// A token that is not renewed for so long has ended. Every visit renews it.
const LIVES: Millis = 180 * 24 * 60 * 60 * 1000;
/// Addresses of files are good for so long at least, and twice as long at most.
const FILE_LIVES: Millis = 12 * 60 * 60 * 1000;

/// The secrets of a site.
#[derive(Clone)]
pub(super) struct Keys {
    /// Signs tokens and addresses of files.
    own: String,
    /// Shared with the site's server, which signs the ids of its customers.
    pub identity: String,
}

impl Keys {
    /// New ones, as credentials.
    pub(super) fn draw() -> Value {
        let key = || format!("{:032x}{:032x}", rand::random::<u128>(), rand::random::<u128>());
        json!({ "key": key(), "identity": key() })
    }

    pub(super) fn read(credentials: &Value) -> Option<Self> {
        let text = |key: &str| credentials[key].as_str().filter(|text| text.len() >= 32).map(ToOwned::to_owned);
        Some(Self { own: text("key")?, identity: text("identity")? })
    }

    fn sign(&self, purpose: &str, text: &str) -> Vec<u8> {
        verify::hmac_sha256(self.own.as_bytes(), &[purpose.as_bytes(), b"\n", text.as_bytes()])
    }

    /// Whether the site's server vouches for a customer: `hash` is HMAC-SHA-256 of the id in
    /// hexadecimal digits.
    pub(super) fn vouches(&self, user: &str, hash: &str) -> bool {
        verify::same_hex(&verify::hmac_sha256(self.identity.as_bytes(), &[user.as_bytes()]), hash)
    }

    /// The visitor that a customer is on every device.
    pub(super) fn customer(&self, user: &str) -> String {
        verify::hex(&self.sign("customer", user)[..16])
    }

    pub(super) fn issue(&self, visitor: &Visitor) -> String {
        let payload = BASE64.encode(serde_json::to_vec(visitor).unwrap_or_default());
        let signature = BASE64.encode(self.sign("visitor", &payload));
        format!("{payload}.{signature}")
    }

    pub(super) fn open(&self, token: &str, now: Millis) -> Option<Visitor> {
        let (payload, signature) = token.split_once('.')?;
        let signature = BASE64.decode(signature).ok()?;
        if !verify::same(&self.sign("visitor", payload), &signature) {
            return None;
        }
        let visitor: Visitor = serde_json::from_slice(&BASE64.decode(payload).ok()?).ok()?;
        (visitor.until > now).then_some(visitor)
    }

    /// The end of the address of a message's file. Stays the same for hours, so that browsers keep it.
    pub(super) fn file_ticket(&self, visitor: &str, message: &str, now: Millis) -> String {
        let until = (now / FILE_LIVES + 2) * FILE_LIVES;
        let signature = self.sign("file", &format!("{visitor}\n{message}\n{until}"));
        format!("{until}.{}", BASE64.encode(&signature[..18]))
    }

    pub(super) fn admits(&self, visitor: &str, message: &str, ticket: &str, now: Millis) -> bool {
        let Some((until, signature)) = ticket.split_once('.') else { return false };
        let fresh = until.parse::<Millis>().is_ok_and(|until| until > now);
        let expected = self.sign("file", &format!("{visitor}\n{message}\n{until}"));
        fresh && BASE64.decode(signature).is_ok_and(|given| verify::same(&expected[..18], &given))
    }
}

/// What a token says. Names and addresses are what the visitor says of themselves.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Visitor {
    #[serde(rename = "v")]
    pub id: String,
    #[serde(rename = "n", default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    #[serde(rename = "e", default, skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    #[serde(rename = "p", default, skip_serializing_if = "Option::is_none")]
    pub phone: Option<String>,
    /// Their page is in German.
    #[serde(rename = "g", default)]
    pub german: bool,
    /// The site vouches for who they are.
    #[serde(rename = "c", default)]
    pub customer: bool,
    #[serde(rename = "x")]
    until: Millis,
}

impl Visitor {
    pub(super) fn new(id: String, german: bool, now: Millis) -> Self {
        Self { id, name: None, email: None, phone: None, german, customer: false, until: now + LIVES }
    }

    /// Nobody yet.
    pub(super) fn stranger(german: bool, now: Millis) -> Self {
        Self::new(format!("{:032x}", rand::random::<u128>()), german, now)
    }

    pub(super) fn renew(&mut self, now: Millis) {
        self.until = now + LIVES;
    }

    pub(super) fn portal(&self, account: AccountId) -> PortalKey {
        PortalKey::private(account, self.id.as_str())
    }

    pub(super) fn user(&self) -> RemoteUser {
        let number = self.id.get(..4).unwrap_or_default().to_ascii_uppercase();
        let word = if self.german { "Besucher" } else { "Visitor" };
        let name = self.name.clone().unwrap_or_else(|| format!("{word} {number}"));
        let mut user = RemoteUser::new(self.id.as_str()).named(Some(name));
        if let Some(email) = &self.email {
            user = user.reached_by(format!("mailto:{email}"));
        }
        if let Some(phone) = &self.phone {
            user = user.reached_by(format!("tel:{phone}"));
        }
        user
    }

    pub(super) fn chat(&self) -> ChatInfo {
        ChatInfo::direct(self.user())
    }

    /// The remote id of a message that their page gave a number of its own.
    pub(super) fn message_id(&self, own: &str) -> String {
        format!("{}:{own}", self.id)
    }
}
