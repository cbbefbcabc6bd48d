//! What devices say, as people read it: values with names and units, and whether something is on.

use serde_json::{Value, json};
use unisono_domain::channel::{Media, Part, PartKind};

use super::pattern::words;

/// How much of a payload is shown.
const MOST_FIELDS: usize = 40;
const LONGEST_VALUE: usize = 500;
const LONGEST_LABEL: usize = 80;
const DEEPEST: usize = 4;

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Field {
    pub label: String,
    pub value: String,
    pub unit: Option<String>,
}

/// One state of a device.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reading {
    pub fields: Vec<Field>,
    pub on: Option<bool>,
}

/// What a payload is.
#[derive(Clone, Debug, PartialEq)]
pub enum Payload {
    /// The value was taken back.
    Empty,
    Reading(Reading),
    Text(String),
    Image(&'static str, &'static str),
    Binary,
}

impl Field {
    fn new(label: &str, value: &str, unit: Option<&str>) -> Self {
        let cut =
            |text: &str, most: usize| text.chars().filter(|char| !char.is_control()).take(most).collect::<String>();
        let unit = unit.map(|unit| cut(unit.trim(), 20)).filter(|unit| !unit.is_empty());
        Self { label: cut(label, LONGEST_LABEL), value: cut(value.trim(), LONGEST_VALUE), unit }
    }

    fn words(&self) -> String {
        let unit = self.unit.as_deref().map(|unit| format!(" {unit}")).unwrap_or_default();
        match self.label.as_str() {
            "" => format!("{}{unit}", self.value),
            label => format!("{label}: {}{unit}", self.value),
        }
    }
}

impl Reading {
    /// One value.
    pub fn of(label: &str, value: &str, unit: Option<&str>) -> Self {
        Self { fields: vec![Field::new(label, value, unit)], on: is_on(value) }
    }

    /// The same in words. Numbers stay as the device writes them.
    pub fn words(&self) -> String {
        self.fields.iter().map(Field::words).collect::<Vec<_>>().join("\n")
    }

    pub fn part(&self, title: &str) -> Part {
        let fields: Vec<Value> = self
            .fields
            .iter()
            .map(|field| {
                let mut value = json!({ "label": field.label, "value": field.value });
                if let Some(unit) = &field.unit {
                    value["unit"] = json!(unit);
                }
                value
            })
            .collect();
        let mut reading = json!({ "title": title, "fields": fields });
        if let Some(on) = self.on {
            reading["state"] = json!(if on { "on" } else { "off" });
        }
        Part::text("0", self.words()).with("org.unisono.reading", reading)
    }
}

/// Whether a value says that something is on or off.
pub fn is_on(value: &str) -> Option<bool> {
    match value.trim().to_ascii_lowercase().as_str() {
        "on" => Some(true),
        "off" => Some(false),
        _ => None,
    }
}

/// Whether a device says that it is there.
pub fn is_online(payload: &[u8]) -> Option<bool> {
    let text = std::str::from_utf8(payload).ok()?.trim();
    let json: Value = serde_json::from_str(text).unwrap_or_default();
    let word = json["state"].as_str().unwrap_or(text).to_ascii_lowercase();
    match word.as_str() {
        "online" | "connected" | "available" | "true" | "1" | "up" | "on" | "alive" => Some(true),
        "offline" | "disconnected" | "unavailable" | "false" | "0" | "down" | "off" | "lost" => Some(false),
        _ => None,
    }
}

/// A JSON value that is no list or object, in words.
pub fn scalar(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(flag) => Some(flag.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

/// Reads what a device has published. `label` is what its topic says of it.
pub fn read(payload: &[u8], label: Option<&str>) -> Payload {
    if payload.is_empty() {
        return Payload::Empty;
    }
    if let Some((mime, ending)) = picture(payload) {
        return Payload::Image(mime, ending);
    }
    let Ok(text) = std::str::from_utf8(payload) else { return Payload::Binary };
    if text.chars().any(|char| char.is_control() && !char.is_whitespace()) {
        return Payload::Binary;
    }
    let name = label.unwrap_or_default();
    match serde_json::from_str::<Value>(text) {
        Ok(Value::Object(object)) => {
            if let Some(reading) = value_and_unit(&object, name) {
                return Payload::Reading(reading);
            }
            let mut reading = Reading::default();
            collect(&Value::Object(object), name, 0, &mut reading);
            if reading.fields.is_empty() { Payload::Text(text.to_owned()) } else { Payload::Reading(reading) }
        }
        Ok(array @ Value::Array(_)) => {
            let mut reading = Reading::default();
            collect(&array, name, 0, &mut reading);
            if reading.fields.is_empty() { Payload::Text(text.to_owned()) } else { Payload::Reading(reading) }
        }
        Ok(Value::String(text)) => word(&text, name),
        Ok(Value::Number(_) | Value::Bool(_)) => Payload::Reading(Reading::of(name, text, None)),
        Ok(Value::Null) => Payload::Empty,
        Err(_) => word(text, name),
    }
}

/// A text that may be a value.
fn word(text: &str, label: &str) -> Payload {
    if text.trim().is_empty() {
        return Payload::Empty;
    }
    if label.is_empty() && is_on(text).is_none() {
        return Payload::Text(text.trim_end().to_owned());
    }
    Payload::Reading(Reading::of(label, text, None))
}

/// `{"value": 21.5, "unit": "°C"}`, as many programs write a single value.
fn value_and_unit(object: &serde_json::Map<String, Value>, label: &str) -> Option<Reading> {
    let value = object.get("value").and_then(scalar)?;
    let unit = ["unit", "unit_of_measurement"].iter().find_map(|key| object.get(*key)?.as_str())?;
    let name = object.get("name").and_then(Value::as_str).unwrap_or(label);
    Some(Reading::of(name, &value, Some(unit)))
}

fn collect(value: &Value, label: &str, depth: usize, reading: &mut Reading) {
    if reading.fields.len() >= MOST_FIELDS || depth > DEEPEST {
        return;
    }
    match value {
        Value::Object(object) => {
            for (key, value) in object {
                if reading.on.is_none() && key.eq_ignore_ascii_case("state") {
                    reading.on = value.as_str().and_then(is_on);
                }
                let label = if label.is_empty() { words(key) } else { format!("{label} {}", words(key)) };
                collect(value, &label, depth + 1, reading);
            }
        }
        Value::Array(list) => {
            let all: Vec<String> = list.iter().filter_map(scalar).take(MOST_FIELDS).collect();
            if !all.is_empty() {
                reading.fields.push(Field::new(label, &all.join(", "), None));
            }
        }
        other => {
            if let Some(value) = scalar(other) {
                reading.fields.push(Field::new(label, &value, None));
            }
        }
    }
}

/// Pictures are known by their first bytes.
fn picture(payload: &[u8]) -> Option<(&'static str, &'static str)> {
    match payload {
        [0xff, 0xd8, 0xff, ..] => Some(("image/jpeg", "jpg")),
        [0x89, b'P', b'N', b'G', b'\r', b'\n', 0x1a, b'\n', ..] => Some(("image/png", "png")),
        [b'G', b'I', b'F', b'8', ..] => Some(("image/gif", "gif")),
        [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => Some(("image/webp", "webp")),
        _ => None,
    }
}

/// A payload as a file.
pub fn file(payload: bytes::Bytes, kind: PartKind, name: &str, mime: &str) -> Part {
    Part::media("0", kind, Media::bytes(payload, name, mime), "")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(payload: &str, label: Option<&str>) -> (String, Option<bool>) {
        match read(payload.as_bytes(), label) {
            Payload::Reading(reading) => (reading.words(), reading.on),
            Payload::Text(text) => (format!("“{text}”"), None),
            other => (format!("{other:?}"), None),
        }
    }

    #[test]
    fn payloads_are_read_as_what_they_are() {
        for (payload, label, expected, on) in [
            ("21.50", Some("temperature"), "temperature: 21.50", None),
            ("21.50", None, "21.50", None),
            ("ON", None, "ON", Some(true)),
            ("off", Some("relay"), "relay: off", Some(false)),
            ("open", None, "“open”", None),
            ("\"open\"", Some("door"), "door: open", None),
            (r#"{"value": 21.5, "unit": "°C"}"#, Some("air"), "air: 21.5 °C", None),
            (
                r#"{"state":"ON","brightness":128,"color":{"x":0.3}}"#,
                None,
                "brightness: 128\ncolor x: 0.3\nstate: ON",
                Some(true),
            ),
            ("[1,2,3]", Some("list"), "list: 1, 2, 3", None),
            ("{}", None, "“{}”", None),
            ("", None, "Empty", None),
            ("null", None, "Empty", None),
        ] {
            assert_eq!(shown(payload, label), (expected.to_owned(), on), "{payload}");
        }
        assert_eq!(read(b"\xff\xd8\xff\xe0", None), Payload::Image("image/jpeg", "jpg"));
        assert_eq!(read(b"\x00\x01\xfe", None), Payload::Binary);
        assert_eq!(is_online(b"Online"), Some(true));
        assert_eq!(is_online(br#"{"state":"offline"}"#), Some(false));
        assert_eq!(is_online(b"sleepy"), None);
    }

    #[test]
    fn the_card_says_the_same_as_the_words() {
        let part = Reading::of("temperature", "21.5", Some("°C")).part("bath");
        assert_eq!(part.text, "temperature: 21.5 °C");
        let expected =
            json!({ "title": "bath", "fields": [{ "label": "temperature", "value": "21.5", "unit": "°C" }] });
        assert_eq!(part.extra["org.unisono.reading"], expected);
        assert_eq!(Reading::of("", "ON", None).part("lamp").extra["org.unisono.reading"]["state"], "on");
    }

    proptest::proptest! {
        #[test]
        fn whatever_a_device_says_does_no_harm(payload: Vec<u8>, text in ".*") {
            let _ = read(&payload, Some("x"));
            let _ = read(text.as_bytes(), None);
            let _ = is_online(&payload);
        }
    }
}
