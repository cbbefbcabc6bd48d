//! E-mail: IMAP for what comes in, SMTP submission for what goes out.
//!
//! The way in: [`pull`] fetches bytes, [`parse`] reads them, [`thread`] finds the conversation,
//! [`convert`] makes events. The way out: [`compose`] writes the mail, [`smtp`] hands it over,
//! [`sent`] files our copy.

pub mod autoconfig;
mod charset;
pub mod compose;
pub mod config;
pub mod convert;
mod cursor;
mod discover;
mod history;
mod html;
mod imap;
mod login;
pub mod message;
pub mod notes;
pub mod parse;
mod probe;
mod providers;
mod pull;
mod quote;
mod reply;
mod report;
mod seen;
mod sent;
mod session;
mod smtp;
pub mod thread;
mod uids;

#[cfg(test)]
mod tests;

use std::sync::Arc;

use unisono_domain::{
    channel::{
        Account, BoxFuture, Capabilities, Catalogue, Channel, ChannelMeta, Formatting, Host, PartKind, Session,
        SessionError, Support,
        login::{FieldKind, FieldOption, LoginContext, LoginError, LoginField, LoginFlow, LoginInput, LoginReply},
    },
    text::Text,
};

use self::config::{Mailbox, Settings, Threading};

/// The e-mail channel.
#[derive(Clone, Copy, Debug)]
pub struct Email;

static META: ChannelMeta = ChannelMeta {
    id: "email",
    name: Text::new("E-mail", "E-Mail"),
    summary: Text::new(
        "Any mailbox: your address and password are enough.",
        "Jedes Postfach: Adresse und Passwort genügen.",
    ),
    docs: None,
    privacy: Text::new(
        "E-mail · not encrypted: the mail servers on the way can read it.",
        "E-Mail · unverschlüsselt: die Mailserver unterwegs können mitlesen.",
    ),
    flows: &[
        LoginFlow { id: login::PASSWORD, name: Text::new("Address and password", "Adresse und Passwort") },
        LoginFlow { id: login::MANUAL, name: Text::new("Enter the servers yourself", "Server selbst angeben") },
    ],
    guide: &[],
    catalogue: Catalogue {
        official: true,
        cost: Text::new("Nothing beyond your mailbox.", "Nichts außer deinem Postfach."),
        rules: Text::new(
            "Some providers want IMAP switched on or an app password; the wizard says so.",
            "Manche Anbieter verlangen, IMAP einzuschalten, oder ein App-Passwort; der Assistent sagt es.",
        ),
        limits: Text::new(
            "Files up to 25 MB. A sent mail cannot be changed or taken back.",
            "Dateien bis 25 MB. Eine gesendete Mail lässt sich nicht ändern oder zurückholen.",
        ),
        tested: Text::new("Dovecot and Postfix.", "Dovecot und Postfix."),
    },
    hook: false,
};

impl Channel for Email {
    fn meta(&self) -> &ChannelMeta {
        &META
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities {
            formatting: Formatting::Html,
            max_text: None,
            max_file: Some(25 * 1024 * 1024),
            parts: vec![
                PartKind::Text,
                PartKind::Image,
                PartKind::Audio,
                PartKind::Voice,
                PartKind::Video,
                PartKind::File,
            ],
            captions: true,
            reply: Support::Full,
            edit: Support::Rejected,
            delete: Support::Rejected,
            reaction: Support::Rejected,
            typing: false,
            read_receipts: false,
            delivery_receipts: false,
            groups: true,
            start_chat: true,
            history: true,
            ..Capabilities::TEXT
        }
    }

    fn address_schemes(&self) -> &'static [&'static str] {
        &["mailto"]
    }

    fn login<'a>(
        &'a self,
        state: Option<serde_json::Value>,
        input: LoginInput,
        context: &'a LoginContext,
    ) -> BoxFuture<'a, Result<LoginReply, LoginError>> {
        Box::pin(login::step(state, input, context))
    }

    fn connect(&self, account: Account, host: Arc<dyn Host>) -> Result<Arc<dyn Session>, SessionError> {
        let mailbox = Mailbox::read(&account).map_err(|_| {
            SessionError::BadCredentials(Text::new(
                "What is stored of this mailbox cannot be read. Please sign in again.",
                "Die gespeicherten Zugangsdaten sind unlesbar. Bitte melde dich neu an.",
            ))
        })?;
        Ok(Arc::new(session::EmailSession::new(mailbox, host)))
    }

    fn settings_fields(&self, settings: &serde_json::Value) -> Vec<LoginField> {
        let settings: Settings = serde_json::from_value(settings.clone()).unwrap_or_default();
        let threading = match settings.threading {
            Threading::Thread => "thread",
            Threading::Correspondent => "correspondent",
        };
        let text = |id, label, hint, value: String| LoginField {
            id,
            kind: FieldKind::Text,
            label,
            hint,
            value: Some(value),
            required: false,
            options: Vec::new(),
        };
        vec![
            LoginField {
                id: "threading",
                kind: FieldKind::Select,
                label: Text::new("One conversation per", "Eine Unterhaltung je"),
                hint: Some(Text::new(
                    "Applies to mails that come from now on.",
                    "Gilt für Mails, die von jetzt an kommen.",
                )),
                value: Some(threading.to_owned()),
                required: true,
                options: vec![
                    FieldOption { value: "correspondent", label: Text::new("person or group", "Person oder Gruppe") },
                    FieldOption { value: "thread", label: Text::new("subject (thread)", "Betreff (Thread)") },
                ],
            },
            text("display_name", Text::new("Your name in mails", "Dein Name in Mails"), None, settings.display_name),
            text("signature", Text::new("Signature", "Signatur"), None, settings.signature),
            text(
                "aliases",
                Text::new("Your other addresses", "Deine weiteren Adressen"),
                Some(Text::new("Separated by commas.", "Durch Kommas getrennt.")),
                settings.aliases,
            ),
        ]
    }

    fn render_original(&self, original: &[u8], remote_images: bool) -> Option<String> {
        Some(html::document(&charset::decode(original), remote_images))
    }
}
