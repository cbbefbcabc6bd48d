//! The hub: accounts, portals, what comes in from networks and what goes out to them.

pub mod accounts;
pub mod ghosts;
pub mod inbox;
pub mod logins;
pub mod marks;
pub mod messages;
pub mod outbox;
pub mod portals;

#[cfg(test)]
pub(crate) static CATALOGUES: &[&[&crate::Sql]] = &[
    accounts::CATALOGUE,
    ghosts::CATALOGUE,
    inbox::CATALOGUE,
    logins::CATALOGUE,
    marks::CATALOGUE,
    messages::CATALOGUE,
    outbox::CATALOGUE,
    portals::CATALOGUE,
];
