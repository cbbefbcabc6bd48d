use super::{GOOD, asked, password};
use crate::{
    Error,
    fixture::{Fixture, code},
    people::{DeviceChoice, Session},
};

fn choose(device_id: &str) -> DeviceChoice {
    DeviceChoice { device_id: Some(device_id.into()), ..DeviceChoice::default() }
}

#[tokio::test]
async fn a_wrong_password_and_an_unknown_person_look_alike() {
    let fixture = Fixture::open().await;
    fixture.registered("anna").await;
    let fail = async |user: &str, password: &str| {
        fixture.engine.log_in(user, password, DeviceChoice::default()).await.unwrap_err().to_string()
    };
    let wrong = fail("anna", "wrong").await;
    assert_eq!(wrong, fail("nobody", "wrong").await);
    assert_eq!(wrong, fail("@anna:elsewhere.example", GOOD).await);
    assert_eq!(wrong, fail("not a name at all", GOOD).await);
    assert_eq!(fixture.login("@Anna:test.local").await.user_id, "@anna:test.local");
}

#[tokio::test]
async fn a_logout_takes_effect_although_the_token_was_just_used() {
    let fixture = Fixture::open().await;
    fixture.registered("anna").await;
    let (phone, laptop) = (fixture.login("anna").await, fixture.login("anna").await);
    let session = fixture.engine.authenticate(&phone.access_token).await.unwrap();
    fixture.engine.log_out(session.clone()).await.unwrap();
    assert_eq!(code(fixture.engine.authenticate(&phone.access_token).await), "M_UNKNOWN_TOKEN");
    fixture.engine.authenticate(&laptop.access_token).await.unwrap();
    fixture.engine.log_out_everywhere(session.user_id).await.unwrap();
    assert_eq!(code(fixture.engine.authenticate(&laptop.access_token).await), "M_UNKNOWN_TOKEN");
}

#[tokio::test]
async fn the_same_device_again_ends_its_earlier_login() {
    let fixture = Fixture::open().await;
    fixture.registered("anna").await;
    let first = fixture.engine.log_in("anna", GOOD, choose("TABLET")).await.unwrap();
    fixture.engine.authenticate(&first.access_token).await.unwrap();
    let second = fixture.engine.log_in("anna", GOOD, choose("TABLET")).await.unwrap();
    assert_eq!(code(fixture.engine.authenticate(&first.access_token).await), "M_UNKNOWN_TOKEN");
    assert_eq!(fixture.engine.authenticate(&second.access_token).await.unwrap().device_id, "TABLET");
}

#[tokio::test]
async fn old_tokens_work_until_the_new_one_is_used() {
    let fixture = Fixture::open().await;
    fixture.registered("anna").await;
    let first = fixture.refreshable("anna").await;
    let refresh_token = first.refresh_token.clone().unwrap();
    let lost = fixture.engine.refresh(&refresh_token).await.unwrap();
    fixture.engine.authenticate(&first.access_token).await.unwrap();
    // The answer was lost, the client asks again.
    let second = fixture.engine.refresh(&refresh_token).await.unwrap();
    fixture.engine.authenticate(&second.access_token).await.unwrap();
    for old in [&first, &lost] {
        assert_eq!(code(fixture.engine.authenticate(&old.access_token).await), "M_UNKNOWN_TOKEN");
        assert_eq!(code(fixture.engine.refresh(old.refresh_token.as_ref().unwrap()).await), "M_UNKNOWN_TOKEN");
    }
    fixture.engine.refresh(&second.refresh_token.unwrap()).await.unwrap();
}

#[tokio::test]
async fn an_expired_token_says_that_it_can_be_refreshed() {
    let fixture = Fixture::open().await;
    fixture.registered("anna").await;
    let (lasting, expiring) = (fixture.login("anna").await, fixture.refreshable("anna").await);
    fixture.engine.authenticate(&expiring.access_token).await.unwrap();
    fixture.clock.advance(i64::try_from(expiring.expires_in_ms.unwrap()).unwrap());
    let soft = |error| matches!(error, Error::Unauthenticated { code: "M_UNKNOWN_TOKEN", soft_logout: true, .. });
    assert!(soft(fixture.engine.authenticate(&expiring.access_token).await.unwrap_err()));
    assert!(!soft(fixture.engine.authenticate("nonsense").await.unwrap_err()));
    fixture.engine.authenticate(&lasting.access_token).await.unwrap();
    let next = fixture.engine.refresh(&expiring.refresh_token.unwrap()).await.unwrap();
    fixture.engine.authenticate(&next.access_token).await.unwrap();
}

async fn session(fixture: &Fixture) -> Session {
    fixture.registered("anna").await;
    let login = fixture.login("anna").await;
    fixture.engine.authenticate(&login.access_token).await.unwrap()
}

#[tokio::test]
async fn a_proof_counts_for_its_own_request_only() {
    let fixture = Fixture::open().await;
    let session = session(&fixture).await;
    let prove =
        async |detail: &str, auth| fixture.engine.require_password(&session, "delete device", &detail, auth).await;
    let (id, _) = asked(prove("A", None).await);
    let wrong = asked(prove("A", Some(password("anna", "wrong", Some(&id)))).await);
    assert_eq!(wrong, (id.clone(), "M_FORBIDDEN".to_owned()), "the session goes on after a wrong password");
    assert_eq!(code(prove("B", Some(password("anna", GOOD, Some(&id)))).await), "M_FORBIDDEN");
    prove("A", Some(password("anna", GOOD, Some(&id)))).await.unwrap();
    let (other, _) = asked(prove("A", Some(password("anna", GOOD, Some(&id)))).await);
    assert_ne!(other, id, "a session counts once");
}

#[tokio::test]
async fn nobody_proves_who_they_are_with_anothers_password() {
    let fixture = Fixture::open().await;
    let session = session(&fixture).await;
    fixture.registered("mallory").await;
    let auth = Some(password("mallory", GOOD, None));
    assert_eq!(asked(fixture.engine.require_password(&session, "x", &(), auth).await).1, "M_FORBIDDEN");
}

#[tokio::test]
async fn a_proof_that_takes_too_long_begins_anew() {
    let fixture = Fixture::open().await;
    let session = session(&fixture).await;
    let (id, _) = asked(fixture.engine.require_password(&session, "x", &(), None).await);
    fixture.clock.advance(31 * 60 * 1000);
    let auth = || Some(password("anna", GOOD, Some(&id)));
    let (next, _) = asked(fixture.engine.require_password(&session, "x", &(), auth()).await);
    assert_ne!(next, id);
    fixture.engine.require_password(&session, "x", &(), Some(password("anna", GOOD, Some(&next)))).await.unwrap();
}

#[tokio::test]
async fn a_new_password_ends_the_other_devices() {
    let fixture = Fixture::open().await;
    let session = session(&fixture).await;
    let other = fixture.login("anna").await;
    fixture.engine.authenticate(&other.access_token).await.unwrap();
    let Session { user_id, device_id, .. } = session.clone();
    fixture.engine.set_password(user_id, "another good one", true, Some(&device_id)).await.unwrap();
    assert_eq!(code(fixture.engine.authenticate(&other.access_token).await), "M_UNKNOWN_TOKEN");
    let devices = fixture.engine.list_devices(session.user_id).await.unwrap();
    assert_eq!(devices.len(), 1);
    assert_eq!(code(fixture.engine.log_in("anna", GOOD, DeviceChoice::default()).await), "M_FORBIDDEN");
}
