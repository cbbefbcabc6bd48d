//! Threema Gateway in end-to-end mode (<https://gateway.threema.ch/en/developer/api>): every message is
//! encrypted here and decrypted here; Threema sees only who writes to whom. Not by the official crate:
//! `docs/adr` says why.

mod boxes;
mod call;
mod convert;
mod directory;
mod message;
mod session;

use std::sync::Arc;

use crypto_box::SecretKey;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use unisono_domain::{
    channel::{
        Account, BoxFuture, Capabilities, Catalogue, Channel, ChannelMeta, Figure, GuideStep, Host, PartKind, Session,
        SessionError, Support, WebhookError, WebhookReply, WebhookRequest,
        login::{LoginContext, LoginError, LoginField, LoginFlow, LoginInput, LoginReply, LoginStep, NewAccount},
    },
    text::Text,
};

use crate::{
    token_login::{self, Given},
    verify,
};

/// Threema Gateway.
#[derive(Clone, Copy, Debug)]
pub struct Threema;

const API: &str = "https://msgapi.threema.ch";
/// 3,500 bytes of UTF-8 are allowed; so many characters of up to three bytes fit.
const MAX_TEXT: usize = 1_160;
const MAX_FILE: u64 = 50_000_000;

/// What an account holds, encrypted.
#[derive(Clone, Serialize, Deserialize)]
struct Credentials {
    /// `*` and seven letters or digits.
    id: String,
    secret: String,
    /// In hexadecimal digits.
    private_key: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    api: Option<String>,
}

impl Credentials {
    fn api(&self) -> &str {
        self.api.as_deref().unwrap_or(API)
    }

    fn key(&self) -> Option<SecretKey> {
        Some(SecretKey::from_bytes(boxes::unhex(&self.private_key)?))
    }
}

fn credentials(account: &Account) -> Option<Credentials> {
    serde_json::from_value(account.credentials.clone()).ok()
}

static META: ChannelMeta = ChannelMeta {
    id: "threema",
    name: Text::new("Threema", "Threema"),
    summary: Text::new(
        "End-to-end encrypted messages with Threema users, by a Gateway ID of your own.",
        "Ende-zu-Ende-verschlüsselte Nachrichten mit Threema-Nutzern, über eine eigene Gateway-ID.",
    ),
    docs: Some("https://gateway.threema.ch/"),
    privacy: Text::new(
        "Threema · encrypted between the phone and this server: Threema cannot read it, this server can.",
        "Threema · verschlüsselt zwischen Telefon und diesem Server: Threema kann nicht mitlesen, dieser Server kann es.",
    ),
    flows: &[
        LoginFlow { id: "existing", name: Text::new("I have a Gateway ID", "Ich habe eine Gateway-ID") },
        LoginFlow { id: "new", name: Text::new("Make a key for a new ID", "Schlüssel für eine neue ID erzeugen") },
    ],
    guide: &[
        GuideStep {
            text: Text::new(
                "Sign in at gateway.threema.ch and request an ID in the end-to-end mode. It asks for a public key: \
                 choose “Make a key for a new ID” here and paste the one that you are shown.",
                "Melde dich bei gateway.threema.ch an und beantrage eine ID im Ende-zu-Ende-Modus. Dort wird ein \
                 öffentlicher Schlüssel verlangt: Wähl hier „Schlüssel für eine neue ID erzeugen“ und füg den \
                 angezeigten ein.",
            ),
            figure: Some(Figure::Form {
                fields: &[("Threema ID", "*SHOP001"), ("Mode", "End-to-End"), ("Public key", "")],
            }),
        },
        GuideStep {
            text: Text::new(
                "When the ID is granted, its page shows the API secret. Paste the account's call-back address there.",
                "Ist die ID freigegeben, zeigt ihre Seite das API-Secret. Trag dort die Rückrufadresse des Kontos ein.",
            ),
            figure: Some(Figure::Form { fields: &[("API secret", ""), ("Callback URL", "https://...")] }),
        },
    ],
    catalogue: Catalogue {
        official: true,
        cost: Text::new(
            "Credits: an ID once (64 in end-to-end mode), each message from about one credit; receiving is free.",
            "Credits: einmal die ID (64 im Ende-zu-Ende-Modus), jede Nachricht ab etwa einem Credit; Empfang ist frei.",
        ),
        rules: Text::new(
            "No advertising without consent. Whoever loses the private key needs a new ID.",
            "Keine Werbung ohne Einwilligung. Wer den privaten Schlüssel verliert, braucht eine neue ID.",
        ),
        limits: Text::new(
            "No groups, edits or deletions. Reactions are thumbs up and down only. Files up to 50 MB, without preview. \
             Receiving needs an address of Unisono on the internet.",
            "Keine Gruppen, Änderungen oder Löschungen. Reaktionen nur Daumen hoch und runter. Dateien bis 50 MB, ohne \
             Vorschau. Zum Empfangen muss Unisono aus dem Internet erreichbar sein.",
        ),
        tested: Text::new(
            "A scripted server with real encryption, and one published call-back; not with a real ID.",
            "Ein gescripteter Server mit echter Verschlüsselung und ein veröffentlichter Rückruf; nicht mit einer echten \
             ID.",
        ),
    },
    hook: true,
};

impl Channel for Threema {
    fn meta(&self) -> &ChannelMeta {
        &META
    }

    fn capabilities(&self) -> Capabilities {
        use PartKind::{Audio, Contact, File, Image, Location, Video, Voice};
        Capabilities {
            formatting: unisono_domain::channel::Formatting::WhatsApp,
            max_text: Some(MAX_TEXT),
            max_file: Some(MAX_FILE),
            parts: vec![Image, Audio, Voice, Video, File, Location, Contact],
            captions: true,
            reaction: Support::Full,
            read_receipts: true,
            delivery_receipts: true,
            start_chat: true,
            ..Capabilities::TEXT
        }
    }

    fn address_schemes(&self) -> &'static [&'static str] {
        &["tel", "mailto", "threema"]
    }

    fn login<'a>(
        &'a self,
        _: Option<Value>,
        input: LoginInput,
        context: &'a LoginContext,
    ) -> BoxFuture<'a, Result<LoginReply, LoginError>> {
        const TITLE: Text = Text::new("Your Gateway ID", "Deine Gateway-ID");
        Box::pin(async move {
            if matches!(&input, LoginInput::Start { flow } if flow == "new") {
                let private_key = verify::hex(&rand::random::<[u8; 32]>());
                let message = boxes::unhex(&private_key).map(|key| public_key_shown(&SecretKey::from_bytes(key)));
                let fields = fields(Some(private_key));
                return Ok(LoginReply {
                    state: Value::Null,
                    step: LoginStep::Fields { title: TITLE, message, fields },
                });
            }
            token_login::step(input, TITLE, fields(None), async |given| make_account(&given, context).await).await
        })
    }

    fn connect(&self, account: Account, host: Arc<dyn Host>) -> Result<Arc<dyn Session>, SessionError> {
        Ok(Arc::new(session::ThreemaSession::new(&account, host)?))
    }

    /// Only the session can look the sender's key up; without one the call is refused, and comes again.
    fn webhook(&self, request: &WebhookRequest, account: &Account) -> Result<WebhookReply, WebhookError> {
        let credentials = credentials(account).ok_or(WebhookError::BadSignature)?;
        call::Call::read(&credentials, request)?;
        Err(WebhookError::NotNow("the account is not connected"))
    }
}

fn public_key_shown(key: &SecretKey) -> Text {
    let public = verify::hex(key.public_key().as_bytes());
    Text::owned(
        format!(
            "The public key, for Threema: {public}\nThe private key is filled in below. Keep a copy of it in a safe \
             place; it is not shown again."
        ),
        format!(
            "Der öffentliche Schlüssel, für Threema: {public}\nDer private Schlüssel steht schon unten. Heb eine \
             Abschrift sicher auf; er wird nicht noch einmal gezeigt."
        ),
    )
}

fn fields(private_key: Option<String>) -> Vec<LoginField> {
    let key = LoginField::secret("private_key", Text::new("Private key", "Privater Schlüssel"))
        .hint(Text::new("64 hexadecimal digits.", "64 hexadezimale Ziffern."));
    vec![
        LoginField::text("id", Text::new("Gateway ID", "Gateway-ID"))
            .hint(Text::new("It begins with *.", "Sie beginnt mit *.")),
        LoginField::secret("secret", Text::new("API secret", "API-Secret")),
        match private_key {
            Some(private_key) => key.value(private_key),
            None => key,
        },
    ]
}

async fn make_account(given: &Given, context: &LoginContext) -> Result<NewAccount, LoginError> {
    let invalid = |field, en, de| LoginError::Invalid { field: Some(field), message: Text::new(en, de) };
    let id = given.get("id").to_uppercase();
    if !id.starts_with('*') || !message::is_id(&id) {
        return Err(invalid(
            "id",
            "A Gateway ID is * and seven letters or digits.",
            "Eine Gateway-ID ist * und sieben Buchstaben oder Ziffern.",
        ));
    }
    let private_key = given.get("private_key").trim_start_matches("private:").to_lowercase();
    let credentials =
        Credentials { id, secret: given.get("secret").to_owned(), private_key, api: given.find("api").map(Into::into) };
    let key = credentials.key().ok_or_else(|| {
        invalid("private_key", "A key is 64 hexadecimal digits.", "Ein Schlüssel sind 64 hexadezimale Ziffern.")
    })?;
    let directory = directory::Directory::new(&context.guard, &credentials).map_err(|error| error.login(""))?;
    directory.probe().await.map_err(|error| error.login(""))?;
    let known = directory.public_key(&credentials.id).await.map_err(|error| error.login(""))?;
    if known.is_some_and(|known| known != key.public_key().to_bytes()) {
        return Err(invalid(
            "private_key",
            "This is not the key of this ID: Threema knows another public key.",
            "Das ist nicht der Schlüssel dieser ID: Threema kennt einen anderen öffentlichen.",
        ));
    }
    Ok(NewAccount {
        remote_id: credentials.id.clone(),
        display_name: credentials.id.clone(),
        credentials: json!(credentials),
        settings: json!({}),
    })
}
