//! What a session keeps in mind: what outlives it (the cursor), and what it learns anew each time.

use std::collections::{BTreeMap, HashMap, VecDeque};

use serde::{Deserialize, Serialize};
use unisono_domain::{
    Millis,
    channel::{RemoteId, RemoteUser},
};
use xmpp_parsers::jid::{BareJid, Jid};

/// Whose reactions to which message are remembered; the network always tells all of them at once.
const MOST_REACTIONS: usize = 64;
/// Messages in rooms whose ids and authors are remembered.
const MOST_MESSAGES: usize = 2_000;

/// Where we are in the archives.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Cursor {
    /// What is older was not imported.
    pub since: Millis,
    /// The first import is complete.
    pub imported: bool,
    /// The newest message known of the account's own archive (XEP-0313), and when it came.
    pub last: Option<String>,
    pub last_at: Millis,
    pub rooms: BTreeMap<String, RoomMark>,
    pub reactions: VecDeque<Reacted>,
}

/// A room that we are in.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct RoomMark {
    pub nick: String,
    /// The newest message known of the room's archive.
    pub last: Option<String>,
    /// What is older was not imported.
    pub since: Millis,
}

/// All reactions of one person to one message.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Reacted {
    to: RemoteId,
    by: String,
    keys: Vec<String>,
}

/// Ourselves, among those who react.
pub const ME: &str = "";

impl Cursor {
    pub fn read(stored: Option<serde_json::Value>) -> Self {
        stored.and_then(|stored| serde_json::from_value(stored).ok()).unwrap_or_default()
    }

    pub fn to_value(&self) -> serde_json::Value {
        serde_json::to_value(self).unwrap_or_default()
    }

    /// What somebody has put to a message so far.
    pub fn reactions(&self, to: &RemoteId, by: &str) -> Vec<String> {
        let known = self.reactions.iter().find(|known| known.to == *to && known.by == by);
        known.map(|known| known.keys.clone()).unwrap_or_default()
    }

    /// Somebody's reactions are these now; gives those that are new and those that are gone.
    pub fn react(&mut self, to: &RemoteId, by: &str, keys: Vec<String>) -> (Vec<String>, Vec<String>) {
        let before = self.reactions(to, by);
        self.reactions.retain(|known| known.to != *to || known.by != by);
        let added = keys.iter().filter(|key| !before.contains(key)).cloned().collect();
        let removed = before.into_iter().filter(|key| !keys.contains(key)).collect();
        if !keys.is_empty() {
            self.reactions.push_back(Reacted { to: to.clone(), by: by.to_owned(), keys });
        }
        if self.reactions.len() > MOST_REACTIONS {
            self.reactions.pop_front();
        }
        (added, removed)
    }
}

/// Somebody in the roster (RFC 6121).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Contact {
    pub name: Option<String>,
    /// We see, or have asked to see, when they are there.
    pub asked: bool,
}

/// Somebody who is in a room.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Occupant {
    /// Who it is, where the room shows it.
    pub real: Option<BareJid>,
    /// What the room calls them whatever their nick is (XEP-0421).
    pub id: Option<String>,
}

/// A room as it is now.
#[derive(Debug, Default)]
pub struct Room {
    pub nick: String,
    /// How often another nick had to be tried.
    pub conflicts: u32,
    pub joined: bool,
    /// What was said lately has been looked up.
    pub recalled: bool,
    pub name: Option<String>,
    pub subject: Option<String>,
    pub occupant_id: Option<String>,
    pub occupants: BTreeMap<String, Occupant>,
    /// Who wait until we are in.
    pub waiting: Vec<tokio::sync::oneshot::Sender<Result<(), String>>>,
}

impl Room {
    /// What the room is called.
    pub fn title(&self, address: &str) -> String {
        let local = address.split('@').next().unwrap_or(address);
        self.name.clone().unwrap_or_else(|| local.to_owned())
    }
}

/// What a message in a room is called by its author, and by the room.
#[derive(Clone, Debug)]
struct Known {
    room: String,
    author: String,
    own_id: String,
    room_id: String,
}

#[derive(Debug, Default)]
pub struct Memory {
    pub cursor: Cursor,
    pub contacts: HashMap<String, Contact>,
    pub rooms: HashMap<String, Room>,
    messages: VecDeque<Known>,
    /// They asked to see when we are there, and were not answered.
    pub asking: Vec<String>,
    /// Imported up to here, chat by chat, counting from the newest.
    pub history: HashMap<String, String>,
}

impl Memory {
    pub fn note(&mut self, room: &str, author: &str, own_id: &str, room_id: &str) {
        if self.messages.len() >= MOST_MESSAGES {
            self.messages.pop_front();
        }
        let [room, author, own_id, room_id] = [room, author, own_id, room_id].map(ToOwned::to_owned);
        self.messages.push_back(Known { room, author, own_id, room_id });
    }

    /// The room's id of what somebody wrote under an id of their own.
    pub fn find_room_id(&self, room: &str, author: &str, own_id: &str) -> Option<&str> {
        let mut newest = self.messages.iter().rev();
        let known = newest.find(|known| known.room == room && known.author == author && known.own_id == own_id)?;
        Some(&known.room_id)
    }

    /// Whether this message in a room is known to be somebody's.
    pub fn is_by(&self, room: &str, author: &str, room_id: &str) -> bool {
        self.messages.iter().any(|known| known.room == room && known.author == author && known.room_id == room_id)
    }

    /// A person as the roster knows them.
    pub fn person(&self, jid: &str) -> RemoteUser {
        let local = jid.split('@').next().unwrap_or(jid);
        let name = self.contacts.get(jid).and_then(|contact| contact.name.clone());
        RemoteUser::new(jid).named(Some(name.unwrap_or_else(|| local.to_owned()))).reached_by(format!("xmpp:{jid}"))
    }

    /// Somebody in a room: by their own address where it shows, else by what the room calls them.
    pub fn occupant(&self, room: &str, nick: &str, id: Option<&str>) -> RemoteUser {
        let known = self.rooms.get(room).and_then(|room| room.occupants.get(nick));
        if let Some(real) = known.and_then(|known| known.real.as_ref()) {
            let person = self.person(real.as_str());
            return if self.contacts.contains_key(real.as_str()) { person } else { person.named(Some(nick)) };
        }
        let id = id.or_else(|| known.and_then(|known| known.id.as_deref()));
        let id = id.map_or_else(|| format!("{room}/{nick}"), |id| format!("{room}/#{id}"));
        RemoteUser::new(super::ids::short(&id)).named(Some(nick))
    }

    /// Whether a full address names somebody in a room that we are in.
    pub fn is_occupant(&self, jid: &Jid) -> bool {
        jid.resource().is_some() && self.rooms.contains_key(jid.to_bare().as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_changes_of_reactions_are_told() {
        let mut cursor = Cursor::default();
        let target = RemoteId::new("x");
        let keys = |keys: &[&str]| keys.iter().map(|key| (*key).to_owned()).collect::<Vec<_>>();
        assert_eq!(cursor.react(&target, "anna", keys(&["👍"])), (keys(&["👍"]), keys(&[])));
        assert_eq!(cursor.react(&target, "anna", keys(&["👍", "🎉"])), (keys(&["🎉"]), keys(&[])));
        let mut cursor = Cursor::read(Some(cursor.to_value()));
        assert_eq!(cursor.react(&target, "anna", keys(&[])), (keys(&[]), keys(&["👍", "🎉"])));
        assert!(cursor.reactions.is_empty());
    }

    #[test]
    fn nobody_is_taken_for_the_author_of_what_others_wrote() {
        let mut memory = Memory::default();
        memory.note("room", "anna", "1", "A");
        assert_eq!(memory.find_room_id("room", "anna", "1"), Some("A"));
        assert_eq!(memory.find_room_id("room", "eve", "1"), None);
        assert!(memory.is_by("room", "anna", "A") && !memory.is_by("room", "eve", "A"));
    }
}
