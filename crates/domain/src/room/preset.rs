//! What a new room starts with (specification, `POST /createRoom`).

use serde_json::{Value, json};

/// The three presets of the specification.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Preset {
    PrivateChat,
    TrustedPrivateChat,
    PublicChat,
}

impl Preset {
    pub fn join_rule(self) -> &'static str {
        match self {
            Self::PublicChat => "public",
            Self::PrivateChat | Self::TrustedPrivateChat => "invite",
        }
    }

    pub fn history_visibility(self) -> &'static str {
        "shared"
    }

    pub fn guest_access(self) -> &'static str {
        match self {
            Self::PublicChat => "forbidden",
            Self::PrivateChat | Self::TrustedPrivateChat => "can_join",
        }
    }
}

/// The content of a new room's `m.room.power_levels`. `admins` get level 100; since room version 12
/// they must not hold the creators, whose power is unlimited anyway.
pub fn default_power_levels<'a>(admins: impl Iterator<Item = &'a str>, creators_are_unlimited: bool) -> Value {
    let users: serde_json::Map<String, Value> = admins.map(|user| (user.to_owned(), json!(100))).collect();
    let tombstone = if creators_are_unlimited { 150 } else { 100 };
    json!({
        "users": users,
        "users_default": 0,
        "events": {
            "m.room.name": 50,
            "m.room.avatar": 50,
            "m.room.canonical_alias": 50,
            "m.room.power_levels": 100,
            "m.room.history_visibility": 100,
            "m.room.encryption": 100,
            "m.room.server_acl": 100,
            "m.room.tombstone": tombstone,
        },
        "events_default": 0,
        "state_default": 50,
        "ban": 50,
        "kick": 50,
        "redact": 50,
        "invite": 0,
        "notifications": { "room": 50 },
    })
}
