//! Who may be the same person: those who share a number or an address.

use std::collections::{BTreeMap, BTreeSet};

use ruma::OwnedUserId;
use serde::Serialize;
use unisono_store::contacts;

use super::{
    Contact,
    book::{contact_of, directs},
};
use crate::{Engine, Error, Result};

/// Contacts that share a handle.
#[derive(Clone, Debug, Serialize)]
pub struct Suggestion {
    pub handle: String,
    pub contacts: Vec<Contact>,
}

impl Engine {
    /// Contacts of the owner that may be one person, and of whom the owner has not said otherwise.
    pub async fn suggest_contacts(&self, owner: OwnedUserId) -> Result<Vec<Suggestion>> {
        self.db
            .read(move |tx| {
                let directs = directs(tx, &owner)?;
                let dismissed: BTreeSet<_> = contacts::list_dismissed(tx, &owner)?.into_iter().collect();
                let mut shared: BTreeMap<String, Vec<OwnedUserId>> = BTreeMap::new();
                for (handle, user_id) in contacts::list_shared_handles(tx)? {
                    if directs.contains_key(&user_id) {
                        shared.entry(handle).or_default().push(user_id);
                    }
                }
                let mut suggestions = Vec::new();
                let mut told = BTreeSet::new();
                for (handle, users) in shared {
                    let mut found: Vec<Contact> = Vec::new();
                    for user in &users {
                        let known = found.iter().any(|contact| contact.members.iter().any(|one| one.user_id == *user));
                        // Somebody about whom the owner has said "not the same" of all found so far.
                        let refused = !found.is_empty()
                            && found.iter().flat_map(|contact| &contact.members).all(|member| {
                                let (first, second) = (member.user_id.min_with(user), member.user_id.max_with(user));
                                dismissed.contains(&(first, second))
                            });
                        if !known && !refused {
                            found.push(contact_of(tx, &owner, user, &directs)?);
                        }
                    }
                    let key: BTreeSet<OwnedUserId> =
                        found.iter().flat_map(|contact| &contact.members).map(|one| one.user_id.clone()).collect();
                    if found.len() > 1 && told.insert(key) {
                        suggestions.push(Suggestion { handle, contacts: found });
                    }
                }
                Ok::<_, Error>(suggestions)
            })
            .await
    }
}

/// Two ids in their order.
trait Ordered {
    fn min_with(&self, other: &OwnedUserId) -> OwnedUserId;
    fn max_with(&self, other: &OwnedUserId) -> OwnedUserId;
}

impl Ordered for OwnedUserId {
    fn min_with(&self, other: &OwnedUserId) -> OwnedUserId {
        self.min(other).clone()
    }

    fn max_with(&self, other: &OwnedUserId) -> OwnedUserId {
        self.max(other).clone()
    }
}
