//! Logging in: a device and its tokens.

use ruma::{OwnedDeviceId, OwnedUserId, UserId};
use unisono_domain::Millis;
use unisono_store::{
    Tx,
    people::{
        devices, tokens,
        users::{self, UserKind},
    },
};

use super::token;
use crate::{Engine, Error, Result};

/// How long an access token lives that can be refreshed.
pub(super) const LIFETIME: Millis = 60 * 60 * 1000;
const LONGEST_DEVICE_ID: usize = 255;
const LONGEST_DEVICE_NAME: usize = 100;

/// What a client says about itself when it logs in.
#[derive(Clone, Debug, Default)]
pub struct DeviceChoice {
    /// A device that is to be logged in again; a new one if nothing.
    pub device_id: Option<OwnedDeviceId>,
    pub display_name: Option<String>,
    /// The client can refresh its tokens, so they may expire.
    pub refreshable: bool,
    pub ip: Option<String>,
}

/// The tokens of a device that has logged in.
#[derive(Clone)]
pub struct LoggedIn {
    pub user_id: OwnedUserId,
    pub device_id: OwnedDeviceId,
    pub access_token: String,
    pub refresh_token: Option<String>,
    pub expires_in_ms: Option<u64>,
}

impl std::fmt::Debug for LoggedIn {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { user_id, device_id, .. } = self;
        formatter
            .debug_struct("LoggedIn")
            .field("user_id", user_id)
            .field("device_id", device_id)
            .finish_non_exhaustive()
    }
}

/// Tokens that are drawn but not stored yet: a transaction may run twice, and must not draw again.
#[derive(Clone)]
pub(super) struct Issue {
    logged_in: LoggedIn,
    display_name: Option<String>,
    ip: Option<String>,
    now: Millis,
}

impl Issue {
    pub(super) fn prepare(user_id: &UserId, device: DeviceChoice, now: Millis) -> Result<Self> {
        let device_id = device.device_id.unwrap_or_else(|| token::random_letters(10).into());
        if device_id.as_str().is_empty() || device_id.as_str().len() > LONGEST_DEVICE_ID {
            return Err(Error::invalid("a device id has 1 to 255 bytes"));
        }
        Ok(Self {
            logged_in: LoggedIn {
                user_id: user_id.to_owned(),
                device_id,
                access_token: token::generate("uat_"),
                refresh_token: device.refreshable.then(|| token::generate("urt_")),
                expires_in_ms: device.refreshable.then_some(LIFETIME.unsigned_abs()),
            },
            display_name: device.display_name.map(|name| name.chars().take(LONGEST_DEVICE_NAME).collect()),
            ip: device.ip,
            now,
        })
    }

    /// Logs the device in; earlier logins of the same device end.
    pub(super) fn store(&self, tx: &mut Tx<'_>) -> Result<()> {
        let LoggedIn { user_id, device_id, .. } = &self.logged_in;
        devices::upsert(tx, user_id, device_id, self.display_name.as_deref(), self.now, self.ip.as_deref())?;
        tokens::delete_older(tx, user_id, device_id, i64::MAX)?;
        store_tokens(tx, &self.logged_in, 1, self.now)
    }

    pub(super) fn into_logged_in(self) -> LoggedIn {
        self.logged_in
    }
}

pub(super) fn store_tokens(tx: &mut Tx<'_>, logged_in: &LoggedIn, generation: i64, now: Millis) -> Result<()> {
    let LoggedIn { user_id, device_id, access_token, refresh_token, .. } = logged_in;
    let expires_at = refresh_token.is_some().then_some(now + LIFETIME);
    tokens::insert_access(tx, &token::hash(access_token), user_id, device_id, generation, expires_at)?;
    if let Some(refresh_token) = refresh_token {
        tokens::insert_refresh(tx, &token::hash(refresh_token), user_id, device_id, generation)?;
    }
    Ok(())
}

impl Engine {
    /// `POST /login` with a password. Whoever has no login here looks like one with another
    /// password, in the answer and in the time that it takes.
    pub async fn log_in(&self, user: &str, password: &str, device: DeviceChoice) -> Result<LoggedIn> {
        let wrong = || Error::forbidden("the name or the password is wrong");
        let user_id = self.user_id_of(user);
        let wanted = user_id.clone();
        let row = self
            .db
            .read::<_, Error, _>(move |tx| match &wanted {
                Some(user_id) => Ok(users::find(tx, user_id)?),
                None => Ok(None),
            })
            .await?
            .filter(|row| row.kind == UserKind::Person);
        let known = row.as_ref().and_then(|row| row.password_hash.as_deref());
        let fits = self.people.hasher.verify(password, known).await?;
        let Some(row) = row else { return Err(wrong()) };
        if row.deactivated_at.is_some() {
            return Err(Error::Denied {
                code: "M_USER_DEACTIVATED",
                message: "this account has been deactivated".to_owned(),
            });
        }
        if !fits {
            return Err(wrong());
        }
        self.issue(&row.user_id, device).await
    }

    /// Logs a device of somebody in who has proved who they are.
    pub(super) async fn issue(&self, user_id: &UserId, device: DeviceChoice) -> Result<LoggedIn> {
        let issue = Issue::prepare(user_id, device, self.now())?;
        let stored = issue.clone();
        self.db.write(move |tx| stored.store(tx)).await?;
        let logged_in = issue.into_logged_in();
        self.people.sessions.forget(&logged_in.user_id, Some(&logged_in.device_id));
        Ok(logged_in)
    }

    /// The user whom somebody means by a whole id or a local part; nothing if it can be no user here.
    pub(super) fn user_id_of(&self, user: &str) -> Option<OwnedUserId> {
        let user_id = if user.starts_with('@') {
            OwnedUserId::try_from(user.to_lowercase()).ok()?
        } else {
            OwnedUserId::try_from(format!("@{}:{}", user.to_lowercase(), self.config.server_name)).ok()?
        };
        (user_id.server_name() == self.config.server_name).then_some(user_id)
    }
}
