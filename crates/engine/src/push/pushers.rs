//! Which apps want to be told (specification, `/pushers`). Only kept so far, not told yet.

use ruma::{
    OwnedDeviceId, OwnedUserId,
    api::client::push::{Pusher, PusherIds},
};
use unisono_store::pushers::{self, PusherKey};

use crate::{Engine, Error, Result};

const MAX_PUSHERS: i64 = 100;
const MAX_SIZE: usize = 16 * 1024;

impl Engine {
    pub async fn list_pushers(&self, user_id: OwnedUserId) -> Result<Vec<Pusher>> {
        let stored = self.db.read(move |tx| Ok::<_, Error>(pushers::list(tx, &user_id)?)).await?;
        stored.iter().map(|pusher| serde_json::from_str(pusher).map_err(Error::internal)).collect()
    }

    /// Adds or replaces a pusher. Unless `append`, others lose theirs with the same ids: the phone
    /// has a new owner.
    pub async fn set_pusher(
        &self,
        user_id: OwnedUserId,
        device_id: OwnedDeviceId,
        pusher: Pusher,
        append: bool,
    ) -> Result<()> {
        let content = serde_json::to_string(&pusher).map_err(Error::internal)?;
        let PusherIds { app_id, pushkey, .. } = pusher.ids;
        if app_id.is_empty() || app_id.len() > 64 || pushkey.is_empty() || pushkey.len() > 512 {
            return Err(Error::invalid("an app_id has 1 to 64 bytes and a pushkey 1 to 512"));
        }
        if content.len() > MAX_SIZE {
            return Err(Error::TooLarge(format!("a pusher has at most {MAX_SIZE} bytes")));
        }
        let now = self.now();
        self.db
            .write(move |tx| {
                let key = PusherKey { user_id: &user_id, app_id: &app_id, pushkey: &pushkey };
                if !append {
                    pushers::delete_of_others(tx, key)?;
                }
                pushers::set(tx, key, &device_id, &content, now)?;
                if pushers::count(tx, &user_id)? > MAX_PUSHERS {
                    return Err(Error::invalid(format!("nobody has more than {MAX_PUSHERS} pushers")));
                }
                Ok(())
            })
            .await
    }

    /// Removing one that is not there is no error.
    pub async fn delete_pusher(&self, user_id: OwnedUserId, ids: PusherIds) -> Result<()> {
        self.db
            .write(move |tx| {
                let key = PusherKey { user_id: &user_id, app_id: &ids.app_id, pushkey: &ids.pushkey };
                Ok(pushers::delete(tx, key)?)
            })
            .await
    }
}
