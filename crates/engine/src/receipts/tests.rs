use ruma::{OwnedEventId, OwnedRoomId, OwnedUserId};
use serde_json::Value;
use unisono_store::{Sql, args};

use super::{Mark, NewMark};
use crate::{
    Error, Result,
    fixture::{Fixture, code},
};

async fn mark(
    fixture: &Fixture,
    room: &OwnedRoomId,
    who: &OwnedUserId,
    mark: Mark,
    event_id: &OwnedEventId,
    thread: Option<&str>,
) -> Result<()> {
    let mark = NewMark { mark, event_id: event_id.clone(), thread: thread.map(str::to_owned) };
    fixture.engine.set_marks(room.clone(), who.clone(), vec![mark]).await
}

/// The `m.receipt` contents of the room as `viewer` gets them.
async fn seen(fixture: &Fixture, room: &OwnedRoomId, viewer: &OwnedUserId, since: i64) -> Vec<Value> {
    let (room, viewer, until) = (room.clone(), viewer.clone(), fixture.position());
    let events = fixture
        .engine
        .db
        .read(move |tx| {
            let room_no = crate::rooms::get_room(tx, &room)?.room_no;
            Ok::<_, Error>(super::sync(tx, &viewer, &[room_no], since, until)?.remove(&room_no).unwrap_or_default())
        })
        .await
        .unwrap();
    events.iter().map(|event| event.get_field("content").unwrap().unwrap()).collect()
}

/// Adds notifications of the given events, as the push rules would.
async fn notify(fixture: &Fixture, who: &OwnedUserId, events: &[&OwnedEventId]) {
    static INSERT: Sql = Sql::new(
        "INSERT INTO notifications (user_id, room_no, position, highlight)
            SELECT $1, room_no, position, FALSE FROM events WHERE event_id = $2 ON CONFLICT DO NOTHING",
    );
    let (who, events) = (who.clone(), events.iter().map(|&event| event.clone()).collect::<Vec<_>>());
    fixture
        .engine
        .db
        .write::<_, Error, _>(move |tx| {
            for event in &events {
                tx.execute(&INSERT, args![&who, event])?;
            }
            Ok(())
        })
        .await
        .unwrap();
}

async fn unread(fixture: &Fixture, who: &OwnedUserId) -> i64 {
    static COUNT: Sql = Sql::new("SELECT COUNT(*) FROM notifications WHERE user_id = $1");
    let who = who.clone();
    fixture.engine.db.read::<_, Error, _>(move |tx| Ok(tx.get(&COUNT, args![&who], |row| row.get(0))?)).await.unwrap()
}

#[tokio::test]
async fn a_receipt_is_seen_by_all_in_the_room_and_never_goes_back() {
    let fixture = Fixture::open().await;
    let (anna, ben) = (fixture.person("anna").await, fixture.person("ben").await);
    let room = fixture.room(&[&anna, &ben]).await;
    let (older, newer) = (fixture.say(&room, &anna, None).await, fixture.say(&room, &anna, None).await);
    mark(&fixture, &room, &ben, Mark::Read, &newer, None).await.unwrap();
    let since = fixture.position();
    mark(&fixture, &room, &ben, Mark::Read, &older, None).await.unwrap();
    assert_eq!(fixture.position(), since, "an older receipt is no news");
    let receipts = seen(&fixture, &room, &anna, 0).await;
    assert_eq!(receipts.len(), 1);
    assert!(receipts[0][newer.as_str()]["m.read"][ben.as_str()]["ts"].is_i64());
    assert!(receipts[0].get(older.as_str()).is_none());
    assert!(seen(&fixture, &room, &anna, since).await.is_empty());
}

#[tokio::test]
async fn a_private_receipt_is_seen_by_its_owner_alone() {
    let fixture = Fixture::open().await;
    let (anna, ben) = (fixture.person("anna").await, fixture.person("ben").await);
    let room = fixture.room(&[&anna, &ben]).await;
    let event = fixture.say(&room, &anna, None).await;
    let since = fixture.position();
    mark(&fixture, &room, &ben, Mark::ReadPrivate, &event, None).await.unwrap();
    for since in [0, since] {
        assert!(seen(&fixture, &room, &anna, since).await.is_empty());
        let own = seen(&fixture, &room, &ben, since).await;
        assert!(own[0][event.as_str()]["m.read.private"][ben.as_str()].is_object());
    }
}

#[tokio::test]
async fn reading_takes_away_the_notifications_up_to_there() {
    let fixture = Fixture::open().await;
    let (anna, ben) = (fixture.person("anna").await, fixture.person("ben").await);
    let room = fixture.room(&[&anna, &ben]).await;
    let (one, two, three) = (
        fixture.say(&room, &anna, None).await,
        fixture.say(&room, &anna, None).await,
        fixture.say(&room, &anna, None).await,
    );
    notify(&fixture, &ben, &[&one, &two, &three]).await;
    notify(&fixture, &anna, &[&one]).await;
    mark(&fixture, &room, &ben, Mark::FullyRead, &three, None).await.unwrap();
    assert_eq!(unread(&fixture, &ben).await, 3, "the line of new messages reads nothing");
    mark(&fixture, &room, &ben, Mark::ReadPrivate, &two, None).await.unwrap();
    assert_eq!(unread(&fixture, &ben).await, 1);
    mark(&fixture, &room, &ben, Mark::Read, &three, None).await.unwrap();
    assert_eq!(unread(&fixture, &ben).await, 0);
    assert_eq!(unread(&fixture, &anna).await, 1, "others' stay");
}

#[tokio::test]
async fn a_thread_is_read_for_itself() {
    let fixture = Fixture::open().await;
    let (anna, ben) = (fixture.person("anna").await, fixture.person("ben").await);
    let room = fixture.room(&[&anna, &ben]).await;
    let root = fixture.say(&room, &anna, None).await;
    let answer = fixture.say(&room, &anna, Some(&root)).await;
    let last = fixture.say(&room, &anna, None).await;
    notify(&fixture, &ben, &[&root, &answer, &last]).await;
    mark(&fixture, &room, &ben, Mark::Read, &last, Some("main")).await.unwrap();
    assert_eq!(unread(&fixture, &ben).await, 1, "the answer in the thread is not read");
    mark(&fixture, &room, &ben, Mark::Read, &answer, Some(root.as_str())).await.unwrap();
    assert_eq!(unread(&fixture, &ben).await, 0);
    let receipts = seen(&fixture, &room, &anna, 0).await;
    assert_eq!(receipts[0][last.as_str()]["m.read"][ben.as_str()]["thread_id"], "main");
    assert_eq!(receipts[0][answer.as_str()]["m.read"][ben.as_str()]["thread_id"], root.as_str());
}

#[tokio::test]
async fn two_receipts_of_one_person_at_one_message_are_both_told() {
    let fixture = Fixture::open().await;
    let anna = fixture.person("anna").await;
    let room = fixture.room(&[&anna]).await;
    let event = fixture.say(&room, &anna, None).await;
    mark(&fixture, &room, &anna, Mark::Read, &event, None).await.unwrap();
    mark(&fixture, &room, &anna, Mark::Read, &event, Some("main")).await.unwrap();
    let receipts = seen(&fixture, &room, &anna, 0).await;
    let threads: Vec<bool> = receipts
        .iter()
        .map(|content| content[event.as_str()]["m.read"][anna.as_str()].get("thread_id").is_some())
        .collect();
    assert_eq!(threads.len(), 2);
    assert!(threads.contains(&true) && threads.contains(&false));
}

#[tokio::test]
async fn the_line_of_new_messages_is_account_data_that_does_not_go_back() {
    let fixture = Fixture::open().await;
    let anna = fixture.person("anna").await;
    let room = fixture.room(&[&anna]).await;
    let (older, newer) = (fixture.say(&room, &anna, None).await, fixture.say(&room, &anna, None).await);
    for event in [&newer, &older] {
        mark(&fixture, &room, &anna, Mark::FullyRead, event, None).await.unwrap();
    }
    let content =
        fixture.engine.account_data(anna.clone(), Some(room.clone()), "m.fully_read".to_owned()).await.unwrap();
    assert_eq!(content.get(), format!(r#"{{"event_id":"{newer}"}}"#));
}

#[tokio::test]
async fn marks_that_make_no_sense_are_refused() {
    let fixture = Fixture::open().await;
    let (anna, ben) = (fixture.person("anna").await, fixture.person("ben").await);
    let room = fixture.room(&[&anna]).await;
    let elsewhere = fixture.room(&[&anna]).await;
    let (event, foreign) = (fixture.say(&room, &anna, None).await, fixture.say(&elsewhere, &anna, None).await);
    let set = |who: &OwnedUserId, kind, event: &OwnedEventId, thread: Option<&'static str>| {
        let (who, event) = (who.clone(), event.clone());
        let (fixture, room) = (&fixture, &room);
        async move { code(mark(fixture, room, &who, kind, &event, thread).await) }
    };
    assert_eq!(set(&ben, Mark::Read, &event, None).await, "M_FORBIDDEN");
    assert_eq!(set(&anna, Mark::Read, &foreign, None).await, "M_NOT_FOUND");
    assert_eq!(set(&anna, Mark::Read, &event, Some("")).await, "M_INVALID_PARAM");
    assert_eq!(set(&anna, Mark::FullyRead, &event, Some("main")).await, "M_INVALID_PARAM");
}
