//! Rooms: making them, adding events, reading state and timeline.

mod append;
mod consequences;
mod create;
mod directory;
mod lookup;
mod membership;
mod messages;
pub mod power;
pub(crate) mod read;
mod related;
mod relations;
mod restricted;
mod send;
pub mod view;
pub mod visibility;

pub use self::{
    append::{Appended, NewEvent, Place, append, append_history},
    create::{CreateRoom, NewRoom, create},
    directory::PublicRoom,
    lookup::{get_room, membership_of, require_joined},
    membership::{MembershipChange, change_membership},
    messages::{Page, PageRequest, Surroundings},
    related::{RelatedPage, RelatedRequest},
    send::{ClientTxn, content_from_json},
};
