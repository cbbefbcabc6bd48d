//! What a message says, as parts.

use unisono_domain::{
    channel::{Formatting, Part},
    text::Text,
};
use xmpp_parsers::{
    message::{Message, MessageType},
    minidom::Element,
};

use super::{
    files,
    xml::{find, has, ns, text_of},
};
use crate::format;

const ENCRYPTED: Text = Text::new(
    "An encrypted message (OMEMO). It cannot be read here, only in the app that holds its keys.",
    "Eine verschlüsselte Nachricht (OMEMO). Sie ist hier nicht lesbar, nur in der App mit ihren Schlüsseln.",
);
const ENCRYPTED_FILE: Text = Text::new(
    "An encrypted file. It cannot be opened here, only in the app that holds its key.",
    "Eine verschlüsselte Datei. Sie lässt sich hier nicht öffnen, nur in der App mit ihrem Schlüssel.",
);
const CALL: Text = Text::new(
    "A call. Calls over XMPP are taken in another app.",
    "Ein Anruf. Anrufe über XMPP nimmt eine andere App an.",
);

/// The parts of a message; none if it says nothing to a person.
pub fn parts(message: &Message) -> Vec<Part> {
    let payloads = &message.payloads;
    if let Some(encrypted) = encryption(payloads) {
        // One that only carries keys says nothing.
        let says = encrypted.is_none_or(|encrypted| encrypted.children().any(|child| child.name() == "payload"));
        return if says { vec![Part::notice("0", &ENCRYPTED)] } else { Vec::new() };
    }
    if has(payloads, "propose", ns::JINGLE_MESSAGE) {
        return vec![Part::notice("0", &CALL)];
    }
    let body = body(message);
    let mut parts = Vec::new();
    for (number, file) in files::named(payloads).iter().enumerate() {
        parts.push(match file.url.starts_with("aesgcm:") {
            true => Part::notice(format!("f{number}"), &ENCRYPTED_FILE),
            false => Part::media(format!("f{number}"), file.kind(), file.media(), ""),
        });
    }
    if body.starts_with("aesgcm://") {
        parts.push(Part::notice("0", &ENCRYPTED_FILE));
        return parts;
    }
    let named = files::named(payloads).into_iter().any(|file| file.url == body.trim());
    if let Some(place) = place(payloads, &body) {
        parts.push(place);
    } else if let Some(invited) = invitation(payloads) {
        parts.push(Part::notice("0", &invited));
    } else if !body.trim().is_empty() && !named {
        let subject = message.get_best_subject(vec!["de", "en"]).map(|(_, subject)| subject.trim());
        // Like a mail's: programs that write one mean it to be read first.
        let subject = subject.filter(|subject| !subject.is_empty() && message.type_ != MessageType::Groupchat);
        let text = subject.map_or_else(|| body.clone(), |subject| format!("{subject}\n\n{body}"));
        parts.push(format::text_part(Formatting::WhatsApp, "0", &text));
    }
    parts
}

/// `Some(None)`: encrypted in a way that shows nothing of itself.
fn encryption(payloads: &[Element]) -> Option<Option<&Element>> {
    for namespace in [ns::LEGACY_OMEMO, ns::OMEMO] {
        if let Some(encrypted) = find(payloads, "encrypted", namespace) {
            return Some(Some(encrypted));
        }
    }
    (has(payloads, "encryption", ns::EME) || has(payloads, "openpgp", ns::OX)).then_some(None)
}

/// The body without what repeats another message for programs that do not know replies (XEP-0428).
pub fn body(message: &Message) -> String {
    let body = message.get_best_body(vec!["de", "en"]).map(|(_, body)| body.clone()).unwrap_or_default();
    let fallbacks = message.payloads.iter().filter(|payload| payload.is("fallback", ns::FALLBACK));
    let mut ranges: Vec<(usize, usize)> = Vec::new();
    for fallback in fallbacks.filter(|fallback| fallback.attr("for").is_none_or(|of| of == ns::REPLY)) {
        let mut bodies = fallback.children().filter(|child| child.name() == "body").peekable();
        if bodies.peek().is_none() {
            ranges.push((0, usize::MAX));
        }
        for range in bodies {
            let number = |name: &str| range.attr(name).and_then(|number| number.parse::<usize>().ok());
            ranges.push((number("start").unwrap_or(0), number("end").unwrap_or(usize::MAX)));
        }
    }
    if ranges.is_empty() {
        return body;
    }
    let kept =
        body.chars().enumerate().filter(|(at, _)| !ranges.iter().any(|(start, end)| (*start..*end).contains(at)));
    kept.map(|(_, c)| c).collect()
}

/// A place: as data (XEP-0080), or as a `geo:` address that is the whole text (RFC 5870).
fn place(payloads: &[Element], body: &str) -> Option<Part> {
    if let Some(data) = find(payloads, "geoloc", ns::GEOLOC) {
        let number =
            |name: &str| text_of(data, name, ns::GEOLOC)?.parse::<f64>().ok().filter(|number| number.is_finite());
        if let (Some(latitude), Some(longitude)) = (number("lat"), number("lon")) {
            let label = ["description", "text", "locality"].iter().find_map(|name| text_of(data, name, ns::GEOLOC));
            return Some(Part::location("0", latitude, longitude, label.as_deref()));
        }
    }
    let coordinates = body.trim().strip_prefix("geo:")?.split([';', '?']).next()?;
    let (latitude, longitude) = coordinates.split_once(',')?;
    let longitude = longitude.split(',').next()?;
    let (latitude, longitude): (f64, f64) = (latitude.parse().ok()?, longitude.parse().ok()?);
    (latitude.is_finite() && longitude.is_finite()).then(|| Part::location("0", latitude, longitude, None))
}

/// An invitation into a room, from its guest (XEP-0249) or from the room (XEP-0045, 7.8.2).
fn invitation(payloads: &[Element]) -> Option<Text> {
    let room = find(payloads, "x", ns::CONFERENCE)?.attr("jid")?.to_owned();
    Some(Text::owned(
        format!("An invitation into the room {room}. To come in, start a chat with this address."),
        format!("Eine Einladung in den Raum {room}. Um einzutreten, beginne einen Chat mit dieser Adresse."),
    ))
}

#[cfg(test)]
mod tests {
    use unisono_domain::channel::PartKind;

    use super::*;

    fn read(inner: &str) -> Message {
        let xml = format!("<message xmlns='jabber:client' type='chat'>{inner}</message>");
        Message::try_from(xml.parse::<Element>().unwrap()).unwrap()
    }

    #[test]
    fn what_only_repeats_another_message_is_left_out() {
        let fallback =
            "<fallback xmlns='urn:xmpp:fallback:0' for='urn:xmpp:reply:0'><body start='0' end='9'/></fallback>";
        let message = read(&format!("<body>&gt; Größe?\n42 cm</body>{fallback}"));
        assert_eq!(body(&message), "42 cm");
        let nonsense =
            "<fallback xmlns='urn:xmpp:fallback:0' for='urn:xmpp:reply:0'><body start='7' end='3'/></fallback>";
        assert_eq!(body(&read(&format!("<body>all of it</body>{nonsense}"))), "all of it");
    }

    #[test]
    fn encrypted_messages_say_that_they_are() {
        let keys = "<encrypted xmlns='eu.siacs.conversations.axolotl'><header sid='1'/></encrypted>";
        assert!(parts(&read(keys)).is_empty());
        let words =
            "<encrypted xmlns='eu.siacs.conversations.axolotl'><header sid='1'/><payload>AA==</payload></encrypted>";
        let parts = parts(&read(&format!("<body>I sent you an OMEMO encrypted message</body>{words}")));
        assert_eq!(parts.len(), 1);
        assert_eq!(parts[0].kind, PartKind::Notice);
    }

    #[test]
    fn a_link_that_is_a_file_is_no_text() {
        let oob = "<x xmlns='jabber:x:oob'><url>https://up.example.org/1/a.png</url></x>";
        let found = parts(&read(&format!("<body>https://up.example.org/1/a.png</body>{oob}")));
        assert_eq!(found.iter().map(|part| part.kind).collect::<Vec<_>>(), [PartKind::Image]);
        let found = parts(&read(&format!("<body>look</body>{oob}")));
        assert_eq!(found.iter().map(|part| part.kind).collect::<Vec<_>>(), [PartKind::Image, PartKind::Text]);
    }

    #[test]
    fn places_are_places() {
        let found = parts(&read("<body>geo:52.52,13.405;u=35</body>"));
        assert_eq!(found[0].coordinates(), Some((52.52, 13.405)));
        assert_eq!(parts(&read("<body>geo:NaN,inf</body>"))[0].kind, PartKind::Text);
    }
}
