//! Rooms, events, state, memberships.

pub mod directory;
pub mod events;
pub mod members;
pub mod memberships;
pub mod notifications;
pub mod receipts;
pub mod room;
pub mod state;
pub mod transactions;
pub mod unread;

#[cfg(test)]
pub(crate) static CATALOGUES: &[&[&crate::Sql]] = &[
    directory::CATALOGUE,
    events::CATALOGUE,
    members::CATALOGUE,
    memberships::CATALOGUE,
    notifications::CATALOGUE,
    receipts::CATALOGUE,
    room::CATALOGUE,
    state::CATALOGUE,
    transactions::CATALOGUE,
    unread::CATALOGUE,
];
