//! Who is typing. Kept in memory: it is worth nothing after a restart.

use std::{
    collections::{BTreeMap, HashMap},
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use ruma::{OwnedRoomId, OwnedUserId, RoomId, UserId};
use unisono_domain::Millis;
use unisono_store::rooms::members;

use crate::{Engine, Result, rooms::require_joined};

/// Longer than any client asks for.
const LONGEST: Duration = Duration::from_secs(120);

#[derive(Debug)]
struct State {
    /// Rises with each change. A sync token holds it.
    counter: u64,
    rooms: HashMap<OwnedRoomId, RoomTyping>,
}

#[derive(Debug, Default)]
struct RoomTyping {
    /// The counter at the last change.
    changed: u64,
    /// Until when each is taken to be typing.
    people: BTreeMap<OwnedUserId, Millis>,
}

/// Who is typing where.
#[derive(Debug)]
pub struct Typing(Mutex<State>);

impl Typing {
    /// The counter begins at the time of the start, so that it rises over restarts, too.
    pub fn new(now: Millis) -> Self {
        Self(Mutex::new(State { counter: now.unsigned_abs(), rooms: HashMap::new() }))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What a sync token holds. Take it before [`Typing::sync`]: then nothing is missed.
    pub fn counter(&self) -> u64 {
        self.state().counter
    }

    /// Who is typing in a room, if that has changed since the counter was at `since`; for a first sync
    /// (`None`) if anybody is.
    pub fn sync(&self, room_id: &RoomId, since: Option<u64>) -> Option<Vec<OwnedUserId>> {
        let state = self.state();
        let room = state.rooms.get(room_id)?;
        let is_news = match since {
            Some(since) => room.changed > since,
            None => !room.people.is_empty(),
        };
        is_news.then(|| room.people.keys().cloned().collect())
    }

    /// Whether anything changed since the counter was at `since` in a room of those.
    pub fn any_news<'a>(&self, mut rooms: impl Iterator<Item = &'a RoomId>, since: u64) -> bool {
        let state = self.state();
        state.counter > since && rooms.any(|room| state.rooms.get(room).is_some_and(|room| room.changed > since))
    }

    /// Notes that somebody types until a time, or stopped; says whether the list of people changed.
    pub fn set(&self, room_id: &RoomId, user_id: &UserId, until: Option<Millis>) -> bool {
        let mut state = self.state();
        let next = state.counter + 1;
        let room = state.rooms.entry(room_id.to_owned()).or_default();
        let changed = match until {
            Some(until) => room.people.insert(user_id.to_owned(), until).is_none(),
            None => room.people.remove(user_id).is_some(),
        };
        if changed {
            room.changed = next;
            state.counter = next;
        }
        changed
    }

    /// Takes those off the list of a room whose time is up; says whether there were any.
    pub fn expire(&self, room_id: &RoomId, now: Millis) -> bool {
        let mut state = self.state();
        let next = state.counter + 1;
        let Some(room) = state.rooms.get_mut(room_id) else { return false };
        let before = room.people.len();
        room.people.retain(|_, until| *until > now);
        let changed = room.people.len() != before;
        if changed {
            room.changed = next;
            state.counter = next;
        }
        changed
    }
}

impl Engine {
    /// `PUT /rooms/{}/typing/{}`: somebody types for a while (`Some`), or stopped.
    pub async fn set_typing(&self, room_id: OwnedRoomId, user_id: OwnedUserId, time: Option<Duration>) -> Result<()> {
        let (room, person) = (room_id.clone(), user_id.clone());
        self.db.read(move |tx| require_joined(tx, &room, &person)).await?;
        let time = time.map(|time| time.min(LONGEST));
        let until = time.map(|time| self.now() + Millis::try_from(time.as_millis()).unwrap_or_default());
        if self.typing.set(&room_id, &user_id, until) {
            self.wake_room(&room_id).await?;
        }
        crate::hub::on_typing(self, &room_id, &user_id, time.is_some());
        if let Some(time) = time {
            let engine = self.clone();
            tokio::spawn(async move {
                tokio::time::sleep(time).await;
                if engine.typing.expire(&room_id, engine.now())
                    && let Err(error) = engine.wake_room(&room_id).await
                {
                    tracing::warn!(room.id = %room_id, error = %error, "could not tell that somebody stopped typing");
                }
            });
        }
        Ok(())
    }

    /// Wakes the syncs of all people in a room for what is not in the store.
    async fn wake_room(&self, room_id: &RoomId) -> Result<()> {
        let room_id = room_id.to_owned();
        let people = self
            .db
            .read(move |tx| {
                let room = crate::rooms::get_room(tx, &room_id)?;
                Ok::<_, crate::Error>(members::list_people(tx, room.room_no)?)
            })
            .await?;
        for person in people {
            self.bus.wake(&person, self.db.position());
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
