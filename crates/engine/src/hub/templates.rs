//! The texts that a vendor has approved.

use std::time::Duration;

use ruma::OwnedUserId;
use unisono_domain::channel::{AccountId, Template};

use super::{accounts::get_own, chats::request_error};
use crate::{Engine, Error, Result};

const ANSWER_WITHIN: Duration = Duration::from_secs(30);

impl Engine {
    /// The templates of one's own account, as the vendor has them now.
    pub async fn list_templates(&self, owner: OwnedUserId, account_id: i64) -> Result<Vec<Template>> {
        self.db.read(move |tx| get_own(tx, &owner, account_id).map(drop)).await?;
        let session = self
            .hub
            .find_session(AccountId(account_id))
            .ok_or_else(|| Error::Unavailable("this account is not connected".to_owned()))?;
        tokio::time::timeout(ANSWER_WITHIN, session.templates())
            .await
            .map_err(|_| Error::Unavailable("the network does not answer".to_owned()))?
            .map_err(request_error)
    }
}
