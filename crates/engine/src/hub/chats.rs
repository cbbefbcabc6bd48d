//! Starting a chat with somebody on a network.

use std::time::Duration;

use ruma::{OwnedRoomId, OwnedUserId};
use unisono_domain::channel::{AccountId, RequestError, ResolvedChat};
use unisono_store::{hub::portals, rooms::room};

use super::{accounts::get_own, ghosts, portals::ensure_room};
use crate::{Engine, Error, Result};

const ANSWER_WITHIN: Duration = Duration::from_secs(30);

impl Engine {
    /// Finds or makes the conversation with a number, address or handle. `subject` names a new one.
    pub async fn start_chat(
        &self,
        owner: OwnedUserId,
        account_id: i64,
        identifier: &str,
        subject: Option<String>,
    ) -> Result<OwnedRoomId> {
        let asker = owner.clone();
        let account = self.db.read(move |tx| get_own(tx, &asker, account_id)).await?;
        let session = self
            .hub
            .find_session(AccountId(account_id))
            .ok_or_else(|| Error::Unavailable("this account is not connected".to_owned()))?;
        let resolved = tokio::time::timeout(ANSWER_WITHIN, session.resolve_identifier(identifier))
            .await
            .map_err(|_| Error::Unavailable("the network does not answer".to_owned()))?
            .map_err(request_error)?;
        let core = self.core();
        self.db
            .write(move |tx| {
                let ResolvedChat { portal: key, user, info } = resolved.clone();
                let receiver = key.receiver.map_or(0, |receiver| receiver.0);
                let portal_no = portals::find_or_insert(tx, &account.channel, key.chat.as_str(), receiver, account_id)?;
                let mut portal = portals::get(tx, portal_no)?;
                if portal.room_no.is_some() {
                    let row = ensure_room(tx, &core, &account, &mut portal, None, None)?;
                    return Ok(row.room_id);
                }
                let mut info = info;
                if let Some(subject) = subject.as_deref().map(str::trim).filter(|subject| !subject.is_empty()) {
                    info.name = Some(subject.to_owned());
                }
                let ghost = ghosts::ensure(tx, &core, &account.channel, &user)?;
                let row = ensure_room(tx, &core, &account, &mut portal, Some(&info), Some(&ghost))?;
                Ok::<_, Error>(room::get(tx, row.room_no)?.room_id)
            })
            .await
    }
}

/// A network's answer as an error of ours.
pub(super) fn request_error(error: RequestError) -> Error {
    match error {
        RequestError::Unsupported => {
            Error::Invalid { code: "M_UNRECOGNIZED", message: "this network has no such function".to_owned() }
        }
        RequestError::NotFound => Error::not_found("there is nobody with this address on the network"),
        RequestError::Invalid(text) => Error::Worded(text),
        RequestError::Unavailable(reason) => Error::Unavailable(reason),
    }
}
