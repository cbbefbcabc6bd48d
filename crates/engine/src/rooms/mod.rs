//! Rooms: making them, adding events, reading state and timeline.

mod append;
mod consequences;
mod create;
mod lookup;
mod membership;
mod messages;
pub mod power;
pub(crate) mod read;
mod relations;
mod send;
pub mod view;
pub mod visibility;

pub use self::{
    append::{Appended, NewEvent, Place, append, append_history},
    create::{CreateRoom, NewRoom, create},
    lookup::{get_room, membership_of, require_joined},
    membership::{MembershipChange, change_membership},
    messages::{Page, PageRequest, Surroundings},
    send::{ClientTxn, content_from_json},
};
