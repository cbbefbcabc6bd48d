//! How a channel introduces itself in the list of networks.

use serde::Serialize;

use crate::text::Text;

/// Everything that the add-account page shows of a network before anything is connected.
#[derive(Clone, Debug, Serialize)]
pub struct ChannelMeta {
    /// `email`, `telegram` ...: stable, lower case, part of ghosts' user ids.
    pub id: &'static str,
    pub name: Text,
    /// One sentence: what the user gets and what they need for it.
    pub summary: Text,
    /// Where the vendor describes how an account is obtained.
    pub docs: Option<&'static str>,
    /// Who can read a conversation on it, in plain words ("E-Mail · unverschlüsselt").
    pub privacy: Text,
    pub flows: &'static [super::login::LoginFlow],
}
