//! Signing in to networks: drives a channel's step machine and keeps its state between the steps.

use std::collections::BTreeMap;

use ruma::OwnedUserId;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use unisono_domain::{
    channel::{
        Channel,
        login::{LoginContext, LoginError, LoginInput, LoginStep},
    },
    text::Text,
};
use unisono_store::hub::logins;

use crate::{Engine, Error};

/// Longest chain of steps that given fields may answer on the command line.
const STEPS: usize = 8;

/// Where a login stands.
#[derive(Clone, Debug)]
pub enum LoginProgress {
    Next { login_id: String, step: LoginStep },
    Done { login_id: String, account_id: i64 },
}

/// Why a step did not work. After `Input` the same step can be tried again.
#[derive(Debug, thiserror::Error)]
pub enum LoginFailure {
    #[error("{}", message.en)]
    Input { code: &'static str, field: Option<String>, message: Text },
    #[error(transparent)]
    Engine(#[from] Error),
}

impl From<LoginError> for LoginFailure {
    fn from(error: LoginError) -> Self {
        let input =
            |code, field: Option<&str>, message| Self::Input { code, field: field.map(ToOwned::to_owned), message };
        match error {
            LoginError::Invalid { field, message } => input("M_INVALID_PARAM", field, message),
            LoginError::BadCredentials(message) => input("ORG.UNISONO.BAD_CREDENTIALS", None, message),
            LoginError::Unavailable(message) => input("ORG.UNISONO.UNREACHABLE", None, message),
            LoginError::NoSuchStep => Error::not_found("there is no such login flow or step").into(),
        }
    }
}

type Result<T> = std::result::Result<T, LoginFailure>;

/// What is kept between two steps, encrypted.
#[derive(Serialize, Deserialize)]
struct Kept {
    state: Value,
}

impl Engine {
    /// Begins a login.
    pub async fn start_login(&self, owner: OwnedUserId, channel: &str, flow: &str) -> Result<LoginProgress> {
        let input = LoginInput::Start { flow: flow.to_owned() };
        let login_id = format!("{:032x}", rand::random::<u128>());
        self.take_step(owner, channel.to_owned(), login_id, None, input).await
    }

    /// Answers a step's fields.
    pub async fn submit_login(
        &self,
        owner: OwnedUserId,
        login_id: String,
        fields: BTreeMap<String, String>,
    ) -> Result<LoginProgress> {
        self.go_on(owner, login_id, LoginInput::Submit(fields)).await
    }

    /// Waits up to 30 seconds for what happens outside.
    pub async fn wait_login(&self, owner: OwnedUserId, login_id: String) -> Result<LoginProgress> {
        self.go_on(owner, login_id, LoginInput::Wait).await
    }

    /// Gives a login up.
    pub async fn cancel_login(&self, owner: OwnedUserId, login_id: String) -> Result<()> {
        self.db
            .write(move |tx| {
                logins::find(tx, &login_id)?
                    .filter(|login| login.owner == owner)
                    .ok_or_else(|| Error::not_found("there is no such login"))?;
                Ok::<_, Error>(logins::delete(tx, &login_id)?)
            })
            .await?;
        Ok(())
    }

    /// A whole login with fields that are known from the start, as on the command line; gives the
    /// account's number.
    pub async fn login_with_fields(
        &self,
        owner: OwnedUserId,
        channel: &str,
        flow: &str,
        fields: BTreeMap<String, String>,
    ) -> Result<i64> {
        let mut progress = self.start_login(owner.clone(), channel, flow).await?;
        for _ in 0..STEPS {
            progress = match progress {
                LoginProgress::Done { account_id, .. } => return Ok(account_id),
                LoginProgress::Next { login_id, step: LoginStep::Fields { fields: asked, message, .. } } => {
                    let missing = asked
                        .iter()
                        .find(|field| field.required && field.value.is_none() && !fields.contains_key(field.id));
                    if let Some(missing) = missing {
                        let words = message.unwrap_or_else(|| missing.label.clone());
                        self.cancel_login(owner, login_id).await?;
                        return Err(LoginFailure::Input {
                            code: "M_MISSING_PARAM",
                            field: Some(missing.id.to_owned()),
                            message: words,
                        });
                    }
                    let given = asked
                        .iter()
                        .filter_map(|field| {
                            let value = fields.get(field.id).cloned().or_else(|| field.value.clone())?;
                            Some((field.id.to_owned(), value))
                        })
                        .collect();
                    self.submit_login(owner.clone(), login_id, given).await?
                }
                LoginProgress::Next { login_id, .. } => self.wait_login(owner.clone(), login_id).await?,
            };
        }
        Err(Error::invalid("this login needs more than the given fields").into())
    }

    async fn go_on(&self, owner: OwnedUserId, login_id: String, input: LoginInput) -> Result<LoginProgress> {
        let (id, asker) = (login_id.clone(), owner.clone());
        let login = self
            .db
            .read(move |tx| {
                logins::find(tx, &id)?
                    .filter(|login| login.owner == asker)
                    .ok_or_else(|| Error::not_found("there is no such login"))
            })
            .await?;
        let plain = self.secrets.decrypt(&purpose(&login_id), &login.state)?;
        let kept: Kept = serde_json::from_slice(&plain).map_err(|_| Error::internal("a malformed login state"))?;
        self.take_step(owner, login.channel, login_id, Some(kept.state), input).await
    }

    async fn take_step(
        &self,
        owner: OwnedUserId,
        channel_id: String,
        login_id: String,
        state: Option<Value>,
        input: LoginInput,
    ) -> Result<LoginProgress> {
        let channel: &dyn Channel = &**self.hub.get_channel(&channel_id)?;
        let context = LoginContext {
            guard: self.config.guard.clone(),
            now: self.now(),
            public_url: self.config.public_url.clone(),
        };
        let reply = channel.login(state, input, &context).await?;
        if let LoginStep::Done(account) = reply.step {
            let account_id = self.store_account(owner, channel_id, account).await?;
            let ended = login_id.clone();
            self.db.write(move |tx| Ok::<_, Error>(logins::delete(tx, &ended)?)).await?;
            return Ok(LoginProgress::Done { login_id, account_id });
        }
        let plain = serde_json::to_vec(&Kept { state: reply.state }).map_err(Error::internal)?;
        let sealed = self.secrets.encrypt(&purpose(&login_id), &plain)?;
        let (id, now) = (login_id.clone(), self.now());
        self.db.write(move |tx| Ok::<_, Error>(logins::put(tx, &id, &owner, &channel_id, &sealed, now)?)).await?;
        Ok(LoginProgress::Next { login_id, step: reply.step })
    }
}

fn purpose(login_id: &str) -> String {
    format!("login {login_id}")
}
