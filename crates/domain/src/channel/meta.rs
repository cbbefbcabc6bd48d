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
    /// How an account is obtained, step by step; empty where a login explains itself.
    pub guide: &'static [GuideStep],
    pub catalogue: Catalogue,
    /// The vendor has to be told our address for its calls: the account shows it.
    pub hook: bool,
}

/// One step on the way to an account, with a drawing that the app makes from data.
#[derive(Clone, Debug, Serialize)]
pub struct GuideStep {
    pub text: Text,
    pub figure: Option<Figure>,
}

/// A small drawing of what the user will see at the vendor. Its words are those on the vendor's pages.
#[derive(Clone, Debug, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Figure {
    /// The way through a menu.
    Menu { path: &'static [&'static str] },
    /// A form: labels with what stands in them, empty ones left to the user.
    Form { fields: &'static [(&'static str, &'static str)] },
    /// A chat: who speaks (`true`: the user) and what they say.
    Chat { lines: &'static [(bool, &'static str)] },
    /// A code on one screen that the phone takes up.
    Scan,
}

/// What a user should know before choosing a network (`docs/guide/channels.md`).
#[derive(Clone, Debug, Serialize)]
pub struct Catalogue {
    /// False: the vendor offers no interface for this; it works by somebody else's program.
    pub official: bool,
    /// What the vendor charges.
    pub cost: Text,
    /// What the vendor forbids or asks for.
    pub rules: Text,
    /// Limits of the network that a user may run into.
    pub limits: Text,
    /// What this adapter was tested against.
    pub tested: Text,
}

/// A network that nobody outside can connect to, and what to do instead.
#[derive(Clone, Debug, Serialize)]
pub struct ClosedNetwork {
    pub id: &'static str,
    pub name: &'static str,
    pub why: Text,
    pub instead: Text,
}

/// Something to be copied from a connected account ([`super::Channel::handouts`]).
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Handout {
    pub id: &'static str,
    pub label: Text,
    /// Where it goes.
    pub hint: Text,
    pub value: String,
    /// To be shown only when asked for.
    pub secret: bool,
}
