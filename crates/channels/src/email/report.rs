//! Bounces and receipts: what other machines say about a mail of ours.

use mail_parser::{Message, MimeHeaders, PartType};

use super::{
    message::{Fate, Mail, Report},
    parse::{clean_id, one_line},
};

/// Reads a report (RFC 6522 with RFC 3464 or RFC 8098), or what older servers send instead.
pub fn read(message: &Message<'_>, mail: &Mail) -> Option<Report> {
    let about = about(message, mail);
    for part in &message.parts {
        if part.is_content_type("message", "delivery-status") {
            return delivery_status(&String::from_utf8_lossy(part.contents()), about?, mail);
        }
        if part.is_content_type("message", "disposition-notification") {
            return disposition(&String::from_utf8_lossy(part.contents()), about);
        }
    }
    // Exim, qmail and others: no report part, but the failed addresses or a telling sender.
    let failed = message.header_raw("X-Failed-Recipients").map(one_line);
    let from_daemon = mail.from.first().is_some_and(|person| {
        let key = person.key();
        key.starts_with("mailer-daemon@") || key.starts_with("postmaster@")
    });
    let null_path = message.header_raw("Return-Path").is_some_and(|value| value.trim() == "<>");
    if failed.is_some() || (from_daemon && null_path) {
        return Some(Report { about: about?, recipient: failed, fate: Fate::Failed(excerpt(&mail.text)) });
    }
    None
}

/// The Message-ID of the mail that came back: from the copy enclosed, else as quoted in the text.
fn about(message: &Message<'_>, mail: &Mail) -> Option<String> {
    for part in message.parts.iter().skip(1) {
        match &part.body {
            PartType::Message(nested) => {
                if let Some(id) = nested.message_id() {
                    return Some(clean_id(id));
                }
            }
            _ if part.is_content_type("text", "rfc822-headers") || part.is_content_type("message", "rfc822") => {
                if let Some(id) = quoted_id(&String::from_utf8_lossy(part.contents())) {
                    return Some(id);
                }
            }
            _ => {}
        }
        if part.is_content_type("message", "disposition-notification")
            && let Some(id) = field(&String::from_utf8_lossy(part.contents()), "Original-Message-ID")
        {
            return Some(clean_id(&id));
        }
    }
    quoted_id(&mail.text).or_else(|| mail.in_reply_to.first().cloned()).or_else(|| mail.references.last().cloned())
}

fn quoted_id(text: &str) -> Option<String> {
    field(text, "Message-ID").map(|id| clean_id(&id)).filter(|id| !id.is_empty())
}

fn delivery_status(text: &str, about: String, mail: &Mail) -> Option<Report> {
    let action = field(text, "Action")?.to_ascii_lowercase();
    let recipient = field(text, "Final-Recipient")
        .or_else(|| field(text, "Original-Recipient"))
        .map(|value| value.rsplit(';').next().unwrap_or_default().trim().to_owned());
    let fate = match action.as_str() {
        "failed" => Fate::Failed(
            field(text, "Diagnostic-Code")
                .map(|code| code.split_once(';').map_or(code.clone(), |(_, words)| words.trim().to_owned()))
                .filter(|words| !words.is_empty())
                .or_else(|| field(text, "Status"))
                .unwrap_or_else(|| excerpt(&mail.text)),
        ),
        "delayed" => Fate::Delayed,
        "delivered" | "relayed" | "expanded" => Fate::Delivered,
        _ => return None,
    };
    Some(Report { about, recipient, fate })
}

fn disposition(text: &str, about: Option<String>) -> Option<Report> {
    let disposition = field(text, "Disposition")?.to_ascii_lowercase();
    let recipient =
        field(text, "Final-Recipient").map(|value| value.rsplit(';').next().unwrap_or_default().trim().to_owned());
    let fate = if disposition.contains("displayed") { Fate::Read } else { Fate::Delivered };
    Some(Report { about: about?, recipient, fate })
}

/// The first field of this name, unfolded. Works on any text with header-like lines, quoted ones too.
fn field(text: &str, name: &str) -> Option<String> {
    let mut lines = text.lines().peekable();
    while let Some(line) = lines.next() {
        let line = line.trim_start_matches(['>', ' ', '\t']);
        let Some((key, value)) = line.split_once(':') else { continue };
        if !key.trim().eq_ignore_ascii_case(name) {
            continue;
        }
        let mut value = value.trim().to_owned();
        while let Some(next) = lines.peek().filter(|next| next.starts_with([' ', '\t']) && !next.trim().is_empty()) {
            value.push(' ');
            value.push_str(next.trim());
            lines.next();
        }
        return Some(value);
    }
    None
}

fn excerpt(text: &str) -> String {
    // What follows is a copy of our own mail.
    let words = one_line(text.split("\n------").next().unwrap_or_default());
    words.chars().take(300).collect()
}
