//! Reading the address book.

use std::{
    cmp::Reverse,
    collections::{BTreeMap, HashMap},
};

use ruma::{OwnedRoomId, OwnedUserId, UserId};
use serde::Serialize;
use serde_json::json;
use unisono_store::{
    Hint, Tx, contacts,
    hub::{marks, portals},
    profiles,
    rooms::room,
};

use crate::{Engine, Error, Result};

/// Global account data of an owner: which users are one contact.
const ACCOUNT_DATA: &str = "org.unisono.contacts";

/// A person.
#[derive(Clone, Debug, Serialize)]
pub struct Contact {
    /// `None` for somebody who is known in one place alone, under no name of the owner's own.
    pub id: Option<String>,
    pub name: String,
    pub avatar_url: Option<String>,
    pub members: Vec<Member>,
}

/// A person in one place.
#[derive(Clone, Debug, Serialize)]
pub struct Member {
    pub user_id: OwnedUserId,
    /// `None`: somebody with a login here.
    pub channel: Option<String>,
    pub remote_id: Option<String>,
    pub display_name: String,
    pub avatar_url: Option<String>,
    /// `tel:`, `mailto:` ...
    pub handles: Vec<String>,
    /// The owner's direct chats with them.
    pub rooms: Vec<MemberRoom>,
}

#[derive(Clone, Debug, Serialize)]
pub struct MemberRoom {
    pub room_id: OwnedRoomId,
    pub account_id: Option<i64>,
}

pub(super) type Directs = BTreeMap<OwnedUserId, Vec<OwnedRoomId>>;

/// The owner's direct chats, by whom they are with (`m.direct`).
pub(super) fn directs(tx: &mut Tx<'_>, owner: &UserId) -> Result<Directs> {
    let json = marks::find_data(tx, owner, "", "m.direct")?;
    // Clients write it, too, and may write anything.
    let all: BTreeMap<String, Vec<String>> = json.and_then(|json| serde_json::from_str(&json).ok()).unwrap_or_default();
    let directs = all.into_iter().filter_map(|(user, rooms)| {
        let rooms = rooms.iter().filter_map(|room| room.as_str().try_into().ok()).collect();
        Some((OwnedUserId::try_from(user).ok()?, rooms))
    });
    Ok(directs.collect())
}

pub(super) fn member(tx: &mut Tx<'_>, owner: &UserId, user_id: &UserId, rooms: &[OwnedRoomId]) -> Result<Member> {
    let profile = profiles::find(tx, user_id)?.unwrap_or_default();
    let (channel, remote_id) = contacts::find_ghost(tx, user_id)?.unzip();
    let mut open = Vec::new();
    for room_id in rooms {
        let Some(row) = room::find(tx, room_id)? else { continue };
        let account_id = match portals::find_room(tx, row.room_no)? {
            Some(portal) => portals::find_account(tx, portal.portal_no, owner)?,
            None => None,
        };
        open.push(MemberRoom { room_id: room_id.clone(), account_id });
    }
    Ok(Member {
        display_name: profile.display_name.unwrap_or_else(|| user_id.localpart().to_owned()),
        avatar_url: profile.avatar_url,
        handles: contacts::list_handles(tx, user_id)?,
        user_id: user_id.to_owned(),
        channel,
        remote_id,
        rooms: open,
    })
}

/// The whole contact that somebody belongs to.
pub(super) fn contact_of(tx: &mut Tx<'_>, owner: &UserId, user_id: &UserId, directs: &Directs) -> Result<Contact> {
    let contact_id = contacts::find_of(tx, owner, user_id)?;
    let users = match contact_id {
        Some(contact_id) => contacts::list_members(tx, contact_id)?,
        None => vec![user_id.to_owned()],
    };
    let own_name = match contact_id {
        Some(contact_id) => contacts::find_name(tx, contact_id)?,
        None => None,
    };
    let mut members = Vec::with_capacity(users.len());
    for user in users {
        let rooms = directs.get(&user).map(Vec::as_slice).unwrap_or_default();
        members.push(member(tx, owner, &user, rooms)?);
    }
    Ok(assemble(contact_id, own_name, members))
}

fn assemble(contact_id: Option<i64>, own_name: Option<String>, members: Vec<Member>) -> Contact {
    // A real name says more than a number or an address, and the fullest of several says most.
    let speaking = members.iter().filter(|member| member.remote_id.as_deref() != Some(&member.display_name));
    let speaking = speaking.min_by_key(|member| Reverse(member.display_name.chars().count()));
    let name = own_name.or_else(|| speaking.or(members.first()).map(|member| member.display_name.clone()));
    Contact {
        id: contact_id.map(id_of),
        name: name.unwrap_or_default(),
        avatar_url: members.iter().find_map(|member| member.avatar_url.clone()),
        members,
    }
}

pub(super) fn id_of(contact_id: i64) -> String {
    format!("c{contact_id}")
}

/// Writes the owner's contacts into their account data, so that all their devices show them alike.
pub(super) fn publish(tx: &mut Tx<'_>, owner: &UserId) -> Result<()> {
    let mut groups: BTreeMap<i64, (Option<String>, Vec<OwnedUserId>)> = BTreeMap::new();
    for (contact_id, name, user_id) in contacts::list(tx, owner)? {
        groups.entry(contact_id).or_insert_with(|| (name, Vec::new())).1.push(user_id);
    }
    let list: Vec<_> = groups
        .into_iter()
        .map(|(contact_id, (name, user_ids))| {
            let mut contact = json!({ "id": id_of(contact_id), "user_ids": user_ids });
            if let Some(name) = name {
                contact["name"] = name.into();
            }
            contact
        })
        .collect();
    marks::set_data(tx, owner, "", ACCOUNT_DATA, &json!({ "contacts": list }).to_string())?;
    tx.hint(Hint::User(owner.to_owned()));
    Ok(())
}

fn fits(contact: &Contact, words: &str) -> bool {
    let has = |text: &str| text.to_lowercase().contains(words);
    // However it is written: `0170 123 45 67` is within `tel:+491701234567` but for its first zero.
    let digits: String = words.chars().filter(char::is_ascii_digit).collect();
    let digits = digits.trim_start_matches('0').to_owned();
    has(&contact.name)
        || contact.members.iter().any(|member| {
            has(&member.display_name)
                || member.remote_id.as_deref().is_some_and(has)
                || member.handles.iter().any(|handle| has(handle) || (digits.len() > 3 && handle.contains(&digits)))
        })
}

impl Engine {
    /// The owner's contacts by name, at most `limit`. `search`: words in a name, address or number.
    pub async fn list_contacts(&self, owner: OwnedUserId, search: &str, limit: usize) -> Result<Vec<Contact>> {
        let words = search.trim().to_lowercase();
        self.db
            .read(move |tx| {
                let directs = directs(tx, &owner)?;
                let mut groups: HashMap<OwnedUserId, i64> = HashMap::new();
                let mut names = HashMap::new();
                for (contact_id, name, user_id) in contacts::list(tx, &owner)? {
                    groups.insert(user_id, contact_id);
                    names.insert(contact_id, name);
                }
                let mut people: BTreeMap<(i64, OwnedUserId), Vec<Member>> = BTreeMap::new();
                for (user_id, rooms) in &directs {
                    let key = match groups.get(user_id) {
                        Some(contact_id) => (*contact_id, owner.clone()),
                        None => (0, user_id.clone()),
                    };
                    people.entry(key).or_default().push(member(tx, &owner, user_id, rooms)?);
                }
                let mut list: Vec<Contact> = people
                    .into_iter()
                    .map(|((contact_id, _), members)| {
                        let own_name = names.get(&contact_id).cloned().flatten();
                        assemble((contact_id != 0).then_some(contact_id), own_name, members)
                    })
                    .filter(|contact| words.is_empty() || fits(contact, &words))
                    .collect();
                list.sort_by_cached_key(|contact| contact.name.to_lowercase());
                list.truncate(limit);
                Ok::<_, Error>(list)
            })
            .await
    }
}
