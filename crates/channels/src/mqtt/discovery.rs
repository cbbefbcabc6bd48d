//! Home Assistant's discovery: what devices publish of themselves
//! (<https://www.home-assistant.io/integrations/mqtt/#mqtt-discovery>).

use serde_json::{Map, Value};

use super::reading::scalar;

/// The short forms that many devices write
/// (<https://www.home-assistant.io/integrations/mqtt/#discovery-payload>).
const SHORT: [(&str, &str); 33] = [
    ("avty", "availability"),
    ("avty_t", "availability_topic"),
    ("avty_tpl", "availability_template"),
    ("cmd_t", "command_topic"),
    ("cmps", "components"),
    ("cns", "connections"),
    ("dev", "device"),
    ("dev_cla", "device_class"),
    ("ids", "identifiers"),
    ("name", "name"),
    ("ops", "options"),
    ("p", "platform"),
    ("pl_avail", "payload_available"),
    ("pl_cls", "payload_close"),
    ("pl_lock", "payload_lock"),
    ("pl_not_avail", "payload_not_available"),
    ("pl_off", "payload_off"),
    ("pl_on", "payload_on"),
    ("pl_open", "payload_open"),
    ("pl_prs", "payload_press"),
    ("pl_stop", "payload_stop"),
    ("pl_unlk", "payload_unlock"),
    ("schema", "schema"),
    ("stat_off", "state_off"),
    ("stat_on", "state_on"),
    ("stat_t", "state_topic"),
    ("stat_val_tpl", "state_value_template"),
    ("t", "topic"),
    ("uniq_id", "unique_id"),
    ("unit_of_meas", "unit_of_measurement"),
    ("val_tpl", "value_template"),
    ("tp", "topic"),
    ("mf", "manufacturer"),
];
/// How many choices are shown as buttons.
const MOST_CHOICES: usize = 12;

/// Something that can be done with an entity.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choice {
    pub label: String,
    pub payload: String,
}

/// Where an entity says whether it is there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Availability {
    pub topic: String,
    online: String,
    offline: String,
    template: Template,
}

impl Availability {
    pub fn read(&self, payload: &[u8]) -> Option<bool> {
        let value = self.template.read(payload)?;
        if value == self.online {
            return Some(true);
        }
        (value == self.offline).then_some(false)
    }
}

/// A sensor, switch or the like of a device.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entity {
    pub id: String,
    /// Empty: it is what the device is for.
    pub name: String,
    pub device: String,
    pub device_name: String,
    pub state_topic: Option<String>,
    pub command_topic: Option<String>,
    pub unit: Option<String>,
    pub choices: Vec<Choice>,
    /// Any text can be published, not only the choices.
    pub free: bool,
    pub availability: Vec<Availability>,
    template: Template,
    on: Option<String>,
    off: Option<String>,
}

impl Entity {
    /// Its value, and whether that means on.
    pub fn read(&self, payload: &[u8]) -> Option<(String, Option<bool>)> {
        let value = self.template.read(payload)?;
        let on = match (&self.on, &self.off) {
            (Some(on), _) if value == *on => Some(true),
            (_, Some(off)) if value == *off => Some(false),
            _ => None,
        };
        Some((value, on))
    }
}

/// `{{ value }}` or `{{ value_json.a.b }}`; filters behind it are left out.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Template {
    Whole,
    Path(Vec<String>),
    /// More than we understand.
    Unknown,
}

impl Template {
    fn parse(text: Option<&str>) -> Self {
        let Some(text) = text.map(str::trim).filter(|text| !text.is_empty()) else { return Self::Whole };
        let inner = text.strip_prefix("{{").and_then(|rest| rest.strip_suffix("}}"));
        let Some(inner) = inner.filter(|inner| !inner.contains("{{")) else { return Self::Unknown };
        let expression = inner.split('|').next().unwrap_or_default().trim();
        if expression == "value" {
            return Self::Whole;
        }
        let Some(mut rest) = expression.strip_prefix("value_json") else { return Self::Unknown };
        let mut path = Vec::new();
        while !rest.is_empty() {
            if let Some(after) = rest.strip_prefix('.') {
                let end = after.find(['.', '[']).unwrap_or(after.len());
                let key = &after[..end];
                if key.is_empty() || !key.chars().all(|char| char.is_alphanumeric() || char == '_') {
                    return Self::Unknown;
                }
                path.push(key.to_owned());
                rest = &after[end..];
            } else if let Some((key, after)) = rest.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
                path.push(key.trim().trim_matches(['\'', '"']).to_owned());
                rest = after;
            } else {
                return Self::Unknown;
            }
        }
        Self::Path(path)
    }

    fn read(&self, payload: &[u8]) -> Option<String> {
        let text = std::str::from_utf8(payload).ok()?.trim();
        match self {
            Self::Whole => Some(text.to_owned()),
            Self::Path(path) => {
                let json: Value = serde_json::from_str(text).ok()?;
                let found = path.iter().try_fold(&json, |value, key| match value {
                    Value::Array(list) => list.get(key.parse::<usize>().ok()?),
                    other => other.get(key),
                });
                scalar(found?)
            }
            // A value without any structure needs no reading.
            Self::Unknown => (!text.starts_with(['{', '['])).then(|| text.to_owned()),
        }
        .filter(|value| !value.is_empty())
    }
}

/// The short forms written out, on every level that we look at.
fn long(value: &Value) -> Value {
    match value {
        Value::Object(object) => {
            let pairs = object.iter().map(|(key, value)| {
                let known = SHORT.iter().find(|(short, _)| short == key);
                let key = known.map_or(key.as_str(), |(_, long)| long);
                // The names of components are the device's own.
                let value = if key == "components" { components(value) } else { long(value) };
                (key.to_owned(), value)
            });
            Value::Object(pairs.collect())
        }
        Value::Array(list) => Value::Array(list.iter().map(long).collect()),
        other => other.clone(),
    }
}

fn components(value: &Value) -> Value {
    let pairs = value.as_object().into_iter().flatten().map(|(key, value)| (key.clone(), long(value)));
    Value::Object(pairs.collect())
}

/// Reads a configuration: `topic` is what follows the prefix, `component/[node/]object/config`.
/// `None`: it is no configuration's topic. Empty: nothing that we know, or taken back.
pub fn read(topic: &str, payload: &[u8]) -> Option<Vec<Entity>> {
    let mut levels: Vec<&str> = topic.split('/').collect();
    if levels.pop() != Some("config") || !(2..=3).contains(&levels.len()) {
        return None;
    }
    let component = levels.remove(0);
    let fallback = levels.join("_");
    let Ok(config) = serde_json::from_slice::<Value>(payload) else { return Some(Vec::new()) };
    let config = long(&config);
    let Value::Object(config) = config else { return Some(Vec::new()) };
    if component != "device" {
        return Some(entity(component, &fallback, &config).into_iter().collect());
    }
    // One configuration for a whole device: what stands outside holds for all of its parts.
    let shared: Map<String, Value> = config
        .iter()
        .filter(|(key, _)| *key != "components")
        .map(|(key, value)| (key.clone(), value.clone()))
        .collect();
    let parts = config.get("components").and_then(Value::as_object).into_iter().flatten();
    let entities = parts.take(200).filter_map(|(name, part)| {
        let mut whole = shared.clone();
        whole.extend(part.as_object()?.clone());
        let platform = whole.get("platform")?.as_str()?.to_owned();
        entity(&platform, &format!("{fallback}_{name}"), &whole)
    });
    Some(entities.collect())
}

fn entity(component: &str, fallback: &str, config: &Map<String, Value>) -> Option<Entity> {
    let text = |key: &str| config.get(key).and_then(scalar).filter(|text| !text.is_empty());
    let base = text("~").unwrap_or_default();
    let expand = |topic: String| -> Option<String> {
        let topic = match (topic.strip_prefix('~'), topic.strip_suffix('~')) {
            (Some(rest), _) => format!("{base}{rest}"),
            (None, Some(rest)) => format!("{rest}{base}"),
            (None, None) => topic,
        };
        (!topic.is_empty() && topic.len() <= 512 && !topic.contains(['+', '#', '\0'])).then_some(topic)
    };
    let topic = |key: &str| text(key).and_then(expand);
    let or = |key: &str, usual: &str| text(key).unwrap_or_else(|| usual.to_owned());
    let id = text("unique_id").unwrap_or_else(|| fallback.to_owned());
    let name = text("name").unwrap_or_default();
    let device = config.get("device").and_then(Value::as_object);
    let first = |key: &str| match device?.get(key)? {
        Value::Array(list) => match list.first()? {
            Value::Array(pair) => pair.get(1).and_then(scalar),
            other => scalar(other),
        },
        other => scalar(other),
    };
    let device_name = device.and_then(|device| device.get("name")).and_then(scalar);
    let device_name = device_name.unwrap_or_else(|| if name.is_empty() { id.clone() } else { name.clone() });
    let json = component == "light" && text("schema").as_deref() == Some("json");
    let command_topic = topic("command_topic");
    let choices = command_topic.as_ref().map(|_| choices(component, config, json, &or)).unwrap_or_default();
    let template = text("value_template").or_else(|| text("state_value_template"));
    let template = if json { Some("{{ value_json.state }}".to_owned()) } else { template };
    let (on, off) = match component {
        "switch" | "light" | "fan" | "siren" | "binary_sensor" | "input_boolean" => (
            Some(text("state_on").unwrap_or_else(|| or("payload_on", "ON"))),
            Some(text("state_off").unwrap_or_else(|| or("payload_off", "OFF"))),
        ),
        _ => (None, None),
    };
    let template_of_availability = Template::parse(text("availability_template").as_deref());
    let mut availability: Vec<Availability> = topic("availability_topic")
        .map(|topic| Availability {
            topic,
            online: or("payload_available", "online"),
            offline: or("payload_not_available", "offline"),
            template: template_of_availability,
        })
        .into_iter()
        .collect();
    for entry in config.get("availability").and_then(Value::as_array).into_iter().flatten().take(8) {
        let text = |key: &str| entry.get(key).and_then(scalar).filter(|text| !text.is_empty());
        let Some(topic) = text("topic").and_then(expand) else { continue };
        availability.push(Availability {
            topic,
            online: text("payload_available").unwrap_or_else(|| "online".to_owned()),
            offline: text("payload_not_available").unwrap_or_else(|| "offline".to_owned()),
            template: Template::parse(text("value_template").as_deref()),
        });
    }
    let state_topic = match component {
        // A picture comes on a topic of its own name.
        "camera" => topic("topic"),
        "image" => topic("image_topic"),
        _ => topic("state_topic"),
    };
    if state_topic.is_none() && command_topic.is_none() {
        return None;
    }
    Some(Entity {
        device: first("identifiers").or_else(|| first("connections")).unwrap_or_else(|| id.clone()),
        id,
        name: name.strip_prefix(&device_name).map_or(name.as_str(), str::trim_start).to_owned(),
        device_name,
        state_topic,
        command_topic,
        unit: text("unit_of_measurement"),
        choices,
        free: matches!(component, "text" | "number" | "notify"),
        availability,
        template: Template::parse(template.as_deref()),
        on,
        off,
    })
}

fn choices(component: &str, config: &Map<String, Value>, json: bool, or: &dyn Fn(&str, &str) -> String) -> Vec<Choice> {
    let usual: &[(&str, &str, &str)] = match component {
        "switch" | "light" | "fan" | "siren" => &[("ON", "payload_on", "ON"), ("OFF", "payload_off", "OFF")],
        "button" => &[("PRESS", "payload_press", "PRESS")],
        "scene" => &[("ON", "payload_on", "ON")],
        "lock" => &[("LOCK", "payload_lock", "LOCK"), ("UNLOCK", "payload_unlock", "UNLOCK")],
        "cover" | "valve" => {
            &[("OPEN", "payload_open", "OPEN"), ("STOP", "payload_stop", "STOP"), ("CLOSE", "payload_close", "CLOSE")]
        }
        _ => &[],
    };
    let mut choices: Vec<Choice> = usual
        .iter()
        .map(|(label, key, word)| {
            let payload = if json { format!("{{\"state\":\"{word}\"}}") } else { or(key, word) };
            Choice { label: (*label).to_owned(), payload }
        })
        .collect();
    if component == "select" {
        let options = config.get("options").and_then(Value::as_array).into_iter().flatten().filter_map(scalar);
        choices.extend(options.map(|option| Choice { label: option.clone(), payload: option }));
    }
    choices.truncate(MOST_CHOICES);
    choices
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn one(topic: &str, config: &Value) -> Entity {
        let mut entities = read(topic, config.to_string().as_bytes()).unwrap();
        assert_eq!(entities.len(), 1);
        entities.remove(0)
    }

    #[test]
    fn a_sensor_has_its_device_unit_and_value() {
        let sensor = one(
            "sensor/bath/temperature/config",
            &json!({
            "name": "Temperature", "uniq_id": "b1t", "~": "zigbee/bath", "stat_t": "~", "unit_of_meas": "°C",
            "val_tpl": "{{ value_json.temperature | round(1) }}", "avty_t": "~/availability",
            "dev": { "ids": ["0xb1"], "name": "Bath" } }),
        );
        assert_eq!(
            (sensor.device.as_str(), sensor.device_name.as_str(), sensor.name.as_str()),
            ("0xb1", "Bath", "Temperature")
        );
        assert_eq!(sensor.state_topic.as_deref(), Some("zigbee/bath"));
        assert_eq!(sensor.read(br#"{"temperature":21.5,"humidity":40}"#), Some(("21.5".to_owned(), None)));
        assert_eq!(sensor.read(br#"{"humidity":40}"#), None);
        assert_eq!(sensor.availability[0].topic, "zigbee/bath/availability");
        assert_eq!(sensor.availability[0].read(b"offline"), Some(false));
    }

    #[test]
    fn a_switch_has_buttons_and_its_own_words_for_on() {
        let switch = one(
            "switch/pump/config",
            &json!({
            "state_topic": "p/s", "command_topic": "p/c", "payload_on": "1", "payload_off": "0", "name": "Pump" }),
        );
        assert_eq!(switch.read(b"1"), Some(("1".to_owned(), Some(true))));
        let payloads: Vec<_> = switch.choices.iter().map(|choice| (&*choice.label, &*choice.payload)).collect();
        assert_eq!(payloads, [("ON", "1"), ("OFF", "0")]);
        assert_eq!((switch.device.as_str(), switch.device_name.as_str(), switch.name.as_str()), ("pump", "Pump", ""));
        let light =
            one("light/lamp/config", &json!({ "schema": "json", "state_topic": "l", "command_topic": "l/set" }));
        assert_eq!(light.choices[0].payload, r#"{"state":"ON"}"#);
        assert_eq!(light.read(br#"{"state":"OFF","brightness":0}"#), Some(("OFF".to_owned(), Some(false))));
    }

    #[test]
    fn a_whole_device_in_one_configuration_is_taken_apart() {
        let config = json!({ "dev": { "ids": "d1", "name": "Plant" }, "o": { "name": "x" }, "state_topic": "plant/state",
            "cmps": { "moist": { "p": "sensor", "unit_of_measurement": "%", "value_template": "{{value_json['moist']}}", "unique_id": "m" },
                      "name": { "p": "sensor", "value_template": "{{ value_json.light.lux }}", "unique_id": "l" },
                      "odd": { "unique_id": "no platform" } } });
        let entities = read("device/d1/config", config.to_string().as_bytes()).unwrap();
        let mut ids: Vec<_> = entities.iter().map(|entity| &*entity.id).collect();
        ids.sort_unstable();
        assert_eq!(ids, ["l", "m"]);
        let value = |id: &str| {
            let entity = entities.iter().find(|entity| entity.id == id).unwrap();
            entity.read(br#"{"moist": 30, "light": {"lux": 900}}"#).unwrap().0
        };
        assert_eq!((value("m").as_str(), value("l").as_str()), ("30", "900"));
    }

    #[test]
    fn templates_that_compute_are_left_alone() {
        let sensor = one(
            "sensor/x/config",
            &json!({ "state_topic": "x",
            "value_template": "{{ 'yes' if value_json.a else 'no' }}" }),
        );
        assert_eq!(sensor.read(br#"{"a":1}"#), None);
        assert_eq!(sensor.read(b"21"), Some(("21".to_owned(), None)));
    }

    proptest::proptest! {
        #[test]
        fn whatever_is_published_does_no_harm(topic in ".*", text in ".*", template in ".*") {
            let _ = read(&topic, text.as_bytes());
            let _ = read("sensor/x/config", json!({ "state_topic": text, "val_tpl": template, "avty": text, "dev": template }).to_string().as_bytes());
            let _ = Template::parse(Some(&template)).read(text.as_bytes());
            let _ = Template::parse(Some(&format!("{{{{ value_json{template} }}}}"))).read(text.as_bytes());
        }
    }
}
