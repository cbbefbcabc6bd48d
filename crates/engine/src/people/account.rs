//! Making people.

use ruma::{OwnedUserId, UserId};
use unisono_store::{
    Tx,
    people::users::{self, NewUser, UserKind},
};

use super::{password, username};
use crate::{Engine, Error, Result};

/// Somebody who is to get a login here.
#[derive(Clone, Debug)]
pub struct NewPerson {
    /// The part of the id before the colon.
    pub username: String,
    pub password: String,
    pub display_name: Option<String>,
    pub admin: bool,
}

pub(super) fn in_use() -> Error {
    Error::Invalid { code: "M_USER_IN_USE", message: "this name is taken".to_owned() }
}

/// Adds the row; `M_USER_IN_USE` if the name was taken meanwhile.
pub(super) fn insert(
    tx: &mut Tx<'_>,
    user_id: &UserId,
    password_hash: Option<&str>,
    display_name: Option<&str>,
    admin: bool,
    now: i64,
) -> Result<()> {
    let user = NewUser { user_id, kind: UserKind::Person, admin, password_hash, display_name, created_at: now };
    if users::insert(tx, user)? { Ok(()) } else { Err(in_use()) }
}

impl Engine {
    /// Adds somebody, as the operator does on the command line.
    pub async fn add_person(&self, person: NewPerson) -> Result<OwnedUserId> {
        let user_id = self.free_user_id(&person.username).await?;
        password::check_strength(&person.password)?;
        let password_hash = self.people.hasher.hash(&person.password).await?;
        let (now, added) = (self.now(), user_id.clone());
        self.db
            .write(move |tx| {
                insert(tx, &added, Some(&password_hash), person.display_name.as_deref(), person.admin, now)
            })
            .await?;
        Ok(user_id)
    }

    /// The user id for a name that nobody has yet; else `M_INVALID_USERNAME`, `M_EXCLUSIVE` or
    /// `M_USER_IN_USE`.
    pub async fn free_user_id(&self, username: &str) -> Result<OwnedUserId> {
        let user_id = username::parse(&self.config.server_name, username)?;
        let wanted = user_id.clone();
        let taken = self.db.read::<_, Error, _>(move |tx| Ok(users::find(tx, &wanted)?.is_some())).await?;
        if taken { Err(in_use()) } else { Ok(user_id) }
    }
}
