//! Sending files, in three steps
//! (<https://docs.slack.dev/messaging/working-with-files/#uploading_files>).

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};
use unisono_domain::channel::{Formatting, MediaSource, Outbound, Part, RemoteId, SendOutcome};

use super::{
    convert::{self, message_id},
    session::{SlackSession, notes},
};
use crate::{format, rest::RestError};

/// How often the message of a file is looked for, which Slack makes a moment later.
const LOOKS: usize = 6;

impl SlackSession {
    pub(super) async fn upload(
        &self,
        outbound: &Outbound,
        part: &Part,
        thread: Option<&str>,
    ) -> Result<SendOutcome, RestError> {
        let Some((media, bytes)) = part.media.as_ref().and_then(|media| match &media.source {
            MediaSource::Bytes(bytes) => Some((media, bytes.clone())),
            MediaSource::Lazy(_) | MediaSource::Stored(_) => None,
        }) else {
            return Ok(SendOutcome::Unsupported);
        };
        let length = bytes.len().to_string();
        let place =
            self.api.form("files.getUploadURLExternal", &[("filename", &media.name), ("length", &length)]).await?;
        let (Some(url), Some(file)) = (place["upload_url"].as_str(), place["file_id"].as_str()) else {
            return Err(RestError::Malformed("no place for the file".to_owned()));
        };
        let carried = self.api.rest.call(Method::POST, url).header("content-type", "application/octet-stream");
        carried.idempotent().body(bytes).within(Duration::from_secs(300)).answer(64 * 1024).await?;
        let channel = outbound.portal.chat.as_str();
        let mut body = json!({ "files": [{ "id": file, "title": media.name }], "channel_id": channel });
        if !part.text.is_empty() {
            body["initial_comment"] = json!(format::write(Formatting::Slack, part));
        }
        if let Some(thread) = thread {
            body["thread_ts"] = json!(thread);
        }
        let answer = self.api.act("files.completeUploadExternal", &body).await?;
        let mut found = share(&answer["files"][0], channel);
        for _ in 0..LOOKS {
            if found.is_some() {
                break;
            }
            tokio::time::sleep(Duration::from_millis(500)).await;
            let info = self.api.ask("files.info", &[("file", file)]).await.unwrap_or_default();
            found = share(&info["file"], channel);
        }
        Ok(match found {
            Some(ts) => SendOutcome::Sent {
                id: RemoteId::new(message_id(channel, &ts)),
                at: convert::time(&ts),
                data: notes(thread.map(ToOwned::to_owned)),
            },
            // Its message is told as an event, with the file's id.
            None => SendOutcome::PendingEcho { txn: message_id(channel, file) },
        })
    }
}

/// The message by which a file was shared in a channel.
fn share(file: &Value, channel: &str) -> Option<String> {
    let shares = ["public", "private"].into_iter().find_map(|kind| file["shares"][kind][channel].as_array());
    Some(shares?.first()?["ts"].as_str()?.to_owned())
}
