//! The first person, made with a one-time link that the server prints when it starts.

use base64::{Engine as _, engine::general_purpose::STANDARD_NO_PAD as BASE64};
use subtle::ConstantTimeEq as _;
use unisono_store::{people::users, settings};

use super::{
    NewPerson, account,
    login::{DeviceChoice, Issue, LoggedIn},
    password, token, username,
};
use crate::{Engine, Error, Result};

/// The setting that holds the link's token, hashed.
const SETTING: &str = "setup_token";

impl Engine {
    /// Whether nobody has a login yet.
    pub async fn needs_setup(&self) -> Result<bool> {
        self.db.read::<_, Error, _>(|tx| Ok(!users::any_person(tx)?)).await
    }

    /// Makes a new one-time token if nobody has a login yet. A link printed before ends with it.
    pub async fn open_setup(&self) -> Result<Option<String>> {
        let token = token::generate("");
        let hash = BASE64.encode(token::hash(&token));
        let open = self
            .db
            .write::<_, Error, _>(move |tx| {
                if users::any_person(tx)? {
                    settings::delete(tx, SETTING)?;
                    return Ok(false);
                }
                settings::set(tx, SETTING, &hash)?;
                Ok(true)
            })
            .await?;
        Ok(open.then_some(token))
    }

    /// Makes the first person, an administrator, and logs them in.
    pub async fn set_up(&self, token: &str, person: NewPerson, device: DeviceChoice) -> Result<LoggedIn> {
        let shown = BASE64.encode(token::hash(token));
        let is_right = {
            let shown = shown.clone();
            move |known: Option<&str>| known.is_some_and(|known| known.as_bytes().ct_eq(shown.as_bytes()).into())
        };
        let refused = || Error::forbidden("the set-up link is not valid, or was used already");
        let known = self.db.read::<_, Error, _>(|tx| Ok(settings::find(tx, SETTING)?)).await?;
        if !is_right(known.as_deref()) {
            return Err(refused());
        }
        let user_id = username::parse(&self.config.server_name, &person.username)?;
        password::check_strength(&person.password)?;
        let password_hash = self.people.hasher.hash(&person.password).await?;
        let now = self.now();
        let issue = Issue::prepare(&user_id, device, now)?;
        let stored = issue.clone();
        self.db
            .write(move |tx| {
                // Again, in the transaction that uses it up: two requests may race.
                if users::any_person(tx)? || !is_right(settings::find(tx, SETTING)?.as_deref()) {
                    return Err(refused());
                }
                settings::delete(tx, SETTING)?;
                account::insert(tx, &user_id, Some(&password_hash), person.display_name.as_deref(), true, now)?;
                stored.store(tx)
            })
            .await?;
        Ok(issue.into_logged_in())
    }
}
