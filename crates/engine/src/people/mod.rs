//! People: who they are, how they prove it, on which devices.

mod account;
mod devices;
mod invites;
mod live;
mod login;
mod password;
mod refresh;
mod registration;
mod session;
mod setup;
mod token;
mod uia;
mod username;

pub use self::{
    account::NewPerson,
    devices::delete_device,
    invites::Invite,
    live::Live,
    login::{DeviceChoice, LoggedIn},
    registration::{Candidate, Registered},
    session::Session,
};
pub use unisono_store::people::{devices::DeviceRow, users::UserRow};

#[cfg(test)]
mod tests;
