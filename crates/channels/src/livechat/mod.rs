//! The chat on a web site: a bubble that the site embeds (`web/widget`), answered by our own server.
//!
//! An account is a site. Nobody else is involved: [`serve`] answers what the bubble asks, messages go
//! to the hub, and [`listeners`] carry what is answered to the pages that are open. The room is the
//! only memory; who a visitor is stands in a token that only we can sign ([`visitor`]).

mod files;
mod limits;
mod listeners;
mod refusal;
mod requests;
mod rich;
mod serve;
mod session;
mod settings;
mod visitor;
mod wire;

#[cfg(test)]
mod tests;

use std::sync::Arc;

use unisono_domain::{
    channel::{
        Account, BoxFuture, Capabilities, Catalogue, Channel, ChannelMeta, Formatting, GuideStep, Handout, Host,
        PartKind, Session, SessionError, Support,
        login::{LoginContext, LoginError, LoginField, LoginFlow, LoginInput, LoginReply, NewAccount},
    },
    text::Text,
};
use url::Url;

use self::{settings::Settings, visitor::Keys};
use crate::token_login;

/// The live-chat channel.
#[derive(Clone, Copy, Debug)]
pub struct LiveChat;

static META: ChannelMeta = ChannelMeta {
    id: "livechat",
    name: Text::new("Website chat", "Website-Chat"),
    summary: Text::new(
        "A chat bubble on your web site: one line of HTML is enough.",
        "Eine Chat-Blase auf deiner Website: eine Zeile HTML genügt.",
    ),
    docs: None,
    privacy: Text::new(
        "Website chat · only you and this server can read it.",
        "Website-Chat · nur ihr und dieser Server könnt mitlesen.",
    ),
    flows: &[LoginFlow { id: "site", name: Text::new("Address of the site", "Adresse der Website") }],
    guide: &[
        GuideStep {
            text: Text::new(
                "Enter the address of your site. The chat works on this site and on no other until you allow more.",
                "Gib die Adresse deiner Website an. Der Chat geht auf dieser Website, und auf keiner anderen, bis du mehr erlaubst.",
            ),
            figure: None,
        },
        GuideStep {
            text: Text::new(
                "Copy the line that you get then into your pages, just before </body>.",
                "Kopiere die Zeile, die du dann bekommst, in deine Seiten, direkt vor </body>.",
            ),
            figure: None,
        },
    ],
    catalogue: Catalogue {
        official: true,
        cost: Text::new("Nothing.", "Nichts."),
        rules: Text::new(
            "Tell your visitors in your privacy notice that they can chat with you. The chat sets no cookie; it keeps the conversation's key in the visitor's browser once they write.",
            "Sag deinen Besuchern in der Datenschutzerklärung, dass sie mit dir chatten können. Der Chat setzt kein Cookie; den Schlüssel der Unterhaltung behält der Browser, sobald jemand schreibt.",
        ),
        limits: Text::new(
            "Files up to 10 MB from visitors (adjustable up to 15). A visitor who clears the browser starts a new conversation, unless your site tells who is logged in.",
            "Dateien von Besuchern bis 10 MB (einstellbar bis 15). Wer den Browser leert, beginnt eine neue Unterhaltung, außer deine Website sagt, wer angemeldet ist.",
        ),
        tested: Text::new(
            "Chromium, with a strict content security policy; keyboard and screen reader rules checked with axe.",
            "Chromium, unter strenger Content-Security-Policy; Tastatur und Vorlesbarkeit mit axe geprüft.",
        ),
    },
    hook: false,
};

impl Channel for LiveChat {
    fn meta(&self) -> &ChannelMeta {
        &META
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities {
            formatting: Formatting::Html,
            parts: vec![
                PartKind::Text,
                PartKind::Image,
                PartKind::Audio,
                PartKind::Voice,
                PartKind::Video,
                PartKind::File,
                PartKind::Card,
            ],
            captions: true,
            reply: Support::Full,
            edit: Support::Full,
            delete: Support::Full,
            typing: true,
            read_receipts: true,
            delivery_receipts: true,
            ..Capabilities::TEXT
        }
    }

    fn login<'a>(
        &'a self,
        _state: Option<serde_json::Value>,
        input: LoginInput,
        _context: &'a LoginContext,
    ) -> BoxFuture<'a, Result<LoginReply, LoginError>> {
        let title = Text::new("Your web site", "Deine Website");
        let fields = vec![
            LoginField::text("site", Text::new("Address of the site", "Adresse der Website"))
                .hint(Text::new("Such as shop.example", "Etwa shop.example")),
            LoginField::text("name", Text::new("Name that visitors see", "Name, den Besucher sehen"))
                .hint(Text::new("Your shop or company.", "Dein Laden oder deine Firma."))
                .optional(),
        ];
        Box::pin(token_login::step(input, title, fields, async |given| {
            new_site(given.get("site"), given.find("name")).ok_or(LoginError::Invalid {
                field: Some("site"),
                message: Text::new(
                    "This is no address of a web site, such as https://shop.example.",
                    "Das ist keine Adresse einer Website wie https://shop.example.",
                ),
            })
        }))
    }

    fn connect(&self, account: Account, host: Arc<dyn Host>) -> Result<Arc<dyn Session>, SessionError> {
        let keys = Keys::read(&account.credentials).ok_or_else(|| {
            SessionError::BadCredentials(Text::new(
                "What is stored of this site cannot be read. Please add it again.",
                "Was von dieser Website gespeichert ist, lässt sich nicht lesen. Bitte füge sie neu hinzu.",
            ))
        })?;
        Ok(Arc::new(session::Site::new(account, keys, host)))
    }

    fn settings_fields(&self, settings: &serde_json::Value) -> Vec<LoginField> {
        Settings::read(settings).fields()
    }

    fn handouts(&self, account: &Account, base: &str) -> Vec<Handout> {
        let Some(keys) = Keys::read(&account.credentials) else { return Vec::new() };
        let hook = &account.hook;
        vec![
            Handout {
                id: "snippet",
                label: Text::new("The line for your pages", "Die Zeile für deine Seiten"),
                hint: Text::new(
                    "Put it just before </body> on every page that shall have the chat.",
                    "Setz sie direkt vor </body> auf jede Seite, die den Chat haben soll.",
                ),
                value: format!("<script src=\"{base}/_unisono/chat.js\" data-site=\"{hook}\" async></script>"),
                secret: false,
            },
            Handout {
                id: "demo",
                label: Text::new("Try it out", "Ausprobieren"),
                hint: Text::new("A sample shop that has your chat.", "Ein Beispielladen, der deinen Chat hat."),
                value: format!("{base}/demo?site={hook}"),
                secret: false,
            },
            Handout {
                id: "secret",
                label: Text::new("Secret for logged-in customers", "Geheimnis für angemeldete Kunden"),
                hint: Text::new(
                    "Only for your server: HMAC-SHA-256 of the customer's id with it proves who writes.",
                    "Nur für deinen Server: HMAC-SHA-256 der Kundennummer damit beweist, wer schreibt.",
                ),
                value: keys.identity,
                secret: true,
            },
        ]
    }
}

/// A site with keys of its own. `www.` and the bare name are one site to people.
fn new_site(address: &str, name: Option<&str>) -> Option<NewAccount> {
    let address = if address.contains("://") { address.to_owned() } else { format!("https://{address}") };
    let url = Url::parse(&address).ok().filter(|url| matches!(url.scheme(), "http" | "https"))?;
    let host = url.host_str()?;
    let origin = settings::origin(&url)?;
    let twin = match host.strip_prefix("www.") {
        Some(bare) => Some(origin.replacen("://www.", "://", 1)).filter(|_| bare.contains('.')),
        None if host.matches('.').count() == 1 => Some(origin.replacen("://", "://www.", 1)),
        None => None,
    };
    let origins = [Some(origin.clone()), twin].into_iter().flatten().collect::<Vec<_>>().join(", ");
    let site = origin.split_once("://").map_or(origin.as_str(), |(_, site)| site).to_owned();
    Some(NewAccount {
        display_name: name.unwrap_or(&site).to_owned(),
        credentials: Keys::draw(),
        settings: serde_json::json!({ "name": name.unwrap_or(&site), "origins": origins }),
        remote_id: site,
    })
}
