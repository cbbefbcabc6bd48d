//! Where the bytes of files are: objects named by the SHA-256 of their content.

use std::{fmt::Write as _, path::Path, sync::Arc};

use bytes::Bytes;
use futures_util::{Stream, StreamExt, stream::BoxStream};
use object_store::{
    GetOptions, MultipartUpload, ObjectStore, ObjectStoreExt, PutPayload, local::LocalFileSystem,
    path::Path as ObjectPath,
};
use sha2::{Digest, Sha256};

use crate::{Error, Result};

/// What S3 takes as the smallest part. Files up to this size are held in memory, larger ones are
/// passed on in parts of it.
const PART: usize = 5 * 1024 * 1024;
/// Parts of uploads that have not ended. Nothing in it outlives the process.
const INCOMING: &str = "incoming";

/// SHA-256 of a blob's content.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct BlobId([u8; 32]);

impl BlobId {
    pub fn of(bytes: &[u8]) -> Self {
        Self(Sha256::digest(bytes).into())
    }

    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// 64 hexadecimal digits.
    pub fn to_hex(&self) -> String {
        self.0.iter().fold(String::with_capacity(64), |mut hex, byte| {
            // Writing to a String cannot fail.
            let _ = write!(hex, "{byte:02x}");
            hex
        })
    }

    /// Two levels of folders, so that none gets too many entries.
    fn path(&self) -> ObjectPath {
        let hex = self.to_hex();
        ObjectPath::from(format!("{}/{}/{hex}", &hex[..2], &hex[2..4]))
    }
}

impl TryFrom<&[u8]> for BlobId {
    type Error = Error;

    fn try_from(bytes: &[u8]) -> Result<Self> {
        bytes.try_into().map(Self).map_err(|_| Error::internal("a blob id is not 32 bytes long"))
    }
}

/// A blob that was stored.
#[derive(Clone, Copy, Debug)]
pub struct Stored {
    pub id: BlobId,
    pub size: u64,
}

/// Content in pieces, as it arrives or leaves.
pub type ByteStream = BoxStream<'static, std::io::Result<Bytes>>;

/// The store of blobs. What `put` returned is on disk.
#[derive(Clone, Debug)]
pub struct Blobs {
    store: Arc<dyn ObjectStore>,
}

impl Blobs {
    /// Opens or makes a store in a local folder. Files and their folders are synced before a put
    /// returns.
    pub fn open_local(folder: &Path) -> Result<Self> {
        let failed = |error: std::io::Error| Error::Unavailable(format!("cannot use {}: {error}", folder.display()));
        std::fs::create_dir_all(folder).map_err(failed)?;
        match std::fs::remove_dir_all(folder.join(INCOMING)) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(failed(error)),
            _ => {}
        }
        let store = LocalFileSystem::new_with_prefix(folder).map_err(unavailable)?.with_fsync(true);
        Ok(Self { store: Arc::new(store) })
    }

    /// Stores bytes that are in memory already.
    pub async fn put(&self, bytes: Bytes) -> Result<Stored> {
        let stored = Stored { id: BlobId::of(&bytes), size: bytes.len() as u64 };
        self.store.put(&stored.id.path(), bytes.into()).await.map_err(unavailable)?;
        Ok(stored)
    }

    /// Stores what a stream brings; [`Error::TooLarge`] as soon as it is more than `limit` bytes.
    pub async fn put_stream<S>(&self, mut stream: S, limit: u64) -> Result<Stored>
    where
        S: Stream<Item = std::io::Result<Bytes>> + Unpin + Send,
    {
        let mut upload = None;
        let received = self.receive(&mut stream, limit, &mut upload).await;
        if let (Err(_), Some(upload)) = (&received, &mut upload) {
            // What is left over goes away at the next start at the latest.
            let _ = upload.abort().await;
        }
        received
    }

    async fn receive<S>(
        &self,
        stream: &mut S,
        limit: u64,
        upload: &mut Option<Box<dyn MultipartUpload>>,
    ) -> Result<Stored>
    where
        S: Stream<Item = std::io::Result<Bytes>> + Unpin + Send,
    {
        let mut hash = Sha256::new();
        let mut size = 0_u64;
        let mut part = Part::default();
        let incoming = ObjectPath::from(format!("{INCOMING}/{:032x}", rand::random::<u128>()));
        while let Some(bytes) = stream.next().await {
            let bytes = bytes.map_err(|error| Error::invalid(format!("the upload broke off: {}", error.kind())))?;
            size += bytes.len() as u64;
            if size > limit {
                return Err(too_large(limit));
            }
            hash.update(&bytes);
            part.push(bytes);
            if part.size >= PART {
                let upload = match upload {
                    Some(upload) => upload,
                    None => upload.insert(self.store.put_multipart(&incoming).await.map_err(unavailable)?),
                };
                upload.put_part(std::mem::take(&mut part).into_payload()).await.map_err(unavailable)?;
            }
        }
        let stored = Stored { id: BlobId(hash.finalize().into()), size };
        match upload {
            None => {
                self.store.put(&stored.id.path(), part.into_payload()).await.map_err(unavailable)?;
            }
            Some(upload) => {
                if part.size > 0 {
                    upload.put_part(part.into_payload()).await.map_err(unavailable)?;
                }
                upload.complete().await.map_err(unavailable)?;
                self.store.rename(&incoming, &stored.id.path()).await.map_err(unavailable)?;
            }
        }
        Ok(stored)
    }

    /// The content, or `range` of it, piece by piece.
    pub async fn stream(&self, id: BlobId, range: Option<std::ops::Range<u64>>) -> Result<ByteStream> {
        let options = GetOptions { range: range.map(Into::into), ..GetOptions::default() };
        let found = self.store.get_opts(&id.path(), options).await.map_err(unavailable)?;
        Ok(found.into_stream().map(|piece| piece.map_err(std::io::Error::other)).boxed())
    }

    /// The whole content in memory.
    pub async fn read(&self, id: BlobId) -> Result<Bytes> {
        self.store.get(&id.path()).await.map_err(unavailable)?.bytes().await.map_err(unavailable)
    }
}

pub(super) fn too_large(limit: u64) -> Error {
    Error::TooLarge(format!("files may have at most {limit} bytes here"))
}

fn unavailable(error: object_store::Error) -> Error {
    match error {
        // A row promises the blob, so this is not a question of the caller's.
        object_store::Error::NotFound { path, .. } => Error::internal(format!("the blob {path} is missing")),
        other => Error::Unavailable(format!("the media store does not work: {other}")),
    }
}

/// Pieces on their way into one part; they are not copied.
#[derive(Default)]
struct Part {
    pieces: Vec<Bytes>,
    size: usize,
}

impl Part {
    fn push(&mut self, piece: Bytes) {
        self.size += piece.len();
        self.pieces.push(piece);
    }

    fn into_payload(self) -> PutPayload {
        self.pieces.into_iter().collect()
    }
}

#[cfg(test)]
mod tests {
    use futures_util::stream;

    use super::*;

    fn pieces(size: usize) -> impl Stream<Item = std::io::Result<Bytes>> + Unpin + Send {
        let all = Bytes::from((0..size).map(|n| (n % 251) as u8).collect::<Vec<_>>());
        stream::iter((0..size).step_by(60_000).map(move |at| Ok(all.slice(at..size.min(at + 60_000)))))
    }

    fn files(folder: &Path) -> usize {
        std::fs::read_dir(folder).map_or(0, |entries| {
            entries.flatten().map(|entry| if entry.path().is_dir() { files(&entry.path()) } else { 1 }).sum()
        })
    }

    #[tokio::test]
    async fn small_and_large_files_come_back_and_the_same_content_is_kept_once() {
        let folder = tempfile::tempdir().unwrap();
        let blobs = Blobs::open_local(folder.path()).unwrap();
        for size in [0, 10, PART - 1, PART, 2 * PART + 17] {
            let stored = blobs.put_stream(pieces(size), u64::MAX).await.unwrap();
            assert_eq!(stored.size, size as u64);
            let content = blobs.read(stored.id).await.unwrap();
            assert_eq!((content.len(), BlobId::of(&content)), (size, stored.id));
            assert_eq!(blobs.put_stream(pieces(size), u64::MAX).await.unwrap().id, stored.id);
            assert_eq!(blobs.put(content).await.unwrap().id, stored.id);
        }
        assert_eq!(files(folder.path()), 5);
    }

    #[tokio::test]
    async fn too_much_and_broken_off_uploads_leave_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let blobs = Blobs::open_local(folder.path()).unwrap();
        let refused = blobs.put_stream(pieces(PART * 2), PART as u64 + 1).await.unwrap_err();
        assert!(matches!(refused, Error::TooLarge(_)));
        let broken = pieces(PART + 1).chain(stream::iter([Err(std::io::ErrorKind::ConnectionReset.into())]));
        assert!(matches!(blobs.put_stream(broken, u64::MAX).await.unwrap_err(), Error::Invalid { .. }));
        assert_eq!(files(folder.path()), 0);
    }

    #[tokio::test]
    async fn a_range_is_a_piece_of_the_content() {
        let folder = tempfile::tempdir().unwrap();
        let blobs = Blobs::open_local(folder.path()).unwrap();
        let stored = blobs.put(Bytes::from_static(b"0123456789")).await.unwrap();
        let piece: Vec<_> = blobs.stream(stored.id, Some(2..5)).await.unwrap().collect().await;
        assert_eq!(piece.into_iter().flatten().flatten().collect::<Vec<_>>(), b"234");
    }

    #[tokio::test]
    async fn leftovers_of_a_crash_are_removed_at_the_start() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(folder.path().join(INCOMING)).unwrap();
        std::fs::write(folder.path().join(INCOMING).join("half#1"), "half").unwrap();
        Blobs::open_local(folder.path()).unwrap();
        assert_eq!(files(folder.path()), 0);
    }
}
