//! Invitations: links by which somebody here lets somebody else register.

use ruma::{OwnedUserId, UserId};
use unisono_domain::Millis;
use unisono_store::{
    people::registration_tokens::{self, RegistrationTokenRow},
    profiles::{self, ProfileRow},
};

use super::{Session, token};
use crate::{Engine, Error, Registration, Result};

const LIFETIME: Millis = 7 * 24 * 60 * 60 * 1000;

/// A link that lets one person register.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invite {
    pub token: String,
    pub expires_at: Option<Millis>,
}

impl From<RegistrationTokenRow> for Invite {
    fn from(row: RegistrationTokenRow) -> Self {
        Self { token: row.token, expires_at: row.expires_at }
    }
}

impl Engine {
    /// Makes an invitation for one person, valid for a week.
    pub async fn invite(&self, inviter: &Session) -> Result<Invite> {
        match self.config.registration {
            Registration::Off => return Err(Error::forbidden("nobody can register here")),
            Registration::Token if !inviter.admin => {
                return Err(Error::forbidden("only administrators can invite here"));
            }
            Registration::Open | Registration::Invite | Registration::Token => {}
        }
        let now = self.now();
        let invite = Invite { token: token::generate(""), expires_at: Some(now + LIFETIME) };
        let (made, created_by) = (invite.clone(), inviter.user_id.clone());
        self.db
            .write::<_, Error, _>(move |tx| {
                registration_tokens::delete_expired(tx, now)?;
                Ok(registration_tokens::insert(tx, &made.token, Some(&created_by), Some(1), now, made.expires_at)?)
            })
            .await?;
        Ok(invite)
    }

    /// What somebody has made and nobody has used yet, newest first.
    pub async fn list_invites(&self, user_id: OwnedUserId) -> Result<Vec<Invite>> {
        let now = self.now();
        self.db
            .read::<_, Error, _>(move |tx| {
                let rows = registration_tokens::list_of_user(tx, &user_id)?;
                Ok(rows.into_iter().filter(|row| row.is_valid(now)).map(Invite::from).collect())
            })
            .await
    }

    pub async fn delete_invite(&self, user_id: OwnedUserId, token: String) -> Result<()> {
        self.db
            .write(move |tx| match registration_tokens::delete(tx, &token, &user_id)? {
                true => Ok(()),
                false => Err(Error::not_found("there is no such invitation")),
            })
            .await
    }

    /// Who made an invitation that can still be used.
    pub async fn get_inviter(&self, token: String) -> Result<(OwnedUserId, ProfileRow)> {
        let now = self.now();
        self.db
            .read(move |tx| {
                let unknown = || Error::not_found("the invitation is unknown, used up or has expired");
                let row = registration_tokens::find(tx, &token)?.filter(|row| row.is_valid(now));
                let inviter = row.and_then(|row| row.created_by).ok_or_else(unknown)?;
                let inviter_id: &UserId = &inviter;
                let profile = profiles::find(tx, inviter_id)?.ok_or_else(unknown)?;
                Ok((inviter, profile))
            })
            .await
    }
}
