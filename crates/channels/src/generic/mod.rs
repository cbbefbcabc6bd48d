//! The generic API: anybody attaches anything. Events come in and go out as signed JSON, in the form
//! that `docs/guide/generic-api.md` describes. Signatures follow Standard Webhooks
//! (<https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md>).

mod session;
mod signature;
mod wire;

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::json;
use unisono_domain::{
    channel::{
        Account, BoxFuture, Capabilities, Catalogue, Channel, ChannelMeta, Figure, Formatting, GuideStep, Host,
        PartKind, Session, SessionError, Support, WebhookError, WebhookReply, WebhookRequest,
        login::{FieldKind, LoginContext, LoginError, LoginField, LoginFlow, LoginInput, LoginReply, NewAccount},
    },
    text::Text,
};
use url::Url;

use crate::token_login::{self, Given};

/// The generic API.
#[derive(Clone, Copy, Debug)]
pub struct Generic;

/// What an account holds, encrypted.
#[derive(Clone, Serialize, Deserialize)]
struct Credentials {
    /// Where our side's events go; `None`: nothing can be answered.
    url: Option<Url>,
    /// `whsec_` and the key in Base64.
    secret: String,
}

/// Files travel inside the JSON.
const MOST_FILE: u64 = 20 * 1024 * 1024;

static META: ChannelMeta = ChannelMeta {
    id: "generic",
    name: Text::new("Your own (API)", "Eigenes (API)"),
    summary: Text::new(
        "Attach any system of yours: signed JSON in both directions.",
        "Binde ein beliebiges eigenes System an: signiertes JSON in beide Richtungen.",
    ),
    docs: None,
    privacy: Text::new(
        "Your own system · whoever runs it can read along.",
        "Eigenes System · wer es betreibt, kann mitlesen.",
    ),
    flows: &[LoginFlow { id: "form", name: Text::new("Name and address", "Name und Adresse") }],
    guide: &[
        GuideStep {
            text: Text::new(
                "Give the connection a name, and the address of your system that takes our answers.",
                "Gib der Verbindung einen Namen und die Adresse deines Systems, das unsere Antworten annimmt.",
            ),
            figure: Some(Figure::Form { fields: &[("Name", "Warehouse"), ("URL", "https://example.org/unisono")] }),
        },
        GuideStep {
            text: Text::new(
                "Have your system post its messages to the address that the account then shows, signed with the \
                 secret. Every library for Standard Webhooks does it; docs/guide/generic-api.md has all of it.",
                "Lass dein System seine Nachrichten an die Adresse schicken, die das Konto dann zeigt, signiert mit \
                 dem Geheimnis. Jede Bibliothek für Standard Webhooks kann das; alles Weitere steht in docs/guide/generic-api.md.",
            ),
            figure: None,
        },
    ],
    catalogue: Catalogue {
        official: true,
        cost: Text::new("Nothing.", "Nichts."),
        rules: Text::new("None but yours.", "Nur deine eigenen."),
        limits: Text::new("Files up to 20 MB.", "Dateien bis 20 MB."),
        tested: Text::new("A client in Python and curl.", "Ein Client in Python und curl."),
    },
    hook: true,
};

impl Channel for Generic {
    fn meta(&self) -> &ChannelMeta {
        &META
    }

    fn capabilities(&self) -> Capabilities {
        use PartKind::{Audio, Card, Contact, File, Image, Location, Text, Video, Voice};
        Capabilities {
            formatting: Formatting::Html,
            max_file: Some(MOST_FILE),
            parts: vec![Text, Image, Audio, Voice, Video, File, Location, Contact, Card],
            captions: true,
            reply: Support::Full,
            edit: Support::Full,
            delete: Support::Full,
            reaction: Support::Full,
            typing: true,
            read_receipts: true,
            delivery_receipts: true,
            groups: true,
            start_chat: true,
            ..Capabilities::TEXT
        }
    }

    fn login<'a>(
        &'a self,
        _: Option<serde_json::Value>,
        input: LoginInput,
        _: &'a LoginContext,
    ) -> BoxFuture<'a, Result<LoginReply, LoginError>> {
        const TITLE: Text = Text::new("Your own system", "Dein eigenes System");
        Box::pin(token_login::step(input, TITLE, fields(), async |given| make_account(&given)))
    }

    fn connect(&self, account: Account, host: Arc<dyn Host>) -> Result<Arc<dyn Session>, SessionError> {
        Ok(Arc::new(session::GenericSession::new(account, host)?))
    }

    fn webhook(&self, request: &WebhookRequest, account: &Account) -> Result<WebhookReply, WebhookError> {
        let credentials = credentials(account).ok_or(WebhookError::BadSignature)?;
        signature::verify(&credentials.secret, request)?;
        let events = wire::Events::read(request)?;
        Ok(WebhookReply::events(events.convert(account.id)?))
    }
}

fn credentials(account: &Account) -> Option<Credentials> {
    serde_json::from_value(account.credentials.clone()).ok()
}

fn fields() -> Vec<LoginField> {
    vec![
        LoginField::text("name", Text::new("Name", "Name")),
        LoginField::new("url", FieldKind::Url, Text::new("Address for our answers", "Adresse für unsere Antworten"))
            .hint(Text::new("Empty: it only sends.", "Leer: es sendet nur."))
            .optional(),
        LoginField::secret("secret", Text::new("Secret", "Geheimnis"))
            .value(signature::new_secret())
            .hint(Text::new("Both sides sign with it. Keep a copy.", "Beide Seiten signieren damit. Heb es gut auf.")),
    ]
}

fn make_account(given: &Given) -> Result<NewAccount, LoginError> {
    let invalid = |field, en, de| LoginError::Invalid { field: Some(field), message: Text::new(en, de) };
    let url: Option<Url> = match given.find("url") {
        Some(url) => {
            let url: Url =
                url.parse().map_err(|_| invalid("url", "This is not an address.", "Das ist keine Adresse."))?;
            if !matches!(url.scheme(), "http" | "https") {
                return Err(invalid(
                    "url",
                    "The address must begin with https:// or http://.",
                    "Die Adresse muss mit https:// oder http:// beginnen.",
                ));
            }
            Some(url)
        }
        None => None,
    };
    let secret = given.get("secret").to_owned();
    if signature::key(&secret).is_none() {
        return Err(invalid(
            "secret",
            "The secret must be at least 24 bytes in Base64, after “whsec_”.",
            "Das Geheimnis muss aus mindestens 24 Bytes in Base64 bestehen, nach „whsec_“.",
        ));
    }
    Ok(NewAccount {
        remote_id: given.get("name").to_lowercase(),
        display_name: given.get("name").to_owned(),
        credentials: json!(Credentials { url, secret }),
        settings: json!({}),
    })
}
