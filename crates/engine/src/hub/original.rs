//! A message as its sender laid it out: the HTML of a mail, made safe.

use ruma::{MxcUri, OwnedEventId, OwnedRoomId, OwnedUserId};
use unisono_domain::channel::{AccountId, Media, MediaSource};
use unisono_store::hub::{accounts, messages, portals};

use super::chats::request_error;
use crate::{Engine, Error, Result, rooms::require_joined};

impl Engine {
    /// The whole document for a sandboxed frame. `remote_images`: the reader asked for pictures from
    /// elsewhere.
    pub async fn render_original(
        &self,
        user: OwnedUserId,
        room_id: OwnedRoomId,
        event_id: OwnedEventId,
        remote_images: bool,
    ) -> Result<String> {
        let nothing = || Error::not_found("this message has no other form");
        let (account, original) = self
            .db
            .read(move |tx| {
                let room = require_joined(tx, &room_id, &user)?;
                let row = messages::find_event(tx, &event_id)?.ok_or_else(nothing)?;
                let portal = portals::get(tx, row.portal_no)?;
                if portal.room_no != Some(room.room_no) {
                    return Err(nothing());
                }
                let parts = messages::list(tx, row.portal_no, &row.remote_id, "message")?;
                let original = parts.into_iter().find_map(|part| part.original).ok_or_else(nothing)?;
                Ok((accounts::get(tx, portal.account_id)?, original))
            })
            .await?;
        let media: Media = serde_json::from_str(&original).map_err(Error::internal)?;
        let bytes = match &media.source {
            MediaSource::Stored(uri) => self.read_media(<&MxcUri>::from(uri.as_str())).await?.1,
            MediaSource::Lazy(id) => {
                let session = self
                    .hub
                    .find_session(AccountId(account.account_id))
                    .ok_or_else(|| Error::Unavailable("this account is not connected".to_owned()))?;
                session.download(id).await.map_err(request_error)?
            }
            MediaSource::Bytes(bytes) => bytes.clone(),
        };
        let channel = self.hub.get_channel(&account.channel)?;
        channel.render_original(&bytes, remote_images).ok_or_else(nothing)
    }
}
