//! Who speaks on which topic, what is known of them, and what to publish to them.

use std::collections::{BTreeMap, HashMap};

use bytes::Bytes;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use unisono_domain::{
    Millis,
    channel::{ChatInfo, Inbound, InboundBody, Part, PartKind, PortalKey, RemoteUser, Sender},
    text::Text,
};

use super::{
    config::Login,
    discovery::{self, Entity},
    pattern::Chat,
    reading::{self, Payload, Reading},
};

/// How many entities and last values are kept.
const MOST_ENTITIES: usize = 2_000;
const MOST_VALUES: usize = 2_000;
/// A camera's pictures are told at most so often.
const BETWEEN_PICTURES: Millis = 60_000;
/// How many messages are known again when the broker sends them once more.
const RECENT: usize = 64;
/// Begins the ids of conversations with discovered devices. Those of patterns have no bare colon.
const DEVICE: &str = "ha:";

/// What is kept from one connection to the next.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Cursor {
    /// What each topic said last, as a short hash.
    last: BTreeMap<String, String>,
    /// Messages that are stored, but of which the broker may not have heard it yet.
    recent: Vec<(u16, String)>,
}

/// A message as it came.
pub struct Arrival<'a> {
    pub topic: &'a str,
    pub payload: &'a Bytes,
    pub retain: bool,
    pub dup: bool,
    /// 0 where nothing is to be acknowledged.
    pub pkid: u16,
    pub now: Millis,
}

/// What a message means.
#[derive(Default)]
pub struct Meaning {
    pub events: Vec<Inbound>,
    /// Topics that have to be subscribed to from now on.
    pub topics: Vec<String>,
    /// The cursor has changed.
    pub changed: bool,
}

/// What to do with a text to a device.
#[derive(Debug, PartialEq, Eq)]
pub enum Command {
    Publish { topic: String, payload: String },
    Refuse(Text),
}

pub struct Devices<'a> {
    login: &'a Login,
    pub cursor: Cursor,
    /// By the topic of their configuration.
    entities: HashMap<String, Vec<Entity>>,
    pictures: HashMap<String, Millis>,
    nonce: u64,
    count: u64,
}

fn hash(words: &[&[u8]]) -> String {
    let mut hash = Sha256::new();
    for word in words {
        hash.update((word.len() as u64).to_be_bytes());
        hash.update(word);
    }
    hash.finalize().iter().take(8).fold(String::new(), |text, byte| format!("{text}{byte:02x}"))
}

impl<'a> Devices<'a> {
    pub fn new(login: &'a Login, cursor: Cursor) -> Self {
        Self { login, cursor, entities: HashMap::new(), pictures: HashMap::new(), nonce: rand::random(), count: 0 }
    }

    fn all(&self) -> impl Iterator<Item = &Entity> {
        self.entities.values().flatten()
    }

    fn next_id(&mut self) -> String {
        self.count += 1;
        format!("{:016x}-{}", self.nonce, self.count)
    }

    fn user(&self, path: &str, name: &str) -> RemoteUser {
        RemoteUser::new(format!("{path}@{}", self.login.credentials.host)).named(Some(name))
    }

    /// What a message means, and what is known after it.
    pub fn take(&mut self, arrival: &Arrival<'_>) -> Meaning {
        let key = hash(&[arrival.topic.as_bytes(), arrival.payload]);
        if arrival.dup && self.cursor.recent.iter().any(|(pkid, known)| *pkid == arrival.pkid && *known == key) {
            return Meaning::default();
        }
        let mut meaning = self.understand(arrival);
        if !meaning.events.is_empty() && arrival.pkid != 0 {
            self.cursor.recent.push((arrival.pkid, key));
            let old = self.cursor.recent.len().saturating_sub(RECENT);
            self.cursor.recent.drain(..old);
            meaning.changed = true;
        }
        meaning
    }

    fn understand(&mut self, arrival: &Arrival<'_>) -> Meaning {
        let prefix = self.login.discovery.as_deref();
        let below = prefix.and_then(|prefix| arrival.topic.strip_prefix(prefix)?.strip_prefix('/'));
        if let Some(entities) = below.and_then(|below| discovery::read(below, arrival.payload)) {
            return self.learn(arrival.topic, entities);
        }
        let mut meaning = Meaning::default();
        self.availability(arrival, &mut meaning);
        let speaking: Vec<Entity> =
            self.all().filter(|entity| entity.state_topic.as_deref() == Some(arrival.topic)).cloned().collect();
        if !speaking.is_empty() {
            self.entities_say(arrival, &speaking, &mut meaning);
        } else if let Some(found) = self.login.topics.iter().find_map(|pattern| pattern.find(arrival.topic)) {
            let name = found.chat.name();
            let payload = reading::read(arrival.payload, found.label.as_deref());
            self.say(arrival, &found.chat.id(), &found.chat.path(), &name, payload, &mut meaning);
        }
        meaning
    }

    /// Takes in a configuration.
    fn learn(&mut self, topic: &str, entities: Vec<Entity>) -> Meaning {
        let mut meaning = Meaning::default();
        if entities.is_empty() {
            self.entities.remove(topic);
            return meaning;
        }
        if self.all().count() + entities.len() > MOST_ENTITIES {
            tracing::info!(account.id = %self.login.id, "more devices than are looked at");
            return meaning;
        }
        for entity in &entities {
            meaning.topics.extend(entity.state_topic.clone());
            meaning.topics.extend(entity.availability.iter().map(|availability| availability.topic.clone()));
        }
        meaning.topics.sort();
        meaning.topics.dedup();
        self.entities.insert(topic.to_owned(), entities);
        meaning
    }

    /// Whether a text is new on its topic.
    fn is_news(&mut self, key: String, words: &str, repeat: bool, meaning: &mut Meaning) -> bool {
        let hash = hash(&[words.as_bytes()]);
        if self.cursor.last.get(&key) == Some(&hash) {
            return repeat;
        }
        if self.cursor.last.len() >= MOST_VALUES && !self.cursor.last.contains_key(&key) {
            self.cursor.last.pop_first();
        }
        self.cursor.last.insert(key, hash);
        meaning.changed = true;
        true
    }

    fn entities_say(&mut self, arrival: &Arrival<'_>, speaking: &[Entity], meaning: &mut Meaning) {
        let mut devices: BTreeMap<&str, Vec<&Entity>> = BTreeMap::new();
        for entity in speaking {
            devices.entry(&entity.device).or_default().push(entity);
        }
        for (device, mut entities) in devices {
            entities.sort_by(|one, other| (&one.name, &one.id).cmp(&(&other.name, &other.id)));
            let Some(first) = entities.first() else { continue };
            let payload = match reading::read(arrival.payload, None) {
                Payload::Empty => continue,
                picture @ (Payload::Image(..) | Payload::Binary) => picture,
                Payload::Reading(_) | Payload::Text(_) => {
                    let mut reading = Reading::default();
                    for entity in &entities {
                        let Some((value, on)) = entity.read(arrival.payload) else { continue };
                        reading.fields.extend(Reading::of(&entity.name, &value, entity.unit.as_deref()).fields);
                        reading.on = reading.on.or(on);
                    }
                    if reading.fields.is_empty() {
                        continue;
                    }
                    Payload::Reading(reading)
                }
            };
            let name = first.device_name.clone();
            self.say(arrival, &format!("{DEVICE}{device}"), device, &name, payload, meaning);
        }
    }

    fn say(
        &mut self,
        arrival: &Arrival<'_>,
        chat: &str,
        path: &str,
        name: &str,
        payload: Payload,
        meaning: &mut Meaning,
    ) {
        let part = match payload {
            Payload::Empty => return,
            Payload::Image(mime, ending) => {
                let last = self.pictures.insert(arrival.topic.to_owned(), arrival.now);
                if last.is_some_and(|last| arrival.now - last < BETWEEN_PICTURES) {
                    self.pictures.extend(last.map(|last| (arrival.topic.to_owned(), last)));
                    return;
                }
                self.pictures.retain(|_, at| arrival.now - *at < BETWEEN_PICTURES);
                reading::file(arrival.payload.clone(), PartKind::Image, &format!("{name}.{ending}"), mime)
            }
            Payload::Binary => reading::file(
                arrival.payload.clone(),
                PartKind::File,
                &format!("{name}.bin"),
                "application/octet-stream",
            ),
            Payload::Text(text) => Part::text("0", text),
            Payload::Reading(reading) => reading.part(name),
        };
        let words = if part.media.is_some() { hash(&[arrival.payload]) } else { part.text.clone() };
        // What the broker kept has been told if it is still the same.
        let repeat = self.login.repeat && !arrival.retain;
        if !self.is_news(format!("{} {chat}", arrival.topic), &words, repeat, meaning) {
            return;
        }
        let part = self.with_buttons(chat, part);
        let (id, user) = (self.next_id(), self.user(path, name));
        let portal = PortalKey::private(self.login.id, chat);
        let body = InboundBody::message(vec![part]);
        let event = Inbound::new(portal, Sender::Remote(user.clone()), id, arrival.now, body);
        meaning.events.push(event.in_chat(ChatInfo::direct(user)));
    }

    /// A card with what can be done with a device.
    fn with_buttons(&self, chat: &str, part: Part) -> Part {
        let able = self.able(chat);
        let many = able.len() > 1;
        let buttons: Vec<Value> = able
            .iter()
            .flat_map(|entity| {
                entity.choices.iter().map(move |choice| {
                    let label = match entity.name.as_str() {
                        name if many && !name.is_empty() => format!("{name}: {}", choice.label),
                        _ => choice.label.clone(),
                    };
                    json!({ "id": choice_id(entity, &choice.payload), "label": label })
                })
            })
            .take(12)
            .collect();
        if buttons.is_empty() || part.media.is_some() {
            return part;
        }
        let text = part.text.clone();
        part.with("org.unisono.card", json!({ "text": text, "buttons": buttons }))
    }

    /// The entities of a device that take commands.
    fn able(&self, chat: &str) -> Vec<&Entity> {
        let Some(device) = chat.strip_prefix(DEVICE) else { return Vec::new() };
        let mut able: Vec<&Entity> =
            self.all().filter(|entity| entity.device == device && entity.command_topic.is_some()).collect();
        able.sort_by(|one, other| (&one.name, &one.id).cmp(&(&other.name, &other.id)));
        able
    }

    /// Devices come and go.
    fn availability(&mut self, arrival: &Arrival<'_>, meaning: &mut Meaning) {
        let mut told: BTreeMap<String, (String, String, bool)> = BTreeMap::new();
        for entity in self.all() {
            for availability in &entity.availability {
                if availability.topic == arrival.topic
                    && let Some(online) = availability.read(arrival.payload)
                {
                    let about = (entity.device.clone(), entity.device_name.clone(), online);
                    told.insert(format!("{DEVICE}{}", entity.device), about);
                }
            }
        }
        if let Some(found) = self.login.availability.iter().find_map(|pattern| pattern.find(arrival.topic))
            && let Some(online) = reading::is_online(arrival.payload)
        {
            told.insert(found.chat.id(), (found.chat.path(), found.chat.name(), online));
        }
        for (chat, (path, name, online)) in told {
            let key = format!("? {chat}");
            let first = !self.cursor.last.contains_key(&key);
            let words = if online { "online" } else { "offline" };
            // That something is there goes without saying, until it was not.
            if !self.is_news(key, words, false, meaning) || (first && online) {
                continue;
            }
            let text = if online {
                Text::owned(format!("{name} is online"), format!("{name} ist online"))
            } else {
                Text::owned(format!("{name} is offline"), format!("{name} ist offline"))
            };
            let part = Part { kind: PartKind::Notice, ..Part::text("0", text.en.as_ref()) };
            let part = part.with("org.unisono.message", json!(text));
            let (id, user) = (self.next_id(), self.user(&path, &name));
            let portal = PortalKey::private(self.login.id, chat);
            let event = Inbound::new(portal, Sender::System, id, arrival.now, InboundBody::message(vec![part]));
            meaning.events.push(event.in_chat(ChatInfo::direct(user)));
        }
    }

    /// Says in a device's conversation that something was too large.
    pub fn too_large(&mut self, topic: &str, now: Millis) -> Vec<Inbound> {
        let entity = self.all().find(|entity| entity.state_topic.as_deref() == Some(topic));
        let place = match entity {
            Some(entity) => (format!("{DEVICE}{}", entity.device), entity.device.clone(), entity.device_name.clone()),
            None => match self.login.topics.iter().find_map(|pattern| pattern.find(topic)) {
                Some(found) => (found.chat.id(), found.chat.path(), found.chat.name()),
                None => return Vec::new(),
            },
        };
        let (chat, path, name) = place;
        let text = Text::owned(
            format!("{name} has published more than 8 MB, which is not shown."),
            format!("{name} hat mehr als 8 MB veröffentlicht; das wird nicht gezeigt."),
        );
        let part = Part { kind: PartKind::Notice, ..Part::text("0", text.en.as_ref()) };
        let part = part.with("org.unisono.message", json!(text));
        let (portal, user) = (PortalKey::private(self.login.id, chat.as_str()), self.user(&path, &name));
        let event =
            Inbound::new(portal, Sender::System, format!("large {chat}"), now, InboundBody::message(vec![part]));
        vec![event.in_chat(ChatInfo::direct(user))]
    }

    /// What a text to a device means.
    pub fn command(&self, chat: &str, text: &str, choice: Option<&str>) -> Command {
        let text = text.trim();
        if chat.starts_with(DEVICE) {
            return self.entity_command(&self.able(chat), text, choice);
        }
        let chat = Chat::read(chat);
        let Some(topic) = self.login.commands.iter().find_map(|pattern| pattern.fill(&chat)) else {
            return Command::Refuse(NO_COMMAND);
        };
        let payload = match self.login.template.as_str() {
            "" => text.to_owned(),
            json if json.starts_with(['{', '[']) => {
                let quoted = Value::from(text).to_string();
                json.replace(
                    "{text}",
                    quoted.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or(&quoted),
                )
            }
            plain => plain.replace("{text}", text),
        };
        Command::Publish { topic, payload }
    }

    fn entity_command(&self, able: &[&Entity], text: &str, choice: Option<&str>) -> Command {
        let publish = |entity: &Entity, payload: &str| match &entity.command_topic {
            Some(topic) => Command::Publish { topic: topic.clone(), payload: payload.to_owned() },
            None => Command::Refuse(NO_COMMAND),
        };
        let choices = || able.iter().flat_map(|entity| entity.choices.iter().map(move |choice| (*entity, choice)));
        if let Some(id) = choice
            && let Some((entity, choice)) = choices().find(|(entity, choice)| choice_id(entity, &choice.payload) == id)
        {
            return publish(entity, &choice.payload);
        }
        // `Name: words`, or the words alone where it is clear who is meant.
        let (named, words) = match text.split_once(':') {
            Some((name, words)) if able.iter().any(|entity| entity.name.eq_ignore_ascii_case(name.trim())) => {
                (Some(name.trim()), words.trim())
            }
            _ => (None, text),
        };
        let meant = |entity: &Entity| named.is_none_or(|name| entity.name.eq_ignore_ascii_case(name));
        let mut fitting = choices().filter(|(entity, choice)| {
            meant(entity) && (choice.label.eq_ignore_ascii_case(words) || choice.payload == words)
        });
        if let (Some((entity, choice)), None) = (fitting.next(), fitting.next()) {
            return publish(entity, &choice.payload);
        }
        let mut free = able.iter().filter(|entity| meant(entity) && entity.free);
        if let (Some(entity), None) = (free.next(), free.next()) {
            return publish(entity, words);
        }
        if able.is_empty() { Command::Refuse(NO_COMMAND) } else { Command::Refuse(NOT_UNDERSTOOD) }
    }
}

fn choice_id(entity: &Entity, payload: &str) -> String {
    format!("{}:{payload}", entity.id)
}

const NO_COMMAND: Text = Text::new(
    "This device takes no commands. A topic for them can be set in the account's settings.",
    "Dieses Gerät nimmt keine Befehle an. Ein Thema dafür lässt sich in den Einstellungen des Kontos angeben.",
);
const NOT_UNDERSTOOD: Text = Text::new(
    "The device does not know this command. Choose one of its buttons, or write for example: name: ON",
    "Diesen Befehl kennt das Gerät nicht. Wähle einen seiner Knöpfe oder schreib zum Beispiel: Name: ON",
);
