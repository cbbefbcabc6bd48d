//! Who makes a request.

use ruma::{OwnedDeviceId, OwnedUserId};

use crate::{Engine, Error, Result};

/// A person who has proved who they are, on one of their devices.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    pub user_id: OwnedUserId,
    pub device_id: OwnedDeviceId,
    pub admin: bool,
}

impl Engine {
    /// The session behind an access token.
    #[expect(clippy::unused_async, reason = "asks the store as soon as people have tokens")]
    pub async fn authenticate(&self, _token: &str) -> Result<Session> {
        Err(Error::Unauthenticated {
            code: "M_UNKNOWN_TOKEN",
            message: "unknown access token".to_owned(),
            soft_logout: false,
        })
    }
}
