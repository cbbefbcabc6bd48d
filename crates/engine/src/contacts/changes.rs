//! Putting people together, taking them apart, and undoing either.

use std::collections::BTreeSet;

use ruma::{OwnedUserId, UserId};
use serde::{Deserialize, Serialize};
use unisono_store::{Tx, contacts};

use super::{
    Contact,
    book::{contact_of, directs, publish},
};
use crate::{Engine, Error, Result};

/// Longest name of one's own, in characters.
const LONGEST_NAME: usize = 100;
/// More than anybody has.
const MOST: usize = 50;
/// What was changed longer ago cannot be undone, in milliseconds.
const UNDO_WITHIN: i64 = 30 * 24 * 60 * 60 * 1000;

/// Some people as one contact.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
struct Group {
    name: Option<String>,
    members: BTreeSet<OwnedUserId>,
}

/// What a change did.
#[derive(Debug, Serialize, Deserialize)]
struct Change {
    before: Vec<Group>,
    after: Vec<Group>,
    /// Pairs that were said not to be the same person.
    dismissed: Vec<(OwnedUserId, OwnedUserId)>,
}

/// The groups that some people are in now, whole; who is in none is a group by themselves.
fn groups_of(tx: &mut Tx<'_>, owner: &UserId, users: &BTreeSet<OwnedUserId>) -> Result<Vec<Group>> {
    let mut groups = BTreeSet::new();
    for user in users {
        groups.insert(match contacts::find_of(tx, owner, user)? {
            Some(contact_id) => Group {
                name: contacts::find_name(tx, contact_id)?,
                members: contacts::list_members(tx, contact_id)?.into_iter().collect(),
            },
            None => Group { name: None, members: [user.clone()].into() },
        });
    }
    Ok(groups.into_iter().collect())
}

/// Puts groups in the place of whatever their members were in.
fn set_groups(tx: &mut Tx<'_>, owner: &UserId, groups: &[Group]) -> Result<()> {
    for group in groups {
        for member in &group.members {
            if let Some(contact_id) = contacts::find_of(tx, owner, member)? {
                contacts::delete(tx, contact_id)?;
            }
        }
    }
    for group in groups {
        if group.members.len() > 1 || group.name.is_some() {
            let members: Vec<_> = group.members.iter().cloned().collect();
            contacts::insert(tx, owner, group.name.as_deref(), &members)?;
        }
    }
    publish(tx, owner)
}

fn members(groups: &[Group]) -> BTreeSet<OwnedUserId> {
    groups.iter().flat_map(|group| group.members.iter().cloned()).collect()
}

fn checked(users: Vec<OwnedUserId>, least: usize) -> Result<BTreeSet<OwnedUserId>> {
    let users: BTreeSet<_> = users.into_iter().collect();
    if users.len() < least || users.len() > MOST {
        return Err(Error::invalid(format!("{least} to {MOST} different user_ids are needed")));
    }
    Ok(users)
}

fn change(tx: &mut Tx<'_>, owner: &UserId, now: i64, change: &Change) -> Result<i64> {
    set_groups(tx, owner, &change.after)?;
    for (first, second) in &change.dismissed {
        contacts::dismiss(tx, owner, first, second)?;
    }
    contacts::delete_changes_before(tx, now - UNDO_WITHIN)?;
    Ok(contacts::insert_change(tx, owner, now, &serde_json::to_string(change).map_err(Error::internal)?)?)
}

fn pairs(users: &BTreeSet<OwnedUserId>) -> Vec<(OwnedUserId, OwnedUserId)> {
    let all = users.iter().flat_map(|first| users.iter().map(move |second| (first, second)));
    all.filter(|(first, second)| first < second).map(|(first, second)| (first.clone(), second.clone())).collect()
}

impl Engine {
    /// Makes one contact of people, and of all who were one with them; with a name of the owner's own,
    /// if one is given. One person alone can be named. Gives the number by which it can be undone.
    pub async fn merge_contacts(
        &self,
        owner: OwnedUserId,
        users: Vec<OwnedUserId>,
        name: Option<String>,
    ) -> Result<(i64, Contact)> {
        let name = name.map(|name| name.trim().to_owned()).filter(|name| !name.is_empty());
        if name.as_ref().is_some_and(|name| name.chars().count() > LONGEST_NAME) {
            return Err(Error::invalid(format!("a name has at most {LONGEST_NAME} characters")));
        }
        let users = checked(users, if name.is_some() { 1 } else { 2 })?;
        let now = self.now();
        self.db
            .write(move |tx| {
                let directs = directs(tx, &owner)?;
                let before = groups_of(tx, &owner, &users)?;
                let all = members(&before);
                if let Some(stranger) = all.iter().find(|user| !directs.contains_key(*user)) {
                    return Err(Error::not_found(format!("there is no direct chat with {stranger}")));
                }
                let name = name.clone().or_else(|| before.iter().find_map(|group| group.name.clone()));
                let after = vec![Group { name, members: all }];
                let change_id = change(tx, &owner, now, &Change { before, after, dismissed: Vec::new() })?;
                let first = users.first().ok_or_else(|| Error::internal("nobody to merge"))?;
                Ok((change_id, contact_of(tx, &owner, first, &directs)?))
            })
            .await
    }

    /// Takes people out of their contacts. They are not suggested to be the same as those left.
    pub async fn split_contacts(&self, owner: OwnedUserId, users: Vec<OwnedUserId>) -> Result<i64> {
        let users = checked(users, 1)?;
        let now = self.now();
        self.db
            .write(move |tx| {
                let before = groups_of(tx, &owner, &users)?;
                let mut after = Vec::new();
                let mut dismissed = Vec::new();
                for group in &before {
                    let (out, left): (BTreeSet<_>, BTreeSet<_>) =
                        group.members.iter().cloned().partition(|member| users.contains(member));
                    dismissed
                        .extend(pairs(&group.members).into_iter().filter(|(a, b)| out.contains(a) != out.contains(b)));
                    after.extend(out.into_iter().map(|member| Group { name: None, members: [member].into() }));
                    if !left.is_empty() {
                        after.push(Group { name: group.name.clone(), members: left });
                    }
                }
                change(tx, &owner, now, &Change { before, after, dismissed })
            })
            .await
    }

    /// Notes that people are not the same person, whatever they share.
    pub async fn dismiss_contacts(&self, owner: OwnedUserId, users: Vec<OwnedUserId>) -> Result<i64> {
        let users = checked(users, 2)?;
        let now = self.now();
        self.db
            .write(move |tx| {
                let groups = groups_of(tx, &owner, &users)?;
                let dismissed = pairs(&members(&groups));
                change(tx, &owner, now, &Change { before: groups.clone(), after: groups, dismissed })
            })
            .await
    }

    /// Undoes a change, if nothing has happened to the same people since.
    pub async fn undo_contacts(&self, owner: OwnedUserId, change_id: i64) -> Result<()> {
        self.db
            .write(move |tx| {
                let json = contacts::find_change(tx, &owner, change_id)?
                    .ok_or_else(|| Error::not_found("there is no such change to undo"))?;
                let Change { before, after, dismissed } = serde_json::from_str(&json).map_err(Error::internal)?;
                let now: BTreeSet<Group> = groups_of(tx, &owner, &members(&after))?.into_iter().collect();
                if now != after.iter().cloned().collect() {
                    return Err(Error::Invalid {
                        code: "ORG.UNISONO.CHANGED_SINCE",
                        message: "these contacts have changed since".to_owned(),
                    });
                }
                set_groups(tx, &owner, &before)?;
                for (first, second) in &dismissed {
                    contacts::admit(tx, &owner, first, second)?;
                }
                Ok(contacts::delete_change(tx, change_id)?)
            })
            .await
    }
}
