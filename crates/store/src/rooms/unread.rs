//! What a person has not read yet and was to be told of.

use ruma::UserId;

use crate::{Result, Tx, args, sql};

sql! {
    COUNT = "SELECT COUNT(*), COALESCE(SUM(CASE WHEN highlight THEN 1 ELSE 0 END), 0)
        FROM notifications WHERE user_id = $1 AND room_no = $2";
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct UnreadCounts {
    pub notifications: i64,
    /// Mentions and the like.
    pub highlights: i64,
}

pub fn count(tx: &mut Tx<'_>, user_id: &UserId, room_no: i64) -> Result<UnreadCounts> {
    tx.get(&COUNT, args![user_id, room_no], |row| {
        Ok(UnreadCounts { notifications: row.get(0)?, highlights: row.get(1)? })
    })
}
