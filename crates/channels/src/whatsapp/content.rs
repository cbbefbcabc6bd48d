//! What a message holds, as parts.

use serde_json::{Value, json};
use unisono_domain::{
    channel::{Formatting, Media, Part, PartKind},
    text::Text,
};

use super::contact;
use crate::{
    format,
    meta_graph::{
        errors_in,
        read::{choice, cut, id, list, number, text},
    },
};

/// Words from outside that go into words of ours.
pub fn bounded(words: &str) -> String {
    cut(words, 300)
}

/// The parts of a message. At least one: what we do not know is said to be there.
pub fn parts(message: &Value) -> Vec<Part> {
    let mut parts = match text(message, "/type") {
        "text" => vec![format::text_part(Formatting::WhatsApp, "0", text(message, "/text/body"))],
        "image" => file(message, "image", PartKind::Image),
        "sticker" => file(message, "sticker", PartKind::Image),
        "video" => file(message, "video", PartKind::Video),
        "audio" | "voice" if message["audio"]["voice"] == true => file(message, "audio", PartKind::Voice),
        "audio" => file(message, "audio", PartKind::Audio),
        "voice" => file(message, "voice", PartKind::Voice),
        "document" => file(message, "document", PartKind::File),
        "location" => location(&message["location"]),
        "contacts" => contact::parts(list(message, "/contacts")),
        "button" => vec![choice(text(message, "/button/payload"), text(message, "/button/text"))],
        "interactive" => interactive(&message["interactive"]),
        "order" => vec![order(&message["order"])],
        "request_welcome" => {
            vec![Part::notice(
                "0",
                &Text::new("Opened the chat for the first time.", "Hat den Chat zum ersten Mal geöffnet."),
            )]
        }
        _ => Vec::new(),
    };
    if parts.is_empty() {
        parts.push(unknown(message));
    }
    if message["context"]["forwarded"] == true || message["context"]["frequently_forwarded"] == true {
        parts.iter_mut().for_each(|part| drop(part.extra.insert("org.unisono.forwarded".to_owned(), json!(true))));
    }
    parts.extend(product(&message["context"]["referred_product"]));
    parts.extend(referral(&message["referral"]));
    parts
}

fn unknown(message: &Value) -> Part {
    let kinds = [text(message, "/unsupported/type"), text(message, "/interactive/type"), text(message, "/type")];
    let kind = kinds.into_iter().find(|kind| !matches!(*kind, "" | "unsupported" | "unknown" | "interactive"));
    let kind = kind.map(|kind| format!(" ({})", bounded(kind))).unwrap_or_default();
    let details = match list(message, "/errors").is_empty() {
        true => String::new(),
        false => format!(" {}", errors_in(&message["errors"]).en),
    };
    let words = Text::owned(
        format!("Sent something that is shown only in WhatsApp{kind}.{details}"),
        format!("Hat etwas gesendet, das nur in WhatsApp zu sehen ist{kind}.{details}"),
    );
    Part::notice("0", &words)
}

fn file(message: &Value, key: &str, kind: PartKind) -> Vec<Part> {
    let file = &message[key];
    let Some(media) = id(file, "/id") else { return Vec::new() };
    let mime = match text(file, "/mime_type") {
        "" => "application/octet-stream",
        mime => mime,
    };
    let name = match text(file, "/filename") {
        "" => format!("{key}.{}", ending(mime)),
        // Only the last piece: a name is no path.
        name => cut(name.rsplit(['/', '\\']).next().unwrap_or_default(), 200),
    };
    let caption = format::text_part(Formatting::WhatsApp, "0", text(file, "/caption"));
    let mut part = Part::media("0", kind, Media::lazy(media, name, cut(mime, 100)), caption.text);
    part.html = caption.html;
    vec![part]
}

/// The ending of a file's name for its kind.
fn ending(mime: &str) -> &'static str {
    match crate::meta_graph::bare_mime(mime).as_str() {
        "image/jpeg" => "jpg",
        "image/png" => "png",
        "image/webp" => "webp",
        "video/mp4" => "mp4",
        "video/3gpp" => "3gp",
        "audio/ogg" => "ogg",
        "audio/mpeg" => "mp3",
        "audio/mp4" => "m4a",
        "audio/aac" => "aac",
        "audio/amr" => "amr",
        _ => "bin",
    }
}

fn location(location: &Value) -> Vec<Part> {
    let (Some(latitude), Some(longitude)) = (number(&location["latitude"]), number(&location["longitude"])) else {
        return Vec::new();
    };
    let words = [text(location, "/name"), text(location, "/address"), text(location, "/url")];
    let label = words.into_iter().filter(|word| !word.is_empty()).map(bounded).collect::<Vec<_>>().join("\n");
    vec![Part::location("0", latitude, longitude, Some(label.as_str()).filter(|label| !label.is_empty()))]
}

fn interactive(interactive: &Value) -> Vec<Part> {
    let kind = text(interactive, "/type");
    match kind {
        "button_reply" | "list_reply" => {
            let reply = &interactive[kind];
            vec![choice(text(reply, "/id"), text(reply, "/title"))]
        }
        // The answers to a form ("flow"), as JSON in a text.
        "nfm_reply" => {
            let answers: Value =
                serde_json::from_str(text(interactive, "/nfm_reply/response_json")).unwrap_or_default();
            let lines = answers.as_object().into_iter().flatten().filter(|(key, _)| *key != "flow_token").take(100);
            let lines = lines.map(|(key, value)| match value.as_str() {
                Some(words) => format!("{key}: {words}"),
                None => format!("{key}: {value}"),
            });
            let words = lines.collect::<Vec<_>>().join("\n");
            let words = if words.is_empty() { text(interactive, "/nfm_reply/body").to_owned() } else { words };
            vec![Part::text("0", words)]
        }
        _ => Vec::new(),
    }
}

fn order(order: &Value) -> Part {
    let mut lines = Vec::new();
    let mut total = 0.0;
    let mut currency = "";
    for item in list(order, "/product_items").iter().take(100) {
        let quantity = number(&item["quantity"]).unwrap_or(1.0);
        let price = number(&item["item_price"]).unwrap_or_default();
        currency = text(item, "/currency");
        total += quantity * price;
        lines.push(format!("{quantity} × {} · {price} {currency}", bounded(text(item, "/product_retailer_id"))));
    }
    lines.push(format!("= {total} {currency}"));
    let words = text(order, "/text");
    lines.extend((!words.is_empty()).then(|| words.to_owned()));
    Part::text("0", format!("🛒\n{}", lines.join("\n"))).with("org.unisono.order", order.clone())
}

fn product(product: &Value) -> Option<Part> {
    let name = bounded(text(product, "/product_retailer_id"));
    let words = Text::owned(format!("Asks about the product {name}."), format!("Fragt zum Produkt {name}."));
    (!name.is_empty()).then(|| Part::notice("product", &words))
}

/// The advertisement or post that brought the other side here.
fn referral(referral: &Value) -> Option<Part> {
    if !referral.is_object() {
        return None;
    }
    let words = [text(referral, "/headline"), text(referral, "/body"), text(referral, "/source_url")];
    let words = words.into_iter().filter(|word| !word.is_empty()).map(bounded).collect::<Vec<_>>().join(" · ");
    Some(Part::notice("referral", &Text::owned(format!("Came by: {words}"), format!("Kam über: {words}"))))
}
