//! Address books: who is the same person on several networks, by each owner's own word.

use ruma::{OwnedUserId, UserId};

use crate::{Result, Tx, args, sql};

sql! {
    INSERT = "INSERT INTO contacts (owner, name) VALUES ($1, $2) RETURNING contact_id";
    DELETE = "DELETE FROM contacts WHERE contact_id = $1";
    LIST = "SELECT c.contact_id, c.name, m.user_id FROM contacts c
        JOIN contact_members m ON m.contact_id = c.contact_id WHERE c.owner = $1 ORDER BY c.contact_id, m.user_id";
    FIND_OF = "SELECT contact_id FROM contact_members WHERE owner = $1 AND user_id = $2";
    NAME = "SELECT name FROM contacts WHERE contact_id = $1";
    MEMBERS = "SELECT user_id FROM contact_members WHERE contact_id = $1 ORDER BY user_id";
    INSERT_MEMBER = "INSERT INTO contact_members (owner, user_id, contact_id) VALUES ($1, $2, $3)";
    DELETE_MEMBERS = "DELETE FROM contact_members WHERE contact_id = $1";
    DISMISS = "INSERT INTO contact_dismissals (owner, first_user, second_user) VALUES ($1, $2, $3)
        ON CONFLICT DO NOTHING";
    ADMIT = "DELETE FROM contact_dismissals WHERE owner = $1 AND first_user = $2 AND second_user = $3";
    LIST_DISMISSED = "SELECT first_user, second_user FROM contact_dismissals WHERE owner = $1";
    INSERT_CHANGE = "INSERT INTO contact_changes (owner, at, change) VALUES ($1, $2, $3) RETURNING change_id";
    FIND_CHANGE = "SELECT change FROM contact_changes WHERE owner = $1 AND change_id = $2";
    DELETE_CHANGE = "DELETE FROM contact_changes WHERE change_id = $1";
    DELETE_OLD_CHANGES = "DELETE FROM contact_changes WHERE at < $1";
    GHOST = "SELECT channel, remote_id FROM ghosts WHERE user_id = $1";
    HANDLES = "SELECT handle FROM ghost_handles WHERE user_id = $1 ORDER BY handle";
    INSERT_HANDLE = "INSERT INTO ghost_handles (user_id, handle) VALUES ($1, $2) ON CONFLICT DO NOTHING";
    SHARED_HANDLES = "SELECT handle, user_id FROM ghost_handles WHERE handle IN
        (SELECT handle FROM ghost_handles GROUP BY handle HAVING COUNT(*) > 1) ORDER BY handle, user_id";
}

/// A contact's number, its own name and one of its members.
pub type MemberRow = (i64, Option<String>, OwnedUserId);

/// Adds a contact with its members, who must be in none.
pub fn insert(tx: &mut Tx<'_>, owner: &UserId, name: Option<&str>, members: &[OwnedUserId]) -> Result<i64> {
    let contact_id = tx.get(&INSERT, args![owner, name], |row| row.get(0))?;
    for member in members {
        tx.execute(&INSERT_MEMBER, args![owner, member, contact_id])?;
    }
    Ok(contact_id)
}

/// Removes a contact; its members stand by themselves again.
pub fn delete(tx: &mut Tx<'_>, contact_id: i64) -> Result<()> {
    tx.execute(&DELETE_MEMBERS, args![contact_id])?;
    tx.execute(&DELETE, args![contact_id]).map(drop)
}

/// All members of all of an owner's contacts.
pub fn list(tx: &mut Tx<'_>, owner: &UserId) -> Result<Vec<MemberRow>> {
    tx.list(&LIST, args![owner], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
}

/// The contact that somebody is in.
pub fn find_of(tx: &mut Tx<'_>, owner: &UserId, user_id: &UserId) -> Result<Option<i64>> {
    tx.find(&FIND_OF, args![owner, user_id], |row| row.get(0))
}

pub fn find_name(tx: &mut Tx<'_>, contact_id: i64) -> Result<Option<String>> {
    Ok(tx.find(&NAME, args![contact_id], |row| row.get::<Option<String>>(0))?.flatten())
}

pub fn list_members(tx: &mut Tx<'_>, contact_id: i64) -> Result<Vec<OwnedUserId>> {
    tx.list(&MEMBERS, args![contact_id], |row| row.get(0))
}

/// Notes that two are not the same person. `first` < `second`.
pub fn dismiss(tx: &mut Tx<'_>, owner: &UserId, first: &UserId, second: &UserId) -> Result<()> {
    tx.execute(&DISMISS, args![owner, first, second]).map(drop)
}

/// Takes a dismissal back.
pub fn admit(tx: &mut Tx<'_>, owner: &UserId, first: &UserId, second: &UserId) -> Result<()> {
    tx.execute(&ADMIT, args![owner, first, second]).map(drop)
}

pub fn list_dismissed(tx: &mut Tx<'_>, owner: &UserId) -> Result<Vec<(OwnedUserId, OwnedUserId)>> {
    tx.list(&LIST_DISMISSED, args![owner], |row| Ok((row.get(0)?, row.get(1)?)))
}

/// Keeps what a change was, for undoing it; gives its number.
pub fn insert_change(tx: &mut Tx<'_>, owner: &UserId, at: i64, change: &str) -> Result<i64> {
    tx.get(&INSERT_CHANGE, args![owner, at, change], |row| row.get(0))
}

pub fn find_change(tx: &mut Tx<'_>, owner: &UserId, change_id: i64) -> Result<Option<String>> {
    tx.find(&FIND_CHANGE, args![owner, change_id], |row| row.get(0))
}

pub fn delete_change(tx: &mut Tx<'_>, change_id: i64) -> Result<()> {
    tx.execute(&DELETE_CHANGE, args![change_id]).map(drop)
}

/// Forgets changes from before a time.
pub fn delete_changes_before(tx: &mut Tx<'_>, at: i64) -> Result<()> {
    tx.execute(&DELETE_OLD_CHANGES, args![at]).map(drop)
}

/// A ghost's channel and id there; `None` for people with a login here.
pub fn find_ghost(tx: &mut Tx<'_>, user_id: &UserId) -> Result<Option<(String, String)>> {
    tx.find(&GHOST, args![user_id], |row| Ok((row.get(0)?, row.get(1)?)))
}

pub fn list_handles(tx: &mut Tx<'_>, user_id: &UserId) -> Result<Vec<String>> {
    tx.list(&HANDLES, args![user_id], |row| row.get(0))
}

/// Notes a URI by which a ghost is recognised elsewhere.
pub fn insert_handle(tx: &mut Tx<'_>, user_id: &UserId, handle: &str) -> Result<()> {
    tx.execute(&INSERT_HANDLE, args![user_id, handle]).map(drop)
}

/// Handles that several ghosts have, with those ghosts.
pub fn list_shared_handles(tx: &mut Tx<'_>) -> Result<Vec<(String, OwnedUserId)>> {
    tx.list(&SHARED_HANDLES, args![], |row| Ok((row.get(0)?, row.get(1)?)))
}
