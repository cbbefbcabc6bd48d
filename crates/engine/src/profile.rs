//! Names and pictures: changing them everywhere.

use ruma::{CanonicalJsonObject, CanonicalJsonValue, OwnedMxcUri, OwnedUserId, UserId};
use unisono_domain::room::Pdu;
use unisono_store::{
    Tx,
    profiles::{self, ProfileRow},
    rooms::{memberships, room, state},
};

use crate::{
    Core, Engine, Error, Result,
    rooms::{NewEvent, append},
};

const MAX_NAME: usize = 256;
const MAX_URL: usize = 1000;
/// Rooms that one transaction goes through, so that nobody waits long behind it.
const BATCH: usize = 100;

/// One field of a profile with its new value; nothing takes it away.
#[derive(Clone, Debug)]
pub enum ProfileChange {
    DisplayName(Option<String>),
    AvatarUrl(Option<OwnedMxcUri>),
}

impl Engine {
    /// The profile of a person, ghost or bot.
    pub async fn profile(&self, user_id: OwnedUserId) -> Result<ProfileRow> {
        self.db
            .read(move |tx| {
                profiles::find(tx, &user_id)?.ok_or_else(|| Error::not_found(format!("there is no {user_id} here")))
            })
            .await
    }

    /// Changes one's own profile, and what one is called in all rooms. With very many rooms this
    /// takes several transactions; repeated after a crash it ends what was left.
    pub async fn change_profile(&self, user_id: OwnedUserId, change: ProfileChange) -> Result<()> {
        let change = tame(change)?;
        let user = user_id.clone();
        let rooms = self
            .db
            .write(move |tx| {
                match &change {
                    ProfileChange::DisplayName(name) => profiles::set_display_name(tx, &user, name.as_deref())?,
                    ProfileChange::AvatarUrl(url) => {
                        profiles::set_avatar_url(tx, &user, url.as_ref().map(|url| url.as_str()))?;
                    }
                }
                let rooms = memberships::list_of_user(tx, &user)?;
                Ok::<_, Error>(
                    rooms.into_iter().filter(|row| row.membership == "join").map(|row| row.room_no).collect(),
                )
            })
            .await?;
        let rooms: Vec<i64> = rooms;
        for batch in rooms.chunks(BATCH) {
            let (core, user, batch) = (self.core(), user_id.clone(), batch.to_vec());
            self.db
                .write(move |tx| {
                    for room_no in &batch {
                        show_profile(tx, &core, *room_no, &user)?;
                    }
                    Ok::<_, Error>(())
                })
                .await?;
        }
        Ok(())
    }
}

fn tame(change: ProfileChange) -> Result<ProfileChange> {
    Ok(match change {
        ProfileChange::DisplayName(name) => {
            let name = name.filter(|name| !name.trim().is_empty());
            if name.as_ref().is_some_and(|name| name.len() > MAX_NAME) {
                return Err(Error::invalid(format!("a name has at most {MAX_NAME} bytes")));
            }
            ProfileChange::DisplayName(name)
        }
        ProfileChange::AvatarUrl(url) => {
            let url = url.filter(|url| !url.as_str().is_empty());
            if let Some(url) = &url
                && (url.as_str().len() > MAX_URL || !url.is_valid())
            {
                return Err(Error::invalid("a picture is an mxc:// URI"));
            }
            ProfileChange::AvatarUrl(url)
        }
    })
}

/// Makes a joined member's event in a room say what their profile says, if it does not.
pub fn show_profile(tx: &mut Tx<'_>, core: &Core, room_no: i64, user_id: &UserId) -> Result<()> {
    let Some(profile) = profiles::find(tx, user_id)? else { return Ok(()) };
    let Some((event_id, pdu)) = state::find_pdu(tx, room_no, "m.room.member", user_id.as_str())? else {
        return Ok(());
    };
    let pdu = Pdu::parse(event_id, &pdu).map_err(Error::internal)?;
    let mut content: CanonicalJsonObject = pdu.content_as().map_err(Error::internal)?;
    if content.get("membership").and_then(CanonicalJsonValue::as_str) != Some("join") {
        return Ok(());
    }
    let mut changed = false;
    for (key, value) in [("displayname", profile.display_name), ("avatar_url", profile.avatar_url)] {
        if content.get(key).and_then(CanonicalJsonValue::as_str) == value.as_deref() {
            continue;
        }
        changed = true;
        match value {
            Some(value) => content.insert(key.to_owned(), CanonicalJsonValue::String(value)),
            None => content.remove(key),
        };
    }
    if !changed {
        return Ok(());
    }
    // Why somebody joined is no reason for their new name.
    content.remove("reason");
    let mut room = room::get(tx, room_no)?;
    let event = NewEvent::state(user_id, "m.room.member", user_id.as_str(), content, core.now());
    match append(tx, core, &mut room, event) {
        // A room whose rules forbid it keeps the old name; the others get the new one.
        Ok(_) | Err(Error::Forbidden(_)) => Ok(()),
        Err(error) => Err(error),
    }
}
