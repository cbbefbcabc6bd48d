//! Getting the files of an inbound event into the media store, before any transaction.

use bytes::Bytes;
use ruma::OwnedUserId;
use serde_json::{Map, Value, json};
use unisono_domain::channel::{Inbound, InboundBody, Media, MediaSource, Part, PartKind, RequestError, Session};

use super::content::{cut, media_of};
use crate::{
    Engine, Result,
    media::{MediaBody, NewMedia, probe},
};

/// Longer texts go into a file beside the message, which shows their beginning.
const LONGEST_TEXT: usize = 32_000;

impl Engine {
    /// Stores the files that an event brought along, so that it can be written down.
    pub(super) async fn store_files(&self, owner: &OwnedUserId, event: &mut Inbound) -> Result<()> {
        if let InboundBody::Message { parts, .. } = &mut event.body {
            set_long_texts_aside(parts);
        }
        for (media, extra) in media_of(&mut event.body) {
            if let MediaSource::Bytes(bytes) = &media.source {
                let bytes = bytes.clone();
                self.store_file(owner, media, extra, bytes).await?;
            }
        }
        if let Some(media) = &mut event.original
            && let MediaSource::Bytes(bytes) = &media.source
        {
            let bytes = bytes.clone();
            self.store_file(owner, media, &mut Map::new(), bytes).await?;
        }
        if let Some(avatar) = event.chat.as_mut().and_then(|chat| chat.avatar.as_mut())
            && let MediaSource::Bytes(bytes) = &avatar.source
        {
            let bytes = bytes.clone();
            self.store_file(owner, avatar, &mut Map::new(), bytes).await?;
        }
        Ok(())
    }

    /// Fetches what the network only named. `patient`: an unreachable network is an error, to be
    /// tried again; else the file stays away and the event says so.
    pub(super) async fn fetch_files(
        &self,
        owner: &OwnedUserId,
        session: Option<&dyn Session>,
        event: &mut Inbound,
        patient: bool,
    ) -> std::result::Result<(), RequestError> {
        for (media, extra) in media_of(&mut event.body) {
            let MediaSource::Lazy(id) = &media.source else { continue };
            let fetched = match session {
                Some(session) => session.download(id).await,
                None => Err(RequestError::Unavailable("not connected".to_owned())),
            };
            match fetched {
                Ok(bytes) => self
                    .store_file(owner, media, extra, bytes)
                    .await
                    .map_err(|error| RequestError::Unavailable(error.to_string()))?,
                Err(RequestError::Unavailable(reason)) if patient => return Err(RequestError::Unavailable(reason)),
                Err(error) => tracing::warn!(error = %error, "a file could not be fetched"),
            }
        }
        Ok(())
    }

    pub(super) async fn store_file(
        &self,
        owner: &OwnedUserId,
        media: &mut Media,
        extra: &mut Map<String, Value>,
        bytes: Bytes,
    ) -> Result<()> {
        if media.mime.starts_with("image/")
            && let Some(picture) = probe(&bytes)
        {
            extra.insert("info".to_owned(), json!({ "w": picture.width, "h": picture.height }));
        }
        media.size = Some(bytes.len() as u64);
        let new = NewMedia {
            owner: owner.clone(),
            name: Some(media.name.clone()),
            mime: Some(media.mime.clone()),
            body: MediaBody::Bytes(bytes),
        };
        media.source = MediaSource::Stored(self.store_media(new).await?.to_string());
        Ok(())
    }
}

/// Whether an event has something for the media store.
pub(super) fn brings_files(event: &Inbound) -> bool {
    let is_here = |media: &Media| matches!(media.source, MediaSource::Bytes(_));
    let parts = match &event.body {
        InboundBody::Message { parts, .. } | InboundBody::Edit { parts, .. } => parts.as_slice(),
        _ => &[],
    };
    parts.iter().any(|part| part.text.len() > LONGEST_TEXT || part.media.as_ref().is_some_and(is_here))
        || event.original.as_ref().is_some_and(is_here)
        || event.chat.as_ref().and_then(|chat| chat.avatar.as_ref()).is_some_and(is_here)
}

fn set_long_texts_aside(parts: &mut Vec<Part>) {
    let mut files = Vec::new();
    for part in parts.iter_mut().filter(|part| part.text.len() > LONGEST_TEXT) {
        let bytes = Bytes::from(part.text.clone());
        let mut file = Part::text(format!("{}.full", part.id), "");
        file.kind = PartKind::File;
        file.media = Some(Media {
            size: Some(bytes.len() as u64),
            source: MediaSource::Bytes(bytes),
            name: "message.txt".to_owned(),
            mime: "text/plain; charset=utf-8".to_owned(),
            content_id: None,
        });
        files.push(file);
        cut(&mut part.text, LONGEST_TEXT / 2);
    }
    parts.extend(files);
}
