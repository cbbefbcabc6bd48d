//! Full-text search: the one file whose statements are SQLite's own (FTS5). PostgreSQL will keep a
//! `tsvector` in `searchable` instead.

use ruma::{OwnedEventId, UserId};

use crate::{Result, Tx, args, sql};

/// Only the index is kept: the words themselves are in the events. Accents don't matter.
pub(crate) const SQLITE_INDEX: &str = "CREATE VIRTUAL TABLE search_index USING fts5(body, name, topic, \
    content='', contentless_delete=1, tokenize='unicode61 remove_diacritics 2')";

sql! {
    INSERT = "INSERT INTO searchable (position, room_no, sender, at) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING";
    INSERT_WORDS = "INSERT INTO search_index (rowid, body, name, topic) VALUES ($1, $2, $3, $4)";
    DELETE = "DELETE FROM searchable WHERE position = $1";
    DELETE_WORDS = "DELETE FROM search_index WHERE rowid = $1";
    COUNT = "SELECT COUNT(*) FROM search_index i JOIN searchable s ON s.position = i.rowid
        JOIN memberships m ON m.room_no = s.room_no AND m.user_id = $2 AND m.membership = 'join'
        WHERE search_index MATCH $1
        AND ($3 IS NULL OR s.room_no IN (SELECT room_no FROM rooms WHERE room_id IN (SELECT value FROM json_each($3))))
        AND ($4 IS NULL OR s.room_no NOT IN (SELECT room_no FROM rooms WHERE room_id IN (SELECT value FROM json_each($4))))
        AND ($5 IS NULL OR s.sender IN (SELECT value FROM json_each($5)))
        AND ($6 IS NULL OR s.sender NOT IN (SELECT value FROM json_each($6)))";
    BY_TIME = "SELECT e.event_id, 0 FROM search_index i JOIN searchable s ON s.position = i.rowid
        JOIN memberships m ON m.room_no = s.room_no AND m.user_id = $2 AND m.membership = 'join'
        JOIN events e ON e.position = s.position
        WHERE search_index MATCH $1
        AND ($3 IS NULL OR s.room_no IN (SELECT room_no FROM rooms WHERE room_id IN (SELECT value FROM json_each($3))))
        AND ($4 IS NULL OR s.room_no NOT IN (SELECT room_no FROM rooms WHERE room_id IN (SELECT value FROM json_each($4))))
        AND ($5 IS NULL OR s.sender IN (SELECT value FROM json_each($5)))
        AND ($6 IS NULL OR s.sender NOT IN (SELECT value FROM json_each($6)))
        ORDER BY s.at DESC, s.position DESC LIMIT $7 OFFSET $8";
    BY_RANK = "SELECT e.event_id, CAST(-bm25(search_index) * 1000000 AS INTEGER)
        FROM search_index i JOIN searchable s ON s.position = i.rowid
        JOIN memberships m ON m.room_no = s.room_no AND m.user_id = $2 AND m.membership = 'join'
        JOIN events e ON e.position = s.position
        WHERE search_index MATCH $1
        AND ($3 IS NULL OR s.room_no IN (SELECT room_no FROM rooms WHERE room_id IN (SELECT value FROM json_each($3))))
        AND ($4 IS NULL OR s.room_no NOT IN (SELECT room_no FROM rooms WHERE room_id IN (SELECT value FROM json_each($4))))
        AND ($5 IS NULL OR s.sender IN (SELECT value FROM json_each($5)))
        AND ($6 IS NULL OR s.sender NOT IN (SELECT value FROM json_each($6)))
        ORDER BY bm25(search_index), s.at DESC LIMIT $7 OFFSET $8";
}

/// What of an event can be found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Words {
    pub body: String,
    pub name: String,
    pub topic: String,
}

/// An event that can be found.
#[derive(Clone, Copy, Debug)]
pub struct Entry<'a> {
    pub position: i64,
    pub room_no: i64,
    pub sender: &'a UserId,
    /// When it was sent, in milliseconds.
    pub at: i64,
}

/// Makes an event findable by these words, and by no earlier ones.
pub fn set(tx: &mut Tx<'_>, entry: Entry<'_>, words: &Words) -> Result<()> {
    let Entry { position, room_no, sender, at } = entry;
    if tx.execute(&INSERT, args![position, room_no, sender, at])? == 0 {
        tx.execute_last(&DELETE_WORDS, args![position])?;
    }
    tx.execute_last(&INSERT_WORDS, args![position, &words.body, &words.name, &words.topic])
}

/// Makes an event unfindable.
pub fn delete(tx: &mut Tx<'_>, position: i64) -> Result<()> {
    if tx.execute(&DELETE, args![position])? > 0 {
        tx.execute_last(&DELETE_WORDS, args![position])?;
    }
    Ok(())
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    Newest,
    Best,
}

/// Which fields to look at; none of them: all.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Fields {
    pub body: bool,
    pub name: bool,
    pub topic: bool,
}

/// What is searched for, in the rooms that a person is in.
#[derive(Clone, Debug)]
pub struct Query {
    /// All of them must be there, the last one perhaps not written to its end.
    pub terms: Vec<String>,
    pub fields: Fields,
    pub order: Order,
    /// JSON lists of ids that narrow the search.
    pub rooms: Option<String>,
    pub not_rooms: Option<String>,
    pub senders: Option<String>,
    pub not_senders: Option<String>,
    pub limit: i64,
    pub offset: i64,
}

impl Query {
    /// FTS5's query language, in which a quoted string is nothing but words.
    fn to_match(&self) -> String {
        let quoted: Vec<String> = self.terms.iter().map(|term| format!("\"{}\"", term.replace('"', "\"\""))).collect();
        let Fields { body, name, topic } = self.fields;
        let columns: Vec<&str> = [(body, "body"), (name, "name"), (topic, "topic")]
            .iter()
            .filter(|(on, _)| *on)
            .map(|(_, name)| *name)
            .collect();
        let words = format!("{}*", quoted.join(" AND "));
        if columns.is_empty() { words } else { format!("{{{}}} : ({words})", columns.join(" ")) }
    }
}

/// One hit and how well it fits; the number means something only against others of the search.
#[derive(Clone, Debug)]
pub struct Hit {
    pub event_id: OwnedEventId,
    pub rank: i64,
}

/// How many events match. `terms` must not be empty.
pub fn count(tx: &mut Tx<'_>, searcher: &UserId, query: &Query) -> Result<i64> {
    let text = query.to_match();
    let [rooms, not_rooms, senders, not_senders] = lists(query);
    tx.get(&COUNT, args![&text, searcher, rooms, not_rooms, senders, not_senders], |row| row.get(0))
}

/// The events that match. `terms` must not be empty.
pub fn list(tx: &mut Tx<'_>, searcher: &UserId, query: &Query) -> Result<Vec<Hit>> {
    let sql = match query.order {
        Order::Newest => &BY_TIME,
        Order::Best => &BY_RANK,
    };
    let text = query.to_match();
    let [rooms, not_rooms, senders, not_senders] = lists(query);
    tx.list(sql, args![&text, searcher, rooms, not_rooms, senders, not_senders, query.limit, query.offset], |row| {
        Ok(Hit { event_id: row.get(0)?, rank: row.get(1)? })
    })
}

fn lists(query: &Query) -> [Option<&str>; 4] {
    [&query.rooms, &query.not_rooms, &query.senders, &query.not_senders].map(Option::as_deref)
}
