//! Wakes up who waits for news. It carries no data: who wakes reads the store.

use std::{
    collections::{BTreeSet, HashMap},
    sync::{Mutex, PoisonError},
};

use ruma::{OwnedUserId, UserId};
use tokio::sync::{Notify, watch};
use unisono_store::Hint;

/// News within this process.
#[derive(Debug, Default)]
pub struct Bus {
    people: Mutex<HashMap<OwnedUserId, watch::Sender<i64>>>,
    /// Something waits in the outbox.
    pub outbox: Notify,
    /// Something waits in an account's inbox.
    pub inbox: Notify,
    /// Accounts were added, changed or removed.
    pub accounts: Notify,
}

/// Waits for one person's news. Subscribe first, then read the store, then wait: nothing is missed.
#[derive(Debug)]
pub struct Subscription(watch::Receiver<i64>);

impl Subscription {
    /// Returns when there is news since the subscription or the last call.
    pub async fn changed(&mut self) {
        if self.0.changed().await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}

impl Bus {
    pub fn subscribe(&self, user: &UserId) -> Subscription {
        let mut people = self.people.lock().unwrap_or_else(PoisonError::into_inner);
        Subscription(people.entry(user.to_owned()).or_insert_with(|| watch::Sender::new(0)).subscribe())
    }

    /// Passes on a commit's hints; `position` is the stream position that it reached.
    pub fn publish(&self, hints: &BTreeSet<Hint>, position: i64) {
        for hint in hints {
            match hint {
                Hint::User(user) => self.wake(user, position),
                Hint::Inbox(_) => self.inbox.notify_one(),
                Hint::Outbox => self.outbox.notify_one(),
                Hint::Accounts => self.accounts.notify_one(),
            }
        }
    }

    /// Wakes one person's syncs for news that is not in the store, such as typing.
    pub fn wake(&self, user: &UserId, position: i64) {
        let mut people = self.people.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(sender) = people.get(user) {
            if sender.receiver_count() == 0 {
                people.remove(user);
            } else {
                sender.send_replace(position);
            }
        }
    }
}
