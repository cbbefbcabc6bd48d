//! Everybody who can be in a room: people with a login, ghosts of other networks, the server's bot.

use ruma::{OwnedUserId, UserId};

use crate::{Error, Result, Row, Tx, args, sql};

sql! {
    INSERT = "INSERT INTO users (user_id, kind, admin, password_hash, display_name, created_at)
        VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING";
    FIND = "SELECT user_id, kind, admin, password_hash, created_at, deactivated_at FROM users WHERE user_id = $1";
    LIST_PEOPLE = "SELECT user_id, kind, admin, password_hash, created_at, deactivated_at FROM users
        WHERE kind = 'person' ORDER BY created_at, user_id";
    ANY_PERSON = "SELECT 1 FROM users WHERE kind = 'person' LIMIT 1";
    SET_PASSWORD = "UPDATE users SET password_hash = $2 WHERE user_id = $1";
    SET_ADMIN = "UPDATE users SET admin = $2 WHERE user_id = $1";
    DEACTIVATE = "UPDATE users SET deactivated_at = $2, password_hash = NULL, display_name = NULL, avatar_url = NULL,
        admin = FALSE WHERE user_id = $1";
    SEARCH = "SELECT user_id, display_name, avatar_url FROM users
        WHERE kind = 'person' AND deactivated_at IS NULL AND user_id <> $1
        AND (LOWER(user_id) LIKE $2 ESCAPE '!' OR LOWER(display_name) LIKE $2 ESCAPE '!')
        ORDER BY display_name, user_id LIMIT $3";
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UserKind {
    /// Has or had a login here.
    Person,
    /// Stands for somebody on another network.
    Ghost,
    /// The server itself.
    Bot,
}

impl UserKind {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Person => "person",
            Self::Ghost => "ghost",
            Self::Bot => "bot",
        }
    }

    fn parse(word: &str) -> Result<Self> {
        match word {
            "person" => Ok(Self::Person),
            "ghost" => Ok(Self::Ghost),
            "bot" => Ok(Self::Bot),
            other => Err(Error::Defect(format!("`{other}` is no kind of user"))),
        }
    }
}

#[derive(Clone, Debug)]
pub struct UserRow {
    pub user_id: OwnedUserId,
    pub kind: UserKind,
    pub admin: bool,
    /// A PHC string; nothing for ghosts and for people who cannot log in.
    pub password_hash: Option<String>,
    pub created_at: i64,
    pub deactivated_at: Option<i64>,
}

fn read(row: &Row<'_>) -> Result<UserRow> {
    Ok(UserRow {
        user_id: row.get(0)?,
        kind: UserKind::parse(&row.get::<String>(1)?)?,
        admin: row.get(2)?,
        password_hash: row.get(3)?,
        created_at: row.get(4)?,
        deactivated_at: row.get(5)?,
    })
}

#[derive(Clone, Copy, Debug)]
pub struct NewUser<'a> {
    pub user_id: &'a UserId,
    pub kind: UserKind,
    pub admin: bool,
    pub password_hash: Option<&'a str>,
    pub display_name: Option<&'a str>,
    pub created_at: i64,
}

/// Adds a user; `false` if there is one with that id already, who stays as they are.
pub fn insert(tx: &mut Tx<'_>, user: NewUser<'_>) -> Result<bool> {
    let NewUser { user_id, kind, admin, password_hash, display_name, created_at } = user;
    let added = tx.execute(&INSERT, args![user_id, kind.as_str(), admin, password_hash, display_name, created_at])?;
    Ok(added == 1)
}

pub fn find(tx: &mut Tx<'_>, user_id: &UserId) -> Result<Option<UserRow>> {
    tx.find(&FIND, args![user_id], read)
}

/// Everybody with a login, deactivated ones too, oldest first.
pub fn list_people(tx: &mut Tx<'_>) -> Result<Vec<UserRow>> {
    tx.list(&LIST_PEOPLE, args![], read)
}

/// Whether anybody has a login yet.
pub fn any_person(tx: &mut Tx<'_>) -> Result<bool> {
    Ok(tx.find(&ANY_PERSON, args![], |_| Ok(()))?.is_some())
}

pub fn set_password(tx: &mut Tx<'_>, user_id: &UserId, password_hash: &str) -> Result<()> {
    tx.execute(&SET_PASSWORD, args![user_id, password_hash]).map(drop)
}

pub fn set_admin(tx: &mut Tx<'_>, user_id: &UserId, admin: bool) -> Result<()> {
    tx.execute(&SET_ADMIN, args![user_id, admin]).map(drop)
}

/// Takes login, profile and rights. The name stays taken.
pub fn deactivate(tx: &mut Tx<'_>, user_id: &UserId, now: i64) -> Result<()> {
    tx.execute(&DEACTIVATE, args![user_id, now]).map(drop)
}

/// Somebody whom a search found.
#[derive(Clone, Debug)]
pub struct FoundUser {
    pub user_id: OwnedUserId,
    pub display_name: Option<String>,
    pub avatar_url: Option<String>,
}

/// People other than `searcher` whose id or name holds `term`, capitals or not.
pub fn search(tx: &mut Tx<'_>, searcher: &UserId, term: &str, limit: i64) -> Result<Vec<FoundUser>> {
    let term = term.to_lowercase().replace('!', "!!").replace('%', "!%").replace('_', "!_");
    tx.list(&SEARCH, args![searcher, &format!("%{term}%"), limit], |row| {
        Ok(FoundUser { user_id: row.get(0)?, display_name: row.get(1)?, avatar_url: row.get(2)? })
    })
}
