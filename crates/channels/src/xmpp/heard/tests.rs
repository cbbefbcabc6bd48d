use super::*;
use crate::xmpp::memory::{Occupant, Room};

const ROOM: &str = "room@muc.x";

fn memory() -> Memory {
    let mut memory = Memory::default();
    let occupant = |id: &str| Occupant { real: None, id: Some(id.to_owned()) };
    let occupants = [("Me".to_owned(), occupant("o-me")), ("Anna".to_owned(), occupant("o-anna"))].into();
    let room = Room {
        nick: "Me".to_owned(),
        joined: true,
        occupant_id: Some("o-me".to_owned()),
        occupants,
        ..Room::default()
    };
    memory.rooms.insert(ROOM.to_owned(), room);
    memory
}

fn read_with(memory: &mut Memory, xml: &str) -> Vec<Inbound> {
    let xml = xml.replacen("<message", "<message xmlns='jabber:client'", 1);
    let message = Message::try_from(xml.parse::<Element>().unwrap()).unwrap();
    let me: BareJid = "me@x".parse().unwrap();
    let heard = Heard { message, at: 1_000, archived: None, way: Way::Live };
    Reader { account: AccountId(1), me: &me, memory }.read(&heard)
}

fn read(xml: &str) -> Vec<Inbound> {
    read_with(&mut memory(), xml)
}

fn said_in_room(id: &str, nick: &str, inner: &str) -> String {
    format!(
        "<message type='groupchat' from='{ROOM}/{nick}' id='{id}'><body>{id}</body>{inner}<stanza-id \
         xmlns='urn:xmpp:sid:0' by='{ROOM}' id='S-{id}'/></message>"
    )
}

#[test]
fn what_comes_back_has_failed_with_the_reason() {
    let error = "<error type='cancel'><remote-server-not-found xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error>";
    let events = read(&format!("<message type='error' from='anna@y' id='$1'>{error}</message>"));
    let InboundBody::Failed { target, reason } = &events[0].body else { panic!("{events:?}") };
    assert_eq!(*target, ids::mine("anna@y", "$1"));
    assert!(reason.de.contains("Gegenseite"), "{reason:?}");
    assert!(read(&format!("<message type='error' from='anna@y' id='{ASIDE}1'>{error}</message>")).is_empty());
    assert!(read("<message type='error' from='anna@y' id='$1'/>").is_empty());
}

#[test]
fn ids_that_others_claim_to_have_given_are_not_believed() {
    let forged = "<stanza-id xmlns='urn:xmpp:sid:0' by='room@muc.x' id='FORGED'/>";
    let room: BareJid = "other@muc.x".parse().unwrap();
    let payload: Element = forged.parse().unwrap();
    assert_eq!(stanza_id(&[payload], &room), None);
}

#[test]
fn a_correction_by_somebody_else_stands_for_itself() {
    let mut memory = memory();
    read_with(&mut memory, &said_in_room("1", "Anna", ""));
    let replace = "<replace xmlns='urn:xmpp:message-correct:0' id='1'/>";
    let by_eve = read_with(&mut memory, &said_in_room("2", "Eve", replace));
    assert!(matches!(by_eve[0].body, InboundBody::Message { .. }));
    let by_anna = read_with(&mut memory, &said_in_room("3", "Anna", replace));
    assert!(matches!(&by_anna[0].body, InboundBody::Edit { target, .. } if *target == ids::in_room(ROOM, "S-1")));
}

#[test]
fn the_room_itself_may_remove_anything() {
    let mut memory = memory();
    read_with(&mut memory, &said_in_room("1", "Anna", ""));
    let retract = "<retract xmlns='urn:xmpp:message-retract:1' id='S-1'><moderated xmlns='urn:xmpp:message-moderate:1'/></retract>";
    let moderated = format!("<message type='groupchat' from='{ROOM}' id='2'>{retract}</message>");
    let events = read_with(&mut memory, &moderated);
    assert_eq!(events[0].body, InboundBody::Delete { target: ids::in_room(ROOM, "S-1") });
    assert!(read_with(&mut memory, &moderated.replace(ROOM, "room@muc.x/Eve")).is_empty());
}

#[test]
fn we_are_known_in_a_room_by_more_than_a_name() {
    let own = said_in_room("1", "Me", "<occupant-id xmlns='urn:xmpp:occupant-id:0' id='o-me'/>");
    assert_eq!(read(&own)[0].sender, Sender::Me);
    // Somebody who had our name before.
    let other = said_in_room("1", "Me", "<occupant-id xmlns='urn:xmpp:occupant-id:0' id='o-old'/>");
    assert!(matches!(read(&other)[0].sender, Sender::Remote(_)));
}

#[test]
fn a_private_word_in_a_room_is_a_chat_of_its_own() {
    let events = read(&format!("<message type='chat' from='{ROOM}/Anna' id='1'><body>psst</body></message>"));
    assert_eq!(events[0].portal, PortalKey::private(AccountId(1), "room@muc.x/Anna"));
}

#[test]
fn an_invitation_is_the_guests_word() {
    let invite = "<x xmlns='http://jabber.org/protocol/muc#user'><invite from='anna@x/1'/></x>";
    let events = read(&format!("<message from='new@muc.x' id='1'>{invite}</message>"));
    assert_eq!(events[0].portal, PortalKey::private(AccountId(1), "anna@x"));
    let InboundBody::Message { parts, .. } = &events[0].body else { panic!("{events:?}") };
    assert!(parts[0].text.contains("new@muc.x"));
}

#[test]
fn a_new_subject_is_told_once_and_the_old_one_never() {
    let mut memory = memory();
    let subject =
        |text: &str| format!("<message type='groupchat' from='{ROOM}/Anna'><subject>{text}</subject></message>");
    assert!(read_with(&mut memory, &subject("as it was")).is_empty());
    assert_eq!(read_with(&mut memory, &subject("news")).len(), 1);
    assert!(read_with(&mut memory, &subject("news")).is_empty());
}

#[test]
fn a_reaction_to_ones_own_message_waits_for_who_wrote_it() {
    let mut memory = memory();
    let reacts = "<message xmlns='jabber:client' type='chat' from='anna@x/1' id='2'><reactions \
                  xmlns='urn:xmpp:reactions:0' id='1'><reaction>👍</reaction></reactions></message>";
    let message = Message::try_from(reacts.parse::<Element>().unwrap()).unwrap();
    let me: BareJid = "me@x".parse().unwrap();
    let reader = Reader { account: AccountId(1), me: &me, memory: &mut memory };
    assert!(matches!(reader.needs(&message), Need::Author { own, .. } if own == ids::theirs("anna@x", "1")));
    memory.note("anna@x", "anna@x", "1", "1");
    let events = read_with(&mut memory, &reacts.replace(" xmlns='jabber:client'", ""));
    assert!(matches!(&events[0].body, InboundBody::Reaction { target, .. } if *target == ids::theirs("anna@x", "1")));
}

#[test]
fn messages_without_ids_are_told_apart_and_recognised() {
    let id = |text: &str| read(&format!("<message from='anna@x'><body>{text}</body></message>"))[0].id.clone();
    assert_ne!(id("a"), id("b"));
    assert_eq!(id("a"), id("a"));
}
