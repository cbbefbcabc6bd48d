//! The course of a connection: signing in, catching up, listening.

use std::{sync::Arc, time::Duration};

use tokio::{sync::mpsc, time::Instant};
use unisono_domain::{
    Millis,
    channel::{AccountState, Inbound, SessionError},
};
use xmpp_parsers::{
    iq::Iq,
    jid::{BareJid, Jid},
    message::{Id, Message, MessageType},
    presence::{Presence, Type},
    stanza::Stanza,
};

use super::{
    archive::{self, Page, Place, Question},
    bookmarks, compose, courtesy,
    heard::{ASIDE, Heard, Need, Reader, Way, delayed, forwarded, stanza_id},
    link::{Link, LinkError},
    memory::{Cursor, Room},
    open,
    rooms::{self, Happened},
    roster,
    session::{Connection, XmppSession},
    wire::{self, Ledger},
    xml::{element, has, ns},
};

const DAY: Millis = 86_400_000;
/// How far back the first import goes; older messages come when somebody scrolls up.
const FIRST_IMPORT: Millis = 14 * DAY;
/// Messages that are imported of a room when it is first entered.
const ROOM_IMPORT: usize = 50;
const PAGE: usize = 100;
/// How often rooms are asked whether we are still in them.
const ROOMS_ASKED: Duration = Duration::from_secs(600);
/// Stanzas that are worked in together.
const BATCH: usize = 64;

pub async fn run(session: &XmppSession) -> Result<(), SessionError> {
    session.host.report(AccountState::Connecting);
    let cursor = Cursor::read(session.host.cursor().await?);
    begin(session, cursor);
    let address =
        open::Address { jid: &session.me, server: session.credentials.server.as_deref(), resource: &session.resource };
    let opened = open::open(session.host.guard(), address, &session.credentials.password).await;
    let opened = opened.map_err(|error| {
        let error = error.session();
        if matches!(error, SessionError::BadCredentials(_)) {
            session.set_link(Connection::Over);
        }
        error
    })?;
    let (link, outgoing) = Link::new(opened.bound.clone(), opened.counts);
    let link = Arc::new(link);
    let ledger = Ledger::default();
    let (to_worker, from_wire) = mpsc::unbounded_channel();
    let _end = End { session, link: Arc::clone(&link) };
    let mut worker = Worker { session, link: Arc::clone(&link), ledger: &ledger, from_wire, receipts: Vec::new() };
    tokio::select! {
        error = wire::run(opened, &link, &ledger, outgoing, to_worker) => Err(error),
        ended = worker.work() => ended,
    }
}

/// What was known of the last connection's rooms holds no longer.
fn begin(session: &XmppSession, mut cursor: Cursor) {
    if cursor.since == 0 {
        cursor.since = session.host.now() - FIRST_IMPORT;
    }
    let rooms = cursor.rooms.iter();
    let rooms = rooms.map(|(room, mark)| (room.clone(), Room { nick: mark.nick.clone(), ..Room::default() })).collect();
    let mut memory = session.memory();
    memory.rooms = rooms;
    memory.cursor = cursor;
}

/// Whoever waits for an answer learns that none will come, however the connection ends.
struct End<'a> {
    session: &'a XmppSession,
    link: Arc<Link>,
}

impl Drop for End<'_> {
    fn drop(&mut self) {
        self.session.set_link(Connection::Away);
        self.link.close();
    }
}

impl From<LinkError> for SessionError {
    fn from(error: LinkError) -> Self {
        Self::Trouble { reason: unisono_domain::text::Text::verbatim(&error.to_string()), retry_after: None }
    }
}

struct Worker<'a> {
    session: &'a XmppSession,
    link: Arc<Link>,
    ledger: &'a Ledger,
    from_wire: mpsc::UnboundedReceiver<Stanza>,
    /// Who wants to hear that something arrived, once it is on disk.
    receipts: Vec<Message>,
}

impl Worker<'_> {
    async fn work(&mut self) -> Result<(), SessionError> {
        let (session, link) = (self.session, Arc::clone(&self.link));
        roster::load(session, &link).await?;
        match link.set(None, element("enable", ns::CARBONS)).await {
            Ok(_) | Err(LinkError::Refused(_)) => {}
            Err(error) => return Err(error.into()),
        }
        let mut presence = Presence::new(Type::None);
        presence.payloads.push(courtesy::abilities());
        link.send(presence).await?;
        session.set_link(Connection::Up(Arc::clone(&link)));
        self.enter_rooms().await?;
        self.catch_up().await?;
        session.deliver(Vec::new()).await?;
        self.tell_received().await?;
        session.host.report(AccountState::Connected);
        let mut batch = Vec::with_capacity(BATCH);
        let mut look_around = tokio::time::interval_at(Instant::now() + ROOMS_ASKED, ROOMS_ASKED);
        loop {
            let count = tokio::select! {
                count = self.from_wire.recv_many(&mut batch, BATCH) => count,
                _ = look_around.tick() => {
                    rooms::make_sure(session, &link).await?;
                    continue;
                }
            };
            if count == 0 {
                return Ok(());
            }
            let mut events = Vec::new();
            for stanza in batch.drain(..) {
                self.take(stanza, &mut events).await?;
            }
            if !events.is_empty() {
                session.deliver(events).await?;
            }
            self.ledger.done(count);
            self.tell_received().await?;
            link.acknowledge().await;
        }
    }

    async fn tell_received(&mut self) -> Result<(), LinkError> {
        for receipt in self.receipts.drain(..) {
            self.link.send(receipt).await?;
        }
        Ok(())
    }

    /// The rooms that the owner wants to be in, and those entered from here.
    async fn enter_rooms(&mut self) -> Result<(), LinkError> {
        let marked = bookmarks::list(&self.link).await?;
        let own = rooms::own_nick(self.session);
        let mut wanted: Vec<(BareJid, String)> = marked
            .iter()
            .filter(|bookmark| bookmark.autojoin)
            .map(|bookmark| (bookmark.room.clone(), bookmark.nick.clone().unwrap_or_else(|| own.clone())))
            .collect();
        let remembered: Vec<(String, String)> = {
            let memory = self.session.memory();
            memory.cursor.rooms.iter().map(|(room, mark)| (room.clone(), mark.nick.clone())).collect()
        };
        for (room, nick) in remembered {
            let Ok(room) = room.parse::<BareJid>() else { continue };
            if !marked.iter().any(|bookmark| bookmark.room == room) {
                wanted.push((room, nick));
            }
        }
        for (room, nick) in wanted {
            rooms::enter(self.session, &self.link, &room, &nick).await?;
        }
        Ok(())
    }

    async fn take(&mut self, stanza: Stanza, events: &mut Vec<Inbound>) -> Result<(), SessionError> {
        match stanza {
            Stanza::Message(message) => {
                if let Some(heard) = self.unwrap(message) {
                    self.remember(&heard).await?;
                    events.extend(self.hear(&heard));
                }
            }
            Stanza::Presence(presence) => self.notice(&presence, events).await?,
            Stanza::Iq(Iq::Set { payload, .. }) => roster::take(self.session, &payload),
            Stanza::Iq(_) => {}
        }
        Ok(())
    }

    /// A message as it is, or the one inside a copy of what another device of ours got or sent
    /// (XEP-0280). Only our own server makes copies.
    fn unwrap(&self, message: Message) -> Option<Heard> {
        let now = self.session.host.now();
        let copy = message.payloads.iter().find(|payload| payload.has_ns(ns::CARBONS));
        let (message, stamp) = match copy.filter(|copy| matches!(copy.name(), "received" | "sent")) {
            Some(copy) => {
                let own = Jid::from(self.session.me.clone());
                if message.from.as_ref().is_some_and(|from| *from != own) {
                    return None;
                }
                let (inner, stamp) = forwarded(copy)?;
                // Rooms speak to each device for itself.
                if inner.type_ == MessageType::Groupchat {
                    return None;
                }
                (inner, stamp)
            }
            None => (message, None),
        };
        let at = delayed(&message.payloads).or(stamp).unwrap_or(now).min(now);
        Some(Heard { message, at, archived: None, way: Way::Live })
    }

    /// Looks up what a message presupposes and a session that has just begun does not know.
    async fn remember(&self, heard: &Heard) -> Result<(), SessionError> {
        let session = self.session;
        let need = {
            let mut memory = session.memory();
            Reader { account: session.account, me: &session.me, memory: &mut memory }.needs(&heard.message)
        };
        match need {
            Need::Nothing => {}
            Need::Author { own, chat, author, id } => {
                if !session.host.find_portals(std::slice::from_ref(&own)).await?.is_empty() {
                    session.memory().note(&chat, &author, &id, &id);
                }
            }
            Need::Room(room) => {
                let first = session
                    .memory()
                    .rooms
                    .get_mut(&room)
                    .is_some_and(|room| !std::mem::replace(&mut room.recalled, true));
                let Ok(address) = room.parse::<BareJid>() else { return Ok(()) };
                if !first {
                    return Ok(());
                }
                let question = Question { place: Place::Before(None), most: PAGE, ..Question::default() };
                let page = match archive::ask(&self.link, &address, &question, Way::Imported).await {
                    Ok(page) => page.unwrap_or_default(),
                    Err(LinkError::Refused(_) | LinkError::TimedOut) => return Ok(()),
                    Err(error) => return Err(error.into()),
                };
                let mut memory = session.memory();
                let mut reader = Reader { account: session.account, me: &session.me, memory: &mut memory };
                for heard in &page.messages {
                    reader.recall(heard);
                }
            }
        }
        Ok(())
    }

    fn hear(&mut self, heard: &Heard) -> Vec<Inbound> {
        let session = self.session;
        let mut memory = session.memory();
        let events = Reader { account: session.account, me: &session.me, memory: &mut memory }.read(heard);
        let message = &heard.message;
        if heard.way == Way::Live {
            if message.type_ == MessageType::Groupchat {
                let room = message.from.as_ref().map(Jid::to_bare);
                if let Some(room) = room
                    && let Some(id) = stanza_id(&message.payloads, &room)
                    && let Some(mark) = memory.cursor.rooms.get_mut(room.as_str())
                {
                    mark.last = Some(id);
                }
            } else if let Some(id) = stanza_id(&message.payloads, &session.me) {
                memory.cursor.last = Some(id);
                memory.cursor.last_at = session.host.now();
            }
        }
        drop(memory);
        self.wants_receipt(heard);
        events
    }

    fn wants_receipt(&mut self, heard: &Heard) {
        let message = &heard.message;
        let (Some(from), Some(Id(id))) = (&message.from, &message.id) else { return };
        let asks = has(&message.payloads, "request", ns::RECEIPTS);
        let private = matches!(message.type_, MessageType::Chat | MessageType::Normal);
        if asks && private && heard.way != Way::Imported && from.to_bare() != self.session.me {
            let own = format!("{ASIDE}{}", self.link.fresh_id());
            self.receipts.push(compose::received(from.clone(), &own, id));
        }
    }

    async fn notice(&mut self, presence: &Presence, events: &mut Vec<Inbound>) -> Result<(), SessionError> {
        let Some(from) = &presence.from else { return Ok(()) };
        if presence.type_ == Type::Subscribe {
            events.extend(roster::asked(self.session, &self.link, from).await?);
            return Ok(());
        }
        let room = from.to_bare();
        if !self.session.memory().rooms.contains_key(room.as_str()) {
            return Ok(());
        }
        match rooms::presence(self.session, &self.link, from, presence).await? {
            Happened::Nothing => {}
            Happened::Notice(text) => events.push(rooms::notice(self.session, &room, &text)),
            Happened::Entered => {
                // What was heard before has to be stored before the archive's later messages.
                self.session.deliver(std::mem::take(events)).await?;
                self.come_in(&room).await?;
            }
        }
        Ok(())
    }

    async fn come_in(&mut self, room: &BareJid) -> Result<(), SessionError> {
        rooms::ask_name(self.session, &self.link, room).await?;
        let described = rooms::described(self.session, room);
        rooms::entered(self.session, room);
        self.session.deliver(described.into_iter().collect()).await?;
        let last = self.session.memory().cursor.rooms.get(room.as_str()).and_then(|mark| mark.last.clone());
        let import = last.is_none();
        let (mut question, way) = match last {
            Some(last) => (Question { place: Place::After(last), most: PAGE, ..Question::default() }, Way::CaughtUp),
            None => (self.last_page(), Way::Imported),
        };
        loop {
            let page = match archive::ask(&self.link, room, &question, way).await {
                Ok(Some(page)) => page,
                Ok(None) => return Ok(()),
                // The archive has forgotten where we were.
                Err(LinkError::Refused(_)) if !import && matches!(question.place, Place::After(_)) => {
                    question = self.last_page();
                    continue;
                }
                // What one room's server does not tell holds up nobody else.
                Err(LinkError::Refused(_) | LinkError::TimedOut) => return Ok(()),
                Err(error) => return Err(error.into()),
            };
            let next = page.last.clone();
            let done = import || page.complete || matches!(question.place, Place::Before(_));
            self.store(room, page, |cursor, page| {
                let Some(mark) = cursor.rooms.get_mut(room.as_str()) else { return };
                if let Some(oldest) = page.messages.first().filter(|_| import) {
                    mark.since = oldest.at;
                }
                mark.last = page.last.clone().or(mark.last.take());
            })
            .await?;
            match next {
                Some(next) if !done => question.place = Place::After(next),
                _ => return Ok(()),
            }
        }
    }

    fn last_page(&self) -> Question {
        Question { place: Place::Before(None), most: ROOM_IMPORT, ..Question::default() }
    }

    /// Everything in our own archive since we were last here, in order.
    async fn catch_up(&mut self) -> Result<(), SessionError> {
        let (mut question, way) = {
            let memory = self.session.memory();
            let cursor = &memory.cursor;
            let (start, place) = match &cursor.last {
                Some(last) => (None, Place::After(last.clone())),
                None if cursor.imported => (Some(cursor.last_at), Place::First),
                None => (Some(cursor.since), Place::First),
            };
            let way = if cursor.imported { Way::CaughtUp } else { Way::Imported };
            (Question { start, place, most: PAGE, ..Question::default() }, way)
        };
        loop {
            let page = match archive::ask(&self.link, &self.session.me, &question, way).await {
                Ok(Some(page)) => page,
                Ok(None) => break,
                // What we knew last is there no longer, so everything since then is asked for.
                Err(LinkError::Refused(_)) if matches!(question.place, Place::After(_)) && question.start.is_none() => {
                    let memory = self.session.memory();
                    question.start = Some(memory.cursor.last_at.max(memory.cursor.since));
                    question.place = Place::First;
                    continue;
                }
                Err(LinkError::Refused(_)) => break,
                Err(error) => return Err(error.into()),
            };
            let (next, complete) = (page.last.clone(), page.complete);
            self.store(&self.session.me, page, |cursor, page| {
                if let Some(last) = &page.last {
                    cursor.last = Some(last.clone());
                    cursor.last_at = page.messages.last().map_or(cursor.last_at, |last| last.at);
                }
            })
            .await?;
            match next {
                Some(next) if !complete => question.place = Place::After(next),
                _ => break,
            }
        }
        let now = self.session.host.now();
        let mut memory = self.session.memory();
        if !memory.cursor.imported {
            memory.cursor.imported = true;
            memory.cursor.last_at = memory.cursor.last_at.max(now);
        }
        Ok(())
    }

    /// Stores a page of somebody's archive. Rooms have archives of their own, whose ids alone count.
    async fn store(
        &mut self,
        archive: &BareJid,
        page: Page,
        note: impl FnOnce(&mut Cursor, &Page),
    ) -> Result<(), SessionError> {
        let own = *archive == self.session.me;
        let mut events = Vec::new();
        for heard in &page.messages {
            if (heard.message.type_ == MessageType::Groupchat) != own {
                self.remember(heard).await?;
                events.extend(self.hear(heard));
            }
        }
        note(&mut self.session.memory().cursor, &page);
        Ok(self.session.deliver(events).await?)
    }
}
