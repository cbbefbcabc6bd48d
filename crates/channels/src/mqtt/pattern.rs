//! Topic patterns: `home/{room}/{device}/state`. A name in braces stands for one level, and all of them
//! together name a conversation; `+` and `#` stand for what a value is called.

use url::form_urlencoded;

/// Longest topic that is looked at; the protocol's own limit is 65,535 bytes.
const LONGEST: usize = 512;
/// The name of a whole topic, where a pattern has no names.
const TOPIC: &str = "topic";

#[derive(Clone, Debug, PartialEq, Eq)]
enum Level {
    Literal(String),
    Name(String),
    One,
    Rest,
}

/// A pattern, read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pattern(Vec<Level>);

/// What stands in the places of a pattern's names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    pub chat: Chat,
    /// What the value is called, if the topic tells.
    pub label: Option<String>,
}

/// A conversation: names with their values, in the pattern's order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chat(Vec<(String, String)>);

impl Chat {
    /// As a portal's id.
    pub fn id(&self) -> String {
        form_urlencoded::Serializer::new(String::new()).extend_pairs(&self.0).finish()
    }

    /// From a portal's id.
    pub fn read(id: &str) -> Self {
        Self(form_urlencoded::parse(id.as_bytes()).into_owned().collect())
    }

    /// The values alone, as a path: the id of the one who speaks.
    pub fn path(&self) -> String {
        self.0.iter().map(|(_, value)| value.as_str()).collect::<Vec<_>>().join("/")
    }

    /// For people.
    pub fn name(&self) -> String {
        self.0.iter().map(|(_, value)| words(value)).collect::<Vec<_>>().join(" · ")
    }
}

/// A key or level as people write it.
pub fn words(key: &str) -> String {
    key.replace('_', " ").trim().to_owned()
}

impl Pattern {
    /// Reads one. `None`: it is none that a broker would take.
    pub fn read(text: &str) -> Option<Self> {
        let text = text.trim();
        if text.is_empty() || text.len() > LONGEST || text.contains('\0') {
            return None;
        }
        let levels: Option<Vec<Level>> = text
            .split('/')
            .map(|level| match level {
                "+" => Some(Level::One),
                "#" => Some(Level::Rest),
                name if name.starts_with('{') && name.ends_with('}') => {
                    let name = name[1..name.len() - 1].trim();
                    let fits = !name.is_empty() && name.chars().all(|char| char.is_alphanumeric() || char == '_');
                    fits.then(|| Level::Name(name.to_owned()))
                }
                literal => (!literal.contains(['+', '#', '{', '}'])).then(|| Level::Literal(literal.to_owned())),
            })
            .collect();
        let levels = levels?;
        let rest = levels.iter().position(|level| *level == Level::Rest);
        rest.is_none_or(|at| at + 1 == levels.len()).then_some(Self(levels))
    }

    /// What to subscribe to.
    pub fn filter(&self) -> String {
        let levels = self.0.iter().map(|level| match level {
            Level::Literal(literal) => literal.as_str(),
            Level::Name(_) | Level::One => "+",
            Level::Rest => "#",
        });
        levels.collect::<Vec<_>>().join("/")
    }

    pub fn find(&self, topic: &str) -> Option<Found> {
        if topic.len() > LONGEST {
            return None;
        }
        let mut parts = topic.split('/');
        let (mut names, mut label): (Vec<(String, String)>, Vec<&str>) = (Vec::new(), Vec::new());
        for level in &self.0 {
            if *level == Level::Rest {
                label.extend(parts.by_ref());
                break;
            }
            let part = parts.next()?;
            match level {
                Level::Literal(literal) if literal == part => {}
                Level::Literal(_) => return None,
                Level::Name(name) if name == "label" => label.push(part),
                Level::Name(name) => names.push((name.clone(), part.to_owned())),
                Level::One | Level::Rest => label.push(part),
            }
        }
        if parts.next().is_some() {
            return None;
        }
        let label = label.join(" ");
        if names.is_empty() {
            names.push((TOPIC.to_owned(), topic.to_owned()));
        }
        Some(Found { chat: Chat(names), label: Some(words(&label)).filter(|label| !label.is_empty()) })
    }

    /// The topic for a conversation. `None` where the pattern has names that it lacks.
    pub fn fill(&self, chat: &Chat) -> Option<String> {
        let levels: Option<Vec<String>> = self
            .0
            .iter()
            .map(|level| match level {
                Level::Literal(literal) => Some(literal.clone()),
                Level::Name(name) => chat.0.iter().find(|(known, _)| known == name).map(|(_, value)| value.clone()),
                Level::One | Level::Rest => None,
            })
            .collect();
        let topic = levels?.join("/");
        (!topic.contains(['+', '#', '\0']) && topic.len() <= LONGEST).then_some(topic)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_make_the_conversation_and_come_back_in_the_command() {
        let state = Pattern::read("home/{room}/{device}/state").unwrap();
        assert_eq!(state.filter(), "home/+/+/state");
        let found = state.find("home/living_room/lamp & co=1/state").unwrap();
        assert_eq!(found.chat.name(), "living room · lamp & co=1");
        let chat = Chat::read(&found.chat.id());
        assert_eq!(chat, found.chat);
        let command = Pattern::read("home/{room}/{device}/set").unwrap();
        assert_eq!(command.fill(&chat).as_deref(), Some("home/living_room/lamp & co=1/set"));
        assert_eq!(Pattern::read("x/{other}").unwrap().fill(&chat), None);
        for other in ["home/a/state", "home/a/b/c/state", "Home/a/b/state", "home/a/b/stat"] {
            assert_eq!(state.find(other), None, "{other}");
        }
    }

    #[test]
    fn places_without_a_name_say_what_the_value_is() {
        let found = Pattern::read("sensors/{room}/+").unwrap().find("sensors/bath/air_humidity").unwrap();
        assert_eq!((found.chat.name().as_str(), found.label.as_deref()), ("bath", Some("air humidity")));
        let found = Pattern::read("{device}/#").unwrap().find("boiler/water/temp").unwrap();
        assert_eq!((found.chat.name().as_str(), found.label.as_deref()), ("boiler", Some("water temp")));
        let found = Pattern::read("ünter/#").unwrap().find("ünter/x").unwrap();
        assert_eq!((found.chat.path().as_str(), found.label.as_deref()), ("ünter/x", Some("x")));
        let command = Pattern::read("{topic}").unwrap();
        assert_eq!(command.fill(&found.chat).as_deref(), Some("ünter/x"));
    }

    #[test]
    fn what_a_broker_would_refuse_is_no_pattern() {
        for text in ["", " ", "a/#/b", "a+", "a/b#", "{}/x", "{a b}/x", "a/{x}y", "a\0b"] {
            assert_eq!(Pattern::read(text), None, "{text:?}");
        }
    }

    proptest::proptest! {
        #[test]
        fn whatever_a_topic_is_it_does_no_harm(pattern in ".*", topic in ".*") {
            if let Some(found) = Pattern::read(&pattern).and_then(|pattern| pattern.find(&topic)) {
                assert_eq!(Chat::read(&found.chat.id()), found.chat);
            }
        }
    }
}
