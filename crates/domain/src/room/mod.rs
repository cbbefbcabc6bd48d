//! Room and event rules, as far as they need no database: what an event looks like on the wire
//! between servers (a PDU) and to clients, how it is sealed, what a new room starts with.

mod client_event;
mod pdu;
mod preset;
mod seal;

pub use self::{
    client_event::{ClientEvent, Unsigned},
    pdu::Pdu,
    preset::{Preset, default_power_levels},
    seal::{Draft, InvalidEvent, Sealed, Signer, redact},
};

/// Largest event in bytes (specification, "Size limits").
pub const MAX_PDU: usize = 65_535;

/// Room versions in which rooms can be made here, and the one that is taken when none is asked for.
pub const CREATABLE_VERSIONS: [&str; 2] = ["11", "12"];
pub const DEFAULT_VERSION: &str = "12";
