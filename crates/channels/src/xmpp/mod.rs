//! XMPP (Jabber): any account on any server, private chats and rooms.
//!
//! The way in: [`open`] signs in, [`wire`] reads the stream, [`work`] catches up and listens,
//! [`heard`] and [`content`] make events. The way out: [`send`] with [`compose`] and [`upload`].
//! [`link`] is what everybody shares of a connection, [`memory`] what is kept in mind.

mod archive;
mod avatar;
mod bookmarks;
mod compose;
mod content;
mod courtesy;
mod files;
mod heard;
mod history;
mod ids;
mod link;
mod login;
mod memory;
mod notes;
mod open;
mod refusal;
mod rooms;
mod roster;
mod send;
mod session;
mod sieve;
mod start;
mod upload;
mod wire;
mod work;
mod xml;

use std::sync::Arc;

use unisono_domain::{
    channel::{
        Account, BoxFuture, Capabilities, Catalogue, Channel, ChannelMeta, Figure, Formatting, GuideStep, Host,
        PartKind, Session, SessionError, Support,
        login::{LoginContext, LoginError, LoginInput, LoginReply},
    },
    text::Text,
};

/// The XMPP channel.
#[derive(Clone, Copy, Debug)]
pub struct Xmpp;

static META: ChannelMeta = ChannelMeta {
    id: "xmpp",
    name: Text::new("XMPP (Jabber)", "XMPP (Jabber)"),
    summary: Text::new(
        "Your account on any XMPP server: chats with people and rooms. Address and password are enough.",
        "Dein Konto auf einem beliebigen XMPP-Server: Chats mit Menschen und Räumen. Adresse und Passwort genügen.",
    ),
    docs: Some("https://xmpp.org/getting-started/"),
    privacy: Text::new(
        "XMPP · encrypted on the way; your server, theirs and this one can read it.",
        "XMPP · auf dem Weg verschlüsselt; dein Server, der andere und dieser hier können mitlesen.",
    ),
    flows: login::FLOWS,
    guide: &[
        GuideStep {
            text: Text::new(
                "No account yet? Many servers give one away for free; a list is at providers.xmpp.net. A company's own \
                 server (Prosody, ejabberd, Openfire) works as well.",
                "Noch kein Konto? Viele Server vergeben kostenlos eines; eine Liste steht auf providers.xmpp.net. Auch ein \
                 firmeneigener Server (Prosody, ejabberd, Openfire) geht.",
            ),
            figure: None,
        },
        GuideStep {
            text: Text::new(
                "Sign in with the address and the password that you use in Conversations, Monal, Dino or Gajim.",
                "Melde dich mit der Adresse und dem Passwort an, die du in Conversations, Monal, Dino oder Gajim benutzt.",
            ),
            figure: Some(Figure::Form { fields: &[("JID", "anna@example.org"), ("Password", "")] }),
        },
        GuideStep {
            text: Text::new(
                "Switch end-to-end encryption (OMEMO) off for chats that shall be readable here: only the app that holds \
                 the keys can read those.",
                "Schalte die Ende-zu-Ende-Verschlüsselung (OMEMO) für Chats aus, die hier lesbar sein sollen: Nur die App \
                 mit den Schlüsseln kann solche lesen.",
            ),
            figure: None,
        },
        GuideStep {
            text: Text::new(
                "To enter a room, start a chat with its address, for example room@conference.example.org.",
                "Um einen Raum zu betreten, beginne einen Chat mit seiner Adresse, zum Beispiel raum@conference.example.org.",
            ),
            figure: None,
        },
    ],
    catalogue: Catalogue {
        official: true,
        cost: Text::new("Nothing.", "Nichts."),
        rules: Text::new(
            "An open standard. Your server's own rules apply, for example on advertising.",
            "Ein offener Standard. Es gelten die Regeln deines Servers, etwa zu Werbung.",
        ),
        limits: Text::new(
            "OMEMO-encrypted messages are shown as such but cannot be read. Files need a server with HTTP upload, catching \
             up one with a message archive; nearly all have both. No calls.",
            "OMEMO-verschlüsselte Nachrichten werden angezeigt, sind aber nicht lesbar. Dateien brauchen einen Server mit \
             HTTP-Upload, das Nachholen einen mit Archiv; fast alle haben beides. Keine Anrufe.",
        ),
        tested: Text::new("Prosody 0.12.", "Prosody 0.12."),
    },
    hook: false,
};

impl Channel for Xmpp {
    fn meta(&self) -> &ChannelMeta {
        &META
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities {
            formatting: Formatting::WhatsApp,
            // Servers cut off stanzas of more than 64 to 256 kilobytes.
            max_text: Some(10_000),
            max_file: Some(100 * 1024 * 1024),
            parts: vec![
                PartKind::Text,
                PartKind::Image,
                PartKind::Audio,
                PartKind::Voice,
                PartKind::Video,
                PartKind::File,
                PartKind::Location,
                PartKind::Contact,
            ],
            captions: false,
            reply: Support::Full,
            edit: Support::Full,
            delete: Support::Full,
            reaction: Support::Full,
            typing: true,
            read_receipts: true,
            delivery_receipts: true,
            groups: true,
            start_chat: true,
            history: true,
            ..Capabilities::TEXT
        }
    }

    fn login<'a>(
        &'a self,
        _: Option<serde_json::Value>,
        input: LoginInput,
        context: &'a LoginContext,
    ) -> BoxFuture<'a, Result<LoginReply, LoginError>> {
        Box::pin(login::step(input, context))
    }

    fn connect(&self, account: Account, host: Arc<dyn Host>) -> Result<Arc<dyn Session>, SessionError> {
        Ok(Arc::new(session::XmppSession::new(&account, host)?))
    }
}
