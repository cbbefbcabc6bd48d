//! Files: uploads, downloads, thumbnails. Content lies in blobs named by its hash; the database
//! knows who uploaded what under which id.

mod blobs;
mod probe;
mod store;
mod thumbnail;

use std::path::Path;

use tokio::sync::{Notify, Semaphore};

pub use self::{
    blobs::{BlobId, Blobs, ByteStream, Stored},
    probe::{Probed, probe},
    store::{Media, MediaBody, NewMedia},
    thumbnail::ThumbnailSize,
};
use crate::Result;

/// What media need while the server runs.
#[derive(Debug)]
pub struct MediaStore {
    pub blobs: Blobs,
    /// An id that was reserved got its content.
    filled: Notify,
    /// Bounds the memory that unpacked pictures take; a permit is a megapixel.
    decoding: Semaphore,
}

impl MediaStore {
    pub(crate) fn open(folder: &Path) -> Result<Self> {
        Ok(Self {
            blobs: Blobs::open_local(&folder.join("media"))?,
            filled: Notify::new(),
            decoding: Semaphore::new(thumbnail::MEGAPIXELS_AT_ONCE),
        })
    }
}
