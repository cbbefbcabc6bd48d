//! seven.io: SMS, and RCS where the account has an agent
//! (<https://docs.seven.io/en/rest-api/endpoints/sms>, <https://docs.seven.io/en/rest-api/endpoints/rcs>).

mod codes;
mod convert;
mod session;
mod signature;

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::json;
use unisono_domain::{
    channel::{
        Account, BoxFuture, Capabilities, Catalogue, Channel, ChannelMeta, Figure, GuideStep, Host, Session,
        SessionError, WebhookError, WebhookReply, WebhookRequest,
        login::{LoginContext, LoginError, LoginField, LoginFlow, LoginInput, LoginReply, NewAccount},
    },
    text::Text,
};

use crate::{
    sms_text,
    token_login::{self, Given},
};

/// seven.io.
#[derive(Clone, Copy, Debug)]
pub struct Seven;

/// Where its interface is.
const API: &str = "https://gateway.seven.io/api";
/// "May not exceed 1520 characters" (`text` of `/sms`).
const MAX_TEXT: usize = 1_520;

/// What an account holds, encrypted.
#[derive(Clone, Serialize, Deserialize)]
struct Credentials {
    key: String,
    /// The number or name that recipients see.
    from: String,
    /// The RCS agent to send as; SMS is what those get who have no RCS.
    #[serde(skip_serializing_if = "Option::is_none")]
    agent: Option<String>,
    /// What seven.io signs its calls with.
    #[serde(skip_serializing_if = "Option::is_none")]
    signing_key: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    api: Option<String>,
}

impl Credentials {
    fn api(&self) -> &str {
        self.api.as_deref().unwrap_or(API)
    }
}

fn credentials(account: &Account) -> Option<Credentials> {
    serde_json::from_value(account.credentials.clone()).ok()
}

static META: ChannelMeta = ChannelMeta {
    id: "seven",
    name: Text::new("SMS and RCS (seven.io)", "SMS und RCS (seven.io)"),
    summary: Text::new(
        "Text messages in both directions by seven.io, a German provider; RCS too, with an agent there.",
        "Kurznachrichten in beide Richtungen über seven.io aus Deutschland; mit einem Agenten dort auch RCS.",
    ),
    docs: Some("https://help.seven.io/en/articles/9582186-where-do-i-find-my-api-key"),
    privacy: Text::new(
        "SMS · unencrypted: seven.io and the phone companies can read it.",
        "SMS · unverschlüsselt: seven.io und die Telefongesellschaften können mitlesen.",
    ),
    flows: &[LoginFlow { id: "key", name: Text::new("API key", "API-Schlüssel") }],
    guide: &[
        GuideStep {
            text: Text::new(
                "Sign in at app.seven.io, open Developer and make an API key that may use SMS, RCS, webhooks, \
                 journal and balance.",
                "Melde dich bei app.seven.io an, öffne Entwickler und leg einen API-Schlüssel an, der SMS, RCS, \
                 Webhooks, Journal und Guthaben benutzen darf.",
            ),
            figure: Some(Figure::Menu { path: &["Developer", "API Keys", "Create API key"] }),
        },
        GuideStep {
            text: Text::new(
                "To receive answers you need a number: rent one under Numbers, and take it as your sender.",
                "Um Antworten zu empfangen, brauchst du eine Nummer: Miete eine unter Rufnummern und nimm sie als \
                 Absender.",
            ),
            figure: Some(Figure::Form { fields: &[("API key", ""), ("Sender", "+49 1573 1234567")] }),
        },
        GuideStep {
            text: Text::new(
                "Copy the signing key too (Developer, API settings): with it we know that calls are really from \
                 seven.io. Their addresses are registered by Unisono itself.",
                "Kopier auch den Signaturschlüssel (Entwickler, API-Einstellungen): Damit wissen wir, dass Aufrufe \
                 wirklich von seven.io sind. Deren Adresse trägt Unisono selbst ein.",
            ),
            figure: Some(Figure::Menu { path: &["Developer", "API settings", "Signing key"] }),
        },
    ],
    catalogue: Catalogue {
        official: true,
        cost: Text::new(
            "Each SMS is paid, by country (about 7.5 cents to Germany) and by segment: 160 characters, or 70 with \
             emoji or foreign letters. Numbers cost a monthly rent.",
            "Jede SMS kostet, je nach Land (nach Deutschland etwa 7,5 Cent) und Segment: 160 Zeichen, mit Emoji oder \
             fremden Buchstaben 70. Rufnummern kosten eine Monatsmiete.",
        ),
        rules: Text::new(
            "Advertising only with consent. Some countries take only registered senders; an RCS agent is approved by \
             every phone company.",
            "Werbung nur mit Einwilligung. Manche Länder nehmen nur angemeldete Absender; einen RCS-Agenten gibt jede \
             Telefongesellschaft frei.",
        ),
        limits: Text::new(
            "Text up to 1,520 characters. No pictures, edits or reactions by SMS. Receiving needs an address of \
             Unisono on the internet. With RCS: texts out; texts, files, places and answers to suggestions in.",
            "Text bis 1.520 Zeichen. Per SMS keine Bilder, Änderungen oder Reaktionen. Empfangen geht nur, wenn Unisono \
             aus dem Internet erreichbar ist. Mit RCS: Texte hinaus; Texte, Dateien, Orte und Antworten auf \
             Vorschläge herein.",
        ),
        tested: Text::new(
            "A mock server from seven.io's OpenAPI description, and a scripted one; not with a real account.",
            "Ein Nachbau aus der OpenAPI-Beschreibung von seven.io und ein gescripteter; nicht mit einem echten Konto.",
        ),
    },
    hook: false,
};

impl Channel for Seven {
    fn meta(&self) -> &ChannelMeta {
        &META
    }

    /// Typing and read marks are RCS's.
    fn capabilities(&self) -> Capabilities {
        Capabilities { max_text: Some(MAX_TEXT), typing: true, read_receipts: true, ..sms_text::capabilities() }
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
        const TITLE: Text = Text::new("Your access to seven.io", "Dein Zugang zu seven.io");
        Box::pin(token_login::step(input, TITLE, fields(), async |given| make_account(&given, context).await))
    }

    fn connect(&self, account: Account, host: Arc<dyn Host>) -> Result<Arc<dyn Session>, SessionError> {
        Ok(Arc::new(session::SevenSession::new(account, host)?))
    }

    fn webhook(&self, request: &WebhookRequest, account: &Account) -> Result<WebhookReply, WebhookError> {
        let credentials = credentials(account).ok_or(WebhookError::BadSignature)?;
        signature::verify(credentials.signing_key.as_deref(), request)?;
        let call: convert::Call = request.json()?;
        Ok(WebhookReply::events(call.convert(account.id)?))
    }
}

fn fields() -> Vec<LoginField> {
    vec![
        LoginField::secret("key", Text::new("API key", "API-Schlüssel")),
        LoginField::text("from", Text::new("Sender", "Absender")).hint(Text::new(
            "Your number at seven.io, or a name of up to 11 letters (which cannot be answered).",
            "Deine Nummer bei seven.io oder ein Name mit bis zu 11 Buchstaben (dem man nicht antworten kann).",
        )),
        LoginField::secret("signing_key", Text::new("Signing key", "Signaturschlüssel"))
            .hint(Text::new(
                "Without it, calls are known only by the secret in their address.",
                "Ohne ihn erkennen wir Aufrufe nur am Geheimnis in ihrer Adresse.",
            ))
            .optional(),
        LoginField::text("agent", Text::new("RCS agent", "RCS-Agent"))
            .hint(Text::new("Only if you have one; else empty.", "Nur wenn du einen hast; sonst leer."))
            .optional(),
    ]
}

async fn make_account(given: &Given, context: &LoginContext) -> Result<NewAccount, LoginError> {
    const NO_SENDER: Text = Text::new(
        "A sender is a telephone number, or a name of up to 11 letters and digits.",
        "Ein Absender ist eine Telefonnummer oder ein Name aus bis zu 11 Buchstaben und Ziffern.",
    );
    let invalid = || LoginError::Invalid { field: Some("from"), message: NO_SENDER };
    let from = sms_text::address(given.get("from")).ok_or_else(invalid)?;
    if sms_text::digits(&from).is_none_or(|digits| digits.len() > 16) && from.chars().count() > 11 {
        return Err(invalid());
    }
    let credentials = Credentials {
        key: given.get("key").to_owned(),
        from: from.clone(),
        agent: given.find("agent").map(ToOwned::to_owned),
        signing_key: given.find("signing_key").map(ToOwned::to_owned),
        api: given.find("api").map(ToOwned::to_owned),
    };
    session::probe(&context.guard, &credentials).await?;
    Ok(NewAccount { remote_id: from.clone(), display_name: from, credentials: json!(credentials), settings: json!({}) })
}
