//! Registering, as far as the operator lets people.

use ruma::{OwnedUserId, api::client::uiaa::AuthData};
use unisono_store::people::registration_tokens;

use super::{
    account,
    login::{DeviceChoice, Issue, LoggedIn},
    password, token,
    uia::{Challenge, DUMMY, REGISTRATION_TOKEN, request_hash},
};
use crate::{Engine, Error, Registration, Result};

/// Somebody who wants to register.
#[derive(Clone)]
pub struct Candidate {
    /// Chosen by us if nothing.
    pub username: Option<String>,
    pub password: Option<String>,
    pub device: DeviceChoice,
    /// Registers without logging in.
    pub inhibit_login: bool,
    pub auth: Option<AuthData>,
}

/// Somebody who has registered.
#[derive(Debug)]
pub struct Registered {
    pub user_id: OwnedUserId,
    pub login: Option<LoggedIn>,
}

impl Engine {
    /// `POST /register`
    pub async fn register(&self, candidate: Candidate) -> Result<Registered> {
        let Candidate { username, password, device, inhibit_login, auth } = candidate;
        let flows: &[&[&'static str]] = match self.config.registration {
            Registration::Open => &[&[DUMMY]],
            Registration::Token | Registration::Invite => &[&[REGISTRATION_TOKEN]],
            Registration::Off => return Err(Error::forbidden("nobody can register here")),
        };
        // What is wrong with the name or the password is said before anything else is asked.
        let user_id = match &username {
            Some(username) => self.free_user_id(username).await?,
            None => self.free_user_id(&token::random_letters(12)).await?,
        };
        if let Some(password) = &password {
            password::check_strength(password)?;
        }
        let request = request_hash("register", "", &username.as_deref().map(str::to_lowercase))?;
        let proved = self.interact(Challenge { flows, request, user_id: None }, auth).await?;
        let password = password
            .ok_or_else(|| Error::Invalid { code: "M_MISSING_PARAM", message: "a password is needed".to_owned() })?;

        let password_hash = self.people.hasher.hash(&password).await?;
        let now = self.now();
        let issue = if inhibit_login { None } else { Some(Issue::prepare(&user_id, device, now)?) };
        let (added, stored) = (user_id.clone(), issue.clone());
        self.db
            .write(move |tx| {
                if let Some(token) = &proved.registration_token
                    && !registration_tokens::take(tx, token, now)?
                {
                    return Err(Error::forbidden("the invitation is unknown, used up or has expired"));
                }
                account::insert(tx, &added, Some(&password_hash), None, false, now)?;
                stored.as_ref().map_or(Ok(()), |issue| issue.store(tx))
            })
            .await?;
        Ok(Registered { user_id, login: issue.map(Issue::into_logged_in) })
    }
}
