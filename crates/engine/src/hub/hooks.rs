//! Calls that vendors make to us: answered when their content is on disk, never before.

use std::sync::Arc;

use bytes::Bytes;
use unisono_domain::channel::{Served, ServedBody, WebhookError, WebhookReply, WebhookRequest};
use unisono_store::hub::accounts;

use super::{host::AccountHost, sessions::open_account};
use crate::{Engine, Error, Result};

impl Engine {
    /// Takes a call to the address that ends in `hook`.
    pub async fn answer_hook(&self, hook: &str, request: WebhookRequest) -> Result<Served> {
        let unknown = || Error::not_found("there is no such address");
        let (row, account) = match self.hub.find_hook(hook) {
            Some(live) => {
                if let Some(served) = live.session.serve(&request).await {
                    return Ok(served);
                }
                (live.row, live.account)
            }
            // Not connected, as with a token that holds no longer: what the vendor tells counts all the same.
            None => {
                let asked = hook.to_owned();
                let row = self.db.read(move |tx| Ok::<_, Error>(accounts::find_hook(tx, &asked)?)).await?;
                let row = row.filter(|row| row.removed.is_none()).ok_or_else(unknown)?;
                let account = open_account(self, &row)?;
                (Arc::new(row), Arc::new(account))
            }
        };
        let channel = self.hub.get_channel(&row.channel)?;
        let reply = channel.webhook(&request, &account).map_err(|error| match error {
            WebhookError::NotSupported => unknown(),
            WebhookError::BadSignature => {
                tracing::warn!(account.id = row.account_id, "a call with a wrong signature was refused");
                Error::Forbidden("the signature does not fit".to_owned())
            }
            WebhookError::NotNow(reason) => Error::Unavailable(reason.to_owned()),
            WebhookError::Malformed(reason) => {
                tracing::warn!(account.id = row.account_id, reason, "a vendor's call cannot be read");
                Error::bad_json(reason)
            }
        })?;
        let WebhookReply { events, body, content_type } = reply;
        if !events.is_empty() {
            AccountHost::new(self, &row).store(events, None).await?;
        }
        Ok(answer(body, content_type))
    }
}

fn answer(body: Bytes, content_type: &str) -> Served {
    let headers = vec![("content-type".to_owned(), content_type.to_owned())];
    Served { status: 200, headers, body: ServedBody::Bytes(body) }
}
