//! What the owner of a site can change, kept as the strings that the form gives.

use serde_json::{Value, json};
use unisono_domain::{
    channel::{
        WebhookRequest,
        login::{FieldKind, FieldOption, LoginField},
    },
    text::Text,
};
use url::Url;

/// The accent of our own app.
const COLOUR: &str = "#0f6b6b";
const MEGABYTE: usize = 1024 * 1024;
/// In megabytes; a call to us has at most 16.
const FILE: (usize, usize) = (10, 15);

/// Whether the pre-chat form has a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ask {
    No,
    Optional,
    Required,
}

impl Ask {
    fn read(text: Option<&str>, default: Self) -> Self {
        match text {
            Some("no") => Self::No,
            Some("optional") => Self::Optional,
            Some("required") => Self::Required,
            _ => default,
        }
    }

    pub(super) fn word(self) -> &'static str {
        match self {
            Self::No => "no",
            Self::Optional => "optional",
            Self::Required => "required",
        }
    }
}

#[derive(Clone, Debug)]
pub(super) struct Settings {
    pub name: String,
    pub colour: String,
    pub greeting: [String; 2],
    pub origins: Vec<String>,
    pub any_origin: bool,
    pub ask_name: Ask,
    pub ask_email: Ask,
    pub ask_phone: Ask,
    pub theme: &'static str,
    pub side: &'static str,
    pub show_names: bool,
    /// In bytes.
    pub max_file: usize,
}

/// `scheme://host[:port]` as browsers send it (RFC 6454, section 6.2).
pub(super) fn origin(url: &Url) -> Option<String> {
    let origin = url.origin();
    origin.is_tuple().then(|| origin.ascii_serialization())
}

impl Settings {
    pub(super) fn read(settings: &Value) -> Self {
        let text = |key: &str| settings[key].as_str().map(str::trim).filter(|text| !text.is_empty());
        let listed = text("origins").unwrap_or_default().split([',', ' ', '\n', ';']).map(str::trim);
        let listed: Vec<&str> = listed.filter(|one| !one.is_empty()).collect();
        let megabytes = text("max_file").and_then(|number| number.parse().ok()).unwrap_or(FILE.0);
        let one_of = |key: &str, known: &[&'static str; 3]| {
            known.iter().find(|one| text(key) == Some(**one)).copied().unwrap_or(known[0])
        };
        Self {
            name: text("name").unwrap_or_default().chars().take(60).collect(),
            colour: text("colour").filter(|colour| is_colour(colour)).unwrap_or(COLOUR).to_ascii_lowercase(),
            greeting: ["greeting_en", "greeting_de"]
                .map(|key| text(key).unwrap_or_default().chars().take(300).collect()),
            any_origin: listed.contains(&"*"),
            origins: listed.iter().filter_map(|one| origin(&Url::parse(one).ok()?)).collect(),
            ask_name: Ask::read(text("ask_name"), Ask::Optional),
            ask_email: Ask::read(text("ask_email"), Ask::Optional),
            ask_phone: Ask::read(text("ask_phone"), Ask::No),
            theme: one_of("theme", &["auto", "light", "dark"]),
            side: one_of("side", &["right", "left", "right"]),
            show_names: text("show_names") != Some("no"),
            max_file: megabytes.clamp(1, FILE.1) * MEGABYTE,
        }
    }

    /// Which `Origin` the answer may be given to: `Ok(None)` where no page of another site asks.
    pub(super) fn allow(&self, request: &WebhookRequest) -> Result<Option<String>, ()> {
        let Some(given) = request.header("origin") else { return Ok(None) };
        // Our own sample shop.
        let own = Url::parse(&request.url).ok().and_then(|url| origin(&url));
        let allowed = self.any_origin || self.origins.iter().any(|one| one == given) || own.as_deref() == Some(given);
        // An opaque origin (a sandboxed frame, a file) is nobody's site.
        if allowed && given != "null" { Ok(Some(given.to_owned())) } else { Err(()) }
    }

    /// What every page may know before anybody writes.
    pub(super) fn public(&self) -> Value {
        json!({
            "name": self.name,
            "colour": self.colour,
            "greeting": { "en": self.greeting[0], "de": self.greeting[1] },
            "ask": { "name": self.ask_name.word(), "email": self.ask_email.word(), "phone": self.ask_phone.word() },
            "theme": self.theme,
            "side": self.side,
            "max_file": self.max_file,
            "accept": super::files::ENDINGS.map(|(ending, _)| format!(".{ending}")).join(","),
        })
    }

    pub(super) fn fields(&self) -> Vec<LoginField> {
        let text = |id, en, de, value: &str| LoginField::text(id, Text::new(en, de)).optional().value(value);
        let select = |id, label, value: &str, options: &[(&'static str, Text)]| LoginField {
            options: options.iter().map(|(value, label)| FieldOption { value, label: label.clone() }).collect(),
            ..LoginField::new(id, FieldKind::Select, label).value(value)
        };
        let ask = |id, en, de, value: Ask| {
            let options = [
                ("no", Text::new("do not ask", "nicht fragen")),
                ("optional", Text::new("may be left empty", "darf leer bleiben")),
                ("required", Text::new("is needed", "wird gebraucht")),
            ];
            select(id, Text::new(en, de), value.word(), &options)
        };
        let mut origins = self.origins.clone();
        if self.any_origin {
            origins.push("*".to_owned());
        }
        vec![
            text("name", "Name that visitors see", "Name, den Besucher sehen", &self.name),
            text("colour", "Colour", "Farbe", &self.colour)
                .hint(Text::new("As in your style sheets: #0f6b6b", "Wie in deinen Stylesheets: #0f6b6b")),
            text("greeting_de", "Greeting in German", "Begrüßung auf Deutsch", &self.greeting[1]),
            text("greeting_en", "Greeting in English", "Begrüßung auf Englisch", &self.greeting[0]),
            text("origins", "Sites that may have the chat", "Websites, die den Chat haben dürfen", &origins.join(", "))
                .hint(Text::new(
                    "Addresses such as https://shop.example, separated by commas.",
                    "Adressen wie https://shop.example, durch Kommas getrennt.",
                )),
            ask("ask_name", "Before the chat: name", "Vor dem Chat: Name", self.ask_name),
            ask("ask_email", "Before the chat: e-mail address", "Vor dem Chat: E-Mail-Adresse", self.ask_email),
            ask("ask_phone", "Before the chat: phone number", "Vor dem Chat: Telefonnummer", self.ask_phone),
            select(
                "show_names",
                Text::new("Visitors see who answers", "Besucher sehen, wer antwortet"),
                if self.show_names { "yes" } else { "no" },
                &[
                    ("yes", Text::new("with name", "mit Namen")),
                    ("no", Text::new("only the site's name", "nur den Namen der Website")),
                ],
            ),
            select(
                "theme",
                Text::new("Light or dark", "Hell oder dunkel"),
                self.theme,
                &[
                    ("auto", Text::new("as the visitor's device", "wie das Gerät des Besuchers")),
                    ("light", Text::new("light", "hell")),
                    ("dark", Text::new("dark", "dunkel")),
                ],
            ),
            select(
                "side",
                Text::new("Place of the bubble", "Platz der Blase"),
                self.side,
                &[
                    ("right", Text::new("bottom right", "unten rechts")),
                    ("left", Text::new("bottom left", "unten links")),
                ],
            ),
            LoginField::new("max_file", FieldKind::Number, Text::new("Largest file in MB", "Größte Datei in MB"))
                .value((self.max_file / MEGABYTE).to_string()),
        ]
    }
}

fn is_colour(text: &str) -> bool {
    text.len() == 7 && text.starts_with('#') && text[1..].bytes().all(|byte| byte.is_ascii_hexdigit())
}
