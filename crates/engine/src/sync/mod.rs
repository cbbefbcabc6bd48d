//! `/sync`: what is new for one device (specification, "Syncing").
//!
//! Everything of one answer is read in one snapshot, at one stream position; the next token is that
//! position. Rooms whose `news` has not moved since are not looked at.

mod account;
mod collect;
pub(crate) mod filter;
mod joined;
mod left;
mod state;
mod summary;
mod timeline;
mod token;

use std::time::Duration;

use ruma::api::client::{filter::FilterDefinition, sync::sync_events::v3::Response};

pub use self::token::{Gap, Token};
use crate::{Engine, Result, rooms::view::Reader};

/// A client's question.
#[derive(Clone, Debug)]
pub struct SyncRequest {
    pub reader: Reader,
    /// `None`: everything, from the beginning.
    pub since: Option<Token>,
    pub filter: FilterDefinition,
    /// Sends the whole state of every room again.
    pub full_state: bool,
    /// State as of the end of the timeline instead of its start (MSC4222).
    pub state_after: bool,
    /// How long to wait for news.
    pub timeout: Duration,
}

/// Longest wait, whatever the client asks for.
const MAX_WAIT: Duration = Duration::from_mins(2);

impl Engine {
    /// What happened since, as soon as there is something, or nothing after `timeout`.
    pub async fn sync(&self, request: SyncRequest) -> Result<Response> {
        // Subscribed before the first look, so that nothing falls in between.
        let mut news = self.bus.subscribe(&request.reader.user_id);
        let deadline = tokio::time::Instant::now() + request.timeout.min(MAX_WAIT);
        let wait = request.since.is_some() && !request.full_state;
        loop {
            let answer = self.collect(&request).await?;
            if answer.acknowledged
                && let Some(since) = request.since
            {
                let Reader { user_id, device_id } = request.reader.clone();
                self.delete_acknowledged(user_id, device_id, since.to_device).await?;
            }
            if !wait || !answer.is_empty {
                return Ok(answer.response);
            }
            if tokio::time::timeout_at(deadline, news.changed()).await.is_err() {
                return Ok(answer.response);
            }
        }
    }
}
