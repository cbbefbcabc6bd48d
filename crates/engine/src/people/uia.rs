//! User-interactive authentication: a request waits until its sender has proved more (specification,
//! "User-Interactive Authentication API"). Callers need one line:
//!
//! ```ignore
//! engine.require_password(&session, "delete device", &request.device_id, request.auth).await?;
//! ```

use ruma::{
    OwnedUserId,
    api::client::uiaa::{AuthData, UserIdentifier},
};
use serde::Serialize;
use serde_json::{Map, Value, json};
use sha2::{Digest as _, Sha256};
use unisono_domain::Millis;
use unisono_store::people::{auth_sessions, registration_tokens, users};

use super::{Session, token};
use crate::{Engine, Error, Result};

/// How long somebody may take.
const LIFETIME: Millis = 30 * 60 * 1000;

pub(super) const PASSWORD: &str = "m.login.password";
pub(super) const DUMMY: &str = "m.login.dummy";
pub(super) const REGISTRATION_TOKEN: &str = "m.login.registration_token";

/// What is to be proved, and for what.
pub(super) struct Challenge<'a> {
    /// One of these lists of stages must be done.
    pub flows: &'a [&'a [&'static str]],
    /// Hash of the request, so that a proof counts for nothing else.
    pub request: [u8; 32],
    /// Whose password is asked for.
    pub user_id: Option<&'a OwnedUserId>,
}

/// What the stages found out.
#[derive(Debug, Default)]
pub(super) struct Proved {
    pub registration_token: Option<String>,
}

/// A session of this challenge, as far as it has come.
struct Progress {
    session: String,
    stored: bool,
    completed: Vec<String>,
    params: Map<String, Value>,
}

/// The hash of what is being authorised.
pub(super) fn request_hash(action: &str, user_id: &str, detail: &impl Serialize) -> Result<[u8; 32]> {
    let text = serde_json::to_vec(&(action, user_id, detail)).map_err(Error::internal)?;
    Ok(Sha256::digest(text).into())
}

impl Engine {
    /// Returns when the session's person has proved their password for exactly this: `action` and
    /// whatever of the request must not change meanwhile as `detail`. Else the error asks for it.
    pub async fn require_password(
        &self,
        session: &Session,
        action: &str,
        detail: &impl Serialize,
        auth: Option<AuthData>,
    ) -> Result<()> {
        let request = request_hash(action, session.user_id.as_str(), detail)?;
        let challenge = Challenge { flows: &[&[PASSWORD]], request, user_id: Some(&session.user_id) };
        self.interact(challenge, auth).await.map(drop)
    }

    pub(super) async fn interact(&self, challenge: Challenge<'_>, auth: Option<AuthData>) -> Result<Proved> {
        let mut progress = self.find_progress(&challenge, auth.as_ref()).await?;
        let Some(auth) = auth else {
            self.store_progress(&challenge, &progress).await?;
            return Err(ask(&challenge, &progress, None));
        };
        if let Some(stage) = auth.auth_type().map(|kind| kind.to_string()) {
            let outcome = if challenge.flows.iter().any(|flow| flow.contains(&stage.as_str())) {
                self.check_stage(&challenge, &auth, &mut progress.params).await?
            } else {
                Err(("M_UNRECOGNIZED", "this way of authentication does not count here"))
            };
            match outcome {
                Ok(()) if !progress.completed.contains(&stage) => progress.completed.push(stage),
                Ok(()) => {}
                Err(failure) => {
                    self.store_progress(&challenge, &progress).await?;
                    return Err(ask(&challenge, &progress, Some(failure)));
                }
            }
        }
        let is_done = |stage: &&str| progress.completed.iter().any(|done| done == stage);
        if !challenge.flows.iter().any(|flow| flow.iter().all(is_done)) {
            self.store_progress(&challenge, &progress).await?;
            return Err(ask(&challenge, &progress, None));
        }
        if progress.stored {
            let session = progress.session;
            self.db.write::<_, Error, _>(move |tx| Ok(auth_sessions::delete(tx, &session)?)).await?;
        }
        let registration_token =
            progress.params.get("registration_token").and_then(Value::as_str).map(ToOwned::to_owned);
        Ok(Proved { registration_token })
    }

    /// The session that the client goes on with, or a new one.
    async fn find_progress(&self, challenge: &Challenge<'_>, auth: Option<&AuthData>) -> Result<Progress> {
        let fresh =
            || Progress { session: token::generate(""), stored: false, completed: Vec::new(), params: Map::new() };
        let Some(session) = auth.and_then(AuthData::session).map(ToOwned::to_owned) else { return Ok(fresh()) };
        let wanted = session.clone();
        let row = self.db.read::<_, Error, _>(move |tx| Ok(auth_sessions::find(tx, &wanted)?)).await?;
        let Some(row) = row.filter(|row| row.created_at > self.now() - LIFETIME) else {
            let progress = fresh();
            self.store_progress(challenge, &progress).await?;
            return Err(ask(challenge, &progress, Some(("M_UNKNOWN", "the session is unknown or too old"))));
        };
        if row.request != challenge.request {
            return Err(Error::forbidden("the request is not the one that this session authorises"));
        }
        Ok(Progress {
            session,
            stored: true,
            completed: serde_json::from_str(&row.completed).map_err(Error::internal)?,
            params: serde_json::from_str(&row.params).map_err(Error::internal)?,
        })
    }

    async fn store_progress(&self, challenge: &Challenge<'_>, progress: &Progress) -> Result<()> {
        let (session, request, stored, now) =
            (progress.session.clone(), challenge.request, progress.stored, self.now());
        let completed = serde_json::to_string(&progress.completed).map_err(Error::internal)?;
        let params = serde_json::to_string(&progress.params).map_err(Error::internal)?;
        self.db
            .write(move |tx| {
                if !stored {
                    auth_sessions::delete_old(tx, now - LIFETIME)?;
                    auth_sessions::insert(tx, &session, &request, now)?;
                }
                Ok(auth_sessions::progress(tx, &session, &completed, &params)?)
            })
            .await
    }

    /// The inner error is the client's, with its code: what was shown proves nothing.
    async fn check_stage(
        &self,
        challenge: &Challenge<'_>,
        auth: &AuthData,
        params: &mut Map<String, Value>,
    ) -> Result<std::result::Result<(), (&'static str, &'static str)>> {
        match auth {
            AuthData::Dummy(_) => Ok(Ok(())),
            AuthData::Password(shown) => {
                let user = match &shown.identifier {
                    UserIdentifier::Matrix(named) => self.user_id_of(&named.user),
                    _ => None,
                };
                let asked = challenge.user_id.filter(|asked| user.as_ref() == Some(*asked)).cloned();
                let hash = match asked {
                    Some(user_id) => self.db.read::<_, Error, _>(move |tx| Ok(users::find(tx, &user_id)?)).await?,
                    None => None,
                }
                .and_then(|row| row.password_hash);
                let fits = self.people.hasher.verify(&shown.password, hash.as_deref()).await?;
                Ok(if fits { Ok(()) } else { Err(("M_FORBIDDEN", "the password is wrong")) })
            }
            AuthData::RegistrationToken(shown) => {
                if !self.is_registration_token_valid(&shown.token).await? {
                    return Ok(Err(("M_FORBIDDEN", "the invitation is unknown, used up or has expired")));
                }
                params.insert("registration_token".to_owned(), Value::from(shown.token.as_str()));
                Ok(Ok(()))
            }
            _ => Ok(Err(("M_UNRECOGNIZED", "this way of authentication does not count here"))),
        }
    }

    /// Whether somebody could register with this token now.
    pub async fn is_registration_token_valid(&self, token: &str) -> Result<bool> {
        let (token, now) = (token.to_owned(), self.now());
        self.db
            .read::<_, Error, _>(move |tx| {
                Ok(registration_tokens::find(tx, &token)?.is_some_and(|row| row.is_valid(now)))
            })
            .await
    }
}

/// The answer that asks for (more) authentication.
fn ask(challenge: &Challenge<'_>, progress: &Progress, failure: Option<(&str, &str)>) -> Error {
    let flows: Vec<Value> = challenge.flows.iter().map(|flow| json!({ "stages": flow })).collect();
    let mut body = json!({
        "flows": flows,
        "params": {},
        "session": progress.session,
        "completed": progress.completed,
    });
    if let Some((code, message)) = failure {
        body["errcode"] = Value::from(code);
        body["error"] = Value::from(message);
    }
    Error::Interactive(Box::new(body))
}
