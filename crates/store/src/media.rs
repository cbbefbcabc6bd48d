//! Uploaded files: who uploaded what under which id, and the thumbnails made of it. The content
//! lies in blobs, named by its SHA-256.

use ruma::{OwnedUserId, UserId};

use crate::{Result, Tx, args, sql};

sql! {
    INSERT = "INSERT INTO media (media_id, owner, name, mime, sha256, size, created_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7)";
    RESERVE = "INSERT INTO media (media_id, owner, created_at) VALUES ($1, $2, $3)";
    COUNT_RESERVED = "SELECT COUNT(*) FROM media WHERE owner = $1 AND sha256 IS NULL AND created_at > $2";
    DELETE_RESERVED = "DELETE FROM media WHERE owner = $1 AND sha256 IS NULL AND created_at <= $2";
    FILL = "UPDATE media SET name = $2, mime = $3, sha256 = $4, size = $5 WHERE media_id = $1 AND sha256 IS NULL";
    FIND = "SELECT owner, name, mime, sha256, size, created_at FROM media WHERE media_id = $1";
    FIND_THUMBNAIL = "SELECT thumbnail, mime, size FROM thumbnails
        WHERE sha256 = $1 AND width = $2 AND height = $3 AND crop = $4";
    INSERT_THUMBNAIL = "INSERT INTO thumbnails (sha256, width, height, crop, thumbnail, mime, size)
        VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING";
}

/// A file's content: its SHA-256, type and size in bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContentRow {
    pub sha256: Vec<u8>,
    pub mime: String,
    pub size: i64,
}

#[derive(Clone, Debug)]
pub struct MediaRow {
    pub owner: OwnedUserId,
    pub name: Option<String>,
    /// Nothing while the id is only reserved.
    pub content: Option<ContentRow>,
    pub created_at: i64,
}

pub fn insert(
    tx: &mut Tx<'_>,
    media_id: &str,
    owner: &UserId,
    name: Option<&str>,
    content: &ContentRow,
    now: i64,
) -> Result<()> {
    tx.execute(&INSERT, args![media_id, owner, name, &content.mime, &content.sha256, content.size, now]).map(drop)
}

/// Reserves an id for a later upload.
pub fn reserve(tx: &mut Tx<'_>, media_id: &str, owner: &UserId, now: i64) -> Result<()> {
    tx.execute(&RESERVE, args![media_id, owner, now]).map(drop)
}

/// How many ids reserved after `since` the person has not filled.
pub fn count_reserved(tx: &mut Tx<'_>, owner: &UserId, since: i64) -> Result<i64> {
    tx.get(&COUNT_RESERVED, args![owner, since], |row| row.get(0))
}

/// Takes back the person's ids that were reserved up to `until` and never filled.
pub fn delete_reserved(tx: &mut Tx<'_>, owner: &UserId, until: i64) -> Result<()> {
    tx.execute(&DELETE_RESERVED, args![owner, until]).map(drop)
}

/// Fills a reserved id; false if it has content already.
pub fn fill(tx: &mut Tx<'_>, media_id: &str, name: Option<&str>, content: &ContentRow) -> Result<bool> {
    Ok(tx.execute(&FILL, args![media_id, name, &content.mime, &content.sha256, content.size])? == 1)
}

pub fn find(tx: &mut Tx<'_>, media_id: &str) -> Result<Option<MediaRow>> {
    tx.find(&FIND, args![media_id], |row| {
        let content = match row.get::<Option<Vec<u8>>>(3)? {
            Some(sha256) => Some(ContentRow { sha256, mime: row.get(2)?, size: row.get(4)? }),
            None => None,
        };
        Ok(MediaRow { owner: row.get(0)?, name: row.get(1)?, content, created_at: row.get(5)? })
    })
}

/// Which thumbnail of a picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ThumbnailKey {
    pub width: u32,
    pub height: u32,
    pub crop: bool,
}

/// `Some(None)`: it was tried, and the blob is no picture that can be made smaller.
pub fn find_thumbnail(tx: &mut Tx<'_>, sha256: &[u8], key: ThumbnailKey) -> Result<Option<Option<ContentRow>>> {
    tx.find(&FIND_THUMBNAIL, args![sha256, i64::from(key.width), i64::from(key.height), key.crop], |row| match row
        .get::<Option<
        Vec<u8>,
    >>(
        0
    )? {
        Some(sha256) => Ok(Some(ContentRow { sha256, mime: row.get(1)?, size: row.get(2)? })),
        None => Ok(None),
    })
}

pub fn insert_thumbnail(
    tx: &mut Tx<'_>,
    sha256: &[u8],
    key: ThumbnailKey,
    thumbnail: Option<&ContentRow>,
) -> Result<()> {
    tx.execute(
        &INSERT_THUMBNAIL,
        args![
            sha256,
            i64::from(key.width),
            i64::from(key.height),
            key.crop,
            thumbnail.map(|content| &content.sha256),
            thumbnail.map(|content| &content.mime),
            thumbnail.map(|content| content.size),
        ],
    )
    .map(drop)
}
