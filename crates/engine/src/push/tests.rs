use ruma::{
    OwnedEventId, OwnedRoomId, OwnedUserId,
    push::{Action, NewConditionalPushRule, NewPushRule, PushCondition, RuleKind},
};
use serde_json::{Value, json};
use unisono_store::rooms::unread;

use super::RuleChange;
use crate::{
    Error,
    fixture::{Fixture, code},
    rooms::{ClientTxn, MembershipChange, content_from_json},
};

/// Unread and highlighted events of a person in a room.
async fn counts(fixture: &Fixture, room: &OwnedRoomId, who: &OwnedUserId) -> (i64, i64) {
    let (room, who) = (room.clone(), who.clone());
    let read = fixture.engine.db.read(move |tx| {
        let room_no = crate::rooms::get_room(tx, &room)?.room_no;
        let unread = unread::count(tx, &who, room_no)?;
        Ok::<_, Error>((unread.notifications, unread.highlights))
    });
    read.await.unwrap()
}

async fn send(fixture: &Fixture, room: &OwnedRoomId, who: &OwnedUserId, kind: &str, content: Value) -> OwnedEventId {
    let content = content_from_json(&content.to_string()).unwrap();
    let txn = ClientTxn { device_id: "PHONE".into(), txn_id: rand::random::<u64>().to_string() };
    fixture.engine.send_message(room.clone(), who.clone(), kind.to_owned(), content, txn).await.unwrap()
}

#[tokio::test]
async fn messages_count_for_the_others_until_they_write_themselves() {
    let fixture = Fixture::open().await;
    let (anna, ben) = (fixture.person("anna").await, fixture.person("ben").await);
    let room = fixture.room(&[&anna, &ben]).await;
    fixture.say(&room, &anna, None).await;
    send(&fixture, &room, &anna, "m.room.encrypted", json!({ "ciphertext": "x" })).await;
    assert_eq!(counts(&fixture, &room, &ben).await, (2, 0));
    assert_eq!(counts(&fixture, &room, &anna).await, (0, 0));
    fixture.say(&room, &ben, None).await;
    assert_eq!(counts(&fixture, &room, &ben).await, (0, 0));
    assert_eq!(counts(&fixture, &room, &anna).await, (1, 0));
}

#[tokio::test]
async fn notices_reactions_and_edits_do_not_count() {
    let fixture = Fixture::open().await;
    let (anna, ben) = (fixture.person("anna").await, fixture.person("ben").await);
    let room = fixture.room(&[&anna, &ben]).await;
    let said = fixture.say(&room, &anna, None).await;
    send(&fixture, &room, &anna, "m.room.message", json!({ "msgtype": "m.notice", "body": "beep" })).await;
    let reaction = json!({ "m.relates_to": { "rel_type": "m.annotation", "event_id": said, "key": "x" } });
    send(&fixture, &room, &anna, "m.reaction", reaction).await;
    let edit = json!({
        "msgtype": "m.text", "body": "* hi", "m.new_content": { "msgtype": "m.text", "body": "hi" },
        "m.relates_to": { "rel_type": "m.replace", "event_id": said },
    });
    send(&fixture, &room, &anna, "m.room.message", edit).await;
    assert_eq!(counts(&fixture, &room, &ben).await, (1, 0));
}

#[tokio::test]
async fn a_mention_is_a_highlight_and_everybody_only_by_those_who_may() {
    let fixture = Fixture::open().await;
    let (anna, ben) = (fixture.person("anna").await, fixture.person("ben").await);
    let room = fixture.room(&[&anna, &ben]).await;
    let mention = json!({ "msgtype": "m.text", "body": "Ben!", "m.mentions": { "user_ids": [ben] } });
    send(&fixture, &room, &anna, "m.room.message", mention).await;
    assert_eq!(counts(&fixture, &room, &ben).await, (1, 1));
    let everybody = json!({ "msgtype": "m.text", "body": "@room", "m.mentions": { "room": true } });
    send(&fixture, &room, &anna, "m.room.message", everybody.clone()).await;
    assert_eq!(counts(&fixture, &room, &ben).await, (2, 2));
    send(&fixture, &room, &ben, "m.room.message", everybody).await;
    assert_eq!(counts(&fixture, &room, &anna).await, (1, 0));
}

#[tokio::test]
async fn a_removed_message_and_a_left_room_count_no_more() {
    let fixture = Fixture::open().await;
    let (anna, ben) = (fixture.person("anna").await, fixture.person("ben").await);
    let room = fixture.room(&[&anna, &ben]).await;
    let said = fixture.say(&room, &anna, None).await;
    fixture.say(&room, &anna, None).await;
    let txn = ClientTxn { device_id: "PHONE".into(), txn_id: "1".to_owned() };
    fixture.engine.redact_event(room.clone(), anna.clone(), said, None, txn).await.unwrap();
    // The redaction itself notifies nobody.
    assert_eq!(counts(&fixture, &room, &ben).await, (1, 0));
    fixture.change(&room, &ben, MembershipChange::Leave).await;
    assert_eq!(counts(&fixture, &room, &ben).await, (0, 0));
}

#[tokio::test]
async fn an_invitation_counts_until_it_is_taken() {
    let fixture = Fixture::open().await;
    let (anna, ben) = (fixture.person("anna").await, fixture.person("ben").await);
    let room = fixture.room(&[&anna]).await;
    let invite = MembershipChange::Invite { direct: false };
    fixture.engine.change_membership(room.clone(), anna.clone(), ben.clone(), invite, None).await.unwrap();
    assert_eq!(counts(&fixture, &room, &ben).await, (1, 0));
    fixture.change(&room, &ben, MembershipChange::Join).await;
    assert_eq!(counts(&fixture, &room, &ben).await, (0, 0));
}

#[tokio::test]
async fn a_changed_rule_holds_from_the_next_message_on() {
    let fixture = Fixture::open().await;
    let (anna, ben) = (fixture.person("anna").await, fixture.person("ben").await);
    let room = fixture.room(&[&anna, &ben]).await;
    fixture.say(&room, &anna, None).await;
    let muted = serde_json::from_value::<PushCondition>(json!({
        "kind": "event_match", "key": "room_id", "pattern": room,
    }));
    let rule = NewPushRule::Override(NewConditionalPushRule::new(room.to_string(), vec![muted.unwrap()], vec![]));
    let insert = RuleChange::Insert { rule, after: None, before: None };
    fixture.engine.change_push_rules(ben.clone(), insert).await.unwrap();
    fixture.say(&room, &anna, None).await;
    assert_eq!(counts(&fixture, &room, &ben).await, (1, 0));
    let enable = RuleChange::Enable { kind: RuleKind::Override, rule_id: room.to_string(), enabled: false };
    fixture.engine.change_push_rules(ben.clone(), enable).await.unwrap();
    fixture.say(&room, &anna, None).await;
    assert_eq!(counts(&fixture, &room, &ben).await, (2, 0));
}

#[tokio::test]
async fn rules_of_the_specification_stay_and_unknown_ones_are_not_found() {
    let fixture = Fixture::open().await;
    let anna = fixture.person("anna").await;
    let change = |change| fixture.engine.change_push_rules(anna.clone(), change);
    let (kind, rule_id) = (RuleKind::Underride, ".m.rule.message".to_owned());
    assert_eq!(
        code(change(RuleChange::Remove { kind: kind.clone(), rule_id: rule_id.clone() }).await),
        "M_INVALID_PARAM"
    );
    let unknown = RuleChange::Remove { kind: kind.clone(), rule_id: "mine".to_owned() };
    assert_eq!(code(change(unknown).await), "M_NOT_FOUND");
    let dotted = NewPushRule::Override(NewConditionalPushRule::new(".mine".to_owned(), vec![], vec![]));
    let dotted = RuleChange::Insert { rule: dotted, after: None, before: None };
    assert_eq!(code(change(dotted).await), "M_INVALID_PARAM");
    let silent = RuleChange::SetActions { kind: kind.clone(), rule_id: rule_id.clone(), actions: Vec::<Action>::new() };
    change(silent).await.unwrap();
    assert!(fixture.engine.push_rules(anna.clone()).await.unwrap().get(kind, rule_id).unwrap().actions().is_empty());
}
