//! Which names people may choose.

use ruma::{OwnedUserId, ServerName, UserId};

use crate::{Error, Result};

/// The server's own user.
const BOT: &str = "unisono";

/// Ghosts are called `<channel>_<id>`; a person with such a name could be taken for one.
const NETWORKS: &[&str] = &[
    "bluesky",
    "discord",
    "email",
    "fax",
    "gmessages",
    "instagram",
    "irc",
    "line",
    "mastodon",
    "matrix",
    "mattermost",
    "messenger",
    "meta",
    "phone",
    "rcs",
    "rocketchat",
    "signal",
    "simplex",
    "sip",
    "slack",
    "sms",
    "teams",
    "telegram",
    "threema",
    "tiktok",
    "twitter",
    "viber",
    "webchat",
    "wechat",
    "whatsapp",
    "xmpp",
    "youtube",
    "zulip",
];

/// Why a name is not to be had.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reserved {
    Bot,
    Ghosts,
}

/// The user id for a local part that somebody wants. Capitals become small letters.
pub(super) fn parse(server_name: &ServerName, localpart: &str) -> Result<OwnedUserId> {
    let invalid = |message: &str| Error::Invalid { code: "M_INVALID_USERNAME", message: message.to_owned() };
    let localpart = localpart.to_ascii_lowercase();
    if localpart.is_empty() {
        return Err(invalid("a name has at least one character"));
    }
    // Specification, "User identifiers"; the underscore in front belongs to services.
    let fits = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"._=-/+".contains(&byte);
    if !localpart.bytes().all(fits) {
        return Err(invalid("a name is made of a-z, 0-9 and . _ = - / +"));
    }
    let user_id = format!("@{localpart}:{server_name}");
    if user_id.len() > 255 {
        return Err(invalid("the name is too long"));
    }
    if reserved(&localpart).is_some() {
        return Err(Error::Invalid { code: "M_EXCLUSIVE", message: "this name is reserved".to_owned() });
    }
    UserId::parse(user_id).map_err(|_| invalid("this is no valid name"))
}

/// Whether a local part belongs to the server or to ghosts.
pub(super) fn reserved(localpart: &str) -> Option<Reserved> {
    if localpart == BOT {
        return Some(Reserved::Bot);
    }
    let network = localpart.split_once('_').map(|(network, _)| network);
    network.filter(|network| network.is_empty() || NETWORKS.contains(network)).map(|_| Reserved::Ghosts)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outcome(name: &str) -> std::result::Result<String, &'static str> {
        match parse(<&ServerName>::try_from("example.org").unwrap(), name) {
            Ok(id) => Ok(id.localpart().to_owned()),
            Err(Error::Invalid { code, .. }) => Err(code),
            Err(other) => panic!("{other}"),
        }
    }

    #[test]
    fn names_follow_the_grammar_of_the_specification() {
        assert_eq!(outcome("anna_b.c=d-e/f+1"), Ok("anna_b.c=d-e/f+1".to_owned()));
        assert_eq!(outcome("Anna"), Ok("anna".to_owned()));
        for wrong in ["", "has space", "ümlaut", "a:b", "@a", &"x".repeat(300)] {
            assert_eq!(outcome(wrong), Err("M_INVALID_USERNAME"), "{wrong}");
        }
    }

    #[test]
    fn nobody_can_pass_for_a_ghost_or_for_the_server() {
        for name in ["unisono", "Telegram_12345", "email_anna=40example.org", "_service"] {
            assert_eq!(outcome(name), Err("M_EXCLUSIVE"), "{name}");
        }
        assert!(outcome("telegram").is_ok());
    }
}
