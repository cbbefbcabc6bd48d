//! Whom an answer goes to, what it is called, and what it quotes.

use mail_parser::DateTime;
use unisono_domain::{Millis, channel::PortalKey};

use super::{config::Owner, html::from_text, message::Person, notes::Notes, thread::addresses_of};

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Recipients {
    pub to: Vec<Person>,
    pub cc: Vec<Person>,
}

/// Recipients by the customs of RFC 5322 section 3.6.3: Reply-To before From, everybody in a
/// conversation of several, the list on a list, and never ourselves.
pub fn recipients(portal: &PortalKey, basis: Option<&Notes>, owner: &Owner) -> Recipients {
    let chat = portal.chat.as_str();
    let Some(basis) = basis else {
        return Recipients { to: addresses_of(portal).into_iter().map(bare).collect(), cc: Vec::new() };
    };
    let mine = |person: &Person| owner.has(&person.address) || basis.me.contains(&person.key());
    let mut found = if basis.own {
        Recipients { to: basis.to.clone(), cc: basis.cc.clone() }
    } else if chat.starts_with("l:") && (!basis.followup_to.is_empty() || basis.list_post.is_some()) {
        let to = match (&basis.list_post, basis.followup_to.is_empty()) {
            (Some(post), true) => vec![bare(post.clone())],
            _ => basis.followup_to.clone(),
        };
        Recipients { to, cc: Vec::new() }
    } else {
        let author = if basis.reply_to.is_empty() { &basis.from } else { &basis.reply_to };
        // In a conversation with one person only they are answered, and so where our address was
        // not among those named: a blind copy stays one.
        let named = basis.to.iter().chain(&basis.cc).any(mine);
        if chat.starts_with("c:") || !named {
            Recipients { to: author.clone(), cc: Vec::new() }
        } else {
            let mut to = author.clone();
            to.extend(basis.to.iter().cloned());
            Recipients { to, cc: basis.cc.clone() }
        }
    };
    let mut seen: Vec<String> = Vec::new();
    for list in [&mut found.to, &mut found.cc] {
        list.retain(|person| {
            let key = person.key();
            let keep = !mine(person) && !seen.contains(&key);
            seen.push(key);
            keep
        });
    }
    if found.to.is_empty() {
        found.to = std::mem::take(&mut found.cc);
    }
    if found.to.is_empty() {
        // A mail to oneself.
        found.to = addresses_of(portal).into_iter().map(bare).collect();
    }
    found
}

fn bare(address: String) -> Person {
    Person { name: None, address }
}

/// `Re: ` once, whatever the answered subject begins with.
pub fn subject(answered: &str) -> String {
    let mut rest = answered.trim();
    while let Some(prefix) = ["re:", "aw:", "antw:", "sv:"]
        .iter()
        .find(|prefix| rest.get(..prefix.len()).is_some_and(|start| start.eq_ignore_ascii_case(prefix)))
    {
        rest = rest[prefix.len()..].trim_start();
    }
    format!("Re: {rest}").trim_end().to_owned()
}

/// The answered mail in brief, as mail programs put it below an answer: as text and as HTML.
pub fn quotation(answered: &Notes, new_text: &str) -> Option<(String, String)> {
    if answered.own || answered.text.trim().is_empty() {
        return None;
    }
    let who = answered.from.first()?;
    let name = who.name.as_deref().unwrap_or(&who.address);
    let date = DateTime::from_timestamp(answered.date.div_euclid(1000));
    let german = is_german(new_text) || (!is_english(new_text) && is_german(&answered.text));
    let line = if german {
        let when =
            format!("{:02}.{:02}.{} um {:02}:{:02} UTC", date.day, date.month, date.year, date.hour, date.minute);
        format!("Am {when} schrieb {name}:")
    } else {
        let when =
            format!("{}-{:02}-{:02} at {:02}:{:02} UTC", date.year, date.month, date.day, date.hour, date.minute);
        format!("On {when}, {name} wrote:")
    };
    let quoted: Vec<String> = answered
        .text
        .lines()
        .map(|text| if text.starts_with('>') { format!(">{text}") } else { format!("> {text}").trim_end().to_owned() })
        .collect();
    let html = format!(
        "<div class=\"moz-cite-prefix\">{}</div><blockquote type=\"cite\">{}</blockquote>",
        from_text(&line),
        from_text(&answered.text)
    );
    Some((format!("{line}\n{}", quoted.join("\n")), html))
}

fn is_german(text: &str) -> bool {
    count(text, &["und", "der", "die", "das", "ist", "nicht", "ich", "mit", "für", "auf", "ja", "wir", "danke"])
        > count(text, &["the", "and", "is", "not", "you", "with", "for", "to", "yes", "we", "thanks", "of"])
}

fn is_english(text: &str) -> bool {
    count(text, &["the", "and", "is", "not", "you", "with", "for", "to", "yes", "we", "thanks", "of"]) > 0
}

fn count(text: &str, words: &[&str]) -> usize {
    text.split(|char: char| !char.is_alphabetic()).filter(|word| words.contains(&word.to_lowercase().as_str())).count()
}

/// The time as mail headers write it.
pub fn seconds(time: Millis) -> i64 {
    time.div_euclid(1000)
}
