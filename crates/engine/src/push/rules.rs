//! Reading and changing push rules (specification, `/pushrules`).

use ruma::{
    OwnedUserId, UserId,
    push::{Action, InsertPushRuleError, NewPushRule, RemovePushRuleError, RuleKind, Ruleset},
};
use unisono_store::Tx;

use super::ruleset::{KIND, PushRules, load};
use crate::{Engine, Error, Result, account_data};

/// The most that a person's rules may take, in bytes of JSON.
const MAX_SIZE: usize = 256 * 1024;

/// What to do to a person's rules.
#[derive(Clone, Debug)]
pub enum RuleChange {
    /// Adds or replaces a rule, behind (`after`) or before another.
    Insert {
        rule: NewPushRule,
        after: Option<String>,
        before: Option<String>,
    },
    Remove {
        kind: RuleKind,
        rule_id: String,
    },
    Enable {
        kind: RuleKind,
        rule_id: String,
        enabled: bool,
    },
    SetActions {
        kind: RuleKind,
        rule_id: String,
        actions: Vec<Action>,
    },
}

impl Engine {
    pub async fn push_rules(&self, user_id: OwnedUserId) -> Result<Ruleset> {
        self.db.read(move |tx| load(tx, &user_id)).await
    }

    pub async fn change_push_rules(&self, user_id: OwnedUserId, change: RuleChange) -> Result<()> {
        self.db
            .write(move |tx| {
                let mut rules = load(tx, &user_id)?;
                apply(&mut rules, change.clone())?;
                save(tx, &user_id, rules)
            })
            .await
    }
}

/// Gives a new person the default rules, which clients expect to find in their first sync.
pub(crate) fn set_default(tx: &mut Tx<'_>, user_id: &UserId) -> Result<()> {
    save(tx, user_id, Ruleset::server_default(user_id))
}

fn save(tx: &mut Tx<'_>, user_id: &UserId, global: Ruleset) -> Result<()> {
    let content = serde_json::to_string(&PushRules { global }).map_err(Error::internal)?;
    if content.len() > MAX_SIZE {
        return Err(Error::TooLarge(format!("push rules take at most {MAX_SIZE} bytes")));
    }
    account_data::set(tx, user_id, None, KIND, &content)
}

fn apply(rules: &mut Ruleset, change: RuleChange) -> Result<()> {
    match change {
        RuleChange::Insert { rule, after, before } => {
            rules.insert(rule, after.as_deref(), before.as_deref()).map_err(|error| match error {
                InsertPushRuleError::UnknownRuleId => Error::not_found(error.to_string()),
                _ => Error::invalid(error.to_string()),
            })
        }
        RuleChange::Remove { kind, rule_id } => rules.remove(kind, rule_id).map_err(|error| match error {
            RemovePushRuleError::ServerDefault => Error::invalid(error.to_string()),
            _ => Error::not_found(error.to_string()),
        }),
        RuleChange::Enable { kind, rule_id, enabled } => {
            rules.set_enabled(kind, rule_id, enabled).map_err(|error| Error::not_found(error.to_string()))
        }
        RuleChange::SetActions { kind, rule_id, actions } => {
            rules.set_actions(kind, rule_id, actions).map_err(|error| Error::not_found(error.to_string()))
        }
    }
}
