//! What the hub calls a message. Ids that people's programs choose are unique at best within a chat
//! and a direction, so these are part of the name; a name that holds no direction cannot be used by
//! one side to retract what the other said.

use unisono_domain::channel::RemoteId;

use crate::verify::hex;

/// Longer ids are named by their digest.
const LONGEST: usize = 256;

/// A message of the other side in a private chat, by its own id.
pub fn theirs(chat: &str, id: &str) -> RemoteId {
    name(chat, '<', id)
}

/// A message of ours in a private chat, from whichever program.
pub fn mine(chat: &str, id: &str) -> RemoteId {
    name(chat, '>', id)
}

/// A message in a room, by the id that the room gave it (XEP-0359).
pub fn in_room(room: &str, id: &str) -> RemoteId {
    name(room, ' ', id)
}

fn name(chat: &str, direction: char, id: &str) -> RemoteId {
    RemoteId::new(short(&format!("{chat} {direction}{id}")))
}

/// The text itself, or what stands for it if it is too long for a key.
pub fn short(text: &str) -> String {
    use sha2::Digest as _;
    if text.len() <= LONGEST { text.to_owned() } else { hex(&sha2::Sha256::digest(text.as_bytes())) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_sides_and_all_chats_have_names_of_their_own() {
        let names = [theirs("a@x", "1"), mine("a@x", "1"), in_room("a@x", "1"), theirs("b@x", "1")];
        for (number, one) in names.iter().enumerate() {
            assert!(names[number + 1..].iter().all(|other| other != one));
        }
        assert!(theirs("a@x", &"é".repeat(10_000)).as_str().len() <= LONGEST);
    }
}
