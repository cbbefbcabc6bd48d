//! What stands in angle brackets: Slack's links and mentions, Discord's emoji and times.

use super::doc::is_safe;

/// Longest thing in brackets.
const LONGEST: usize = 3_000;

/// What a person sees of it, and where it leads.
pub struct Token {
    pub text: String,
    pub link: Option<String>,
}

impl Token {
    fn text(text: impl Into<String>) -> Option<Self> {
        Some(Self { text: text.into(), link: None })
    }
}

/// What is between brackets at the start, and the length of the whole.
fn bracketed(text: &str) -> Option<(&str, usize)> {
    let rest = text.strip_prefix('<')?;
    let end = rest.find(['>', '<', '\n']).filter(|end| *end > 0 && *end < LONGEST)?;
    rest[end..].starts_with('>').then_some((&rest[..end], end + 2))
}

/// Slack's own entities (<https://docs.slack.dev/messaging/formatting-message-text>).
pub fn decode(text: &str) -> String {
    if text.contains('&') {
        text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
    } else {
        text.to_owned()
    }
}

/// The length of the entity that a text begins with.
pub fn entity(text: &str) -> Option<usize> {
    ["&lt;", "&gt;", "&amp;"].into_iter().find(|entity| text.starts_with(entity)).map(str::len)
}

/// `<url|label>`, `<@user|name>`, `<#channel|name>`, `<!special|label>`.
pub fn slack(text: &str) -> Option<(Token, usize)> {
    let (inside, length) = bracketed(text)?;
    let (target, label) = match inside.split_once('|') {
        Some((target, label)) => (target, Some(decode(label)).filter(|label| !label.trim().is_empty())),
        None => (inside, None),
    };
    let token = match target.chars().next()? {
        '@' => Token::text(format!("@{}", label.as_deref().unwrap_or(&target[1..]).trim_start_matches('@'))),
        '#' => Token::text(format!("#{}", label.as_deref().unwrap_or(&target[1..]).trim_start_matches('#'))),
        '!' => {
            let word = target[1..].split('^').next().unwrap_or_default();
            Token::text(label.unwrap_or_else(|| format!("@{word}")))
        }
        _ => {
            let url = decode(target);
            let bare = url.strip_prefix("mailto:").unwrap_or(&url).to_owned();
            is_safe(&url).then(|| Token { text: label.unwrap_or(bare), link: Some(url) })
        }
    };
    Some((token?, length))
}

/// `<:emoji:id>`, `<t:seconds:style>`, `<https://...>` and `[label](url)`
/// (<https://discord.com/developers/docs/reference#message-formatting>).
pub fn discord(text: &str) -> Option<(Token, usize)> {
    if let Some(rest) = text.strip_prefix('[') {
        let end = rest.find([']', '[', '\n']).filter(|end| *end > 0 && *end < LONGEST)?;
        let url = rest[end..].strip_prefix("](")?;
        let stop = url.find([')', '(', ' ', '\n']).filter(|stop| *stop < LONGEST)?;
        let address = url[..stop].trim_start_matches('<').trim_end_matches('>');
        if !url[stop..].starts_with(')') || !address.starts_with("http") || !is_safe(address) {
            return None;
        }
        let label = unescaped(&rest[..end]);
        return Some((Token { text: label, link: Some(address.to_owned()) }, 1 + end + 2 + stop + 1));
    }
    let (inside, length) = bracketed(text)?;
    if inside.starts_with("http") && is_safe(inside) {
        return Some((Token { text: inside.to_owned(), link: Some(inside.to_owned()) }, length));
    }
    let mut fields = inside.split(':');
    let token = match (fields.next()?, fields.next()?) {
        ("" | "a", name) if fields.next().is_some_and(is_number) => Token::text(format!(":{name}:")),
        ("t", seconds) => {
            let time = jiff::Timestamp::from_second(seconds.parse().ok()?).ok()?;
            Token::text(time.strftime("%Y-%m-%d %H:%M UTC").to_string())
        }
        _ => None,
    };
    Some((token?, length))
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

fn unescaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        match letters.peek() {
            Some(next) if letter == '\\' && next.is_ascii_punctuation() => {}
            _ => out.push(letter),
        }
        if letter == '\\' {
            out.extend(letters.next_if(char::is_ascii_punctuation));
        }
    }
    out
}
