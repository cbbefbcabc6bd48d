//! Names and pictures of people and ghosts.

use ruma::UserId;

use crate::{Result, Tx, args, sql};

sql! {
    FIND = "SELECT display_name, avatar_url FROM users WHERE user_id = $1";
    SET_NAME = "UPDATE users SET display_name = $2 WHERE user_id = $1";
    SET_AVATAR = "UPDATE users SET avatar_url = $2 WHERE user_id = $1";
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ProfileRow {
    pub display_name: Option<String>,
    /// An `mxc://` URI.
    pub avatar_url: Option<String>,
}

/// Nothing if there is no such user.
pub fn find(tx: &mut Tx<'_>, user_id: &UserId) -> Result<Option<ProfileRow>> {
    tx.find(&FIND, args![user_id], |row| Ok(ProfileRow { display_name: row.get(0)?, avatar_url: row.get(1)? }))
}

pub fn set_display_name(tx: &mut Tx<'_>, user_id: &UserId, name: Option<&str>) -> Result<()> {
    tx.execute(&SET_NAME, args![user_id, name]).map(drop)
}

pub fn set_avatar_url(tx: &mut Tx<'_>, user_id: &UserId, url: Option<&str>) -> Result<()> {
    tx.execute(&SET_AVATAR, args![user_id, url]).map(drop)
}
