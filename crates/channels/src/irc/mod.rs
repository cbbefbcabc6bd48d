//! IRC, from RFC 1459 to IRCv3, behind one connection to a server or bouncer.
//!
//! The way in: [`link`] gets us in, [`connection`] reads what comes, [`convert`] makes events of it.
//! The way out: [`session`] asks ([`ask`]), [`outgoing`] writes at the allowed pace and knows when a
//! message is sent: where nothing else tells, when the server answers a `PING` that came after it.

mod ask;
mod config;
mod connection;
mod convert;
mod errors;
mod format;
mod history;
mod line;
mod link;
mod login;
mod members;
mod names;
mod outgoing;
mod rooms;
mod session;

use std::sync::Arc;

use unisono_domain::{
    channel::{
        Account, BoxFuture, Capabilities, Catalogue, Channel, ChannelMeta, Figure, Formatting, GuideStep, Host,
        Session, SessionError, Support,
        login::{LoginContext, LoginError, LoginField, LoginFlow, LoginInput, LoginReply},
    },
    text::Text,
};

use self::config::{Login, Settings};

/// The IRC channel.
#[derive(Clone, Copy, Debug)]
pub struct Irc;

static META: ChannelMeta = ChannelMeta {
    id: "irc",
    name: Text::new("IRC", "IRC"),
    summary: Text::new(
        "Channels and private chats on any IRC network; a name of your choice is enough.",
        "Kanäle und private Chats in jedem IRC-Netz; ein Name deiner Wahl genügt.",
    ),
    docs: Some("https://libera.chat/guides/connect"),
    privacy: Text::new(
        "IRC · readable by the operators of the network and everybody in a channel.",
        "IRC · lesbar für die Betreiber des Netzes und alle in einem Kanal.",
    ),
    flows: &[LoginFlow { id: login::SERVER, name: Text::new("Server and name", "Server und Name") }],
    guide: &[
        GuideStep {
            text: Text::new(
                "Choose a network. Its web page names the server; port 6697 is the encrypted one nearly everywhere.",
                "Wähle ein Netz. Seine Webseite nennt den Server; Port 6697 ist fast überall der verschlüsselte.",
            ),
            figure: Some(Figure::Form { fields: &[("Server", "irc.libera.chat"), ("Port", "6697"), ("Nick", "anna")] }),
        },
        GuideStep {
            text: Text::new(
                "If you want to keep a name, register it once by writing to NickServ, then give account and password here.",
                "Willst du einen Namen behalten, registriere ihn einmal bei NickServ und gib Konto und Passwort hier an.",
            ),
            figure: Some(Figure::Chat {
                lines: &[
                    (true, "REGISTER password anna@example.org"),
                    (false, "An email containing nickname activation instructions has been sent."),
                ],
            }),
        },
        GuideStep {
            text: Text::new(
                "Start a chat with #channel to enter one (#channel key if it has a key), and write /part in it to leave.",
                "Beginne einen Chat mit #kanal, um einzutreten (#kanal schlüssel, falls er einen hat); /part darin verlässt ihn.",
            ),
            figure: None,
        },
    ],
    catalogue: Catalogue {
        official: true,
        cost: Text::new("Nothing.", "Nichts."),
        rules: Text::new(
            "Each network has its own; many throw out who writes too fast, so long texts go line by line.",
            "Jedes Netz hat eigene; viele werfen hinaus, wer zu schnell schreibt, darum gehen lange Texte Zeile für Zeile.",
        ),
        limits: Text::new(
            "Text only, at most 40 lines in one message. What is said while you are not connected is lost unless the \
             server or a bouncer keeps it. Nothing can be edited or deleted, and a private chat belongs to a name.",
            "Nur Text, höchstens 40 Zeilen je Nachricht. Was gesagt wird, während du nicht verbunden bist, ist verloren, \
             außer der Server oder ein Bouncer hebt es auf. Nichts lässt sich ändern oder löschen, und ein privater Chat \
             gehört zu einem Namen.",
        ),
        tested: Text::new(
            "ngIRCd 26 (plain and TLS) and the parser vectors of ircdocs; SASL, echoes and history against a scripted server.",
            "ngIRCd 26 (offen und TLS) und die Testvektoren von ircdocs; SASL, Echos und Verlauf gegen einen Server im Test.",
        ),
    },
    hook: false,
};

impl Channel for Irc {
    fn meta(&self) -> &ChannelMeta {
        &META
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities {
            // Taken as HTML and written with control codes.
            formatting: Formatting::Html,
            reply: Support::Degraded,
            typing: true,
            groups: true,
            start_chat: true,
            history: true,
            ..Capabilities::TEXT
        }
    }

    fn login<'a>(
        &'a self,
        _state: Option<serde_json::Value>,
        input: LoginInput,
        context: &'a LoginContext,
    ) -> BoxFuture<'a, Result<LoginReply, LoginError>> {
        Box::pin(login::step(input, context))
    }

    fn connect(&self, account: Account, host: Arc<dyn Host>) -> Result<Arc<dyn Session>, SessionError> {
        let login = Login::read(&account).map_err(|_| {
            SessionError::BadCredentials(Text::new(
                "What is stored of this account cannot be read. Please sign in again.",
                "Die gespeicherten Zugangsdaten sind unlesbar. Bitte melde dich neu an.",
            ))
        })?;
        Ok(Arc::new(session::IrcSession::new(login, host)))
    }

    fn settings_fields(&self, settings: &serde_json::Value) -> Vec<LoginField> {
        let settings = Settings::read(settings);
        vec![
            LoginField::text("channels", Text::new("Channels to be in", "Kanäle, in denen du bist"))
                .hint(Text::new(
                    "Separated by commas, such as #unisono, #club key",
                    "Durch Kommas getrennt, etwa #unisono, #verein schlüssel",
                ))
                .value(settings.channels)
                .optional(),
            LoginField::text("ignore", Text::new("Ignored people", "Ignorierte Leute"))
                .hint(Text::new("Masks such as *!*@spam.example", "Masken wie *!*@spam.example"))
                .value(settings.ignore)
                .optional(),
        ]
    }
}
