//! Twilio: SMS, MMS, RCS and whatever else has a sender there
//! (<https://www.twilio.com/docs/messaging/api/message-resource>).

mod convert;
mod errors;
mod numbers;
mod session;
mod shelf;
mod signature;

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::json;
use unisono_domain::{
    channel::{
        Account, BoxFuture, Capabilities, Catalogue, Channel, ChannelMeta, Figure, GuideStep, Host, PartKind, Session,
        SessionError, WebhookError, WebhookReply, WebhookRequest,
        login::{LoginContext, LoginError, LoginField, LoginFlow, LoginInput, LoginReply, NewAccount},
    },
    text::Text,
};

use crate::{
    rest::{Call, Rest},
    sms_text,
    token_login::{self, Given},
};

/// Twilio.
#[derive(Clone, Copy, Debug)]
pub struct Twilio;

const API: &str = "https://api.twilio.com";
/// "Can be up to 1,600 characters in length" (`Body`).
const MAX_TEXT: usize = 1_600;
/// "The media size limit is 5 MB" (<https://www.twilio.com/docs/messaging/guides/accepted-mime-types>).
const MAX_FILE: u64 = 5_000_000;

/// What an account holds, encrypted.
#[derive(Clone, Serialize, Deserialize)]
struct Credentials {
    /// `AC...`
    sid: String,
    /// Signs in, and signs Twilio's calls.
    #[serde(skip_serializing_if = "Option::is_none")]
    token: Option<String>,
    /// An API key (`SK...`) and its secret, to sign in with instead.
    #[serde(skip_serializing_if = "Option::is_none")]
    key: Option<(String, String)>,
    /// A number, `rcs:...`, or a Messaging Service (`MG...`).
    sender: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    api: Option<String>,
}

impl Credentials {
    fn api(&self) -> &str {
        self.api.as_deref().unwrap_or(API)
    }

    /// Our account's place in the interface.
    fn path(&self, rest: &str) -> String {
        format!("2010-04-01/Accounts/{}/{rest}", self.sid)
    }

    fn sign_in<'a>(&self, call: Call<'a>) -> Call<'a> {
        match (&self.key, &self.token) {
            (Some((key, secret)), _) => call.basic(key, secret),
            (None, token) => call.basic(&self.sid, token.as_deref().unwrap_or_default()),
        }
    }
}

fn credentials(account: &Account) -> Option<Credentials> {
    serde_json::from_value(account.credentials.clone()).ok()
}

static META: ChannelMeta = ChannelMeta {
    id: "twilio",
    name: Text::new("SMS, MMS and RCS (Twilio)", "SMS, MMS und RCS (Twilio)"),
    summary: Text::new(
        "Text messages in both directions by Twilio, with pictures where the country has MMS or the phone has RCS.",
        "Kurznachrichten in beide Richtungen über Twilio, mit Bildern, wo es MMS oder RCS gibt.",
    ),
    docs: Some("https://www.twilio.com/docs/messaging/quickstart"),
    privacy: Text::new(
        "SMS · unencrypted: Twilio and the phone companies can read it.",
        "SMS · unverschlüsselt: Twilio und die Telefongesellschaften können mitlesen.",
    ),
    flows: &[LoginFlow { id: "token", name: Text::new("Account SID and token", "Account SID und Token") }],
    guide: &[
        GuideStep {
            text: Text::new(
                "Sign in at console.twilio.com. Account SID and Auth Token are on the first page, below.",
                "Melde dich bei console.twilio.com an. Account SID und Auth Token stehen unten auf der ersten Seite.",
            ),
            figure: Some(Figure::Form { fields: &[("Account SID", "AC..."), ("Auth Token", "")] }),
        },
        GuideStep {
            text: Text::new(
                "Buy a number that can do SMS, or set up a sender for RCS or a Messaging Service.",
                "Kauf eine Nummer, die SMS kann, oder richte einen RCS-Absender oder einen Messaging Service ein.",
            ),
            figure: Some(Figure::Menu { path: &["Phone Numbers", "Manage", "Buy a number"] }),
        },
        GuideStep {
            text: Text::new(
                "A number that calls nobody yet is told our address by Unisono. For a Messaging Service, an RCS \
                 sender, or a number that calls another program, paste the account's call-back address at Twilio.",
                "Einer Nummer, die noch niemanden ruft, nennt Unisono die Adresse selbst. Bei einem Messaging Service, \
                 einem RCS-Absender oder einer Nummer, die ein anderes Programm ruft, trägst du die Rückrufadresse des \
                 Kontos bei Twilio ein.",
            ),
            figure: Some(Figure::Menu { path: &["Messaging", "Services", "Integration", "Send a webhook"] }),
        },
    ],
    catalogue: Catalogue {
        official: true,
        cost: Text::new(
            "Each segment is paid, by country (160 characters, or 70 with emoji or foreign letters), incoming ones too. \
             Numbers cost a monthly rent.",
            "Jedes Segment kostet je nach Land (160 Zeichen, mit Emoji oder fremden Buchstaben 70), auch eingehende. \
             Rufnummern kosten eine Monatsmiete.",
        ),
        rules: Text::new(
            "Consent of the recipients. Numbers in the USA must be registered for sending by programs (A2P 10DLC). \
             Who answers STOP gets nothing more.",
            "Einwilligung der Empfänger. Nummern in den USA müssen für Versand durch Programme angemeldet sein \
             (A2P 10DLC). Wer STOP antwortet, bekommt nichts mehr.",
        ),
        limits: Text::new(
            "Text up to 1,600 characters. Files up to 5 MB, by MMS in the USA and Canada only. Receiving, and sending \
             files, needs an address of Unisono on the internet.",
            "Text bis 1.600 Zeichen. Dateien bis 5 MB, per MMS nur in USA und Kanada. Zum Empfangen und zum Senden von \
             Dateien muss Unisono aus dem Internet erreichbar sein.",
        ),
        tested: Text::new(
            "A mock server from Twilio's OpenAPI description, and a scripted one; not with a real account.",
            "Ein Nachbau aus der OpenAPI-Beschreibung von Twilio und ein gescripteter; nicht mit einem echten Konto.",
        ),
    },
    hook: true,
};

impl Channel for Twilio {
    fn meta(&self) -> &ChannelMeta {
        &META
    }

    fn capabilities(&self) -> Capabilities {
        use PartKind::{Audio, Contact, File, Image, Video};
        Capabilities {
            max_text: Some(MAX_TEXT),
            max_file: Some(MAX_FILE),
            parts: vec![Image, Audio, Video, File, Contact],
            captions: true,
            ..sms_text::capabilities()
        }
    }

    fn address_schemes(&self) -> &'static [&'static str] {
        &["tel"]
    }

    fn login<'a>(
        &'a self,
        _: Option<serde_json::Value>,
        input: LoginInput,
        context: &'a LoginContext,
    ) -> BoxFuture<'a, Result<LoginReply, LoginError>> {
        const TITLE: Text = Text::new("Your access to Twilio", "Dein Zugang zu Twilio");
        Box::pin(token_login::step(input, TITLE, fields(), async |given| make_account(&given, context).await))
    }

    fn connect(&self, account: Account, host: Arc<dyn Host>) -> Result<Arc<dyn Session>, SessionError> {
        Ok(Arc::new(session::TwilioSession::new(account, host)?))
    }

    /// Answered with an empty TwiML document: nothing is to be said back at once.
    fn webhook(&self, request: &WebhookRequest, account: &Account) -> Result<WebhookReply, WebhookError> {
        const NOTHING: &str = r#"<?xml version="1.0" encoding="UTF-8"?><Response/>"#;
        let credentials = credentials(account).ok_or(WebhookError::BadSignature)?;
        let form = signature::verified(credentials.token.as_deref(), request)?;
        let events = convert::events(account.id, &form)?;
        Ok(WebhookReply { events, ..WebhookReply::answer(NOTHING, "text/xml") })
    }
}

fn fields() -> Vec<LoginField> {
    vec![
        LoginField::text("sid", Text::new("Account SID", "Account SID")),
        LoginField::secret("token", Text::new("Auth Token", "Auth Token"))
            .hint(Text::new(
                "Twilio's calls are signed with it. Without it they are known only by the secret in their address.",
                "Damit signiert Twilio seine Aufrufe. Ohne ihn erkennen wir sie nur am Geheimnis in ihrer Adresse.",
            ))
            .optional(),
        LoginField::text("key", Text::new("API key (SK...)", "API-Schlüssel (SK...)"))
            .hint(Text::new("Instead of the token, to sign in.", "Statt des Tokens, um sich anzumelden."))
            .optional(),
        LoginField::secret("secret", Text::new("Secret of the API key", "Geheimnis des API-Schlüssels")).optional(),
        LoginField::text("sender", Text::new("Sender", "Absender"))
            .hint(Text::new(
                "A number, rcs:..., or a Messaging Service (MG...). Empty: the only number of the account.",
                "Eine Nummer, rcs:... oder ein Messaging Service (MG...). Leer: die einzige Nummer des Kontos.",
            ))
            .optional(),
    ]
}

async fn make_account(given: &Given, context: &LoginContext) -> Result<NewAccount, LoginError> {
    let invalid = |field, en, de| LoginError::Invalid { field: Some(field), message: Text::new(en, de) };
    let sid = given.get("sid");
    if !sid.starts_with("AC") || !sid.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        return Err(invalid("sid", "It begins with AC.", "Sie beginnt mit AC."));
    }
    let key = given.find("key").zip(given.find("secret"));
    if key.is_none() && given.find("token").is_none() {
        return Err(invalid(
            "token",
            "The token or an API key with its secret is needed.",
            "Das Token oder ein API-Schlüssel mit Geheimnis wird gebraucht.",
        ));
    }
    let mut credentials = Credentials {
        sid: sid.to_owned(),
        token: given.find("token").map(ToOwned::to_owned),
        key: key.map(|(key, secret)| (key.to_owned(), secret.to_owned())),
        sender: String::new(),
        api: given.find("api").map(ToOwned::to_owned),
    };
    let rest = Rest::new(&context.guard, credentials.api()).map_err(|error| error.login(errors::WORDS))?;
    let owned = numbers::list(&rest, &credentials).await.map_err(|error| error.login(errors::WORDS))?;
    credentials.sender = numbers::choose(given.get("sender"), &owned)
        .map_err(|message| LoginError::Invalid { field: Some("sender"), message })?;
    Ok(NewAccount {
        remote_id: format!("{sid} {}", credentials.sender),
        display_name: credentials.sender.clone(),
        credentials: json!(credentials),
        settings: json!({}),
    })
}
