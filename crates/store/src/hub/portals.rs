//! Rooms that mirror chats on networks.

use crate::{Error, Result, Row, Tx, args, sql};

sql! {
    INSERT = "INSERT INTO portals (channel, chat, receiver, account_id, direct, history_done)
        VALUES ($1, $2, $3, $4, FALSE, FALSE) RETURNING portal_no";
    FIND_KEY = "SELECT portal_no FROM portals WHERE channel = $1 AND chat = $2 AND receiver = $3";
    ADD_ACCOUNT = "INSERT INTO portal_accounts (account_id, portal_no) VALUES ($1, $2) ON CONFLICT DO NOTHING";
    GET = "SELECT portal_no, channel, chat, receiver, account_id, room_no, direct, name, history_done
        FROM portals WHERE portal_no = $1";
    FIND_ROOM = "SELECT portal_no, channel, chat, receiver, account_id, room_no, direct, name, history_done
        FROM portals WHERE room_no = $1";
    SET_ROOM = "UPDATE portals SET room_no = $2, direct = $3, name = $4 WHERE portal_no = $1";
    RENAME = "UPDATE portals SET chat = $4 WHERE channel = $1 AND chat = $2 AND receiver = $3 AND NOT EXISTS (
        SELECT 1 FROM portals AS there WHERE there.channel = $1 AND there.chat = $4 AND there.receiver = $3)";
    SET_NAME = "UPDATE portals SET name = $2 WHERE portal_no = $1";
    HISTORY_DONE = "UPDATE portals SET history_done = TRUE WHERE portal_no = $1";
    COUNT = "SELECT COUNT(*) FROM portal_accounts a JOIN portals p ON p.portal_no = a.portal_no
        WHERE a.account_id = $1 AND p.room_no IS NOT NULL";
    LIST_OF_ACCOUNT = "SELECT p.portal_no, p.channel, p.chat, p.receiver, p.account_id, p.room_no, p.direct, p.name,
        p.history_done FROM portal_accounts a JOIN portals p ON p.portal_no = a.portal_no WHERE a.account_id = $1";
    ACCOUNT_OF = "SELECT a.account_id FROM portal_accounts p JOIN accounts a ON a.account_id = p.account_id
        WHERE p.portal_no = $1 AND a.owner = $2 AND a.removed IS NULL ORDER BY a.account_id LIMIT 1";
    ANY_ACCOUNT = "SELECT a.account_id FROM portal_accounts p JOIN accounts a ON a.account_id = p.account_id
        WHERE p.portal_no = $1 AND a.removed IS NULL ORDER BY a.account_id LIMIT 1";
    OTHERS = "SELECT COUNT(*) FROM portal_accounts WHERE portal_no = $1 AND account_id <> $2";
    DELETE_ACCOUNT = "DELETE FROM portal_accounts WHERE portal_no = $1 AND account_id = $2";
    DELETE = "DELETE FROM portals WHERE portal_no = $1";
    DELETE_MESSAGES = "DELETE FROM remote_messages WHERE portal_no = $1";
    DELETE_INBOX = "DELETE FROM inbox WHERE portal_no = $1";
    DELETE_OUTBOX = "DELETE FROM outbox WHERE portal_no = $1";
    DELETE_SEEN = "DELETE FROM seen WHERE account_id = $1";
}

#[derive(Clone, Debug)]
pub struct PortalRow {
    pub portal_no: i64,
    pub channel: String,
    pub chat: String,
    /// 0: none.
    pub receiver: i64,
    /// The account that brought the portal here.
    pub account_id: i64,
    pub room_no: Option<i64>,
    pub direct: bool,
    /// The name that the network gave last.
    pub name: Option<String>,
    pub history_done: bool,
}

fn read(row: &Row<'_>) -> Result<PortalRow> {
    Ok(PortalRow {
        portal_no: row.get(0)?,
        channel: row.get(1)?,
        chat: row.get(2)?,
        receiver: row.get(3)?,
        account_id: row.get(4)?,
        room_no: row.get(5)?,
        direct: row.get(6)?,
        name: row.get(7)?,
        history_done: row.get(8)?,
    })
}

/// The number of a portal, which is noted if it is new; the account takes part in it from now on.
pub fn find_or_insert(tx: &mut Tx<'_>, channel: &str, chat: &str, receiver: i64, account_id: i64) -> Result<i64> {
    let portal_no = match tx.find(&FIND_KEY, args![channel, chat, receiver], |row| row.get(0))? {
        Some(portal_no) => portal_no,
        None => tx.get(&INSERT, args![channel, chat, receiver, account_id], |row| row.get(0))?,
    };
    tx.execute(&ADD_ACCOUNT, args![account_id, portal_no])?;
    Ok(portal_no)
}

pub fn get(tx: &mut Tx<'_>, portal_no: i64) -> Result<PortalRow> {
    tx.find(&GET, args![portal_no], read)?.ok_or_else(|| Error::Defect(format!("portal {portal_no} does not exist")))
}

pub fn find(tx: &mut Tx<'_>, portal_no: i64) -> Result<Option<PortalRow>> {
    tx.find(&GET, args![portal_no], read)
}

pub fn find_key(tx: &mut Tx<'_>, channel: &str, chat: &str, receiver: i64) -> Result<Option<i64>> {
    tx.find(&FIND_KEY, args![channel, chat, receiver], |row| row.get(0))
}

/// The portal that a room is, if it is one.
pub fn find_room(tx: &mut Tx<'_>, room_no: i64) -> Result<Option<PortalRow>> {
    tx.find(&FIND_ROOM, args![room_no], read)
}

pub fn set_room(tx: &mut Tx<'_>, portal_no: i64, room_no: i64, direct: bool, name: Option<&str>) -> Result<()> {
    tx.execute(&SET_ROOM, args![portal_no, room_no, direct, name]).map(drop)
}

/// The network calls a chat otherwise from now on. Nothing happens where it is known by that name, too.
pub fn rename(tx: &mut Tx<'_>, channel: &str, from: &str, receiver: i64, to: &str) -> Result<()> {
    tx.execute(&RENAME, args![channel, from, receiver, to]).map(drop)
}

pub fn set_name(tx: &mut Tx<'_>, portal_no: i64, name: Option<&str>) -> Result<()> {
    tx.execute(&SET_NAME, args![portal_no, name]).map(drop)
}

/// Notes that the network has nothing older.
pub fn set_history_done(tx: &mut Tx<'_>, portal_no: i64) -> Result<()> {
    tx.execute(&HISTORY_DONE, args![portal_no]).map(drop)
}

/// How many of an account's portals have a room.
pub fn count(tx: &mut Tx<'_>, account_id: i64) -> Result<i64> {
    tx.get(&COUNT, args![account_id], |row| row.get(0))
}

pub fn list_of_account(tx: &mut Tx<'_>, account_id: i64) -> Result<Vec<PortalRow>> {
    tx.list(&LIST_OF_ACCOUNT, args![account_id], read)
}

/// The account through which a person speaks in a portal: their own, else the one that is there.
pub fn find_account(tx: &mut Tx<'_>, portal_no: i64, speaker: &ruma::UserId) -> Result<Option<i64>> {
    match tx.find(&ACCOUNT_OF, args![portal_no, speaker], |row| row.get(0))? {
        Some(account_id) => Ok(Some(account_id)),
        None => tx.find(&ANY_ACCOUNT, args![portal_no], |row| row.get(0)),
    }
}

/// Takes an account out of a portal; the last one takes the portal and all that is noted of it along.
pub fn leave(tx: &mut Tx<'_>, portal_no: i64, account_id: i64) -> Result<()> {
    let others: i64 = tx.get(&OTHERS, args![portal_no, account_id], |row| row.get(0))?;
    tx.execute(&DELETE_ACCOUNT, args![portal_no, account_id])?;
    if others == 0 {
        for statement in [&DELETE_MESSAGES, &DELETE_INBOX, &DELETE_OUTBOX, &DELETE] {
            tx.execute(statement, args![portal_no])?;
        }
    }
    Ok(())
}

/// Forgets what an account has seen, so that it is imported again.
pub fn forget_seen(tx: &mut Tx<'_>, account_id: i64) -> Result<()> {
    tx.execute(&DELETE_SEEN, args![account_id]).map(drop)
}
