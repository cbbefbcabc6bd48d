//! The time in which a business may write freely after the other side wrote
//! (<https://developers.facebook.com/docs/whatsapp/cloud-api/guides/send-messages#customer-service-windows>,
//! <https://developers.facebook.com/docs/messenger-platform/policy/policy-overview>).

use serde_json::{Value, json};
use unisono_domain::{
    Millis,
    channel::{Inbound, Outbound},
    text::Text,
};

pub const DAY: Millis = 24 * 60 * 60 * 1000;
pub const WEEK: Millis = 7 * DAY;

pub const TEMPLATE: Text = Text::new(
    "WhatsApp takes free messages only within 24 hours after the other side wrote. Send an approved template; the \
     answer to it opens the next 24 hours.",
    "WhatsApp nimmt freie Nachrichten nur innerhalb von 24 Stunden, nachdem die andere Seite geschrieben hat. Sende \
     eine genehmigte Vorlage; die Antwort darauf öffnet die nächsten 24 Stunden.",
);
pub const SEVEN_DAYS: Text = Text::new(
    "Meta takes answers only within 7 days after the other side wrote (and after 24 hours only from apps with the \
     feature “Human Agent”). Wait until they write again.",
    "Meta nimmt Antworten nur innerhalb von 7 Tagen, nachdem die andere Seite geschrieben hat (und nach 24 Stunden nur \
     von Apps mit der Funktion „Human Agent“). Warte, bis sie wieder schreibt.",
);

/// What is noted about a message from the other side.
pub fn note(at: Millis) -> Value {
    json!({ "at": at })
}

/// How long ago the other side wrote; `None` if it never did.
pub fn age(outbound: &Outbound, now: Millis) -> Option<Millis> {
    match outbound.last_received.as_ref()?.data.get("at")?.as_i64()? {
        // Nobody knows; the vendor decides.
        Inbound::NO_TIME => Some(0),
        at => Some(now.saturating_sub(at)),
    }
}
