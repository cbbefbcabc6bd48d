//! People: who they are, how they prove it, on which devices.

mod account;
mod live;
mod password;
mod session;
mod token;
mod username;

pub use self::{account::NewPerson, live::Live, session::Session, username::Reserved};
