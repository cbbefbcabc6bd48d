//! Signal, by the user's own signal-cli-rest-api (<https://github.com/bbernhard/signal-cli-rest-api>):
//! Signal itself offers no interface.

mod bridge;
mod convert;
mod login;
mod parts;
mod session;

#[cfg(test)]
mod tests;

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use unisono_domain::{
    channel::{
        Account, BoxFuture, Capabilities, Catalogue, Channel, ChannelMeta, Figure, Formatting, GuideStep, Host,
        PartKind, Session, SessionError, Support,
        login::{LoginContext, LoginError, LoginFlow, LoginInput, LoginReply},
    },
    text::Text,
};

use self::{bridge::ERROR, session::SignalSession};

/// Signal.
#[derive(Clone, Copy, Debug)]
pub struct Signal;

/// Signal takes 100 MB; here a file is in memory twice, once as Base64.
const MAX_FILE: u64 = 50 * 1024 * 1024;

/// What an account holds, encrypted.
#[derive(Clone, Serialize, Deserialize)]
struct Credentials {
    /// The bridge's address, with a name and password if it asks for them.
    api: String,
    number: String,
}

static META: ChannelMeta = ChannelMeta {
    id: "signal",
    name: Text::new("Signal", "Signal"),
    summary: Text::new(
        "Your Signal chats and groups, through signal-cli on a server of your own. Not offered by Signal itself.",
        "Deine Signal-Chats und -Gruppen, über signal-cli auf einem eigenen Server. Nicht von Signal selbst angeboten.",
    ),
    docs: Some("https://github.com/bbernhard/signal-cli-rest-api#getting-started"),
    privacy: Text::new(
        "Signal · end-to-end encrypted up to your signal-cli; there and here your server reads it.",
        "Signal · Ende-zu-Ende-verschlüsselt bis zu deinem signal-cli; dort und hier liest dein Server mit.",
    ),
    flows: &[
        LoginFlow { id: login::LINK, name: Text::new("Link by QR code", "Per QR-Code koppeln") },
        LoginFlow {
            id: login::NUMBER,
            name: Text::new("A number that signal-cli already has", "Eine Nummer, die signal-cli schon hat"),
        },
    ],
    guide: &[
        GuideStep {
            text: Text::new(
                "Run signal-cli-rest-api on your server, best with MODE=json-rpc, reachable only from Unisono. \
                 Unisono's operator has to allow its private address (outbound.allow).",
                "Starte signal-cli-rest-api auf deinem Server, am besten mit MODE=json-rpc, nur von Unisono aus \
                 erreichbar. Wer Unisono betreibt, muss seine private Adresse erlauben (outbound.allow).",
            ),
            figure: Some(Figure::Form {
                fields: &[("image", "bbernhard/signal-cli-rest-api"), ("MODE", "json-rpc"), ("port", "8080")],
            }),
        },
        GuideStep {
            text: Text::new(
                "Enter its address here. A code appears; in Signal on your phone open Settings, Linked devices, \
                 and scan it.",
                "Gib hier seine Adresse ein. Ein Code erscheint; öffne in Signal auf dem Telefon Einstellungen, \
                 Gekoppelte Geräte und scanne ihn.",
            ),
            figure: Some(Figure::Scan),
        },
    ],
    catalogue: Catalogue {
        official: false,
        cost: Text::new("Nothing.", "Nichts."),
        rules: Text::new(
            "Signal tolerates but does not support other programs, and may lock numbers that send in bulk. \
             signal-cli has to be kept up to date: versions older than about three months stop working.",
            "Signal duldet andere Programme, unterstützt sie aber nicht, und kann Nummern sperren, die massenhaft \
             senden. signal-cli muss aktuell bleiben: Nach etwa drei Monaten hören alte Versionen auf zu \
             funktionieren.",
        ),
        limits: Text::new(
            "Messages that arrive while Unisono is down wait at Signal or in signal-cli, but what signal-cli handed \
             over just before a crash is lost. No history from before linking. Stickers, polls, calls and view-once \
             pictures are only told of. Files up to 50 MB.",
            "Nachrichten, die kommen, während Unisono aus ist, warten bei Signal oder in signal-cli; was signal-cli \
             kurz vor einem Absturz übergab, ist verloren. Kein Verlauf von vor der Kopplung. Sticker, Umfragen, \
             Anrufe und Einmal-Bilder werden nur erwähnt. Dateien bis 50 MB.",
        ),
        tested: Text::new(
            "The bridge's published description and a scripted server; not Signal itself.",
            "Die veröffentlichte Beschreibung der Brücke und ein nachgestellter Server; nicht Signal selbst.",
        ),
    },
    hook: false,
};

const UNREADABLE: Text = Text::new(
    "What is stored of this account cannot be read. Please connect it again.",
    "Die gespeicherten Zugangsdaten sind unlesbar. Bitte verbinde das Konto neu.",
);

impl Channel for Signal {
    fn meta(&self) -> &ChannelMeta {
        &META
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities {
            // Its own few styles; the text is written by `format::write_signal`.
            formatting: Formatting::WhatsApp,
            max_text: Some(6_000),
            max_file: Some(MAX_FILE),
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
        state: Option<Value>,
        input: LoginInput,
        context: &'a LoginContext,
    ) -> BoxFuture<'a, Result<LoginReply, LoginError>> {
        Box::pin(login::step(state, input, context))
    }

    fn connect(&self, account: Account, host: Arc<dyn Host>) -> Result<Arc<dyn Session>, SessionError> {
        let credentials = serde_json::from_value::<Credentials>(account.credentials.clone())
            .map_err(|_| SessionError::BadCredentials(UNREADABLE))?;
        let session = SignalSession::new(&credentials, &account, host).map_err(|error| error.session(ERROR))?;
        Ok(Arc::new(session))
    }
}
