//! A person's push rules, as stored and as kept in memory.

use std::{
    num::NonZeroUsize,
    sync::{Arc, Mutex, PoisonError},
};

use lru::LruCache;
use ruma::{
    OwnedUserId, UserId,
    push::{PushCondition, Ruleset},
};
use serde::{Deserialize, Serialize};
use unisono_store::{Tx, account_data, rooms::notifications::Listener};

use crate::{Error, Result};

pub(super) const KIND: &str = "m.push_rules";
/// About 8 KB each.
const CACHED: NonZeroUsize = NonZeroUsize::new(512).unwrap();

/// The content of `m.push_rules`.
#[derive(Default, Deserialize, Serialize)]
pub(super) struct PushRules {
    #[serde(default)]
    pub global: Ruleset,
}

/// The person's rules, brought up to the defaults of the specification that we know.
pub(super) fn load(tx: &mut Tx<'_>, user_id: &UserId) -> Result<Ruleset> {
    let defaults = Ruleset::server_default(user_id);
    let Some(stored) = account_data::find(tx, user_id, "", KIND)? else { return Ok(defaults) };
    let mut rules = serde_json::from_str::<PushRules>(&stored).map_err(Error::internal)?.global;
    rules.update_with_server_default(defaults);
    Ok(rules)
}

/// Rules with what evaluating them takes beyond the event.
pub(super) struct Rules {
    pub set: Ruleset,
    /// A rule asks for the person's name in the room.
    pub needs_name: bool,
    /// A rule of the person's own asks whether the sender may notify everybody.
    pub needs_power: bool,
}

impl From<Ruleset> for Rules {
    fn from(set: Ruleset) -> Self {
        let conditions = || {
            let kinds = [&set.override_, &set.underride];
            kinds.into_iter().flatten().filter(|rule| !rule.default).flat_map(|rule| &rule.conditions)
        };
        #[expect(deprecated, reason = "rules that people made earlier may still have it")]
        let needs_name = conditions().any(|condition| matches!(condition, PushCondition::ContainsDisplayName));
        let needs_power =
            conditions().any(|condition| matches!(condition, PushCondition::SenderNotificationPermission(_)));
        Self { needs_name, needs_power, set }
    }
}

/// The rules of those who were written to lately. An entry holds for one edition of the rules, so
/// it needs no invalidation.
pub struct RulesCache(Mutex<LruCache<OwnedUserId, Edition>>);

/// Rules, and the stream position at which they were set.
struct Edition {
    position: Option<i64>,
    rules: Arc<Rules>,
}

impl Default for RulesCache {
    fn default() -> Self {
        Self(Mutex::new(LruCache::new(CACHED)))
    }
}

impl RulesCache {
    pub(super) fn get(&self, tx: &mut Tx<'_>, listener: &Listener) -> Result<Arc<Rules>> {
        let lock = || self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = lock().get(&listener.user_id)
            && known.position == listener.rules
        {
            return Ok(Arc::clone(&known.rules));
        }
        let rules = Arc::new(Rules::from(load(tx, &listener.user_id)?));
        lock().put(listener.user_id.clone(), Edition { position: listener.rules, rules: Arc::clone(&rules) });
        Ok(rules)
    }
}
