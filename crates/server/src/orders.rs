//! What the command line wants done, by the running server or, if there is none, by itself.

use std::{collections::BTreeMap, path::PathBuf};

use ruma::OwnedUserId;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use unisono_engine::{
    Engine, Error,
    hub::{LoginFailure, LoginProgress},
    people::NewPerson,
};

use crate::backup;

/// One thing to do. Never logged: it may hold passwords.
#[derive(Deserialize, Serialize)]
#[serde(tag = "do", rename_all = "snake_case")]
pub enum Order {
    AddUser { username: String, password: String, display_name: Option<String>, admin: bool },
    SetPassword { name: String, password: String },
    Deactivate { name: String },
    ListUsers,
    StartLogin { owner: Option<String>, channel: String, flow: String },
    SubmitLogin { owner: OwnedUserId, login_id: String, fields: BTreeMap<String, String> },
    WaitLogin { owner: OwnedUserId, login_id: String },
    CancelLogin { owner: OwnedUserId, login_id: String },
    ListAccounts { owner: Option<String> },
    RemoveAccount { id: i64, conversations: bool },
    Backup { target: PathBuf },
}

/// Why an order could not be carried out, in words for the operator.
#[derive(Debug, Deserialize, Serialize)]
pub struct Refusal {
    pub message: String,
    /// The input that is wrong; the step can be tried again.
    pub field: Option<String>,
    /// The same login can go on.
    pub retry: bool,
}

impl From<Error> for Refusal {
    fn from(error: Error) -> Self {
        Self { message: error.to_string(), field: None, retry: false }
    }
}

impl From<LoginFailure> for Refusal {
    fn from(failure: LoginFailure) -> Self {
        match failure {
            LoginFailure::Input { field, message, .. } => Self { message: message.en.into_owned(), field, retry: true },
            LoginFailure::Engine(error) => error.into(),
        }
    }
}

impl From<anyhow::Error> for Refusal {
    fn from(error: anyhow::Error) -> Self {
        Self { message: format!("{error:#}"), field: None, retry: false }
    }
}

type Answer = Result<Value, Refusal>;

pub async fn carry_out(engine: &Engine, order: Order) -> Answer {
    match order {
        Order::AddUser { username, password, display_name, admin } => {
            let admin = admin || engine.needs_setup().await?;
            let user_id = engine.add_person(NewPerson { username, password, display_name, admin }).await?;
            Ok(json!({ "user_id": user_id, "admin": admin }))
        }
        Order::SetPassword { name, password } => {
            let user_id = engine.get_person(&name).await?;
            engine.set_password(user_id.clone(), &password, true, None).await?;
            Ok(json!({ "user_id": user_id }))
        }
        Order::Deactivate { name } => {
            let user_id = engine.get_person(&name).await?;
            engine.deactivate(user_id.clone()).await?;
            Ok(json!({ "user_id": user_id }))
        }
        Order::ListUsers => {
            let people = engine.list_people().await?.into_iter().map(|person| {
                json!({
                    "user_id": person.user_id,
                    "admin": person.admin,
                    "deactivated": person.deactivated_at.is_some(),
                })
            });
            Ok(people.collect())
        }
        Order::StartLogin { owner, channel, flow } => {
            let owner = owner_of(engine, owner).await?;
            step(&owner, engine.start_login(owner.clone(), &channel, &flow).await?)
        }
        Order::SubmitLogin { owner, login_id, fields } => {
            step(&owner, engine.submit_login(owner.clone(), login_id, fields).await?)
        }
        Order::WaitLogin { owner, login_id } => step(&owner, engine.wait_login(owner.clone(), login_id).await?),
        Order::CancelLogin { owner, login_id } => {
            engine.cancel_login(owner, login_id).await?;
            Ok(Value::Null)
        }
        Order::ListAccounts { owner } => list_accounts(engine, owner).await,
        Order::RemoveAccount { id, conversations } => {
            for person in engine.list_people().await? {
                if engine.list_accounts(person.user_id.clone()).await?.iter().any(|account| account.id == id) {
                    engine.remove_account(person.user_id, id, conversations).await?;
                    return Ok(Value::Null);
                }
            }
            Err(Error::not_found(format!("there is no account {id}; `unisono account list` shows them")).into())
        }
        Order::Backup { target } => {
            backup::make(engine, &target).await?;
            Ok(Value::Null)
        }
    }
}

/// Whoever is named; or the only person that there is.
async fn owner_of(engine: &Engine, name: Option<String>) -> Result<OwnedUserId, Refusal> {
    if let Some(name) = name {
        return Ok(engine.get_person(&name).await?);
    }
    let mut people: Vec<_> =
        engine.list_people().await?.into_iter().filter(|person| person.deactivated_at.is_none()).collect();
    match (people.pop(), people.is_empty()) {
        (Some(person), true) => Ok(person.user_id),
        (Some(_), false) => Err(Error::invalid("whose account? Say it with --owner").into()),
        (None, _) => Err(Error::invalid("nobody has a login yet; `unisono user add` makes one").into()),
    }
}

async fn list_accounts(engine: &Engine, owner: Option<String>) -> Answer {
    let owners = match owner {
        Some(name) => vec![engine.get_person(&name).await?],
        None => engine.list_people().await?.into_iter().map(|person| person.user_id).collect(),
    };
    let mut list = Vec::new();
    for owner in owners {
        for account in engine.list_accounts(owner.clone()).await? {
            let mut account = serde_json::to_value(account).map_err(Error::internal)?;
            account["owner"] = json!(owner);
            list.push(account);
        }
    }
    Ok(Value::Array(list))
}

fn step(owner: &OwnedUserId, progress: LoginProgress) -> Answer {
    match progress {
        LoginProgress::Next { login_id, step } => Ok(json!({ "owner": owner, "login_id": login_id, "step": step })),
        LoginProgress::Done { login_id, account_id } => Ok(json!({
            "owner": owner, "login_id": login_id, "step": { "type": "done", "account_id": account_id },
        })),
    }
}
