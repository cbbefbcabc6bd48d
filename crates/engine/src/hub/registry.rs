//! What the hub knows only while the server runs: channels, live sessions, states not yet stored.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError},
};

use tokio::sync::Notify;
use unisono_domain::channel::{Account, AccountId, AccountState, Channel, ClosedNetwork, Session};
use unisono_store::hub::accounts::AccountRow;

use crate::{Error, Result};

/// An account that is connected, as it was when it connected.
#[derive(Clone)]
pub(super) struct Live {
    pub session: Arc<dyn Session>,
    pub account: Arc<Account>,
    pub row: Arc<AccountRow>,
}

/// Part of [`crate::Core`].
#[derive(Default)]
pub struct Registry {
    channels: OnceLock<BTreeMap<&'static str, Arc<dyn Channel>>>,
    closed: OnceLock<&'static [ClosedNetwork]>,
    sessions: Mutex<HashMap<AccountId, Live>>,
    /// The accounts of those by the secret end of their address.
    hooks: Mutex<HashMap<String, AccountId>>,
    states: Mutex<HashMap<AccountId, AccountState>>,
    changed: Mutex<HashSet<AccountId>>,
    pub(super) news: Notify,
    pub(super) faces: super::faces::Faces,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Registry {
    pub(super) fn set_channels(&self, channels: Vec<Arc<dyn Channel>>) {
        let by_id = channels.into_iter().map(|channel| (channel.meta().id, channel)).collect();
        if self.channels.set(by_id).is_err() {
            tracing::debug!("the channels were set before");
        }
    }

    /// Makes known which networks cannot be connected.
    pub fn set_closed(&self, closed: &'static [ClosedNetwork]) {
        if self.closed.set(closed).is_err() {
            tracing::debug!("the closed networks were set before");
        }
    }

    /// Networks that cannot be connected, with what to do instead.
    pub fn closed(&self) -> &'static [ClosedNetwork] {
        self.closed.get().copied().unwrap_or_default()
    }

    /// All networks, by id.
    pub fn channels(&self) -> impl Iterator<Item = &Arc<dyn Channel>> {
        self.channels.get().into_iter().flat_map(BTreeMap::values)
    }

    pub fn find_channel(&self, id: &str) -> Option<&Arc<dyn Channel>> {
        self.channels.get()?.get(id)
    }

    /// The network, or 404.
    pub fn get_channel(&self, id: &str) -> Result<&Arc<dyn Channel>> {
        self.find_channel(id).ok_or_else(|| Error::not_found("there is no such network here"))
    }

    /// The session of an account, if it runs.
    pub fn find_session(&self, account: AccountId) -> Option<Arc<dyn Session>> {
        lock(&self.sessions).get(&account).map(|live| Arc::clone(&live.session))
    }

    pub(super) fn connected(&self) -> HashSet<AccountId> {
        lock(&self.sessions).keys().copied().collect()
    }

    /// A session runs now.
    pub(super) fn add_session(&self, live: Live) {
        let account = live.account.id;
        lock(&self.hooks).insert(live.account.hook.clone(), account);
        lock(&self.sessions).insert(account, live);
    }

    /// A session runs no longer.
    pub(super) fn remove_session(&self, account: AccountId) {
        if let Some(live) = lock(&self.sessions).remove(&account) {
            lock(&self.hooks).remove(&live.account.hook);
        }
    }

    /// What runs for the account that is called under this address.
    pub(super) fn find_hook(&self, hook: &str) -> Option<Live> {
        let account = lock(&self.hooks).get(hook).copied()?;
        lock(&self.sessions).get(&account).cloned()
    }

    /// Notes how an account fares; it is stored and shown soon.
    pub(super) fn set_state(&self, account: AccountId, state: AccountState) {
        let mut states = lock(&self.states);
        if states.get(&account) != Some(&state) {
            states.insert(account, state);
            drop(states);
            lock(&self.changed).insert(account);
            self.news.notify_one();
        }
    }

    pub(super) fn find_state(&self, account: AccountId) -> Option<AccountState> {
        lock(&self.states).get(&account).cloned()
    }

    pub(super) fn forget_state(&self, account: AccountId) {
        lock(&self.states).remove(&account);
    }

    /// Has an account's entry written again.
    pub(super) fn mark_changed(&self, account: AccountId) {
        lock(&self.changed).insert(account);
        self.news.notify_one();
    }

    pub(super) fn take_changed(&self) -> HashSet<AccountId> {
        std::mem::take(&mut *lock(&self.changed))
    }
}
