//! Files that Twilio fetches from us: it takes no uploads, only addresses. They lie here for a while,
//! under names that nobody can guess, below the account's own address.

use std::{
    collections::VecDeque,
    sync::{Mutex, PoisonError},
};

use bytes::Bytes;
use unisono_domain::{
    Millis,
    channel::{Served, ServedBody, WebhookRequest},
};

/// Twilio fetches at once, and again after a failure, for so long (in milliseconds).
const KEPT: Millis = 4 * 60 * 60 * 1_000;
/// All files together, in bytes; older ones make room.
const MOST: usize = 64 * 1024 * 1024;
const FOLDER: &str = "media/";

struct File {
    name: String,
    mime: String,
    bytes: Bytes,
    until: Millis,
}

#[derive(Default)]
pub(super) struct Shelf(Mutex<VecDeque<File>>);

impl Shelf {
    /// Lays a file down; gives its place below the account's address.
    pub(super) fn put(&self, bytes: Bytes, mime: &str, now: Millis) -> String {
        let name = format!("{FOLDER}{:032x}", rand::random::<u128>());
        let mut files = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        files.retain(|file| file.until > now);
        files.push_back(File { name: name.clone(), mime: mime.to_owned(), bytes, until: now + KEPT });
        while files.len() > 1 && files.iter().map(|file| file.bytes.len()).sum::<usize>() > MOST {
            files.pop_front();
        }
        name
    }

    /// The answer to a call for a file; `None` if it is for none.
    pub(super) fn serve(&self, request: &WebhookRequest, now: Millis) -> Option<Served> {
        if !request.path.starts_with(FOLDER) {
            return None;
        }
        let files = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let found = files.iter().find(|file| file.name == request.path && file.until > now);
        let served = |status, headers, bytes| Served { status, headers, body: ServedBody::Bytes(bytes) };
        Some(match found {
            Some(file) if matches!(request.method.as_str(), "GET" | "HEAD") => {
                let headers = [("content-type", file.mime.as_str()), ("x-content-type-options", "nosniff")];
                let headers = headers.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec();
                served(200, headers, file.bytes.clone())
            }
            _ => served(404, Vec::new(), Bytes::new()),
        })
    }
}
