use serde_json::json;

use super::{GOOD, asked, auth, candidate, dummy};
use crate::{
    Registration,
    fixture::{Fixture, code},
    people::{Candidate, DeviceChoice, NewPerson, Session},
};

fn anna() -> NewPerson {
    NewPerson { username: "anna".to_owned(), password: GOOD.to_owned(), display_name: None, admin: true }
}

async fn admin(fixture: &Fixture) -> Session {
    let token = fixture.engine.open_setup().await.unwrap().unwrap();
    let login = fixture.engine.set_up(&token, anna(), DeviceChoice::default()).await.unwrap();
    fixture.engine.authenticate(&login.access_token).await.unwrap()
}

fn with_token(name: &str, token: &str) -> Candidate {
    candidate(name, Some(auth(json!({ "type": "m.login.registration_token", "token": token }))))
}

#[tokio::test]
async fn the_setup_link_makes_one_administrator_once() {
    let fixture = Fixture::open().await;
    let old = fixture.engine.open_setup().await.unwrap().unwrap();
    let token = fixture.engine.open_setup().await.unwrap().unwrap();
    for wrong in ["", "nonsense", &old] {
        assert_eq!(code(fixture.engine.set_up(wrong, anna(), DeviceChoice::default()).await), "M_FORBIDDEN");
    }
    let weak = NewPerson { password: "short".to_owned(), ..anna() };
    assert_eq!(code(fixture.engine.set_up(&token, weak, DeviceChoice::default()).await), "M_WEAK_PASSWORD");
    let login = fixture.engine.set_up(&token, anna(), DeviceChoice::default()).await.unwrap();
    assert!(fixture.engine.authenticate(&login.access_token).await.unwrap().admin);
    assert_eq!(code(fixture.engine.set_up(&token, anna(), DeviceChoice::default()).await), "M_FORBIDDEN");
    assert_eq!(fixture.engine.open_setup().await.unwrap(), None);
}

#[tokio::test]
async fn an_invitation_lets_one_person_in() {
    let fixture = Fixture::open_with(Registration::Invite).await;
    let admin = admin(&fixture).await;
    asked(fixture.engine.register(candidate("ben", None)).await);
    assert_eq!(asked(fixture.engine.register(candidate("ben", Some(dummy()))).await).1, "M_UNRECOGNIZED");
    assert_eq!(asked(fixture.engine.register(with_token("ben", "nonsense")).await).1, "M_FORBIDDEN");
    let invite = fixture.engine.invite(&admin).await.unwrap();
    assert_eq!(fixture.engine.get_inviter(invite.token.clone()).await.unwrap().0, admin.user_id);
    fixture.engine.register(with_token("ben", &invite.token)).await.unwrap();
    assert!(!fixture.engine.is_registration_token_valid(&invite.token).await.unwrap());
    assert_eq!(asked(fixture.engine.register(with_token("carl", &invite.token)).await).1, "M_FORBIDDEN");
    assert_eq!(code(fixture.engine.get_inviter(invite.token).await), "M_NOT_FOUND");
}

#[tokio::test]
async fn two_people_cannot_share_an_invitation_by_being_quick() {
    let fixture = Fixture::open_with(Registration::Invite).await;
    let invite = fixture.engine.invite(&admin(&fixture).await).await.unwrap();
    let (one, other) = tokio::join!(
        fixture.engine.register(with_token("ben", &invite.token)),
        fixture.engine.register(with_token("carl", &invite.token)),
    );
    assert_eq!([one.is_ok(), other.is_ok()].iter().filter(|ok| **ok).count(), 1);
}

#[tokio::test]
async fn an_invitation_expires_and_can_be_taken_back_by_who_made_it() {
    let fixture = Fixture::open_with(Registration::Invite).await;
    let admin = admin(&fixture).await;
    let (kept, taken_back) =
        (fixture.engine.invite(&admin).await.unwrap(), fixture.engine.invite(&admin).await.unwrap());
    fixture.engine.register(with_token("ben", &kept.token)).await.unwrap();
    let ben = Session { user_id: "@ben:test.local".try_into().unwrap(), ..admin.clone() };
    assert_eq!(code(fixture.engine.delete_invite(ben.user_id, taken_back.token.clone()).await), "M_NOT_FOUND");
    assert_eq!(fixture.engine.list_invites(admin.user_id.clone()).await.unwrap(), std::slice::from_ref(&taken_back));
    fixture.engine.delete_invite(admin.user_id.clone(), taken_back.token.clone()).await.unwrap();
    assert_eq!(asked(fixture.engine.register(with_token("carl", &taken_back.token)).await).1, "M_FORBIDDEN");
    let late = fixture.engine.invite(&admin).await.unwrap();
    fixture.clock.advance(8 * 24 * 60 * 60 * 1000);
    assert_eq!(asked(fixture.engine.register(with_token("carl", &late.token)).await).1, "M_FORBIDDEN");
}

#[tokio::test]
async fn where_registration_is_off_nobody_registers_and_nobody_invites() {
    let fixture = Fixture::open_with(Registration::Off).await;
    let admin = admin(&fixture).await;
    assert_eq!(code(fixture.engine.register(candidate("ben", Some(dummy()))).await), "M_FORBIDDEN");
    assert_eq!(code(fixture.engine.invite(&admin).await), "M_FORBIDDEN");
}

#[tokio::test]
async fn a_refused_registration_leaves_nothing_behind() {
    let fixture = Fixture::open_with(Registration::Invite).await;
    let invite = fixture.engine.invite(&admin(&fixture).await).await.unwrap();
    let taken = fixture.engine.register(with_token("anna", &invite.token)).await;
    assert_eq!(code(taken), "M_USER_IN_USE");
    let weak = Candidate { password: Some("short".to_owned()), ..with_token("ben", &invite.token) };
    assert_eq!(code(fixture.engine.register(weak).await), "M_WEAK_PASSWORD");
    let none = Candidate { password: None, ..with_token("ben", &invite.token) };
    assert_eq!(code(fixture.engine.register(none).await), "M_MISSING_PARAM");
    assert!(fixture.engine.is_registration_token_valid(&invite.token).await.unwrap(), "it was used up");
    assert_eq!(fixture.engine.list_people().await.unwrap().len(), 1);
}

#[tokio::test]
async fn who_is_deactivated_is_gone_but_the_name_stays_taken() {
    let fixture = Fixture::open().await;
    fixture.registered("anna").await;
    fixture.registered("ben").await;
    let ben = fixture.login("ben").await;
    let anna = fixture.engine.get_person("anna").await.unwrap();
    let room = fixture.room(&[&anna, &ben.user_id]).await;
    fixture.engine.deactivate(ben.user_id.clone()).await.unwrap();
    assert_eq!(code(fixture.engine.authenticate(&ben.access_token).await), "M_UNKNOWN_TOKEN");
    assert_eq!(code(fixture.engine.log_in("ben", GOOD, DeviceChoice::default()).await), "M_USER_DEACTIVATED");
    assert_eq!(code(fixture.engine.register(candidate("ben", Some(dummy()))).await), "M_USER_IN_USE");
    let membership = fixture
        .engine
        .db
        .read::<_, crate::Error, _>(move |tx| {
            let room = crate::rooms::get_room(tx, &room)?;
            crate::rooms::membership_of(tx, &room, &ben.user_id)
        })
        .await
        .unwrap();
    assert_eq!(membership.as_deref(), Some("leave"));
    assert!(fixture.engine.search_people(anna, "ben".to_owned(), 10).await.unwrap().is_empty());
}
