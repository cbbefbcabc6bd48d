//! `/sync`: what is new for one device.

mod token;

pub use self::token::Token;
