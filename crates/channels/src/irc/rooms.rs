//! The channels that we are in, as far as the server tells of them.

use std::collections::{BTreeMap, HashMap};

use tokio::sync::oneshot;
use unisono_domain::{
    channel::{ChatInfo, RequestError},
    text::Text,
};

use super::{convert::Reader, names::Features};

/// In larger channels nobody wants to hear who is called what now.
const SMALL: usize = 100;

/// A channel.
#[derive(Default)]
pub struct Room {
    /// As it is written here.
    pub name: String,
    pub topic: Option<String>,
    /// Folded names with the names.
    members: BTreeMap<String, String>,
    pub joined: bool,
    /// With which it was tried to enter it.
    pub key: Option<String>,
    /// Who wants to know how entering it goes.
    pub waiting: Vec<oneshot::Sender<Result<ChatInfo, RequestError>>>,
}

impl Room {
    pub fn info(&self, reader: &Reader, features: &Features, me: &str) -> ChatInfo {
        let me = features.fold(me);
        let others =
            self.members.iter().filter(|(folded, _)| **folded != me).map(|(_, nick)| reader.user(features, nick));
        ChatInfo { topic: self.topic.clone(), ..ChatInfo::group(Some(&self.name), others.collect()) }
    }

    /// The same without its people.
    pub fn name_only(&self) -> ChatInfo {
        ChatInfo::group(Some(&self.name), Vec::new())
    }
}

/// All of them, by folded name.
#[derive(Default)]
pub struct Rooms(HashMap<String, Room>);

impl Rooms {
    pub fn get(&self, folded: &str) -> Option<&Room> {
        self.0.get(folded)
    }

    /// The channel of this name, known from now on.
    pub fn enter(&mut self, features: &Features, name: &str) -> &mut Room {
        let room = self.0.entry(features.fold(name)).or_default();
        if room.name.is_empty() {
            name.clone_into(&mut room.name);
        }
        room
    }

    pub fn get_mut(&mut self, features: &Features, name: &str) -> Option<&mut Room> {
        self.0.get_mut(&features.fold(name))
    }

    pub fn add(&mut self, features: &Features, room: &str, nick: &str) {
        if let Some(room) = self.get_mut(features, room) {
            room.members.insert(features.fold(nick), nick.to_owned());
        }
    }

    /// The words of `RPL_NAMREPLY`: marks and, maybe, hosts around the names.
    pub fn add_all(&mut self, features: &Features, room: &str, names: &str) {
        for name in names.split_whitespace() {
            let bare = name.trim_start_matches(['~', '&', '@', '%', '+', '!', '.']);
            let nick = bare.split('!').next().unwrap_or(bare);
            self.add(features, room, nick);
        }
    }

    pub fn remove(&mut self, features: &Features, room: &str, nick: &str) {
        if let Some(room) = self.get_mut(features, room) {
            room.members.remove(&features.fold(nick));
        }
    }

    pub fn remove_everywhere(&mut self, features: &Features, nick: &str) {
        let folded = features.fold(nick);
        self.0.values_mut().for_each(|room| drop(room.members.remove(&folded)));
    }

    /// Somebody is called otherwise now. Gives the small channels that have seen it.
    pub fn rename(&mut self, features: &Features, from: &str, to: &str) -> Vec<String> {
        let (old, new) = (features.fold(from), features.fold(to));
        let mut seen = Vec::new();
        for (name, room) in &mut self.0 {
            if room.members.remove(&old).is_some() {
                room.members.insert(new.clone(), to.to_owned());
                if room.members.len() <= SMALL {
                    seen.push(name.clone());
                }
            }
        }
        seen
    }

    /// The server does not let us in. Gives true if somebody has been told.
    pub fn refuse(&mut self, features: &Features, name: &str, reason: &Text) -> bool {
        let waiting = self.get_mut(features, name).map(|room| std::mem::take(&mut room.waiting)).unwrap_or_default();
        let told = !waiting.is_empty();
        for asker in waiting {
            // Who asked may have gone away meanwhile.
            let _ = asker.send(Err(RequestError::Invalid(reason.clone())));
        }
        told
    }
}
