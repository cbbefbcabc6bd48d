//! Taking files in and finding them again.

use std::time::Duration;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD as BASE64};
use bytes::Bytes;
use ruma::{OwnedMxcUri, OwnedUserId};
use unisono_domain::Millis;
use unisono_store::media::{self, ContentRow, MediaRow};

use super::{BlobId, ByteStream};
use crate::{Engine, Error, Result};

/// How long an id that was reserved may stay empty, in milliseconds.
const RESERVED_FOR: Millis = 24 * 60 * 60 * 1000;
/// How many ids one person may have reserved.
const RESERVED_AT_ONCE: i64 = 100;

/// A file that is to be kept.
pub struct NewMedia {
    pub owner: OwnedUserId,
    /// The file's name, without folders.
    pub name: Option<String>,
    /// Its type, such as `image/png`; anything malformed counts as `application/octet-stream`.
    pub mime: Option<String>,
    pub body: MediaBody,
}

pub enum MediaBody {
    Bytes(Bytes),
    /// At most `Config::max_upload` bytes.
    Stream(ByteStream),
}

/// A file as it can be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Media {
    pub blob: BlobId,
    pub name: Option<String>,
    pub mime: String,
    pub size: u64,
}

impl Engine {
    /// Keeps a file; gives its `mxc://` URI when content and row are on disk.
    pub async fn store_media(&self, new: NewMedia) -> Result<OwnedMxcUri> {
        let content = self.store_content(new.body, new.mime.as_deref()).await?;
        let media_id = make_id();
        let uri = self.uri_of(&media_id);
        let (owner, name, now) = (new.owner, new.name.as_deref().map(tame_name), self.now());
        self.db
            .write(move |tx| Ok::<_, Error>(media::insert(tx, &media_id, &owner, name.as_deref(), &content, now)?))
            .await?;
        Ok(uri)
    }

    /// Reserves an id that is filled later (`POST /media/v1/create`); also gives the time until
    /// which that has to happen.
    pub async fn reserve_media(&self, owner: OwnedUserId) -> Result<(OwnedMxcUri, Millis)> {
        let (media_id, now) = (make_id(), self.now());
        let uri = self.uri_of(&media_id);
        self.db
            .write(move |tx| {
                media::delete_reserved(tx, &owner, now - RESERVED_FOR)?;
                if media::count_reserved(tx, &owner, now - RESERVED_FOR)? >= RESERVED_AT_ONCE {
                    return Err(Error::Limited { retry_after_ms: 60_000 });
                }
                Ok(media::reserve(tx, &media_id, &owner, now)?)
            })
            .await?;
        Ok((uri, now + RESERVED_FOR))
    }

    /// Fills an id that the owner reserved.
    pub async fn fill_media(&self, media_id: String, new: NewMedia) -> Result<()> {
        let full = || Error::Conflict {
            code: "M_CANNOT_OVERWRITE_MEDIA",
            message: "this place holds a file already".to_owned(),
        };
        let row = self.find_row(media_id.clone()).await?.ok_or_else(|| not_found(&media_id))?;
        if row.owner != new.owner {
            return Err(Error::forbidden("somebody else reserved this place"));
        }
        if row.content.is_some() {
            return Err(full());
        }
        if row.created_at + RESERVED_FOR <= self.now() {
            return Err(not_found(&media_id));
        }
        let content = self.store_content(new.body, new.mime.as_deref()).await?;
        let name = new.name.as_deref().map(tame_name);
        let filled =
            self.db.write(move |tx| Ok::<_, Error>(media::fill(tx, &media_id, name.as_deref(), &content)?)).await?;
        self.media.filled.notify_waiters();
        if filled { Ok(()) } else { Err(full()) }
    }

    /// A file by its id. `Ok(None)`: it was reserved, and `wait` did not suffice for it to arrive.
    pub async fn get_media(&self, media_id: &str, wait: Duration) -> Result<Option<Media>> {
        let waited = tokio::time::timeout(wait, async {
            loop {
                // Listening before looking, so that what arrives in between is not missed.
                let filled = self.media.filled.notified();
                match self.find_media(media_id).await? {
                    Some(media) => return Ok(media),
                    None => filled.await,
                }
            }
        });
        match waited.await {
            Ok(found) => found.map(Some),
            Err(_) => self.find_media(media_id).await,
        }
    }

    /// The content of a file, or `range` of it.
    pub async fn stream_media(&self, media: &Media, range: Option<std::ops::Range<u64>>) -> Result<ByteStream> {
        self.media.blobs.stream(media.blob, range).await
    }

    /// The whole content of one of our files in memory, for channels that send it on.
    pub async fn read_media(&self, uri: &ruma::MxcUri) -> Result<(Media, Bytes)> {
        let media_id = match uri.parts() {
            Ok((server, media_id)) if server == self.config.server_name => media_id.to_owned(),
            _ => return Err(not_found(uri.as_str())),
        };
        let media = self.find_media(&media_id).await?.ok_or_else(|| not_found(&media_id))?;
        let bytes = self.media.blobs.read(media.blob).await?;
        Ok((media, bytes))
    }

    async fn find_media(&self, media_id: &str) -> Result<Option<Media>> {
        let row = self.find_row(media_id.to_owned()).await?.ok_or_else(|| not_found(media_id))?;
        row.content
            .map(|content| {
                let size = u64::try_from(content.size).map_err(Error::internal)?;
                Ok(Media {
                    blob: BlobId::try_from(content.sha256.as_slice())?,
                    name: row.name,
                    mime: content.mime,
                    size,
                })
            })
            .transpose()
    }

    async fn find_row(&self, media_id: String) -> Result<Option<MediaRow>> {
        self.db.read(move |tx| Ok::<_, Error>(media::find(tx, &media_id)?)).await
    }

    async fn store_content(&self, body: MediaBody, mime: Option<&str>) -> Result<ContentRow> {
        let stored = match body {
            MediaBody::Bytes(bytes) => self.media.blobs.put(bytes).await?,
            MediaBody::Stream(stream) => self.media.blobs.put_stream(stream, self.config.max_upload).await?,
        };
        Ok(ContentRow {
            sha256: stored.id.as_bytes().to_vec(),
            mime: tame_mime(mime),
            size: i64::try_from(stored.size).map_err(Error::internal)?,
        })
    }

    fn uri_of(&self, media_id: &str) -> OwnedMxcUri {
        OwnedMxcUri::from(format!("mxc://{}/{media_id}", self.config.server_name))
    }
}

fn not_found(what: &str) -> Error {
    Error::not_found(format!("there is no file {what}"))
}

/// Ids are the key to the file, so they cannot be guessed: 144 random bits.
fn make_id() -> String {
    BASE64.encode(rand::random::<[u8; 18]>())
}

/// A name that is nothing but a name: no folders, no control characters, of bearable length.
fn tame_name(name: &str) -> String {
    let last = name.rsplit(['/', '\\']).next().unwrap_or_default();
    let mut tame: String = last.chars().filter(|c| !c.is_control()).collect();
    let mut end = tame.len().min(240);
    while !tame.is_char_boundary(end) {
        end -= 1;
    }
    tame.truncate(end);
    if tame.is_empty() { "file".to_owned() } else { tame }
}

/// `type/subtype` with its parameters, as RFC 9110 section 8.3.1 writes it; lower case where that
/// carries no meaning.
fn tame_mime(mime: Option<&str>) -> String {
    const UNKNOWN: &str = "application/octet-stream";
    let Some(mime) = mime.map(str::trim).filter(|mime| mime.len() <= 200) else { return UNKNOWN.to_owned() };
    let (essence, parameters) = mime.split_once(';').map_or((mime, None), |(essence, rest)| (essence, Some(rest)));
    let token = |text: &str| {
        !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"!#$&^_.+-".contains(&byte))
    };
    match essence.trim().split_once('/') {
        Some((kind, subtype)) if token(kind) && token(subtype) => {
            let essence = essence.trim().to_ascii_lowercase();
            match parameters.map(str::trim) {
                Some(rest) if rest.bytes().all(|byte| (0x20..0x7f).contains(&byte)) && !rest.is_empty() => {
                    format!("{essence}; {rest}")
                }
                _ => essence,
            }
        }
        _ => UNKNOWN.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_lose_folders_and_control_characters() {
        for (given, kept) in
            [("../../etc/passwd", "passwd"), ("C:\\x\\brief.pdf", "brief.pdf"), ("a\r\nb.txt", "ab.txt"), ("/", "file")]
        {
            assert_eq!(tame_name(given), kept);
        }
        assert!(tame_name(&"ü".repeat(500)).len() <= 240);
    }

    #[test]
    fn malformed_types_are_unknown_ones() {
        assert_eq!(tame_mime(Some("Text/Plain; charset=utf-8")), "text/plain; charset=utf-8");
        for wrong in ["", "image", "image/", "a b/c", "text/html\r\nX: y", "text/ht\u{fc}ml"] {
            assert_eq!(tame_mime(Some(wrong)), "application/octet-stream", "{wrong}");
        }
        assert_eq!(tame_mime(Some("text/plain; x=\r\nSet-Cookie: y")), "text/plain");
    }
}
