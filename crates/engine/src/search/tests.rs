use ruma::{OwnedEventId, OwnedRoomId, OwnedUserId};
use serde_json::{Value, json};

use super::{Fields, Found, Order, SearchRequest};
use crate::{
    fixture::Fixture,
    rooms::{ClientTxn, NewEvent, Place, content_from_json, view::Reader},
};

async fn send(fixture: &Fixture, room: &OwnedRoomId, who: &OwnedUserId, content: Value) -> OwnedEventId {
    let content = content_from_json(&content.to_string()).unwrap();
    let txn = ClientTxn { device_id: "PHONE".into(), txn_id: rand::random::<u64>().to_string() };
    fixture.clock.advance(1000);
    fixture.engine.send_message(room.clone(), who.clone(), "m.room.message".to_owned(), content, txn).await.unwrap()
}

async fn say(fixture: &Fixture, room: &OwnedRoomId, who: &OwnedUserId, body: &str) -> OwnedEventId {
    send(fixture, room, who, json!({ "msgtype": "m.text", "body": body })).await
}

fn request(text: &str) -> SearchRequest {
    SearchRequest {
        text: text.to_owned(),
        fields: Fields::default(),
        order: Order::Newest,
        rooms: None,
        not_rooms: None,
        senders: None,
        not_senders: None,
        limit: None,
        next_batch: None,
        context: None,
        profiles: false,
    }
}

async fn find(fixture: &Fixture, who: &OwnedUserId, request: SearchRequest) -> Found {
    let reader = Reader { user_id: who.clone(), device_id: "PHONE".into() };
    fixture.engine.search_messages(reader, request).await.unwrap()
}

/// The bodies of what is found.
async fn bodies(fixture: &Fixture, who: &OwnedUserId, request: SearchRequest) -> Vec<String> {
    let found = find(fixture, who, request).await;
    let body = |event: &str| {
        let event: Value = serde_json::from_str(event).unwrap();
        event["content"]["body"].as_str().unwrap_or_default().to_owned()
    };
    found.results.iter().map(|result| body(result.event.get())).collect()
}

#[tokio::test]
async fn all_words_must_be_there_in_any_order_and_the_last_may_be_unfinished() {
    let fixture = Fixture::open().await;
    let anna = fixture.person("anna").await;
    let room = fixture.room(&[&anna]).await;
    say(&fixture, &room, &anna, "Das Müsli ist alle").await;
    say(&fixture, &room, &anna, "Kaffee ist alle, Musli auch").await;
    assert_eq!(bodies(&fixture, &anna, request("alle MÜSLI")).await.len(), 2);
    assert_eq!(bodies(&fixture, &anna, request("kaffee mus")).await, ["Kaffee ist alle, Musli auch"]);
    assert!(bodies(&fixture, &anna, request("tee")).await.is_empty());
    assert!(bodies(&fixture, &anna, request(" \"* OR ( ")).await.is_empty());
    assert!(bodies(&fixture, &anna, request("!?")).await.is_empty());
}

#[tokio::test]
async fn subjects_file_names_and_room_names_are_found() {
    let fixture = Fixture::open().await;
    let anna = fixture.person("anna").await;
    let room = fixture.room(&[&anna]).await;
    let mail = json!({ "msgtype": "m.text", "body": "Anbei.", "org.unisono.email": { "subject": "Rechnung 4711" } });
    send(&fixture, &room, &anna, mail).await;
    let file = json!({ "msgtype": "m.file", "body": "bitte", "filename": "angebot.pdf", "url": "mxc://a/b" });
    send(&fixture, &room, &anna, file).await;
    let name = content_from_json(r#"{"name":"Gartenzwerge"}"#).unwrap();
    let (kind, key) = ("m.room.name".to_owned(), String::new());
    fixture.engine.send_state(room.clone(), anna.clone(), kind, key, name).await.unwrap();
    assert_eq!(bodies(&fixture, &anna, request("rechnung")).await, ["Anbei."]);
    assert_eq!(bodies(&fixture, &anna, request("angebot")).await, ["bitte"]);
    assert_eq!(find(&fixture, &anna, request("gartenzwerge")).await.count, 1);
    let in_body = SearchRequest { fields: Fields { body: true, ..Fields::default() }, ..request("gartenzwerge") };
    assert_eq!(find(&fixture, &anna, in_body).await.count, 0);
}

#[tokio::test]
async fn only_rooms_that_one_is_in_are_searched_and_filters_narrow_them() {
    let fixture = Fixture::open().await;
    let (anna, ben) = (fixture.person("anna").await, fixture.person("ben").await);
    let (one, other) = (fixture.room(&[&anna]).await, fixture.room(&[&anna, &ben]).await);
    say(&fixture, &one, &anna, "secret plan").await;
    say(&fixture, &other, &anna, "open plan").await;
    say(&fixture, &other, &ben, "no plan").await;
    assert_eq!(bodies(&fixture, &ben, request("plan")).await, ["no plan", "open plan"]);
    let of_ben = SearchRequest { senders: Some(vec![ben.clone()]), ..request("plan") };
    assert_eq!(bodies(&fixture, &anna, of_ben).await, ["no plan"]);
    let not_there = SearchRequest { not_rooms: Some(vec![other.clone()]), ..request("plan") };
    assert_eq!(bodies(&fixture, &anna, not_there).await, ["secret plan"]);
    let there = SearchRequest { rooms: Some(vec![other]), order: Order::Best, ..request("plan") };
    assert_eq!(bodies(&fixture, &anna, there).await.len(), 2);
}

#[tokio::test]
async fn an_edit_is_found_by_its_new_words_and_a_removed_message_not_at_all() {
    let fixture = Fixture::open().await;
    let anna = fixture.person("anna").await;
    let room = fixture.room(&[&anna]).await;
    let said = say(&fixture, &room, &anna, "apples").await;
    let edit = json!({
        "msgtype": "m.text", "body": "* pears", "m.new_content": { "msgtype": "m.text", "body": "pears" },
        "m.relates_to": { "rel_type": "m.replace", "event_id": said },
    });
    let edit = send(&fixture, &room, &anna, edit).await;
    assert_eq!(find(&fixture, &anna, request("apples")).await.count, 0);
    assert_eq!(find(&fixture, &anna, request("pears")).await.count, 1);
    let redact = |target: OwnedEventId| {
        let txn = ClientTxn { device_id: "PHONE".into(), txn_id: target.to_string() };
        fixture.engine.redact_event(room.clone(), anna.clone(), target, None, txn)
    };
    redact(edit).await.unwrap();
    assert_eq!(find(&fixture, &anna, request("pears")).await.count, 0);
    assert_eq!(find(&fixture, &anna, request("apples")).await.count, 1);
    redact(said).await.unwrap();
    assert_eq!(find(&fixture, &anna, request("apples")).await.count, 0);
}

#[tokio::test]
async fn history_that_was_fetched_later_is_found_too_and_pages_follow_each_other() {
    let fixture = Fixture::open().await;
    let anna = fixture.person("anna").await;
    let room = fixture.room(&[&anna]).await;
    let (core, place, sender) = (fixture.engine.core(), room.clone(), anna.clone());
    fixture
        .engine
        .db
        .write(move |tx| {
            let mut room = crate::rooms::get_room(tx, &place)?;
            let content = content_from_json(r#"{"msgtype":"m.text","body":"old tea"}"#)?;
            let event = NewEvent::message(&sender, "m.room.message", content, 1000);
            crate::rooms::append(tx, &core, &mut room, NewEvent { place: Place::Oldest, ..event }).map(drop)
        })
        .await
        .unwrap();
    for number in 1..=4 {
        say(&fixture, &room, &anna, &format!("tea {number}")).await;
    }
    let first = SearchRequest { limit: Some(3), ..request("tea") };
    let page = find(&fixture, &anna, first.clone()).await;
    assert_eq!((page.count, page.results.len(), page.highlights.as_slice()), (5, 3, ["tea".to_owned()].as_slice()));
    let second = SearchRequest { next_batch: page.next_batch, ..first };
    assert_eq!(bodies(&fixture, &anna, second.clone()).await, ["tea 1", "old tea"]);
    assert_eq!(find(&fixture, &anna, second).await.next_batch, None);
}

#[tokio::test]
async fn the_events_around_a_hit_are_given_if_wanted() {
    let fixture = Fixture::open().await;
    let anna = fixture.person("anna").await;
    let room = fixture.room(&[&anna]).await;
    for word in ["one", "two", "three", "four"] {
        say(&fixture, &room, &anna, word).await;
    }
    let wanted = SearchRequest { context: Some((1, 5)), profiles: true, ..request("two") };
    let found = find(&fixture, &anna, wanted).await;
    let hit = &found.results[0];
    assert_eq!((hit.before.len(), hit.after.len(), hit.profiles.len()), (1, 2, 1));
    assert!(hit.before[0].get().contains("\"one\"") && hit.after[0].get().contains("\"three\""));
}
