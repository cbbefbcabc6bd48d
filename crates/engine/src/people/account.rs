//! Making people, changing their passwords, deactivating them.

use ruma::{DeviceId, OwnedUserId, UserId};
use unisono_store::{
    Hint, Tx,
    people::users::{self, NewUser, UserKind, UserRow},
    rooms::{memberships, room},
};

use super::{devices, password, username};
use crate::{
    Core, Engine, Error, Result, push,
    rooms::{MembershipChange, change_membership},
};

/// Somebody who is to get a login here.
#[derive(Clone)]
pub struct NewPerson {
    /// The part of the id before the colon.
    pub username: String,
    pub password: String,
    pub display_name: Option<String>,
    pub admin: bool,
}

fn in_use() -> Error {
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
    if !users::insert(tx, user)? {
        return Err(in_use());
    }
    push::set_default(tx, user_id)
}

fn get_person(tx: &mut Tx<'_>, user_id: &UserId) -> Result<UserRow> {
    users::find(tx, user_id)?
        .filter(|row| row.kind == UserKind::Person && row.deactivated_at.is_none())
        .ok_or_else(|| Error::not_found(format!("there is no person {user_id}")))
}

/// Takes a person's logins, rooms and profile. Their name stays taken, their messages stay.
fn deactivate(tx: &mut Tx<'_>, core: &Core, user_id: &UserId) -> Result<()> {
    get_person(tx, user_id)?;
    for membership in memberships::list_of_user(tx, user_id)? {
        if matches!(membership.membership.as_str(), "join" | "invite" | "knock") {
            let mut room = room::get(tx, membership.room_no)?;
            change_membership(tx, core, &mut room, user_id, user_id, MembershipChange::Leave, None)?;
        }
    }
    devices::delete_all(tx, user_id, None)?;
    users::deactivate(tx, user_id, core.now())?;
    tx.hint(Hint::User(user_id.to_owned()));
    Ok(())
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

    /// The person with this local part or whole id, for the command line.
    pub async fn get_person(&self, name: &str) -> Result<OwnedUserId> {
        let user_id = self.user_id_of(name).ok_or_else(|| Error::not_found(format!("there is no person {name}")))?;
        self.db.read(move |tx| Ok(get_person(tx, &user_id)?.user_id)).await
    }

    /// Everybody with a login, deactivated ones too, oldest first.
    pub async fn list_people(&self) -> Result<Vec<UserRow>> {
        self.db.read::<_, Error, _>(|tx| Ok(users::list_people(tx)?)).await
    }

    /// Sets a password. `keep`: the one device that stays logged in; nothing: no device does.
    /// `log_out` false keeps them all.
    pub async fn set_password(
        &self,
        user_id: OwnedUserId,
        password: &str,
        log_out: bool,
        keep: Option<&DeviceId>,
    ) -> Result<()> {
        password::check_strength(password)?;
        let password_hash = self.people.hasher.hash(password).await?;
        let (owner, keep) = (user_id.clone(), keep.map(ToOwned::to_owned));
        self.db
            .write(move |tx| {
                get_person(tx, &owner)?;
                users::set_password(tx, &owner, &password_hash)?;
                if log_out {
                    devices::delete_all(tx, &owner, keep.as_deref())?;
                }
                Ok::<_, Error>(())
            })
            .await?;
        self.people.sessions.forget(&user_id, None);
        Ok(())
    }

    /// Ends an account for good.
    pub async fn deactivate(&self, user_id: OwnedUserId) -> Result<()> {
        let (core, owner) = (self.core(), user_id.clone());
        self.db.write(move |tx| deactivate(tx, &core, &owner)).await?;
        self.people.sessions.forget(&user_id, None);
        Ok(())
    }

    /// Finds people by a part of their name or id.
    pub async fn search_people(
        &self,
        searcher: OwnedUserId,
        term: String,
        limit: i64,
    ) -> Result<Vec<users::FoundUser>> {
        self.db.read::<_, Error, _>(move |tx| Ok(users::search(tx, &searcher, &term, limit)?)).await
    }
}
