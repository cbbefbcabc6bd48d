//! What a page sends: read strictly, as it may come from anybody.

use serde::{Deserialize, de::DeserializeOwned};
use unisono_domain::channel::WebhookRequest;

use super::refusal::Refusal;

const LONGEST_TEXT: usize = 8_000;
const LARGEST_BODY: usize = 64 * 1024;

#[derive(Deserialize)]
pub(super) struct Visit {
    pub token: Option<String>,
    pub name: Option<String>,
    pub email: Option<String>,
    pub phone: Option<String>,
    pub user: Option<Customer>,
    pub language: Option<String>,
}

#[derive(Deserialize)]
pub(super) struct Customer {
    pub id: String,
    pub hash: String,
}

#[derive(Deserialize)]
pub(super) struct Text {
    pub id: String,
    pub text: String,
    pub reply_to: Option<String>,
    pub choice: Option<Choice>,
    pub page: Option<String>,
}

#[derive(Deserialize)]
pub(super) struct Choice {
    pub id: String,
    pub label: String,
}

#[derive(Deserialize)]
pub(super) struct Edit {
    pub id: String,
    pub edit: String,
    pub text: String,
}

#[derive(Deserialize)]
pub(super) struct Delete {
    pub id: String,
}

#[derive(Deserialize)]
pub(super) struct Typing {
    pub typing: bool,
}

#[derive(Deserialize)]
pub(super) struct Got {
    pub ids: Vec<String>,
}

#[derive(Deserialize)]
pub(super) struct Read {
    pub up_to: String,
}

pub(super) fn json<T: DeserializeOwned>(request: &WebhookRequest) -> Result<T, Refusal> {
    if request.body.len() > LARGEST_BODY {
        return Err(Refusal::TooLarge);
    }
    request.json().map_err(|_| Refusal::Malformed)
}

/// A message's number as a page gives it.
pub(super) fn own_id(id: &str) -> Result<&str, Refusal> {
    let good = (8..=64).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    if good { Ok(id) } else { Err(Refusal::Malformed) }
}

/// The id of any message: an own one, or an event's (specification, "Event IDs").
pub(super) fn any_id(id: &str) -> Result<&str, Refusal> {
    match id.strip_prefix('$') {
        Some(rest) if rest.len() <= 250 && rest.bytes().all(|byte| byte.is_ascii_graphic()) => Ok(id),
        Some(_) => Err(Refusal::Malformed),
        None => own_id(id),
    }
}

pub(super) fn text(text: &str) -> Result<String, Refusal> {
    let text = text.replace('\0', "");
    let text = text.trim();
    if text.is_empty() {
        return Err(Refusal::Malformed);
    }
    if text.chars().count() > LONGEST_TEXT {
        return Err(Refusal::TooLarge);
    }
    Ok(text.to_owned())
}

/// One line as people give it in a form; `None` if it says nothing.
pub(super) fn line(text: Option<&str>, longest: usize) -> Option<String> {
    let visible =
        |letter: &char| !letter.is_control() && !matches!(letter, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    let text: String = text?.chars().filter(visible).take(longest).collect();
    Some(text.trim().to_owned()).filter(|text| !text.is_empty())
}

/// An address that could be one.
pub(super) fn email(text: &str) -> Option<String> {
    let (local, domain) = text.rsplit_once('@')?;
    let good = !local.is_empty()
        && domain.contains('.')
        && text.len() <= 254
        && !text.chars().any(|letter| letter.is_whitespace() || matches!(letter, '<' | '>' | '"' | ',' | ';' | '?'));
    good.then(|| format!("{local}@{}", domain.to_lowercase()))
}
