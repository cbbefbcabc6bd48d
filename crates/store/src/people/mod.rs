//! People and ghosts, their devices, and what proves who somebody is.

pub mod auth_sessions;
pub mod devices;
pub mod registration_tokens;
pub mod tokens;
pub mod users;

#[cfg(test)]
pub(crate) static CATALOGUES: &[&[&crate::Sql]] = &[
    auth_sessions::CATALOGUE,
    devices::CATALOGUE,
    registration_tokens::CATALOGUE,
    tokens::CATALOGUE,
    users::CATALOGUE,
];
