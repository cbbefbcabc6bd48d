//! Filters for /sync that are kept here under a number.

use ruma::{
    OwnedUserId, UserId,
    api::client::filter::{EventFormat, FilterDefinition},
};
use unisono_store::{Tx, filters as store};

use crate::{Engine, Error, Result};

const MAX_DEFINITION: usize = 64 * 1024;

impl Engine {
    /// Keeps a filter; the same one again has the same number.
    pub async fn create_filter(&self, user_id: OwnedUserId, filter: FilterDefinition) -> Result<String> {
        if !matches!(filter.event_format, EventFormat::Client | EventFormat::Federation) {
            return Err(Error::invalid("event_format is `client` or `federation`"));
        }
        let definition = serde_json::to_string(&filter).map_err(Error::internal)?;
        if definition.len() > MAX_DEFINITION {
            return Err(Error::TooLarge(format!("a filter has at most {MAX_DEFINITION} bytes")));
        }
        self.db.write(move |tx| Ok(store::insert(tx, &user_id, &definition)?.to_string())).await
    }

    /// A filter of that person.
    pub async fn filter(&self, user_id: OwnedUserId, filter_id: String) -> Result<FilterDefinition> {
        self.db.read(move |tx| get(tx, &user_id, &filter_id)).await
    }
}

/// A filter of that person, in the caller's transaction.
pub fn get(tx: &mut Tx<'_>, user_id: &UserId, filter_id: &str) -> Result<FilterDefinition> {
    let unknown = || Error::not_found("there is no such filter");
    let filter_id: i64 = filter_id.parse().map_err(|_| unknown())?;
    let definition = store::find(tx, user_id, filter_id)?.ok_or_else(unknown)?;
    serde_json::from_str(&definition).map_err(Error::internal)
}
