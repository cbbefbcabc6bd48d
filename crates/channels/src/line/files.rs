//! Files that LINE fetches from us: it takes no uploads, only addresses. Each address names a message
//! of the conversation and is signed, so that it shows this file, for as long as it is in the room,
//! and nothing else.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::Value;
use unisono_domain::channel::{AccountId, Host, Outbound, PortalKey, RemoteId, Served, ServedBody, WebhookRequest};
use url::Url;

use super::compose::Links;
use crate::verify;

const FOLDER: &str = "file/";
/// What stands for a film that brought no picture.
const PLAY: &[u8] = include_bytes!("play.png");
/// LINE takes no larger preview, in bytes.
const LARGEST_PREVIEW: usize = 1_000_000;

/// Makes and reads the addresses of one account.
pub(super) struct Files {
    pub account: AccountId,
    pub secret: String,
    pub hook_url: Option<Url>,
}

impl Files {
    fn signature(&self, which: &str, chat: &str, event: &str) -> String {
        let pieces: [&[u8]; 6] = [b"file ", which.as_bytes(), b" ", chat.as_bytes(), b" ", event.as_bytes()];
        verify::hex(&verify::hmac_sha256(self.secret.as_bytes(), &pieces))
    }

    fn link(&self, which: &str, chat: &str, event: &str) -> Option<String> {
        let place = [chat, event].map(|part| URL_SAFE_NO_PAD.encode(part)).join("/");
        let base = self.hook_url.as_ref()?.as_str().trim_end_matches('/').to_owned();
        Some(format!("{base}/{FOLDER}{which}/{place}/{}", self.signature(which, chat, event)))
    }

    /// The addresses of the file that goes out with an event; `None` where nobody reaches us.
    pub async fn links(&self, host: &dyn Host, outbound: &Outbound) -> Option<Links> {
        let chat = outbound.portal.chat.as_str();
        // Later pieces and repetitions have the event's id with an addition.
        let event = outbound.txn.split(['.', '~']).next()?;
        let said = host.said(&outbound.portal, &RemoteId::new(event)).await.ok().flatten();
        let duration = said.and_then(|said| said.content["info"]["duration"].as_u64());
        Some(Links {
            file: self.link("whole", chat, event)?,
            preview: self.link("preview", chat, event)?,
            duration: duration.unwrap_or(1_000),
        })
    }

    /// The answer to a call for a file; `None` if it is for none.
    pub async fn serve(&self, host: &dyn Host, request: &WebhookRequest) -> Option<Served> {
        let path = request.path.strip_prefix(FOLDER)?;
        let found = match request.method.as_str() {
            "GET" | "HEAD" => self.find(host, path).await,
            _ => None,
        };
        let header = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        Some(match found {
            Some((mime, bytes)) => {
                let headers = vec![header("content-type", mime), header("x-content-type-options", "nosniff")];
                Served { status: 200, headers, body: ServedBody::Bytes(bytes) }
            }
            None => Served { status: 404, headers: Vec::new(), body: ServedBody::Bytes(bytes::Bytes::new()) },
        })
    }

    async fn find(&self, host: &dyn Host, path: &str) -> Option<(&'static str, bytes::Bytes)> {
        let mut pieces = path.split('/');
        let which = pieces.next()?;
        let mut text = || String::from_utf8(URL_SAFE_NO_PAD.decode(pieces.next()?).ok()?).ok();
        let (chat, event) = (text()?, text()?);
        if !verify::same(self.signature(which, &chat, &event).as_bytes(), pieces.next()?.as_bytes()) {
            return None;
        }
        let portal = PortalKey::private(self.account, chat);
        let content = host.said(&portal, &RemoteId::new(event)).await.ok()??.content;
        if which == "preview" {
            return Some(preview(host, &content).await);
        }
        let bytes = host.media(content["url"].as_str()?).await.ok()?;
        Some((shown_as(&content["info"]["mimetype"]), bytes))
    }
}

async fn preview(host: &dyn Host, content: &Value) -> (&'static str, bytes::Bytes) {
    let picture = [&content["info"]["thumbnail_url"], &content["url"]];
    let kinds = [&content["info"]["thumbnail_info"]["mimetype"], &content["info"]["mimetype"]];
    for (uri, kind) in picture.into_iter().zip(kinds) {
        let mime = shown_as(kind);
        if let Some(uri) = uri.as_str().filter(|_| mime.starts_with("image/"))
            && let Ok(bytes) = host.media(uri).await
            && bytes.len() <= LARGEST_PREVIEW
        {
            return (mime, bytes);
        }
    }
    ("image/png", bytes::Bytes::from_static(PLAY))
}

/// A kind that no browser takes for a page.
fn shown_as(mime: &Value) -> &'static str {
    match mime.as_str().unwrap_or_default().split(';').next().unwrap_or_default() {
        "image/jpeg" => "image/jpeg",
        "image/png" => "image/png",
        "video/mp4" => "video/mp4",
        "audio/mp4" | "audio/x-m4a" | "audio/aac" => "audio/mp4",
        "audio/mpeg" => "audio/mpeg",
        "application/pdf" => "application/pdf",
        _ => "application/octet-stream",
    }
}
