//! Who comes, goes and is called what. Coming and going only keeps the list; the rest is told.

use irc_proto::Message;
use tokio::time::Instant;
use unisono_domain::{
    channel::{Inbound, InboundBody, Sender, SessionError},
    text::Text,
};

use super::{
    connection::Connection,
    convert::{self, Kind},
};

impl Connection<'_> {
    pub(super) fn joined(&mut self, nick: &str, room: &str) {
        if self.is_me(nick) {
            self.rooms.enter(&self.link.features, room).joined = true;
        }
        self.rooms.add(&self.link.features, room, nick);
    }

    /// All names of a channel are here: it can be shown, and who waits for it goes on.
    pub(super) async fn entered(&mut self, message: &Message, name: &str) -> Result<(), SessionError> {
        let me = self.link.nick.clone();
        let Some(room) = self.rooms.get_mut(&self.link.features, name).filter(|room| room.joined) else {
            return Ok(());
        };
        let waiting = std::mem::take(&mut room.waiting);
        let info = room.info(&self.reader, &self.link.features, &me);
        let key = room.key.clone();
        let (chat, id) = (self.fold(name), self.reader.next_id());
        if !waiting.is_empty() {
            self.cursor.joined.insert(chat.clone(), key);
        }
        let at = convert::time(message, self.host.now());
        let event =
            Inbound::new(self.reader.portal(chat), Sender::System, id, at, InboundBody::ChatInfo).in_chat(info.clone());
        for asker in waiting {
            // Who asked may have gone away meanwhile.
            let _ = asker.send(Ok(info.clone()));
        }
        self.ask_for_missed(name);
        self.save(vec![event]).await
    }

    pub(super) async fn left(&mut self, nick: &str, room: &str) -> Result<(), SessionError> {
        self.rooms.remove(&self.link.features, room, nick);
        if self.is_me(nick) {
            let chat = self.fold(room);
            self.cursor.joined.remove(&chat);
            self.rooms.enter(&self.link.features, room).joined = false;
            self.deliver(Vec::new()).await?;
        }
        Ok(())
    }

    pub(super) async fn kicked(
        &mut self,
        message: &Message,
        nick: &str,
        room: &str,
        whom: &str,
        reason: Option<&str>,
    ) -> Result<(), SessionError> {
        self.rooms.remove(&self.link.features, room, whom);
        let why = reason.and_then(|reason| convert::part(Kind::Text, reason)).map(|part| format!(": {}", part.text));
        let why = why.unwrap_or_default();
        let text = if self.is_me(whom) {
            self.rooms.enter(&self.link.features, room).joined = false;
            Text::owned(
                format!("{nick} has removed you from {room}{why}"),
                format!("{nick} hat dich aus {room} entfernt{why}"),
            )
        } else {
            Text::owned(format!("{nick} has removed {whom}{why}"), format!("{nick} hat {whom} entfernt{why}"))
        };
        self.tell_room(message, room, &text).await
    }

    pub(super) async fn topic(
        &mut self,
        message: &Message,
        nick: &str,
        room: &str,
        topic: Option<&str>,
    ) -> Result<(), SessionError> {
        let topic = topic.and_then(|topic| convert::part(Kind::Text, topic)).map(|part| part.text);
        self.rooms.enter(&self.link.features, room).topic.clone_from(&topic);
        let text = match topic {
            Some(topic) => Text::owned(
                format!("{nick} has set the topic: {topic}"),
                format!("{nick} hat das Thema gesetzt: {topic}"),
            ),
            None => Text::owned(format!("{nick} has removed the topic"), format!("{nick} hat das Thema entfernt")),
        };
        self.tell_room(message, room, &text).await
    }

    pub(super) async fn renamed(&mut self, message: &Message, nick: &str, new: &str) -> Result<(), SessionError> {
        let me = self.is_me(nick);
        if me {
            new.clone_into(&mut self.link.nick);
        } else if self.fold(nick) == self.fold(&self.login.credentials.nick) {
            self.regain.0 = Instant::now();
        }
        let rooms = self.rooms.rename(&self.link.features, nick, new);
        if me {
            return Ok(());
        }
        let text = Text::owned(format!("{nick} is now called {new}"), format!("{nick} heißt jetzt {new}"));
        for room in rooms {
            self.tell_room(message, &room, &text).await?;
        }
        // A private chat belongs to a name, as on IRC itself: who takes the old one may be anybody.
        if self.has_talked(nick) {
            let text = Text::owned(
                format!("{nick} is now called {new}. Start a chat with {new} to go on."),
                format!("{nick} heißt jetzt {new}. Beginne einen Chat mit {new}, um fortzufahren."),
            );
            self.tell_private(message, nick, &text).await?;
        }
        Ok(())
    }

    async fn tell_room(&mut self, message: &Message, room: &str, text: &Text) -> Result<(), SessionError> {
        let info = self.rooms.enter(&self.link.features, room).name_only();
        let (chat, id) = (self.fold(room), self.reader.next_id());
        let at = convert::time(message, self.host.now());
        let event = convert::notice(self.reader.portal(chat), id, at, text, info);
        self.deliver(vec![event]).await
    }
}
