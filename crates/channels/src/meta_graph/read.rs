//! Reading Meta's loose JSON: everything may be missing, of another type, or absurd.

use serde_json::{Value, json};
use unisono_domain::{Millis, channel::Part};

/// Longest id that is taken for one.
const LONGEST_ID: usize = 512;
/// The end of the year 2100.
const LATEST: Millis = 4_133_980_800_000;

/// A text at a JSON pointer (RFC 6901); empty where there is none.
pub fn text<'a>(value: &'a Value, pointer: &str) -> &'a str {
    value.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
}

/// The items of a list; none where there is no list.
pub fn list<'a>(value: &'a Value, pointer: &str) -> &'a [Value] {
    value.pointer(pointer).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default()
}

/// An id. Some come as numbers.
pub fn id(value: &Value, pointer: &str) -> Option<String> {
    let id = match value.pointer(pointer)? {
        Value::String(id) => id.clone(),
        Value::Number(id) if id.is_u64() => id.to_string(),
        _ => return None,
    };
    let fits = !id.is_empty() && id.len() <= LONGEST_ID && !id.chars().any(char::is_control);
    fits.then_some(id)
}

/// A time in seconds, as a number or a text; [`Inbound::NO_TIME`](unisono_domain::channel::Inbound) where there is none.
pub fn seconds(value: &Value) -> Millis {
    whole(value).saturating_mul(1_000).clamp(0, LATEST)
}

/// A time in milliseconds.
pub fn millis(value: &Value) -> Millis {
    whole(value).clamp(0, LATEST)
}

fn whole(value: &Value) -> i64 {
    value.as_i64().or_else(|| value.as_str()?.parse().ok()).unwrap_or_default()
}

/// A number, as such or as a text.
pub fn number(value: &Value) -> Option<f64> {
    value.as_f64().or_else(|| value.as_str()?.parse().ok()).filter(|number| number.is_finite())
}

/// A choice that somebody made by touching a button.
pub fn choice(id: &str, label: &str) -> Part {
    Part::text("0", if label.is_empty() { id } else { label })
        .with("org.unisono.choice", json!({ "id": id, "label": label }))
}

/// Cuts a text to what a field takes.
pub fn cut(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.to_owned();
    }
    let mut cut: String = text.chars().take(most.saturating_sub(1)).collect();
    cut.push('…');
    cut
}
