//! What we note beside a message, to be able to refer to it later.

use serde::{Deserialize, Serialize};
use unisono_domain::channel::MessageRef;

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Notes {
    /// As its author calls it: what receipts and corrections name.
    pub id: String,
    /// As the room or the archive calls it: what everything else in rooms names.
    pub sid: Option<String>,
    /// Its author wants to know when it was seen.
    pub markable: bool,
    /// Who said it, with the place in the room.
    pub from: String,
    /// Ours, if it was sent from here.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub txn: Option<String>,
}

impl Notes {
    pub fn read(message: &MessageRef) -> Self {
        serde_json::from_value(message.data.clone()).unwrap_or_default()
    }

    pub fn to_value(&self) -> serde_json::Value {
        serde_json::to_value(self).unwrap_or_default()
    }
}
